/* SPDX-License-Identifier: MIT */
/*
 * semop-tool - System V semaphore sets: create, operate, watch and diagnose them.
 *
 *   $ set=$(semop-tool create --init 1 1)
 *   $ semop-tool op $set 0-1 -- sh -c 'echo alone; semop-tool show $IPCLAB_SET'
 *   alone
 *   SEM VALUE NCNT ZCNT LPID LCOMMAND
 *     0     0    0    0 4711 semop-tool op 5 0-1 -- sh -c ...
 *   $ semop-tool rm $set
 *
 * Exit status: 0 done; 1 the system refused at least one operand; 2 the command line is wrong and
 * nothing was done; 3 waiters --deadlock found one; 124 an operation would have blocked, or the
 * timeout expired; with -- COMMAND the command's own, or 125-127.
 */
#include "config.h"

#include "semop-tool/semop-tool.h"

#include "lib/cli/report.h"
#include "lib/cli/subcommand.h"

static const struct subcommand subcommands[] = {
    {"create", semop_create, "NSEMS", "create a set; prints its id"},
    {"op", semop_op, "SET OPS... [-- COMMAND]",
     "operate: 0-1 decrements, 0+1 increments, 0=0 waits for zero; with COMMAND: operate, run it, "
     "reverse"},
    {"run", semop_run, "[SET] [FILE]", "operate as a file says, one list per line"},
    {"show", semop_show, "[SET...]", "list the sets, or the semaphores of these"},
    {"waiters", semop_waiters, "[SET...]", "list the blocked tasks; --deadlock, --graph"},
    {"set", semop_set, "SET SEM=VALUE...", "set values, owner or mode"},
    {"rm", semop_rm, "SET...", "remove sets"},
    {"limits", semop_limits, NULL, "show what the kernel allows, and what is in use"},
    {0},
};

static const struct cli_option option_table[] = {OPTION_STANDARD, {0}};

static const struct usage usage = {
    .name = "semop-tool",
    .operands = "SUBCOMMAND [options] ...",
    .summary = "Create, operate, watch and diagnose System V semaphore sets. SET is 5 (an id), "
               "0x4d2 (a key) or ftok:PATH[:PROJ].",
    .subcommands = subcommands,
    .options = option_table,
    .notes = "semop-tool SUBCOMMAND --help describes a subcommand.",
    .example = "set=$(semop-tool create --init 1 1); semop-tool op $set 0-1 -- make",
    .options_first = true,
};

int main(int argc, char *argv[])
{
    report_start("semop-tool");
    return subcommand_main(&usage, argc, argv);
}
