/* SPDX-License-Identifier: MIT */
/*
 * wait_limit.h - how long a subcommand waits, and the options that say so.
 */
#ifndef IPCLAB_SHMSYNC_WAIT_LIMIT_H
#define IPCLAB_SHMSYNC_WAIT_LIMIT_H

#include "lib/cli/options.h"

#include <stdbool.h>
#include <time.h>

/* Not at all, until a time, or for ever (neither). */
struct wait_limit {
    bool try, timed;
    struct timespec timeout;  /* when timed: a length */
    struct timespec deadline; /* when timed: its end on CLOCK_MONOTONIC, by wait_limit_start() */
};

/* Tables for OPTION_INCLUDE(), whose target is a struct wait_limit: --timeout; --try and
 * --timeout. */
extern const struct cli_option timeout_options[], wait_limit_options[];

/* Reports --try with --timeout. Returns -1 to go on, otherwise EXIT_USAGE. */
int wait_limit_check(const struct wait_limit *limit);

/* The time begins to run. */
void wait_limit_start(struct wait_limit *limit);

#endif
