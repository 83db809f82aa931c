/* SPDX-License-Identifier: MIT */
/*
 * devices.h - the devices that System V segments live on.
 */
#ifndef IPCLAB_PROC_DEVICES_H
#define IPCLAB_PROC_DEVICES_H

#include "lib/proc/tree.h"

/*
 * Fills fs->devices with those of this machine. A segment is a file on the kernel's internal
 * mounts, the same that memfd_create(2) uses (mm/shmem.c: shm_mnt; fs/hugetlbfs:
 * hugetlb_file_setup()), so an empty memfd shows the device. Only where memfd_create(2) is
 * forbidden does this make a segment, and remove it at once.
 */
void procfs_find_devices(struct procfs *fs);

#endif
