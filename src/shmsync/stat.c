/* SPDX-License-Identifier: MIT */
/*
 * stat.c - shmsync stat: the objects of a segment, and the state of each.
 */
#include "config.h"

#include "shmsync/shmsync.h"

#include "lib/cli/listing.h"
#include "lib/cli/options.h"
#include "lib/cli/report.h"
#include "lib/proc/procfs.h"
#include "lib/pshared/glibc_layout.h"
#include "lib/pshared/owner.h"
#include "lib/pshared/waiters.h"
#include "shmsync/open.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct stat_options {
    struct listing listing;
    struct sync_segment segment;
    bool data;
    char **names;
    int count;
};

/* An object at this moment. */
struct row {
    struct pshared_object object;
    char state[64];
    const char *source;          /* "?" when the state is not known */
    pid_t owner, pid;            /* thread and process; 0: none, or not known */
    struct pshared_owner holder; /* valid if OWNER is not 0 */
    bool died;                   /* the kernel has marked a robust mutex: its owner is dead */
    bool abandoned;              /* no owner is recorded, and those who hold it are dead */
    size_t waiters;
    uint64_t offset;
};

/* --- decoding --- */

static void decode_mutex(struct row *row)
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
    row->died = mutex.state == LAYOUT_OWNER_DIED;
}

static void decode_rwlock(struct row *row)
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
        snprintf(row->state, sizeof row->state,
                 rwlock.claimed ? "claimed by a writer" : "unlocked");
}

static void decode_cond(struct row *row)
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

static void decode_barrier(struct row *row)
{
    unsigned count;
    if (!layout_barrier(row->object.at, &count))
        return;
    row->source = "glibc";
    snprintf(row->state, sizeof row->state, "%u of %u arrived", count, row->object.spec.count);
}

static void decode_sem(struct row *row)
{
    row->source = "POSIX";
    snprintf(row->state, sizeof row->state, "value %d", layout_sem(row->object.at));
}

/* Is it an rwlock that readers hold, which it does not record, or that a writer claims? */
static bool is_held_rwlock(const struct row *row)
{
    struct layout_rwlock rwlock;
    if (row->object.spec.kind != PSHARED_RWLOCK)
        return false;
    layout_rwlock(row->object.at, &rwlock);
    return rwlock.state == LAYOUT_LOCKED;
}

static void decode(struct row *row, const struct procfs *fs, const struct pshared_file *file)
{
    static void (*const decoders[])(struct row * row) = {
        [PSHARED_MUTEX] = decode_mutex,     [PSHARED_COND] = decode_cond,
        [PSHARED_SEM] = decode_sem,         [PSHARED_RWLOCK] = decode_rwlock,
        [PSHARED_BARRIER] = decode_barrier,
    };
    strcpy(row->state, "?");
    row->source = "?";
    decoders[row->object.spec.kind](row);
    if (!row->owner && is_held_rwlock(row)) {
        enum procfs_doubt doubt;
        row->abandoned = pshared_others(fs, row->object.at, &doubt) == PROCFS_GONE;
    }
    if (!row->owner)
        return;
    if (row->died) /* whatever /proc shows, or hides */
        row->holder = (struct pshared_owner){.life = PROCFS_GONE, .pid = row->owner};
    else
        pshared_find_owner(fs, file, row->owner, &row->holder);
    row->pid = row->holder.life == PROCFS_ALIVE ? row->holder.pid : 0;
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
        snprintf(cell, size, "%s", procfs_life_word(row->holder.life));
    else if (row->abandoned)
        snprintf(cell, size, "%s", procfs_life_word(PROCFS_GONE));
}

COLUMN_GETTER(struct row, get_command)
{
    if (row->pid)
        snprintf(cell, size, "%s", row->holder.process.command);
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
    {"NAME", 0, get_name, "the object's name"},
    {"KIND", 0, get_kind, "mutex, cond, sem, rwlock or barrier"},
    {"ATTRS", 0, get_attrs, "its attributes, as for shmsync init"},
    {"STATE", 0, get_state, "unlocked, locked, owner died, ...; ? where it is not known"},
    {"OWNER", COLUMN_NUMBER | COLUMN_RIGHT, get_owner,
     "the thread that holds it, or died holding it"},
    {"PID", COLUMN_NUMBER | COLUMN_RIGHT, get_pid, "that thread's process"},
    {"OSTATE", 0, get_ostate, "whether PID is alive or gone"},
    {"COMMAND", COLUMN_FOREIGN | COLUMN_TRUNC, get_command,
     "that process's command line, if it is alive"},
    {"WAITERS", COLUMN_NUMBER | COLUMN_RIGHT, get_waiters,
     "tasks that are blocked on it, as /proc shows them"},
    {"OFFSET", COLUMN_NUMBER | COLUMN_RIGHT, get_offset,
     "its place, in bytes from the segment's start"},
    {"SOURCE", 0, get_source,
     "the source of STATE: POSIX (sem_getvalue), glibc (its internal layout, tested first)"},
};
#define COLUMNS (sizeof columns / sizeof *columns)

/* --- showing --- */

/* What /proc shows of the segment. */
struct view {
    struct procfs fs;
    struct pshared_file file;
    size_t sleepers[PSHARED_OBJECTS_MAX + 1];
};

static bool add_row(struct table *table, const struct sync_segment *segment,
                    const struct view *view, const struct pshared_object *object)
{
    struct row row = {.object = *object, .waiters = view->sleepers[object->index]};
    row.offset = (uint64_t)((const unsigned char *)object->at - segment->pshared.base);
    decode(&row, &view->fs, &view->file);
    return table_row(table, &row, NULL);
}

static int add_named(const struct stat_options *options, const struct view *view,
                     struct table *table)
{
    int status = EXIT_DONE;
    for (int i = 0; i < options->count; i++) {
        struct pshared_object object;
        if (sync_find(&options->segment, options->names[i], (enum pshared_kind)0, &object))
            status = EXIT_REFUSED;
        else if (!add_row(table, &options->segment, view, &object))
            status = report_error(options->names[i], "list");
    }
    return status;
}

static int add_all(const struct stat_options *options, const struct view *view, struct table *table)
{
    int status = EXIT_DONE;
    for (uint32_t i = 0; i < options->segment.pshared.capacity; i++) {
        struct pshared_object object;
        const int found = pshared_entry(&options->segment.pshared, i, &object);
        if (found < 0) {
            report_note("%s: the directory is damaged: shmsync did not write entry %u",
                        options->segment.shown, i);
            status = EXIT_REFUSED;
        } else if (found && !add_row(table, &options->segment, view, &object)) {
            status = report_error(object.spec.name, "list");
        }
    }
    return status;
}

static int show(void *arg, struct table **kept, FILE *to)
{
    const struct stat_options *options = arg;
    const struct listing *listing = &options->listing;
    const struct sync_segment *segment = &options->segment;
    struct view view = {0};
    int status = EXIT_DONE;
    if (procfs_open(&view.fs, "/proc") ||
        !pshared_file_of(&view.fs, &segment->mapping, &view.file) ||
        pshared_count_waiters(&segment->pshared, &segment->mapping, view.sleepers)) {
        status = report_error("/proc", "read waiters");
        memset(view.sleepers, 0, sizeof view.sleepers);
    }
    struct table *table =
        table_new("objects", &listing->style, columns, listing->chosen, listing->chosen_count);
    if (table) {
        table_set_key(table, get_name);
        status = report_worse(status, options->count ? add_named(options, &view, table)
                                                     : add_all(options, &view, table));
    }
    status = report_worse(status, listing_print(listing, table, kept, to));
    procfs_close(&view.fs);
    return status;
}

/* --- the command line --- */

static const struct cli_option stat_table[] = {
    OPTION_FLAG(0, "data", struct stat_options, data,
                "print only the offset of the data area, in bytes"),
    OPTION_INCLUDE(listing_options, struct stat_options, listing),
    OPTION_STANDARD,
    {0},
};

static const struct usage stat_usage = {
    .name = "shmsync stat",
    .operands = "SEGMENT [NAME...]",
    .summary = "List the objects of a segment, or these, and the place of its data area.",
    .options = stat_table,
    .example = "shmsync stat --watch=0.5 5",
};

static int parse(int argc, char *argv[], struct stat_options *options)
{
    struct operands operands;
    const char *rule;
    const int status = options_parse(&stat_usage, argc, argv, options, &operands);
    if (status >= 0)
        return status;
    if ((rule = sync_parse(operands.items[0], &options->segment)))
        return report_usage(operands.items[0], rule);
    options->names = operands.items + 1;
    options->count = operands.count - 1;
    for (int i = 0; i < options->count; i++)
        if ((rule = pshared_check_name(options->names[i])))
            return report_usage(options->names[i], rule);
    return listing_choose_columns(&options->listing, columns, COLUMNS,
                                  "NAME,KIND,ATTRS,STATE,OWNER,OSTATE,WAITERS,SOURCE,COMMAND");
}

int shmsync_stat(int argc, char *argv[])
{
    struct stat_options options = {0};
    listing_start(&options.listing);
    int status = parse(argc, argv, &options);
    if (status >= 0)
        return status;
    status = sync_open(&options.segment, OPEN_READ);
    if (status == EXIT_DONE && options.data) {
        printf("%" PRIu64 "\n", options.segment.pshared.data_offset);
    } else if (status == EXIT_DONE) {
        status = listing_run(&options.listing, show, &options, true);
        if (options.listing.style.format == TABLE_COLUMNS)
            report_note("%s: the data area is %" PRIu64 " bytes from offset %" PRIu64 " on",
                        options.segment.shown, sync_data_size(&options.segment),
                        options.segment.pshared.data_offset);
    }
    sync_close(&options.segment);
    return status;
}
