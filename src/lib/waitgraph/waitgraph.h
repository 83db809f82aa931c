/* SPDX-License-Identifier: MIT */
/*
 * waitgraph.h - which process waits for which: the cycles of that graph, printed as sentences or
 * drawn.
 */
#ifndef IPCLAB_WAITGRAPH_H
#define IPCLAB_WAITGRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/* A task waits for something that a process holds, or for a child of its own to end. */
struct wait_edge {
    pid_t pid, tid;
    const char *command; /* of the waiting process, safe to print */
    const char *what;    /* "semaphore 1 of set 5"; NULL: the end of HOLDER, a child of PID */
    pid_t holder;        /* the process that holds it, or acquired it last; 0: not known */
    const char *holder_command;
    const char *relation; /* of the holder to it: "operated on last", "holds" */
    bool self;            /* the waiting task itself is the holder, and that is certain */
    bool alive;           /* the holder is */
    bool certain; /* every task of the waiting process is blocked for ever, so that none can release
                     anything */
    bool abandoned;     /* the holder is gone and did not release it; if HOLDER is 0, all that could
                           release it wait for it */
    const char *remedy; /* the command that releases it when it is abandoned; "" if there is none */
    bool in_cycle;      /* set by waitgraph_find() */
};

/*
 * Marks the edges that lie on a cycle of living processes and stores in *CYCLES how many cycles
 * there are: at least one for every group of processes that wait for each other. A process that
 * waits for what it acquired last is no cycle, for it may be a producer that waits for others; a
 * task that waits for what it holds itself (SELF) is one. With CERTAIN_ONLY, edges that are not
 * certain are left out. Returns 0, or -1 with errno ENOMEM.
 */
int waitgraph_find(struct wait_edge *edges, size_t count, bool certain_only, size_t *cycles);

/*
 * Prints each deadlock, and each thing that is abandoned. A cycle that is not certain is printed as
 * a possible deadlock, and not counted. Stores in *DEADLOCKS how many deadlocks there are. Returns
 * 0, or -1 with errno ENOMEM.
 */
int waitgraph_print(struct wait_edge *edges, size_t count, FILE *to, size_t *deadlocks);

/*
 * Prints the graph as DOT for Graphviz: processes are boxes with an arrow for each task, what they
 * wait for is round, cycles are red. Returns 0, or -1 with errno ENOMEM.
 */
int waitgraph_draw(struct wait_edge *edges, size_t count, FILE *to);

#endif
