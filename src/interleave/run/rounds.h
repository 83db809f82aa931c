/* SPDX-License-Identifier: MIT */
/*
 * rounds.h - does a run go round for ever?
 */
#ifndef IPCLAB_INTERLEAVE_ROUNDS_H
#define IPCLAB_INTERLEAVE_ROUNDS_H

#include "interleave/explore.h"

/* A run begins. */
void rounds_begin(void);

/*
 * The run is before step NUMBER. Returns 0, or how many steps ago everything was as it is now: what
 * the tasks share, where each of them is, and all memory that only one of them sees. Then the tasks
 * can go round for ever. 0 also where a task that could have gone all the time has not.
 */
size_t rounds_length(const struct run *run, size_t number);

#endif
