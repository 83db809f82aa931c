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

struct procfs_process {
    bool exists;    /* false for a zombie: it has released everything */
    pid_t parent;   /* 0 if unknown */
    uid_t uid;      /* effective; -1 if unknown */
    time_t started; /* seconds since the Epoch, 0 if unknown */
    /* Its command line, arguments separated by blanks; "[name]" if it has none. Not made safe. */
    char command[512];
    size_t command_length;
};

/* Reads what is known of PID. Cannot fail: what cannot be read is unknown. */
void procfs_process(const struct procfs *fs, pid_t pid, struct procfs_process *out);

/*
 * Can PROCESS be the one that had its PID at the time WHEN (seconds since the Epoch)? False when it
 * was started later: the PID was used again. The kernel's clock for start times and the one for
 * times of objects differ by less than a second.
 */
bool procfs_started_by(const struct procfs_process *process, time_t when);

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
