/* SPDX-License-Identifier: MIT */
/*
 * waiter.h - the model: one blocked task is a waiter, all of them at one moment are a snapshot, and
 * each kind of object that a task can wait for is a source, a file of its own with its own columns.
 *
 * The floors: waiter.c (the model) < set.c, segment.c (a source each) < list.c, graph.c (what is
 * printed) < main.c, which has the table of sources. A new kind of object is one more source and
 * one more line in that table.
 */
#ifndef IPCLAB_WAITER_H
#define IPCLAB_WAITER_H

#include "lib/base/operand.h"
#include "lib/cli/table.h"
#include "lib/proc/waiters.h"
#include "lib/proc/procfs.h"
#include "lib/waitgraph/waitlist.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct waiter_source;

/* A blocked task. */
struct waiter {
    const struct waiter_source *source;
    const struct procfs_waiter *task; /* in the snapshot's list */
    struct procfs_process process;
    void *detail; /* the source's own: what the task waits for */
    bool known;   /* the source knows what the task waits for, so the graph has an edge */
    bool unread; /* it does not, for that could not be read; otherwise the task is just waking up */
    /* The process that holds what the task waits for, or that operated on it last. */
    pid_t holder;                 /* 0: none, or not known */
    enum procfs_life holder_life; /* of the process that held it then */
    enum procfs_doubt holder_doubt;
    struct procfs_process holder_process; /* valid when HOLDER is not 0 */
};

/* All waiters at one moment. */
struct snapshot {
    struct procfs fs;
    unsigned in; /* where the sources want blocked tasks looked for, enum blocked_in */
    struct procfs_waiters blocked;
    struct waiter *waiters; /* room for every blocked task */
    size_t count;
    uint64_t expected; /* waiters by the kernel's own count, where it keeps one */
    uint64_t found;    /* how many of those are in WAITERS */
    uint64_t missing;  /* waiters that objects record, and that may be tasks which we cannot read */
};

struct object_name {
    const char *text;
    struct operand operand;
};

/* What the command line asks of one source: the objects it names, and for one snapshot the state
 * that the source keeps of them. */
struct query {
    const struct waiter_source *source;
    struct object_name *names;
    size_t count, capacity;
    bool all; /* every object there is, instead of those in NAMES */
    void *state;
};

/* A kind of object that tasks wait for. Functions may be NULL where they have nothing to do. */
struct waiter_source {
    const char *option; /* "set": --set=SET names one beside the operands of another source */
    const char *argument, *help; /* of that option, as in struct cli_option: "=SET" */
    size_t detail_size;          /* of waiter->detail, in bytes; more than 0 */
    const char *own_columns;     /* the default columns when no other source is asked, "SET,OPS" */
    const char *shared_columns;  /* when another one is, too */
    const struct column *columns;
    size_t column_count;

    /* Reads the name of an object. Returns NULL, or the rule that TEXT broke. */
    const char *(*parse)(const char *text, struct operand *out);
    /*
     * Runs before the search for blocked tasks: opens the objects that QUERY asks for, allocates
     * query->state, adds to snapshot->in, and to snapshot->expected where the kernel counts.
     * Reports what is refused. Returns an exit status.
     */
    int (*count)(struct query *query, struct snapshot *snapshot);
    /* Afterwards: calls waiter_add() for each blocked task that waits for one of the objects.
     * Returns an exit status. */
    int (*collect)(const struct query *query, struct snapshot *snapshot);
    /* For --deadlock and --graph, of a waiter that is KNOWN: sets words->what and remedy, and of
     * the edge holder, relation, self, abandoned and, where it is more than the task's, certain. */
    void (*edge)(const struct waiter *waiter, struct wait_words *words, struct wait_edge *edge);
    /* How many waiters the snapshot may lack: it does not show them, or nothing counts them. */
    uint64_t (*hidden)(const struct query *query, const struct snapshot *snapshot);
    /* Reports that, the reason, and what would help. */
    void (*note_hidden)(const struct query *query, const struct snapshot *snapshot);
    /* Frees query->state, which may be NULL. */
    void (*release)(struct query *query);
};

/* One per file. */
extern const struct waiter_source waiter_sets, waiter_segments;

/* Does QUERY ask for any object at all? */
bool query_asks(const struct query *query);

/* Adds the object that TEXT names. Returns NULL, or the rule that TEXT broke. */
const char *query_add(struct query *query, const char *text);

/* Adds a waiter of SOURCE for TASK, whose detail is all zero; NULL with errno ENOMEM. */
struct waiter *waiter_add(struct snapshot *snapshot, const struct waiter_source *source,
                          const struct procfs_waiter *task);

/*
 * Takes a snapshot of what the COUNT queries ask for. A later source counts first: sets are the
 * first source, so that the kernel's count of their waiters is read just before /proc is. Reports
 * what is refused. Returns an exit status; snapshot_release() in any case.
 */
int snapshot_take(struct snapshot *snapshot, struct query *queries, size_t count);
void snapshot_release(struct snapshot *snapshot, struct query *queries, size_t count);

/* How many waiters may be part of a cycle that a graph does not show: it is not known what they
 * wait for, or whether the process that they wait for lives, or what that one waits for. */
uint64_t snapshot_doubtful(const struct snapshot *snapshot);

/* An unknown cell: a question mark for people, and null in JSON where a number is expected. */
void waiter_unknown(const struct table_style *style, char *cell, size_t size);

/*
 * Begins the getter NAME of a source's column. Its body sees `row', the waiter, and `detail', the
 * waiter's detail as a TYPE. The getter runs only for waiters of SOURCE; the cells of all others
 * are empty.
 *
 *   WAITER_GETTER(waiter_sets, struct set_wait, get_value) { snprintf(cell, ..., detail->value); }
 */
#define WAITER_GETTER(kind, type, name)                                                        \
    static void name##_in(const struct waiter *row, const type *detail,                        \
                          const struct table_style *style, char *cell, size_t size);           \
    COLUMN_GETTER(struct waiter, name)                                                         \
    {                                                                                          \
        if (row->source == &(kind))                                                            \
            name##_in(row, row->detail, style, cell, size);                                    \
    }                                                                                          \
    static void name##_in(__attribute__((unused)) const struct waiter *row,                    \
                          __attribute__((unused)) const type *detail,                          \
                          __attribute__((unused)) const struct table_style *style, char *cell, \
                          size_t size)

#endif
