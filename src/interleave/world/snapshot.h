/* SPDX-License-Identifier: MIT */
/*
 * snapshot.h - the objects that there are when a run begins: those that --before has made, the same
 * in each run.
 */
#ifndef IPCLAB_INTERLEAVE_SNAPSHOT_H
#define IPCLAB_INTERLEAVE_SNAPSHOT_H

#include "interleave/explore.h"

/* Remembers every object that there is now. Returns -1 with errno. */
int snapshot_take(struct board *board);

/* Removes every other object, and gives these what they had, with the ids that they had. Returns -1
 * with errno. */
int snapshot_restore(struct board *board);

#endif
