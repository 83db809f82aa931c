/* SPDX-License-Identifier: MIT */
/*
 * options.h - reading a command line by its usage: options, operands, and -- COMMAND.
 */
#ifndef IPCLAB_OPTIONS_H
#define IPCLAB_OPTIONS_H

#include "lib/cli/usage.h"

/* What is left of a command line after its options. */
struct operands {
    char **items; /* in ARGV */
    int count;
    char **command; /* ended by NULL; NULL: there is no -- COMMAND */
};

/*
 * Reads ARGV, ARGC words of which the first is no operand, as USAGE declares it: calls the setter
 * of each option for OPTIONS, the program's own structure, and checks that there are as many
 * operands as there may be and, where there is a "--" for one, a COMMAND. Prints --help and
 * --version. Whatever is wrong is reported. Returns -1 to go on, else the exit status to leave
 * with.
 *
 * "--" ends the options, and with operands in front of it, it begins COMMAND. With none in front of
 * it, operands follow, and perhaps another "--".
 */
int options_parse(const struct usage *usage, int argc, char *argv[], void *options,
                  struct operands *operands);

/*
 * Are COUNT operands, ITEMS, as many as TEXT (of struct usage) says? Reports the one that is
 * missing or too much. Returns -1 to go on, else EXIT_USAGE. For a program whose subcommands take
 * different operands; options_parse() has done it for its own usage.
 */
int options_check_count(const char *text, char *const items[], int count);

/* Reports "missing operand NAME; see PROGRAM --help", and returns EXIT_USAGE. */
int options_missing(const char *name);

/* How the command that is being read is called: "semop-tool op". */
const char *options_command_name(void);

#endif
