/* SPDX-License-Identifier: MIT */
/*
 * links.h - what the rows of a trace have to do with each other: which step another builds on, who
 * took a thing last, and which line of source says most.
 */
#ifndef IPCLAB_INTERLEAVE_LINKS_H
#define IPCLAB_INTERLEAVE_LINKS_H

#include "interleave/show/played.h"

/* Adds ROW and PLAYED, and finds the step of another task that it builds on. */
void links_add(struct player *player, struct trace_row *row, const struct played *played);

/* Of the lines that PLAYED was at, the one that says most; NULL: none is known. */
const struct source_line *links_place(const struct player *player, const struct played *played);

/* Sets the place of each row. */
void links_find_places(struct player *player);

/* Who lowered semaphore NUMBER of SLOT's set last (IS_SET), or used last what SLOT waits for;
 * BOARD_TASKS: nobody. */
unsigned links_holder(const struct player *player, unsigned task, const struct board_task *slot,
                      bool is_set, unsigned number);

#endif
