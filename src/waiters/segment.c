/* SPDX-License-Identifier: MIT */
/*
 * segment.c - the source of the waiters for objects in segments; see waiter.h. A blocked task
 * sleeps on a futex, a word inside the object: the word's place in the segment names the object,
 * and the object records the thread that holds it.
 */
#include "config.h"

#include "waiters/waiter.h"

#include "lib/base/array.h"
#include "lib/base/text.h"
#include "lib/calls/calls.h"
#include "lib/cli/report.h"
#include "lib/pshared/glibc_layout.h"
#include "lib/pshared/owner.h"
#include "lib/pshared/pshared.h"
#include "lib/pshared/waiters.h"
#include "lib/run/bus_error.h"
#include "lib/segment/segment.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A segment with objects, mapped read-only. */
struct mapped {
    struct segment_mapping mapping;
    struct pshared pshared;
    char label[300]; /* "5", "/demo"; safe to print */
    struct pshared_file file;
    bool unreadable; /* it lacks pages; PSHARED is not valid */
};

struct segment_state {
    struct mapped *items;
    size_t count, capacity;
    size_t skipped;                /* segments that could not be read */
    uint64_t unread;               /* waiters for them: a task each that sleeps there */
    char why[300 + BUS_TEXT_SIZE]; /* the first of them, and the reason */
};

/* The detail of a waiter. */
struct object_wait {
    const struct mapped *segment;
    struct pshared_object object;
    pid_t owner_tid; /* the thread that holds it; 0: none, or not known */
    bool unowned;    /* an rwlock that is held, by tasks that it does not record */
    bool abandoned;  /* and each process that could release it waits for it */
};

/* --- mapping --- */

static void put_label(struct mapped *mapped)
{
    char name[SEGMENT_NAME_SIZE];
    const struct segment *segment = &mapped->mapping.segment;
    segment->kind->print(segment, name, sizeof name);
    text_safe(mapped->label, sizeof mapped->label, name, strlen(name));
}

/*
 * Anybody may make a segment that lacks pages: a sparse object on a full /dev/shm, or one that is
 * truncated while we read it. So whatever reads a segment does so by bus_try().
 */
static void skip(struct segment_state *state, struct mapped *mapped, uintptr_t address)
{
    char why[BUS_TEXT_SIZE] = "", hint[BUS_TEXT_SIZE] = "";
    const struct segment_mapping *mapping = &mapped->mapping;
    mapping->segment.kind->explain_sigbus(mapping, address, why, hint);
    mapped->unreadable = true;
    if (!state->skipped++)
        snprintf(state->why, sizeof state->why, "%s: %s", mapped->label, why);
}

struct opening {
    struct mapped *mapped;
    const char *rule;
};

static void open_objects(void *arg)
{
    struct opening *opening = arg;
    const struct segment_mapping *mapping = &opening->mapped->mapping;
    opening->rule =
        pshared_open(&opening->mapped->pshared, (void *)mapping->address, mapping->info.size, NULL);
}

/*
 * Maps SEGMENT and adds it to STATE, which has room, also if it cannot be read: then it is counted
 * as skipped. Returns NULL; what is wrong with the segment's content; or "" when a call was
 * refused.
 */
static const char *map_segment(struct segment_state *state, const struct procfs *fs,
                               const struct segment *segment)
{
    struct mapped *mapped = &state->items[state->count];
    struct opening opening = {.mapped = mapped};
    uintptr_t missing;
    *mapped = (struct mapped){.mapping = {.segment = *segment, .ro = true}};
    if (segment->kind->map(&mapped->mapping))
        return "";
    put_label(mapped);
    if (!bus_try(open_objects, &opening, &missing))
        skip(state, mapped, missing);
    if (opening.rule) {
        segment->kind->unmap(&mapped->mapping);
        return opening.rule;
    }
    pshared_file_of(fs, &mapped->mapping, &mapped->file);
    state->count++;
    return NULL;
}

static int map_named(struct segment_state *state, const struct procfs *fs,
                     const struct object_name *name)
{
    const struct segment_kind *kind = segment_kind_of(&name->operand);
    struct segment segment;
    char safe[512];
    if (kind->open(&name->operand, &segment))
        return report_refused(name->text);
    const size_t skipped = state->skipped;
    const char *rule = map_segment(state, fs, &segment);
    if (!rule)
        return state->skipped > skipped ? EXIT_REFUSED : EXIT_DONE;
    if (!*rule)
        return report_refused(name->text);
    report_note("%s: %s", text_safe(safe, sizeof safe, name->text, strlen(name->text)), rule);
    return EXIT_REFUSED;
}

static bool make_room(struct segment_state *state, size_t more)
{
    return array_reserve(&state->items, &state->capacity, state->count + more) == 0;
}

/* Was the last call refused for want of something of ours, not by the segment? Then it may well
 * have objects, and perhaps waiters. */
static bool is_our_failure(void)
{
    const int error = calls_last_failure()->error;
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == EAGAIN || error == EIO;
}

static void skip_unmapped(struct segment_state *state, const struct segment *segment)
{
    char name[SEGMENT_NAME_SIZE], label[300];
    const struct failed_call *failed = calls_last_failure();
    segment->kind->print(segment, name, sizeof name);
    if (!state->skipped++)
        snprintf(state->why, sizeof state->why, "%s: %s: %s",
                 text_safe(label, sizeof label, name, strlen(name)), calls_name(failed->call),
                 strerror(failed->error));
    state->unread++;
}

/* Every segment that has objects and that we may read; the others are none of ours. Returns an exit
 * status. */
static int map_all(struct segment_state *state, const struct procfs *fs)
{
    int status = EXIT_DONE;
    for (size_t i = 0; segment_kinds[i]; i++) {
        struct segment_list list = {0};
        if (segment_kinds[i]->list(&list, false))
            status = report_refused("segments");
        else if (!make_room(state, list.count))
            status = report_error("segments", "map");
        for (size_t k = 0; status == EXIT_DONE && k < list.count; k++) {
            const char *rule = map_segment(state, fs, &list.items[k].segment);
            if (rule && !*rule && is_our_failure())
                skip_unmapped(state, &list.items[k].segment);
        }
        segment_list_free(&list);
    }
    return status;
}

static int count(struct query *query, struct snapshot *snapshot)
{
    struct segment_state *state = query->state = calloc(1, sizeof *state);
    int status = EXIT_DONE;
    if (!state || !make_room(state, query->count))
        return report_error("SEGMENT", "map");
    if (query->all)
        status = map_all(state, &snapshot->fs);
    else
        for (size_t i = 0; i < query->count; i++)
            status = report_worse(status, map_named(state, &snapshot->fs, &query->names[i]));
    if (state->count)
        snapshot->in |= PROCFS_WAIT_FUTEX;
    return status;
}

static void release(struct query *query)
{
    struct segment_state *state = query->state;
    for (size_t i = 0; i < state->count; i++) {
        struct segment_mapping *mapping = &state->items[i].mapping;
        mapping->segment.kind->unmap(mapping);
    }
    free(state->items);
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

static void read_object(void *arg)
{
    struct finding *finding = arg;
    struct object_wait *wait = finding->wait;
    const struct pshared *pshared = &wait->segment->pshared;
    const int index = pshared_index_at(pshared, finding->offset);
    finding->found = index >= 0 && pshared_entry(pshared, (uint32_t)index, &wait->object) > 0;
    if (!finding->found)
        return;
    wait->owner_tid = owner_of(&wait->object);
    wait->unowned = !wait->owner_tid && is_held_rwlock(&wait->object);
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
        skip(state, mapped, missing);
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
    if (!wait->unowned || !segment->kind->tracks_attaches || segment->kind->stat(segment, &info))
        return false;
    for (size_t i = 0; i < snapshot->count; i++)
        if (is_same_object(&snapshot->waiters[i], waiter)) {
            if (procfs_task_count(&snapshot->fs, snapshot->waiters[i].task->pid) != 1)
                return false;
            waiting++;
        }
    return info.nattch == waiting + 1;
}

static int collect(const struct query *query, struct snapshot *snapshot)
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

static uint64_t hidden(const struct query *query, const struct snapshot *snapshot)
{
    const struct segment_state *state = query->state;
    return state->unread + (state->count ? snapshot->blocked.unreadable : 0);
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
}

/* --- in the graph --- */

static void edge(const struct waiter *waiter, struct wait_words *words, struct wait_edge *edge)
{
    const struct object_wait *wait = waiter->detail;
    const struct pshared_spec *spec = &wait->object.spec;
    const char *label = wait->segment->label;
    snprintf(words->what, sizeof words->what, "%s %s of segment %s", pshared_kind_name(spec->kind),
             spec->name, label);
    snprintf(words->remedy, sizeof words->remedy, "shmsync destroy --force %s %s", label,
             spec->name);
    edge->holder = waiter->holder;
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
    snprintf(cell, size, "%s", pshared_kind_name(detail->object.spec.kind));
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
    {"OBJECT", 0, get_object, "that object's name"},
    {"KIND", 0, get_kind, "mutex, cond, sem, rwlock or barrier"},
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
