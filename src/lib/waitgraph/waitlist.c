/* SPDX-License-Identifier: MIT */
/*
 * waitlist.c - see waitlist.h.
 */
#include "config.h"

#include "lib/waitgraph/waitlist.h"

#include "lib/base/array.h"
#include "lib/base/text.h"
#include "lib/proc/waiters.h"

#include <stdlib.h>
#include <string.h>

struct wait_words *waitlist_add(struct waitlist *list)
{
    if (array_reserve(&list->edges, &list->edge_capacity, list->count + 1) ||
        array_reserve(&list->words, &list->word_capacity, list->count + 1))
        return NULL;
    struct wait_words *words = calloc(1, sizeof *words);
    if (words) {
        list->edges[list->count] = (struct wait_edge){0};
        list->words[list->count++] = words;
    }
    return words;
}

void waitlist_free(struct waitlist *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->words[i]);
    free(list->words);
    free(list->edges);
    *list = (struct waitlist){0};
}

void waitlist_command(const struct procfs_process *process, char text[64])
{
    text_safe(text, 64, process->command, process->command_length);
    if (!*text)
        strcpy(text, "?");
}

static bool has_child_edge(const struct waitlist *list, pid_t pid, pid_t child)
{
    for (size_t i = 0; i < list->count; i++)
        if (!list->edges[i].what && list->edges[i].pid == pid && list->edges[i].holder == child)
            return true;
    return false;
}

bool waitlist_add_parents(struct waitlist *list, const struct procfs *fs, pid_t pid,
                          const struct procfs_process *of)
{
    pid_t child = pid;
    struct procfs_process process = *of, parent;
    while (process.parent > 1 && !has_child_edge(list, process.parent, child) &&
           procfs_waits_for_child(fs, process.parent, child)) {
        struct wait_words *words = waitlist_add(list);
        if (!words)
            return false;
        procfs_process(fs, process.parent, &parent);
        waitlist_command(&parent, words->command);
        waitlist_command(&process, words->holder);
        list->edges[list->count - 1] = (struct wait_edge){.pid = process.parent,
                                                          .tid = process.parent,
                                                          .command = words->command,
                                                          .holder = child,
                                                          .holder_command = words->holder,
                                                          .alive = true,
                                                          .certain = true};
        child = process.parent;
        process = parent;
    }
    return true;
}
