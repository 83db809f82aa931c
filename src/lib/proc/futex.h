/* SPDX-License-Identifier: MIT */
/*
 * futex.h - the part of waiters.h that knows futexes.
 */
#ifndef IPCLAB_PROC_FUTEX_H
#define IPCLAB_PROC_FUTEX_H

#include "lib/proc/tree.h"
#include "lib/proc/waiter.h"

/*
 * Fills in device, inode and offset of the futex from the waiter's map of its memory. Returns false
 * if the address is in no shared mapping.
 */
bool procfs_locate_futex(const struct procfs *fs, struct procfs_waiter *waiter);

#endif
