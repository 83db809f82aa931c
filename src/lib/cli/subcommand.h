/* SPDX-License-Identifier: MIT */
/*
 * subcommand.h - programs whose first operand says what to do.
 */
#ifndef IPCLAB_SUBCOMMAND_H
#define IPCLAB_SUBCOMMAND_H

#include "lib/cli/options.h"

/*
 * The whole of such a program's main(), after report_start(): reads the options in front of the
 * subcommand, finds it in USAGE->subcommands and runs it. Returns the exit status for main().
 */
int subcommand_main(const struct usage *usage, int argc, char *argv[]);

/* The row of USAGE->subcommands that is called NAME; NULL, and reported, if there is none. */
const struct subcommand *subcommand_find(const struct usage *usage, const char *name);

#endif
