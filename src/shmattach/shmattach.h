/* SPDX-License-Identifier: MIT */
/*
 * shmattach.h - what the files of shmattach share: the request, and the actions on a segment.
 */
#ifndef IPCLAB_SHMATTACH_H
#define IPCLAB_SHMATTACH_H

#include "lib/base/operand.h"
#include "lib/cli/usage.h"
#include "lib/segment/segment.h"
#include "lib/base/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* One operand, attached. */
struct attachment {
    struct operand_attach operand;
    const char *text;
    struct segment_mapping mapping; /* info.size is 0 as long as the size is not known */
    bool found, attached;
};

struct request;

enum action_flags {
    ACTION_WRITES = 1,       /* needs the segment writable; the others attach it read-only */
    ACTION_WAITS = 2,        /* ends by a signal, and attaches as the operand says */
    ACTION_SHOWS = 4,        /* prints where the segment is, so --maps belongs to it */
    ACTION_REPEATS = 8,      /* --times and --how belong to it */
    ACTION_ONE_SEGMENT = 16, /* cannot be done to two */
};

/* Something to do with the bytes of a segment. */
struct action {
    int letter; /* of its option */
    const char *name;
    unsigned flags; /* enum action_flags */
    /* Stores the option's argument. Returns NULL, or the rule that it broke. */
    const char *(*parse)(struct request *request, const char *argument);
    /* Does it fit a segment of SIZE bytes? Returns NULL, or the rule broken. NULL: it always fits.
     */
    const char *(*fits)(const struct request *request, uint64_t size);
    /* Can it be done to these bytes? Returns NULL, or the rule broken. NULL: always. */
    const char *(*check)(const struct request *request, const struct attachment *attachment);
    /* Returns an exit status. */
    int (*run)(const struct request *request, const struct attachment *attachment);
};

/* What the command line asks for. */
struct request {
    const struct action *action; /* NULL: show where, or run COMMAND */
    const char *argument;        /* the action's, for messages; NULL: none */
    struct operand_range range;
    unsigned char byte;
    struct value value;
    uint64_t times;
    bool has_times, has_how, atomic;
    bool has_duration;
    struct timespec duration;
    bool maps;
    char **command;
    struct attachment *attachments;
    size_t count;
};

/* An option for each action; the target is a struct request. */
extern const struct cli_option action_options[];

/* Is there an action, and has it FLAG? */
static inline bool action_has(const struct action *action, enum action_flags flag)
{
    return action && action->flags & flag;
}

/* Without an action: prints where ATTACHMENT is mapped. Returns an exit status. */
int show_attachment(const struct request *request, const struct attachment *attachment);

#endif
