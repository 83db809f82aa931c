/* SPDX-License-Identifier: MIT */
/*
 * graph.h - the waiters of a snapshot as a graph: who waits for whom.
 */
#ifndef IPCLAB_WAITERS_GRAPH_H
#define IPCLAB_WAITERS_GRAPH_H

#include "waiters/waiter.h"

#include <stdio.h>

/* Draws the graph in the language of dot(1). Returns an exit status. */
int graph_draw(const struct snapshot *snapshot, FILE *to);

/*
 * Prints the deadlocks and what dead processes left held. If the snapshot is not WHOLE, an object
 * or /proc was refused, which has been reported, and the absence of a deadlock is not. HIDDEN is
 * the number of waiters that are not in the snapshot, or an estimate of it. Returns EXIT_DEADLOCK
 * when there is a deadlock; EXIT_NOT_KNOWN when there is none among the waiters that could be read,
 * and others could not; otherwise EXIT_DONE, or EXIT_REFUSED for an error of ours.
 */
int graph_print_deadlocks(const struct snapshot *snapshot, bool whole, uint64_t hidden, FILE *to);

#endif
