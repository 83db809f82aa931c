/* SPDX-License-Identifier: MIT */
/*
 * futex.c - see futex.h. A futex is a word in memory, and the kernel shows its address in the
 * process that waits. The process's map translates the address into a file (a segment is one too)
 * and an offset, which mean the same in every process.
 */
#include "config.h"

#include "lib/proc/futex.h"

#include "lib/proc/maps.h"

#include <inttypes.h>

struct search {
    struct procfs_waiter *waiter;
    bool found;
};

static bool locate(void *arg, const struct procfs_map *map)
{
    struct search *search = arg;
    struct procfs_waiter *waiter = search->waiter;
    if (waiter->address < map->start || waiter->address >= map->end)
        return true;
    if (map->perms[3] == 's') {
        waiter->device = map->device;
        waiter->inode = map->inode;
        waiter->offset = waiter->address - map->start + map->offset;
        search->found = true;
    }
    return false;
}

/* Reads the task's map and not the process's: see read_ops() of waiters.c. */
bool procfs_locate_futex(const struct procfs *fs, struct procfs_waiter *waiter)
{
    struct search search = {waiter, false};
    return procfs_each_map(fs, waiter->tid, locate, &search) == 0 && search.found;
}
