/* SPDX-License-Identifier: MIT */
/*
 * waiters.c - see waiters.h.
 */
#include "config.h"

#include "lib/pshared/waiters.h"

#include "lib/proc/waiters.h"

#include <string.h>
#include <unistd.h>

struct search {
    uintptr_t address;
    struct pshared_file *file;
    bool found;
};

static bool find_map(void *arg, const struct procfs_map *map)
{
    struct search *search = arg;
    if (search->address < map->start || search->address >= map->end)
        return true;
    search->file->device = map->device;
    search->file->inode = map->inode;
    search->found = true;
    return false;
}

bool pshared_file_of(const struct procfs *fs, const struct segment_mapping *mapping,
                     struct pshared_file *out)
{
    struct search search = {.address = mapping->address, .file = out};
    *out = (struct pshared_file){.by_namespace = mapping->segment.kind == &segment_sysv};
    return procfs_each_map(fs, getpid(), find_map, &search) == 0 && search.found;
}

static void count(const struct pshared *pshared, const struct procfs *fs,
                  const struct pshared_file *file, const struct procfs_waiters *waiters,
                  size_t *counts)
{
    for (size_t i = 0; i < waiters->count; i++) {
        const struct procfs_waiter *waiter = &waiters->items[i];
        if (waiter->device != file->device || waiter->inode != file->inode ||
            (file->by_namespace && !procfs_same_ipc(fs, waiter->tid)))
            continue;
        const int index = pshared_index_at(pshared, waiter->offset);
        if (index >= 0)
            counts[index]++;
    }
}

int pshared_count_waiters(const struct pshared *pshared, const struct segment_mapping *mapping,
                          size_t *counts)
{
    struct procfs fs;
    struct pshared_file file;
    struct procfs_waiters waiters = {0};
    memset(counts, 0, pshared->capacity * sizeof *counts);
    if (procfs_open(&fs, "/proc"))
        return -1;
    const bool good = pshared_file_of(&fs, mapping, &file) &&
                      procfs_find_waiters(&fs, PROCFS_WAIT_FUTEX, &waiters) == 0;
    if (good)
        count(pshared, &fs, &file, &waiters, counts);
    procfs_waiters_free(&waiters);
    procfs_close(&fs);
    return good ? 0 : -1;
}
