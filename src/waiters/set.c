/* SPDX-License-Identifier: MIT */
/*
 * set.c - the source of the waiters on semaphore sets; see waiter.h. The kernel counts them, and
 * /proc shows the list of operations that each is blocked with; which of those cannot proceed
 * follows from the set's values.
 */
#include "config.h"

#include "waiters/waiter.h"

#include "lib/base/array.h"
#include "lib/cli/report.h"
#include "lib/sem/semops.h"
#include "lib/sem/semset.h"
#include "lib/sem/set_operand.h"
#include "waiters/place.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

/* The detail of a waiter. */
struct set_wait {
    int set;                    /* the task's own word for it, or inferred; -1: not known */
    const struct sembuf *stuck; /* the operation that cannot proceed; NULL: not known */
    int value;                  /* of its semaphore */
    struct sembuf inferred; /* STUCK, where only the kernel's counts show it: sem_op is -1 or 0 */
};

/* The values of one set. */
struct set_values {
    struct semset_info info;
    unsigned short *now; /* info.nsems of them */
    bool good;
};

struct set_state {
    struct semset_list sets;  /* those that were named, once each, then perhaps all others */
    size_t asked;             /* how many of them the query asks for: the first ones */
    bool unreadable;          /* there is one whose waiters we may not count */
    struct set_values values; /* of one set; the blocked tasks are sorted by set */
};

/* --- counting --- */

static const struct semset_info *find_set(const struct semset_list *sets, int id)
{
    for (size_t i = 0; i < sets->count; i++)
        if (sets->items[i].id == id)
            return &sets->items[i];
    return NULL;
}

/* Adds the number of tasks that wait on this set, by the kernel's count. */
static void count_expected(struct set_state *state, const struct semset_info *info,
                           struct snapshot *snapshot)
{
    for (size_t i = 0; i < info->nsems; i++) {
        struct semset_sem sem;
        if (semset_sem(info->id, (int)i, &sem)) {
            state->unreadable = true;
            return;
        }
        snapshot->expected += semset_waiting(&sem);
    }
}

/* Finds the set that was named and counts its waiters, unless it has been found by another name. */
static int count_named(struct set_state *state, const struct object_name *name,
                       struct snapshot *snapshot)
{
    struct semset_list *sets = &state->sets;
    struct semset_info info;
    int id;
    if (semset_open(&name->operand, &id) || semset_stat(id, &info))
        return report_refused(name->text);
    if (find_set(sets, id))
        return EXIT_DONE;
    if (array_reserve(&sets->items, &sets->capacity, sets->count + 1))
        return report_error(name->text, "list");
    sets->items[sets->count++] = info;
    count_expected(state, &info, snapshot);
    return EXIT_DONE;
}

static int count(struct query *query, struct snapshot *snapshot)
{
    struct set_state *state = query->state = calloc(1, sizeof *state);
    int status = EXIT_DONE;
    snapshot->in |= PROCFS_WAIT_SEMOP;
    if (!state)
        return report_error("SET", "list");
    for (size_t i = 0; i < query->count; i++)
        status = report_worse(status, count_named(state, &query->names[i], snapshot));
    if (query->all && semset_list(&state->sets))
        return report_refused("sets");
    for (size_t i = 0; query->all && i < state->sets.count; i++)
        count_expected(state, &state->sets.items[i], snapshot);
    state->asked = state->sets.count;
    return status;
}

static void release(struct query *query)
{
    struct set_state *state = query->state;
    semset_list_free(&state->sets);
    free(state->values.now);
    free(state);
}

/* --- collecting --- */

static const struct set_values *read_values(struct set_state *state, int id)
{
    struct set_values *values = &state->values;
    if (values->now && values->info.id == id)
        return values;
    const struct semset_info *counted = find_set(&state->sets, id);
    free(values->now);
    *values = (struct set_values){.info.id = id};
    if (counted)
        values->info = *counted;
    else if (semset_stat(id, &values->info)) /* it was created after the counting */
        return values;
    values->now = calloc(values->info.nsems + 1, sizeof *values->now);
    values->good = values->now && semset_values(id, values->info.nsems, values->now) == 0;
    return values;
}

/*
 * Tries the task's list on the values of now: the first operation that cannot proceed is the one
 * that it waits for. NULL where that is not known.
 */
static const struct sembuf *find_stuck(const struct procfs_waiter *task,
                                       const struct set_values *values)
{
    const size_t nsems = values->info.nsems;
    bool out_of_range;
    int *copy = task->ops && values->good ? calloc(nsems + 1, sizeof *copy) : NULL;
    if (!copy)
        return NULL;
    for (size_t i = 0; i < nsems; i++)
        copy[i] = values->now[i];
    const size_t index = semops_try(task->ops, task->count, copy, nsems, &out_of_range);
    free(copy);
    return index < task->count && !out_of_range ? &task->ops[index] : NULL;
}

/*
 * Is the process, whose PID is that of the last operator, really that operator, and alive? The
 * times in STATE are those of the counting, and a process may have been started and have operated
 * since: so they are read again before the answer is no. A set that is gone proves nothing.
 */
static enum procfs_life operator_life(const struct procfs *fs, struct set_state *state,
                                      const struct procfs_process *process,
                                      enum procfs_doubt *doubt)
{
    struct semset_info *info = &state->values.info;
    const enum procfs_life life = procfs_life_at(fs, process, semset_last_use(info), doubt);
    if (life != PROCFS_GONE || process->life == PROCFS_GONE)
        return life;
    return semset_stat(info->id, info) ? PROCFS_ALIVE
                                       : procfs_life_at(fs, process, semset_last_use(info), doubt);
}

/* SEM is the semaphore that the waiter waits for. */
static void set_holder(const struct procfs *fs, struct set_state *state, struct waiter *waiter,
                       const struct semset_sem *sem)
{
    struct set_wait *wait = waiter->detail;
    wait->value = sem->value;
    waiter->known = true;
    waiter->unread = false;
    waiter->holder = sem->pid;
    procfs_process(fs, sem->pid, &waiter->holder_process);
    waiter->holder_life = operator_life(fs, state, &waiter->holder_process, &waiter->holder_doubt);
}

static void find_holder(const struct procfs *fs, struct set_state *state, struct waiter *waiter)
{
    struct set_wait *wait = waiter->detail;
    struct semset_sem sem;
    const int id = waiter->task->set;
    const struct set_values *values = read_values(state, id);
    const struct sembuf *stuck = find_stuck(waiter->task, values);
    if (!stuck || semset_sem(id, stuck->sem_num, &sem)) {
        waiter->unread = (!waiter->task->ops || !values->good || stuck) &&
                         procfs_waiter_unchanged(fs, waiter->task);
        return;
    }
    wait->stuck = stuck;
    set_holder(fs, state, waiter, &sem);
}

static bool is_asked(const struct set_state *state, int set)
{
    const struct semset_info *found = find_set(&state->sets, set);
    return found && found < state->sets.items + state->asked;
}

/*
 * A task whose set is not known may wait on any set, so if there is one, we look at all sets,
 * also where the query names only some: it is listed if one of those proves to be the only place
 * where it can wait (place.h).
 */
static bool any_unknown(const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->blocked.count; i++) {
        const struct procfs_waiter *task = &snapshot->blocked.items[i];
        if (task->in == PROCFS_WAIT_SEMOP && task->set < 0)
            return true;
    }
    return false;
}

/* Adds all other sets. Returns false without memory: then nothing is inferred. */
static bool add_others(struct set_state *state)
{
    struct semset_list all = {0};
    bool good = semset_list(&all) == 0 &&
                !array_reserve(&state->sets.items, &state->sets.capacity, state->asked + all.count);
    for (size_t i = 0; good && i < all.count; i++)
        if (!is_asked(state, all.items[i].id))
            state->sets.items[state->sets.count++] = all.items[i];
    semset_list_free(&all);
    return good;
}

/* --- inferring --- */

/* How many waiters are known to wait at this place? ARG is the snapshot. */
static int count_known(void *arg, int set, size_t number, bool zero)
{
    const struct snapshot *snapshot = arg;
    int known = 0;
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct set_wait *wait = snapshot->waiters[i].detail;
        known += snapshot->waiters[i].source == &waiter_sets && wait->set == set && wait->stuck &&
                 wait->stuck->sem_num == number && (wait->stuck->sem_op == 0) == zero;
    }
    return known;
}

/* PLACE is the only one where the task of WAITER can be. */
static void infer(const struct query *query, const struct snapshot *snapshot, struct waiter *waiter,
                  const struct place *place)
{
    struct set_wait *wait = waiter->detail;
    struct semset_sem sem;
    wait->set = place->set;
    if (place->number < 0 || semset_sem(place->set, place->number, &sem))
        return;
    wait->inferred =
        (struct sembuf){.sem_num = (unsigned short)place->number, .sem_op = place->zero ? 0 : -1};
    read_values(query->state, place->set);
    set_holder(&snapshot->fs, query->state, waiter, &sem);
}

/* Infers what can be, of all waiters on the same counts; only then marks them as known, for they
 * count as known from then on. */
static void infer_all(const struct query *query, struct snapshot *snapshot)
{
    const struct semset_list *sets = &((const struct set_state *)query->state)->sets;
    struct place any, one;
    int found_any = -1; /* not looked for yet */
    for (size_t i = 0; i < snapshot->count; i++) {
        struct waiter *waiter = &snapshot->waiters[i];
        if (waiter->source != query->source || !waiter->unread)
            continue;
        const int set = waiter->task->set;
        if (set >= 0 && place_find(sets, set, count_known, snapshot, &one))
            infer(query, snapshot, waiter, &one);
        if (set < 0 && found_any < 0)
            found_any = place_find(sets, -1, count_known, snapshot, &any);
        if (set < 0 && found_any)
            infer(query, snapshot, waiter, &any);
    }
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct waiter *waiter = &snapshot->waiters[i];
        struct set_wait *wait = waiter->detail;
        if (waiter->source == query->source && waiter->known && !wait->stuck)
            wait->stuck = &wait->inferred;
    }
}

/* Removes the waiters on sets that the query does not ask for. */
static void drop_others(const struct query *query, struct snapshot *snapshot)
{
    size_t kept = 0;
    for (size_t i = 0; i < snapshot->count; i++) {
        struct waiter *waiter = &snapshot->waiters[i];
        const struct set_wait *wait = waiter->detail;
        if (waiter->source == query->source && !is_asked(query->state, wait->set)) {
            snapshot->found--;
            free(waiter->detail);
        } else
            snapshot->waiters[kept++] = *waiter;
    }
    snapshot->count = kept;
}

static int collect(const struct query *query, struct snapshot *snapshot)
{
    struct set_state *state = query->state;
    const bool everywhere = query->all || (any_unknown(snapshot) && add_others(state));
    for (size_t i = 0; i < snapshot->blocked.count; i++) {
        const struct procfs_waiter *task = &snapshot->blocked.items[i];
        if (task->in != PROCFS_WAIT_SEMOP || (!everywhere && !is_asked(state, task->set)))
            continue;
        struct waiter *waiter = waiter_add(snapshot, query->source, task);
        if (!waiter)
            return report_error("waiters", "list");
        snapshot->found++;
        ((struct set_wait *)waiter->detail)->set = task->set;
        waiter->unread = task->set < 0;
        if (task->set >= 0)
            find_holder(&snapshot->fs, state, waiter);
    }
    infer_all(query, snapshot);
    if (!query->all)
        drop_others(query, snapshot);
    return EXIT_DONE;
}

static uint64_t hidden(const struct query *query, const struct snapshot *snapshot)
{
    const struct set_state *state = query->state;
    return snapshot->expected > snapshot->found ? snapshot->expected - snapshot->found
                                                : state->unreadable;
}

static void note_hidden(const struct query *query, const struct snapshot *snapshot)
{
    const struct set_state *state = query->state;
    if (snapshot->expected > snapshot->found)
        report_note("%" PRIu64 " waiting, %" PRIu64 " not visible to you: %s", snapshot->expected,
                    snapshot->expected - snapshot->found,
                    geteuid() ? "run this as root, or as the waiters' user"
                              : "in another PID namespace, or out of reach of ptrace(2)");
    else if (state->unreadable)
        report_note("you may not read some of the sets: their waiters cannot be counted");
}

/* --- in the graph --- */

/*
 * A task that waits for zero waits for others to decrement, not to increment: the last operator has
 * nothing to release, so such a wait leads to no process.
 */
static void edge(const struct waiter *waiter, struct wait_words *words, struct wait_edge *edge)
{
    const struct set_wait *wait = waiter->detail;
    const struct sembuf *stuck = wait->stuck;
    const bool decrement = stuck->sem_op < 0;
    snprintf(words->what, sizeof words->what, "semaphore %u of set %d", stuck->sem_num, wait->set);
    snprintf(words->remedy, sizeof words->remedy, "semop-tool op %d %u+%d", wait->set,
             stuck->sem_num, -stuck->sem_op - wait->value);
    edge->holder = decrement ? waiter->holder : 0;
    edge->relation = "operated on last";
    edge->abandoned =
        decrement && waiter->holder > 0 && waiter->holder_life == PROCFS_GONE && wait->value == 0;
}

/* --- columns --- */

WAITER_GETTER(waiter_sets, struct set_wait, get_set)
{
    if (detail->set >= 0)
        snprintf(cell, size, "%d", detail->set);
    else
        waiter_unknown(style, cell, size);
}

WAITER_GETTER(waiter_sets, struct set_wait, get_ops)
{
    if (row->task->ops)
        semops_print(row->task->ops, row->task->count, cell, size);
    else
        snprintf(cell, size, "?");
}

WAITER_GETTER(waiter_sets, struct set_wait, get_stuck)
{
    if (detail->stuck == &detail->inferred && detail->stuck->sem_op)
        snprintf(cell, size, "%u-?", detail->stuck->sem_num);
    else if (detail->stuck)
        semops_print(detail->stuck, 1, cell, size);
    else
        snprintf(cell, size, "?");
}

WAITER_GETTER(waiter_sets, struct set_wait, get_value)
{
    if (detail->stuck)
        snprintf(cell, size, "%d", detail->value);
    else
        waiter_unknown(style, cell, size);
}

WAITER_GETTER(waiter_sets, struct set_wait, get_lpid)
{
    if (row->holder > 0)
        snprintf(cell, size, "%d", row->holder);
    else
        waiter_unknown(style, cell, size);
}

WAITER_GETTER(waiter_sets, struct set_wait, get_lstate)
{
    snprintf(cell, size, "%s",
             procfs_life_word(row->holder > 0 ? row->holder_life : PROCFS_NOT_KNOWN));
}

WAITER_GETTER(waiter_sets, struct set_wait, get_lcommand)
{
    if (row->holder_life == PROCFS_ALIVE)
        snprintf(cell, size, "%s", row->holder_process.command);
}

static const struct column columns[] = {
    {"SET", COLUMN_NUMBER | COLUMN_RIGHT, get_set, "the semaphore set that it waits on"},
    {"OPS", 0, get_ops, "the list of operations that it waits with"},
    {"STUCK", 0, get_stuck, "the operation that cannot proceed"},
    {"VALUE", COLUMN_NUMBER | COLUMN_RIGHT, get_value, "the value of that operation's semaphore"},
    {"LPID", COLUMN_NUMBER | COLUMN_RIGHT, get_lpid,
     "the process that operated on that semaphore last"},
    {"LSTATE", 0, get_lstate, "whether LPID is alive or gone"},
    {"LCOMMAND", COLUMN_FOREIGN | COLUMN_TRUNC, get_lcommand,
     "the command line of LPID, if it is alive"},
};

const struct waiter_source waiter_sets = {
    .option = "set",
    .argument = "=SET",
    .help = "also the waiters on this semaphore set, in columns that semop-tool waiters lists",
    .detail_size = sizeof(struct set_wait),
    .own_columns = "SET,OPS,STUCK,VALUE,LPID,LSTATE",
    .shared_columns = "SET,STUCK,LPID",
    .columns = columns,
    .column_count = sizeof columns / sizeof *columns,
    .parse = set_operand_parse,
    .count = count,
    .collect = collect,
    .edge = edge,
    .hidden = hidden,
    .note_hidden = note_hidden,
    .release = release,
};
