/* SPDX-License-Identifier: MIT */
/*
 * played.h - what a player keeps of the run that it plays.
 */
#ifndef IPCLAB_INTERLEAVE_PLAYED_H
#define IPCLAB_INTERLEAVE_PLAYED_H

#include "interleave/search/search.h"
#include "interleave/world/source.h"

#include "lib/trace/trace.h"

/* What a row of the trace needs to be explained by later and earlier ones. */
struct played {
    struct source_line lines[SOURCE_FRAMES];
    size_t line_count;
    unsigned task;
    uint32_t kind, object;
    uint64_t id, offset, size, sync_id, sync_offset;
    bool acquires, releases; /* of SYNC_ID */
    bool is_call;
    unsigned forked;    /* the tasks that it made, a bit each */
    unsigned signalled; /* the tasks that it sent a signal, a bit each */
    unsigned lowered;   /* the semaphores, of the first 32, that it decreased, a bit each */
};

struct player {
    struct run *run;
    struct trace trace;
    struct played *played; /* a row each, as in TRACE */
    size_t played_capacity;
    struct played next[BOARD_TASKS]; /* where each task is now; of --step only */
    struct schedule taken;           /* so far */
    unsigned last;                   /* the task of the last step; BOARD_TASKS: none */
};

#endif
