/* SPDX-License-Identifier: MIT */
/*
 * command.h - the command line of interleave.
 */
#ifndef IPCLAB_INTERLEAVE_COMMAND_H
#define IPCLAB_INTERLEAVE_COMMAND_H

#include "interleave/search/search.h"
#include "interleave/show/show.h"

struct options {
    struct plan plan;
    struct limits limits;
    const char *save;
    struct showing showing;
    bool step, predict; /* by hand */
    int word_count;     /* of the command line, for SAVE */
    char **words;
};

/* Reads ARGV, ARGC words, into OPTIONS, which has the defaults. Returns -1 to go on, else an exit
 * status. */
int command_parse(int argc, char *argv[], struct options *options);

/* The same for "replay [--json] [--step] ... FILE", from "replay" on: sets SHOWING, STEP and
 * PREDICT, and *FILE. */
int command_parse_replay(int argc, char *argv[], struct options *options, const char **file);

#endif
