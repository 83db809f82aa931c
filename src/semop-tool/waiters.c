/* SPDX-License-Identifier: MIT */
/*
 * waiters.c - semop-tool waiters: which tasks are blocked on which semaphore by which operation,
 * and whether they can ever continue. src/waiters does the work, for shmsync waiters, too.
 */
#include "config.h"

#include "semop-tool/semop-tool.h"
#include "waiters/waiters.h"

static const struct waiters_usage waiters_usage = {
    .kind = "set",
    .name = "semop-tool waiters",
    .operands = "[SET...]",
    .summary = "List every task (thread) that is blocked in semop(2), on all sets or on these.",
    .notes = "The kernel records the process that last operated on a semaphore, not the one that "
             "holds it; see semop-tool(1) for when that misleads.",
    .example = "semop-tool waiters --graph | dot -Tsvg >waiters.svg",
};

int semop_waiters(int argc, char *argv[])
{
    return waiters_main(argc, argv, &waiters_usage);
}
