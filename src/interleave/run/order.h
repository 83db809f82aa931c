/* SPDX-License-Identifier: MIT */
/*
 * order.h - giving orders to tasks, and waiting until they have followed them; see board.h.
 */
#ifndef IPCLAB_INTERLEAVE_ORDER_H
#define IPCLAB_INTERLEAVE_ORDER_H

#include "interleave/explore.h"

enum { LONGEST_STEP = 5 }; /* seconds that a task may run without coming to a step */

/* Lets server TASK act, and waits until it has. Returns false if it has died. */
bool order_server(struct run *run, unsigned task, enum board_order what);

/* Lets TASK act, and waits until it, and every task that it has made, has come to its next step or
 * has ended. Returns false if one does neither for LONGEST_STEP. */
bool order_task(struct run *run, unsigned task, enum board_order what);

/* Waits for TASK, as order_task() does, without an order. */
bool await_task(struct run *run, unsigned task);

/* Waits for the end of TASK's process, and takes its status if it is a child of a server. */
void await_death(struct run *run, unsigned task);

/* A process that has the same program at the same addresses as TASK, and that lives: the server
 * that it comes from. */
pid_t order_image(const struct run *run, unsigned task);

#endif
