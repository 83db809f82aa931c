/* SPDX-License-Identifier: MIT */
/*
 * known.h - the states that a search has come to.
 */
#ifndef IPCLAB_INTERLEAVE_KNOWN_H
#define IPCLAB_INTERLEAVE_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A table of hashes; two states with one hash of 64 bits would be taken for one. */
struct known {
    struct known_place {
        uint64_t hash;
        uint16_t switches; /* with which it was reached at the least, + 1; 0: an empty place */
        uint16_t asleep;   /* the tasks that were not tried from here; bit N is task N */
    } * places;
    size_t size, count;
};

/*
 * Notes that the search is at the state HASH, which it came to with SWITCHES switches, and that it
 * need not try the tasks ASLEEP from here. Returns the tasks to try: all but ASLEEP where the state
 * is new, or was reached with more switches before; else those that were asleep each time and are
 * not now. *IS_NEW says which of the two. Without memory each state is new: the search goes on.
 */
uint16_t known_visit(struct known *known, uint64_t hash, unsigned switches, uint16_t asleep,
                     bool *is_new);

void known_free(struct known *known);

#endif
