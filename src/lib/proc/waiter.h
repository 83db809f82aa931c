/* SPDX-License-Identifier: MIT */
/*
 * waiter.h - a task that is blocked, as /proc shows it.
 */
#ifndef IPCLAB_PROC_WAITER_H
#define IPCLAB_PROC_WAITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/sem.h>
#include <sys/types.h>

/* The call that a waiter is blocked in; a set of them is an unsigned. */
enum procfs_wait { PROCFS_WAIT_SEMOP = 1, PROCFS_WAIT_FUTEX = 2 };

/* A task (a thread) that is blocked. */
struct procfs_waiter {
    pid_t pid, tid;
    enum procfs_wait in;
    int set;            /* semop: the set's id; -1 when we may not see it */
    struct sembuf *ops; /* semop: the list of operations; NULL when its memory may not be read */
    size_t count;       /* semop: of the operations; known even where OPS is NULL */
    bool timed;         /* the call has a timeout */
    uint64_t address;   /* in the waiter's memory: of the operations, or of the futex */
    uint64_t switches;  /* how often the task has gone to sleep */
    /* Futex: the file (a segment is one too) that holds the word, and where in it. Its address
     * differs from process to process, this does not. */
    dev_t device;
    uint64_t inode, offset;
};

#endif
