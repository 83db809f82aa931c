/*
 * main.c - see waiters.h: the table of sources, and the command line.
 */
#include "config.h"

#include "waiters/waiters.h"

#include "waiters/graph.h"
#include "waiters/list.h"
#include "waiters/waiter.h"

#include "lib/cli/listing.h"
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

/*
 * The kernel counts waiters at one moment and /proc shows them at another: a waiter that came or
 * went in between looks hidden. So a snapshot that lacks some is taken again, at most 16 times in
 * about 150 ms: only what it lacks every time is hidden.
 */
static int take_steady(struct options *options, struct snapshot *snapshot)
{
    struct timespec pause = {0, 500000};
    int status = snapshot_take(snapshot, options->queries, SOURCES);
    for (int tries = 0; tries < 15 && snapshot->expected > snapshot->found && status == EXIT_DONE;
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

static int print(const struct options *options, const struct snapshot *snapshot,
                 struct table **kept, FILE *to)
{
    switch (options->mode) {
    case MODE_DEADLOCK: return graph_print_deadlocks(snapshot, to);
    case MODE_GRAPH: return graph_draw(snapshot, to);
    default: return list_print(&options->listing, &options->columns, snapshot, kept, to);
    }
}

static int show(void *arg, struct table **kept, FILE *to)
{
    struct options *options = arg;
    struct snapshot snapshot;
    int status = take_steady(options, &snapshot);
    status = report_worse(status, print(options, &snapshot, kept, to));
    for (size_t i = 0; i < SOURCES; i++)
        if (options->queries[i].state)
            sources[i]->note_hidden(&options->queries[i], &snapshot);
    snapshot_release(&snapshot, options->queries, SOURCES);
    return status;
}

/* --- the command line --- */

/* OPT_SOURCE + i is the option of sources[i]. */
enum { OPT_DEADLOCK = OPT_OWN, OPT_GRAPH, OPT_SOURCE };

/* The options of the subcommand whose operands are OPERANDS' objects: those need no option. */
static void build_options(struct option *out, const struct query *operands)
{
    static const struct option common[] = {{"deadlock", no_argument, NULL, OPT_DEADLOCK},
                                           {"graph", no_argument, NULL, OPT_GRAPH},
                                           LISTING_OPTIONS,
                                           REPORT_OPTIONS};
    for (size_t i = 0; i < SOURCES; i++)
        if (sources[i] != operands->source)
            *out++ =
                (struct option){sources[i]->option, required_argument, NULL, OPT_SOURCE + (int)i};
    memcpy(out, common, sizeof common);
}

static const char *set_mode(struct options *options, int option)
{
    if (options->mode != MODE_LIST)
        return "one at a time: this, or --deadlock";
    options->mode = option == OPT_DEADLOCK ? MODE_DEADLOCK : MODE_GRAPH;
    return NULL;
}

static int parse_options(int argc, char *argv[], struct options *options, struct query *operands)
{
    struct option long_options[SOURCES + 32];
    int option, status;
    build_options(long_options, operands);
    while ((option = getopt_long(argc, argv, ":" LISTING_LETTERS, long_options, NULL)) != -1) {
        const char *rule = NULL;
        if (option == OPT_DEADLOCK || option == OPT_GRAPH)
            rule = set_mode(options, option);
        else if (option >= OPT_SOURCE && option < OPT_SOURCE + (int)SOURCES)
            rule = query_add(&options->queries[option - OPT_SOURCE], optarg);
        else if (!listing_option(&options->listing, option, optarg, &rule) &&
                 (status = report_option(option, argv)) >= 0)
            return status;
        if (rule)
            return report_usage(optarg ? optarg : "--graph", rule);
    }
    return -1;
}

static int parse(int argc, char *argv[], struct options *options, struct query *operands)
{
    const int status = parse_options(argc, argv, options, operands);
    if (status >= 0)
        return status;
    operands->all = optind == argc;
    for (int i = optind; i < argc; i++) {
        const char *broken = query_add(operands, argv[i]);
        if (broken)
            return report_usage(argv[i], broken);
    }
    list_columns(&options->columns, options->queries, SOURCES);
    const char *rule = list_choose(&options->listing, &options->columns, options->queries, SOURCES);
    if (rule)
        return report_usage(options->listing.list ? options->listing.list : "--count", rule);
    if (options->mode != MODE_LIST && options->listing.style.format != TABLE_COLUMNS)
        return report_usage("--json", "--deadlock and --graph have a form of their own");
    return -1;
}

int waiters_main(int argc, char *argv[], const char *help, const char *kind)
{
    struct options options = {0};
    struct query *operands = NULL;
    for (size_t i = 0; i < SOURCES; i++) {
        options.queries[i].source = sources[i];
        if (!strcmp(sources[i]->option, kind))
            operands = &options.queries[i];
    }
    report_help(help);
    listing_start(&options.listing);
    int status = parse(argc, argv, &options, operands);
    if (status < 0)
        status = listing_run(&options.listing, show, &options, options.mode == MODE_LIST);
    for (size_t i = 0; i < SOURCES; i++)
        free(options.queries[i].names);
    return status;
}
