/* SPDX-License-Identifier: MIT */
/*
 * player.h - one run, taken step by step, and told as a trace.
 */
#ifndef IPCLAB_INTERLEAVE_PLAYER_H
#define IPCLAB_INTERLEAVE_PLAYER_H

#include "interleave/show/played.h"

enum { MOST_CHOICES = BOARD_TASKS + MOST_FAULTS };

/* Begins a trace that has the programs of RUN, and no step: none is run. */
void player_name_programs(struct player *player, struct run *run);

/* Begins a run of RUN's programs. Returns false if that fails, with the outcome. */
bool player_begin(struct player *player, struct run *run);

/* What can come next, in CHOICES, the task of the last step first; returns how many. 0: the run has
 * ended, and RUN's outcome says how. */
unsigned player_choices(struct player *player, choice choices[MOST_CHOICES]);

/* Takes the step CHOSEN. Returns whether the run goes on. */
bool player_step(struct player *player, choice chosen);

/* Adds a row for each task that waits, where its last one does not say so; finds the lines of
 * source that say most, and marks the step that failed. */
void player_finish(struct player *player);

/* "program 2 waits for 1 of semaphore 0 of set 3, which program 1 took last", for TASK, which
 * waits. */
void player_tell_waiter(const struct player *player, unsigned task, char *text, size_t size);

/* Ends the run; the trace stays until the next player_begin(). */
void player_end(struct player *player);

void player_free(struct player *player);

#endif
