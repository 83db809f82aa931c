/* SPDX-License-Identifier: MIT */
/*
 * condition.h - a comparison with a value inside a segment: "u32@0 > 0".
 */
#ifndef IPCLAB_CONDITION_H
#define IPCLAB_CONDITION_H

#include "lib/base/value.h"

struct condition {
    struct value value;
    unsigned accepts; /* the orders that satisfy it: bits 1 less, 2 equal, 4 greater */
    bool not_equal;   /* != holds for a NaN too */
};

/*
 * Parses TYPE@OFFSET OP VALUE; blanks around OP are optional. OP is == != < <= > >=, the rest is as
 * in value.h. Returns NULL, or the rule that TEXT breaks.
 */
const char *condition_parse(const char *text, struct condition *out);

/* Is the place inside SIZE bytes? */
bool condition_fits(const struct condition *condition, uint64_t size);

/* Does it hold now for the SIZE bytes at BASE? */
bool condition_holds(const struct condition *condition, const void *base, uint64_t size);

#endif
