/* SPDX-License-Identifier: MIT */
/*
 * spent.h - how much time a search has taken.
 */
#ifndef IPCLAB_INTERLEAVE_SPENT_H
#define IPCLAB_INTERLEAVE_SPENT_H

#include "interleave/explore.h"

/*
 * Seconds of CPU time that this process, the programs of RUN and all that they have started and
 * waited for have used: on a busy machine a search comes as far as on an idle one. A process that
 * waits uses none, so the seconds that have passed, divided by IDLE_SHARE, count if they are more.
 */
double spent_seconds(const struct run *run);

enum { IDLE_SHARE = 20 };

#endif
