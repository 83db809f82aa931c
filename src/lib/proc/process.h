/* SPDX-License-Identifier: MIT */
/*
 * process.h - what is known of a process.
 */
#ifndef IPCLAB_PROC_PROCESS_H
#define IPCLAB_PROC_PROCESS_H

#include "lib/proc/tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

/* Does a process live? A zombie does not: it has released everything. Zero is "not known", so that
 * what was not read is no fact. */
enum procfs_life { PROCFS_NOT_KNOWN, PROCFS_ALIVE, PROCFS_GONE };

struct procfs_process {
    enum procfs_life life;
    enum procfs_doubt doubt; /* if LIFE is not known: why */
    int error;               /* the errno of PROCFS_UNREADABLE */
    pid_t parent;            /* 0 if unknown */
    uid_t uid;               /* effective; -1 if unknown */
    time_t started;          /* seconds since the Epoch, 0 if unknown */
    /* Its command line, arguments separated by blanks; "[name]" if it has none. Not made safe. */
    char command[512];
    size_t command_length;
};

/*
 * Reads what is known of PID, the number of a process in our own PID namespace, or 0 where the
 * kernel gives that for a process of another one. Cannot fail: what cannot be read is not known. A
 * process is gone only if /proc does not show it and kill(2) finds none with that number (ESRCH),
 * which hidepid does not change; any other error is a doubt.
 */
void procfs_process(const struct procfs *fs, pid_t pid, struct procfs_process *out);

/*
 * Does the process that had its PID at the time WHEN (seconds since the Epoch) live? PROCESS is
 * what procfs_process() knows of that PID now. If it was started later, the PID was used again, and
 * that other process is gone; the kernel's clock for start times and the one for times of objects
 * differ by less than a second. Where the clocks cannot be compared (a start in the future, an
 * object from before the boot or from the future, a boot time that our clocks do not confirm), that
 * is not known, and *DOUBT, if DOUBT is not NULL, says so.
 */
enum procfs_life procfs_life_at(const struct procfs *fs, const struct procfs_process *process,
                                time_t when, enum procfs_doubt *doubt);

/* "alive", "gone", or "?" for what is not known. */
const char *procfs_life_word(enum procfs_life life);

/* Why it is not known whether a process lives, as the end of a sentence: "its /proc cannot be
 * read". PROCFS_UNREADABLE has an errno besides. */
const char *procfs_doubt_text(enum procfs_doubt doubt);

/*
 * The same as procfs_process(), read only once for each PID: *SEEN keeps the answers, NULL at
 * first. Valid until procfs_seen_free().
 */
const struct procfs_process *procfs_process_once(const struct procfs *fs, void **seen, pid_t pid);
void procfs_seen_free(void **seen);

/* The process that task (thread) TID belongs to; 0 if the task has ended, as a zombie has. */
pid_t procfs_tgid(const struct procfs *fs, pid_t tid);

/* Writes PID's cgroup path to PATH, of SIZE bytes: the v2 one if there is one; "" if unknown. Not
 * made safe. */
void procfs_cgroup(const struct procfs *fs, pid_t pid, char *path, size_t size);

#endif
