/* SPDX-License-Identifier: MIT */
/*
 * waiters.h - the tasks that are blocked in semop(2) or semtimedop(2), with their operations, or in
 * futex(2) on memory that processes share; from /proc.
 */
#ifndef IPCLAB_PROC_WAITERS_H
#define IPCLAB_PROC_WAITERS_H

#include "lib/proc/tree.h"
#include "lib/proc/waiter.h"

struct procfs_waiters {
    struct procfs_waiter *items; /* by set, then pid, then tid */
    size_t count, capacity;
    unsigned in;       /* enum procfs_wait: the calls to find */
    size_t unreadable; /* tasks that may be waiters: we may not read whether they are blocked */
};

/*
 * Finds the tasks that are blocked IN one of these calls (a set of enum procfs_wait): on semaphores
 * of our IPC namespace, and on futexes that are not private to a process (futex(2):
 * FUTEX_PRIVATE_FLAG). A task that wakes up during the search is no waiter. Returns 0, or -1 with
 * errno: ENOMEM, or that of open(2) for /proc.
 */
int procfs_find_waiters(const struct procfs *fs, unsigned in, struct procfs_waiters *out);
void procfs_waiters_free(struct procfs_waiters *waiters);

/*
 * Has the task been blocked in that one call ever since it was found? Then all that was read of it,
 * and of other such waiters since, was true at one moment.
 */
bool procfs_waiter_unchanged(const struct procfs *fs, const struct procfs_waiter *waiter);

/* May we read which call process PID is blocked in (ptrace(2), access modes)? */
bool procfs_shows_call(const struct procfs *fs, pid_t pid);

/* The number of tasks that process PID has, blocked or not; 0 if it has ended. */
size_t procfs_task_count(const struct procfs *fs, pid_t pid);

/*
 * Does process PID, which has one task, sleep until its only child CHILD ends? It does in wait4(2)
 * and waitid(2), and in sigtimedwait(2), where a process waits that forwards signals to its child.
 */
bool procfs_waits_for_child(const struct procfs *fs, pid_t pid, pid_t child);

#endif
