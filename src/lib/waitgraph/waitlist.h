/* SPDX-License-Identifier: MIT */
/*
 * waitlist.h - a growing list of edges for waitgraph.h, which owns the words that they point at.
 */
#ifndef IPCLAB_WAITLIST_H
#define IPCLAB_WAITLIST_H

#include "lib/proc/procfs.h"
#include "lib/waitgraph/waitgraph.h"

/* The words of an edge. */
struct wait_words {
    char what[400], remedy[400], command[64], holder[64];
};

/* Start with all zero. */
struct waitlist {
    struct wait_edge *edges;
    struct wait_words **words;
    size_t count, edge_capacity, word_capacity;
};

/* Adds an edge of all zero, edges[count - 1], and returns its words; NULL with errno ENOMEM. */
struct wait_words *waitlist_add(struct waitlist *list);
void waitlist_free(struct waitlist *list);

/* The command of a process as an edge's word: safe to print, "?" when it is not known. */
void waitlist_command(const struct procfs_process *process, char text[64]);

/*
 * A process that has taken something and now waits for a child to end, as those do that run a
 * COMMAND, and shells, is as stuck as the child: so from process PID up, adds an edge for each
 * parent that waits for its only child. False with errno ENOMEM.
 */
bool waitlist_add_parents(struct waitlist *list, const struct procfs *fs, pid_t pid,
                          const struct procfs_process *process);

#endif
