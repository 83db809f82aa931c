/* SPDX-License-Identifier: MIT */
/*
 * semop-tool.h - the subcommands of semop-tool, a file of one each.
 *
 * The floors: operands.c (sets, values and lists, and what is wrong with them) < the subcommands <
 * main.c.
 */
#ifndef IPCLAB_SEMOP_TOOL_H
#define IPCLAB_SEMOP_TOOL_H

/* A subcommand: ARGV[0] is its name. Returns an exit status. */
typedef int semop_subcommand(int argc, char *argv[]);

semop_subcommand semop_create, semop_op, semop_run, semop_show, semop_waiters, semop_set, semop_rm,
    semop_limits;

#endif
