/* SPDX-License-Identifier: MIT */
/*
 * listing.h - what all listings share: the options of the table, and --watch.
 */
#ifndef IPCLAB_LISTING_H
#define IPCLAB_LISTING_H

#include "lib/cli/options.h"
#include "lib/cli/report.h"
#include "lib/cli/table.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct listing {
    struct table_style style;
    const char *list; /* the argument of -o; NULL: not given */
    size_t chosen[TABLE_COLUMNS_MAX], chosen_count;
    bool watch, has_count;
    struct timespec pause;
    uint64_t count;
};

/*
 * The options of a listing, for OPTION_INCLUDE() in a program's table: --watch, --count, --output,
 * --json, --raw, --export, --noheadings, --bytes, --time-format. Their target is a struct listing.
 */
extern const struct cli_option listing_options[];

/*
 * Chooses among COUNT COLUMNS: START, a list as -o takes it, or what -o says. With "-o help" it
 * prints the columns and their descriptions. Reports what is wrong with -o or --count. Returns -1
 * to go on, else the exit status to leave with.
 */
int listing_choose_columns(struct listing *listing, const struct column *columns, size_t count,
                           const char *start);

/* Sets the defaults. A program calls this before it reads its options. */
void listing_start(struct listing *listing);

/*
 * Prints the present state once, to TO. *TABLE is the table of the last round, NULL at first; what
 * it is on return, the next round gets. Returns an exit status.
 */
typedef int listing_show(void *arg, struct table **table, FILE *to);

/*
 * Calls SHOW with ARG once, or with --watch repeatedly: on a terminal each round overwrites the
 * last and marks changes; otherwise one block follows another. SCREEN is false for output that is
 * not one table: then blocks follow each other in any case. Returns an exit status.
 */
int listing_run(const struct listing *listing, listing_show *show, void *arg, bool screen);

/* Prints TABLE, whose rows have keys, to TO, with the changes since *KEPT marked; then frees *KEPT
 * and keeps TABLE there. TABLE is NULL, with errno, if it could not be made. Returns an exit
 * status.
 */
int listing_print(const struct listing *listing, struct table *table, struct table **kept,
                  FILE *to);

#endif
