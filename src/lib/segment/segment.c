/* SPDX-License-Identifier: MIT */
/*
 * segment.c - the kinds of segment; see segment.h.
 */
#include "config.h"

#include "lib/segment/segment.h"

#include "lib/base/array.h"

#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct segment_kind *const segment_kinds[] = {&segment_sysv, &segment_posix, NULL};

const struct segment_kind *segment_kind_of(const struct operand *name)
{
    if (!name)
        return &segment_sysv;
    for (size_t i = 0; segment_kinds[i]; i++)
        if (segment_kinds[i]->takes(name))
            return segment_kinds[i];
    return NULL;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

const char *segment_name(const char *name)
{
    static void *names; /* a tree of tsearch(3) */
    char *copy = strdup(name), *const *found = copy ? tsearch(copy, &names, by_text) : NULL;
    if (!found || *found != copy)
        free(copy);
    return found ? *found : "";
}

struct segment_info *segment_list_add(struct segment_list *list)
{
    if (array_reserve(&list->items, &list->capacity, list->count + 1))
        return NULL;
    struct segment_info *item = &list->items[list->count++];
    *item = (struct segment_info){0};
    return item;
}

void segment_list_free(struct segment_list *list)
{
    free(list->items);
    *list = (struct segment_list){0};
}

/*
 * Any user chooses a name, and the command may go straight into a shell (shmstat -o REMOVE | sh).
 * Between single quotes a shell takes printable characters literally; a single quote itself goes
 * between double ones. A table would print an escape for a backslash or an unprintable character,
 * so the command then names the file by its inode.
 */
void segment_remove_command(const struct segment_info *info, char *text, size_t size)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:@%";
    const struct segment_kind *kind = info->segment.kind;
    char name[SEGMENT_NAME_SIZE];
    size_t used;

    *text = '\0';
    if (info->status & SEGMENT_DELETED)
        return;
    kind->print(&info->segment, name, sizeof name);
    for (const char *at = name; *at; at++)
        if (*at < ' ' || *at > '~' || *at == '\\') {
            snprintf(text, size, "find " SEGMENT_POSIX_DIR " -maxdepth 1 -inum %" PRIu64 " -delete",
                     info->inode);
            return;
        }
    if (!name[strspn(name, plain)]) {
        snprintf(text, size, "%s %s", kind->remover, name);
        return;
    }
    used = (size_t)snprintf(text, size, "%s '", kind->remover);
    for (const char *at = name; *at && used < size; at++)
        used += (size_t)snprintf(text + used, size - used, *at == '\'' ? "'\"%c\"'" : "%c", *at);
    if (used < size)
        snprintf(text + used, size - used, "'");
}
