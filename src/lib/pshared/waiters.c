/*
 * sleepers.c - see sleepers.h.
 */
#include "config.h"

#include "lib/pshared/waiters.h"

#include "lib/proc/waiters.h"

#include <string.h>
#include <unistd.h>

struct own {
    uintptr_t address;
    struct sleepers_file *file;
    bool found;
};

static bool find_own(void *arg, const struct procfs_map *map)
{
    struct own *own = arg;
    if (own->address < map->start || own->address >= map->end)
        return true;
    own->file->device = map->device;
    own->file->inode = map->inode;
    own->found = true;
    return false;
}

bool sleepers_file(const struct procfs *fs, const struct segment_mapping *mapping,
                   struct sleepers_file *out)
{
    struct own own = {.address = mapping->address, .file = out};
    *out = (struct sleepers_file){.by_namespace = mapping->segment.kind == &segment_sysv};
    return procfs_each_map(fs, getpid(), find_own, &own) == 0 && own.found;
}

static void count(const struct pshared *pshared, const struct procfs *fs,
                  const struct sleepers_file *file, const struct blocked_list *list, size_t *counts)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct blocked_task *task = &list->items[i];
        if (task->device != file->device || task->inode != file->inode ||
            (file->by_namespace && !procfs_same_ipc(fs, task->tid)))
            continue;
        const int index = pshared_index_at(pshared, task->offset);
        if (index >= 0)
            counts[index]++;
    }
}

int sleepers_count(const struct pshared *pshared, const struct segment_mapping *mapping,
                   size_t *counts)
{
    struct procfs fs;
    struct sleepers_file file;
    struct blocked_list list = {0};
    memset(counts, 0, pshared->capacity * sizeof *counts);
    if (procfs_open(&fs, "/proc"))
        return -1;
    const bool good =
        sleepers_file(&fs, mapping, &file) && blocked_find(&fs, BLOCKED_FUTEX, &list) == 0;
    if (good)
        count(pshared, &fs, &file, &list, counts);
    blocked_free(&list);
    procfs_close(&fs);
    return good ? 0 : -1;
}
