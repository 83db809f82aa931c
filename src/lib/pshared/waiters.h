/*
 * sleepers.h - how many tasks are blocked on each object of a segment, by what /proc shows of them
 * now.
 */
#ifndef IPCLAB_SLEEPERS_H
#define IPCLAB_SLEEPERS_H

#include "lib/proc/procfs.h"
#include "lib/pshared/pshared.h"
#include "lib/segment/segment.h"

/* Which file a mapping of our own is of, by which others' mappings of the same are known. */
struct sleepers_file {
    dev_t device;
    uint64_t inode;
    bool by_namespace; /* inodes of segments of System V are their ids, in every IPC namespace anew
                        */
};

/* Of the mapping MAPPING of this process. False when /proc does not show it. */
bool sleepers_file(const struct procfs *fs, const struct segment_mapping *mapping,
                   struct sleepers_file *out);

/* Counts into COUNTS (pshared->capacity of them) by index. Returns 0, or -1 with errno when /proc
 * cannot be read. */
int sleepers_count(const struct pshared *pshared, const struct segment_mapping *mapping,
                   size_t *counts);

#endif
