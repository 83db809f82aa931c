/* SPDX-License-Identifier: MIT */
/*
 * trace.h - what several tasks did, step by step: the rows that a table, JSON and a diagram show.
 *
 * It knows nothing of how the steps were found. Text may come from anywhere: each way of showing it
 * makes it safe.
 */
#ifndef IPCLAB_TRACE_H
#define IPCLAB_TRACE_H

#include <stdbool.h>
#include <stddef.h>

enum trace_mark {
    TRACE_PLAIN,
    TRACE_QUIET, /* changes nothing that others see: rows of one task in a row are folded */
    TRACE_WAITS,
    TRACE_FAULT, /* was done to the task: KILLED */
    TRACE_FAILS  /* here it went wrong */
};

struct trace_row {
    unsigned step; /* from 1 on; 0: no step, a row that says how a task stands */
    unsigned task; /* its column, from 0 on */
    char file[64]; /* the place: "add.c"; with LINE 0, "main()+0x1d"; "" not known */
    int line;
    char text[160];   /* the line of source */
    char did[128];    /* "waits for 1 of semaphore 0" */
    char brief[64];   /* the same in fewer letters; of a quiet row, its name; "" as DID */
    char changed[96]; /* "1 > 0"; "" nothing */
    enum trace_mark mark;
    unsigned after; /* the step of another task that this one builds on; 0: none */
};

struct trace_task {
    char title[160]; /* "./add 5" */
    bool is_minor;   /* has a column only if it has a row */
};

struct trace {
    struct trace_task *tasks;
    size_t task_count, task_capacity;
    struct trace_row *rows;
    size_t count, capacity;
};

/* Adds a task called TITLE, a row like ROW. Return false with errno ENOMEM. */
bool trace_add_task(struct trace *trace, const char *title, bool is_minor);
bool trace_add(struct trace *trace, const struct trace_row *row);

/* What ROW did and changed: "load 0", "0-1  1 > 0". */
void trace_words(const struct trace_row *row, char *text, size_t size);

/* "quiet", "waits", "fault", "fails"; NULL for TRACE_PLAIN. */
const char *trace_mark_name(enum trace_mark mark);

void trace_free(struct trace *trace);

#endif
