/* SPDX-License-Identifier: MIT */
/*
 * spins.h - tasks that go round while nothing changes: they wait for others.
 */
#ifndef IPCLAB_INTERLEAVE_SPINS_H
#define IPCLAB_INTERLEAVE_SPINS_H

#include "interleave/explore.h"

/* Before TASK takes the step that it has come to. */
void spins_leave(struct run *run, unsigned task);

/* After it, when TASK has come to the next one. */
void spins_arrive(struct run *run, unsigned task);

/* How often TASK has taken the step that it is before, while nothing changed. */
unsigned spins_times(const struct run *run, unsigned task);

/*
 * Is it of no use to let TASK go before another one has changed something? So it is where its
 * memory is as it was when it took this step before: then it takes the same steps again. A task
 * that sleeps lets the others go first, for time passes only where none of them can go on.
 */
bool spins_in_vain(const struct run *run, unsigned task);

/*
 * The same of a task that has gone round so often that we let the others go first, though it
 * counts, or something else in its memory is another: then not all that it can do is tried.
 */
bool spins_too_often(const struct run *run, unsigned task);

#endif
