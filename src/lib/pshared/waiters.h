/* SPDX-License-Identifier: MIT */
/*
 * waiters.h - the number of tasks that are blocked on each object of a segment, from /proc.
 */
#ifndef IPCLAB_PSHARED_WAITERS_H
#define IPCLAB_PSHARED_WAITERS_H

#include "lib/proc/procfs.h"
#include "lib/pshared/pshared.h"
#include "lib/segment/segment.h"

/* The file that is mapped: it identifies the segment in other processes' maps too. */
struct pshared_file {
    dev_t device;
    uint64_t inode;
    bool by_namespace; /* the inode is a System V id, which each IPC namespace counts for itself */
};

/* Finds the file that this process has mapped at AT. Returns false when /proc does not show it. */
bool pshared_file_at(const struct procfs *fs, const void *at, struct pshared_file *out);

/* Finds the file of MAPPING, which is this process's. Returns false when /proc does not show it. */
bool pshared_file_of(const struct procfs *fs, const struct segment_mapping *mapping,
                     struct pshared_file *out);

/*
 * Writes to COUNTS, pshared->capacity of them, how many tasks wait for each object, by its index.
 * Returns 0, or -1 with errno when /proc cannot be read.
 */
int pshared_count_waiters(const struct pshared *pshared, const struct segment_mapping *mapping,
                          size_t *counts);

/*
 * Does another process have the segment mapped in which AT, an address of ours, lies? If none has,
 * a lock there that we do not hold is held by processes that are dead. For a System V segment the
 * kernel counts the attaches, and ours must be the only one; the processes that map an object are
 * those of /proc. Alive: one has; gone: none has; otherwise not known, and *DOUBT says why.
 */
enum procfs_life pshared_others(const struct procfs *fs, const void *at, enum procfs_doubt *doubt);

#endif
