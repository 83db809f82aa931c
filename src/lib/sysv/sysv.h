/* SPDX-License-Identifier: MIT */
/*
 * sysv.h - what segments, semaphore sets and message queues of System V have in common: keys, ids,
 * the ways to describe and to list them, and IPC_SET.
 *
 * Each kind describes its calls in a struct sysv_kind and gets the rest from here. Every function
 * that can fail returns 0, or -1 with errno set and the failed call in calls_last_failure(). The
 * unit is a floor of its own: it uses the calls, and the three kinds, which do not use each other,
 * use it.
 */
#ifndef IPCLAB_SYSV_H
#define IPCLAB_SYSV_H

#include "lib/base/operand.h"

#include <stddef.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/types.h>

/* What IPC_STAT fills in and IPC_SET reads, for any kind. */
union sysv_ds {
    struct ipc_perm perm; /* the first member of each of the others */
    struct shmid_ds shm;
    struct semid_ds sem;
    struct msqid_ds msg;
};

struct sysv_kind {
    const char *proc;      /* its list in /proc: "/proc/sysvipc/shm" */
    int stat, stat_any;    /* the commands that take an index: SHM_STAT, SHM_STAT_ANY */
    int (*get)(key_t key); /* shmget(KEY, 0, 0) or its like: returns an id, or -1 with errno */
    int (*control)(int id, int cmd, union sysv_ds *ds); /* shmctl(2) or its like */
    /* The highest index in use (SHM_INFO), or -1 with errno; *COUNT gets the number of objects. */
    int (*last_index)(size_t *count);
    /* Appends an object to a list of the kind's own. Returns 0, or -1 with errno ENOMEM. */
    int (*add)(void *items, int id, const union sysv_ds *ds);
    /* Appends the object that a line of PROC describes; the heading is skipped. Likewise. */
    int (*add_line)(void *items, const char *line);
};

/* A list of the kind's own, as sysv_list() needs to see it. */
struct sysv_list {
    void *items;    /* passed to add() and add_line() */
    size_t *count;  /* of the objects in it */
    size_t *hidden; /* of those that the kernel would not describe to us */
};

/* The key that NAME stands for; IPC_PRIVATE where NAME is NULL. */
int sysv_key(const struct operand *name, key_t *key);

/* Finds the object that NAME names; an id is not checked. */
int sysv_find(const struct sysv_kind *kind, const struct operand *name, int *id);

/*
 * Describes an object. Where IPC_STAT is refused because read permission is missing, SHM_STAT_ANY
 * or its like (Linux 4.17) is used, which needs none. The failed call reported is IPC_STAT's.
 */
int sysv_stat(const struct sysv_kind *kind, int id, union sysv_ds *out);

/*
 * Appends all objects of our IPC namespace, in the kernel's order, by the best of three sources:
 * SHM_STAT_ANY, /proc, SHM_STAT, or their likes.
 */
int sysv_list(const struct sysv_kind *kind, const struct sysv_list *list);

/* Appends them as /proc lists them. */
int sysv_list_by_proc(const struct sysv_kind *kind, const struct sysv_list *list);

/* Changes owner, group and mode by IPC_SET. */
int sysv_change(const struct sysv_kind *kind, int id, const struct operand_change *change);

#endif
