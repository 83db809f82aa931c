/* SPDX-License-Identifier: MIT */
/*
 * usage.h - what a program or a subcommand takes, declared once: operands, options, help.
 *
 *   struct options {
 *       bool all;
 *       const char *file;
 *       struct timespec limit;
 *       struct listing listing;
 *   };
 *
 *   OPTION_SETTER(struct options, set_limit)
 *   {
 *       return operand_duration(argument, &options->limit);
 *   }
 *
 *   static const struct cli_option option_table[] = {
 *       OPTION_FLAG('a', "all", struct options, all, "list every object"),
 *       OPTION_TEXT('f', "file", "=FILE", struct options, file, "read names from FILE"),
 *       OPTION('t', "timeout", "=DURATION", set_limit, "wait no longer than this"),
 *       OPTION_INCLUDE(listing_options, struct options, listing),
 *       OPTION_STANDARD,
 *       {0},
 *   };
 *
 *   static const struct usage usage = {
 *       .name = "example",
 *       .operands = "SEGMENT [NAME...]",
 *       .summary = "Do something to a segment.",
 *       .options = option_table,
 *       .example = "example -a 5",
 *   };
 */
#ifndef IPCLAB_USAGE_H
#define IPCLAB_USAGE_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

struct cli_option;

/*
 * Stores what one option says. ARGUMENT is NULL where an optional one was left out; TARGET is
 * OPTION->offset bytes into the program's own structure. Returns NULL, or the rule that ARGUMENT
 * broke, fit to stand after "PROGRAM: ARGUMENT: ".
 */
typedef const char *option_setter(const struct cli_option *option, const char *argument,
                                  void *target);

/* Begins the setter NAME, whose target is a TYPE called options. */
#define OPTION_SETTER(type, name)                                                                \
    static const char *name##_in(__attribute__((unused)) const struct cli_option *option,        \
                                 __attribute__((unused)) const char *argument, type *options);   \
    static const char *name(const struct cli_option *option, const char *argument, void *target) \
    {                                                                                            \
        return name##_in(option, argument, target);                                              \
    }                                                                                            \
    static const char *name##_in(__attribute__((unused)) const struct cli_option *option,        \
                                 __attribute__((unused)) const char *argument, type *options)

enum option_flags {
    OPTION_STOPS = 1,        /* the program is done after the setter, with EXIT_DONE */
    OPTION_STRIP_EQUALS = 2, /* -r=0:4 means -r0:4, as --read=0:4 does */
};

/* A table of options ends with a row of zeros. */
struct cli_option {
    int letter;           /* 0: it has none */
    const char *name;     /* the long one, without its dashes */
    const char *argument; /* as --help shows it: "=KEY" is required, "[=SIZE]" optional; NULL: takes
                             none */
    const char *help;     /* any length; NULL: such options share a line of --help */
    option_setter *set;
    size_t offset;                    /* of what SET changes, in the program's structure */
    unsigned flags;                   /* enum option_flags */
    const struct cli_option *include; /* not an option, but a table of them, moved by OFFSET */
};

/* Sets a bool to true; stores the argument. */
option_setter option_set_flag, option_set_text;

/* Rows. NAME has no dashes, MEMBER is that of TYPE which is set. */
#define OPTION(letter_, name_, argument_, setter, help_)                                \
    {                                                                                   \
        .letter = (letter_), .name = (name_), .argument = (argument_), .set = (setter), \
        .help = (help_)                                                                 \
    }
#define OPTION_FLAG(letter_, name_, type, member, help_)                               \
    {                                                                                  \
        .letter = (letter_), .name = (name_), .set = option_set_flag, .help = (help_), \
        .offset = offsetof(type, member)                                               \
    }
#define OPTION_TEXT(letter_, name_, argument_, type, member, help_)                            \
    {                                                                                          \
        .letter = (letter_), .name = (name_), .argument = (argument_), .set = option_set_text, \
        .help = (help_), .offset = offsetof(type, member)                                      \
    }
#define OPTION_INCLUDE(table, type, member)                  \
    {                                                        \
        .include = (table), .offset = offsetof(type, member) \
    }

/* --calls, --help and --version, which every program and every subcommand has. */
extern const struct cli_option standard_options[];
#define OPTION_STANDARD              \
    {                                \
        .include = standard_options, \
    }

/* A table of subcommands ends with a row of zeros. */
struct subcommand {
    const char *name;
    int (*run)(int argc, char *argv[]); /* argv[0] is the subcommand's name; an exit status */
    const char *operands;               /* as in struct usage, for the list; NULL: none */
    const char *help;                   /* NULL: it is not listed */
};

struct usage {
    const char *name; /* as it is called: "shmstat", "semop-tool op" */
    /*
     * The operands, as the first line of --help shows them, and therefore how many there may be:
     * SEGMENT is required, [FILE] optional, SEGMENT... or [SEGMENT...] repeated. --help puts
     * "[options]" in front, unless there are subcommands. Words that begin
     * with - are options to be remembered. "-- COMMAND [ARG...]" or "[-- COMMAND [ARG...]]" comes
     * last.
     */
    const char *operands;
    const char *summary;                  /* what it does, a few lines */
    const struct subcommand *subcommands; /* NULL: none */
    const struct cli_option *options;
    const char *command_help; /* what happens with COMMAND; NULL: it takes none */
    const char *notes;        /* a paragraph below the options; NULL: none */
    const char *example;      /* one line that works */
    bool options_first;       /* the first operand ends the options; the rest is a subcommand's */
};

#define USAGE_OPTIONS_MAX 48

/* The options of a table and of those that it includes, in order. */
struct option_list {
    struct {
        const struct cli_option *row;
        size_t offset; /* of its target, all included tables counted */
    } items[USAGE_OPTIONS_MAX];
    size_t count;
};

void usage_list_options(const struct cli_option *table, struct option_list *list);

/* no_argument, required_argument or optional_argument. */
int usage_argument_of(const struct cli_option *option);

/* What USAGE->operands says. */
struct operand_count {
    int least, most;                   /* MOST is INT_MAX without a bound */
    bool takes_command, needs_command; /* after -- */
};

struct operand_count usage_count(const char *operands);

/* The name of operand INDEX of those that are required: "SEGMENT". *LENGTH is its length. */
const char *usage_operand_name(const char *operands, int index, size_t *length);

/* Prints --help to standard output: usage, summary, subcommands, options, notes, example. */
void usage_print(const struct usage *usage);

#endif
