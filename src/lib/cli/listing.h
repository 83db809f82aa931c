/*
 * listing.h - what every program that lists things has in common: the options of the table, and
 * --watch.
 */
#ifndef IPCLAB_LISTING_H
#define IPCLAB_LISTING_H

#include "lib/cli/options.h"
#include "lib/cli/report.h"
#include "lib/cli/table.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct listing {
    struct table_style style;
    const char *list; /* of -o, NULL without */
    size_t chosen[TABLE_COLUMNS_MAX], chosen_count;
    bool watch, has_count;
    struct timespec pause;
    uint64_t count;
};

enum { OPT_WATCH = OPT_FIRST_FREE + 100, OPT_COUNT, OPT_TIME_FORMAT };

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

/* The old way: rows for the table of long options, and letters for the short ones. */
#define LISTING_OPTIONS                                                                           \
    {"watch", optional_argument, NULL, OPT_WATCH}, {"count", required_argument, NULL, OPT_COUNT}, \
        {"output", required_argument, NULL, 'o'}, {"json", no_argument, NULL, 'J'},               \
        {"raw", no_argument, NULL, 'r'}, {"export", no_argument, NULL, 'e'},                      \
        {"noheadings", no_argument, NULL, 'n'}, {"bytes", no_argument, NULL, 'b'},                \
    {                                                                                             \
        "time-format", required_argument, NULL, OPT_TIME_FORMAT                                   \
    }
#define LISTING_LETTERS "o:Jrenb"

/* To be called before options are read. */
void listing_start(struct listing *listing);

/* The old way. Takes an option that is one of these. Returns whether it was; *RULE the rule its
 * argument broke, or NULL. */
bool listing_option(struct listing *listing, int option, const char *argument, const char **rule);

/* The old way. Chooses columns: START is what there is without -o. Returns NULL, or the rule that
 * -o broke. */
const char *listing_choose(struct listing *listing, const struct column *columns, size_t count,
                           const char *start);

/*
 * Makes one table from what is now. *TABLE is NULL, or the one before; when not NULL on return, it
 * is the one that is to be kept for the next round. What is printed goes to TO. Returns an exit
 * status.
 */
typedef int listing_show(void *arg, struct table **table, FILE *to);

/*
 * Shows once, or with --watch again and again: on a terminal over the last one, with what changed
 * in reverse; else one block after another. SCREEN is false for what is not one table. Returns an
 * exit status.
 */
int listing_run(const struct listing *listing, listing_show *show, void *arg, bool screen);

/* Prints TABLE, whose rows have keys, and keeps it in *KEPT in place of the one before, marking
 * what changed. */
int listing_print(const struct listing *listing, struct table *table, struct table **kept,
                  FILE *to);

#endif
