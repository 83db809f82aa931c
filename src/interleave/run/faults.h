/* SPDX-License-Identifier: MIT */
/*
 * faults.h - what the search does to a task on purpose, in place of letting it take its step.
 */
#ifndef IPCLAB_INTERLEAVE_FAULTS_H
#define IPCLAB_INTERLEAVE_FAULTS_H

#include "interleave/explore.h"

/* The faults that can be done now, of which PLAN says how many a run may have; returns how many. */
unsigned faults_now(const struct run *run, choice faults[MOST_FAULTS]);

/* Does the fault of CHOSEN, and waits until the task has come to a step again, or has ended.
 * Returns false if it does neither. */
bool faults_do(struct run *run, choice chosen);

/* What FAULT does in RUN to the task before STEP, in words: "KILLED", "fails with ENOSPC". */
const char *fault_text(const struct run *run, enum fault fault, const struct board_task *step,
                       char text[64]);

#endif
