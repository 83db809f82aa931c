/*
 * shmattach.h - what the files of shmattach share.
 */
#ifndef IPCLAB_SHMATTACH_H
#define IPCLAB_SHMATTACH_H

#include "lib/base/operand.h"
#include "lib/segment/segment.h"
#include "lib/base/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* One operand, mapped. */
struct target {
    struct operand_attach operand;
    const char *text;
    struct segment_mapping mapping;
    bool attached;
};

struct job;

/* One thing to do. */
struct verb {
    int option; /* its letter */
    const char *name;
    bool writes; /* needs the segment writable; the others attach it read-only */
    const char *(*parse)(struct job *job, const char *argument);
    const char *(*check)(const struct job *job,
                         const struct target *target); /* NULL, or the rule broken */
    int (*run)(const struct job *job, const struct target *target);
};

struct job {
    const struct verb *verb; /* NULL: show where, or run COMMAND */
    const char *argument;    /* the verb's, for messages */
    struct operand_range range;
    unsigned char byte;
    struct value value;
    uint64_t times;
    bool has_times, has_how, atomic;
    bool has_duration;
    struct timespec duration;
    bool maps;
    char **command;
    struct target *targets;
    size_t count;
};

/* The verb of this letter, NULL when there is none. */
const struct verb *attach_verb(int option);

/* With nothing asked: prints where TARGET was mapped. Returns an exit status. */
int attach_show(const struct job *job, const struct target *target);

#endif
