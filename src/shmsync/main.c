/* SPDX-License-Identifier: MIT */
/*
 * shmsync - mutexes, condition variables, semaphores, rwlocks and barriers that processes share,
 * inside a segment.
 *
 *   $ id=$(shmcreate 4K)
 *   $ shmsync init $id mutex:m,robust cond:c
 *   2048
 *   $ shmsync lock $id m -- sh -c 'echo alone'
 *   alone
 *   $ shmsync stat $id
 *   NAME KIND  ATTRS  STATE    OWNER OSTATE WAITERS SOURCE COMMAND
 *   m    mutex robust unlocked                    0 glibc
 *   c    cond         idle                        0 glibc
 *
 * Exit status: 0 done; 1 the system refused at least one operand; 2 the command line is wrong and
 * nothing was done; 3 waiters --deadlock found one; 124 it would have blocked, or the timeout
 * expired; with -- COMMAND the command's own, or 125-127.
 */
#include "config.h"

#include "shmsync/shmsync.h"

#include "lib/cli/report.h"
#include "lib/cli/subcommand.h"

static const struct subcommand subcommands[] = {
    {"init", shmsync_init, "SEGMENT [OBJECT...]", "create objects; prints the data area's offset"},
    {"lock", shmsync_lock, "SEGMENT MUTEX", "hold a mutex while COMMAND runs"},
    {"rdlock", shmsync_rdlock, "SEGMENT RWLOCK", "the same for an rwlock, as a reader"},
    {"wrlock", shmsync_wrlock, "SEGMENT RWLOCK", "the same for an rwlock, as its writer"},
    {"wait", shmsync_wait, "SEGMENT COND MUTEX", "wait until a value is as wanted"},
    {"signal", shmsync_signal, "SEGMENT COND [MUTEX]", "set values and wake one waiter"},
    {"broadcast", shmsync_broadcast, "SEGMENT COND [MUTEX]", "set values and wake all waiters"},
    {"post", shmsync_post, "SEGMENT SEM", "increment a semaphore"},
    {"down", shmsync_down, "SEGMENT SEM", "decrement a semaphore, waiting while it is 0"},
    {"arrive", shmsync_arrive, "SEGMENT BARRIER", "wait at a barrier for the others"},
    {"stat", shmsync_stat, "SEGMENT [NAME...]", "list the objects and their state"},
    {"waiters", shmsync_waiters, "[SEGMENT...]", "list the blocked tasks; --deadlock, --graph"},
    {"destroy", shmsync_destroy, "SEGMENT NAME...", "destroy objects that are not in use"},
    {0},
};

static const struct cli_option option_table[] = {OPTION_STANDARD, {0}};

static const struct usage usage = {
    .name = "shmsync",
    .operands = "SUBCOMMAND [options] SEGMENT ...",
    .summary = "Create, use, watch and destroy the objects that processes share in a segment: 5 "
               "(an id), 0x4d2 (a key), ftok:PATH[:PROJ] or /name.",
    .subcommands = subcommands,
    .options = option_table,
    .notes = "shmsync SUBCOMMAND --help describes a subcommand.",
    .example = "shmsync lock 5 m -- make",
    .options_first = true,
};

int main(int argc, char *argv[])
{
    report_start("shmsync");
    return subcommand_main(&usage, argc, argv);
}
