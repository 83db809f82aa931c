/* SPDX-License-Identifier: MIT */
/*
 * search.c - see search.h.
 */
#include "config.h"

#include "interleave/search.h"

#include "interleave/known.h"

#include "lib/base/deadline.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* A step of the schedule that is being run: who could go, the first choice first. */
struct point {
    choice choices[3 * BOARD_TASKS];
    unsigned char count, chosen;
    bool last_is_first; /* the first choice is the task of the step before, which could go on */
    unsigned short switches; /* up to here, and not with this choice */
};

static struct point points[MOST_STEPS];

struct dive {
    struct run *run;
    const struct limits *limits;
    struct known known;
    size_t depth; /* the choices of so many points are given */
    size_t length;
    unsigned most; /* switches */
    bool left_out; /* a schedule with more switches */
};

/* Orders who can go: the last task first if it goes on, for that is no switch. */
static void make_point(const struct run *run, struct point *point, unsigned last, unsigned switches)
{
    unsigned tasks[BOARD_TASKS];
    const unsigned count = run_enabled(run, tasks);
    point->chosen = 0;
    point->switches = (unsigned short)switches;
    point->last_is_first = false;
    for (unsigned i = 0; i < count; i++) {
        point->choices[i] = CHOICE(tasks[i], FAULT_NONE);
        if (tasks[i] != last)
            continue;
        memmove(&point->choices[1], &point->choices[0], i * sizeof *point->choices);
        point->choices[0] = CHOICE(last, FAULT_NONE);
        point->last_is_first = !run_yields(run, last);
    }
    point->count = (unsigned char)(count + run_faults(run, &point->choices[count]));
}

static unsigned switches_after(const struct point *point)
{
    return point->switches + (unsigned)(point->last_is_first && point->chosen > 0 &&
                                        !CHOICE_FAULT(point->choices[point->chosen]));
}

/* Is this point's state known, with as many switches left at the least? */
static bool is_known(struct dive *dive, const struct point *point)
{
    if (dive->limits->no_reduction)
        return false;
    uint64_t hash = run_state(dive->run);
    if (dive->most < UINT_MAX && point->last_is_first)
        hash = board_mix(hash, point->choices[0] + 1u);
    return known_visit(&dive->known, hash, dive->most < UINT_MAX ? point->switches : 0);
}

/* One run: the given choices, and then always the first one. */
static void run_one(struct dive *dive)
{
    struct run *run = dive->run;
    unsigned last = BOARD_TASKS, switches = 0;
    dive->length = 0;
    if (!run_begin(run))
        return;
    while (run->outcome.verdict == RUN_HOLDS) {
        struct point fresh, *point = &points[dive->length];
        make_point(run, &fresh, last, switches);
        if (!fresh.count) {
            run_judge(run);
            make_point(run, &fresh, last, switches);
            if (run->outcome.verdict != RUN_HOLDS || !fresh.count)
                return;
        }
        if (dive->length == MOST_STEPS - 1 || dive->length >= run->plan->steps) {
            run->outcome.verdict = RUN_FAILED;
            snprintf(run->outcome.reason, sizeof run->outcome.reason, "no end after %zu steps",
                     dive->length);
            return;
        }
        if (dive->length >= dive->depth) {
            *point = fresh;
            if (is_known(dive, point)) {
                run->outcome.verdict = RUN_CUT;
                return;
            }
        } else if (fresh.count != point->count ||
                   memcmp(fresh.choices, point->choices, fresh.count * sizeof *fresh.choices) !=
                       0) {
            run->outcome.verdict = RUN_REFUSED;
            snprintf(run->outcome.reason, sizeof run->outcome.reason,
                     "the programs do not do the same again: step %zu differs", dive->length + 1);
            return;
        }
        dive->length++;
        const choice chosen = point->choices[point->chosen];
        switches = switches_after(point);
        if (CHOICE_FAULT(chosen) == FAULT_NONE)
            last = CHOICE_TASK(chosen);
        if (!run_step(run, chosen))
            return;
    }
}

/* The next choice of the deepest point that has one; false: there is none. */
static bool next(struct dive *dive)
{
    for (size_t i = dive->length; i-- > 0;) {
        struct point *point = &points[i];
        if (point->chosen + 1 >= point->count)
            continue;
        if (point->last_is_first && point->switches + 1u > dive->most &&
            !CHOICE_FAULT(point->choices[point->chosen + 1])) {
            dive->left_out = true;
            continue;
        }
        point->chosen++;
        dive->depth = i + 1;
        return true;
    }
    return false;
}

static void note_failure(const struct dive *dive, struct found *found)
{
    found->outcome = dive->run->outcome;
    found->schedule.length = dive->length;
    for (size_t i = 0; i < dive->length; i++)
        found->schedule.choices[i] = points[i].choices[points[i].chosen];
    found->switches = dive->length ? switches_after(&points[dive->length - 1]) : 0;
}

/* All schedules with at most so many switches. Returns false if there is nothing more to do. */
static bool search_with(struct dive *dive, const struct timespec *end, struct found *found)
{
    dive->depth = 0;
    dive->left_out = false;
    do {
        run_one(dive);
        found->runs++;
        if (!found->race[0])
            memcpy(found->race, dive->run->race, sizeof found->race);
        run_end(dive->run);
        if (dive->run->outcome.verdict >= RUN_FAILED) {
            note_failure(dive, found);
            return false;
        }
        if (found->runs >= dive->limits->runs)
            found->limit = "--runs";
        else if (deadline_passed(end))
            found->limit = "--time";
    } while (!found->limit && next(dive));
    found->states = dive->known.count;
    found->all = !found->limit && !dive->left_out;
    return !found->limit && dive->left_out;
}

/* Few switches first, up to this many; then any number in one go. */
enum { FEW_SWITCHES = 2 };

/* The failure has more switches than FEW_SWITCHES: is there one with fewer? */
static void search_shorter(struct dive *dive, const struct timespec *end, struct found *found)
{
    static struct found other;
    for (dive->most = FEW_SWITCHES + 1; dive->most < found->switches; dive->most++) {
        known_free(&dive->known);
        other = (struct found){.runs = found->runs};
        const bool more = search_with(dive, end, &other);
        found->runs = other.runs;
        if (other.outcome.verdict >= RUN_FAILED) {
            *found = other;
            return;
        }
        if (!more)
            return;
    }
}

void search(struct run *run, const struct limits *limits, struct found *found)
{
    struct dive dive = {.run = run, .limits = limits};
    const struct timespec end = deadline_in(&limits->time);
    *found = (struct found){0};
    while (search_with(&dive, &end, found) && dive.most < limits->switches) {
        known_free(&dive.known);
        found->switches = dive.most;
        dive.most =
            dive.most < FEW_SWITCHES || limits->switches < UINT_MAX ? dive.most + 1 : UINT_MAX;
    }
    if (found->outcome.verdict == RUN_FAILED && dive.most == UINT_MAX)
        search_shorter(&dive, &end, found);
    else if (!found->limit && !found->all && found->outcome.verdict == RUN_HOLDS)
        found->limit = "--switches";
    known_free(&dive.known);
}

void replay(struct run *run, const struct schedule *schedule, replay_told *told, void *argument)
{
    struct board_task step;
    struct point point;
    unsigned last = BOARD_TASKS;
    if (!run_begin(run))
        return;
    for (size_t i = 0; run->outcome.verdict == RUN_HOLDS; i++) {
        make_point(run, &point, last, 0);
        if (!point.count) {
            run_judge(run);
            make_point(run, &point, last, 0);
            if (run->outcome.verdict != RUN_HOLDS || !point.count)
                return;
        }
        if (i >= run->plan->steps)
            return;
        const choice chosen = i < schedule->length ? schedule->choices[i] : point.choices[0];
        step = run->board->tasks[CHOICE_TASK(chosen)];
        if (CHOICE_FAULT(chosen) == FAULT_NONE)
            last = CHOICE_TASK(chosen);
        run_step(run, chosen);
        told(run, chosen, &step, argument);
    }
}
