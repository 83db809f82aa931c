/*
 * semop-waiters.c - semop-tool waiters: who is blocked on which semaphore by which operation, and whether for ever.
 */
#include "config.h"

#include "semop-tool.h"

#include "lib/blocked.h"
#include "lib/listing.h"
#include "lib/names.h"
#include "lib/procfs.h"
#include "lib/report.h"
#include "lib/semops.h"
#include "lib/semset.h"
#include "lib/waitgraph.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "Usage: semop-tool waiters [options] [SET...]\n"
    "List every task (thread) that is blocked in semop(2), on all sets or on these.\n"
    "\n"
    "  -o, --output=[+]LIST  PID TID USER COMMAND SET OPS STUCK VALUE LPID LSTATE\n"
    "                        LCOMMAND: OPS is the list it waits with, STUCK the\n"
    "                        operation that cannot proceed, VALUE that semaphore's,\n"
    "                        LPID who operated on it last, LSTATE alive or gone\n"
    "      --deadlock        tell who waits for whom in a circle (exit 3), and what\n"
    "                        the dead have left taken; exit 0 if there is no circle\n"
    "      --graph           the same as a picture, in the language of dot(1)\n"
    "  -J, --json  -r, --raw  -e, --export  -n, --noheadings\n"
    "      --watch[=SECONDS] again and again (2 s), changes marked; --count=N: N\n"
    "                        times\n"
    "      --calls, --help\n"
    "\n"
    "The kernel does not record who holds a semaphore, only who operated on it last;\n"
    "see semop-tool(1) for when that misleads.\n"
    "\n"
    "Example: semop-tool waiters --graph | dot -Tsvg >waiters.svg\n";

enum mode { MODE_LIST, MODE_DEADLOCK, MODE_GRAPH };

struct waiters_options {
    struct listing listing;
    enum mode mode;
    char **names;
    struct operand *sets;
    int count;
};

/* One blocked task, and what it waits for. */
struct waiter {
    const struct blocked_task *task;
    struct procfs_process process;
    const struct sembuf *stuck; /* the operation that cannot proceed; NULL when that is not known */
    int value;                  /* of its semaphore */
    pid_t last;                 /* who operated on it last; 0: not known */
    bool last_alive;
    struct procfs_process last_process;
};

struct picture {
    struct procfs fs;
    struct blocked_list blocked;
    struct waiter *waiters;
    size_t count;
    uint64_t expected; /* how many the kernel counts */
    bool partial;      /* there is a set whose count we may not read */
};

/* --- collecting --- */

/* A set's values, for the tasks that wait on it: they come in order of sets. */
struct values {
    struct semset_info info;
    unsigned short *now;
    bool good;
};

static void read_values(struct values *values, int set)
{
    if (values->now && values->info.id == set)
        return;
    free(values->now);
    *values = (struct values){.info.id = set};
    if (semset_stat(set, &values->info) || !(values->now = calloc(values->info.nsems + 1, sizeof *values->now)))
        return;
    values->good = semset_values(set, values->info.nsems, values->now) == 0;
}

/* By trying the list on the values as they are now: the first operation that cannot proceed is what it waits for. */
static void find_stuck(const struct procfs *fs, struct waiter *waiter, const struct values *values)
{
    const struct blocked_task *task = waiter->task;
    const size_t nsems = values->info.nsems;
    struct semset_sem sem;
    bool range;
    int *copy = task->ops && values->good ? calloc(nsems + 1, sizeof *copy) : NULL;
    if (!copy)
        return;
    for (size_t i = 0; i < nsems; i++)
        copy[i] = values->now[i];
    const size_t at = semops_try(task->ops, task->count, copy, nsems, &range);
    if (at < task->count && !range && semset_sem(task->set, task->ops[at].sem_num, &sem) == 0) {
        waiter->stuck = &task->ops[at];
        waiter->value = sem.value;
        waiter->last = sem.pid;
        procfs_process(fs, sem.pid, &waiter->last_process);
        /* One that was started after the last operation is another with the same number. */
        waiter->last_alive = waiter->last_process.exists &&
                             waiter->last_process.started <= (values->info.otime > values->info.ctime
                                                                  ? values->info.otime
                                                                  : values->info.ctime) +
                                                                 1;
    }
    free(copy);
}

static bool is_wanted(const int *ids, int count, int set)
{
    for (int i = 0; i < count; i++)
        if (ids[i] == set)
            return true;
    return count == 0;
}

static int collect_waiters(struct picture *picture, const int *ids, int count)
{
    struct values values = {0};
    if (blocked_find(&picture->fs, &picture->blocked))
        return report_error("/proc", "read who is blocked");
    picture->waiters = calloc(picture->blocked.count + 1, sizeof *picture->waiters);
    if (!picture->waiters)
        return report_error("waiters", "list");
    for (size_t i = 0; i < picture->blocked.count; i++) {
        const struct blocked_task *task = &picture->blocked.items[i];
        if (task->set >= 0 && !is_wanted(ids, count, task->set))
            continue;
        struct waiter *waiter = &picture->waiters[picture->count++];
        *waiter = (struct waiter){.task = task};
        procfs_process(&picture->fs, task->pid, &waiter->process);
        if (task->set < 0)
            continue;
        read_values(&values, task->set);
        find_stuck(&picture->fs, waiter, &values);
    }
    free(values.now);
    return EXIT_DONE;
}

/* How many tasks the kernel says wait on this set. */
static void count_expected(struct picture *picture, const struct semset_info *info)
{
    for (size_t i = 0; i < info->nsems; i++) {
        struct semset_sem sem;
        if (semset_sem(info->id, (int)i, &sem)) {
            picture->partial = true;
            return;
        }
        picture->expected += (uint64_t)sem.ncnt + (uint64_t)sem.zcnt;
    }
}

static int collect(const struct waiters_options *options, struct picture *picture)
{
    struct semset_list list = {0};
    int status = EXIT_DONE, found = 0;
    int *ids = calloc((size_t)options->count + 1, sizeof *ids);
    *picture = (struct picture){0};
    if (!ids || procfs_open(&picture->fs, "/proc"))
        status = report_error("/proc", "open");
    for (int i = 0; ids && i < options->count; i++) {
        struct semset_info info;
        if (semset_open(&options->sets[i], &ids[found]) || semset_stat(ids[found], &info)) {
            status = report_refused(options->names[i]);
        } else if (!found || !is_wanted(ids, found, ids[found])) { /* once, however often it is named */
            count_expected(picture, &info);
            found++;
        }
    }
    if (!options->count && semset_list(&list))
        status = report_refused("sets");
    for (size_t i = 0; i < list.count; i++)
        count_expected(picture, &list.items[i]);
    if (found || !options->count)
        status = report_worse(status, collect_waiters(picture, ids, found));
    semset_list_free(&list);
    free(ids);
    return status;
}

static void release(struct picture *picture)
{
    free(picture->waiters);
    blocked_free(&picture->blocked);
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
    if (row->task->set >= 0)
        snprintf(cell, size, "%d", row->task->set);
    else
        put_unknown(style, cell, size);
}

COLUMN_GETTER(struct waiter, get_ops)
{
    if (row->task->ops)
        semops_print(row->task->ops, row->task->count, cell, size);
    else
        snprintf(cell, size, "?");
}

COLUMN_GETTER(struct waiter, get_stuck)
{
    if (row->stuck)
        semops_print(row->stuck, 1, cell, size);
    else
        snprintf(cell, size, "?");
}

COLUMN_GETTER(struct waiter, get_value)
{
    if (row->stuck)
        snprintf(cell, size, "%d", row->value);
    else
        put_unknown(style, cell, size);
}

COLUMN_GETTER(struct waiter, get_lpid)
{
    if (row->stuck && row->last > 0)
        snprintf(cell, size, "%d", row->last);
    else
        put_unknown(style, cell, size);
}

COLUMN_GETTER(struct waiter, get_lstate)
{
    if (row->stuck && row->last > 0)
        snprintf(cell, size, "%s", row->last_alive ? "alive" : "gone");
    else
        snprintf(cell, size, "?");
}

COLUMN_GETTER(struct waiter, get_lcommand)
{
    if (row->stuck && row->last_alive)
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
};
#define COLUMNS (sizeof columns / sizeof *columns)

static int show_list(const struct waiters_options *options, const struct picture *picture, struct table **kept, FILE *to)
{
    const struct listing *listing = &options->listing;
    struct table *table = table_new("waiters", &listing->style, columns, listing->chosen, listing->chosen_count);
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
    if (picture->expected > picture->count)
        report_note("%" PRIu64 " waiting, %" PRIu64 " not visible to you: %s", picture->expected,
                    picture->expected - picture->count,
                    geteuid() ? "run it as root, or as their user"
                              : "in another PID namespace, or where ptrace(2) may not go");
    else if (picture->partial)
        report_note("there are sets that you may not read: who waits there cannot be counted");
}

/* --- as a graph --- */

/* The words of an edge. */
struct edge_text {
    char what[64], remedy[64], command[64], holder[64];
};

/* A growing list of edges; their words are in memory of their own, for an edge points at them. */
struct graph {
    struct wait_edge *edges;
    struct edge_text **texts;
    size_t count, capacity;
};

static struct edge_text *graph_add(struct graph *graph)
{
    if (graph->count == graph->capacity) {
        const size_t capacity = graph->capacity ? 2 * graph->capacity : 64;
        struct wait_edge *edges = reallocarray(graph->edges, capacity, sizeof *edges);
        if (edges)
            graph->edges = edges;
        struct edge_text **texts = reallocarray(graph->texts, capacity, sizeof(struct edge_text *));
        if (texts)
            graph->texts = texts;
        if (!edges || !texts)
            return NULL;
        graph->capacity = capacity;
    }
    struct edge_text *text = calloc(1, sizeof *text);
    if (text)
        graph->texts[graph->count++] = text;
    return text;
}

static void graph_free(struct graph *graph)
{
    for (size_t i = 0; i < graph->count; i++)
        free(graph->texts[i]);
    free(graph->texts);
    free(graph->edges);
}

/* How many of the waiting tasks are this process's. */
static size_t blocked_of(const struct picture *picture, pid_t pid)
{
    size_t count = 0;
    for (size_t i = 0; i < picture->count; i++)
        count += picture->waiters[i].task->pid == pid;
    return count;
}

static void put_command(const struct procfs_process *process, char text[64])
{
    text_safe(text, 64, process->command, process->command_length);
    if (!*text)
        strcpy(text, "?");
}

/*
 * A wait for zero is for others to take, not to give: the last operator has nothing that it could give back, so such a
 * wait leads to nobody.
 */
static bool add_wait(struct graph *graph, const struct picture *picture, const struct waiter *waiter)
{
    const struct sembuf *stuck = waiter->stuck;
    struct edge_text *text = stuck ? graph_add(graph) : NULL;
    if (!text)
        return !stuck;
    put_command(&waiter->process, text->command);
    put_command(&waiter->last_process, text->holder);
    snprintf(text->what, sizeof text->what, "semaphore %u of set %d", stuck->sem_num, waiter->task->set);
    snprintf(text->remedy, sizeof text->remedy, "semop-tool op %d %u+%d", waiter->task->set, stuck->sem_num,
             -stuck->sem_op - waiter->value);
    graph->edges[graph->count - 1] = (struct wait_edge){
        .pid = waiter->task->pid,
        .tid = waiter->task->tid,
        .command = text->command,
        .what = text->what,
        .holder = stuck->sem_op < 0 ? waiter->last : 0,
        .holder_command = waiter->last_alive ? text->holder : "gone",
        .taken = waiter->last_alive ? "took last" : "operated on last",
        .alive = waiter->last_alive,
        .firm = !waiter->task->timed &&
                blocked_tasks_of(&picture->fs, waiter->task->pid) == blocked_of(picture, waiter->task->pid),
        .abandoned = stuck->sem_op < 0 && waiter->last > 0 && !waiter->last_alive && waiter->value == 0,
        .remedy = text->remedy,
    };
    return true;
}

static bool has_child_edge(const struct graph *graph, pid_t pid, pid_t child)
{
    for (size_t i = 0; i < graph->count; i++)
        if (!graph->edges[i].what && graph->edges[i].pid == pid && graph->edges[i].holder == child)
            return true;
    return false;
}

/*
 * A process that has taken a semaphore and now waits for a child to end, as semop-tool op -- COMMAND and shells do, is
 * as stuck as the child: so from each waiter up, parents that wait for their only child.
 */
static bool add_parents(struct graph *graph, const struct picture *picture, const struct waiter *waiter)
{
    pid_t child = waiter->task->pid;
    struct procfs_process process = waiter->process, parent;
    while (process.parent > 1 && !has_child_edge(graph, process.parent, child) &&
           blocked_on_child(&picture->fs, process.parent, child)) {
        struct edge_text *text = graph_add(graph);
        if (!text)
            return false;
        procfs_process(&picture->fs, process.parent, &parent);
        put_command(&parent, text->command);
        put_command(&process, text->holder);
        graph->edges[graph->count - 1] = (struct wait_edge){.pid = process.parent,
                                                            .tid = process.parent,
                                                            .command = text->command,
                                                            .holder = child,
                                                            .holder_command = text->holder,
                                                            .alive = true,
                                                            .firm = true};
        child = process.parent;
        process = parent;
    }
    return true;
}

static int tell(struct graph *graph, const struct picture *picture, FILE *to)
{
    const size_t found = waitgraph_tell(graph->edges, graph->count, to);
    if (!found)
        fprintf(to, "No deadlock: %zu task%s wait%s, and no circle of them is closed.\n", picture->count,
                picture->count == 1 ? "" : "s", picture->count == 1 ? "s" : "");
    return found ? EXIT_DEADLOCK : EXIT_DONE;
}

static int show_graph(const struct waiters_options *options, const struct picture *picture, FILE *to)
{
    struct graph graph = {0};
    int status = EXIT_DONE;
    bool good = true;
    /* One who has gone on since he was seen waits for nobody: left in, many who come and go make a circle. */
    for (size_t i = 0; good && i < picture->count; i++)
        if (blocked_still(&picture->fs, picture->waiters[i].task))
            good = add_wait(&graph, picture, &picture->waiters[i]) &&
                   add_parents(&graph, picture, &picture->waiters[i]);
    if (!good)
        status = report_error("waiters", "draw");
    else if (options->mode == MODE_GRAPH)
        waitgraph_draw(graph.edges, graph.count, to);
    else
        status = tell(&graph, picture, to);
    graph_free(&graph);
    return status;
}

/*
 * The kernel counts waiters at one moment and /proc shows them at another. Who came or went between is not hidden: only
 * what is missing each time is.
 */
static int collect_steady(const struct waiters_options *options, struct picture *picture)
{
    struct timespec pause = {0, 500000};
    int status = collect(options, picture);
    for (int tries = 0; tries < 9 && picture->expected > picture->count && status == EXIT_DONE; tries++) {
        release(picture);
        nanosleep(&pause, NULL); /* one whose time is over counts as waiting until it gets a processor */
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
        status = report_worse(status, show_graph(options, &picture, to));
    note_hidden(&picture);
    release(&picture);
    return status;
}

/* --- the command line --- */

enum { OPT_DEADLOCK = OPT_OWN, OPT_GRAPH };

static int parse_options(int argc, char *argv[], struct waiters_options *options)
{
    static const struct option long_options[] = {{"deadlock", no_argument, NULL, OPT_DEADLOCK},
                                                 {"graph", no_argument, NULL, OPT_GRAPH},
                                                 LISTING_OPTIONS,
                                                 REPORT_OPTIONS};
    int option, status;
    while ((option = getopt_long(argc, argv, ":" LISTING_LETTERS, long_options, NULL)) != -1) {
        const char *rule = NULL;
        if (option == OPT_DEADLOCK || option == OPT_GRAPH) {
            if (options->mode != MODE_LIST)
                return report_usage("--graph", "one at a time: this, or --deadlock");
            options->mode = option == OPT_DEADLOCK ? MODE_DEADLOCK : MODE_GRAPH;
        } else if (!listing_option(&options->listing, option, optarg, &rule) &&
                   (status = report_option(option, argv)) >= 0) {
            return status;
        }
        if (rule)
            return report_usage(optarg, rule);
    }
    return -1;
}

int semop_waiters(int argc, char *argv[])
{
    struct waiters_options options = {0};
    report_help(help);
    listing_start(&options.listing);
    int status = parse_options(argc, argv, &options);
    if (status >= 0)
        return status;
    const char *rule = listing_choose(&options.listing, columns, COLUMNS,
                                      "PID,TID,USER,SET,OPS,STUCK,VALUE,LPID,LSTATE,COMMAND");
    if (rule)
        return report_usage(options.listing.list ? options.listing.list : "--count", rule);
    if (options.mode != MODE_LIST && options.listing.style.format != TABLE_COLUMNS)
        return report_usage("--json", "--deadlock and --graph have a form of their own");
    options.names = argv + optind;
    options.count = argc - optind;
    status = semop_parse_sets(options.names, options.count, &options.sets);
    if (status < 0)
        status = listing_run(&options.listing, show, &options, options.mode == MODE_LIST);
    free(options.sets);
    return status;
}
