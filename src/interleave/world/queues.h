/* SPDX-License-Identifier: MIT */
/*
 * queues.h - the message queues of the world: world.h.
 */
#ifndef IPCLAB_INTERLEAVE_QUEUES_H
#define IPCLAB_INTERLEAVE_QUEUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Has the kernel MSG_COPY of msgrcv(2), so that we see messages without taking them? */
bool queues_are_seen(void);

/* Looks which queues there are. */
void queues_look(void);

/* HASH, with the messages of all of them. */
uint64_t queues_hash(uint64_t hash);

/* Writes their names to TEXT, of SIZE bytes, after BEFORE if there is one. Returns how many. */
size_t queues_left(char *text, size_t size, const char *before);

/* Forgets those of a run. */
void queues_forget(void);

/* Keeps the queues that there are, with their messages, for queues_restore(), which makes all as
 * they were then; CHOOSE_ID is world_choose_id(). They return -1 with errno. */
int queues_keep(void);
int queues_restore(int (*choose_id)(unsigned makes, int id));

#endif
