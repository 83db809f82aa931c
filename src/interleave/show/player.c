/* SPDX-License-Identifier: MIT */
/*
 * player.c - see player.h.
 */
#include "config.h"

#include "interleave/show/player.h"

#include "interleave/run/faults.h"
#include "interleave/run/order.h"
#include "interleave/show/changes.h"
#include "interleave/show/links.h"
#include "interleave/show/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the tasks --- */

static void add_task(struct player *player, unsigned task)
{
    const struct run *run = player->run;
    char title[160] = "";
    size_t used = 0;
    if (task >= run->plan->count)
        snprintf(title, sizeof title, "child of %u", run->board->tasks[task].parent + 1);
    else
        for (char **word = run->plan->programs[task]; *word && used < sizeof title; word++)
            used +=
                (size_t)snprintf(title + used, sizeof title - used, "%s%s", used ? " " : "", *word);
    trace_add_task(&player->trace, title, task >= run->plan->count);
}

static void add_tasks(struct player *player, size_t count)
{
    while (player->trace.task_count < count)
        add_task(player, (unsigned)player->trace.task_count);
}

void player_name_programs(struct player *player, struct run *run)
{
    trace_free(&player->trace);
    player->run = run;
    player->taken.length = 0;
    memset(player->next, 0, sizeof player->next);
    player->last = BOARD_TASKS;
    add_tasks(player, run->plan->count);
}

bool player_begin(struct player *player, struct run *run)
{
    source_forget();
    player_name_programs(player, run);
    run->talk = true;
    if (!run_begin(run))
        return false;
    changes_begin();
    changes_since(NULL, 0);
    return true;
}

/* --- steps --- */

/* The time limit of waits passes where no task can go on: no choice, so no step. */
static void tell_time(struct player *player, const struct before *before,
                      const uint64_t seen[BOARD_TASKS])
{
    const struct run *run = player->run;
    for (unsigned i = 0; i < before->count; i++) {
        const struct board_task *slot = &run->board->tasks[i];
        struct trace_row row = {.task = i, .mark = TRACE_WAITS};
        if ((before->states[i] != TASK_BLOCKED && before->states[i] != TASK_QUEUED) ||
            slot->seen == seen[i])
            continue;
        snprintf(row.did, sizeof row.did, "the time is over: %.80s",
                 slot->result[0] ? slot->result : "it goes on");
        links_add(player, &row, &(struct played){.task = i});
    }
}

static void note_before(const struct run *run, unsigned task, struct before *before)
{
    before->count = run->board->count;
    for (unsigned i = 0; i < BOARD_TASKS; i++)
        before->states[i] = run->board->tasks[i].state;
    before->step = run->board->tasks[task];
}

static void judge(struct player *player)
{
    struct before before;
    uint64_t seen[BOARD_TASKS];
    note_before(player->run, 0, &before);
    for (unsigned i = 0; i < BOARD_TASKS; i++)
        seen[i] = player->run->board->tasks[i].seen;
    run_judge(player->run);
    tell_time(player, &before, seen);
}

static unsigned list_choices(const struct player *player, choice choices[MOST_CHOICES])
{
    unsigned tasks[BOARD_TASKS];
    const unsigned count = run_enabled(player->run, tasks);
    for (unsigned i = 0; i < count; i++)
        choices[i] = CHOICE(tasks[i], FAULT_NONE);
    for (unsigned i = 1; i < count; i++)
        if (tasks[i] == player->last) {
            memmove(&choices[1], &choices[0], i * sizeof *choices);
            choices[0] = CHOICE(player->last, FAULT_NONE);
        }
    return count ? count + faults_now(player->run, &choices[count]) : 0;
}

unsigned player_choices(struct player *player, choice choices[MOST_CHOICES])
{
    if (player->run->outcome.verdict != RUN_HOLDS || player->taken.length == MOST_STEPS)
        return 0;
    unsigned count = list_choices(player, choices);
    if (count)
        return count;
    judge(player);
    count = list_choices(player, choices);
    return player->run->outcome.verdict == RUN_HOLDS ? count : 0;
}

static unsigned new_tasks(const struct run *run, const struct before *before)
{
    unsigned mask = 0;
    for (unsigned i = before->count; i < run->board->count; i++)
        mask |= 1u << i;
    return mask;
}

static unsigned signalled(const struct run *run, const struct board_task *step)
{
    unsigned mask = 0;
    if (strncmp(step->what, "kill(", 5) != 0)
        return 0;
    const long pid = strtol(step->what + 5, NULL, 10);
    for (unsigned i = 0; i < run->board->count; i++)
        if (run->board->tasks[i].pid == pid)
            mask |= 1u << i;
    return mask;
}

static void note_operations(const struct before *before, bool waits, struct played *played)
{
    struct operations operations;
    if (!words_operations(&before->step, &operations)) {
        played->acquires = before->step.looks;
        played->releases = !before->step.looks;
        return;
    }
    for (size_t i = 0; i < operations.count && !waits; i++) {
        const int change = operations.items[i].change;
        played->acquires |= change <= 0;
        played->releases |= change > 0;
        if (change < 0 && operations.items[i].number < 32)
            played->lowered |= 1u << operations.items[i].number;
    }
}

bool player_step(struct player *player, choice chosen)
{
    struct run *run = player->run;
    const unsigned task = CHOICE_TASK(chosen);
    struct before before;
    note_before(run, task, &before);
    const struct board_task *step = &before.step;
    struct played played = {.task = task,
                            .kind = step->kind,
                            .object = step->object,
                            .id = step->id,
                            .offset = step->offset,
                            .size = step->size,
                            .sync_id = step->sync_id,
                            .sync_offset = step->sync_offset};
    struct trace_row row = {.task = task, .step = (unsigned)player->taken.length + 1};
    played.is_call = step->kind != STEP_LOAD && step->kind != STEP_STORE;
    if (step->kind != STEP_START && step->pid > 0)
        played.line_count =
            source_frames(order_image(run, task), step->pid, step->pc, played.lines);
    player->taken.choices[player->taken.length++] = chosen;
    if (!CHOICE_FAULT(chosen))
        player->last = task;
    const bool goes_on = run_step(run, chosen);
    const struct board_task *now = &run->board->tasks[task];
    /* What goes round for ever, the search sees before the step, which is not taken. */
    if (!goes_on && !CHOICE_FAULT(chosen) && now->state == step->state && now->seen == step->seen) {
        player->taken.length--;
        return false;
    }
    add_tasks(player, run->board->count);
    words_of_step(run, chosen, &before, &row);
    played.forked = new_tasks(run, &before);
    played.signalled = signalled(run, step);
    if (CHOICE_FAULT(chosen))
        played.sync_id = 0;
    else
        note_operations(&before, run->board->tasks[task].state == TASK_QUEUED, &played);
    links_add(player, &row, &played);
    return goes_on;
}

/* --- the end --- */

static bool says_so(const struct trace *trace, unsigned task)
{
    for (size_t i = trace->count; i-- > 0;)
        if (trace->rows[i].task == task)
            return trace->rows[i].mark == TRACE_WAITS;
    return false;
}

static void add_waiters(struct player *player)
{
    const struct run *run = player->run;
    for (unsigned i = 0; i < run->board->count; i++) {
        const struct board_task *slot = &run->board->tasks[i];
        struct trace_row row = {.task = i};
        struct played played = {.task = i, .is_call = true};
        if (!board_waits(slot) || says_so(&player->trace, i))
            continue;
        played.line_count = source_frames(order_image(run, i), slot->pid, slot->pc, played.lines);
        words_of_waiter(run, i, &row);
        links_add(player, &row, &played);
    }
}

void player_finish(struct player *player)
{
    struct trace *trace = &player->trace;
    const bool failed = player->run->outcome.verdict == RUN_FAILED;
    add_waiters(player);
    links_find_places(player);
    size_t last = trace->count;
    while (last && !trace->rows[last - 1].step)
        last--;
    /* What was found when all had ended came of no single step. */
    bool runs = false;
    for (unsigned i = 0; i < player->run->board->count; i++)
        runs |= player->run->board->tasks[i].state != TASK_NONE &&
                !board_waits(&player->run->board->tasks[i]);
    if (failed && last && (runs || player->run->status[trace->rows[last - 1].task]) &&
        trace->rows[last - 1].mark != TRACE_FAULT)
        trace->rows[last - 1].mark = TRACE_FAILS;
}

void player_tell_waiter(const struct player *player, unsigned task, char *text, size_t size)
{
    const struct run *run = player->run;
    const struct board_task *slot = &run->board->tasks[task];
    struct trace_row row = {0};
    struct operations operations;
    words_of_waiter(run, task, &row);
    size_t used = (size_t)snprintf(text, size, "program %u %s", task + 1, row.did);
    unsigned number = 0;
    const bool is_set = words_operations(slot, &operations);
    if (is_set) {
        const size_t first = words_blocking(&operations, (int)slot->id);
        number = operations.items[first < operations.count ? first : 0].number;
        used += (size_t)snprintf(text + used, size - used, " of set %d", (int)slot->id);
    }
    const unsigned holder = links_holder(player, task, slot, is_set, number);
    if (holder == task)
        snprintf(text + used, size - used, ", which it %s last itself", is_set ? "took" : "used");
    else if (holder < BOARD_TASKS)
        snprintf(text + used, size - used, ", which program %u %s last", holder + 1,
                 is_set ? "took" : "used");
}

void player_end(struct player *player)
{
    run_end(player->run);
    player->run->talk = false;
    source_forget();
}

void player_free(struct player *player)
{
    trace_free(&player->trace);
    free(player->played);
    *player = (struct player){0};
}
