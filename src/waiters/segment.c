/* SPDX-License-Identifier: MIT */
/*
 * segment.c - the source of the waiters for objects in segments; see waiter.h. A blocked task
 * sleeps on a futex, a word inside the object: the word's place in the segment names the object,
 * and the object records the thread that holds it.
 */
#include "config.h"

#include "waiters/mapped.h"
#include "waiters/waiter.h"

#include "lib/cli/report.h"
#include "lib/pshared/glibc_layout.h"
#include "lib/pshared/owner.h"
#include "lib/pshared/pshared.h"
#include "lib/pshared/waiters.h"
#include "lib/run/bus_error.h"
#include "lib/segment/segment.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The detail of a waiter. */
struct object_wait {
    const struct mapped *segment;
    struct pshared_object object;
    pid_t owner_tid; /* the thread that holds it; 0: none, or not known */
    bool held;       /* an rwlock that is held, whether it records by whom or not */
    bool abandoned;  /* and each process that could release it waits for it */
};

/* --- mapping --- */

static int count(struct query *query, struct snapshot *snapshot)
{
    struct segment_state *state = query->state = calloc(1, sizeof *state);
    int status = EXIT_DONE;
    if (!state || !mapped_reserve(state, query->count))
        return report_error("SEGMENT", "map");
    if (query->all)
        status = mapped_all(state, &snapshot->fs);
    else
        for (size_t i = 0; i < query->count; i++)
            status = report_worse(status, mapped_named(state, &snapshot->fs, &query->names[i]));
    if (state->count)
        snapshot->in |= PROCFS_WAIT_FUTEX;
    return status;
}

static void release(struct query *query)
{
    struct segment_state *state = query->state;
    mapped_release(state);
    free(state);
}

/* --- collecting --- */

static struct mapped *segment_of(const struct segment_state *state, const struct procfs *fs,
                                 const struct procfs_waiter *task)
{
    for (size_t i = 0; i < state->count; i++) {
        struct mapped *mapped = &state->items[i];
        if (mapped->file.device == task->device && mapped->file.inode == task->inode &&
            (!mapped->file.by_namespace || procfs_same_ipc(fs, task->tid)))
            return mapped;
    }
    return NULL;
}

/* The thread that holds the object; 0 for none, and for the kinds that record no owner. */
static pid_t owner_of(const struct pshared_object *object)
{
    struct layout_mutex mutex;
    struct layout_rwlock rwlock;
    switch (object->spec.kind) {
    case PSHARED_MUTEX: layout_mutex(object->at, &mutex); return mutex.owner;
    case PSHARED_RWLOCK: layout_rwlock(object->at, &rwlock); return rwlock.writer;
    default: return 0;
    }
}

static bool is_held_rwlock(const struct pshared_object *object)
{
    struct layout_rwlock rwlock = {0};
    if (object->spec.kind == PSHARED_RWLOCK)
        layout_rwlock(object->at, &rwlock);
    return rwlock.state == LAYOUT_LOCKED;
}

struct finding {
    struct object_wait *wait;
    uint64_t offset;
    bool found;
};

/* A task sleeps on the word at OFFSET of a foreign segment. The C library's mutex begins with the
 * word that its waiters sleep on, and the file of a named semaphore is nothing but a semaphore. */
static void read_foreign(struct finding *finding)
{
    struct object_wait *wait = finding->wait;
    const struct segment_mapping *mapping = &wait->segment->mapping;
    const unsigned char *at = (const unsigned char *)mapping->address + finding->offset;
    struct pshared_spec *spec = &wait->object.spec;
    struct layout_mutex mutex;
    bool robust = false;
    snprintf(spec->name, sizeof spec->name, "+%" PRIu64, finding->offset);
    wait->object.index = (uint32_t)finding->offset;
    finding->found = true;
    if (mapping->info.status & SEGMENT_SEMAPHORE) {
        spec->kind = PSHARED_SEM;
    } else if (finding->offset + sizeof(pthread_mutex_t) <= mapping->info.size &&
               layout_is_mutex(at, &mutex, &robust)) {
        spec->kind = PSHARED_MUTEX;
        spec->flags = robust ? PSHARED_ROBUST : 0;
        wait->owner_tid = mutex.owner;
    }
}

static void read_object(void *arg)
{
    struct finding *finding = arg;
    struct object_wait *wait = finding->wait;
    const struct pshared *pshared = &wait->segment->pshared;
    if (wait->segment->foreign) {
        read_foreign(finding);
        return;
    }
    const int index = pshared_index_at(pshared, finding->offset);
    finding->found = index >= 0 && pshared_entry(pshared, (uint32_t)index, &wait->object) > 0;
    if (!finding->found)
        return;
    wait->owner_tid = owner_of(&wait->object);
    wait->held = is_held_rwlock(&wait->object);
}

/* Finds the object that TASK waits for, and its owner. */
static bool find_object(struct segment_state *state, const struct procfs *fs,
                        const struct procfs_waiter *task, struct object_wait *out)
{
    struct mapped *mapped;
    struct finding finding = {.wait = out, .offset = task->offset};
    uintptr_t missing;
    *out = (struct object_wait){0};
    if (task->in != PROCFS_WAIT_FUTEX || !(mapped = segment_of(state, fs, task)))
        return false;
    out->segment = mapped;
    if (!mapped->unreadable && !bus_try(read_object, &finding, &missing))
        mapped_skip(state, mapped, missing);
    state->unread += mapped->unreadable;
    return finding.found && !mapped->unreadable;
}

static void find_holder(const struct procfs *fs, struct waiter *waiter)
{
    struct object_wait *wait = waiter->detail;
    if (!wait->owner_tid)
        return;
    struct pshared_owner owner;
    pshared_find_owner(fs, &wait->segment->file, wait->owner_tid, &owner);
    waiter->holder = owner.pid;
    waiter->holder_process = owner.process;
    waiter->holder_life = owner.life;
    waiter->holder_doubt = owner.doubt;
    if (owner.life == PROCFS_ALIVE && !procfs_shows_call(fs, owner.pid))
        waiter->holder_doubt = PROCFS_UNREADABLE; /* it lives, and may wait itself */
}

static bool is_same_object(const struct waiter *a, const struct waiter *b)
{
    const struct object_wait *x = a->detail, *y = b->detail;
    return a->source == b->source && x->segment == y->segment && x->object.index == y->object.index;
}

/*
 * Does each process that has the segment of WAITER's rwlock attached wait for that rwlock, with its
 * only task? Then none can release it: those who held it are dead, or wait for themselves. Each of
 * them has attached the segment at least once, and so have we; the kernel counts the attaches of a
 * System V segment. An object's are not counted so.
 */
static bool is_abandoned(const struct snapshot *snapshot, const struct waiter *waiter)
{
    const struct object_wait *wait = waiter->detail;
    const struct segment *segment = &wait->segment->mapping.segment;
    struct segment_info info;
    uint64_t waiting = 0;
    if (!wait->held || !segment->kind->tracks_attaches || segment->kind->stat(segment, &info))
        return false;
    for (size_t i = 0; i < snapshot->count; i++)
        if (is_same_object(&snapshot->waiters[i], waiter)) {
            if (procfs_task_count(&snapshot->fs, snapshot->waiters[i].task->pid) != 1)
                return false;
            waiting++;
        }
    return info.nattch == waiting + 1;
}

static int add_waiters(const struct query *query, struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->blocked.count; i++) {
        const struct procfs_waiter *task = &snapshot->blocked.items[i];
        struct object_wait wait;
        if (!find_object(query->state, &snapshot->fs, task, &wait))
            continue;
        struct waiter *waiter = waiter_add(snapshot, query->source, task);
        if (!waiter)
            return report_error("waiters", "list");
        *(struct object_wait *)waiter->detail = wait;
        waiter->known = true;
        find_holder(&snapshot->fs, waiter);
    }
    for (size_t i = 0; i < snapshot->count; i++)
        if (snapshot->waiters[i].source == query->source) {
            struct object_wait *wait = snapshot->waiters[i].detail;
            wait->abandoned = is_abandoned(snapshot, &snapshot->waiters[i]);
        }
    return EXIT_DONE;
}

/* How many of the waiters are tasks that wait for OBJECT of SEGMENT? */
static unsigned count_found(const struct query *query, const struct snapshot *snapshot,
                            const struct mapped *segment, const struct pshared_object *object)
{
    unsigned found = 0;
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct waiter *waiter = &snapshot->waiters[i];
        const struct object_wait *wait = waiter->detail;
        found += waiter->source == query->source && wait->segment == segment &&
                 wait->object.index == object->index;
    }
    return found;
}

/* May there be tasks that we did not read? */
static bool may_hide(const struct snapshot *snapshot)
{
    return snapshot->blocked.unreadable || snapshot->fs.partial || snapshot->fs.contained;
}

struct counting {
    const struct query *query;
    const struct snapshot *snapshot;
    const struct mapped *segment;
    uint64_t missing;
};

/* Counts the waiters that the objects of a segment record, and that were not found. */
static void count_missing(void *arg)
{
    struct counting *counting = arg;
    const struct pshared *pshared = &counting->segment->pshared;
    for (uint32_t i = 0; i < pshared->capacity; i++) {
        struct pshared_object object;
        unsigned recorded = 1;
        if (pshared_entry(pshared, i, &object) <= 0)
            continue;
        layout_waiting((int)object.spec.kind, object.at, &recorded);
        const unsigned found =
            count_found(counting->query, counting->snapshot, counting->segment, &object);
        counting->missing += recorded > found ? recorded - found : 0;
    }
}

static void add_missing(const struct query *query, struct snapshot *snapshot,
                        struct mapped *segment)
{
    struct counting counting = {query, snapshot, segment, 0};
    uintptr_t absent;
    if (segment->unreadable || segment->foreign || /* of foreign objects, nothing is known */
        pshared_all_seen(&snapshot->fs, &segment->file))
        return;
    if (!bus_try(count_missing, &counting, &absent))
        mapped_skip(query->state, segment, absent);
    snapshot->missing += counting.missing;
}

static int collect(const struct query *query, struct snapshot *snapshot)
{
    const struct segment_state *state = query->state;
    const int status = add_waiters(query, snapshot);
    if (status == EXIT_DONE && may_hide(snapshot))
        for (size_t i = 0; i < state->count; i++)
            add_missing(query, snapshot, &state->items[i]);
    return status;
}

static uint64_t hidden(const struct query *query, const struct snapshot *snapshot)
{
    return ((const struct segment_state *)query->state)->unread + snapshot->missing;
}

static void note_hidden(const struct query *query, const struct snapshot *snapshot)
{
    const struct segment_state *state = query->state;
    const size_t unreadable = snapshot->blocked.unreadable;
    if (state->skipped)
        report_note(
            "%zu segment%s could not be read, and so not the waiters for %s objects (%" PRIu64
            "): %s",
            state->skipped, state->skipped == 1 ? "" : "s", state->skipped == 1 ? "its" : "their",
            state->unread, state->why);
    if (state->count && unreadable && geteuid() != 0)
        report_note(
            "you may not inspect %zu task%s, so any of them may be a waiter: run this as root",
            unreadable, unreadable == 1 ? "" : "s");
    else if (snapshot->missing)
        report_note("the objects record %" PRIu64 " more waiter%s, not visible to you: in another "
                    "PID namespace, out of reach of ptrace(2), or killed",
                    snapshot->missing, snapshot->missing == 1 ? "" : "s");
}

/* "mutex"; "futex" for a word of a foreign segment that is in no object we know. */
static const char *kind_word(const struct object_wait *wait)
{
    const enum pshared_kind kind = wait->object.spec.kind;
    return kind ? pshared_kind_name(kind) : "futex";
}

/* --- in the graph --- */

static void edge(const struct waiter *waiter, struct wait_words *words, struct wait_edge *edge)
{
    const struct object_wait *wait = waiter->detail;
    const struct pshared_spec *spec = &wait->object.spec;
    const char *label = wait->segment->label;
    snprintf(words->what, sizeof words->what, "%s %s of segment %s", kind_word(wait), spec->name,
             label);
    if (!wait->segment->foreign)
        snprintf(words->remedy, sizeof words->remedy, "shmsync destroy --force %s %s", label,
                 spec->name);
    /* The kernel's count proves more than the number of a process that is not known here. */
    const bool by_count = wait->abandoned && waiter->holder_life != PROCFS_GONE;
    edge->holder = by_count ? 0 : waiter->holder;
    edge->relation = waiter->holder_life == PROCFS_GONE ? "held" : "holds";
    edge->self = waiter->holder_life == PROCFS_ALIVE && wait->owner_tid == waiter->task->tid;
    edge->certain = edge->certain || (edge->self && !waiter->task->timed);
    edge->abandoned =
        wait->abandoned || (waiter->holder > 0 && waiter->holder_life == PROCFS_GONE &&
                            !(spec->flags & PSHARED_ROBUST));
}

/* --- columns --- */

WAITER_GETTER(waiter_segments, struct object_wait, get_segment)
{
    snprintf(cell, size, "%s", detail->segment->label);
}

WAITER_GETTER(waiter_segments, struct object_wait, get_object)
{
    snprintf(cell, size, "%s", detail->object.spec.name);
}

WAITER_GETTER(waiter_segments, struct object_wait, get_kind)
{
    snprintf(cell, size, "%s", kind_word(detail));
}

WAITER_GETTER(waiter_segments, struct object_wait, get_owner)
{
    if (row->holder > 0)
        snprintf(cell, size, "%d", row->holder);
}

WAITER_GETTER(waiter_segments, struct object_wait, get_otid)
{
    if (detail->owner_tid > 0)
        snprintf(cell, size, "%d", detail->owner_tid);
}

WAITER_GETTER(waiter_segments, struct object_wait, get_ostate)
{
    if (row->holder > 0)
        snprintf(cell, size, "%s", procfs_life_word(row->holder_life));
}

WAITER_GETTER(waiter_segments, struct object_wait, get_ocommand)
{
    if (row->holder_life == PROCFS_ALIVE)
        snprintf(cell, size, "%s", row->holder_process.command);
}

static const struct column columns[] = {
    {"SEGMENT", 0, get_segment, "the segment of the object that it waits for"},
    {"OBJECT", 0, get_object, "that object's name, or +OFFSET in a segment of another program"},
    {"KIND", 0, get_kind, "mutex, cond, sem, rwlock or barrier; futex where that is not known"},
    {"OWNER", COLUMN_NUMBER | COLUMN_RIGHT, get_owner, "the process that holds the object"},
    {"OTID", COLUMN_NUMBER | COLUMN_RIGHT, get_otid, "the thread that holds the object"},
    {"OSTATE", 0, get_ostate, "whether OWNER is alive or gone"},
    {"OCOMMAND", COLUMN_FOREIGN | COLUMN_TRUNC, get_ocommand,
     "the command line of OWNER, if it is alive"},
};

const struct waiter_source waiter_segments = {
    .option = "segment",
    .argument = "=SEGMENT",
    .help = "also the waiters for objects in this segment, in columns that shmsync waiters lists",
    .detail_size = sizeof(struct object_wait),
    .own_columns = "SEGMENT,OBJECT,KIND,OWNER,OSTATE",
    .shared_columns = "SEGMENT,OBJECT,OWNER",
    .columns = columns,
    .column_count = sizeof columns / sizeof *columns,
    .parse = operand_parse,
    .count = count,
    .collect = collect,
    .edge = edge,
    .hidden = hidden,
    .note_hidden = note_hidden,
    .release = release,
};
