/* SPDX-License-Identifier: MIT */
/*
 * show.h - a schedule as a table: a column for each program, a row for each step.
 */
#ifndef IPCLAB_INTERLEAVE_SHOW_H
#define IPCLAB_INTERLEAVE_SHOW_H

#include "interleave/show/player.h"

#include "lib/trace/layout.h"

#include <stdio.h>

/* In which ways a schedule is shown. */
struct showing {
    bool json;
    const char *svg;   /* the file for a diagram; NULL: none */
    char *const *told; /* what each step did when the schedule was saved; NULL: not known */
    size_t told_count;
};

/* How TO, standard output or a file, shows a trace. */
struct trace_style show_style(FILE *to);

/*
 * Runs SCHEDULE again and prints it to standard output, and to the file of HOW. Returns whether it
 * ended as EXPECTED says; if not, RUN's outcome says how it ended, or at which step it differs.
 * Says at which step another thing was done than HOW tells.
 */
bool show_schedule(struct run *run, const struct schedule *schedule, const struct outcome *expected,
                   const struct showing *how);

/* Prints what is wrong with PLAYER's run, in words; of a deadlock, who waits for what. */
void show_reason(const struct player *player, const struct trace_style *style);

/* The steps of the schedule that was shown last. */
const struct trace *show_trace(void);

/* Prints FOUND as JSON: VERDICT is "holds", "refuted", "open" (a limit was reached) or "refused".
 * The schedule that fails is run again. Returns as show_schedule(). */
bool show_json(struct run *run, const struct found *found, const char *verdict,
               const struct showing *how);

#endif
