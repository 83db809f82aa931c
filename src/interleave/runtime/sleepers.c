/* SPDX-License-Identifier: MIT */
/*
 * sleepers.c - who sleeps on a condition variable, which stands on the board.
 */
#include "config.h"

#include "interleave/runtime/runtime.h"

void sleeper_begin(uint64_t id, uint64_t offset)
{
    struct board_task *const self = gate_self();
    self->sleeps = true;
    self->sleeps_id = id;
    self->sleeps_offset = offset;
    self->wakers = 0;
}

bool sleeper_is_woken(void)
{
    return gate_self()->wakers != 0;
}

/*
 * A signal is for any of those that slept when it was sent: each has it among its WAKERS, and
 * the first one to go on takes it from the others. One that has several takes the oldest, for the
 * later ones could also be for tasks that did not sleep yet when the oldest was sent.
 */
void sleeper_end(void)
{
    struct board *const board = gate_board();
    struct board_task *const self = gate_self();
    const uint64_t oldest = self->wakers & -self->wakers;
    for (uint32_t i = 0; i < board->count; i++)
        board->tasks[i].wakers &= ~oldest;
    self->wakers = 0;
    self->sleeps = false;
}

static uint64_t unused_waker(void)
{
    const struct board *board = gate_board();
    uint64_t used = 0;
    for (uint32_t i = 0; i < board->count; i++)
        used |= board->tasks[i].wakers;
    /* The next one after the newest in use keeps their order. */
    const unsigned newest = used ? 64 - (unsigned)__builtin_clzll(used) : 0;
    if (newest == 64)
        gate_refuse("it sent 64 signals to sleeping tasks that none of them has taken");
    return UINT64_C(1) << newest;
}

void sleeper_wake(uint64_t id, uint64_t offset, bool all)
{
    struct board *const board = gate_board();
    uint64_t waker = unused_waker();
    for (uint32_t i = 0; i < board->count; i++) {
        struct board_task *task = &board->tasks[i];
        if (!task->sleeps || task->sleeps_id != id || task->sleeps_offset != offset)
            continue;
        task->wakers |= waker;
        if (all)
            waker = unused_waker();
    }
}
