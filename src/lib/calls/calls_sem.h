/* SPDX-License-Identifier: MIT */
/*
 * calls_sem.h - semget(2), semop(2), semtimedop(2) and semctl(2), traced; see calls.h.
 */
#ifndef IPCLAB_CALLS_SEM_H
#define IPCLAB_CALLS_SEM_H

#include "lib/calls/calls.h"

#include <stddef.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <time.h>

/* semctl(2) leaves the type of its fourth argument to the program. */
union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
    struct seminfo *info;
};

/*
 * Arguments, results and errno are those of the calls. COUNT is the number of operations in OPS,
 * TIMEOUT how long to wait for them, or NULL for any time.
 */
int calls_semget(key_t key, int nsems, int flags);
int calls_semtimedop(int id, struct sembuf *ops, size_t count, const struct timespec *timeout);
int calls_semctl(int id, int semnum, int cmd, union semun arg);

/* semctl(2) with CMD GETALL or SETALL. NSEMS is the number of values in ARRAY, for the trace only.
 */
int calls_semctl_all(int id, int nsems, int cmd, unsigned short *array);

/* Records and traces a semop(2) that returned RESULT, as needed; returns RESULT. */
int calls_finish_semop(int id, struct sembuf *ops, size_t count, int result);

/* Inline, because `semop-tool op --times` calls it millions of times: the processor mispredicts
 * every return that follows a system call, so one function less is measurable. */
static inline int calls_semop(int id, struct sembuf *ops, size_t count)
{
    const int result = semop(id, ops, count);
    return result < 0 || calls_trace_to ? calls_finish_semop(id, ops, count, result) : result;
}

#endif
