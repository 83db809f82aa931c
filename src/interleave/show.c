/* SPDX-License-Identifier: MIT */
/*
 * show.c - see show.h.
 */
#include "config.h"

#include "interleave/show.h"

#include "interleave/faults.h"
#include "interleave/order.h"
#include "interleave/source.h"
#include "interleave/world.h"

#include "lib/base/text.h"

#include <string.h>

enum { WIDTH = 80, NUMBER = 4, MOST_COLUMNS = 4 };

struct picture {
    FILE *to;
    unsigned columns;
    unsigned step;
    size_t cell; /* its width */
};

static void print_cell(struct picture *picture, unsigned task, const char *left, const char *right)
{
    char safe_left[512], safe_right[512];
    text_safe(safe_left, sizeof safe_left, left, strlen(left));
    text_safe(safe_right, sizeof safe_right, right, strlen(right));
    const unsigned columns = picture->columns > MOST_COLUMNS ? 0 : task;
    const int after = (int)strlen(safe_right), room = (int)picture->cell - 2 - after;
    fprintf(picture->to, "%*u ", NUMBER - 1, picture->step);
    fprintf(picture->to, "%*s", (int)(columns * picture->cell), "");
    if (picture->columns > MOST_COLUMNS)
        fprintf(picture->to, "%2u: ", task + 1);
    if (room > 4)
        fprintf(picture->to, "%.*s  %s\n", room, safe_left, safe_right);
    else
        fprintf(picture->to, "%.*s\n", (int)picture->cell, safe_right);
}

/* What the step was, and what it did: "load 0", "semop 0-1  0: 1 > 0". */
static void describe(const struct run *run, unsigned task, const struct board_task *step,
                     char *text, size_t size)
{
    const struct board_task *now = &run->board->tasks[task];
    char changes[200];
    world_changes(changes, sizeof changes);
    if (step->state == TASK_SERVED)
        snprintf(text, size, "has it, goes on");
    else if (now->state == TASK_QUEUED)
        snprintf(text, size, "%s waits", step->what);
    else
        snprintf(text, size, "%s%s%s%s%s", step->what, now->result[0] ? " " : "", now->result,
                 changes[0] ? "  " : "", changes);
}

static void show_step(const struct run *run, choice chosen, const struct board_task *step,
                      void *argument)
{
    struct picture *picture = argument;
    const unsigned task = CHOICE_TASK(chosen);
    struct source_line line;
    char left[320] = "", right[400];
    picture->step++;
    describe(run, task, step, right, sizeof right);
    char fault[64];
    if (CHOICE_FAULT(chosen))
        snprintf(right, sizeof right, "%s", fault_text(run, CHOICE_FAULT(chosen), step, fault));
    else if (step->kind == STEP_START)
        snprintf(right, sizeof right, "begins");
    source_find(order_image(run, task), step->pc, &line);
    if (line.file[0])
        snprintf(left, sizeof left, "%d %s", line.line, line.text[0] ? line.text : line.file);
    print_cell(picture, task, left, right);
}

static void print_heads(const struct run *run, const struct picture *picture)
{
    fprintf(picture->to, "%*s ", NUMBER - 1, "");
    for (unsigned i = 0; i < run->plan->count && picture->columns <= MOST_COLUMNS; i++)
        fprintf(picture->to, "%u: %-*.*s", i + 1, (int)picture->cell - 3, (int)picture->cell - 4,
                run->plan->programs[i][0]);
    fputc('\n', picture->to);
}

bool show_schedule(struct run *run, const struct schedule *schedule, const struct outcome *expected,
                   FILE *to)
{
    struct picture picture = {.to = to, .columns = (unsigned)run->plan->count};
    const unsigned columns = picture.columns > MOST_COLUMNS ? 1 : picture.columns;
    picture.cell = (WIDTH - NUMBER) / columns;
    run->talk = true;
    print_heads(run, &picture);
    replay(run, schedule, show_step, &picture);
    run_end(run);
    source_forget();
    run->talk = false;
    if (run->outcome.verdict != expected->verdict)
        return false;
    fprintf(to, "%s\n", run->outcome.reason);
    return true;
}
