/*
 * waitgraph.h - who waits for whom: cycles in it, told as sentences or drawn.
 */
#ifndef IPCLAB_WAITGRAPH_H
#define IPCLAB_WAITGRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/* A task waits for something that a process has, or for the end of its child. */
struct wait_edge {
    pid_t pid, tid;
    const char *command; /* of the waiting process, safe to print */
    const char *what;    /* "semaphore 1 of set 5"; NULL: the end of HOLDER, a child of PID */
    pid_t holder;        /* who has it, or took it last; 0: nobody known */
    const char *holder_command;
    const char *taken; /* how the holder came to have it: "took last", or "holds" */
    bool itself;       /* the waiting task is the very one that holds it, which is certain */
    bool alive;        /* the holder is */
    bool firm; /* every task of the waiting process is blocked, so none can let go of anything */
    bool abandoned;     /* the holder is gone and left it taken */
    const char *remedy; /* the command that frees it when abandoned */
    bool in_cycle;      /* set by waitgraph_find() */
};

/*
 * Marks the edges that lie on a cycle of living processes and returns how many cycles it found; at
 * least one for every group of processes that wait for each other. A process that waits for what it
 * took last itself is no cycle: it may be a producer that waits for others; one that waits for what
 * it itself holds is. With FIRM_ONLY edges that are not firm are left out.
 */
size_t waitgraph_find(struct wait_edge *edges, size_t count, bool firm_only);

/*
 * Tells the deadlocks and what is abandoned, a sentence each. Returns how many deadlocks. Cycles
 * through processes that have tasks that are not blocked are told as possible, and not counted.
 */
size_t waitgraph_tell(struct wait_edge *edges, size_t count, FILE *to);

/*
 * The graph as DOT for Graphviz: processes are boxes with an arrow for each task, what they wait
 * for is round, cycles are red.
 */
void waitgraph_draw(struct wait_edge *edges, size_t count, FILE *to);

#endif
