/*
 * waiters.c - see waiters.h: the list, the graph, and the command line.
 */
#include "config.h"

#include "waiters/waiters.h"

#include "lib/base/names.h"
#include "lib/cli/report.h"
#include "lib/sem/semops.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- collecting --- */

struct waiter *waiters_add(struct picture *picture, const struct procfs_waiter *task)
{
    struct waiter *waiter = &picture->waiters[picture->count++];
    *waiter = (struct waiter){.task = task};
    procfs_process(&picture->fs, task->pid, &waiter->process);
    picture->on_sets += task->in == PROCFS_WAIT_SEMOP;
    return waiter;
}

static int find_blocked(const struct waiters_options *options, struct picture *picture)
{
    const unsigned in = (options->sets.all || options->sets.count ? PROCFS_WAIT_SEMOP : 0u) |
                        (picture->watched_count ? PROCFS_WAIT_FUTEX : 0u);
    if (in && procfs_find_waiters(&picture->fs, in, &picture->blocked))
        return report_error("/proc", "read who is blocked");
    picture->waiters = calloc(picture->blocked.count + 1, sizeof *picture->waiters);
    return picture->waiters ? EXIT_DONE : report_error("waiters", "list");
}

static int collect(const struct waiters_options *options, struct picture *picture)
{
    *picture = (struct picture){0};
    if (procfs_open(&picture->fs, "/proc"))
        return report_error("/proc", "open");
    int status = waiters_watch(options, picture);
    status = report_worse(status, waiters_count_sets(options, picture));
    const int found = find_blocked(options, picture);
    if (found)
        return report_worse(status, found);
    waiters_collect_sets(options, picture);
    waiters_collect_segments(picture);
    return status;
}

static void release(struct picture *picture)
{
    free(picture->waiters);
    free(picture->sets);
    procfs_waiters_free(&picture->blocked);
    waiters_unwatch(picture);
    procfs_close(&picture->fs);
}

/* --- as a list --- */

COLUMN_GETTER(struct waiter, get_pid)
{
    snprintf(cell, size, "%d", row->task->pid);
}

COLUMN_GETTER(struct waiter, get_tid)
{
    snprintf(cell, size, "%d", row->task->tid);
}

COLUMN_GETTER(struct waiter, get_user)
{
    if (row->process.exists)
        snprintf(cell, size, "%s", names_user(row->process.uid));
}

COLUMN_GETTER(struct waiter, get_command)
{
    snprintf(cell, size, "%s", row->process.command);
}

/* What is not known is a question mark for people, and null in JSON where a number is expected. */
static void put_unknown(const struct table_style *style, char *cell, size_t size)
{
    if (style->format == TABLE_COLUMNS)
        snprintf(cell, size, "?");
}

COLUMN_GETTER(struct waiter, get_set)
{
    if (row->segment)
        return;
    if (row->task->set >= 0)
        snprintf(cell, size, "%d", row->task->set);
    else
        put_unknown(style, cell, size);
}

COLUMN_GETTER(struct waiter, get_ops)
{
    if (row->segment)
        return;
    if (row->task->ops)
        semops_print(row->task->ops, row->task->count, cell, size);
    else
        snprintf(cell, size, "?");
}

COLUMN_GETTER(struct waiter, get_stuck)
{
    if (row->segment)
        return;
    if (row->stuck)
        semops_print(row->stuck, 1, cell, size);
    else
        snprintf(cell, size, "?");
}

COLUMN_GETTER(struct waiter, get_value)
{
    if (row->segment)
        return;
    if (row->stuck)
        snprintf(cell, size, "%d", row->value);
    else
        put_unknown(style, cell, size);
}

COLUMN_GETTER(struct waiter, get_lpid)
{
    if (row->segment)
        return;
    if (row->stuck && row->last > 0)
        snprintf(cell, size, "%d", row->last);
    else
        put_unknown(style, cell, size);
}

COLUMN_GETTER(struct waiter, get_lstate)
{
    if (row->segment)
        return;
    if (row->stuck && row->last > 0)
        snprintf(cell, size, "%s", row->last_alive ? "alive" : "gone");
    else
        snprintf(cell, size, "?");
}

COLUMN_GETTER(struct waiter, get_lcommand)
{
    if (row->segment)
        return;
    if (row->stuck && row->last_alive)
        snprintf(cell, size, "%s", row->last_process.command);
}

COLUMN_GETTER(struct waiter, get_segment)
{
    if (row->segment)
        snprintf(cell, size, "%s", row->segment->label);
}

COLUMN_GETTER(struct waiter, get_object)
{
    if (row->segment)
        snprintf(cell, size, "%s", row->object.spec.name);
}

COLUMN_GETTER(struct waiter, get_kind)
{
    if (row->segment)
        snprintf(cell, size, "%s", pshared_kind_name(row->object.spec.kind));
}

COLUMN_GETTER(struct waiter, get_owner)
{
    if (row->segment && row->last > 0)
        snprintf(cell, size, "%d", row->last);
}

COLUMN_GETTER(struct waiter, get_otid)
{
    if (row->segment && row->owner_tid > 0)
        snprintf(cell, size, "%d", row->owner_tid);
}

COLUMN_GETTER(struct waiter, get_ostate)
{
    if (row->segment && row->last > 0)
        snprintf(cell, size, "%s", row->last_alive ? "alive" : "gone");
}

COLUMN_GETTER(struct waiter, get_ocommand)
{
    if (row->segment && row->last_alive)
        snprintf(cell, size, "%s", row->last_process.command);
}

static const struct column columns[] = {
    {"PID", COLUMN_NUMBER | COLUMN_RIGHT, get_pid, "process"},
    {"TID", COLUMN_NUMBER | COLUMN_RIGHT, get_tid, "thread"},
    {"USER", 0, get_user, "its user"},
    {"COMMAND", COLUMN_FOREIGN | COLUMN_TRUNC, get_command, "its command line"},
    {"SET", COLUMN_NUMBER | COLUMN_RIGHT, get_set, "the set it waits on"},
    {"OPS", 0, get_ops, "the list it waits with"},
    {"STUCK", 0, get_stuck, "the operation that cannot proceed"},
    {"VALUE", COLUMN_NUMBER | COLUMN_RIGHT, get_value, "that semaphore's value"},
    {"LPID", COLUMN_NUMBER | COLUMN_RIGHT, get_lpid, "process that operated on it last"},
    {"LSTATE", 0, get_lstate, "alive or gone"},
    {"LCOMMAND", COLUMN_FOREIGN | COLUMN_TRUNC, get_lcommand, "its command line"},
    {"SEGMENT", 0, get_segment, "the segment of the object it waits for"},
    {"OBJECT", 0, get_object, "that object's name"},
    {"KIND", 0, get_kind, "mutex, cond, sem, rwlock or barrier"},
    {"OWNER", COLUMN_NUMBER | COLUMN_RIGHT, get_owner, "process that holds it"},
    {"OTID", COLUMN_NUMBER | COLUMN_RIGHT, get_otid, "thread that holds it"},
    {"OSTATE", 0, get_ostate, "alive or gone"},
    {"OCOMMAND", COLUMN_FOREIGN | COLUMN_TRUNC, get_ocommand, "its command line"},
};
#define COLUMNS (sizeof columns / sizeof *columns)

static int show_list(const struct waiters_options *options, const struct picture *picture,
                     struct table **kept, FILE *to)
{
    const struct listing *listing = &options->listing;
    struct table *table =
        table_new("waiters", &listing->style, columns, listing->chosen, listing->chosen_count);
    if (table)
        table_set_key(table, get_tid);
    for (size_t i = 0; table && i < picture->count; i++)
        if (!table_row(table, &picture->waiters[i], NULL)) {
            table_free(table);
            table = NULL;
        }
    return listing_print(listing, table, kept, to);
}

/* What cannot be seen is said: the kernel counts waiters without telling who they are. */
static void note_hidden(const struct picture *picture)
{
    if (picture->expected > picture->on_sets)
        report_note("%" PRIu64 " waiting, %" PRIu64 " not visible to you: %s", picture->expected,
                    picture->expected - picture->on_sets,
                    geteuid() ? "run it as root, or as their user"
                              : "in another PID namespace, or where ptrace(2) may not go");
    else if (picture->partial)
        report_note("there are sets that you may not read: who waits there cannot be counted");
    if (picture->watched_count && picture->blocked.unreadable && geteuid() != 0)
        report_note(
            "%zu task%s that you may not look into: who of them waits for an object is not known",
            picture->blocked.unreadable, picture->blocked.unreadable == 1 ? "" : "s");
}

/* --- once, or again and again --- */

/*
 * The kernel counts waiters at one moment and /proc shows them at another. Who came or went between
 * is not hidden: only what is missing each time is.
 */
static int collect_steady(const struct waiters_options *options, struct picture *picture)
{
    struct timespec pause = {0, 500000};
    int status = collect(options, picture);
    for (int tries = 0; tries < 15 && picture->expected > picture->on_sets && status == EXIT_DONE;
         tries++) {
        release(picture);
        nanosleep(&pause,
                  NULL); /* one whose time is over counts as waiting until it gets a processor */
        if (pause.tv_nsec < 16000000)
            pause.tv_nsec *= 2;
        status = collect(options, picture);
    }
    return status;
}

static int show(void *arg, struct table **kept, FILE *to)
{
    const struct waiters_options *options = arg;
    struct picture picture;
    int status = collect_steady(options, &picture);
    if (options->mode == MODE_LIST)
        status = report_worse(status, show_list(options, &picture, kept, to));
    else
        status = report_worse(status, waiters_show_graph(options, &picture, to));
    note_hidden(&picture);
    release(&picture);
    return status;
}

/* --- the command line --- */

enum { OPT_DEADLOCK = OPT_FIRST_FREE, OPT_GRAPH, OPT_SEGMENT, OPT_SET };

static const struct option long_of_sets[] = {{"deadlock", no_argument, NULL, OPT_DEADLOCK},
                                             {"graph", no_argument, NULL, OPT_GRAPH},
                                             {"segment", required_argument, NULL, OPT_SEGMENT},
                                             LISTING_OPTIONS,
                                             REPORT_OPTIONS};
static const struct option long_of_segments[] = {{"deadlock", no_argument, NULL, OPT_DEADLOCK},
                                                 {"graph", no_argument, NULL, OPT_GRAPH},
                                                 {"set", required_argument, NULL, OPT_SET},
                                                 LISTING_OPTIONS,
                                                 REPORT_OPTIONS};

/* Both kinds of names are written alike (5 is a set, and a segment): where it stands says which is
 * meant. */
static const char *add_name(struct waiters_names *names, const char *text, bool set)
{
    struct waiters_name name = {.text = text};
    const char *rule = operand_parse(text, &name.operand);
    if (set && (rule || name.operand.kind == OPERAND_POSIX)) {
        const bool begun = (*text >= '0' && *text <= '9') || !strncmp(text, "ftok:", 5);
        return begun && rule ? rule : "a set is an id (5), a key (0x4d2) or ftok:PATH[:PROJ]";
    }
    if (rule)
        return rule;
    struct waiters_name *items =
        reallocarray(names->items, (size_t)names->count + 1, sizeof *items);
    if (!items)
        return "there is no memory for so many";
    names->items = items;
    names->items[names->count++] = name;
    return NULL;
}

static const char *take_option(struct waiters_options *options, int option, const char *argument)
{
    switch (option) {
    case OPT_SEGMENT: return add_name(&options->segments, argument, false);
    case OPT_SET: return add_name(&options->sets, argument, true);
    default:
        if (options->mode != MODE_LIST)
            return "one at a time: this, or --deadlock";
        options->mode = option == OPT_DEADLOCK ? MODE_DEADLOCK : MODE_GRAPH;
        return NULL;
    }
}

static int parse_options(int argc, char *argv[], struct waiters_options *options, bool of_sets)
{
    int option, status;
    while ((option = getopt_long(argc, argv, ":" LISTING_LETTERS,
                                 of_sets ? long_of_sets : long_of_segments, NULL)) != -1) {
        const char *rule = NULL;
        if (option >= OPT_DEADLOCK && option <= OPT_SET)
            rule = take_option(options, option, optarg);
        else if (!listing_option(&options->listing, option, optarg, &rule) &&
                 (status = report_option(option, argv)) >= 0)
            return status;
        if (rule)
            return report_usage(optarg ? optarg : "--graph", rule);
    }
    return -1;
}

static const char *first_columns(const struct waiters_options *options)
{
    const bool sets = options->sets.all || options->sets.count;
    const bool segments = options->segments.all || options->segments.count;
    if (sets && segments)
        return "PID,TID,USER,SET,STUCK,LPID,SEGMENT,OBJECT,OWNER,COMMAND";
    return sets ? "PID,TID,USER,SET,OPS,STUCK,VALUE,LPID,LSTATE,COMMAND"
                : "PID,TID,USER,SEGMENT,OBJECT,KIND,OWNER,OSTATE,COMMAND";
}

static int parse(int argc, char *argv[], struct waiters_options *options, bool of_sets)
{
    struct waiters_names *operands = of_sets ? &options->sets : &options->segments;
    const int status = parse_options(argc, argv, options, of_sets);
    if (status >= 0)
        return status;
    operands->all = optind == argc;
    for (int i = optind; i < argc; i++) {
        const char *broken = add_name(operands, argv[i], of_sets);
        if (broken)
            return report_usage(argv[i], broken);
    }
    const char *rule = listing_choose(&options->listing, columns, COLUMNS, first_columns(options));
    if (rule)
        return report_usage(options->listing.list ? options->listing.list : "--count", rule);
    if (options->mode != MODE_LIST && options->listing.style.format != TABLE_COLUMNS)
        return report_usage("--json", "--deadlock and --graph have a form of their own");
    return -1;
}

int waiters_main(int argc, char *argv[], const char *help, bool of_sets)
{
    struct waiters_options options = {0};
    report_help(help);
    listing_start(&options.listing);
    int status = parse(argc, argv, &options, of_sets);
    if (status < 0)
        status = listing_run(&options.listing, show, &options, options.mode == MODE_LIST);
    free(options.sets.items);
    free(options.segments.items);
    return status;
}
