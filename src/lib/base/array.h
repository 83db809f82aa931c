/* SPDX-License-Identifier: MIT */
/*
 * array.h - the one way in which an array grows.
 *
 *   struct list { struct thing *items; size_t count, capacity; };
 *
 *   if (array_reserve(&list->items, &list->capacity, list->count + 1) != 0)
 *       return -1;
 *   list->items[list->count++] = thing;
 */
#ifndef IPCLAB_ARRAY_H
#define IPCLAB_ARRAY_H

#include <stddef.h>

/*
 * Makes room in *ITEMS, a pointer to elements or NULL, for at least NEEDED elements. *CAPACITY is
 * the number of elements that there is room for, 0 at first; it at least doubles, so that n
 * additions cost O(n). Returns 0, or -1 with errno ENOMEM; *ITEMS and *CAPACITY are then unchanged.
 */
#define array_reserve(items, capacity, needed) \
    array_reserve_bytes((items), (capacity), (needed), sizeof **(items))

/* ITEMS is the address of the pointer, whatever it points to; SIZE is that of an element. */
int array_reserve_bytes(void *items, size_t *capacity, size_t needed, size_t size);

#endif
