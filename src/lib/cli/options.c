/* SPDX-License-Identifier: MIT */
/*
 * options.c - see options.h.
 */
#include "config.h"

#include "lib/cli/options.h"

#include "lib/calls/calls.h"
#include "lib/cli/report.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* What is being read: --help prints it, and messages refer to it. */
static const struct usage *current;

const char *options_command_name(void)
{
    return current->name;
}

/* --- options that all programs have --- */

static const char *set_calls(const struct cli_option *option, const char *argument, void *target)
{
    (void)option;
    (void)argument;
    (void)target;
    calls_trace(stderr);
    return NULL;
}

static const char *show_help(const struct cli_option *option, const char *argument, void *target)
{
    (void)option;
    (void)argument;
    (void)target;
    usage_print(current);
    return NULL;
}

static const char *show_version(const struct cli_option *option, const char *argument, void *target)
{
    (void)option;
    (void)argument;
    (void)target;
    report_version();
    return NULL;
}

const struct cli_option standard_options[] = {
    OPTION(0, "calls", NULL, set_calls, NULL),
    {.name = "help", .set = show_help, .flags = OPTION_STOPS},
    {.name = "version", .set = show_version, .flags = OPTION_STOPS},
    {0},
};

const char *option_set_flag(const struct cli_option *option, const char *argument, void *target)
{
    bool *const flag = target;
    (void)option;
    (void)argument;
    *flag = true;
    return NULL;
}

const char *option_set_text(const struct cli_option *option, const char *argument, void *target)
{
    const char **const text = target;
    (void)option;
    *text = argument;
    return NULL;
}

/* --- options --- */

/* What getopt_long(3) returns for the long option of index 0; letters are below. */
enum { FIRST_LONG = 256 };

struct getopt_tables {
    struct option_list list;
    struct option names[USAGE_OPTIONS_MAX + 1];
    char letters[3 * USAGE_OPTIONS_MAX + 3];
};

static void make_tables(const struct usage *usage, struct getopt_tables *tables)
{
    usage_list_options(usage->options, &tables->list);
    size_t used = (size_t)sprintf(tables->letters, usage->options_first ? "+:" : ":");
    for (size_t i = 0; i < tables->list.count; i++) {
        const struct cli_option *row = tables->list.items[i].row;
        const int argument = usage_argument_of(row);
        tables->names[i] = (struct option){row->name, argument, NULL, FIRST_LONG + (int)i};
        if (!row->letter)
            continue;
        tables->letters[used++] = (char)row->letter;
        for (int colons = 0; colons < argument; colons++) /* one: required, two: optional */
            tables->letters[used++] = ':';
    }
    tables->letters[used] = '\0';
    tables->names[tables->list.count] = (struct option){NULL, 0, NULL, 0};
}

/* The index of what getopt_long(3) returned. Its own '?' and ':' are no letters of ours: COUNT. */
static size_t find_option(const struct option_list *list, int found)
{
    if (found >= FIRST_LONG)
        return (size_t)(found - FIRST_LONG);
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].row->letter == found)
            return i;
    return list->count;
}

/* getopt_long(3) leaves the = to a letter's argument. "=@3" stays: it is the byte = for --fill. */
static const char *strip_equals(const struct cli_option *row, int found, const char *argument)
{
    const bool strips = row->flags & OPTION_STRIP_EQUALS && found < FIRST_LONG;
    return strips && argument && *argument == '=' && argument[1] && argument[1] != '@'
               ? argument + 1
               : argument;
}

static int bad_option(const struct cli_option *row, const char *argument, const char *rule)
{
    char name[64];
    snprintf(name, sizeof name, "--%s", row->name);
    return report_usage(argument ? argument : name, rule);
}

static int parse_options(const struct usage *usage, int argc, char *argv[], void *options)
{
    struct getopt_tables tables;
    int found;
    make_tables(usage, &tables);
    optind = 0; /* getopt(3): begin with this ARGV, whatever was read before */
    while ((found = getopt_long(argc, argv, tables.letters, tables.names, NULL)) != -1) {
        const size_t index = find_option(&tables.list, found);
        if (index == tables.list.count)
            return report_unknown_option(argv, found == ':');
        const struct cli_option *row = tables.list.items[index].row;
        const char *argument = strip_equals(row, found, optarg);
        const char *rule =
            row->set(row, argument, (char *)options + tables.list.items[index].offset);
        if (rule)
            return bad_option(row, argument, rule);
        if (row->flags & OPTION_STOPS)
            return EXIT_DONE;
    }
    return -1;
}

/* --- operands --- */

int options_missing(const char *name)
{
    report_note("missing operand %s; see %s --help", name, current->name);
    return EXIT_USAGE;
}

static int missing_operand(const char *text, int index)
{
    char name[64];
    size_t length;
    const char *start = usage_operand_name(text, index, &length);
    snprintf(name, sizeof name, "%.*s", (int)length, start);
    return options_missing(name);
}

static int unexpected_operand(const char *operand, bool takes_command)
{
    char rule[128];
    if (takes_command)
        return report_usage(operand, "unexpected operand; put COMMAND after --");
    snprintf(rule, sizeof rule, "unexpected operand; see %s --help", current->name);
    return report_usage(operand, rule);
}

int options_check_count(const char *text, char *const items[], int count)
{
    const struct operand_count wanted = usage_count(text);
    if (count < wanted.least)
        return missing_operand(text, count);
    if (count > wanted.most)
        return unexpected_operand(items[wanted.most], wanted.takes_command);
    return -1;
}

static int check_operands(const struct usage *usage, const struct operands *operands)
{
    const int status = options_check_count(usage->operands, operands->items, operands->count);
    if (status >= 0)
        return status;
    if (operands->command ? *operands->command != NULL
                          : !usage_count(usage->operands).needs_command)
        return -1;
    report_note("missing COMMAND after --; see %s --help", usage->name);
    return EXIT_USAGE;
}

/* The index of the first "--" in ARGV, ARGC if there is none. */
static int find_dashes(int argc, char *const argv[])
{
    int index = 1;
    while (index < argc && strcmp(argv[index], "--"))
        index++;
    return index < argc ? index : argc;
}

/* OPTIND is the first operand of the side that ends at DASHES. */
static void split_at_dashes(int argc, char *argv[], int dashes, struct operands *operands)
{
    operands->items = argv + optind;
    operands->count = dashes - optind;
    operands->command = dashes < argc ? argv + dashes + 1 : NULL;
    if (operands->count || dashes == argc)
        return;
    /* Nothing in front of "--": it ended the options. */
    const int rest = argc - dashes, next = find_dashes(rest, argv + dashes);
    operands->items = argv + dashes + 1;
    operands->count = next - 1;
    operands->command = next < rest ? operands->items + next : NULL;
}

/* getopt_long(3) would put both sides of "--" into one list, so it is shown the left side only. */
static int parse_with_command(const struct usage *usage, int argc, char *argv[], void *options,
                              struct operands *operands)
{
    const int dashes = find_dashes(argc, argv);
    char *const separator = argv[dashes];
    argv[dashes] = NULL;
    const int status = parse_options(usage, dashes, argv, options);
    argv[dashes] = separator;
    if (status < 0)
        split_at_dashes(argc, argv, dashes, operands);
    return status;
}

int options_parse(const struct usage *usage, int argc, char *argv[], void *options,
                  struct operands *operands)
{
    const struct operand_count wanted = usage_count(usage->operands);
    current = usage;
    *operands = (struct operands){0};
    int status;
    if (wanted.takes_command) {
        status = parse_with_command(usage, argc, argv, options, operands);
    } else {
        status = parse_options(usage, argc, argv, options);
        operands->items = argv + optind;
        operands->count = argc - optind;
    }
    /* A subcommand counts its own. */
    return status >= 0 || usage->subcommands ? status : check_operands(usage, operands);
}
