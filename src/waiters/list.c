/* SPDX-License-Identifier: MIT */
/*
 * list.c - see list.h.
 */
#include "config.h"

#include "waiters/list.h"

#include "lib/base/names.h"

#include <assert.h>
#include <string.h>

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
    if (row->process.uid != (uid_t)-1)
        snprintf(cell, size, "%s", names_user(row->process.uid));
}

COLUMN_GETTER(struct waiter, get_command)
{
    snprintf(cell, size, "%s", row->process.command);
}

static const struct column common[] = {
    {"PID", COLUMN_NUMBER | COLUMN_RIGHT, get_pid, "the blocked process"},
    {"TID", COLUMN_NUMBER | COLUMN_RIGHT, get_tid, "its thread that is blocked"},
    {"USER", 0, get_user, "the process's user"},
    {"COMMAND", COLUMN_FOREIGN | COLUMN_TRUNC, get_command, "the process's command line"},
};

static void append(struct waiter_columns *to, const struct column *columns, size_t count)
{
    assert(to->count + count <= TABLE_COLUMNS_MAX);
    memcpy(&to->items[to->count], columns, count * sizeof *columns);
    to->count += count;
}

void list_columns(struct waiter_columns *out, const struct query *queries, size_t count)
{
    out->count = 0;
    append(out, common, sizeof common / sizeof *common);
    for (size_t i = 0; i < count; i++)
        append(out, queries[i].source->columns, queries[i].source->column_count);
}

int list_choose(struct listing *listing, const struct waiter_columns *columns,
                const struct query *queries, size_t count)
{
    char names[256] = "PID,TID,USER";
    size_t asked = 0;
    for (size_t i = 0; i < count; i++)
        asked += query_asks(&queries[i]);
    for (size_t i = 0; i < count; i++) {
        const struct waiter_source *source = queries[i].source;
        const size_t used = strlen(names);
        if (query_asks(&queries[i]))
            snprintf(names + used, sizeof names - used, ",%s",
                     asked == 1 ? source->own_columns : source->shared_columns);
    }
    strcat(names, ",COMMAND");
    return listing_choose_columns(listing, columns->items, columns->count, names);
}

int list_print(const struct listing *listing, const struct waiter_columns *columns,
               const struct snapshot *snapshot, struct table **kept, FILE *to)
{
    struct table *table = table_new("waiters", &listing->style, columns->items, listing->chosen,
                                    listing->chosen_count);
    if (table)
        table_set_key(table, get_tid);
    for (size_t i = 0; table && i < snapshot->count; i++)
        if (!table_row(table, &snapshot->waiters[i], NULL)) {
            table_free(table);
            table = NULL;
        }
    return listing_print(listing, table, kept, to);
}
