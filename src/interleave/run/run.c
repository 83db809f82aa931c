/* SPDX-License-Identifier: MIT */
/*
 * run.c - see run.h.
 */
#include "config.h"

#include "interleave/run/run.h"

#include "interleave/run/faults.h"
#include "interleave/run/order.h"
#include "interleave/run/rounds.h"
#include "interleave/run/spins.h"
#include "interleave/run/verdict.h"
#include "interleave/world/world.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

enum {
    MANY_ROUNDS = 3, /* of a task while nothing changes, or */
    LONG_RUN = 300   /* steps; from here on, look whether all goes round */
};

/* --- a step --- */

bool run_yields(const struct run *run, unsigned task)
{
    return run->board->tasks[task].kind == STEP_YIELD;
}

static bool goes_round(const struct run *run, unsigned task)
{
    return run->board->tasks[task].state == TASK_READY &&
           (spins_in_vain(run, task) || spins_too_often(run, task));
}

/* Only tasks that go round can go: one at a time, for what they do is the same in any order as long
 * as they change nothing. First one that could end its rounds by itself, then the one that has gone
 * round least often. BOARD_TASKS: there is none. */
static unsigned first_of_rounds(const struct run *run)
{
    unsigned first = BOARD_TASKS;
    for (unsigned i = 0; i < run->board->count; i++) {
        if (!board_can_go(&run->board->tasks[i]))
            continue;
        if (!spins_in_vain(run, i))
            return i;
        if (first == BOARD_TASKS || spins_times(run, i) < spins_times(run, first))
            first = i;
    }
    return first;
}

unsigned run_enabled(const struct run *run, unsigned tasks[BOARD_TASKS])
{
    unsigned count = 0;
    for (unsigned i = 0; i < run->board->count; i++)
        if (board_can_go(&run->board->tasks[i]) && !goes_round(run, i))
            tasks[count++] = i;
    if (count)
        return count;
    tasks[0] = first_of_rounds(run);
    return tasks[0] < BOARD_TASKS;
}

bool run_leaves_out(const struct run *run)
{
    unsigned tasks[BOARD_TASKS], left_out = 0;
    if (!run_enabled(run, tasks))
        return false;
    for (unsigned i = 0; i < run->board->count; i++)
        left_out +=
            board_can_go(&run->board->tasks[i]) && goes_round(run, i) && !spins_in_vain(run, i);
    return left_out > (unsigned)goes_round(run, tasks[0]);
}

/* The tasks in the queues of sets, first come first: each tries again, and after one that was
 * served all do, for its operations can serve another (update_queue() of ipc/sem.c). */
static bool serve_queues(struct run *run)
{
    for (bool served = true; served;) {
        served = false;
        unsigned next = BOARD_TASKS;
        for (uint32_t after = 0; !served; after = run->place[next]) {
            next = BOARD_TASKS;
            for (unsigned i = 0; i < run->board->count; i++)
                if (run->place[i] > after &&
                    (next == BOARD_TASKS || run->place[i] < run->place[next]))
                    next = i;
            if (next == BOARD_TASKS)
                return true;
            if (!order_task(run, next, ORDER_TRY))
                return false;
            served = run->board->tasks[next].state != TASK_QUEUED;
            if (served)
                run->place[next] = 0;
        }
    }
    return true;
}

static bool look_again(struct run *run)
{
    for (unsigned i = 0; i < run->board->count; i++) {
        const struct board_task *slot = &run->board->tasks[i];
        if ((slot->state == TASK_READY || slot->state == TASK_BLOCKED) && slot->looks &&
            !order_task(run, i, ORDER_LOOK))
            return false;
    }
    return true;
}

/* What a step can have changed. The code of an untracked program can store between two steps. */
struct reach {
    bool memory, sets, objects;
};

static struct reach reach_of(const struct board_task *step)
{
    const uint32_t kind = step->kind;
    const bool any = kind == STEP_EXIT || (kind == STEP_CALL && step->object == OBJECT_ANY);
    return (struct reach){
        .memory = any || !step->tracked || kind == STEP_STORE || kind == STEP_ATOMIC ||
                  (kind == STEP_CALL && step->object == OBJECT_MEMORY),
        .sets = any || kind == STEP_SEMOP,
        .objects = kind == STEP_CALL && step->object == OBJECT_ANY,
    };
}

static const struct reach everywhere = {true, true, true};

/* After a step of TASK: what has changed, and who can go on now. */
static bool take_stock(struct run *run, unsigned task, struct reach reach)
{
    if (reach.objects)
        world_look(run->board);
    if ((reach.sets && !serve_queues(run)) || (reach.memory && !look_again(run))) {
        verdict_fail(run, RUN_REFUSED, "a task does not answer");
        return false;
    }
    const uint64_t memory = reach.memory ? world_hash_memory() : run->memory;
    const uint64_t sets = reach.sets ? world_hash_sets() : run->sets;
    uint32_t moved = 0;
    for (unsigned i = 0; i < run->board->count; i++)
        moved += run->board->tasks[i].moved + run->board->tasks[i].stored;
    if (memory != run->memory || sets != run->sets || moved != run->moved ||
        run->board->tasks[task].state == TASK_NONE)
        run->version++;
    run->moved = moved;
    run->memory = memory;
    run->sets = sets;
    return verdict_of_end(run, run->board->tasks[task].process) && verdict_of_claims(run);
}

static bool fail_to_answer(struct run *run, unsigned task)
{
    verdict_fail(run, RUN_REFUSED, "program %u runs for %d seconds without a step", task + 1,
                 LONGEST_STEP);
    return false;
}

static bool take_step(struct run *run, unsigned task)
{
    struct board_task *slot = &run->board->tasks[task];
    const struct reach reach = reach_of(slot);
    const bool late = board_waits(slot);
    spins_leave(run, task);
    /* What an untracked program reads of the memory between two steps, nobody sees. */
    if (!slot->tracked)
        slot->seen = board_mix(slot->seen, run->memory);
    verdict_of_races(run, task);
    run->place[task] = 0;
    if (slot->makes)
        world_expect(slot->makes);
    if (!order_task(run, task, late ? ORDER_LATE : ORDER_GO)) {
        return fail_to_answer(run, task);
    }
    if (run->board->refusal[0]) {
        verdict_fail(run, RUN_REFUSED, "program %u: %s", task + 1, run->board->refusal);
        return false;
    }
    if (slot->state == TASK_QUEUED)
        run->place[task] = ++run->places;
    if (run->plan->races && run->race[0]) {
        verdict_fail(run, RUN_FAILED, "%s", run->race);
        return false;
    }
    const bool goes_on = take_stock(run, task, slot->state == TASK_NONE ? everywhere : reach);
    spins_arrive(run, task);
    return goes_on;
}

/* Do the tasks go round for ever? */
static bool find_rounds(struct run *run, unsigned task)
{
    if (run->steps < LONG_RUN && spins_times(run, task) <= MANY_ROUNDS)
        return false;
    const size_t length = rounds_length(run, run->steps);
    if (length)
        verdict_of_rounds(run, length);
    return length > 0;
}

bool run_step(struct run *run, choice chosen)
{
    const unsigned task = CHOICE_TASK(chosen);
    if (find_rounds(run, task))
        return false;
    run->last_step[task] = ++run->steps;
    if (!CHOICE_FAULT(chosen))
        return take_step(run, task);
    run->faults++;
    if (faults_do(run, chosen))
        return take_stock(run, task, everywhere);
    return fail_to_answer(run, task);
}

uint64_t run_state(const struct run *run)
{
    uint64_t hash = board_mix(board_mix(run->memory, run->sets), run->faults);
    if (run->board->time_matters)
        hash = board_mix(hash, (uint64_t)run->board->time);
    for (uint32_t i = 0; i < run->board->history_count; i++) /* a sum: their order says nothing */
        hash += board_mix(3, run->board->histories[i].hash);
    for (unsigned i = 0; i < run->board->count; i++) {
        const struct board_task *slot = &run->board->tasks[i];
        hash = board_mix(hash, slot->state);
        /* What it has learnt is gone with it, unless its parent can ask for its status, or --after
         * reads what it has written. */
        if (slot->state == TASK_NONE && slot->parent == i && !run->plan->after)
            continue;
        hash = board_mix(hash, slot->seen);
        hash = board_mix(hash, slot->place);
        hash = board_mix(hash, slot->wakers);
        hash = board_mix(hash, slot->memory);
        for (unsigned j = 0; j < i; j++) /* the order of the queues, not the numbers */
            if (run->place[i] && run->place[j])
                hash = board_mix(hash, run->place[i] < run->place[j]);
    }
    return hash;
}

/* --- the end --- */

/* The task whose wait has a time limit, for then the time passes; BOARD_TASKS: none. */
static unsigned find_timed(const struct run *run)
{
    for (unsigned i = 0; i < run->board->count; i++)
        if (board_waits(&run->board->tasks[i]) && run->board->tasks[i].timed)
            return i;
    return BOARD_TASKS;
}

void run_judge(struct run *run)
{
    unsigned tasks[BOARD_TASKS];
    while (run_enabled(run, tasks) == 0 && find_timed(run) < BOARD_TASKS)
        if (!run_step(run, CHOICE(find_timed(run), FAULT_NONE)))
            return;
    if (!run_enabled(run, tasks))
        verdict_of_run(run);
}

void run_end(struct run *run)
{
    for (unsigned i = 0; i < run->board->count; i++)
        if (run->board->tasks[i].state != TASK_NONE && run->board->tasks[i].pid > 0) {
            kill(run->board->tasks[i].pid, SIGKILL);
            await_death(run, i);
        }
    /* Those that lost their parent are ours. */
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}
