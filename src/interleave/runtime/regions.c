/* SPDX-License-Identifier: MIT */
/*
 * regions.c - which memory of this process others map, too.
 */
#include "config.h"

#include "interleave/runtime/runtime.h"

#include <stdint.h>

static struct board_region regions[BOARD_REGIONS];
static unsigned count;

static void add(struct board_region region)
{
    if (count == BOARD_REGIONS)
        gate_refuse("it maps more than %d regions", BOARD_REGIONS);
    if (region.size)
        regions[count++] = region;
}

/* Leaves what lies before START, and behind END. */
static void cut(unsigned which, uint64_t start, uint64_t end)
{
    const struct board_region whole = regions[which];
    struct board_region before = whole, behind = whole;
    regions[which] = regions[--count];
    before.size = start > whole.start ? start - whole.start : 0;
    behind.size = end < whole.start + whole.size ? whole.start + whole.size - end : 0;
    behind.start = end;
    behind.offset += end - whole.start;
    add(before);
    if (behind.size)
        add(behind);
}

void region_remove(const void *address, size_t size)
{
    const uint64_t start = (uint64_t)(uintptr_t)address;
    for (unsigned i = 0; i < count;) {
        const struct board_region *region = &regions[i];
        if (!size && region->start == start)
            regions[i] = regions[--count];
        else if (size && region->start < start + size && start < region->start + region->size)
            cut(i, start, start + size), i = 0;
        else
            i++;
    }
}

void region_add(const void *address, size_t size, uint64_t id, uint64_t offset)
{
    region_remove(address, size);
    add((struct board_region){(uint64_t)(uintptr_t)address, size, id, offset});
}

bool region_find(const void *address, uint64_t *id, uint64_t *offset)
{
    const uint64_t at = (uint64_t)(uintptr_t)address;
    for (unsigned i = 0; i < count; i++)
        if (at - regions[i].start < regions[i].size) {
            *id = regions[i].id;
            *offset = at - regions[i].start + regions[i].offset;
            return true;
        }
    return false;
}
