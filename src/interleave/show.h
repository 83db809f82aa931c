/* SPDX-License-Identifier: MIT */
/*
 * show.h - a schedule as a table: a column for each program, a row for each step.
 */
#ifndef IPCLAB_INTERLEAVE_SHOW_H
#define IPCLAB_INTERLEAVE_SHOW_H

#include "interleave/search.h"

#include <stdio.h>

/* Runs SCHEDULE again and prints it to TO. Returns whether it ended as EXPECTED says. */
bool show_schedule(struct run *run, const struct schedule *schedule, const struct outcome *expected,
                   FILE *to);

#endif
