/* SPDX-License-Identifier: MIT */
/*
 * array.c - see array.h.
 */
#include "config.h"

#include "lib/base/array.h"

#include <stdlib.h>
#include <string.h>

/* A pointer to things is not a void pointer, so it is read and stored as bytes. */
int array_reserve_bytes(void *items, size_t *capacity, size_t needed, size_t size)
{
    if (needed <= *capacity)
        return 0;
    size_t grown = *capacity ? 2 * *capacity : 16;
    if (grown < needed)
        grown = needed;
    void *old;
    memcpy(&old, items, sizeof old);
    void *moved = reallocarray(old, grown, size);
    if (!moved)
        return -1;
    memcpy(items, &moved, sizeof moved);
    *capacity = grown;
    // cppcheck-suppress memleak ; memcpy has stored it
    return 0;
}
