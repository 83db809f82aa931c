/* SPDX-License-Identifier: MIT */
/*
 * listing.c - see listing.h.
 */
#include "config.h"

#include "lib/cli/listing.h"

#include "lib/base/operand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

void listing_start(struct listing *listing)
{
    listing->pause = (struct timespec){2, 0};
    listing->style.colours = report_colours();
}

static const char *parse_time(struct listing *listing, const char *text)
{
    static const char *const names[] = {"short", "full", "iso", "raw"};
    for (size_t i = 0; i < 4; i++)
        if (!strcmp(text, names[i])) {
            listing->style.time = (enum text_time)i;
            return NULL;
        }
    return "a time format is short, full, iso or raw";
}

OPTION_SETTER(struct listing, set_format)
{
    const enum table_format format = option->letter == 'J'   ? TABLE_JSON
                                     : option->letter == 'r' ? TABLE_RAW
                                                             : TABLE_EXPORT;
    if (options->style.format != TABLE_COLUMNS && options->style.format != format)
        return "use one of --json, --raw and --export";
    options->style.format = format;
    return NULL;
}

OPTION_SETTER(struct listing, set_time_format)
{
    return parse_time(options, argument);
}

OPTION_SETTER(struct listing, set_watch)
{
    options->watch = true;
    return argument ? operand_duration(argument, &options->pause) : NULL;
}

OPTION_SETTER(struct listing, set_count)
{
    options->has_count = true;
    return operand_number(argument, 1, UINT32_MAX, "invalid count: use 1 to 4294967295",
                          &options->count);
}

const struct cli_option listing_options[] = {
    OPTION(0, "watch", "[=SECONDS]", set_watch,
           "print every 2 seconds, or SECONDS, with changes marked"),
    OPTION(0, "count", "=N", set_count, "stop watching after N times"),
    OPTION_TEXT('o', "output", "=[+]LIST", struct listing, list,
                "these columns, or with + these too; -o help lists them"),
    OPTION('J', "json", NULL, set_format, NULL),
    OPTION('r', "raw", NULL, set_format, NULL),
    OPTION('e', "export", NULL, set_format, NULL),
    OPTION_FLAG('n', "noheadings", struct listing, style.noheadings, NULL),
    OPTION_FLAG('b', "bytes", struct listing, style.bytes, NULL),
    OPTION(0, "time-format", "=short|full|iso|raw", set_time_format, NULL),
    {0},
};

int listing_choose_columns(struct listing *listing, const struct column *columns, size_t count,
                           const char *start)
{
    if (listing->list && !strcasecmp(listing->list, "help")) {
        table_print_help(columns, count, stdout);
        return EXIT_DONE;
    }
    const char *rule = table_choose(columns, count, start, listing->chosen, &listing->chosen_count);
    if (!rule && listing->list)
        rule = table_choose(columns, count, listing->list, listing->chosen, &listing->chosen_count);
    if (rule)
        return report_usage(listing->list ? listing->list : start, rule);
    if (listing->has_count && !listing->watch)
        return report_usage("--count", "only valid with --watch");
    return -1;
}

int listing_print(const struct listing *listing, struct table *table, struct table **kept, FILE *to)
{
    int status = EXIT_DONE;
    if (table && *kept && listing->style.colours)
        table_mark_changes(table, *kept);
    if (!table || table_print(table, to))
        status = report_error("list", "print");
    table_free(*kept);
    *kept = table;
    return status;
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

/* How many lines the screen has above the cursor's; unlimited if the terminal does not know. */
static size_t screen_lines(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 2 ? size.ws_row - 1U
                                                                           : SIZE_MAX;
}

/*
 * Overwrites the screen from its top, and clears only the rest of each line, so that nothing
 * flickers. A text longer than the screen would scroll the heading away, so the last line says how
 * many lines were left out.
 */
static void repaint(const char *text)
{
    const size_t room = screen_lines(), lines = count_lines(text),
                 most = lines > room ? room - 1 : lines;
    fputs("\033[H", stdout);
    for (size_t i = 0; i < most; i++) {
        const char *end = strchrnul(text, '\n');
        printf("%.*s\033[K\n", (int)(end - text), text);
        text = end + (*end == '\n');
    }
    if (most < lines)
        printf("(%zu more lines)\033[K\n", lines - most);
    fputs("\033[J", stdout);
}

static int show_on_screen(listing_show *show, void *arg, struct table **kept)
{
    char *text = NULL;
    size_t length;
    FILE *memory = open_memstream(&text, &length);
    if (!memory)
        return report_error("--watch", "print");
    FILE *const before = report_to(memory); /* the repaint would overwrite messages */
    const int status = show(arg, kept, memory);
    report_to(before);
    fclose(memory);
    repaint(text);
    free(text);
    return status;
}

static void pause_for(struct timespec pause)
{
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, &pause) == EINTR)
        ;
}

int listing_run(const struct listing *listing, listing_show *show, void *arg, bool screen)
{
    struct table *kept = NULL;
    int status = EXIT_DONE;
    const uint64_t rounds = !listing->watch ? 1 : listing->has_count ? listing->count : UINT64_MAX;
    screen = screen && listing->watch && listing->style.format == TABLE_COLUMNS && report_screen();
    for (uint64_t round = 0; round < rounds; round++) {
        if (round)
            pause_for(listing->pause);
        if (round && !screen && listing->style.format == TABLE_COLUMNS)
            putchar('\n');
        status = report_worse(status,
                              screen ? show_on_screen(show, arg, &kept) : show(arg, &kept, stdout));
        if (fflush(stdout))
            break; /* report_finish() reports why */
    }
    table_free(kept);
    return status;
}
