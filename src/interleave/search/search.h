/* SPDX-License-Identifier: MIT */
/*
 * search.h - which schedules are run, in which order.
 */
#ifndef IPCLAB_INTERLEAVE_SEARCH_H
#define IPCLAB_INTERLEAVE_SEARCH_H

#include "interleave/run/run.h"

struct limits {
    unsigned switches;             /* UINT_MAX: any number */
    uint64_t runs;                 /* UINT64_MAX: any number */
    struct timespec time;          /* of CPU: spent.h */
    bool no_reduction;             /* run every schedule, also those that come to a known state */
    const struct schedule *prefix; /* only schedules that begin so, and its switches do not count;
                                      NULL: all */
};

/* Who goes at each step. */
struct schedule {
    choice choices[MOST_STEPS];
    size_t length;
};

struct found {
    struct outcome outcome;   /* holds, failed or refused */
    struct schedule schedule; /* of the failure: one with the fewest switches */
    unsigned switches;        /* of the failure; else IS_BOUNDED */
    bool all;                 /* no schedule was left out */
    bool is_bounded;          /* all with at most SWITCHES were run */
    bool too_long;            /* one had more steps than a run may have */
    uint64_t runs, states;
    char race[400];    /* one that a run had; "" none */
    const char *limit; /* which limit ended it; NULL: none */
};

/*
 * Searches: the schedules without a switch, then those with one, with two, ... so that the first
 * failure has the fewest switches that a failure can have. A switch is the choice of another task
 * while the last one could go on, and did not wait, sleep or end. Within a number of switches a
 * schedule is left where it comes to a state from which all was tried with as many switches left.
 */
void search(struct run *run, const struct limits *limits, struct found *found);

#endif
