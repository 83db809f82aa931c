/* SPDX-License-Identifier: MIT */
/*
 * list.h - the waiters of a snapshot as a table.
 */
#ifndef IPCLAB_WAITERS_LIST_H
#define IPCLAB_WAITERS_LIST_H

#include "lib/cli/listing.h"
#include "waiters/waiter.h"

/* The columns of every waiter, then those of each source. */
struct waiter_columns {
    struct column items[TABLE_COLUMNS_MAX];
    size_t count;
};

void list_columns(struct waiter_columns *out, const struct query *queries, size_t count);

/*
 * Chooses the columns that LISTING shows: those of -o, by default a few of every waiter and of each
 * source that is asked. Returns as listing_choose_columns().
 */
int list_choose(struct listing *listing, const struct waiter_columns *columns,
                const struct query *queries, size_t count);

/* Prints the waiters to TO; *KEPT is the table of the round before, as for listing_print(). Returns
 * an exit status. */
int list_print(const struct listing *listing, const struct waiter_columns *columns,
               const struct snapshot *snapshot, struct table **kept, FILE *to);

#endif
