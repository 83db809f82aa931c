/* SPDX-License-Identifier: MIT */
/*
 * words.c - see words.h.
 *
 * The runtime describes a step by what the program calls: "semop 0-1", "shmget(0x4d2, 4096)",
 * "load", and by a result: "= 0". Beside the line of source, few words do.
 */
#include "config.h"

#include "interleave/show/words.h"

#include "interleave/run/faults.h"
#include "interleave/show/changes.h"

#include <ctype.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { MOST_CHANGES = 8, MOST_CHANGES_TOLD = 2 };

#define SET_TEXT(to, ...) snprintf(to, sizeof to, __VA_ARGS__)

/* --- operations on a set --- */

bool words_operations(const struct board_task *step, struct operations *out)
{
    *out = (struct operations){0};
    if (step->kind != STEP_SEMOP || step->object != OBJECT_SET)
        return false;
    const char *at = strchr(step->what, ' ');
    out->text = at ? at + 1 : step->what;
    while (at && *at && out->count < MOST_OPERATIONS_TOLD) {
        char *end;
        out->items[out->count].number = (unsigned)strtoul(at + 1, &end, 10);
        if (end == at + 1)
            break;
        /* "0-1", "0+1"; "0=0" waits for zero. */
        out->items[out->count++].change = *end == '=' ? 0 : (int)strtol(end, NULL, 10);
        at = strchr(end, ',');
    }
    return out->count > 0;
}

/* semop(2): in the order of the list, and all or none. */
size_t words_blocking(const struct operations *operations, int id)
{
    size_t i = 0;
    for (; i < operations->count; i++) {
        int value = changes_semaphore(id, operations->items[i].number);
        for (size_t before = 0; before < i; before++)
            if (operations->items[before].number == operations->items[i].number)
                value += operations->items[before].change;
        const int change = operations->items[i].change;
        if (change ? value + change < 0 : value != 0)
            break;
    }
    return i;
}

/* --- what changed --- */

/* "1 > 0", "0: 1 > 0", "@8 0 > 5", "segment 1 @8 0 > 5". */
static size_t write_change(const struct change *change, bool number, char *text, size_t size)
{
    char place[100] = "";
    if (!changes_single(change->is_semaphore))
        SET_TEXT(place, "%s ", change->object);
    const size_t used = strlen(place);
    if (!change->is_semaphore)
        snprintf(place + used, sizeof place - used, "@%" PRIu64 " ", change->at);
    else if (number)
        snprintf(place + used, sizeof place - used, "%" PRIu64 ": ", change->at);
    return (size_t)snprintf(text, size, "%s%d > %d", place, change->was, change->is);
}

static void write_changes(const struct change *changes, size_t count, bool number,
                          struct trace_row *row)
{
    size_t used = 0;
    for (size_t i = 0; i < count && i < MOST_CHANGES_TOLD; i++) {
        if (used)
            used += (size_t)snprintf(row->changed + used, sizeof row->changed - used, ", ");
        used += write_change(&changes[i], number, row->changed + used, sizeof row->changed - used);
        if (used >= sizeof row->changed)
            return;
    }
    if (count > MOST_CHANGES_TOLD)
        snprintf(row->changed + used, sizeof row->changed - used, ", ...");
}

/* --- kinds of steps --- */

static bool wakes(const struct run *run, const struct before *before, unsigned other)
{
    return before->states[other] == TASK_QUEUED && run->board->tasks[other].state == TASK_SERVED;
}

/* The tasks whose operations this step has let be done: their changes are already in the set. */
static void tell_woken(const struct run *run, const struct before *before, struct trace_row *row)
{
    size_t used = strlen(row->changed);
    for (unsigned i = 0; i < before->count; i++)
        if (wakes(run, before, i) && used < sizeof row->changed)
            used += (size_t)snprintf(row->changed + used, sizeof row->changed - used, "%swakes %u",
                                     used ? ", " : "", i + 1);
}

void words_of_waiter(const struct run *run, unsigned task, struct trace_row *row)
{
    const struct board_task *slot = &run->board->tasks[task];
    struct operations operations;
    row->mark = TRACE_WAITS;
    if (!words_operations(slot, &operations)) {
        SET_TEXT(row->did, "waits: %s", slot->what);
        return;
    }
    const size_t first = words_blocking(&operations, (int)slot->id);
    SET_TEXT(row->brief, "waits: %.40s", operations.text);
    if (first == operations.count)
        SET_TEXT(row->did, "waits: %.80s", operations.text);
    else if (operations.items[first].change)
        SET_TEXT(row->did, "waits for %d of semaphore %u", -operations.items[first].change,
                 operations.items[first].number);
    else
        SET_TEXT(row->did, "waits for 0 of semaphore %u", operations.items[first].number);
}

/* " EAGAIN" of "= -1 EAGAIN" */
static const char *failure(const char *result)
{
    const char *minus = strstr(result, "-1 ");
    return minus ? minus + 2 : "";
}

static void tell_semop(const struct run *run, unsigned task, const struct before *before,
                       const struct change *changes, size_t count, struct trace_row *row)
{
    const struct board_task *now = &run->board->tasks[task];
    struct operations operations;
    if (now->state == TASK_QUEUED) {
        words_of_waiter(run, task, row);
        return;
    }
    words_operations(&before->step, &operations);
    SET_TEXT(row->did, "%.80s%s", operations.text ? operations.text : "semop",
             failure(now->result));
    const bool one = count == 1 && operations.count == 1 &&
                     changes[0].at == operations.items[0].number && changes[0].is_semaphore;
    write_changes(changes, count, !one, row);
    tell_woken(run, before, row);
}

/* The task has not ended, so a load says what it read; a store is known by what it changed. */
static void tell_access(const struct run *run, unsigned task, const struct board_task *step,
                        int64_t was, int64_t is, bool known, struct trace_row *row)
{
    const char *result = run->board->tasks[task].result;
    if (step->kind == STEP_LOAD)
        SET_TEXT(row->did, "%.40s %.60s", step->what, result);
    else if (step->kind == STEP_ATOMIC && known && was == is)
        SET_TEXT(row->did, "%" PRId64 " stays", is);
    else if (!known)
        SET_TEXT(row->did, "%.100s", step->what);
    if (known && step->kind != STEP_LOAD && (step->kind == STEP_STORE || was != is))
        SET_TEXT(row->changed, "%" PRId64 " > %" PRId64, was, is);
}

/* "shmget" of "shmget(0x4d2, 4096)" */
static void write_name(const char *what, char *name, size_t size)
{
    snprintf(name, size, "%.*s", (int)(isalpha((unsigned char)*what) ? strcspn(what, "( ") : 60),
             what);
}

/* Calls that by themselves let no other task see anything new but the object. */
static bool is_quiet(const char *name)
{
    static const char *const names[] = {"shmget", "shmat",    "shmdt",     "semget",
                                        "msgget", "shm_open", "ftruncate", "mmap",
                                        "munmap", "sem_open", "sem_close", NULL};
    size_t i = 0;
    while (names[i] && strcmp(names[i], name) != 0)
        i++;
    return names[i] != NULL;
}

/* What a semctl(2) or shmctl(2) does: "IPC_RMID" of "semctl(1, 0, IPC_RMID)". */
static void write_command(const char *what, char *name, size_t size)
{
    const char *comma = what;
    while ((comma = strstr(comma, ", ")) != NULL) {
        comma += 2;
        if (isupper((unsigned char)*comma))
            snprintf(name, size, "%.*s", (int)strcspn(comma, ",)"), comma);
    }
}

static void tell_call(const struct run *run, unsigned task, const struct before *before,
                      struct trace_row *row)
{
    const char *what = before->step.what, *result = run->board->tasks[task].result;
    char name[64];
    write_name(what, name, sizeof name);
    const bool fails = strstr(result, "-1 ") != NULL;
    if (run->board->count > before->count && !fails)
        SET_TEXT(row->did, "%s: %u begins", name, run->board->count);
    else if (fails)
        SET_TEXT(row->did, "%s%s", name, failure(result));
    else if (!strcmp(result, "= 0") || !strcmp(result, "done") || !*result)
        SET_TEXT(row->did, "%.120s", strchr(what, '(') && is_quiet(name) ? name : what);
    else if (strchr(what, '('))
        SET_TEXT(row->did, "%.60s %.60s", name, result);
    else
        SET_TEXT(row->did, "%.60s %.60s", what, result);
    SET_TEXT(row->brief, "%.60s", fails ? row->did : name);
    if (!fails && strstr(name, "ctl"))
        write_command(what, row->brief, sizeof row->brief);
    if (run->board->count > before->count && !fails)
        SET_TEXT(row->brief, "%.40s %u", name, run->board->count);
    if (is_quiet(name) && !fails && !row->changed[0])
        row->mark = TRACE_QUIET;
    else if (!strchr(what, '(') && run->board->count == before->count)
        row->brief[0] = '\0';
}

/* Its task has ended in this step; of a program that interleave started, it is known how. */
static void tell_end(const struct run *run, unsigned task, struct trace_row *row)
{
    const int status = run->status[task];
    if (run->harmed[task])
        return;
    if (task < run->plan->count && WIFSIGNALED(status)) {
        SET_TEXT(row->changed, "SIG%s",
                 sigabbrev_np(WTERMSIG(status)) ? sigabbrev_np(WTERMSIG(status)) : "?");
        row->mark = TRACE_FAILS;
    } else if (task < run->plan->count && WEXITSTATUS(status)) {
        SET_TEXT(row->did, "exits with %d", WEXITSTATUS(status));
        row->brief[0] = '\0';
    }
}

static void tell_fault(const struct run *run, choice chosen, const struct board_task *step,
                       struct trace_row *row)
{
    char text[64];
    row->mark = TRACE_FAULT;
    SET_TEXT(row->did, "%s", fault_text(run, CHOICE_FAULT(chosen), step, text));
}

static void tell_kind(const struct run *run, unsigned task, const struct before *before,
                      const struct change *changes, size_t count, struct trace_row *row)
{
    switch (before->step.kind) {
    case STEP_START:
        SET_TEXT(row->did, "begins");
        SET_TEXT(row->brief, "begins");
        if (!count)
            row->mark = TRACE_QUIET;
        break;
    case STEP_SEMOP: tell_semop(run, task, before, changes, count, row); return;
    case STEP_EXIT:
        SET_TEXT(row->did, "%s", before->step.what);
        SET_TEXT(row->brief, "%.60s", before->step.what);
        if (!count && (task >= run->plan->count || !run->status[task]))
            row->mark = TRACE_QUIET;
        break;
    default: tell_call(run, task, before, row); break;
    }
    write_changes(changes, count, true, row);
    if (row->changed[0] && row->mark == TRACE_QUIET)
        row->mark = TRACE_PLAIN;
}

void words_of_step(const struct run *run, choice chosen, const struct before *before,
                   struct trace_row *row)
{
    const unsigned task = CHOICE_TASK(chosen);
    const struct board_task *step = &before->step;
    struct change changes[MOST_CHANGES];
    int64_t was = 0, is = 0;
    const bool known = step->object == OBJECT_MEMORY &&
                       changes_value(run->board, step->id, step->offset, step->size, &was, &is);
    const size_t count = changes_since(changes, MOST_CHANGES);
    if (CHOICE_FAULT(chosen)) {
        tell_fault(run, chosen, step, row);
        write_changes(changes, count, true, row);
    } else if (before->states[task] == TASK_SERVED) {
        SET_TEXT(row->did, "goes on%s", failure(run->board->tasks[task].result));
    } else if (known &&
               (step->kind == STEP_LOAD || step->kind == STEP_STORE || step->kind == STEP_ATOMIC)) {
        tell_access(run, task, step, was, is, known, row);
    } else if (step->kind == STEP_LOAD || step->kind == STEP_STORE || step->kind == STEP_ATOMIC) {
        tell_access(run, task, step, 0, 0, false, row);
        write_changes(changes, count, true, row);
    } else {
        tell_kind(run, task, before, changes, count, row);
    }
    if (run->board->tasks[task].state == TASK_NONE)
        tell_end(run, task, row);
}
