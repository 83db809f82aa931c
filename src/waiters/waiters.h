/*
 * waiters.h - who is blocked on what, and whether for ever: what semop-tool waiters and shmsync
 * waiters share. Semaphore sets (waiters-set.c) and objects in segments (waiters-segment.c) are
 * collected apart, and are one list and one graph.
 */
#ifndef IPCLAB_WAITERS_H
#define IPCLAB_WAITERS_H

#include "lib/proc/waiters.h"
#include "lib/cli/listing.h"
#include "lib/base/operand.h"
#include "lib/proc/procfs.h"
#include "lib/pshared/pshared.h"
#include "lib/segment/segment.h"
#include "lib/pshared/waiters.h"
#include "lib/waitgraph/waitlist.h"

#include <sys/sem.h>

struct waiters_name {
    const char *text;
    struct operand operand;
};

/* The sets, or the segments, that are asked for. */
struct waiters_names {
    struct waiters_name *items;
    int count;
    bool all; /* whatever there is */
};

enum waiters_mode { MODE_LIST, MODE_DEADLOCK, MODE_GRAPH };

struct waiters_options {
    struct listing listing;
    enum waiters_mode mode;
    struct waiters_names sets, segments;
};

/* A segment whose objects are looked at; mapped read-only. */
struct watched {
    struct segment_mapping mapping;
    struct pshared pshared;
    char label[300]; /* "5", "/demo" */
    struct pshared_file file;
};

/* One blocked task, and what it waits for. */
struct waiter {
    const struct procfs_waiter *task;
    struct procfs_process process;
    /* Semaphores. */
    const struct sembuf *stuck; /* the operation that cannot proceed; NULL when that is not known */
    int value;                  /* of its semaphore */
    /* Objects. */
    const struct watched *segment; /* NULL for a semaphore */
    struct pshared_object object;
    pid_t owner_tid; /* whose thread holds it; 0: nobody, or not known */
    /* Who operated on it last, or holds it, a process; 0: not known. */
    pid_t last;
    bool last_alive;
    struct procfs_process last_process;
};

struct picture {
    struct procfs fs;
    struct procfs_waiters blocked;
    struct waiter *waiters; /* room for all that are blocked */
    size_t count;
    int *sets; /* ids of those that were named, once each */
    int set_count;
    struct watched *watched; /* NULL when there are none */
    size_t watched_count;
    uint64_t expected,
        on_sets;  /* how many wait on the sets by the kernel's count, and how many were found */
    bool partial; /* there is a set whose count we may not read */
};

/*
 * Reads the options and operands of a waiters subcommand, and does it. HELP is its --help. With
 * OF_SETS the operands are sets and --segment names segments; else they are segments and --set
 * names sets. Returns an exit status.
 */
int waiters_main(int argc, char *argv[], const char *help, bool of_sets);

/* --- between the files --- */

/* Adds a waiter for TASK, of PICTURE's list of the blocked. */
struct waiter *waiters_add(struct picture *picture, const struct procfs_waiter *task);

/*
 * Before anybody who is blocked is looked for: opens the sets and has the kernel count who waits
 * there; maps the segments. Tell what is refused. Return an exit status.
 */
int waiters_count_sets(const struct waiters_options *options, struct picture *picture);
int waiters_watch(const struct waiters_options *options, struct picture *picture);

/* Then: add those of the blocked who wait on sets, or on objects of segments. */
void waiters_collect_sets(const struct waiters_options *options, struct picture *picture);
void waiters_collect_segments(struct picture *picture);

void waiters_unwatch(struct picture *picture);

/* Shows the deadlocks, or the graph, by options->mode. Returns an exit status. */
int waiters_show_graph(const struct waiters_options *options, const struct picture *picture,
                       FILE *to);

/* Fill in what is particular to an edge: words->what, remedy; edge->holder, taken, itself,
 * abandoned. */
void waiters_set_edge(const struct waiter *waiter, struct wait_words *words,
                      struct wait_edge *edge);
void waiters_segment_edge(const struct waiter *waiter, struct wait_words *words,
                          struct wait_edge *edge);

#endif
