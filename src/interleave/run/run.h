/* SPDX-License-Identifier: MIT */
/*
 * run.h - one run of the programs, step by step, under a schedule that the caller decides.
 */
#ifndef IPCLAB_INTERLEAVE_RUN_H
#define IPCLAB_INTERLEAVE_RUN_H

#include "interleave/explore.h"

/* Makes the board; returns -1 with errno. */
int run_open(struct run *run, const struct plan *plan, const char *folder, const char *library);

/* Begins a run: every program is before its first step. Returns false if that fails, with the
 * outcome. */
bool run_begin(struct run *run);

/*
 * The tasks that can take a step, in TASKS; returns how many. Those that go round, waiting for
 * others to change something, count only where no other task can take one. 0: all have ended, or
 * none can go on.
 */
unsigned run_enabled(const struct run *run, unsigned tasks[BOARD_TASKS]);

/* Is a task among those that go round of which not all that it can do is tried? */
bool run_leaves_out(const struct run *run);

/* Lets a task take its step, or does a fault to it, and says whether the run goes on; false sets
 * the outcome. */
bool run_step(struct run *run, choice chosen);

/* No task can take a step: judges the end. Sets the outcome. */
void run_judge(struct run *run);

/* Ends what still runs. */
void run_end(struct run *run);

/* A hash of the state: what each task has learnt, where it is, and what all share. */
uint64_t run_state(const struct run *run);

/* Is TASK before a step that lets the others go first? */
bool run_yields(const struct run *run, unsigned task);

#endif
