/* SPDX-License-Identifier: MIT */
/*
 * races.h - accesses of the same shared bytes that nothing orders.
 *
 * Two accesses of which one is a store are a race if no call or atomic operation orders them in the
 * run: between them there is no chain of steps, each of the same task or of a task that acquires
 * what the one before released. Each task has a clock for every task (Mattern's vector clocks): the
 * newest of its steps that this one comes after. A release joins the task's clocks to those of the
 * object, an acquire the object's to the task's.
 */
#ifndef IPCLAB_INTERLEAVE_RACES_H
#define IPCLAB_INTERLEAVE_RACES_H

#include "interleave/board.h"

#include <stdbool.h>
#include <sys/types.h>

/* One side of a race. */
struct race_access {
    unsigned task;
    uint64_t pc;
    bool stores;
};

struct race {
    struct race_access first, second;
    uint64_t id, offset;
};

/* A run begins: no access yet. FORGET: and races of earlier runs count again. */
void races_begin(bool forget);

/* TASK is about to take STEP. Returns true, with *RACE, if that races with an earlier one and the
 * two places of the program have not raced before, in this or an earlier run. */
bool races_step(unsigned task, const struct board_task *step, struct race *race);

/* TASK was forked by PARENT; PARENT has waited for TASK, which has ended. */
void races_forked(unsigned parent, unsigned task);
void races_waited(unsigned parent, unsigned task);

#endif
