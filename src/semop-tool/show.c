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

#include <dirent.h>
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

COLUMN_GETTER(struct semset_info, get_key)
{
    snprintf(cell, size, "0x%.8x", (unsigned)row->key);
}

COLUMN_GETTER(struct semset_info, get_id)
{
    snprintf(cell, size, "%d", row->id);
}

COLUMN_GETTER(struct semset_info, get_owner)
{
    snprintf(cell, size, "%s", names_user(row->uid));
}

COLUMN_GETTER(struct semset_info, get_group)
{
    snprintf(cell, size, "%s", names_group(row->gid));
}

COLUMN_GETTER(struct semset_info, get_creator)
{
    snprintf(cell, size, "%s", names_user(row->cuid));
}

COLUMN_GETTER(struct semset_info, get_perms)
{
    text_perms(cell, size, row->mode);
}

COLUMN_GETTER(struct semset_info, get_mode)
{
    snprintf(cell, size, "0%.3o", (unsigned)row->mode);
}

COLUMN_GETTER(struct semset_info, get_nsems)
{
    snprintf(cell, size, "%zu", row->nsems);
}

COLUMN_GETTER(struct semset_info, get_otime)
{
    text_time(cell, size, row->otime, style->now, style->time);
}

COLUMN_GETTER(struct semset_info, get_ctime)
{
    text_time(cell, size, row->ctime, style->now, style->time);
}

/* Needs read permission, and is empty without it. */
COLUMN_GETTER(struct semset_info, get_waiting)
{
    struct semset_sem sem;
    uint64_t waiting = 0;
    for (size_t i = 0; i < row->nsems; i++) {
        if (semset_sem(row->id, (int)i, &sem))
            return;
        waiting += semset_waiting(&sem);
    }
    snprintf(cell, size, "%" PRIu64, waiting);
}

COLUMN_GETTER(struct semset_info, get_remove)
{
    snprintf(cell, size, "ipcrm -s %d", row->id);
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
    {"REMOVE", 0, get_remove, "the command that removes it"},
};
#define SET_COLUMNS (sizeof set_columns / sizeof *set_columns)

/* --- columns of semaphores --- */

struct sem_row {
    int id, number;
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
    if (row->sem.pid <= 0)
        return;
    procfs_process(row->fs, row->sem.pid, &process);
    if (process.exists)
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

/* --- orphans --- */

/* Is there a process whose user is UID? */
static bool has_process(const struct procfs *fs, uid_t uid)
{
    const struct dirent *entry;
    bool found = false;
    DIR *dir = opendir("/proc");
    while (dir && !found && (entry = readdir(dir))) {
        struct procfs_process process;
        const pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid <= 0)
            continue;
        procfs_process(fs, pid, &process);
        found = process.exists && process.uid == uid;
    }
    if (dir)
        closedir(dir);
    return found;
}

/* Is the semaphore's last operator PID gone? A process that was started after the set's last
 * operation or change is another one with the same number. */
static bool operator_gone(const struct procfs *fs, pid_t pid, const struct semset_info *info)
{
    struct procfs_process process;
    procfs_process(fs, pid, &process);
    return !process.exists || !procfs_started_by(&process, semset_last_use(info));
}

/*
 * A set that we may not read is not called an orphan. Neither is a set that has been operated on
 * but has no operator: its operator is in another PID namespace.
 */
static bool is_orphan(const struct procfs *fs, const struct semset_info *info)
{
    bool known = info->otime == 0;
    for (size_t i = 0; i < info->nsems; i++) {
        struct semset_sem sem;
        if (semset_sem(info->id, (int)i, &sem) || semset_waiting(&sem))
            return false;
        if (sem.pid && !operator_gone(fs, sem.pid, info))
            return false;
        known = known || sem.pid;
    }
    return known && !has_process(fs, info->uid);
}

/* --- showing --- */

static int show_sets(struct show_options *options, struct procfs *fs, struct table **kept, FILE *to)
{
    struct semset_list list = {0};
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
    for (size_t i = 0; table && i < list.count; i++)
        if (!options->orphans || is_orphan(fs, &list.items[i]))
            if (!table_row(table, &list.items[i], NULL)) {
                table_free(table);
                table = NULL;
            }
    status = listing_print(listing, table, kept, to);
    if (options->orphans)
        report_note("the kernel records only the last operator of a semaphore: another program may "
                    "still use these sets");
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
    OPTION_FLAG(0, "orphans", struct show_options, orphans,
                "only the sets that no task waits for, whose last operators are all gone, and "
                "whose owner has no process running"),
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
                                  options->orphans ? "KEY,ID,OWNER,PERMS,NSEMS,OTIME,CTIME,REMOVE"
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
