/* SPDX-License-Identifier: MIT */
/*
 * show.c - see show.h.
 */
#include "config.h"

#include "interleave/show.h"

#include "interleave/player.h"
#include "interleave/verdict.h"

#include "lib/cli/report.h"
#include "lib/trace/layout.h"

#include <string.h>
#include <unistd.h>

static struct player player;

struct trace_style show_style(FILE *to)
{
    const bool is_output = to == stdout;
    return (struct trace_style){.width = report_columns(fileno(to)),
                                .colours = is_output && report_colours()};
}

/* The index of CHOSEN among COUNT CHOICES; COUNT: it is none of them. */
static unsigned find_choice(const choice *choices, unsigned count, choice chosen)
{
    unsigned i = 0;
    while (i < count && choices[i] != chosen)
        i++;
    return i;
}

/* Takes SCHEDULE's steps, and then always the first choice, until the end. */
static void play(struct run *run, const struct schedule *schedule)
{
    choice choices[MOST_CHOICES];
    unsigned count;
    if (!player_begin(&player, run))
        return;
    for (size_t i = 0; i < run->plan->steps && (count = player_choices(&player, choices)); i++) {
        choice chosen = choices[0];
        if (i < schedule->length) {
            chosen = schedule->choices[i];
            if (find_choice(choices, count, chosen) == count) {
                verdict_fail(run, RUN_REFUSED, "step %zu differs: program %u cannot take it", i + 1,
                             CHOICE_TASK(chosen) + 1);
                return;
            }
        }
        player_step(&player, chosen);
    }
    if (run->outcome.verdict == RUN_HOLDS && player.taken.length < schedule->length)
        verdict_fail(run, RUN_REFUSED, "step %zu differs: there is none any more",
                     player.taken.length + 1);
}

static bool is_deadlock(const struct outcome *outcome)
{
    return !strncmp(outcome->reason, "deadlock", 8);
}

/* What is wrong, in words; of a deadlock, who waits for what. */
static void print_reason(const struct run *run, const struct trace_style *style, FILE *to)
{
    const bool deadlock = is_deadlock(&run->outcome);
    fprintf(to, "%s%s%s\n", trace_colour(style, TRACE_RED),
            deadlock ? "deadlock: none of those that are left can go on" : run->outcome.reason,
            trace_colour(style, TRACE_NORMAL));
    for (unsigned i = 0; deadlock && i < run->board->count; i++) {
        char text[300];
        const uint32_t state = run->board->tasks[i].state;
        if (state != TASK_BLOCKED && state != TASK_QUEUED)
            continue;
        player_tell_waiter(&player, i, text, sizeof text);
        fprintf(to, "  %s\n", text);
    }
}

bool show_schedule(struct run *run, const struct schedule *schedule, const struct outcome *expected,
                   FILE *to)
{
    const struct trace_style style = show_style(to);
    play(run, schedule);
    player_finish(&player);
    trace_print(&player.trace, &style, to);
    const bool same = run->outcome.verdict == expected->verdict;
    if (same && run->outcome.reason[0])
        print_reason(run, &style, to);
    player_end(&player);
    return same;
}
