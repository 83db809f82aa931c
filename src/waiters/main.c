/* SPDX-License-Identifier: MIT */
/*
 * main.c - see waiters.h: the table of sources, and the command line.
 */
#include "config.h"

#include "waiters/waiters.h"

#include "waiters/graph.h"
#include "waiters/list.h"
#include "waiters/waiter.h"

#include "lib/cli/listing.h"
#include "lib/cli/options.h"
#include "lib/cli/report.h"

#include <stdlib.h>
#include <string.h>

/* Every kind of object that a task can wait for, in the order of the list. */
static const struct waiter_source *const sources[] = {&waiter_sets, &waiter_segments};
#define SOURCES (sizeof sources / sizeof *sources)

enum mode { MODE_LIST, MODE_DEADLOCK, MODE_GRAPH };

struct options {
    struct listing listing;
    enum mode mode;
    struct query queries[SOURCES];
    struct waiter_columns columns;
};

/* --- once, or again and again --- */

/* Does the snapshot lack something that a later one may have? A holder that ended between two
 * readings leaves a doubt, which matters for deadlocks only. */
static bool lacks_some(const struct options *options, const struct snapshot *snapshot)
{
    return snapshot->expected > snapshot->found || snapshot->missing ||
           (options->mode == MODE_DEADLOCK && snapshot_doubtful(snapshot));
}

/*
 * The kernel and the objects count waiters at one moment and /proc shows them at another: a waiter
 * that came or went in between looks hidden. So a snapshot that lacks some is taken again, at most
 * 16 times in about 150 ms: only what it lacks every time is hidden.
 */
static int take_steady(struct options *options, struct snapshot *snapshot)
{
    struct timespec pause = {0, 500000};
    int status = snapshot_take(snapshot, options->queries, SOURCES);
    for (int tries = 0; tries < 15 && lacks_some(options, snapshot) && status == EXIT_DONE;
         tries++) {
        snapshot_release(snapshot, options->queries, SOURCES);
        /* A task whose timeout has passed counts as waiting until it gets a processor. */
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < 16000000)
            pause.tv_nsec *= 2;
        status = snapshot_take(snapshot, options->queries, SOURCES);
    }
    return status;
}

/* The waiters that the snapshot may lack, by all sources. */
static uint64_t count_hidden(const struct options *options, const struct snapshot *snapshot)
{
    uint64_t hidden = 0;
    for (size_t i = 0; i < SOURCES; i++)
        if (options->queries[i].state)
            hidden += sources[i]->hidden(&options->queries[i], snapshot);
    return hidden;
}

/* Prints the snapshot, which is WHOLE if nothing was refused. */
static int print(const struct options *options, const struct snapshot *snapshot, bool whole,
                 struct table **kept, FILE *to)
{
    switch (options->mode) {
    case MODE_DEADLOCK:
        return graph_print_deadlocks(snapshot, whole, count_hidden(options, snapshot), to);
    case MODE_GRAPH: return graph_draw(snapshot, to);
    default: return list_print(&options->listing, &options->columns, snapshot, kept, to);
    }
}

static int show(void *arg, struct table **kept, FILE *to)
{
    struct options *options = arg;
    struct snapshot snapshot;
    int status = take_steady(options, &snapshot);
    status = report_worse(status, print(options, &snapshot, status == EXIT_DONE, kept, to));
    for (size_t i = 0; i < SOURCES; i++)
        if (options->queries[i].state)
            sources[i]->note_hidden(&options->queries[i], &snapshot);
    snapshot_release(&snapshot, options->queries, SOURCES);
    return status;
}

/* --- the command line --- */

OPTION_SETTER(struct options, set_mode)
{
    if (options->mode != MODE_LIST)
        return "use --deadlock or --graph, and only once";
    options->mode = strcmp(option->name, "graph") ? MODE_DEADLOCK : MODE_GRAPH;
    return NULL;
}

/* --set=SET and the like: the option is called as its source is. */
OPTION_SETTER(struct options, add_object)
{
    for (size_t i = 0; i < SOURCES; i++)
        if (!strcmp(sources[i]->option, option->name))
            return query_add(&options->queries[i], argument);
    return NULL;
}

static const struct cli_option common[] = {
    OPTION(0, "deadlock", NULL, set_mode,
           "print each cycle of processes that wait for each other (exit 3), and what dead "
           "processes left held; exit 0 if there is no cycle, 4 if some waiters could not be read"),
    OPTION(0, "graph", NULL, set_mode, "print the same as a graph in the language of dot(1)"),
    OPTION_INCLUDE(listing_options, struct options, listing),
    OPTION_STANDARD,
    {0},
};

/* The options of the subcommand whose operands are OPERANDS' objects, which need no option. */
static void build_options(struct cli_option *out, const struct query *operands)
{
    for (size_t i = 0; i < SOURCES; i++)
        if (sources[i] != operands->source)
            *out++ = (struct cli_option)OPTION(0, sources[i]->option, sources[i]->argument,
                                               add_object, sources[i]->help);
    memcpy(out, common, sizeof common);
}

static int add_operands(struct query *query, const struct operands *operands)
{
    query->all = operands->count == 0;
    for (int i = 0; i < operands->count; i++) {
        const char *rule = query_add(query, operands->items[i]);
        if (rule)
            return report_usage(operands->items[i], rule);
    }
    return -1;
}

static int parse(int argc, char *argv[], const struct waiters_usage *usage, struct options *options,
                 struct query *query)
{
    struct cli_option table[SOURCES + sizeof common / sizeof *common];
    const struct usage cli_usage = {
        .name = usage->name,
        .operands = usage->operands,
        .summary = usage->summary,
        .options = table,
        .notes = usage->notes,
        .example = usage->example,
    };
    struct operands operands;
    build_options(table, query);
    int status = options_parse(&cli_usage, argc, argv, options, &operands);
    if (status < 0)
        status = add_operands(query, &operands);
    if (status >= 0)
        return status;
    list_columns(&options->columns, options->queries, SOURCES);
    status = list_choose(&options->listing, &options->columns, options->queries, SOURCES);
    if (status < 0 && options->mode != MODE_LIST && options->listing.style.format != TABLE_COLUMNS)
        return report_usage("--json", "not valid with --deadlock or --graph");
    return status;
}

int waiters_main(int argc, char *argv[], const struct waiters_usage *usage)
{
    struct options options = {0};
    struct query *operands = NULL;
    for (size_t i = 0; i < SOURCES; i++) {
        options.queries[i].source = sources[i];
        if (!strcmp(sources[i]->option, usage->kind))
            operands = &options.queries[i];
    }
    listing_start(&options.listing);
    int status = parse(argc, argv, usage, &options, operands);
    if (status < 0)
        status = listing_run(&options.listing, show, &options, options.mode == MODE_LIST);
    for (size_t i = 0; i < SOURCES; i++)
        free(options.queries[i].names);
    return status;
}
