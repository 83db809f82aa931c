/* SPDX-License-Identifier: MIT */
/*
 * posix.h - the processes that map a POSIX object, and those that have it open.
 */
#ifndef IPCLAB_PROC_POSIX_H
#define IPCLAB_PROC_POSIX_H

#include "lib/proc/attaches.h"
#include "lib/proc/maps.h"
#include "lib/proc/tree.h"

#include <sys/stat.h>

/*
 * Makes procfs_attaches() find POSIX objects as well; with DESCRIPTORS, also those that a process
 * has open and does not map. If the system has no such object, with a name or without, this changes
 * nothing, which saves time.
 */
void procfs_find_posix(struct procfs *fs, bool descriptors);

/* Adds MAP, if it maps an object. Returns 0, or -1 with errno ENOMEM. */
int procfs_add_file(const struct procfs *fs, const struct procfs_map *map,
                    struct procfs_attaches *out);

/*
 * Adds, with a PID of 0, the objects that PID has open and that are not among the attaches from
 * FIRST on. Returns 0, or -1 with errno.
 */
int procfs_add_descriptors(const struct procfs *fs, pid_t pid, struct procfs_attaches *out,
                           size_t first);

/*
 * fstat(2) of the object of an attach, by the links that /proc/PID has to it. Returns 0, or -1 with
 * errno: EACCES or EPERM unless we are root for a mapping, ESTALE when the descriptor was closed
 * and its number used again.
 */
int procfs_attach_stat(const struct procfs *fs, const struct procfs_attach *attach,
                       struct stat *st);

#endif
