/* SPDX-License-Identifier: MIT */
/*
 * outcomes.h - the ends that the schedules come to.
 */
#ifndef IPCLAB_INTERLEAVE_OUTCOMES_H
#define IPCLAB_INTERLEAVE_OUTCOMES_H

#include "interleave/explore.h"

/*
 * RUN has come to an end: prints it, a line, if no earlier run came to the same one:
 *
 *   segment 0 @0=1 @4=2; set 0 0=1; 2 waits; 1 exits 3
 *
 * What is zero is left out: words of four bytes, values of semaphores, exit statuses.
 */
void outcomes_note(const struct run *run);

#endif
