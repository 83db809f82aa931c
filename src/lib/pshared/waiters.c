/* SPDX-License-Identifier: MIT */
/*
 * waiters.c - see waiters.h.
 */
#include "config.h"

#include "lib/pshared/waiters.h"

#include "lib/proc/waiters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>

struct search {
    uintptr_t address;
    struct pshared_file *file;
    bool found;
};

static bool find_map(void *arg, const struct procfs_map *map)
{
    static const char prefix[] = "/SYSV"; /* proc_pid_maps(5): what shmat(2) maps */
    struct search *search = arg;
    if (search->address < map->start || search->address >= map->end)
        return true;
    search->file->device = map->device;
    search->file->inode = map->inode;
    search->file->by_namespace =
        map->path_length > strlen(prefix) && !strncmp(map->path, prefix, strlen(prefix));
    search->found = true;
    return false;
}

bool pshared_file_at(const struct procfs *fs, const void *at, struct pshared_file *out)
{
    struct search search = {.address = (uintptr_t)at, .file = out};
    *out = (struct pshared_file){0};
    return procfs_each_map(fs, getpid(), find_map, &search) == 0 && search.found;
}

bool pshared_file_of(const struct procfs *fs, const struct segment_mapping *mapping,
                     struct pshared_file *out)
{
    return pshared_file_at(fs, (const void *)mapping->address, out);
}

/* --- who else maps it --- */

struct others {
    const struct procfs *fs;
    struct pshared_file file;
    bool found;
    enum procfs_doubt doubt;
};

static bool find_same(void *arg, const struct procfs_map *map)
{
    struct others *others = arg;
    others->found = map->device == others->file.device && map->inode == others->file.inode;
    return !others->found;
}

static bool find_in_maps(void *arg, pid_t pid)
{
    struct others *others = arg;
    if (pid != getpid() && procfs_each_map(others->fs, pid, find_same, others) && errno != ENOENT &&
        errno != ESRCH)
        others->doubt = PROCFS_UNREADABLE;
    return !others->found;
}

/* Does any process but us map the object? */
static enum procfs_life find_other(struct others *others)
{
    const struct procfs *fs = others->fs;
    others->doubt = fs->partial ? fs->partial : fs->contained ? PROCFS_ELSEWHERE : PROCFS_NO_DOUBT;
    if (procfs_each_process(fs, find_in_maps, others))
        others->doubt = PROCFS_UNREADABLE;
    return others->found ? PROCFS_ALIVE : others->doubt ? PROCFS_NOT_KNOWN : PROCFS_GONE;
}

enum procfs_life pshared_others(const struct procfs *fs, const void *at, enum procfs_doubt *doubt)
{
    struct others others = {.fs = fs};
    struct shmid_ds ds;
    *doubt = PROCFS_UNREADABLE;
    if (!pshared_file_at(fs, at, &others.file))
        return PROCFS_NOT_KNOWN;
    if (!others.file.by_namespace) {
        const enum procfs_life life = find_other(&others);
        *doubt = others.doubt;
        return life;
    }
    if (shmctl((int)others.file.inode, IPC_STAT, &ds))
        return PROCFS_NOT_KNOWN;
    return ds.shm_nattch > 1 ? PROCFS_ALIVE : PROCFS_GONE;
}

/* --- waiters --- */

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
