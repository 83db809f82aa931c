/* SPDX-License-Identifier: MIT */
/*
 * faults.c - see faults.h.
 */
#include "config.h"

#include "interleave/run/faults.h"

#include "interleave/run/order.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Those of one task, each once in a run; kills as often as the plan says. */
static unsigned faults_of(const struct run *run, unsigned task, choice *faults)
{
    const struct board_task *slot = &run->board->tasks[task];
    const struct plan *plan = run->plan;
    unsigned count = 0;
    if (run->faults < plan->kills && slot->process == task)
        faults[count++] = CHOICE(task, FAULT_KILL);
    if (run->faults)
        return count;
    if (plan->signal)
        faults[count++] = CHOICE(task, FAULT_SIGNAL);
    if (plan->spurious && slot->sleeps && !slot->wakers)
        faults[count++] = CHOICE(task, FAULT_SPURIOUS);
    if (plan->eintr && board_waits(slot) && slot->interrupts)
        faults[count++] = CHOICE(task, FAULT_EINTR);
    for (unsigned i = 0; plan->fail && slot->state == TASK_READY && i < BOARD_ERRORS; i++)
        if (slot->errors[i])
            faults[count++] = CHOICE(task, FAULT_FAIL + i);
    return count;
}

unsigned faults_now(const struct run *run, choice faults[MOST_FAULTS])
{
    unsigned count = 0;
    for (unsigned i = 0; i < run->board->count; i++) {
        const struct board_task *slot = &run->board->tasks[i];
        if (slot->state != TASK_NONE && slot->state != TASK_SERVED && slot->kind != STEP_START)
            count += faults_of(run, i, &faults[count]);
    }
    return count;
}

static bool kill_task(struct run *run, unsigned task)
{
    kill(run->board->tasks[task].pid, SIGKILL);
    await_death(run, task);
    return true;
}

/* It takes the place of a signal that is for this task alone, and older than all others. */
static bool wake_task(struct run *run, unsigned task)
{
    struct board_task *slot = &run->board->tasks[task];
    for (unsigned i = 0; i < run->board->count; i++)
        run->board->tasks[i].wakers <<= 1;
    slot->wakers |= 1;
    return true;
}

bool faults_do(struct run *run, choice chosen)
{
    const unsigned task = CHOICE_TASK(chosen);
    struct board_task *slot = &run->board->tasks[task];
    const unsigned fault = CHOICE_FAULT(chosen);
    if (fault != FAULT_SPURIOUS && fault != FAULT_EINTR)
        run->harmed[task] = (enum fault)fault;
    switch (fault) {
    case FAULT_KILL: return kill_task(run, task);
    case FAULT_SPURIOUS: return wake_task(run, task);
    case FAULT_EINTR: run->place[task] = 0; return order_task(run, task, ORDER_EINTR);
    case FAULT_SIGNAL:
        slot->signal = run->plan->signal;
        if (!order_task(run, task, ORDER_SIGNAL))
            return false;
        if (slot->state != TASK_QUEUED)
            run->place[task] = 0;
        return true;
    default:
        slot->fail = slot->errors[fault - FAULT_FAIL];
        return order_task(run, task, ORDER_FAIL);
    }
}

const char *fault_text(const struct run *run, enum fault fault, const struct board_task *step,
                       char text[64])
{
    static const char *const words[] = {[FAULT_KILL] = "KILLED",
                                        [FAULT_SPURIOUS] = "wakes up without a signal",
                                        [FAULT_EINTR] = "fails with EINTR"};
    const char *name;
    if (fault == FAULT_SIGNAL) {
        name = sigabbrev_np(run->plan->signal);
        snprintf(text, 64, "gets SIG%.16s", name ? name : "?");
        return text;
    }
    if (fault >= FAULT_FAIL) {
        name = strerrorname_np(step->errors[fault - FAULT_FAIL]);
        snprintf(text, 64, "fails with %.30s", name ? name : "an error");
        return text;
    }
    return words[fault];
}
