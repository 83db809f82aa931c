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
 * From now on POSIX objects are looked for as well; with DESCRIPTORS, those too that a process has
 * open and does not map. Where there is no object at all, with a name or without, nothing is looked
 * for, which saves the time.
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
