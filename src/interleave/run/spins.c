/* SPDX-License-Identifier: MIT */
/*
 * spins.c - see spins.h.
 */
#include "config.h"

#include "interleave/run/spins.h"

#include "interleave/run/private.h"

#include <string.h>

enum {
    MOST_ROUNDS = 16,
    MOST_VISITS = sizeof((struct run *)0)->visits[0] / sizeof((struct run *)0)->visits[0][0]
};

static struct visit *find(struct run *run, unsigned task)
{
    const uint64_t place = run->board->tasks[task].place;
    for (size_t i = 0; i < MOST_VISITS; i++)
        if (run->visits[task][i].times && run->visits[task][i].place == place &&
            run->visits[task][i].version == run->version)
            return &run->visits[task][i];
    return NULL;
}

static const struct visit *look_up(const struct run *run, unsigned task)
{
    return find((struct run *)(uintptr_t)run, task);
}

/* To read the memory takes long, so it is read only from the second time on. */
void spins_leave(struct run *run, unsigned task)
{
    const struct board_task *slot = &run->board->tasks[task];
    struct visit *visit = find(run, task);
    if (visit) {
        visit->times++;
        if (!visit->is_read)
            visit->is_read = private_hash(slot->pid, slot->stack, &visit->memory);
        return;
    }
    memmove(&run->visits[task][1], &run->visits[task][0],
            (MOST_VISITS - 1) * sizeof run->visits[task][0]);
    run->visits[task][0] =
        (struct visit){.place = slot->place, .version = run->version, .times = 1};
}

void spins_arrive(struct run *run, unsigned task)
{
    const struct board_task *slot = &run->board->tasks[task];
    struct visit *visit = slot->state == TASK_READY ? find(run, task) : NULL;
    uint64_t memory;
    if (!visit || !visit->is_read || !private_hash(slot->pid, slot->stack, &memory))
        return;
    visit->is_same = memory == visit->memory;
    visit->memory = memory;
}

unsigned spins_times(const struct run *run, unsigned task)
{
    const struct visit *visit = look_up(run, task);
    return visit ? visit->times : 0;
}

bool spins_in_vain(const struct run *run, unsigned task)
{
    const struct visit *visit = look_up(run, task);
    return visit && (visit->is_same || run->board->tasks[task].kind == STEP_YIELD);
}

bool spins_too_often(const struct run *run, unsigned task)
{
    const struct visit *visit = look_up(run, task);
    return visit && !visit->is_same && visit->times >= MOST_ROUNDS;
}
