/* SPDX-License-Identifier: MIT */
/*
 * pshared.c - the directory of a segment with objects; see pshared.h and layout.h.
 */
#include "config.h"

#include "lib/pshared/layout.h"

#include "lib/calls/calls.h"

#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct pshared_entry *pshared_entry_at(const struct pshared *pshared, uint32_t index)
{
    return (struct pshared_entry *)(void *)(pshared->base + PSHARED_HEADER_SIZE) + index;
}

void *pshared_slot_at(const struct pshared *pshared, uint32_t index)
{
    return pshared->base + PSHARED_HEADER_SIZE + (size_t)PSHARED_SLOT * (pshared->capacity + index);
}

int pshared_index_at(const struct pshared *pshared, uint64_t offset)
{
    const uint64_t first = PSHARED_HEADER_SIZE + (uint64_t)PSHARED_SLOT * pshared->capacity;
    if (offset < first || offset - first >= (uint64_t)PSHARED_SLOT * pshared->capacity)
        return -1;
    return (int)((offset - first) / PSHARED_SLOT);
}

/* FNV-1a: finds bits that flipped; it does not keep out a process that computes it too. */
static uint32_t check_of(const struct pshared_entry *entry, uint32_t index)
{
    struct pshared_entry copy = *entry;
    const unsigned char *bytes = (const unsigned char *)&copy;
    uint32_t hash = 2166136261u;
    copy.state = index;
    copy.check = copy.holder = copy.spare = 0;
    for (size_t i = 0; i < sizeof copy; i++)
        hash = (hash ^ bytes[i]) * 16777619u;
    return hash;
}

static const unsigned kind_flags[] = {
    [PSHARED_MUTEX] = PSHARED_ROBUST | PSHARED_RECURSIVE | PSHARED_ERRORCHECK | PSHARED_INHERIT,
    [PSHARED_COND] = PSHARED_MONOTONIC,
    [PSHARED_BARRIER] = 0,
};

/* A copy of an entry: is it one that we wrote? */
static bool good_entry(const struct pshared_entry *entry, uint32_t index)
{
    return entry->check == check_of(entry, index) && entry->kind >= PSHARED_MUTEX &&
           entry->kind <= PSHARED_BARRIER && !(entry->flags & ~kind_flags[entry->kind]) &&
           !entry->name[PSHARED_NAME_MAX] && !pshared_check_name(entry->name);
}

/* Another process may add or remove the object during the copy: then this copies again. The bound
 * is against one that does so without end. */
int pshared_entry(const struct pshared *pshared, uint32_t index, struct pshared_object *out)
{
    const struct pshared_entry *at = pshared_entry_at(pshared, index);
    struct pshared_entry entry;
    for (int tries = 0; tries < 100; tries++) {
        pshared_copy(&entry, at, sizeof entry);
        if (entry.state == ENTRY_FREE || entry.state == ENTRY_MAKING)
            return 0;
        if (entry.state != ENTRY_LIVE)
            return -1;
        if (__atomic_load_n(&at->generation, __ATOMIC_ACQUIRE) != entry.generation ||
            __atomic_load_n(&at->state, __ATOMIC_ACQUIRE) != entry.state)
            continue;
        if (!good_entry(&entry, index))
            return -1;
        *out =
            (struct pshared_object){{(enum pshared_kind)entry.kind, entry.flags, entry.count, ""},
                                    index,
                                    entry.generation,
                                    pshared_slot_at(pshared, index)};
        memcpy(out->spec.name, entry.name, sizeof out->spec.name);
        return 1;
    }
    return -1;
}

static const char *damaged(uint32_t index)
{
    static char rule[96];
    snprintf(rule, sizeof rule, "its directory is damaged: shmsync did not write entry %u", index);
    return rule;
}

static const char *no_such(const char *name)
{
    static char rule[96];
    snprintf(rule, sizeof rule, "no object %s; use shmsync stat to list the objects", name);
    return rule;
}

const char *pshared_find(const struct pshared *pshared, const char *name,
                         struct pshared_object *out)
{
    for (uint32_t i = 0; i < pshared->capacity; i++) {
        struct pshared_object object;
        const int found = pshared_entry(pshared, i, &object);
        if (found < 0)
            return damaged(i);
        if (found && !strcmp(object.spec.name, name)) {
            *out = object;
            return NULL;
        }
    }
    return no_such(name);
}

bool pshared_is_current(const struct pshared *pshared, const struct pshared_object *object)
{
    const struct pshared_entry *at = pshared_entry_at(pshared, object->index);
    return __atomic_load_n(&at->state, __ATOMIC_ACQUIRE) == ENTRY_LIVE &&
           __atomic_load_n(&at->generation, __ATOMIC_ACQUIRE) == object->generation;
}

/* Frees an entry, whatever is in it. The generation stays, so that old copies are found out. */
static void clear_entry(const struct pshared *pshared, uint32_t index)
{
    static const char zeros[PSHARED_SLOT];
    struct pshared_entry *at = pshared_entry_at(pshared, index);
    const size_t from = offsetof(struct pshared_entry, check);
    pshared_store(pshared_slot_at(pshared, index), zeros, PSHARED_SLOT);
    pshared_store((char *)at + from, zeros, sizeof *at - from);
    __atomic_store_n(&at->state, ENTRY_FREE, __ATOMIC_RELEASE);
}

const char *pshared_lock(const struct pshared *pshared)
{
    const char *rule = pshared_acquire(&((struct pshared_header *)(void *)pshared->base)->lock);
    for (uint32_t i = 0; !rule && i < pshared->capacity; i++)
        if (__atomic_load_n(&pshared_entry_at(pshared, i)->state, __ATOMIC_ACQUIRE) == ENTRY_MAKING)
            clear_entry(pshared, i);
    return rule;
}

void pshared_unlock(const struct pshared *pshared)
{
    pshared_release(&((struct pshared_header *)(void *)pshared->base)->lock);
}

/* The first free entry; CAPACITY when there is none. */
static const char *find_free(const struct pshared *pshared, const char *name, uint32_t *index)
{
    static char rule[128];
    *index = pshared->capacity;
    for (uint32_t i = pshared->capacity; i-- > 0;) {
        struct pshared_object object;
        const int found = pshared_entry(pshared, i, &object);
        if (found < 0)
            return damaged(i);
        if (!found)
            *index = i;
        else if (!strcmp(object.spec.name, name))
            return "this name is taken; use shmsync stat to list the objects";
    }
    snprintf(rule, sizeof rule,
             "the directory is full: a segment of %ju bytes has room for %u objects",
             (uintmax_t)pshared->size, pshared->capacity);
    return *index < pshared->capacity ? NULL : rule;
}

const char *pshared_add(const struct pshared *pshared, const struct pshared_spec *spec,
                        bool *refused)
{
    uint32_t index;
    const char *rule = find_free(pshared, spec->name, &index);
    *refused = false;
    if (rule)
        return rule;
    struct pshared_entry *at = pshared_entry_at(pshared, index);
    struct pshared_entry entry = {.kind = spec->kind, .flags = spec->flags, .count = spec->count};
    entry.generation = __atomic_load_n(&at->generation, __ATOMIC_ACQUIRE) + 1;
    memcpy(entry.name, spec->name, strlen(spec->name));
    entry.check = check_of(&entry, index);
    __atomic_store_n(&at->state, ENTRY_MAKING, __ATOMIC_RELEASE);
    pshared_store(&at->generation, &entry.generation,
                  sizeof entry - offsetof(struct pshared_entry, generation));
    if (pshared_object_init(spec, pshared_slot_at(pshared, index))) {
        CALLS_KEEPING_FAILURE
        {
            clear_entry(pshared, index);
        }
        *refused = true;
        return "the C library refused to make it";
    }
    __atomic_store_n(&at->state, ENTRY_LIVE, __ATOMIC_RELEASE);
    return NULL;
}

/* Wakes all tasks that sleep on any word of the slot. They find zeros there, and then that the
 * object was destroyed (pshared_is_current()). */
static void wake_all(void *slot)
{
    for (size_t i = 0; i < PSHARED_SLOT / sizeof(uint32_t); i++)
        syscall(SYS_futex, (uint32_t *)slot + i, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

void pshared_remove(const struct pshared *pshared, const struct pshared_object *object, bool in_use)
{
    struct pshared_entry *at = pshared_entry_at(pshared, object->index);
    __atomic_store_n(&at->state, ENTRY_MAKING, __ATOMIC_RELEASE);
    if (!in_use)
        pshared_object_destroy(&object->spec, object->at);
    clear_entry(pshared, object->index);
    if (in_use)
        wake_all(object->at);
}

pid_t pshared_holder(const struct pshared *pshared, const struct pshared_object *object)
{
    return (pid_t)__atomic_load_n(&pshared_entry_at(pshared, object->index)->holder,
                                  __ATOMIC_ACQUIRE);
}

void pshared_set_holder(const struct pshared *pshared, const struct pshared_object *object,
                        pid_t tid)
{
    __atomic_store_n(&pshared_entry_at(pshared, object->index)->holder, (uint32_t)tid,
                     __ATOMIC_RELEASE);
}
