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
    struct {
        uint64_t hash;
        uint32_t switches; /* with which it was reached at the least, + 1; 0: an empty place */
    } * places;
    size_t size, count;
};

/*
 * Was the state HASH reached before with at most SWITCHES switches? If not, notes it. Returns false
 * if there is no memory for it, too: then the search goes on without.
 */
bool known_visit(struct known *known, uint64_t hash, unsigned switches);

void known_free(struct known *known);

#endif
