/* SPDX-License-Identifier: MIT */
/*
 * show.c - see show.h.
 */
#include "config.h"

#include "interleave/show/show.h"

#include "interleave/run/verdict.h"
#include "interleave/show/player.h"

#include "lib/cli/report.h"
#include "lib/trace/json.h"
#include "lib/trace/svg.h"

#include <inttypes.h>
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
            if (find_choice(choices, count, chosen) == count &&
                !board_can_go(&run->board->tasks[CHOICE_TASK(chosen)])) {
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

static const char *reason_of(const struct run *run)
{
    return is_deadlock(&run->outcome) ? "deadlock: none of those that are left can go on"
                                      : run->outcome.reason;
}

/* The next task from *TASK on that waits in a deadlock, in words; false: there is none. */
static bool next_waiter(const struct player *of, unsigned *task, char *text, size_t size)
{
    const struct run *run = of->run;
    for (; is_deadlock(&run->outcome) && *task < run->board->count; ++*task) {
        if (!board_waits(&run->board->tasks[*task]))
            continue;
        player_tell_waiter(of, (*task)++, text, size);
        return true;
    }
    return false;
}

void show_reason(const struct player *of, const struct trace_style *style)
{
    char text[300];
    unsigned task = 0;
    printf("%s%s%s\n", trace_colour(style, TRACE_RED), reason_of(of->run),
           trace_colour(style, TRACE_NORMAL));
    while (next_waiter(of, &task, text, sizeof text))
        printf("  %s\n", text);
}

const struct trace *show_trace(void)
{
    return &player.trace;
}

/* The first step that did something else than HOW tells. */
static void print_difference(const struct showing *how)
{
    for (size_t i = 0; i < player.trace.count; i++) {
        char text[256];
        const struct trace_row *row = &player.trace.rows[i];
        if (!row->step || row->step > how->told_count)
            continue;
        trace_words(row, text, sizeof text);
        if (!strcmp(text, how->told[row->step - 1]))
            continue;
        report_note("step %u differs: it was \"%s\", and now it is \"%s\"", row->step,
                    how->told[row->step - 1], text);
        return;
    }
}

static void write_svg(const struct run *run, const char *path)
{
    FILE *file = path ? fopen(path, "we") : NULL;
    if (!path)
        return;
    if (file)
        svg_print(&player.trace, reason_of(run), file);
    if (!file || ferror(file) | fclose(file))
        report_error(path, "write");
}

bool show_schedule(struct run *run, const struct schedule *schedule, const struct outcome *expected,
                   const struct showing *how)
{
    const struct trace_style style = show_style(stdout);
    play(run, schedule);
    player_finish(&player);
    trace_print(&player.trace, &style, stdout);
    const bool same = run->outcome.verdict == expected->verdict;
    if (same && run->outcome.reason[0])
        show_reason(&player, &style);
    print_difference(how);
    write_svg(run, how->svg);
    player_end(&player);
    return same;
}

/* --- JSON --- */

static void print_waiters(void)
{
    char text[300];
    unsigned task = 0;
    bool any = false;
    fputs("   \"waiters\": [", stdout);
    for (; next_waiter(&player, &task, text, sizeof text); any = true) {
        fputs(any ? ", " : "", stdout);
        json_string(text, stdout);
    }
    fputs("],\n", stdout);
}

static void print_member(const char *name, const char *text)
{
    printf("   \"%s\": ", name);
    json_string(text, stdout);
    fputs(",\n", stdout);
}

bool show_json(struct run *run, const struct found *found, const char *verdict,
               const struct showing *how)
{
    const bool fails = found->outcome.verdict == RUN_FAILED;
    if (fails)
        play(run, &found->schedule);
    else
        player_name_programs(&player, run);
    if (fails)
        player_finish(&player);
    const bool same = !fails || run->outcome.verdict == RUN_FAILED;
    puts("{");
    print_member("verdict", verdict);
    print_member("reason", fails ? reason_of(run) : found->outcome.reason);
    printf("   \"switches\": %u,\n   \"schedules\": %" PRIu64 ",\n   \"states\": %" PRIu64
           ",\n   \"all\": %s,\n",
           found->switches, found->runs, found->states, found->all ? "true" : "false");
    print_member("limit", found->limit);
    print_member("race", strncmp(found->race, "race: ", 6) ? found->race : found->race + 6);
    print_waiters();
    json_trace(&player.trace, stdout);
    puts("\n}");
    if (fails)
        write_svg(run, how->svg);
    if (fails)
        player_end(&player);
    return same;
}
