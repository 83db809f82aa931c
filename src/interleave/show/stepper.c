/* SPDX-License-Identifier: MIT */
/*
 * stepper.c - see stepper.h. To undo a step is to begin again, and to take all steps but the last:
 * the programs do the same each time.
 */
#include "config.h"

#include "interleave/show/stepper.h"

#include "interleave/run/order.h"
#include "interleave/search/saved.h"
#include "interleave/search/spent.h"
#include "interleave/show/changes.h"
#include "interleave/show/guess.h"
#include "interleave/show/links.h"
#include "interleave/show/show.h"
#include "interleave/show/words.h"
#include "interleave/world/world.h"

#include "lib/base/text.h"
#include "lib/cli/report.h"
#include "lib/trace/keys.h"
#include "lib/trace/layout.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SEARCH = 5 /* seconds */, MOST_WORDS_SHOWN = 32 };

static struct player player;

/* TAKEN so far, and what "r" takes after that: all of LENGTH. */
static struct schedule plan;

static struct found found;

struct state {
    struct run *run;
    const struct stepping *stepping;
    struct trace_style style;
    struct guesses guesses;
    choice choices[MOST_CHOICES];
    unsigned count;
    bool is_over;
};

/* --- what there is --- */

/* Beside the line of source, the name of a call is enough; "semop 0-1" is "0-1", as in the table.
 */
static void write_what(const struct board_task *slot, char *text, size_t size)
{
    const char *what = slot->kind == STEP_SEMOP && strchr(slot->what, ' ')
                           ? strchr(slot->what, ' ') + 1
                           : slot->what;
    snprintf(text, size, "%.*s", (int)strcspn(what, "("), what);
}

/* TASK's next step: its place, and what it is, or what the task waits for. */
static void print_next(const struct state *state, unsigned task)
{
    const struct board_task *slot = &state->run->board->tasks[task];
    struct trace_row row = {.task = task};
    char text[300];
    if (slot->state == TASK_BLOCKED || slot->state == TASK_QUEUED)
        words_of_waiter(state->run, task, &row);
    else if (slot->state == TASK_SERVED)
        snprintf(row.did, sizeof row.did, "goes on");
    else
        write_what(slot, row.did, sizeof row.did);
    const struct source_line *line = links_place(&player, &player.next[task]);
    if (line && line->line)
        snprintf(text, sizeof text, "%d %.*s  %s", line->line, (int)strcspn(line->text, ";{"),
                 line->text, row.did);
    else
        snprintf(text, sizeof text, "%s", row.did);
    printf("  %u: ", task + 1);
    text_safe_print(text, strlen(text), stdout);
    putchar('\n');
}

/* Looks where each task is now. */
static void look_around(const struct run *run)
{
    for (unsigned i = 0; i < BOARD_TASKS; i++) {
        const struct board_task *slot = &run->board->tasks[i];
        struct played *next = &player.next[i];
        *next = (struct played){.is_call = slot->kind != STEP_LOAD && slot->kind != STEP_STORE};
        if (i < run->board->count && slot->state != TASK_NONE && slot->kind != STEP_START)
            next->line_count = source_frames(order_image(run, i), slot->pid, slot->pc, next->lines);
    }
}

static bool can_go(const struct state *state, unsigned task)
{
    for (unsigned i = 0; i < state->count; i++)
        if (state->choices[i] == CHOICE(task, FAULT_NONE))
            return true;
    return false;
}

static void print_choices(const struct state *state)
{
    const struct run *run = state->run;
    puts("can go on:");
    for (unsigned i = 0; i < run->board->count; i++)
        if (can_go(state, i))
            print_next(state, i);
    bool any = false;
    for (unsigned i = 0; i < run->board->count; i++) {
        if (run->board->tasks[i].state == TASK_NONE || can_go(state, i))
            continue;
        if (!any)
            puts("and not:");
        any = true;
        print_next(state, i);
    }
}

static void print_end(const struct state *state)
{
    player_finish(&player);
    if (state->run->outcome.reason[0])
        show_reason(&player, &state->style);
    else
        puts("all have ended, and nothing is wrong");
}

/* After each step: what can come next, or how the run ended. */
static bool look(struct state *state)
{
    state->count = player_choices(&player, state->choices);
    state->is_over = !state->count;
    if (!guess_next(&state->guesses, &player, state->choices, state->count))
        return false;
    if (state->is_over)
        print_end(state);
    else
        print_choices(state);
    return true;
}

/* --- steps --- */

static void print_last(const struct state *state)
{
    look_around(state->run);
    links_find_places(&player);
    trace_print_row(&player.trace, player.trace.count - 1, &state->style, stdout);
}

/* Takes CHOSEN, prints its row, and looks. */
static bool take(struct state *state, choice chosen)
{
    char answer[80];
    if (!guess_before(&state->guesses, &player, chosen, answer, sizeof answer))
        return false;
    player_step(&player, chosen);
    guess_after(&state->guesses, &player, chosen, answer);
    print_last(state);
    return look(state);
}

/* The run again, with the first LENGTH steps of PLAN. */
static bool go_back(struct state *state, size_t length)
{
    const bool asks = state->guesses.asks;
    player_end(&player);
    if (!player_begin(&player, state->run))
        return report_note("%s", state->run->outcome.reason), false;
    for (size_t i = 0; i < length && player_choices(&player, state->choices); i++)
        player_step(&player, plan.choices[i]);
    look_around(state->run);
    state->guesses.asks = false;
    const bool goes_on = look(state);
    state->guesses.asks = asks;
    return goes_on;
}

static bool undo(struct state *state)
{
    if (player.taken.length)
        return go_back(state, player.taken.length - 1);
    puts("this is the beginning");
    return true;
}

static bool is_choice(const struct state *state, choice chosen)
{
    for (unsigned i = 0; i < state->count; i++)
        if (state->choices[i] == chosen)
            return true;
    return false;
}

static bool redo(struct state *state)
{
    const size_t at = player.taken.length;
    if (at >= plan.length || state->is_over)
        puts("there is nothing to do again");
    else if (!is_choice(state, plan.choices[at]))
        printf("step %zu differs: program %u cannot take it\n", at + 1,
               CHOICE_TASK(plan.choices[at]) + 1);
    else
        return take(state, plan.choices[at]);
    return true;
}

/* "2", or "2K" as in a saved schedule. */
static bool choose(struct state *state, const char *text)
{
    choice chosen;
    if (!saved_choice(text, &chosen) || !is_choice(state, chosen)) {
        puts(state->is_over ? "the run has ended: u undoes a step" : "it cannot go on now");
        return true;
    }
    const size_t at = player.taken.length;
    if (at >= plan.length || plan.choices[at] != chosen) {
        plan.choices[at] = chosen;
        plan.length = at + 1;
    }
    return take(state, chosen);
}

/* --- other commands --- */

/* Can it still go wrong? Searches all schedules that begin with the steps taken. */
static bool ask(struct state *state)
{
    static struct schedule prefix;
    struct limits limits = *state->stepping->limits;
    if (state->is_over) {
        puts(state->run->outcome.reason[0] ? "it has gone wrong" : "no: it has ended");
        return true;
    }
    prefix = player.taken;
    limits.prefix = &prefix;
    if (limits.time.tv_sec > MOST_SEARCH)
        limits.time = (struct timespec){MOST_SEARCH, 0};
    limits.time.tv_sec += (time_t)spent_seconds(state->run) + 1;
    player_end(&player);
    search(state->run, &limits, &found);
    if (found.outcome.verdict == RUN_FAILED)
        printf("yes: in %zu more step%s, with %u switch%s: %s\n",
               found.schedule.length - prefix.length,
               found.schedule.length - prefix.length == 1 ? "" : "s", found.switches,
               found.switches == 1 ? "" : "es", found.outcome.reason);
    else if (found.all)
        printf("no: it goes right in all schedules from here (%" PRIu64 ")\n", found.runs);
    else
        printf("not known: no failure in %" PRIu64 " schedules from here (limit: %s)\n", found.runs,
               found.limit ? found.limit : "the programs differ");
    return go_back(state, prefix.length);
}

static void write_to(const struct state *state, const char *path)
{
    path += strspn(path, " ");
    if (!*path)
        puts("w needs the name of a file");
    else if (saved_write(path, state->stepping->words, state->stepping->word_count, &player.taken,
                         &player.trace))
        report_error(path, "write");
}

/* Words of four bytes up to the last one that is not 0, and no more than fit into a line or two. */
static void print_bytes(const struct world_object *object)
{
    int32_t word;
    size_t count = 1;
    for (size_t i = 0; i < object->size / sizeof word; i++) {
        memcpy(&word, object->bytes + i * sizeof word, sizeof word);
        count = word ? i + 1 : count;
    }
    for (size_t i = 0; i < count && i < MOST_WORDS_SHOWN && i < object->size / sizeof word; i++) {
        memcpy(&word, object->bytes + i * sizeof word, sizeof word);
        printf(" %" PRId32, word);
    }
    puts(count > MOST_WORDS_SHOWN ? " ..." : "");
}

static void print_objects(void)
{
    struct world_object object;
    for (size_t i = 0; world_object(i, &object); i++) {
        if (object.is_set || object.is_segment)
            printf("%s %d:", object.is_set ? "set" : "segment", object.id);
        else
            printf("/%s:", object.name);
        if (!object.is_set)
            print_bytes(&object);
        for (unsigned number = 0; object.is_set && number < object.size; number++)
            printf(" %d", changes_semaphore(object.id, number));
        if (object.is_set)
            putchar('\n');
    }
    if (!world_object(0, &object))
        puts("no segment, no set");
}

static void print_help(void)
{
    puts("1, 2, ...  this program takes its next step; 2K kills program 2, if --crash is given\n"
         "           (on a terminal, : before it)\n"
         "u  undo    r or Enter  redo, or the next step of the saved schedule\n"
         "s  segments and sets    t  the steps so far as a table\n"
         "?  can it still go wrong from here?    w FILE  save the steps    q  end");
}

static bool obey(struct state *state, const char *command)
{
    switch (*command) {
    case 'u': return undo(state);
    case 'r':
    case '\0':
    case '\n': return redo(state);
    case '?': return ask(state);
    case 's': print_objects(); break;
    case 't':
        links_find_places(&player);
        trace_print(&player.trace, &state->style, stdout);
        break;
    case 'w': write_to(state, command + 1); break;
    case 'q': return false;
    case 'h': print_help(); break;
    case ':': return choose(state, command + 1);
    default:
        if (isdigit((unsigned char)*command))
            return choose(state, command);
        print_help();
        break;
    }
    return true;
}

int stepper(struct run *run, const struct stepping *stepping)
{
    char command[300];
    struct state state = {.run = run, .stepping = stepping, .style = show_style(stdout)};
    state.guesses.asks = stepping->predict;
    plan = stepping->schedule ? *stepping->schedule : (struct schedule){.length = 0};
    if (!player_begin(&player, run)) {
        report_note("%s", run->outcome.reason);
        return EXIT_REFUSED;
    }
    look_around(run);
    bool goes_on = look(&state);
    while (goes_on && keys_read("> ", "w:", command, sizeof command))
        goes_on = obey(&state, command);
    guess_tell(&state.guesses);
    const bool failed = run->outcome.verdict == RUN_FAILED;
    player_end(&player);
    player_free(&player);
    return failed ? EXIT_REFUSED : EXIT_DONE;
}
