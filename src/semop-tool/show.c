/* SPDX-License-Identifier: MIT */
/*
 * show.c - semop-tool show: all sets, or the semaphores of some.
 */
#include "config.h"

#include "semop-tool/semop-tool.h"

#include "lib/base/names.h"
#include "lib/calls/calls.h"
#include "lib/cli/listing.h"
#include "lib/cli/options.h"
#include "lib/cli/report.h"
#include "lib/proc/procfs.h"
#include "lib/sem/semset.h"
#include "semop-tool/operands.h"
#include "semop-tool/sets.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct show_options {
    struct listing listing;
    struct set_filter filter;
    char **names;
    struct operand *sets;
    int count; /* of NAMES and SETS; 0: all sets */
};

/* --- columns of semaphores --- */

struct sem_row {
    int id, number;
    time_t last_use; /* of the set */
    struct semset_sem sem;
    const struct procfs *fs;
};

COLUMN_GETTER(struct sem_row, get_sem_id)
{
    snprintf(cell, size, "%d", row->id);
}

COLUMN_GETTER(struct sem_row, get_sem)
{
    snprintf(cell, size, "%d", row->number);
}

COLUMN_GETTER(struct sem_row, get_value)
{
    snprintf(cell, size, "%d", row->sem.value);
}

COLUMN_GETTER(struct sem_row, get_ncnt)
{
    snprintf(cell, size, "%d", row->sem.ncnt);
}

COLUMN_GETTER(struct sem_row, get_zcnt)
{
    snprintf(cell, size, "%d", row->sem.zcnt);
}

COLUMN_GETTER(struct sem_row, get_lpid)
{
    if (row->sem.pid > 0)
        snprintf(cell, size, "%d", row->sem.pid);
}

COLUMN_GETTER(struct sem_row, get_lcommand)
{
    struct procfs_process process;
    procfs_process(row->fs, row->sem.pid, &process);
    if (procfs_life_at(row->fs, &process, row->last_use, NULL) == PROCFS_ALIVE)
        snprintf(cell, size, "%s", process.command);
}

COLUMN_GETTER(struct sem_row, get_sem_key)
{
    snprintf(cell, size, "%d.%d", row->id, row->number);
}

static const struct column sem_columns[] = {
    {"ID", COLUMN_NUMBER, get_sem_id, "the set's id"},
    {"SEM", COLUMN_NUMBER | COLUMN_RIGHT, get_sem, "the semaphore's number, from 0"},
    {"VALUE", COLUMN_NUMBER | COLUMN_RIGHT, get_value, "its value"},
    {"NCNT", COLUMN_NUMBER | COLUMN_RIGHT, get_ncnt, "tasks that wait for the value to grow"},
    {"ZCNT", COLUMN_NUMBER | COLUMN_RIGHT, get_zcnt, "tasks that wait for the value to be zero"},
    {"LPID", COLUMN_NUMBER | COLUMN_RIGHT, get_lpid, "the process that operated on it last"},
    {"LCOMMAND", COLUMN_FOREIGN | COLUMN_TRUNC, get_lcommand,
     "that process's command line, if it is alive"},
};
#define SEM_COLUMNS (sizeof sem_columns / sizeof *sem_columns)

/* --- showing --- */

/* Adds the semaphores of one set. Returns an exit status. */
static int add_semaphores(struct table *table, const struct procfs *fs, const struct operand *set,
                          const char *text)
{
    struct sem_row row = {.fs = fs};
    struct semset_info info;
    if (semset_open(set, &row.id) || semset_stat(row.id, &info))
        return report_refused(text);
    row.last_use = semset_last_use(&info);
    for (row.number = 0; (size_t)row.number < info.nsems; row.number++) {
        if (semset_sem(row.id, row.number, &row.sem))
            return report_refused(text);
        if (!table_row(table, &row, NULL))
            return report_error(text, "list");
    }
    return EXIT_DONE;
}

static int show_semaphores(const struct show_options *options, const struct procfs *fs,
                           struct table **kept, FILE *to)
{
    const struct listing *listing = &options->listing;
    int status = EXIT_DONE;
    struct table *table = table_new("semaphores", &listing->style, sem_columns, listing->chosen,
                                    listing->chosen_count);
    if (table)
        table_set_key(table, get_sem_key);
    for (int i = 0; table && i < options->count; i++)
        status =
            report_worse(status, add_semaphores(table, fs, &options->sets[i], options->names[i]));
    return report_worse(status, listing_print(listing, table, kept, to));
}

static int show(void *arg, struct table **kept, FILE *to)
{
    struct show_options *options = arg;
    struct procfs fs;
    if (procfs_open(&fs, "/proc"))
        report_error("/proc", "open");
    options->filter.now = options->listing.style.now = time(NULL);
    const int status = options->count
                           ? show_semaphores(options, &fs, kept, to)
                           : sets_show(&options->listing, &options->filter, &fs, kept, to);
    procfs_close(&fs);
    return status;
}

/* --- the command line --- */

OPTION_SETTER(struct show_options, set_user)
{
    options->filter.has_user = true;
    return names_parse_user(argument, &options->filter.user);
}

OPTION_SETTER(struct show_options, set_older)
{
    options->filter.has_older = true;
    return operand_duration(argument, &options->filter.older);
}

static const struct cli_option show_table[] = {
    OPTION('u', "user", "=USER", set_user, "only sets that USER owns"),
    OPTION_FLAG(0, "orphans", struct show_options, filter.orphans,
                "only sets that no task waits for and whose last operators are gone; likely "
                "orphans, whose owner runs other processes, too"),
    OPTION(0, "older-than", "=TIME", set_older,
           "only sets unused for longer than TIME: 10m, 2h, 7d"),
    OPTION_INCLUDE(listing_options, struct show_options, listing),
    OPTION_STANDARD,
    {0},
};

static const struct usage show_usage = {
    .name = "semop-tool show",
    .operands = "[SET...]",
    .summary = "List all sets, one per line; with SETs, list their semaphores.",
    .options = show_table,
    .notes = "VALUE is the semaphore's value, NCNT the number of tasks that wait for it to grow, "
             "ZCNT for zero, LPID the process that operated on it last.",
    .example = "semop-tool show --watch=0.5 5",
};

static int choose_columns(struct show_options *options)
{
    struct listing *listing = &options->listing;
    if (options->count)
        return listing_choose_columns(listing, sem_columns, SEM_COLUMNS,
                                      options->count > 1 ? "ID,SEM,VALUE,NCNT,ZCNT,LPID,LCOMMAND"
                                                         : "SEM,VALUE,NCNT,ZCNT,LPID,LCOMMAND");
    return listing_choose_columns(listing, set_columns, set_column_count,
                                  options->filter.orphans
                                      ? "KEY,ID,OWNER,PERMS,NSEMS,OTIME,CTIME,ORPHAN,REMOVE"
                                      : "KEY,ID,OWNER,PERMS,NSEMS,OTIME,CTIME");
}

int semop_show(int argc, char *argv[])
{
    struct show_options options = {0};
    struct operands operands;
    listing_start(&options.listing);
    int status = options_parse(&show_usage, argc, argv, &options, &operands);
    if (status >= 0)
        return status;
    options.names = operands.items;
    options.count = operands.count;
    const struct set_filter *filter = &options.filter;
    const char *selects = filter->orphans     ? "--orphans"
                          : filter->has_user  ? "--user"
                          : filter->has_older ? "--older-than"
                                              : NULL;
    if (selects && options.count)
        return report_usage(selects, "not valid with SET: it selects from all sets");
    if ((status = choose_columns(&options)) >= 0)
        return status;
    status = semop_parse_sets(options.names, options.count, &options.sets);
    if (status < 0)
        status = listing_run(&options.listing, show, &options, true);
    free(options.sets);
    return status;
}
