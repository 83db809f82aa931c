/* SPDX-License-Identifier: MIT */
/*
 * waiter.c - see waiter.h.
 */
#include "config.h"

#include "waiters/waiter.h"

#include "lib/base/array.h"
#include "lib/cli/report.h"

#include <stdlib.h>

bool query_asks(const struct query *query)
{
    return query->all || query->count;
}

const char *query_add(struct query *query, const char *text)
{
    struct object_name name = {.text = text};
    const char *rule = query->source->parse(text, &name.operand);
    if (rule)
        // cppcheck-suppress returnDanglingLifetime ; a rule is not part of the operand
        return rule;
    if (array_reserve(&query->names, &query->capacity, query->count + 1))
        return "there is no memory for so many";
    query->names[query->count++] = name;
    return NULL;
}

struct waiter *waiter_add(struct snapshot *snapshot, const struct waiter_source *source,
                          const struct procfs_waiter *task)
{
    void *detail = calloc(1, source->detail_size);
    if (!detail)
        return NULL;
    struct waiter *waiter = &snapshot->waiters[snapshot->count++];
    *waiter = (struct waiter){.source = source, .task = task, .detail = detail};
    procfs_process(&snapshot->fs, task->pid, &waiter->process);
    return waiter;
}

static int find_blocked(struct snapshot *snapshot)
{
    if (snapshot->in && procfs_find_waiters(&snapshot->fs, snapshot->in, &snapshot->blocked))
        return report_error("/proc", "find blocked tasks");
    snapshot->waiters = calloc(snapshot->blocked.count + 1, sizeof *snapshot->waiters);
    return snapshot->waiters ? EXIT_DONE : report_error("waiters", "list");
}

int snapshot_take(struct snapshot *snapshot, struct query *queries, size_t count)
{
    int status = EXIT_DONE;
    *snapshot = (struct snapshot){0};
    if (procfs_open(&snapshot->fs, "/proc"))
        return report_error("/proc", "open");
    for (size_t i = count; i-- > 0;)
        if (query_asks(&queries[i]))
            status = report_worse(status, queries[i].source->count(&queries[i], snapshot));
    const int found = find_blocked(snapshot);
    if (found)
        return report_worse(status, found);
    for (size_t i = 0; i < count; i++)
        if (queries[i].state)
            status = report_worse(status, queries[i].source->collect(&queries[i], snapshot));
    return status;
}

uint64_t snapshot_doubtful(const struct snapshot *snapshot)
{
    uint64_t count = 0;
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct waiter *waiter = &snapshot->waiters[i];
        count += waiter->unread || (waiter->holder > 0 && waiter->holder_doubt);
    }
    return count;
}

void snapshot_release(struct snapshot *snapshot, struct query *queries, size_t count)
{
    for (size_t i = 0; i < snapshot->count; i++)
        free(snapshot->waiters[i].detail);
    free(snapshot->waiters);
    procfs_waiters_free(&snapshot->blocked);
    for (size_t i = 0; i < count; i++)
        if (queries[i].state) {
            queries[i].source->release(&queries[i]);
            queries[i].state = NULL;
        }
    procfs_close(&snapshot->fs);
}

void waiter_unknown(const struct table_style *style, char *cell, size_t size)
{
    if (style->format == TABLE_COLUMNS)
        snprintf(cell, size, "?");
}
