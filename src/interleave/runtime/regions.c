/* SPDX-License-Identifier: MIT */
/*
 * regions.c - which memory of this process others map, too.
 */
#include "config.h"

#include "interleave/runtime/runtime.h"

#include <stdint.h>

static struct board_region regions[BOARD_REGIONS];
static unsigned count;

void region_add(const void *address, size_t size, uint64_t id, uint64_t offset)
{
    if (count == BOARD_REGIONS)
        gate_refuse("it maps more than %d regions", BOARD_REGIONS);
    regions[count++] = (struct board_region){(uint64_t)(uintptr_t)address, size, id, offset};
}

/* SIZE 0: the one that begins there. */
void region_remove(const void *address, size_t size)
{
    const uint64_t start = (uint64_t)(uintptr_t)address;
    for (unsigned i = 0; i < count;)
        if (size ? regions[i].start - start < size : regions[i].start == start)
            regions[i] = regions[--count];
        else
            i++;
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
