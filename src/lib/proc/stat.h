/* SPDX-License-Identifier: MIT */
/*
 * stat.h - the fields of /proc/PID/stat that ipclab needs (proc_pid_stat(5)).
 */
#ifndef IPCLAB_PROC_STAT_H
#define IPCLAB_PROC_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct procfs_stat {
    const char *name;   /* field 2 without its parentheses; in the text given, not ended by NUL */
    size_t name_length; /* bytes */
    char state;         /* field 3: 'Z' a zombie, 'X' dead */
    pid_t parent;       /* field 4 */
    long threads;       /* field 20 */
    uint64_t started;   /* field 22: clock ticks since boot */
};

/* Reads TEXT, the whole line. Returns false, and leaves *OUT alone, when it has another shape. */
bool procfs_parse_stat(const char *text, struct procfs_stat *out);

#endif
