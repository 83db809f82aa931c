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
#include "semop-tool/orphans.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct show_options {
    struct listing listing;
    bool orphans;
    char **names;
    struct operand *sets;
    int count;
};

/* --- columns of sets --- */

struct set_row {
    const struct semset_info *info;
    struct orphan_search *search;
    bool judged; /* ORPHAN is valid; otherwise the columns that need it find it out */
    enum orphan orphan;
};

static enum orphan judgement(const struct set_row *row)
{
    return row->judged ? row->orphan : orphan_judge(row->search, row->info);
}

COLUMN_GETTER(struct set_row, get_key)
{
    snprintf(cell, size, "0x%.8x", (unsigned)row->info->key);
}

COLUMN_GETTER(struct set_row, get_id)
{
    snprintf(cell, size, "%d", row->info->id);
}

COLUMN_GETTER(struct set_row, get_owner)
{
    snprintf(cell, size, "%s", names_user(row->info->uid));
}

COLUMN_GETTER(struct set_row, get_group)
{
    snprintf(cell, size, "%s", names_group(row->info->gid));
}

COLUMN_GETTER(struct set_row, get_creator)
{
    snprintf(cell, size, "%s", names_user(row->info->cuid));
}

COLUMN_GETTER(struct set_row, get_perms)
{
    text_perms(cell, size, row->info->mode);
}

COLUMN_GETTER(struct set_row, get_mode)
{
    snprintf(cell, size, "0%.3o", (unsigned)row->info->mode);
}

COLUMN_GETTER(struct set_row, get_nsems)
{
    snprintf(cell, size, "%zu", row->info->nsems);
}

COLUMN_GETTER(struct set_row, get_otime)
{
    text_time(cell, size, row->info->otime, style->now, style->time);
}

COLUMN_GETTER(struct set_row, get_ctime)
{
    text_time(cell, size, row->info->ctime, style->now, style->time);
}

/* Needs read permission, and is empty without it. */
COLUMN_GETTER(struct set_row, get_waiting)
{
    struct semset_sem sem;
    uint64_t waiting = 0;
    for (size_t i = 0; i < row->info->nsems; i++) {
        if (semset_sem(row->info->id, (int)i, &sem))
            return;
        waiting += semset_waiting(&sem);
    }
    snprintf(cell, size, "%" PRIu64, waiting);
}

COLUMN_GETTER(struct set_row, get_orphan)
{
    const enum orphan orphan = judgement(row);
    if (orphan == ORPHAN_YES || orphan == ORPHAN_LIKELY)
        snprintf(cell, size, "%s", orphan == ORPHAN_YES ? "yes" : "likely");
}

COLUMN_GETTER(struct set_row, get_remove)
{
    if (judgement(row) == ORPHAN_YES)
        snprintf(cell, size, "ipcrm -s %d", row->info->id);
}

static const struct column set_columns[] = {
    {"KEY", 0, get_key, "key, 0x00000000 for IPC_PRIVATE"},
    {"ID", COLUMN_NUMBER, get_id, "id"},
    {"OWNER", 0, get_owner, "user who owns it"},
    {"GROUP", 0, get_group, "group that owns it"},
    {"CREATOR", 0, get_creator, "user who created it"},
    {"PERMS", 0, get_perms, "permissions, as ls prints them"},
    {"MODE", 0, get_mode, "permissions, octal"},
    {"NSEMS", COLUMN_NUMBER | COLUMN_RIGHT, get_nsems, "number of semaphores"},
    {"OTIME", COLUMN_TIME, get_otime, "last operation"},
    {"CTIME", COLUMN_TIME, get_ctime, "creation, or the last change of owner, mode or a value"},
    {"WAITING", COLUMN_NUMBER | COLUMN_RIGHT, get_waiting,
     "tasks that wait for any of its semaphores"},
    {"ORPHAN", 0, get_orphan,
     "yes: no process needs it; likely: only its owner runs processes, which may be others"},
    {"REMOVE", 0, get_remove, "the command that removes it, if it is an orphan"},
};
#define SET_COLUMNS (sizeof set_columns / sizeof *set_columns)

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

/* Adds the sets that OPTIONS select. Returns false with errno ENOMEM. */
static bool add_sets(struct table *table, const struct show_options *options,
                     const struct semset_list *list, struct orphan_search *search)
{
    for (size_t i = 0; i < list->count; i++) {
        struct set_row row = {.info = &list->items[i], .search = search};
        if (options->orphans) {
            row.orphan = orphan_judge(search, row.info);
            row.judged = true;
            if (row.orphan != ORPHAN_YES && row.orphan != ORPHAN_LIKELY)
                continue;
        }
        if (!table_row(table, &row, NULL))
            return false;
    }
    return true;
}

static void report_orphans(const struct orphan_search *search)
{
    if (search->not_known)
        report_note(
            "%zu set%s may be orphans and are not listed: it is not known whether a process "
            "uses them (%s)",
            search->not_known, search->not_known == 1 ? "" : "s", procfs_doubt_text(search->doubt));
    report_note("the kernel records only the last operator of a semaphore: another program may "
                "still use these sets");
}

static int show_sets(struct show_options *options, struct procfs *fs, struct table **kept, FILE *to)
{
    struct semset_list list = {0};
    struct orphan_search search = {.fs = fs};
    const struct listing *listing = &options->listing;
    int status = EXIT_DONE;
    if (semset_list(&list))
        return report_refused("sets");
    if (list.hidden)
        report_note("%zu set%s hidden from you by this kernel", list.hidden,
                    list.hidden == 1 ? " is" : "s are");
    struct table *table =
        table_new("sets", &listing->style, set_columns, listing->chosen, listing->chosen_count);
    if (table)
        table_set_key(table, get_id);
    if (table && !add_sets(table, options, &list, &search)) {
        table_free(table);
        table = NULL;
    }
    status = listing_print(listing, table, kept, to);
    if (options->orphans)
        report_orphans(&search);
    orphan_release(&search);
    semset_list_free(&list);
    return status;
}

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
    options->listing.style.now = time(NULL);
    const int status = options->count ? show_semaphores(options, &fs, kept, to)
                                      : show_sets(options, &fs, kept, to);
    procfs_close(&fs);
    return status;
}

/* --- the command line --- */

static const struct cli_option show_table[] = {
    OPTION_FLAG(
        0, "orphans", struct show_options, orphans,
        "only the sets that no task waits for and whose last operators are all gone; likely "
        "orphans, whose owner runs other processes, too"),
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
    return listing_choose_columns(listing, set_columns, SET_COLUMNS,
                                  options->orphans
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
    if (options.orphans && options.count)
        return report_usage("--orphans", "not valid with SET: it looks at all sets");
    if ((status = choose_columns(&options)) >= 0)
        return status;
    status = semop_parse_sets(options.names, options.count, &options.sets);
    if (status < 0)
        status = listing_run(&options.listing, show, &options, true);
    free(options.sets);
    return status;
}
