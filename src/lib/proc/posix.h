/*
 * procfs_posix.h - what procfs.c and procfs_posix.c share: attaches of POSIX objects, which are
 * files.
 */
#ifndef IPCLAB_PROCFS_POSIX_H
#define IPCLAB_PROCFS_POSIX_H

#include "lib/proc/procfs.h"

/* Appends an item, all zero but for the fd, which is none; NULL with errno ENOMEM. */
struct procfs_attach *procfs_add(struct procfs_attaches *out);

/* Adds MAP, if it is of an object. Returns 0, or -1 with errno ENOMEM. */
int procfs_add_file(const struct procfs *fs, const struct procfs_map *map,
                    struct procfs_attaches *out);

/* Adds those, without a PID, that PID has open and that are not among the attaches from FIRST on.
 * Returns 0, or -1 with errno. */
int procfs_add_descriptors(const struct procfs *fs, pid_t pid, struct procfs_attaches *out,
                           size_t first);

#endif
