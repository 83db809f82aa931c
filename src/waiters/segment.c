/*
 * waiters-segment.c - who waits for objects in segments; see waiters.h. A task that waits is
 * blocked on a futex, a word inside the object: so the word's place tells the object, and the
 * object itself tells who holds it.
 */
#include "config.h"

#include "waiters/waiters.h"

#include "lib/pshared/glibc_layout.h"
#include "lib/cli/report.h"
#include "lib/base/text.h"

#include <stdlib.h>
#include <string.h>

/* --- the segments --- */

static void put_label(struct watched *watched)
{
    char name[SEGMENT_NAME_SIZE];
    const struct segment *segment = &watched->mapping.segment;
    segment->kind->print(segment, name, sizeof name);
    text_safe(watched->label, sizeof watched->label, name, strlen(name));
}

/* Maps it into the next of PICTURE's places. Returns NULL, or what is wrong with what is in it; ""
 * if it was refused. */
static const char *watch(struct picture *picture, const struct segment *segment)
{
    struct watched *watched = &picture->watched[picture->watched_count];
    *watched = (struct watched){.mapping = {.segment = *segment, .ro = true}};
    if (segment->kind->map(&watched->mapping))
        return "";
    const char *rule = pshared_open(&watched->pshared, (void *)watched->mapping.address,
                                    watched->mapping.info.size, NULL);
    if (rule) {
        segment->kind->unmap(&watched->mapping);
        return rule;
    }
    pshared_file_of(&picture->fs, &watched->mapping, &watched->file);
    put_label(watched);
    picture->watched_count++;
    return NULL;
}

static bool make_room(struct picture *picture, size_t more)
{
    struct watched *all =
        reallocarray(picture->watched, picture->watched_count + more + 1, sizeof *all);
    if (all)
        picture->watched = all;
    return all;
}

static int watch_named(const struct waiters_options *options, struct picture *picture)
{
    int status = EXIT_DONE;
    for (int i = 0; i < options->segments.count; i++) {
        const struct waiters_name *name = &options->segments.items[i];
        const struct segment_kind *kind = segment_kind_of(&name->operand);
        struct segment segment;
        if (kind->open(&name->operand, &segment)) {
            status = report_refused(name->text);
            continue;
        }
        const char *rule = watch(picture, &segment);
        if (!rule)
            continue;
        char safe[512];
        if (*rule)
            report_note("%s: %s", text_safe(safe, sizeof safe, name->text, strlen(name->text)),
                        rule);
        else
            report_refused(name->text);
        status = EXIT_REFUSED;
    }
    return status;
}

/* Whatever has objects; what may not be read, or has none, is none of ours. */
static int watch_all(struct picture *picture)
{
    for (size_t i = 0; segment_kinds[i]; i++) {
        struct segment_list list = {0};
        if (segment_kinds[i]->list(&list, false) == 0 && make_room(picture, list.count))
            for (size_t k = 0; k < list.count; k++)
                watch(picture, &list.items[k].segment);
        segment_list_free(&list);
    }
    return EXIT_DONE;
}

int waiters_watch(const struct waiters_options *options, struct picture *picture)
{
    if (options->segments.all)
        return watch_all(picture);
    if (!options->segments.count)
        return EXIT_DONE;
    if (!make_room(picture, (size_t)options->segments.count))
        return report_error("SEGMENT", "map");
    return watch_named(options, picture);
}

void waiters_unwatch(struct picture *picture)
{
    for (size_t i = 0; i < picture->watched_count; i++) {
        struct segment_mapping *mapping = &picture->watched[i].mapping;
        mapping->segment.kind->unmap(mapping);
    }
    free(picture->watched);
}

/* --- who waits, and who holds --- */

static const struct watched *segment_of(const struct picture *picture,
                                        const struct procfs_waiter *task)
{
    for (size_t i = 0; i < picture->watched_count; i++) {
        const struct watched *watched = &picture->watched[i];
        if (watched->file.device == task->device && watched->file.inode == task->inode &&
            (!watched->file.by_namespace || procfs_same_ipc(&picture->fs, task->tid)))
            return watched;
    }
    return NULL;
}

struct search {
    const struct watched *watched;
    bool found;
};

static bool find_segment(void *arg, const struct procfs_map *map)
{
    struct search *search = arg;
    search->found =
        map->device == search->watched->file.device && map->inode == search->watched->file.inode;
    return !search->found;
}

/* Does process PID have it mapped? Nobody else holds what is in it. Yes where that may not be read.
 */
static bool maps_it(const struct procfs *fs, pid_t pid, const struct watched *watched)
{
    struct search search = {watched, false};
    return procfs_each_map(fs, pid, find_segment, &search) || search.found;
}

/* The thread that holds it; 0 where nobody does, or where the kind of object does not tell. */
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

static void find_owner(struct picture *picture, struct waiter *waiter)
{
    waiter->owner_tid = owner_of(&waiter->object);
    if (!waiter->owner_tid)
        return;
    const pid_t pid = procfs_tgid(&picture->fs, waiter->owner_tid);
    waiter->last = pid ? pid : waiter->owner_tid;
    procfs_process(&picture->fs, waiter->last, &waiter->last_process);
    waiter->last_alive = pid && waiter->last_process.exists &&
                         maps_it(&picture->fs, waiter->owner_tid, waiter->segment);
}

void waiters_collect_segments(struct picture *picture)
{
    for (size_t i = 0; i < picture->blocked.count; i++) {
        const struct procfs_waiter *task = &picture->blocked.items[i];
        const struct watched *watched =
            task->in == PROCFS_WAIT_FUTEX ? segment_of(picture, task) : NULL;
        struct pshared_object object;
        const int index = watched ? pshared_index_at(&watched->pshared, task->offset) : -1;
        if (index < 0 || pshared_entry(&watched->pshared, (uint32_t)index, &object) <= 0)
            continue;
        struct waiter *waiter = waiters_add(picture, task);
        waiter->segment = watched;
        waiter->object = object;
        find_owner(picture, waiter);
    }
}

/* --- in the graph --- */

void waiters_segment_edge(const struct waiter *waiter, struct wait_words *words,
                          struct wait_edge *edge)
{
    const struct pshared_spec *spec = &waiter->object.spec;
    snprintf(words->what, sizeof words->what, "%s %s of segment %s", pshared_kind_name(spec->kind),
             spec->name, waiter->segment->label);
    snprintf(words->remedy, sizeof words->remedy, "shmsync destroy --force %s %s",
             waiter->segment->label, spec->name);
    edge->holder = waiter->last;
    edge->taken = waiter->last_alive ? "holds" : "held";
    edge->itself = waiter->last_alive && waiter->owner_tid == waiter->task->tid;
    edge->firm = edge->firm || (edge->itself && !waiter->task->timed);
    edge->abandoned = waiter->last > 0 && !waiter->last_alive && !(spec->flags & PSHARED_ROBUST);
}
