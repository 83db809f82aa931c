/* SPDX-License-Identifier: MIT */
/*
 * known.c - see known.h. Open addressing with linear probing, at most half full.
 */
#include "config.h"

#include "interleave/run/known.h"

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

uint16_t known_visit(struct known *known, uint64_t hash, unsigned switches, uint16_t asleep,
                     bool *is_new)
{
    *is_new = true;
    if (2 * known->count >= known->size && !grow(known))
        return (uint16_t)~asleep;
    struct known_place *place = &known->places[find(known, hash)];
    *is_new = !place->switches || place->switches > switches + 1;
    if (*is_new) {
        known->count += !place->switches;
        *place = (struct known_place){hash, (uint16_t)(switches + 1), asleep};
        return (uint16_t)~asleep;
    }
    const uint16_t left = place->asleep & (uint16_t)~asleep;
    place->asleep &= asleep;
    return left;
}

void known_free(struct known *known)
{
    free(known->places);
    *known = (struct known){0};
}
