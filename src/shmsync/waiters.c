/* SPDX-License-Identifier: MIT */
/*
 * waiters.c - shmsync waiters: which tasks are blocked on which object, which process holds it, and
 * whether they can ever continue. src/waiters does the work, for semop-tool waiters, too.
 */
#include "config.h"

#include "shmsync/shmsync.h"
#include "waiters/waiters.h"

static const struct waiters_usage waiters_usage = {
    .kind = "segment",
    .name = "shmsync waiters",
    .operands = "[SEGMENT...]",
    .summary =
        "List every task (thread) that is blocked on an object, of all segments or of these.",
    .notes = "The owner of a mutex is exact; see shmsync(1) for what is not known.",
    .example = "shmsync waiters --deadlock --set=7 5",
};

int shmsync_waiters(int argc, char *argv[])
{
    return waiters_main(argc, argv, &waiters_usage);
}
