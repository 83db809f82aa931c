/* SPDX-License-Identifier: MIT */
/*
 * orphans.h - the sets that no process needs any more, as far as that can be known.
 */
#ifndef SEMOP_TOOL_ORPHANS_H
#define SEMOP_TOOL_ORPHANS_H

#include "lib/proc/procfs.h"
#include "lib/sem/semset.h"

/* Is a set an orphan? The kernel does not record which processes use a set, only the last operator
 * of each semaphore. */
enum orphan {
    ORPHAN_NO,
    ORPHAN_YES,      /* no task waits, all last operators are gone, and the owner has no process */
    ORPHAN_LIKELY,   /* the same, but the owner runs other processes */
    ORPHAN_NOT_KNOWN /* something of that could not be read */
};

/* What is known of all sets together. Start with all zero but FS, and release it. */
struct orphan_search {
    const struct procfs *fs;
    bool looked;  /* at the users that run processes, which the first set needs */
    uid_t *users; /* of all processes that could be read, sorted */
    size_t count, capacity;
    enum procfs_doubt unseen; /* why there may be other processes */
    void *seen;               /* the processes read so far (procfs_process_once()) */
    size_t not_known;         /* sets of which it is not known, so far */
    enum procfs_doubt doubt;  /* why: of the last of them */
};

/* What the kernel shows of the use of a set. */
struct set_use {
    bool waiting;               /* a task waits for one of the semaphores */
    bool operated;              /* some semaphore has a last operator */
    enum procfs_life operators; /* alive: one of the last operators; gone: all of them, if any */
    enum procfs_doubt doubt;
};

/* Needs read permission. Returns 0, or -1 with errno set by semctl(2). */
int orphan_look(struct orphan_search *search, const struct semset_info *info, struct set_use *out);

/* Judges one set, and counts it in SEARCH if that is not known. */
enum orphan orphan_judge(struct orphan_search *search, const struct semset_info *info);
void orphan_release(struct orphan_search *search);

#endif
