/*
 * blocked.h - which tasks are blocked in semop(2) or semtimedop(2), by which operations, or in
 * futex(2) on memory that processes share; from /proc.
 */
#ifndef IPCLAB_BLOCKED_H
#define IPCLAB_BLOCKED_H

#include "lib/proc/procfs.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/sem.h>
#include <sys/types.h>

enum blocked_in { BLOCKED_SEMOP = 1, BLOCKED_FUTEX = 2 };

/* A task (a thread) that is blocked. */
struct blocked_task {
    pid_t pid, tid;
    enum blocked_in in;
    int set;            /* -1: it waits for a semaphore, but for which we may not see */
    struct sembuf *ops; /* the list it waits with; NULL when its memory may not be read */
    size_t count;       /* of operations, also when they may not be read */
    bool timed;         /* it waits only so long (semtimedop with a timeout) */
    uint64_t address;   /* of the list in its memory; of the futex */
    uint64_t switches;  /* how often it has gone to sleep */
    /* Futexes: the same word has another address in each process, but is in one place of one file
     * (or segment). */
    dev_t device;
    uint64_t inode, offset;
};

struct blocked_list {
    struct blocked_task *items; /* by set, then pid, then tid */
    size_t count, capacity;
    unsigned in;       /* what was looked for */
    size_t unreadable; /* tasks of which we may not even see whether they are blocked */
};

/*
 * Finds the tasks that are blocked IN one of these (a set of enum blocked_in): semaphores of our
 * IPC namespace, and futexes that are not private to a process (futex(2): FUTEX_PRIVATE_FLAG). A
 * task that goes on while we look is not blocked. Returns 0, or -1 with errno (ENOMEM, or /proc's).
 */
int blocked_find(const struct procfs *fs, unsigned in, struct blocked_list *out);
void blocked_free(struct blocked_list *list);

/*
 * Has TASK been blocked in that one call ever since it was found? Then all that was read of it, and
 * of others since, was true at one time.
 */
bool blocked_still(const struct procfs *fs, const struct blocked_task *task);

/* How many tasks process PID has, blocked or not; 0 if it is gone. */
size_t blocked_tasks_of(const struct procfs *fs, pid_t pid);

/*
 * Is process PID, which has one task, asleep until its only child CHILD ends: in wait4(2),
 * waitid(2), or in sigtimedwait(2), as those wait who pass signals on to a command?
 */
bool blocked_on_child(const struct procfs *fs, pid_t pid, pid_t child);

#endif
