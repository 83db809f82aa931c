/* SPDX-License-Identifier: MIT */
/*
 * objects.c - the kinds of objects: how they are written, and how the C library makes and destroys
 * them.
 */
#include "config.h"

#include "lib/pshared/layout.h"

#include "lib/calls/calls_pthread.h"
#include "lib/base/operand.h"

#include <limits.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

static const char RULE_OBJECT[] =
    "an object is mutex:NAME, cond:NAME, sem:NAME=VALUE, rwlock:NAME or barrier:NAME=COUNT";
static const char RULE_NAME[] =
    "a name is 1 to 31 letters, digits and _ . -, and begins with neither . nor -";
static const char RULE_MUTEX[] =
    "the attributes of a mutex are robust, recursive or errorcheck, and prio=inherit";
static const char RULE_COND[] = "the attribute of a condition variable is clock=monotonic";
static const char RULE_TYPES[] = "recursive and errorcheck are mutually exclusive";
static const char RULE_NONE[] = "this kind of object has no attributes";
static const char RULE_SEM[] =
    "a semaphore is sem:NAME=VALUE; VALUE is 0 to 2147483647 (SEM_VALUE_MAX)";
static const char RULE_BARRIER[] = "a barrier is barrier:NAME=COUNT; COUNT is 1 to 2147483647";

struct kind {
    const char *name;
    size_t size, alignment;
    bool counted;     /* is written with =NUMBER */
    uint64_t least;   /* the least number */
    const char *rule; /* broken by a bad number, or bad attributes */
};

static const struct kind kinds[] = {
    [PSHARED_MUTEX] = {"mutex", sizeof(pthread_mutex_t), alignof(pthread_mutex_t), false, 0,
                       RULE_MUTEX},
    [PSHARED_COND] = {"cond", sizeof(pthread_cond_t), alignof(pthread_cond_t), false, 0, RULE_COND},
    [PSHARED_SEM] = {"sem", sizeof(sem_t), alignof(sem_t), true, 0, RULE_SEM},
    [PSHARED_RWLOCK] = {"rwlock", sizeof(pthread_rwlock_t), alignof(pthread_rwlock_t), false, 0,
                        RULE_NONE},
    [PSHARED_BARRIER] = {"barrier", sizeof(pthread_barrier_t), alignof(pthread_barrier_t), true, 1,
                         RULE_BARRIER},
};
#define KINDS (sizeof kinds / sizeof *kinds)

_Static_assert(sizeof(pthread_mutex_t) <= PSHARED_SLOT && sizeof(pthread_cond_t) <= PSHARED_SLOT &&
                   sizeof(sem_t) <= PSHARED_SLOT && sizeof(pthread_rwlock_t) <= PSHARED_SLOT &&
                   sizeof(pthread_barrier_t) <= PSHARED_SLOT,
               "a slot is large enough for any object");

static const struct attribute {
    enum pshared_kind kind;
    unsigned flag;
    const char *text;
} attributes[] = {
    {PSHARED_MUTEX, PSHARED_ROBUST, "robust"},
    {PSHARED_MUTEX, PSHARED_RECURSIVE, "recursive"},
    {PSHARED_MUTEX, PSHARED_ERRORCHECK, "errorcheck"},
    {PSHARED_MUTEX, PSHARED_INHERIT, "prio=inherit"},
    {PSHARED_COND, PSHARED_MONOTONIC, "clock=monotonic"},
};
#define ATTRIBUTES (sizeof attributes / sizeof *attributes)

const char *pshared_kind_name(enum pshared_kind kind)
{
    return kinds[kind].name;
}

void pshared_types(uint16_t sizes[8], uint16_t alignments[8])
{
    memset(sizes, 0, 8 * sizeof *sizes);
    memset(alignments, 0, 8 * sizeof *alignments);
    sizes[0] = alignments[0] = PSHARED_SLOT;
    for (size_t i = PSHARED_MUTEX; i < KINDS; i++) {
        sizes[i] = (uint16_t)kinds[i].size;
        alignments[i] = (uint16_t)kinds[i].alignment;
    }
}

const char *pshared_check_name(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    const size_t length = strnlen(name, PSHARED_NAME_MAX + 1);
    if (!length || length > PSHARED_NAME_MAX || *name == '.' || *name == '-' ||
        strspn(name, letters) != length)
        return RULE_NAME;
    return NULL;
}

static const char *parse_attribute(const char *text, size_t length, struct pshared_spec *spec)
{
    for (size_t i = 0; i < ATTRIBUTES; i++)
        if (attributes[i].kind == spec->kind && strlen(attributes[i].text) == length &&
            !memcmp(attributes[i].text, text, length)) {
            spec->flags |= attributes[i].flag;
            const unsigned types = PSHARED_RECURSIVE | PSHARED_ERRORCHECK;
            return (spec->flags & types) == types ? RULE_TYPES : NULL;
        }
    return kinds[spec->kind].counted ? RULE_NONE : kinds[spec->kind].rule;
}

const char *pshared_parse(const char *text, struct pshared_spec *out)
{
    struct pshared_spec spec = {0};
    const size_t word = strcspn(text, ":");
    for (size_t i = PSHARED_MUTEX; i < KINDS; i++)
        if (strlen(kinds[i].name) == word && !memcmp(kinds[i].name, text, word))
            spec.kind = (enum pshared_kind)i;
    if (!spec.kind || !text[word])
        return RULE_OBJECT;
    const struct kind *kind = &kinds[spec.kind];
    const char *at = text + word + 1, *rule;
    const size_t length = strcspn(at, kind->counted ? "=," : ",");
    if (length > PSHARED_NAME_MAX)
        return RULE_NAME;
    memcpy(spec.name, at, length);
    if ((rule = pshared_check_name(spec.name)))
        return rule;
    at += length;
    if (kind->counted) {
        uint64_t count;
        if (*at != '=' || operand_number(at + 1, kind->least, INT_MAX, kind->rule, &count))
            return *at == ',' ? RULE_NONE : kind->rule;
        spec.count = (uint32_t)count;
        at += strlen(at);
    }
    for (; *at; at += strcspn(at + 1, ",") + 1)
        if ((rule = parse_attribute(at + 1, strcspn(at + 1, ","), &spec)))
            return rule;
    *out = spec;
    return NULL;
}

char *pshared_attributes(const struct pshared_spec *spec, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < ATTRIBUTES && used < size; i++)
        if (attributes[i].kind == spec->kind && spec->flags & attributes[i].flag)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "," : "",
                                     attributes[i].text);
    return text;
}

/* --- by the C library --- */

static int mutex_type(unsigned flags)
{
    return flags & PSHARED_RECURSIVE    ? PTHREAD_MUTEX_RECURSIVE
           : flags & PSHARED_ERRORCHECK ? PTHREAD_MUTEX_ERRORCHECK
                                        : PTHREAD_MUTEX_NORMAL;
}

int pshared_object_init(const struct pshared_spec *spec, void *at)
{
    switch (spec->kind) {
    case PSHARED_MUTEX:
        return calls_mutex_init(spec->name, at, mutex_type(spec->flags),
                                spec->flags & PSHARED_ROBUST, spec->flags & PSHARED_INHERIT);
    case PSHARED_COND: return calls_cond_init(spec->name, at, spec->flags & PSHARED_MONOTONIC);
    case PSHARED_SEM: return calls_sem_init(spec->name, at, spec->count);
    case PSHARED_RWLOCK: return calls_rwlock_init(spec->name, at);
    case PSHARED_BARRIER: return calls_barrier_init(spec->name, at, spec->count);
    }
    return 0;
}

int pshared_object_destroy(const struct pshared_spec *spec, void *at)
{
    static const enum call destroyers[] = {
        [PSHARED_MUTEX] = CALL_PTHREAD_MUTEX_DESTROY,
        [PSHARED_COND] = CALL_PTHREAD_COND_DESTROY,
        [PSHARED_SEM] = CALL_SEM_DESTROY,
        [PSHARED_RWLOCK] = CALL_PTHREAD_RWLOCK_DESTROY,
        [PSHARED_BARRIER] = CALL_PTHREAD_BARRIER_DESTROY,
    };
    return calls_object(destroyers[spec->kind], spec->name, at);
}
