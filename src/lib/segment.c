/*
 * segment.c - the kinds of segment there are; see segment.h.
 */
#include "config.h"

#include "segment.h"

#include <stdlib.h>

const struct segment_kind *const segment_kinds[] = {&segment_sysv, NULL};

const struct segment_kind *segment_kind_of(const struct operand *name)
{
    for (size_t i = 0; segment_kinds[i]; i++)
        if (segment_kinds[i]->takes(name))
            return segment_kinds[i];
    return NULL;
}

struct segment_info *segment_list_add(struct segment_list *list)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        struct segment_info *items = reallocarray(list->items, capacity, sizeof *items);
        if (!items)
            return NULL;
        list->items = items;
        list->capacity = capacity;
    }
    struct segment_info *item = &list->items[list->count++];
    *item = (struct segment_info){0};
    return item;
}

void segment_list_free(struct segment_list *list)
{
    free(list->items);
    *list = (struct segment_list){0};
}
