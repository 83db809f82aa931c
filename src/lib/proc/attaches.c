/* SPDX-License-Identifier: MIT */
/*
 * attaches.c - see attaches.h.
 */
#include "config.h"

#include "lib/proc/attaches.h"

#include "lib/base/array.h"

#include <stdlib.h>

struct procfs_attach *procfs_attaches_add(struct procfs_attaches *attaches)
{
    if (array_reserve(&attaches->items, &attaches->capacity, attaches->count + 1))
        return NULL;
    struct procfs_attach *item = &attaches->items[attaches->count++];
    *item = (struct procfs_attach){.fd = -1};
    return item;
}

static int by_place(const void *a, const void *b)
{
    const struct procfs_attach *x = a, *y = b;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    if (x->inode != y->inode)
        return x->inode < y->inode ? -1 : 1;
    if (x->pid != y->pid)
        return x->pid < y->pid ? -1 : 1;
    return (x->start > y->start) - (x->start < y->start);
}

void procfs_attaches_sort(struct procfs_attaches *attaches)
{
    if (attaches->count)
        qsort(attaches->items, attaches->count, sizeof *attaches->items, by_place);
}

void procfs_attaches_free(struct procfs_attaches *attaches)
{
    for (size_t i = 0; i < attaches->count; i++)
        free(attaches->items[i].name);
    free(attaches->items);
    *attaches = (struct procfs_attaches){0};
}

static bool is_before(const struct procfs_attach *attach, dev_t device, uint64_t inode)
{
    return attach->device != device ? attach->device < device : attach->inode < inode;
}

const struct procfs_attach *procfs_attaches_of(const struct procfs_attaches *attaches, dev_t device,
                                               uint64_t inode, size_t *count)
{
    size_t low = 0, high = attaches->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (is_before(&attaches->items[middle], device, inode))
            low = middle + 1;
        else
            high = middle;
    }
    while (high < attaches->count && attaches->items[high].device == device &&
           attaches->items[high].inode == inode)
        high++;
    *count = high - low;
    return attaches->items ? attaches->items + low : NULL;
}
