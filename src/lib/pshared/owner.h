/* SPDX-License-Identifier: MIT */
/*
 * owner.h - the process whose thread holds an object in a segment.
 */
#ifndef IPCLAB_PSHARED_OWNER_H
#define IPCLAB_PSHARED_OWNER_H

#include "lib/proc/procfs.h"
#include "lib/pshared/waiters.h"

struct pshared_owner {
    enum procfs_life life;
    enum procfs_doubt doubt; /* if LIFE is not known: why */
    pid_t pid; /* the owner's process as we number it; TID itself where it was not found */
    struct procfs_process process; /* valid if the owner is alive */
};

/*
 * Finds the owner of an object in FILE. The object records the thread as that thread calls itself
 * (gettid(2)), in its own PID namespace, so the same number can be another thread's here: only a
 * process that maps FILE is the owner, and /proc shows the numbers of every namespace
 * (proc_pid_status(5): NSpid). The owner is gone if no thread that we see calls itself TID, or none
 * that does maps FILE, and if we see all that may: processes outside of our PID namespace share
 * FILE unseen, unless it is a System V segment and the kernel counts no more attaches than we see.
 */
void pshared_find_owner(const struct procfs *fs, const struct pshared_file *file, pid_t tid,
                        struct pshared_owner *out);

/* The same, for the object at AT, an address of ours: finds the file itself, in /proc. */
void pshared_find_owner_at(const void *at, pid_t tid, struct pshared_owner *out);

/*
 * Is it proved that we see and may read every process that maps FILE? Only the kernel's count of
 * attaches can prove that, which only System V segments have. It is read before the maps: a process
 * that attaches meanwhile neither holds nor waits for what was there before.
 */
bool pshared_all_seen(const struct procfs *fs, const struct pshared_file *file);

#endif
