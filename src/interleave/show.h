/* SPDX-License-Identifier: MIT */
/*
 * show.h - a schedule as a table: a column for each program, a row for each step.
 */
#ifndef IPCLAB_INTERLEAVE_SHOW_H
#define IPCLAB_INTERLEAVE_SHOW_H

#include "interleave/search.h"

#include "lib/trace/layout.h"

#include <stdio.h>

/* How TO, standard output or a file, shows a trace. */
struct trace_style show_style(FILE *to);

/* Runs SCHEDULE again and prints it to TO. Returns whether it ended as EXPECTED says; if not, RUN's
 * outcome says how it ended, or at which step it differs. */
bool show_schedule(struct run *run, const struct schedule *schedule, const struct outcome *expected,
                   FILE *to);

#endif
