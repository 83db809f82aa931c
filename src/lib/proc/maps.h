/* SPDX-License-Identifier: MIT */
/*
 * maps.h - what a process has mapped (proc_pid_maps(5)).
 */
#ifndef IPCLAB_PROC_MAPS_H
#define IPCLAB_PROC_MAPS_H

#include "lib/proc/tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A line of /proc/PID/maps. PATH is not ended by NUL, and may hold any byte. */
struct procfs_map {
    uint64_t start, end;
    char perms[5]; /* "rw-s" */
    uint64_t offset;
    dev_t device;
    uint64_t inode;
    const char *path;
    size_t path_length;
    const char *line;
    size_t line_length; /* without its newline */
};

/*
 * Takes a line of maps apart: "7f1c-7f2c rw-s 00000000 00:01 5    /SYSV000004d2 (deleted)". The
 * line ends at END, a newline or NUL. Returns false for a line of another shape.
 */
bool procfs_parse_map(const char *line, const char *end, struct procfs_map *map);

/* Calls EACH with every mapping of PID, in order of address, until it returns false. Returns 0, or
 * -1 with errno. */
int procfs_each_map(const struct procfs *fs, pid_t pid,
                    bool (*each)(void *arg, const struct procfs_map *map), void *arg);

/*
 * The same for the shared mappings only, and faster; MAP has no line. Returns 1; 0 when PID has no
 * memory of its own, as a kernel thread or a zombie; -1 with errno.
 */
int procfs_each_shared_map(const struct procfs *fs, pid_t pid,
                           bool (*each)(void *arg, const struct procfs_map *map), void *arg);

#endif
