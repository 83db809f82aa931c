/*
 * semop-tool.h - what the files of semop-tool share.
 */
#ifndef IPCLAB_SEMOP_TOOL_H
#define IPCLAB_SEMOP_TOOL_H

#include "lib/base/operand.h"

/* A subcommand: ARGV[0] is its name. Returns an exit status. */
typedef int semop_subcommand(int argc, char *argv[]);

semop_subcommand semop_create, semop_op, semop_run, semop_show, semop_waiters, semop_set, semop_rm,
    semop_limits;

/* SET: an id, a key or ftok:. Returns NULL, or the rule that TEXT broke. */
const char *semop_parse_set(const char *text, struct operand *out);

/* Reads COUNT sets from ARGV into new memory. Returns -1 to go on, else the status to leave with.
 */
int semop_parse_sets(char *argv[], int count, struct operand **sets);

/* The rule that a semaphore's number broke: "the set has 3 semaphores, numbered from 0". Valid
 * until the next. */
const char *semop_no_semaphore(size_t nsems);

/* The rule that a list of COUNT operations breaks (SEMOPM), or NULL. */
const char *semop_too_many(size_t count);

/* Tells why a list was refused. Returns the exit status: EXIT_BLOCKED if it would have waited. */
int semop_refused(const char *subject);

#endif
