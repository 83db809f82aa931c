/* SPDX-License-Identifier: MIT */
/*
 * operands.h - what several subcommands read, check and perform: sets, values, lists of operations.
 */
#ifndef IPCLAB_SEMOP_OPERANDS_H
#define IPCLAB_SEMOP_OPERANDS_H

#include "lib/base/deadline.h"
#include "lib/base/operand.h"
#include "lib/calls/calls_sem.h"
#include "lib/sem/set_operand.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/sem.h>

/* Reads COUNT sets from TEXTS into new memory, *SETS. Returns -1 to go on, otherwise the exit
 * status; *SETS is then NULL. */
int semop_parse_sets(char *const texts[], int count, struct operand **sets);

/* Reads "1,0,3", values from 0 to SEMVMX (32767), into new memory. Returns NULL, or the rule that
 * TEXT broke; *VALUES is then NULL. */
const char *semop_parse_values(const char *text, unsigned short **values, size_t *count);

/* The rule that a semaphore's number breaks in a set of NSEMS. Valid until the next call. */
const char *semop_no_semaphore(size_t nsems);

/* The rule that a list of COUNT operations breaks (SEMOPM, semop(2)), or NULL. */
const char *semop_too_many(size_t count);

/* Reports the last refused call. Returns EXIT_BLOCKED if it was EAGAIN, otherwise EXIT_REFUSED. */
int semop_refused(const char *subject);

/*
 * Performs one list: semop(2), or semtimedop(2) if there is a DEADLINE (of CLOCK_MONOTONIC; NULL:
 * none). A signal that does not end the program, such as a stop and a continue, does not end the
 * wait either, except when *STOPPED (NULL: never) is not 0. Inline, because semop-tool op --repeat
 * is little more. Returns 0, or -1 with errno.
 */
static inline int semop_perform(int id, struct sembuf *ops, size_t count,
                                const struct timespec *deadline,
                                const volatile sig_atomic_t *stopped)
{
    int result;
    do {
        if (deadline) {
            const struct timespec left = deadline_left(deadline);
            result = calls_semtimedop(id, ops, count, &left);
        } else {
            result = calls_semop(id, ops, count);
        }
    } while (result && errno == EINTR && !(stopped && *stopped));
    return result;
}

#endif
