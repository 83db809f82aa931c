/* SPDX-License-Identifier: MIT */
/*
 * usage.c - see usage.h.
 */
#include "config.h"

#include "lib/cli/usage.h"

#include "lib/cli/report.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- options --- */

static void list_options(const struct cli_option *table, size_t offset, struct option_list *list)
{
    for (const struct cli_option *row = table; row->name || row->include; row++) {
        if (row->include) {
            list_options(row->include, offset + row->offset, list);
            continue;
        }
        if (list->count == USAGE_OPTIONS_MAX)
            abort(); /* a table is too long: no user can cause this */
        list->items[list->count].row = row;
        list->items[list->count++].offset = offset + row->offset;
    }
}

void usage_list_options(const struct cli_option *table, struct option_list *list)
{
    list->count = 0;
    list_options(table, 0, list);
}

int usage_argument_of(const struct cli_option *option)
{
    if (!option->argument)
        return no_argument;
    return *option->argument == '[' ? optional_argument : required_argument;
}

/* --- operands --- */

/* The next word of *TEXT, which is moved past it. Returns its length, 0 at the end. */
static size_t next_word(const char **text, const char **word)
{
    *word = *text + strspn(*text, " \n");
    const size_t length = strcspn(*word, " \n");
    *text = *word + length;
    return length;
}

struct operand_count usage_count(const char *operands)
{
    struct operand_count count = {0, 0, false, false};
    const char *word;
    for (size_t length; (length = next_word(&operands, &word)) > 0;) {
        if (!strncmp(word, "-- ", 3) || !strncmp(word, "[-- ", 4)) {
            count.takes_command = true;
            count.needs_command = *word == '-';
            break;
        }
        if (*word == '-')
            continue;
        count.least += *word != '[';
        if (memmem(word, length, "...", 3))
            count.most = INT_MAX;
        else if (count.most < INT_MAX)
            count.most++;
    }
    return count;
}

const char *usage_operand_name(const char *operands, int index, size_t *length)
{
    const char *word;
    while (next_word(&operands, &word) > 0)
        if (*word != '-' && *word != '[' && index-- == 0)
            break;
    *length = strcspn(word, "[. \n");
    return word;
}

/* --- --help --- */

enum { SCREEN = 80, NARROWEST = 40 }; /* columns of a screen */

/* A terminal that is narrower than a screen decides. */
static size_t screen_columns(void)
{
    const size_t columns = report_columns(STDOUT_FILENO);
    if (!columns || columns > SCREEN)
        return SCREEN;
    return columns > NARROWEST ? columns : NARROWEST;
}

/* A longer left side has its help on the line below. */
static size_t left_most(void)
{
    return screen_columns() * 2 / 5;
}

/* Prints TEXT, whose first line begins at COLUMN, and the others at INDENT; lines that are too long
 * are broken between words. */
static void print_text(const char *text, size_t column, size_t indent)
{
    while (*text) {
        const size_t room = screen_columns() - column;
        size_t length = strcspn(text, "\n");
        if (length > room) {
            length = room;
            while (length > 1 && text[length] != ' ')
                length--;
            if (length == 1) /* a word that is longer than the room */
                length = strcspn(text, " \n");
        }
        printf("%.*s\n", (int)length, text);
        text += length + (text[length] != '\0');
        column = indent;
        printf("%*s", *text ? (int)indent : 0, "");
    }
}

/* "-k, --key=KEY" */
static void format_option(const struct cli_option *option, char *out, size_t size)
{
    const char *argument = option->argument ? option->argument : "";
    if (option->letter)
        snprintf(out, size, "  -%c, --%s%s", option->letter, option->name, argument);
    else
        snprintf(out, size, "      --%s%s", option->name, argument);
}

static void format_subcommand(const struct subcommand *subcommand, char *out, size_t size)
{
    const char *operands = subcommand->operands ? subcommand->operands : "";
    snprintf(out, size, "  %s%s%s", subcommand->name, *operands ? " " : "", operands);
}

/* LEFT, and HELP from COLUMN on. */
static void print_row(const char *left, const char *help, size_t column)
{
    size_t used = strlen(left);
    fputs(left, stdout);
    if (used + 2 > column) {
        putchar('\n');
        used = 0;
    }
    printf("%*s", (int)(column - used), "");
    print_text(help, column, column);
}

static size_t widen(size_t column, const char *left)
{
    const size_t width = strlen(left);
    return width <= left_most() && width + 2 > column ? width + 2 : column;
}

static void print_subcommands(const struct subcommand *table)
{
    char left[128];
    size_t column = 0;
    for (const struct subcommand *row = table; row->name; row++) {
        format_subcommand(row, left, sizeof left);
        column = row->help ? widen(column, left) : column;
    }
    for (const struct subcommand *row = table; row->name; row++)
        if (row->help) {
            format_subcommand(row, left, sizeof left);
            print_row(left, row->help, column);
        }
}

/* Options without help share lines. *USED is how much of the line is taken; 0: none is begun. */
static void print_short(const char *left, size_t *used)
{
    const char *bare = left + strspn(left, " ");
    if (*used && *used + 2 + strlen(bare) > screen_columns()) {
        putchar('\n');
        *used = 0;
    }
    *used += (size_t)(*used ? printf("  %s", bare) : printf("%s", left));
}

static void end_short(size_t *used)
{
    if (*used)
        putchar('\n');
    *used = 0;
}

static void print_options(const struct usage *usage)
{
    struct option_list list;
    char left[128];
    size_t column = 0, used = 0;
    const char *command_help = usage->command_help;
    usage_list_options(usage->options, &list);
    for (size_t i = 0; i < list.count; i++) {
        format_option(list.items[i].row, left, sizeof left);
        column = list.items[i].row->help ? widen(column, left) : column;
    }
    column = command_help ? widen(column, "  -- COMMAND") : column;
    for (size_t i = 0; i < list.count; i++) {
        const struct cli_option *row = list.items[i].row;
        /* COMMAND comes after the program's own options, before those that all have. */
        if (command_help && !row->help) {
            end_short(&used);
            print_row("  -- COMMAND", command_help, column);
            command_help = NULL;
        }
        format_option(row, left, sizeof left);
        if (row->help) {
            end_short(&used);
            print_row(left, row->help, column);
        } else {
            print_short(left, &used);
        }
    }
    end_short(&used);
}

void usage_print(const struct usage *usage)
{
    const size_t indent = strlen("Usage: ") + strlen(usage->name) + 1;
    /* Where they go between subcommand and operands, the text says so. */
    const char *options = usage->subcommands ? "" : "[options] ";
    printf("Usage: %s %s", usage->name, options);
    if (*usage->operands)
        print_text(usage->operands, indent + strlen(options), indent);
    else
        putchar('\n');
    print_text(usage->summary, 0, 0);
    putchar('\n');
    if (usage->subcommands) {
        print_subcommands(usage->subcommands);
        putchar('\n');
    }
    print_options(usage);
    if (usage->notes) {
        putchar('\n');
        print_text(usage->notes, 0, 0);
    }
    printf("\nExample: %s\n", usage->example);
}
