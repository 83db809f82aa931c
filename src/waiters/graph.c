/*
 * waiters-graph.c - who waits for whom, told or drawn; see waiters.h.
 */
#include "config.h"

#include "waiters/waiters.h"

#include "lib/cli/report.h"

/* How many of the waiting tasks are this process's. */
static size_t blocked_of(const struct picture *picture, pid_t pid)
{
    size_t count = 0;
    for (size_t i = 0; i < picture->count; i++)
        count += picture->waiters[i].task->pid == pid;
    return count;
}

static bool add_wait(struct waitlist *list, const struct picture *picture,
                     const struct waiter *waiter)
{
    struct wait_words *words = waiter->stuck || waiter->segment ? waitlist_add(list) : NULL;
    if (!words)
        return !waiter->stuck && !waiter->segment;
    struct wait_edge *edge = &list->edges[list->count - 1];
    const pid_t pid = waiter->task->pid;
    waitlist_command(&waiter->process, words->command);
    waitlist_command(&waiter->last_process, words->holder);
    *edge = (struct wait_edge){
        .pid = pid,
        .tid = waiter->task->tid,
        .command = words->command,
        .what = words->what,
        .holder_command = waiter->last_alive ? words->holder : "gone",
        .alive = waiter->last_alive,
        .firm = !waiter->task->timed &&
                procfs_task_count(&picture->fs, pid) == blocked_of(picture, pid),
        .remedy = words->remedy,
    };
    if (waiter->segment)
        waiters_segment_edge(waiter, words, edge);
    else
        waiters_set_edge(waiter, words, edge);
    return true;
}

static int tell(struct waitlist *list, const struct picture *picture, FILE *to)
{
    const size_t found = waitgraph_tell(list->edges, list->count, to);
    if (!found)
        fprintf(to, "No deadlock: %zu task%s wait%s, and no circle of them is closed.\n",
                picture->count, picture->count == 1 ? "" : "s", picture->count == 1 ? "s" : "");
    return found ? EXIT_DEADLOCK : EXIT_DONE;
}

int waiters_show_graph(const struct waiters_options *options, const struct picture *picture,
                       FILE *to)
{
    struct waitlist list = {0};
    int status = EXIT_DONE;
    bool good = true;
    /* One who has gone on since he was seen waits for nobody: left in, many who come and go make a
     * circle. */
    for (size_t i = 0; good && i < picture->count; i++) {
        const struct waiter *waiter = &picture->waiters[i];
        if (procfs_waiter_unchanged(&picture->fs, waiter->task))
            good = add_wait(&list, picture, waiter) &&
                   waitlist_add_parents(&list, &picture->fs, waiter->task->pid, &waiter->process);
    }
    if (!good)
        status = report_error("waiters", "draw");
    else if (options->mode == MODE_GRAPH)
        waitgraph_draw(list.edges, list.count, to);
    else
        status = tell(&list, picture, to);
    waitlist_free(&list);
    return status;
}
