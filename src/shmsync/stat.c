/*
 * shmsync-stat.c - shmsync stat: the objects of a segment, and the state that each is in.
 */
#include "config.h"

#include "shmsync/shmsync.h"

#include "lib/pshared/glibc_layout.h"
#include "lib/cli/listing.h"
#include "lib/proc/procfs.h"
#include "lib/cli/report.h"
#include "lib/pshared/waiters.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Usage: shmsync stat [options] SEGMENT [NAME...]\n"
    "List the objects of a segment, or these, and tell where its data area is.\n"
    "\n"
    "  -o, --output=[+]LIST  NAME KIND ATTRS STATE OWNER PID OSTATE COMMAND WAITERS\n"
    "                        OFFSET SOURCE: OWNER is the thread that holds it, PID\n"
    "                        its process, OSTATE alive or gone; WAITERS how many\n"
    "                        tasks are blocked on it, by /proc; SOURCE where STATE is\n"
    "                        from: POSIX (sem_getvalue), glibc (its inner layout,\n"
    "                        tried out first), or ? where that is not known\n"
    "      --data            print the data area's offset in bytes, no more\n"
    "  -J, --json  -r, --raw  -e, --export  -n, --noheadings\n"
    "      --watch[=SECONDS] again and again (2 s), changes marked; --count=N: N\n"
    "                        times\n"
    "      --calls, --help\n"
    "\n"
    "Example: shmsync stat --watch=0.5 5\n";

struct stat_options {
    struct listing listing;
    struct space space;
    bool data;
    char **names;
    int count;
};

/* An object as it is now. */
struct row {
    struct pshared_object object;
    char state[64];
    const char *source; /* "?" when the state is not known */
    pid_t owner, pid;   /* thread and process; 0: none, or not known */
    bool alive;
    struct procfs_process process;
    size_t waiters;
    uint64_t offset;
};

/* --- decoding --- */

static void see_mutex(struct row *row)
{
    static const char *const words[] = {[LAYOUT_UNLOCKED] = "unlocked",
                                        [LAYOUT_LOCKED] = "locked",
                                        [LAYOUT_OWNER_DIED] = "owner died",
                                        [LAYOUT_NOT_RECOVERABLE] = "not recoverable"};
    struct layout_mutex mutex;
    layout_mutex(row->object.at, &mutex);
    if (mutex.state == LAYOUT_UNKNOWN)
        return;
    snprintf(row->state, sizeof row->state, "%s", words[mutex.state]);
    row->source = "glibc";
    row->owner = mutex.owner;
}

static void see_rwlock(struct row *row)
{
    struct layout_rwlock rwlock;
    layout_rwlock(row->object.at, &rwlock);
    if (rwlock.state == LAYOUT_UNKNOWN)
        return;
    row->source = "glibc";
    row->owner = rwlock.writer;
    if (rwlock.writer)
        snprintf(row->state, sizeof row->state, "write-locked");
    else if (rwlock.readers)
        snprintf(row->state, sizeof row->state, "%u reader%s", rwlock.readers,
                 rwlock.readers == 1 ? "" : "s");
    else
        snprintf(row->state, sizeof row->state, "unlocked");
}

static void see_cond(struct row *row)
{
    unsigned count;
    if (!layout_cond(row->object.at, &count))
        return;
    row->source = "glibc";
    if (count)
        snprintf(row->state, sizeof row->state, "%u waiting", count);
    else
        snprintf(row->state, sizeof row->state, "idle");
}

static void see_barrier(struct row *row)
{
    unsigned count;
    if (!layout_barrier(row->object.at, &count))
        return;
    row->source = "glibc";
    snprintf(row->state, sizeof row->state, "%u of %u arrived", count, row->object.spec.count);
}

static void see_sem(struct row *row)
{
    row->source = "POSIX";
    snprintf(row->state, sizeof row->state, "value %d", layout_sem(row->object.at));
}

static void see(struct row *row, const struct procfs *fs)
{
    static void (*const seers[])(struct row * row) = {
        [PSHARED_MUTEX] = see_mutex,   [PSHARED_COND] = see_cond,       [PSHARED_SEM] = see_sem,
        [PSHARED_RWLOCK] = see_rwlock, [PSHARED_BARRIER] = see_barrier,
    };
    strcpy(row->state, "?");
    row->source = "?";
    seers[row->object.spec.kind](row);
    if (!row->owner)
        return;
    row->pid = procfs_tgid(fs, row->owner);
    if (row->pid)
        procfs_process(fs, row->pid, &row->process);
    row->alive = row->process.exists;
}

/* --- columns --- */

COLUMN_GETTER(struct row, get_name)
{
    snprintf(cell, size, "%s", row->object.spec.name);
}

COLUMN_GETTER(struct row, get_kind)
{
    snprintf(cell, size, "%s", pshared_kind_name(row->object.spec.kind));
}

COLUMN_GETTER(struct row, get_attrs)
{
    pshared_attributes(&row->object.spec, cell, size);
}

COLUMN_GETTER(struct row, get_state)
{
    snprintf(cell, size, "%s", row->state);
}

COLUMN_GETTER(struct row, get_owner)
{
    if (row->owner)
        snprintf(cell, size, "%d", row->owner);
}

COLUMN_GETTER(struct row, get_pid)
{
    if (row->pid)
        snprintf(cell, size, "%d", row->pid);
}

COLUMN_GETTER(struct row, get_ostate)
{
    if (row->owner)
        snprintf(cell, size, "%s", row->alive ? "alive" : "gone");
}

COLUMN_GETTER(struct row, get_command)
{
    if (row->alive)
        snprintf(cell, size, "%s", row->process.command);
}

COLUMN_GETTER(struct row, get_waiters)
{
    snprintf(cell, size, "%zu", row->waiters);
}

COLUMN_GETTER(struct row, get_offset)
{
    snprintf(cell, size, "%" PRIu64, row->offset);
}

COLUMN_GETTER(struct row, get_source)
{
    snprintf(cell, size, "%s", row->source);
}

static const struct column columns[] = {
    {"NAME", 0, get_name, "its name"},
    {"KIND", 0, get_kind, "mutex, cond, sem, rwlock or barrier"},
    {"ATTRS", 0, get_attrs, "its attributes, as for init"},
    {"STATE", 0, get_state, "unlocked, locked, owner died, ...; ? where it cannot be read"},
    {"OWNER", COLUMN_NUMBER | COLUMN_RIGHT, get_owner, "thread that holds it, or died holding it"},
    {"PID", COLUMN_NUMBER | COLUMN_RIGHT, get_pid, "its process"},
    {"OSTATE", 0, get_ostate, "alive or gone"},
    {"COMMAND", COLUMN_FOREIGN | COLUMN_TRUNC, get_command, "its command line, while it lives"},
    {"WAITERS", COLUMN_NUMBER | COLUMN_RIGHT, get_waiters,
     "tasks that are blocked on it, by /proc"},
    {"OFFSET", COLUMN_NUMBER | COLUMN_RIGHT, get_offset,
     "where it is, in bytes from the segment's start"},
    {"SOURCE", 0, get_source, "where STATE is from: POSIX or glibc"},
};
#define COLUMNS (sizeof columns / sizeof *columns)

/* --- showing --- */

static bool add_row(struct table *table, const struct space *space, const struct procfs *fs,
                    const struct pshared_object *object, const size_t *sleepers)
{
    struct row row = {.object = *object, .waiters = sleepers[object->index]};
    row.offset = (uint64_t)((const unsigned char *)object->at - space->pshared.base);
    see(&row, fs);
    return table_row(table, &row, NULL);
}

static int add_named(const struct stat_options *options, const struct procfs *fs,
                     struct table *table, const size_t *sleepers)
{
    int status = EXIT_DONE;
    for (int i = 0; i < options->count; i++) {
        struct pshared_object object;
        if (space_find(&options->space, options->names[i], (enum pshared_kind)0, &object))
            status = EXIT_REFUSED;
        else if (!add_row(table, &options->space, fs, &object, sleepers))
            status = report_error(options->names[i], "list");
    }
    return status;
}

static int add_all(const struct stat_options *options, const struct procfs *fs, struct table *table,
                   const size_t *sleepers)
{
    int status = EXIT_DONE;
    for (uint32_t i = 0; i < options->space.pshared.capacity; i++) {
        struct pshared_object object;
        const int there = pshared_entry(&options->space.pshared, i, &object);
        if (there < 0) {
            report_note("%s: its directory is damaged: shmsync did not write entry %u",
                        options->space.shown, i);
            status = EXIT_REFUSED;
        } else if (there && !add_row(table, &options->space, fs, &object, sleepers)) {
            status = report_error(object.spec.name, "list");
        }
    }
    return status;
}

static int show(void *arg, struct table **kept, FILE *to)
{
    const struct stat_options *options = arg;
    const struct listing *listing = &options->listing;
    const struct space *space = &options->space;
    size_t sleepers[PSHARED_OBJECTS_MAX + 1];
    struct procfs fs;
    int status = EXIT_DONE;
    if (procfs_open(&fs, "/proc") ||
        pshared_count_waiters(&space->pshared, &space->mapping, sleepers)) {
        status = report_error("/proc", "read who waits");
        memset(sleepers, 0, sizeof sleepers);
    }
    struct table *table =
        table_new("objects", &listing->style, columns, listing->chosen, listing->chosen_count);
    if (table) {
        table_set_key(table, get_name);
        status = report_worse(status, options->count ? add_named(options, &fs, table, sleepers)
                                                     : add_all(options, &fs, table, sleepers));
    }
    status = report_worse(status, listing_print(listing, table, kept, to));
    procfs_close(&fs);
    return status;
}

/* --- the command line --- */

enum { OPT_DATA = OPT_OWN };

static int parse(int argc, char *argv[], struct stat_options *options)
{
    static const struct option long_options[] = {
        {"data", no_argument, NULL, OPT_DATA}, LISTING_OPTIONS, REPORT_OPTIONS};
    int option, status;
    const char *rule = NULL;
    while ((option = getopt_long(argc, argv, ":" LISTING_LETTERS, long_options, NULL)) != -1) {
        if (option == OPT_DATA)
            options->data = true;
        else if (!listing_option(&options->listing, option, optarg, &rule) &&
                 (status = report_option(option, argv)) >= 0)
            return status;
        if (rule)
            return report_usage(optarg, rule);
    }
    if (optind == argc)
        return report_usage("SEGMENT", "it is missing; see shmsync stat --help");
    if ((rule = space_parse(argv[optind], &options->space)))
        return report_usage(argv[optind], rule);
    options->names = argv + optind + 1;
    options->count = argc - optind - 1;
    for (int i = 0; i < options->count; i++)
        if ((rule = pshared_check_name(options->names[i])))
            return report_usage(options->names[i], rule);
    rule = listing_choose(&options->listing, columns, COLUMNS,
                          "NAME,KIND,ATTRS,STATE,OWNER,OSTATE,WAITERS,SOURCE,COMMAND");
    return rule ? report_usage(options->listing.list ? options->listing.list : "--count", rule)
                : -1;
}

int shmsync_stat(int argc, char *argv[])
{
    struct stat_options options = {0};
    report_help(help);
    listing_start(&options.listing);
    int status = parse(argc, argv, &options);
    if (status >= 0)
        return status;
    status = space_open(&options.space, OPEN_READ);
    if (status == EXIT_DONE && options.data) {
        printf("%" PRIu64 "\n", options.space.pshared.data_offset);
    } else if (status == EXIT_DONE) {
        status = listing_run(&options.listing, show, &options, true);
        if (options.listing.style.format == TABLE_COLUMNS)
            report_note("%s: the data area is %" PRIu64 " bytes from offset %" PRIu64 " on",
                        options.space.shown, space_data_size(&options.space),
                        options.space.pshared.data_offset);
    }
    space_close(&options.space);
    return status;
}
