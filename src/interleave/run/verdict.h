/* SPDX-License-Identifier: MIT */
/*
 * verdict.h - what is wrong with a run. Each function that finds something sets the outcome.
 */
#ifndef IPCLAB_INTERLEAVE_VERDICT_H
#define IPCLAB_INTERLEAVE_VERDICT_H

#include "interleave/explore.h"

/* Sets the outcome, with the reason that FORMAT makes. */
void verdict_fail(struct run *run, enum verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Runs COMMAND by sh(1), unless it is NULL; WHAT is the option that names it. Returns false if it
 * fails. */
bool verdict_command(struct run *run, const char *what, const char *command);

/* Has TASK, if it has ended, ended as it must? */
bool verdict_of_end(struct run *run, unsigned task);

/* Does what must hold after each step hold? */
bool verdict_of_claims(struct run *run);

/* TASK is about to take its next step: notes the first race with an earlier one in RUN->RACE. */
void verdict_of_races(struct run *run, unsigned task);

/* The run has no end after STEPS steps, which are all that it may have. */
void verdict_of_length(struct run *run, size_t steps);

/* The last LENGTH steps go round for ever. */
void verdict_of_rounds(struct run *run, size_t length);

/* No task can take a step: is that an end, and a right one? */
void verdict_of_run(struct run *run);

#endif
