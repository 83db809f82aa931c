/* SPDX-License-Identifier: MIT */
/*
 * search.c - see search.h.
 */
#include "config.h"

#include "interleave/search/search.h"

#include "interleave/run/faults.h"
#include "interleave/run/known.h"
#include "interleave/run/verdict.h"
#include "interleave/search/spent.h"

#include <limits.h>
#include <string.h>

/* Few switches first, up to this many; then any number in one go. */
enum { FEW_SWITCHES = 1, RUNS_A_LOOK = 16 };

/* What a step touches: board.h. */
struct touch {
    uint32_t kind, object;
    uint64_t id, offset, size;
    bool tracked;
};

/* A step of the schedule that is being run: who could go, the first choice first. */
struct point {
    choice choices[BOARD_TASKS + MOST_FAULTS];
    unsigned char count, chosen;
    bool last_goes_on; /* the task of the step before, which is the first choice then */
    unsigned char last;
    unsigned short switches; /* up to here, and not with this choice */
    uint16_t asleep;         /* tasks that were tried here before, or need not be */
    uint64_t state;
    struct touch touches[BOARD_TASKS]; /* of the tasks that can go */
};

static struct point points[MOST_STEPS];

struct dive {
    struct run *run;
    const struct limits *limits;
    struct known known;
    size_t depth; /* the choices of so many points are given */
    size_t length;
    unsigned most; /* switches */
    double until;  /* spent_seconds() */
    bool left_out; /* a schedule with more switches */
    bool too_long; /* a schedule with more steps */
};

/* Orders who can go: the last task first if it goes on, for that is no switch. */
static void make_point(const struct run *run, struct point *point, unsigned last, unsigned switches)
{
    unsigned tasks[BOARD_TASKS];
    const unsigned count = run_enabled(run, tasks);
    point->chosen = 0;
    point->asleep = 0;
    point->switches = (unsigned short)switches;
    point->last_goes_on = false;
    point->last = (unsigned char)last;
    point->state = run_state(run);
    for (unsigned i = 0; i < count; i++) {
        const struct board_task *slot = &run->board->tasks[tasks[i]];
        point->touches[tasks[i]] = (struct touch){slot->kind,   slot->object, slot->id,
                                                  slot->offset, slot->size,   slot->tracked};
        point->choices[i] = CHOICE(tasks[i], FAULT_NONE);
        if (tasks[i] != last)
            continue;
        memmove(&point->choices[1], &point->choices[0], i * sizeof *point->choices);
        point->choices[0] = CHOICE(last, FAULT_NONE);
        point->last_goes_on = !run_yields(run, last);
    }
    /* Where no task can go on the run is over: a deadlock is one even if a fault could break it. */
    point->count = (unsigned char)(count ? count + faults_now(run, &point->choices[count]) : 0);
}

static unsigned switches_after(const struct point *point)
{
    const choice chosen = point->choices[point->chosen];
    return point->switches + (unsigned)(point->last_goes_on && CHOICE_TASK(chosen) != point->last &&
                                        !CHOICE_FAULT(chosen));
}

/* --- what need not be run --- */

/*
 * Two steps that can change places without a difference: neither touches what the other changes.
 * A task with such a step need not be tried after the other if it was tried before it: it sleeps
 * until a step comes that is not independent of its own (sleep sets, P. Godefroid, Partial-Order
 * Methods for the Verification of Concurrent Systems, chapter 5).
 */
static bool are_independent(const struct touch *a, const struct touch *b)
{
    if (!a->tracked || !b->tracked) /* the code between steps loads and stores, too */
        return false;
    if (a->object == OBJECT_NONE || b->object == OBJECT_NONE)
        return true;
    if (a->object == OBJECT_ANY || b->object == OBJECT_ANY)
        return false;
    if (a->object != b->object || a->id != b->id)
        return true;
    if (a->object != OBJECT_MEMORY)
        return false;
    if (a->kind == STEP_LOAD && b->kind == STEP_LOAD)
        return true;
    return a->offset + a->size <= b->offset || b->offset + b->size <= a->offset;
}

/* The tasks that sleep after the chosen step of POINT: those that slept before, or were tried. */
static uint16_t asleep_after(const struct dive *dive, const struct point *point)
{
    const choice chosen = point->choices[point->chosen];
    uint16_t tried = point->asleep, asleep = 0;
    if (dive->most < UINT_MAX || dive->limits->no_reduction || CHOICE_FAULT(chosen))
        return 0;
    for (unsigned i = 0; i < point->chosen; i++)
        if (!CHOICE_FAULT(point->choices[i]))
            tried |= (uint16_t)(1u << CHOICE_TASK(point->choices[i]));
    for (unsigned i = 0; i < BOARD_TASKS; i++)
        if (tried & 1u << i &&
            are_independent(&point->touches[i], &point->touches[CHOICE_TASK(chosen)]))
            asleep |= (uint16_t)(1u << i);
    return asleep;
}

/*
 * Leaves the choices of POINT that must be tried, given the tasks ASLEEP; false: there is none.
 * With a bound on switches no task sleeps, for the order that was tried first could have had more.
 */
static bool choose_what_is_new(struct dive *dive, struct point *point, uint16_t asleep)
{
    const bool bounded = dive->most < UINT_MAX;
    bool is_new;
    uint64_t hash = point->state;
    if (dive->limits->no_reduction)
        return true;
    if (bounded && point->last_goes_on)
        hash = board_mix(hash, point->choices[0] + 1u);
    const uint16_t left =
        known_visit(&dive->known, hash, bounded ? point->switches : 0, asleep, &is_new);
    if (bounded)
        return is_new;
    unsigned char count = 0;
    for (unsigned i = 0; i < point->count; i++) {
        const choice next = point->choices[i];
        const uint16_t bit = (uint16_t)(1u << CHOICE_TASK(next));
        if (CHOICE_FAULT(next) ? is_new : (left & bit) != 0)
            point->choices[count++] = next;
        else if (!CHOICE_FAULT(next))
            point->asleep |= bit;
    }
    point->count = count;
    return count > 0;
}

/* --- one run --- */

/* The next point of the run, by who can go now; false: the run is over, or need not go on. */
static bool reach_point(struct dive *dive, unsigned last, unsigned switches)
{
    static struct point fresh;
    struct run *run = dive->run;
    struct point *point = &points[dive->length];
    const uint16_t asleep = dive->length ? asleep_after(dive, &points[dive->length - 1]) : 0;
    make_point(run, &fresh, last, switches);
    if (!fresh.count) {
        run_judge(run);
        make_point(run, &fresh, last, switches);
        if (run->outcome.verdict != RUN_HOLDS || !fresh.count)
            return false;
    }
    if (dive->length == MOST_STEPS - 1 || dive->length >= run->plan->steps) {
        verdict_of_length(run, dive->length);
        return false;
    }
    if (dive->length < dive->depth && fresh.state != point->state) {
        verdict_fail(run, RUN_REFUSED, "the programs do not do the same again: step %zu differs",
                     dive->length);
        return false;
    }
    if (dive->length < dive->depth)
        return true;
    dive->too_long |= run_leaves_out(run);
    *point = fresh;
    if (dive->limits->prefix && dive->length < dive->limits->prefix->length) {
        point->choices[0] = dive->limits->prefix->choices[dive->length];
        point->count = 1;
        return true;
    }
    if (!choose_what_is_new(dive, point, asleep)) {
        run->outcome.verdict = RUN_CUT;
        return false;
    }
    return true;
}

/* One run: the given choices, and then always the first one. */
static void run_one(struct dive *dive)
{
    struct run *run = dive->run;
    unsigned last = BOARD_TASKS, switches = 0;
    dive->length = 0;
    if (!run_begin(run))
        return;
    while (run->outcome.verdict == RUN_HOLDS && reach_point(dive, last, switches)) {
        const struct point *point = &points[dive->length++];
        const choice chosen = point->choices[point->chosen];
        switches = switches_after(point);
        if (CHOICE_FAULT(chosen) == FAULT_NONE)
            last = CHOICE_TASK(chosen);
        run_step(run, chosen);
    }
    dive->too_long |= run->outcome.verdict == RUN_LONG;
}

/* --- all runs --- */

/* The next choice of POINT; its COUNT: there is none. Faults, which are no switches, come last. */
static unsigned next_choice(struct dive *dive, const struct point *point)
{
    unsigned at = point->chosen + 1;
    while (at < point->count && point->last_goes_on && point->switches + 1u > dive->most &&
           !CHOICE_FAULT(point->choices[at])) {
        dive->left_out = true;
        at++;
    }
    return at;
}

/* The next choice of the deepest point that has one; false: there is none. */
static bool next(struct dive *dive)
{
    for (size_t i = dive->length; i-- > 0;) {
        const unsigned at = next_choice(dive, &points[i]);
        if (at >= points[i].count)
            continue;
        points[i].chosen = (unsigned char)at;
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

/* Asks for the time only now and then, for that costs a part of a run. */
static const char *limit_reached(const struct dive *dive, const struct found *found)
{
    if (found->runs >= dive->limits->runs)
        return "--runs";
    return found->runs % RUNS_A_LOOK == 0 && spent_seconds(dive->run) >= dive->until ? "--time"
                                                                                     : NULL;
}

/* All schedules with at most so many switches. Returns false if there is nothing more to do. */
static bool search_with(struct dive *dive, unsigned most, struct found *found)
{
    dive->most = most;
    dive->depth = 0;
    dive->left_out = dive->too_long = false;
    known_free(&dive->known);
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
        found->limit = limit_reached(dive, found);
    } while (!found->limit && next(dive));
    found->states = dive->known.count;
    found->all = !found->limit && !dive->left_out && !dive->too_long;
    found->too_long = dive->too_long;
    if (!found->limit && !dive->too_long) {
        found->switches = most;
        found->is_bounded = true;
    }
    return !found->limit && dive->left_out;
}

/* From FIRST switches on, one more at a time, to LAST. Returns as search_with() does. */
static bool search_from(struct dive *dive, unsigned first, unsigned last, struct found *found)
{
    for (unsigned most = first; most <= last; most++)
        if (!search_with(dive, most, found))
            return false;
    return true;
}

/* The failure was found with no bound on switches: is there one with fewer? */
static void search_shorter(struct dive *dive, struct found *found)
{
    static struct found other;
    other = (struct found){.runs = found->runs};
    if (found->switches > FEW_SWITCHES + 1)
        search_from(dive, FEW_SWITCHES + 1, found->switches - 1, &other);
    if (other.outcome.verdict == RUN_FAILED)
        *found = other;
    found->runs = other.runs;
}

/*
 * Any number of switches comes before the larger bounds, for it alone proves something, and not
 * first, for it finds long failures. It may take half of the time that is left.
 */
static void search_all(struct dive *dive, struct found *found)
{
    const double end = dive->until, now = spent_seconds(dive->run);
    const unsigned reached = found->switches;
    dive->until = now + (end - now) / 2;
    search_with(dive, UINT_MAX, found);
    dive->until = end;
    if (found->outcome.verdict == RUN_FAILED) {
        search_shorter(dive, found);
    } else if (found->limit && found->outcome.verdict == RUN_HOLDS) {
        found->switches = reached;
        search_from(dive, FEW_SWITCHES + 1, UINT_MAX - 1, found);
    }
}

void search(struct run *run, const struct limits *limits, struct found *found)
{
    struct dive dive = {.run = run, .limits = limits};
    const bool any = limits->switches == UINT_MAX;
    *found = (struct found){0};
    dive.until = (double)limits->time.tv_sec + (double)limits->time.tv_nsec / 1e9;
    if (search_from(&dive, 0, any ? FEW_SWITCHES : limits->switches, found) && any)
        search_all(&dive, found);
    if (found->outcome.verdict == RUN_HOLDS && !found->limit && !found->all)
        found->limit = found->too_long ? "--steps" : "--switches";
    known_free(&dive.known);
}
