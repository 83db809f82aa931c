/*
 * pshared.c - the header and the directory of a segment with objects; see pshared.h and
 * pshared_layout.h.
 */
#include "config.h"

#include "lib/pshared/layout.h"

#include "lib/calls/calls.h"

#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- words --- */

void pshared_copy(void *to, const void *at, size_t size)
{
    for (size_t i = 0; i < size / sizeof(uint32_t); i++) {
        const uint32_t word = __atomic_load_n((const uint32_t *)at + i, __ATOMIC_ACQUIRE);
        memcpy((char *)to + i * sizeof word, &word, sizeof word);
    }
}

void pshared_store(void *at, const void *from, size_t size)
{
    for (size_t i = 0; i < size / sizeof(uint32_t); i++) {
        uint32_t word;
        memcpy(&word, (const char *)from + i * sizeof word, sizeof word);
        __atomic_store_n((uint32_t *)at + i, word, __ATOMIC_RELEASE);
    }
}

/*
 * Looks at memory that another may be filling at this very moment, also by the C library's plain
 * writes: nothing is believed of it but what a second look, or one with the lock held, says again.
 * So ThreadSanitizer is not asked.
 */
__attribute__((no_sanitize("thread"))) static bool all_zero(const void *at, size_t size)
{
    for (size_t i = 0; i < size / sizeof(uint32_t); i++)
        if (__atomic_load_n((const uint32_t *)at + i, __ATOMIC_ACQUIRE))
            return false;
    return true;
}

/* --- the header --- */

static const char NO_HEADER[] = "it has no objects yet: shmsync init makes the place for them";
static const char FOREIGN[] =
    "it holds something else, which is left alone: the place of the header is not empty";

/* A C library of another name or version lays its types out otherwise, and does not say so. */
static void library_name(char name[32])
{
    memset(name, 0, 32);
#ifdef _CS_GNU_LIBC_VERSION
    if (confstr(_CS_GNU_LIBC_VERSION, name, 32))
        return;
#endif
    snprintf(name, 32, "a C library of no name");
}

/* The header that a segment of SIZE bytes has. */
static struct pshared_header expected_header(uint64_t size)
{
    const uint64_t half = size / 2 / (2 * PSHARED_SLOT) * (2 * PSHARED_SLOT);
    const uint64_t most = 2 * PSHARED_SLOT * (PSHARED_OBJECTS_MAX + 1);
    struct pshared_header header = {
        .magic = PSHARED_MAGIC,
        .making = PSHARED_MAKING,
        .size = size,
        .version = PSHARED_VERSION,
        .data_offset = (uint32_t)(half < most ? half : most),
        .word = sizeof(long),
    };
    header.capacity = header.data_offset / (2 * PSHARED_SLOT) - 1;
    pshared_types(header.sizes, header.alignments);
    library_name(header.library);
    return header;
}

static const char *other_library(const struct pshared_header *header)
{
    static char rule[128], mine[32];
    char theirs[32];
    library_name(mine);
    for (size_t i = 0; i < sizeof theirs; i++) {
        const char c = header->library[i];
        theirs[i] = (char)(c && (c < ' ' || c > '~') ? '?' : c);
    }
    theirs[31] = '\0';
    snprintf(rule, sizeof rule, "its objects are those of %s, and this program's are those of %s",
             theirs, mine);
    return rule;
}

static const char *other_size(uint64_t then, uint64_t now)
{
    static char rule[160];
    snprintf(
        rule, sizeof rule,
        "it had %ju bytes when it was initialised and has %ju now: objects are lost or damaged",
        (uintmax_t)then, (uintmax_t)now);
    return rule;
}

/* Compares a copy of the header with what must be there. Returns NULL, or what is wrong. */
static const char *check_header(const struct pshared_header *header, uint64_t size)
{
    const struct pshared_header good = expected_header(size);
    if (header->magic != good.magic)
        return __builtin_bswap64(header->magic) == good.magic
                   ? "it was made by a machine of the other byte order"
                   : NO_HEADER;
    if (header->version != good.version)
        return "its header is of another version of shmsync";
    if (memcmp(header->library, good.library, sizeof good.library))
        return other_library(header);
    if (header->word != good.word || memcmp(header->sizes, good.sizes, sizeof good.sizes) ||
        memcmp(header->alignments, good.alignments, sizeof good.alignments))
        return "its objects were made by a program of another ABI (of 32 bits and 64, perhaps): "
               "their sizes differ";
    if (header->size != size)
        return other_size(header->size, size);
    if (header->capacity != good.capacity || header->data_offset != good.data_offset ||
        header->making != good.making || memcmp(header->spare, good.spare, sizeof good.spare))
        return "its header is damaged: the numbers in it do not fit together";
    return NULL;
}

enum look { LOOK_GOOD, LOOK_BLANK, LOOK_OTHER };

/* What is there? RULE says what is wrong with LOOK_OTHER. */
static enum look look(void *base, uint64_t size, const char **rule)
{
    struct pshared_header header;
    pshared_copy(&header, base, sizeof header);
    *rule = check_header(&header, size);
    if (!*rule)
        return LOOK_GOOD;
    if (*rule != NO_HEADER)
        return LOOK_OTHER;
    if (header.magic == 0 && header.making == PSHARED_MAKING)
        return LOOK_BLANK;
    const bool locked = pshared_is_lock(header.lock);
    header.lock = 0;
    *rule = FOREIGN;
    if (!all_zero(&header, sizeof header))
        return LOOK_OTHER;
    const struct pshared_header good = expected_header(size);
    if (!locked &&
        !all_zero((char *)base + PSHARED_HEADER_SIZE, good.data_offset - PSHARED_HEADER_SIZE))
        return LOOK_OTHER;
    *rule = NO_HEADER;
    return LOOK_BLANK;
}

static const char *too_small(void)
{
    return "it is too small: objects need a segment of 512 bytes or more";
}

static void fill(struct pshared *pshared, void *base, uint64_t size)
{
    const struct pshared_header good = expected_header(size);
    *pshared = (struct pshared){base, size, good.data_offset, good.capacity};
}

const char *pshared_open(struct pshared *pshared, void *base, uint64_t size, bool *blank)
{
    const char *rule = NULL;
    if (blank)
        *blank = false;
    if (size < PSHARED_SIZE_MIN)
        return too_small();
    enum look seen = look(base, size, &rule);
    if (seen == LOOK_OTHER) /* what was being made while we looked is seen better the second time */
        seen = look(base, size, &rule);
    if (blank)
        *blank = seen == LOOK_BLANK;
    if (seen == LOOK_GOOD)
        fill(pshared, base, size);
    return seen == LOOK_GOOD ? NULL : rule;
}

/*
 * With the lock held and no magic: all of it is ours to write. Who dies in here leaves
 * PSHARED_MAKING, so that the next one knows that what it finds is half a header and nobody's data;
 * and no magic, so nobody has believed any of it.
 */
static void write_header(void *base, uint64_t size)
{
    struct pshared_header *at = base, good = expected_header(size);
    __atomic_store_n(&at->making, PSHARED_MAKING, __ATOMIC_RELEASE);
    pshared_store(&at->size, &good.size,
                  offsetof(struct pshared_header, lock) - offsetof(struct pshared_header, size));
    pshared_store(at->sizes, good.sizes, sizeof good - offsetof(struct pshared_header, sizes));
    __atomic_store_n(&at->magic, PSHARED_MAGIC, __ATOMIC_RELEASE);
}

const char *pshared_make(struct pshared *pshared, void *base, uint64_t size)
{
    bool blank;
    const char *rule = pshared_open(pshared, base, size, &blank);
    if (!rule || !blank)
        return rule;
    uint64_t *lock = &((struct pshared_header *)base)->lock;
    if ((rule = pshared_take(lock)))
        return rule;
    const enum look seen = look(base, size, &rule);
    if (seen == LOOK_BLANK)
        write_header(base, size);
    pshared_give(lock);
    if (seen != LOOK_OTHER)
        fill(pshared, base, size);
    return seen == LOOK_OTHER ? rule : NULL;
}

/* --- the directory --- */

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

/* FNV-1a: against bits that flipped, not against people. */
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

/* Others may add and remove while we read: then it is read again. Whoever plays with it gets -1. */
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
    snprintf(rule, sizeof rule, "its directory is damaged: entry %u is nothing that shmsync wrote",
             index);
    return rule;
}

static const char *no_such(const char *name)
{
    static char rule[96];
    snprintf(rule, sizeof rule,
             "there is no object %s in it; shmsync stat lists those that there are", name);
    return rule;
}

const char *pshared_find(const struct pshared *pshared, const char *name,
                         struct pshared_object *out)
{
    for (uint32_t i = 0; i < pshared->capacity; i++) {
        struct pshared_object object;
        const int there = pshared_entry(pshared, i, &object);
        if (there < 0)
            return damaged(i);
        if (there && !strcmp(object.spec.name, name)) {
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

/* Makes an entry free, whatever is in it; the generation stays. */
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
    const char *rule = pshared_take(&((struct pshared_header *)(void *)pshared->base)->lock);
    for (uint32_t i = 0; !rule && i < pshared->capacity; i++)
        if (__atomic_load_n(&pshared_entry_at(pshared, i)->state, __ATOMIC_ACQUIRE) == ENTRY_MAKING)
            clear_entry(pshared, i);
    return rule;
}

void pshared_unlock(const struct pshared *pshared)
{
    pshared_give(&((struct pshared_header *)(void *)pshared->base)->lock);
}

/* The first free entry; CAPACITY when there is none. */
static const char *find_free(const struct pshared *pshared, const char *name, uint32_t *index)
{
    static char rule[128];
    *index = pshared->capacity;
    for (uint32_t i = pshared->capacity; i-- > 0;) {
        struct pshared_object object;
        const int there = pshared_entry(pshared, i, &object);
        if (there < 0)
            return damaged(i);
        if (!there)
            *index = i;
        else if (!strcmp(object.spec.name, name))
            return "this name is taken: shmsync stat tells by what";
    }
    snprintf(rule, sizeof rule,
             "the directory is full: a segment of %ju bytes has place for %u objects",
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
        return "the C library refused it";
    }
    __atomic_store_n(&at->state, ENTRY_LIVE, __ATOMIC_RELEASE);
    return NULL;
}

/* Whoever sleeps on any word of the slot. They find it zeroed, and then that the object is not the
 * one they meant. */
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
