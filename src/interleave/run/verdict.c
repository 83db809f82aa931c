/* SPDX-License-Identifier: MIT */
/*
 * verdict.c - see verdict.h.
 */
#include "config.h"

#include "interleave/run/verdict.h"

#include "interleave/run/order.h"
#include "interleave/run/outcomes.h"
#include "interleave/run/races.h"
#include "interleave/world/source.h"
#include "interleave/world/world.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

void verdict_fail(struct run *run, enum verdict verdict, const char *format, ...)
{
    va_list arguments;
    run->outcome.verdict = verdict;
    va_start(arguments, format);
    vsnprintf(run->outcome.reason, sizeof run->outcome.reason, format, arguments);
    va_end(arguments);
}

bool verdict_command(struct run *run, const char *what, const char *command)
{
    const int status = command ? system(command) : 0;
    if (status)
        verdict_fail(run, RUN_FAILED, "%s: %s ends with %d", what, command,
                     WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return !status;
}

/* May the program of TASK end by this signal? */
static bool may_die(const struct run *run, unsigned task, int number)
{
    return run->harmed[task] == FAULT_KILL ||
           (run->harmed[task] == FAULT_SIGNAL && number == run->plan->signal);
}

/* After a signal or a failed call, a program may exit as it likes. */
bool verdict_of_end(struct run *run, unsigned task)
{
    const int status = run->status[task];
    if (task >= run->plan->count || run->board->tasks[task].state != TASK_NONE)
        return true;
    if (WIFSIGNALED(status)) {
        if (may_die(run, task, WTERMSIG(status)))
            return true;
        const char *name = sigabbrev_np(WTERMSIG(status));
        verdict_fail(run, RUN_FAILED, "program %u is killed by SIG%s", task + 1, name ? name : "?");
        return false;
    }
    if (!run->harmed[task] && WEXITSTATUS(status) != run->plan->expected[task]) {
        verdict_fail(run, RUN_FAILED, "program %u exits with %d", task + 1, WEXITSTATUS(status));
        return false;
    }
    return true;
}

bool verdict_of_claims(struct run *run)
{
    for (size_t i = 0; i < run->plan->always_count; i++)
        if (!world_fulfils(&run->plan->always[i], true)) {
            verdict_fail(run, RUN_FAILED, "always %s: not so", run->plan->always[i].text);
            return false;
        }
    for (size_t i = 0; i < run->plan->possible_count; i++)
        run->reached[i] = run->reached[i] || world_fulfils(&run->plan->possible[i], false);
    return true;
}

/* "program 1 (add.c:8) stores" */
static size_t name_access(const struct run *run, const struct race_access *access, char *text,
                          size_t size)
{
    struct source_line line;
    source_find(order_image(run, access->task), access->pc, &line);
    return (size_t)snprintf(text, size, "program %u (%s:%d) %s", access->task + 1, line.file,
                            line.line, access->stores ? "stores" : "loads");
}

/* What TASK's next step means for the order of accesses. */
void verdict_of_races(struct run *run, unsigned task)
{
    const struct board_task *slot = &run->board->tasks[task];
    struct race race;
    if (slot->sync_id == SYNC_CHILDREN)
        for (unsigned i = 0; i < run->board->count; i++)
            if (i != task && run->board->tasks[i].parent == task &&
                run->board->tasks[i].process == i && run->board->tasks[i].state == TASK_NONE)
                races_waited(task, i);
    if (!races_step(task, slot, &race) || run->race[0])
        return;
    size_t used = (size_t)snprintf(run->race, sizeof run->race, "race: ");
    used += name_access(run, &race.first, run->race + used, sizeof run->race - used);
    used += (size_t)snprintf(run->race + used, sizeof run->race - used, ", ");
    name_access(run, &race.second, run->race + used, sizeof run->race - used);
}

/* "program 1 waits: semop 0-1; program 2 ..." */
static void name_waiters(const struct run *run, char *text, size_t size)
{
    size_t used = 0;
    for (unsigned i = 0; i < run->board->count; i++) {
        const struct board_task *slot = &run->board->tasks[i];
        if (board_waits(slot) && used + 160 < size)
            used += (size_t)snprintf(text + used, size - used, "%s%u waits%s%s", used ? ", " : "",
                                     i + 1, slot->what[0] ? " in " : "", slot->what);
    }
}

static bool some_wait(const struct run *run)
{
    for (unsigned i = 0; i < run->board->count; i++)
        if (run->board->tasks[i].state != TASK_NONE)
            return true;
    return false;
}

void verdict_of_length(struct run *run, size_t steps)
{
    verdict_fail(run, RUN_LONG, "a schedule has no end after %zu steps", steps);
}

void verdict_of_rounds(struct run *run, size_t length)
{
    verdict_fail(run, RUN_FAILED, "livelock: the last %zu steps go round for ever", length);
}

void verdict_of_run(struct run *run)
{
    char text[400] = "";
    world_look(run->board);
    if (run->plan->outcomes) {
        if (!run->talk)
            outcomes_note(run);
        return;
    }
    if (some_wait(run)) {
        name_waiters(run, text, sizeof text);
        verdict_fail(run, RUN_FAILED, "deadlock: %s", text);
        return;
    }
    for (size_t i = 0; i < run->plan->finally_count; i++)
        if (!world_fulfils(&run->plan->finally[i], false)) {
            verdict_fail(run, RUN_FAILED, "finally %s: not so", run->plan->finally[i].text);
            return;
        }
    if (!verdict_command(run, "--after", run->plan->after))
        return;
    if (run->plan->clean && world_left(text, sizeof text))
        verdict_fail(run, RUN_FAILED, "left: %s", text);
}
