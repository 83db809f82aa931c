/* SPDX-License-Identifier: MIT */
/*
 * known.c - see known.h. Open addressing with linear probing, at most half full.
 */
#include "config.h"

#include "interleave/known.h"

#include <stdlib.h>

enum { FIRST_SIZE = 1 << 12 };

static size_t find(const struct known *known, uint64_t hash)
{
    size_t at = hash & (known->size - 1);
    while (known->places[at].switches && known->places[at].hash != hash)
        at = (at + 1) & (known->size - 1);
    return at;
}

static bool grow(struct known *known)
{
    struct known larger = {.size = known->size ? 2 * known->size : FIRST_SIZE,
                           .count = known->count};
    larger.places = calloc(larger.size, sizeof *larger.places);
    if (!larger.places)
        return false;
    for (size_t i = 0; i < known->size; i++)
        if (known->places[i].switches)
            larger.places[find(&larger, known->places[i].hash)] = known->places[i];
    free(known->places);
    *known = larger;
    return true;
}

bool known_visit(struct known *known, uint64_t hash, unsigned switches)
{
    if (2 * known->count >= known->size && !grow(known))
        return false;
    const size_t at = find(known, hash);
    if (known->places[at].switches && known->places[at].switches <= switches + 1)
        return true;
    known->count += !known->places[at].switches;
    known->places[at].hash = hash;
    known->places[at].switches = switches + 1;
    return false;
}

void known_free(struct known *known)
{
    free(known->places);
    *known = (struct known){0};
}
