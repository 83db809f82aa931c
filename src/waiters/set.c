/*
 * waiters-set.c - who waits on semaphore sets; see waiters.h.
 */
#include "config.h"

#include "waiters/waiters.h"

#include "lib/cli/report.h"
#include "lib/sem/semops.h"
#include "lib/sem/semset.h"

#include <stdlib.h>

/* A set's values, for the tasks that wait on it: they come in order of sets. */
struct values {
    struct semset_info info;
    unsigned short *now;
    bool good;
};

static void read_values(struct values *values, int set)
{
    if (values->now && values->info.id == set)
        return;
    free(values->now);
    *values = (struct values){.info.id = set};
    if (semset_stat(set, &values->info) ||
        !(values->now = calloc(values->info.nsems + 1, sizeof *values->now)))
        return;
    values->good = semset_values(set, values->info.nsems, values->now) == 0;
}

/* By trying the list on the values as they are now: the first operation that cannot proceed is what
 * it waits for. */
static void find_stuck(const struct procfs *fs, struct waiter *waiter, const struct values *values)
{
    const struct procfs_waiter *task = waiter->task;
    const size_t nsems = values->info.nsems;
    struct semset_sem sem;
    bool range;
    int *copy = task->ops && values->good ? calloc(nsems + 1, sizeof *copy) : NULL;
    if (!copy)
        return;
    for (size_t i = 0; i < nsems; i++)
        copy[i] = values->now[i];
    const size_t at = semops_try(task->ops, task->count, copy, nsems, &range);
    if (at < task->count && !range && semset_sem(task->set, task->ops[at].sem_num, &sem) == 0) {
        waiter->stuck = &task->ops[at];
        waiter->value = sem.value;
        waiter->last = sem.pid;
        procfs_process(fs, sem.pid, &waiter->last_process);
        /* One that was started after the last operation is another with the same number. */
        waiter->last_alive =
            waiter->last_process.exists &&
            procfs_started_by(&waiter->last_process, semset_last_use(&values->info));
    }
    free(copy);
}

static bool is_wanted(const int *ids, int count, int set)
{
    for (int i = 0; i < count; i++)
        if (ids[i] == set)
            return true;
    return count == 0;
}

/* How many tasks the kernel says wait on this set. */
static void count_expected(struct picture *picture, const struct semset_info *info)
{
    for (size_t i = 0; i < info->nsems; i++) {
        struct semset_sem sem;
        if (semset_sem(info->id, (int)i, &sem)) {
            picture->partial = true;
            return;
        }
        picture->expected += semset_waiting(&sem);
    }
}

/* The sets that were named, once each, however often they are. */
static int open_named(const struct waiters_options *options, struct picture *picture)
{
    int status = EXIT_DONE;
    for (int i = 0; i < options->sets.count; i++) {
        const struct waiters_name *name = &options->sets.items[i];
        struct semset_info info;
        int *id = &picture->sets[picture->set_count];
        if (semset_open(&name->operand, id) || semset_stat(*id, &info)) {
            status = report_refused(name->text);
        } else if (!picture->set_count || !is_wanted(picture->sets, picture->set_count, *id)) {
            count_expected(picture, &info);
            picture->set_count++;
        }
    }
    return status;
}

int waiters_count_sets(const struct waiters_options *options, struct picture *picture)
{
    struct semset_list list = {0};
    int status = EXIT_DONE;
    picture->sets = calloc((size_t)options->sets.count + 1, sizeof *picture->sets);
    if (!picture->sets)
        return report_error("SET", "list");
    status = open_named(options, picture);
    if (options->sets.all && semset_list(&list))
        status = report_refused("sets");
    for (size_t i = 0; i < list.count; i++)
        count_expected(picture, &list.items[i]);
    semset_list_free(&list);
    return status;
}

void waiters_collect_sets(const struct waiters_options *options, struct picture *picture)
{
    struct values values = {0};
    if (!picture->set_count && !options->sets.all)
        return;
    for (size_t i = 0; i < picture->blocked.count; i++) {
        const struct procfs_waiter *task = &picture->blocked.items[i];
        if (task->in != PROCFS_WAIT_SEMOP ||
            (task->set >= 0 && !is_wanted(picture->sets, picture->set_count, task->set)))
            continue;
        struct waiter *waiter = waiters_add(picture, task);
        if (task->set < 0)
            continue;
        read_values(&values, task->set);
        find_stuck(&picture->fs, waiter, &values);
    }
    free(values.now);
}

/*
 * A wait for zero is for others to take, not to give: the last operator has nothing that it could
 * give back, so such a wait leads to nobody.
 */
void waiters_set_edge(const struct waiter *waiter, struct wait_words *words, struct wait_edge *edge)
{
    const struct sembuf *stuck = waiter->stuck;
    snprintf(words->what, sizeof words->what, "semaphore %u of set %d", stuck->sem_num,
             waiter->task->set);
    snprintf(words->remedy, sizeof words->remedy, "semop-tool op %d %u+%d", waiter->task->set,
             stuck->sem_num, -stuck->sem_op - waiter->value);
    edge->holder = stuck->sem_op < 0 ? waiter->last : 0;
    edge->taken = waiter->last_alive ? "took last" : "operated on last";
    edge->abandoned =
        stuck->sem_op < 0 && waiter->last > 0 && !waiter->last_alive && waiter->value == 0;
}
