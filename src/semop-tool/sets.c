/* SPDX-License-Identifier: MIT */
/*
 * sets.c - see sets.h.
 */
#include "config.h"

#include "semop-tool/sets.h"

#include "lib/base/names.h"
#include "lib/base/text.h"
#include "lib/cli/report.h"
#include "lib/sem/semset.h"
#include "semop-tool/orphans.h"

#include <inttypes.h>
#include <search.h>
#include <stdlib.h>

/* --- columns --- */

struct set_row {
    const struct semset_info *info;
    struct orphan_search *search;
    bool judged; /* ORPHAN is valid; otherwise the columns that need it find it out */
    enum orphan orphan;
};

/* More last operators than a reader wants to see in one line. */
#define SHOWN_OPERATORS 8

static int by_pid(const void *a, const void *b)
{
    return *(const pid_t *)a != *(const pid_t *)b;
}

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

/* Of several last operators, each is named once, as many as a line holds. */
COLUMN_GETTER(struct set_row, get_lpid)
{
    pid_t pids[SHOWN_OPERATORS];
    size_t count = 0, used = 0;
    struct semset_sem sem;
    for (size_t i = 0; i < row->info->nsems && count < SHOWN_OPERATORS; i++) {
        if (semset_sem(row->info->id, (int)i, &sem) || sem.pid <= 0)
            continue;
        pids[count] = sem.pid;
        count += !lfind(&sem.pid, pids, &(size_t){count}, sizeof *pids, by_pid);
    }
    for (size_t i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(cell + used, size - used, "%s%d", i ? "," : "", pids[i]);
}

COLUMN_GETTER(struct set_row, get_lstate)
{
    struct set_use use;
    if (orphan_look(row->search, row->info, &use) == 0 && use.operated)
        snprintf(cell, size, "%s", procfs_life_word(use.operators));
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

const struct column set_columns[] = {
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
    {"LPID", 0, get_lpid, "the processes that operated on its semaphores last, \"12,15\""},
    {"LSTATE", 0, get_lstate, "whether any of them is alive, all are gone, or ? for not known"},
    {"ORPHAN", 0, get_orphan,
     "yes: no process needs it; likely: only its owner runs processes, which may be others"},
    {"REMOVE", 0, get_remove, "the command that removes it, if it is an orphan"},
};
const size_t set_column_count = sizeof set_columns / sizeof *set_columns;

/* --- showing --- */

/* Has the set been unused for longer than the filter's time? A set that a task waits for is in use,
 * and so is one of which we may not read that. */
static bool is_old(const struct set_filter *filter, struct orphan_search *search,
                   const struct semset_info *info)
{
    struct set_use use;
    return filter->now - semset_last_use(info) > filter->older.tv_sec &&
           orphan_look(search, info, &use) == 0 && !use.waiting;
}

/* Is the set one that FILTER asks for? Judges it where that is part of the question. */
static bool is_wanted(const struct set_filter *filter, struct set_row *row)
{
    if (filter->has_user && row->info->uid != filter->user)
        return false;
    if (filter->has_older && !is_old(filter, row->search, row->info))
        return false;
    if (!filter->orphans)
        return true;
    row->orphan = orphan_judge(row->search, row->info);
    row->judged = true;
    return row->orphan == ORPHAN_YES || row->orphan == ORPHAN_LIKELY;
}

/* Adds the sets that FILTER selects. Returns false with errno ENOMEM. */
static bool add_sets(struct table *table, const struct set_filter *filter,
                     const struct semset_list *list, struct orphan_search *search)
{
    for (size_t i = 0; i < list->count; i++) {
        struct set_row row = {.info = &list->items[i], .search = search};
        if (is_wanted(filter, &row) && !table_row(table, &row, NULL))
            return false;
    }
    return true;
}

static void report_orphans(const struct orphan_search *search)
{
    if (search->not_known)
        report_note("%zu set%s not listed: it is not known whether a process uses %s (%s)",
                    search->not_known,
                    search->not_known == 1 ? " may be an orphan and is"
                                           : "s may be orphans and are",
                    search->not_known == 1 ? "it" : "them", procfs_doubt_text(search->doubt));
    report_note("the kernel records only the last operator of a semaphore: another program may "
                "still use these sets");
}

int sets_show(const struct listing *listing, const struct set_filter *filter,
              const struct procfs *fs, struct table **kept, FILE *to)
{
    struct semset_list list = {0};
    struct orphan_search search = {.fs = fs};
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
    if (table && !add_sets(table, filter, &list, &search)) {
        table_free(table);
        table = NULL;
    }
    status = listing_print(listing, table, kept, to);
    if (filter->orphans)
        report_orphans(&search);
    orphan_release(&search);
    semset_list_free(&list);
    return status;
}
