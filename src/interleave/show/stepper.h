/* SPDX-License-Identifier: MIT */
/*
 * stepper.h - the one at the terminal is the scheduler.
 *
 *   $ interleave --step ./add ::: ./add
 *   can go: 1 begins
 *           2 begins
 *   > 1
 *     1  1: begins
 */
#ifndef IPCLAB_INTERLEAVE_STEPPER_H
#define IPCLAB_INTERLEAVE_STEPPER_H

#include "interleave/search/search.h"

struct stepping {
    const struct limits *limits;     /* of the search for "?" */
    const struct schedule *schedule; /* what "r" takes first; NULL: none */
    bool predict;
    char **words; /* of the command line, for "w" */
    int word_count;
};

/* Reads commands from standard input until "q" or its end. Returns an exit status: that of a run
 * that has failed if this one has. */
int stepper(struct run *run, const struct stepping *stepping);

#endif
