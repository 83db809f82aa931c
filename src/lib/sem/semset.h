/* SPDX-License-Identifier: MIT */
/*
 * semset.h - System V semaphore sets: semget(2) and semctl(2). Every function that can fail returns
 * 0, or -1 with errno set and the failed call in calls_last_failure().
 */
#ifndef IPCLAB_SEMSET_H
#define IPCLAB_SEMSET_H

#include "lib/base/operand.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* What IPC_STAT reports; times in seconds since the Epoch, 0 for never. */
struct semset_info {
    int id;
    key_t key;
    uid_t uid, cuid;
    gid_t gid, cgid;
    mode_t mode; /* 0..0777 */
    size_t nsems;
    time_t otime; /* last semop(2); 0: none yet, so perhaps not initialised */
    time_t ctime; /* creation, IPC_SET, or a value set */
};

struct semset_list {
    struct semset_info *items;
    size_t count, capacity;
    size_t hidden; /* sets that the kernel would not describe to us */
};

/* One semaphore (semctl(2): GETVAL, GETNCNT, GETZCNT, GETPID). */
struct semset_sem {
    int value;
    int ncnt;  /* tasks that wait for it to grow */
    int zcnt;  /* tasks that wait for it to be zero */
    pid_t pid; /* of the process whose operation, SETVAL or undo was the last; 0: none, or one of
                  another PID namespace */
};

struct semset_request {
    const struct operand *name; /* NULL for IPC_PRIVATE */
    int nsems;
    mode_t mode;
    bool exclusive, open;
    const unsigned short *values; /* NSEMS of them */
    struct timespec timeout;      /* how long to wait for another process to initialise it */
};

/* The limits (semctl(2): IPC_INFO), and what is in use (SEM_INFO). */
struct semset_limits {
    uint64_t semmsl, semmns, semopm, semmni, semvmx;
    uint64_t sets, semaphores;
};

/* Finds the set that NAME names; an id is not checked. */
int semset_open(const struct operand *name, int *id);

/* Removes a set. A signal handler may call it when no trace is set. */
void semset_discard(int id);

/*
 * Creates a set, or opens one; *CREATED reports which. No process that opens sets this way sees one
 * whose values are not initialised yet. A new set is guarded: a signal that ends the program
 * removes it, until the caller calls guard_end() (guard.h). With errno EAGAIN and *ID set, the set
 * exists, but its creator has not initialised it within request->timeout.
 */
int semset_create(const struct semset_request *request, int *id, bool *created);

/* Needs no read permission where SEM_STAT_ANY exists. */
int semset_stat(int id, struct semset_info *out);

/* Read all values (NSEMS of them), or all that is known of one semaphore. Need read permission. */
int semset_values(int id, size_t nsems, unsigned short *values);
int semset_sem(int id, int semnum, struct semset_sem *out);

/* When the set was last operated on or changed, in seconds since the Epoch. */
time_t semset_last_use(const struct semset_info *info);

/* How many tasks wait for a semaphore: for it to grow, and for it to be zero. */
uint64_t semset_waiting(const struct semset_sem *semaphore);

int semset_list(struct semset_list *out);
void semset_list_free(struct semset_list *list);

int semset_set_value(int id, int semnum, int value);
int semset_set_values(int id, size_t nsems, unsigned short *values);
int semset_change(int id, const struct operand_change *change);
int semset_remove(int id);

int semset_limits(struct semset_limits *out);

/* SEMOPM; UINT64_MAX when it cannot be found out. Read from /proc where possible, so that a trace
 * shows no call. */
uint64_t semset_most_operations(void);

#endif
