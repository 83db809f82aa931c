/* SPDX-License-Identifier: MIT */
/*
 * graph.c - see graph.h.
 */
#include "config.h"

#include "waiters/graph.h"

#include "lib/cli/report.h"

#include <inttypes.h>

/* How many tasks of process PID are waiters. */
static size_t waiters_of(const struct snapshot *snapshot, pid_t pid)
{
    size_t count = 0;
    for (size_t i = 0; i < snapshot->count; i++)
        count += snapshot->waiters[i].task->pid == pid;
    return count;
}

static bool add_wait(struct waitlist *list, const struct snapshot *snapshot,
                     const struct waiter *waiter)
{
    if (!waiter->known)
        return true;
    struct wait_words *words = waitlist_add(list);
    if (!words)
        return false;
    struct wait_edge *edge = &list->edges[list->count - 1];
    const pid_t pid = waiter->task->pid;
    waitlist_command(&waiter->process, words->command);
    waitlist_command(&waiter->holder_process, words->holder);
    *edge = (struct wait_edge){
        .pid = pid,
        .tid = waiter->task->tid,
        .command = words->command,
        .what = words->what,
        .holder_command = waiter->holder_life == PROCFS_ALIVE  ? words->holder
                          : waiter->holder_life == PROCFS_GONE ? "gone"
                                                               : "not known here",
        .alive = waiter->holder_life == PROCFS_ALIVE,
        .certain = !waiter->task->timed &&
                   procfs_task_count(&snapshot->fs, pid) == waiters_of(snapshot, pid),
        .remedy = words->remedy,
    };
    waiter->source->edge(waiter, words, edge);
    return true;
}

/* Returns false with errno ENOMEM. */
static bool add_waits(struct waitlist *list, const struct snapshot *snapshot)
{
    /* A waiter that has continued since it was found waits for no process: left in, many that come
     * and go would make a cycle. */
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct waiter *waiter = &snapshot->waiters[i];
        if (!procfs_waiter_unchanged(&snapshot->fs, waiter->task))
            continue;
        if (!add_wait(list, snapshot, waiter) ||
            !waitlist_add_parents(list, &snapshot->fs, waiter->task->pid, &waiter->process))
            return false;
    }
    return true;
}

int graph_draw(const struct snapshot *snapshot, FILE *to)
{
    struct waitlist list = {0};
    int status = EXIT_DONE;
    if (!add_waits(&list, snapshot) || waitgraph_draw(list.edges, list.count, to))
        status = report_error("waiters", "draw");
    waitlist_free(&list);
    return status;
}

int graph_print_deadlocks(const struct snapshot *snapshot, bool whole, uint64_t hidden, FILE *to)
{
    const uint64_t doubtful = hidden + snapshot_doubtful(snapshot);
    struct waitlist list = {0};
    int status = EXIT_DONE;
    size_t found;
    if (!add_waits(&list, snapshot) || waitgraph_print(list.edges, list.count, to, &found))
        status = report_error("waiters", "draw");
    else if (found)
        status = EXIT_DEADLOCK;
    else if (!whole)
        fputs("Not known: not every object or process could be read.\n", to);
    else if (doubtful) {
        fprintf(to,
                "Not known: no deadlock among the waiters that could be read, but %" PRIu64
                " could not.\n",
                doubtful);
        status = EXIT_NOT_KNOWN;
    } else
        fprintf(to, "No deadlock (%zu blocked task%s).\n", snapshot->count,
                snapshot->count == 1 ? "" : "s");
    waitlist_free(&list);
    return status;
}
