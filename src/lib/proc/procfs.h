/* SPDX-License-Identifier: MIT */
/*
 * procfs.h - the processes that have a segment attached, and what is known of them; all of it from
 * /proc or a saved copy. This is the one header that the rest of ipclab includes for it.
 */
#ifndef IPCLAB_PROCFS_H
#define IPCLAB_PROCFS_H

#include "lib/proc/attaches.h"
#include "lib/proc/devices.h"
#include "lib/proc/maps.h"
#include "lib/proc/posix.h"
#include "lib/proc/process.h"
#include "lib/proc/tree.h"

/*
 * Finds the attaches of segments of our IPC namespace, by process PID, or by all processes when PID
 * is 0. WITH_RSS also fills in rss, from pagemap or smaps. A process that ends during the scan has
 * nothing attached; one that we may not read is counted in out->unreadable. Returns 0, or -1 with
 * errno (ENOMEM; ESRCH or EACCES for the one PID asked for).
 */
int procfs_attaches(const struct procfs *fs, pid_t pid, bool with_rss, struct procfs_attaches *out);

#endif
