/* SPDX-License-Identifier: MIT */
/*
 * races.c - see races.h.
 */
#include "config.h"

#include "interleave/run/races.h"

#include <string.h>

enum { MOST_PLACES = 4096, MOST_RACES = 64, WORD = 8 };

struct clocks {
    uint32_t of[BOARD_TASKS];
};

/* An aligned word of shared memory: who stored and loaded it last, and what its atomic operations
 * have released. */
struct place {
    uint64_t id, offset;
    uint32_t run; /* of which this is: of another one, an empty place */
    struct {
        uint32_t clock;
        uint64_t pc;
        uint8_t bytes; /* which of the eight */
    } loads[BOARD_TASKS], stores[BOARD_TASKS];
    struct clocks released;
};

static struct clocks tasks[BOARD_TASKS];
static struct place places[MOST_PLACES];
static struct {
    uint64_t first, second;
} known[MOST_RACES];
static unsigned known_count;
static uint32_t run;

void races_begin(bool forget)
{
    if (forget)
        known_count = 0;
    memset(tasks, 0, sizeof tasks);
    run++;
    for (unsigned i = 0; i < BOARD_TASKS; i++)
        tasks[i].of[i] = 1;
}

static void join(struct clocks *into, const struct clocks *from)
{
    for (unsigned i = 0; i < BOARD_TASKS; i++)
        if (from->of[i] > into->of[i])
            into->of[i] = from->of[i];
}

void races_forked(unsigned parent, unsigned task)
{
    join(&tasks[task], &tasks[parent]);
    tasks[parent].of[parent]++;
}

void races_waited(unsigned parent, unsigned task)
{
    join(&tasks[parent], &tasks[task]);
}

/* NULL: the table is full, and the search knows nothing of this place. */
static struct place *find_place(uint64_t id, uint64_t offset)
{
    const uint64_t hash = board_mix(board_mix(1, id), offset);
    for (unsigned i = 0; i < MOST_PLACES; i++) {
        struct place *place = &places[(hash + i) % MOST_PLACES];
        if (place->run == run && (place->id != id || place->offset != offset))
            continue;
        if (place->run != run)
            *place = (struct place){.run = run, .id = id, .offset = offset};
        return place;
    }
    return NULL;
}

/* Acquires what others have released there, and releases: calls and atomic operations do both. */
static void synchronise(unsigned task, uint64_t id, uint64_t offset)
{
    struct place *place = find_place(id, offset);
    if (!place)
        return;
    join(&tasks[task], &place->released);
    join(&place->released, &tasks[task]);
    tasks[task].of[task]++;
}

static bool is_new(uint64_t first, uint64_t second)
{
    for (unsigned i = 0; i < known_count; i++)
        if ((known[i].first == first && known[i].second == second) ||
            (known[i].first == second && known[i].second == first))
            return false;
    if (known_count == MOST_RACES)
        return false;
    known[known_count].first = first;
    known[known_count++].second = second;
    return true;
}

/* Does this access race with one of another task? */
static bool check(unsigned task, const struct board_task *step, const struct place *place,
                  uint8_t bytes, struct race *race)
{
    const bool stores = step->kind == STEP_STORE;
    for (unsigned i = 0; i < BOARD_TASKS; i++) {
        const uint32_t seen = tasks[task].of[i];
        const bool after_store = place->stores[i].bytes & bytes && place->stores[i].clock > seen;
        const bool after_load =
            stores && place->loads[i].bytes & bytes && place->loads[i].clock > seen;
        if (i == task || (!after_store && !after_load))
            continue;
        const uint64_t pc = after_store ? place->stores[i].pc : place->loads[i].pc;
        if (!is_new(pc, step->pc))
            continue;
        *race = (struct race){.first = {i, pc, after_store},
                              .second = {task, step->pc, stores},
                              .id = place->id,
                              .offset = step->offset};
        return true;
    }
    return false;
}

/* A plain access of the bytes of one word. */
static bool access_word(unsigned task, const struct board_task *step, uint64_t offset,
                        uint8_t bytes, struct race *race)
{
    struct place *place = find_place(step->id, offset);
    if (!place)
        return false;
    const bool races = check(task, step, place, bytes, race);
    if (step->kind == STEP_STORE) {
        place->stores[task].clock = tasks[task].of[task];
        place->stores[task].pc = step->pc;
        place->stores[task].bytes |= bytes;
    } else {
        place->loads[task].clock = tasks[task].of[task];
        place->loads[task].pc = step->pc;
        place->loads[task].bytes |= bytes;
    }
    return races;
}

bool races_step(unsigned task, const struct board_task *step, struct race *race)
{
    bool found = false;
    if (step->sync_id) {
        synchronise(task, step->sync_id, step->sync_offset / WORD * WORD);
        return false;
    }
    if (step->object != OBJECT_MEMORY || (step->kind != STEP_LOAD && step->kind != STEP_STORE))
        return false;
    for (uint64_t at = step->offset; at < step->offset + step->size;) {
        const uint64_t word = at / WORD * WORD;
        uint8_t bytes = 0;
        for (; at < step->offset + step->size && at < word + WORD; at++)
            bytes |= (uint8_t)(1u << (at - word));
        found |= !found && access_word(task, step, word, bytes, race);
    }
    return found;
}
