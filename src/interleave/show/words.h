/* SPDX-License-Identifier: MIT */
/*
 * words.h - a step, and a task that waits, in words.
 */
#ifndef IPCLAB_INTERLEAVE_WORDS_H
#define IPCLAB_INTERLEAVE_WORDS_H

#include "interleave/explore.h"

#include "lib/trace/trace.h"

enum { MOST_OPERATIONS_TOLD = 16 };

/* Operations on a set, as the runtime writes them: "semop 0-1,2=0". */
struct operations {
    struct {
        unsigned number;
        int change; /* 0: it waits for zero */
    } items[MOST_OPERATIONS_TOLD];
    size_t count;
    const char *text; /* "0-1,2=0" */
};

/* Reads them from STEP. False: the step is none on a set. */
bool words_operations(const struct board_task *step, struct operations *out);

/* The index of the operation that cannot be done now on set ID; COUNT: all can. */
size_t words_blocking(const struct operations *operations, int id);

/* What was there before a step. */
struct before {
    struct board_task step;       /* the slot of the task */
    uint32_t count;               /* of tasks */
    uint32_t states[BOARD_TASKS]; /* enum board_state */
};

/* CHOSEN was made in RUN, and BEFORE was before: fills ROW's words and mark. */
void words_of_step(const struct run *run, choice chosen, const struct before *before,
                   struct trace_row *row);

/* TASK waits: "waits for 1 of semaphore 0". */
void words_of_waiter(const struct run *run, unsigned task, struct trace_row *row);

#endif
