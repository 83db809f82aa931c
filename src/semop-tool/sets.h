/* SPDX-License-Identifier: MIT */
/*
 * sets.h - the list of all sets, for semop-tool show.
 */
#ifndef SEMOP_TOOL_SETS_H
#define SEMOP_TOOL_SETS_H

#include "lib/cli/listing.h"
#include "lib/proc/procfs.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

/* Which sets; all of them when every member is zero. */
struct set_filter {
    bool orphans, has_user, has_older;
    uid_t user;            /* only sets that this user owns */
    struct timespec older; /* only sets unused for longer than that */
    time_t now;            /* seconds since the Epoch */
};

extern const struct column set_columns[];
extern const size_t set_column_count;

/* Prints the sets that FILTER selects, each a row (listing_print() has KEPT and TO). Returns an
 * exit status. */
int sets_show(const struct listing *listing, const struct set_filter *filter,
              const struct procfs *fs, struct table **kept, FILE *to);

#endif
