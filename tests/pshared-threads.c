/* SPDX-License-Identifier: MIT */
/*
 * pshared-threads.c - the header, the directory and its lock (lib/pshared.h) used by many threads
 * at once, for ThreadSanitizer, which sees one process only: what it says of threads holds for
 * processes that share the memory.
 *
 * Each thread makes the header, adds, finds and removes objects of its own and of all, and reads
 * what the others do. Prints "done" if all came out right; the sanitizer prints and fails for
 * itself.
 */
#include "config.h"

#include "lib/calls/calls_pthread.h"
#include "lib/pshared/pshared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 8
#define ROUNDS  200
#define SIZE    16384

static _Alignas(64) unsigned char segment[SIZE];

static void require(const char *wrong)
{
    if (!wrong)
        return;
    fprintf(stderr, "%s\n", wrong);
    exit(1);
}

static void add(const struct pshared *pshared, const char *text, bool may_be_taken)
{
    struct pshared_spec spec;
    bool refused;
    require(pshared_parse(text, &spec));
    require(pshared_lock(pshared));
    const char *wrong = pshared_add(pshared, &spec, &refused);
    pshared_unlock(pshared);
    if (!may_be_taken)
        require(wrong);
}

static void destroy(const struct pshared *pshared, const char *name)
{
    struct pshared_object object;
    require(pshared_lock(pshared));
    require(pshared_find(pshared, name, &object));
    pshared_remove(pshared, &object, false);
    pshared_unlock(pshared);
}

static void count(const struct pshared *pshared)
{
    struct pshared_object object;
    require(pshared_find(pshared, "all", &object));
    uint64_t *counter = (uint64_t *)(void *)(pshared->base + pshared->data_offset);
    calls_mutex_lock("all", object.at);
    pshared_set_holder(pshared, &object, 1);
    ++*counter;
    pshared_set_holder(pshared, &object, 0);
    calls_mutex_unlock("all", object.at);
}

static void *work(void *arg)
{
    struct pshared pshared;
    struct pshared_object object;
    char text[32], name[16];
    snprintf(name, sizeof name, "n%d", *(int *)arg);
    snprintf(text, sizeof text, "mutex:%s,robust", name);
    require(pshared_make(&pshared, segment, SIZE));
    add(&pshared, "mutex:all", true);
    for (int i = 0; i < ROUNDS; i++) {
        add(&pshared, text, false);
        require(pshared_find(&pshared, name, &object));
        for (uint32_t k = 0; k < pshared.capacity; k++)
            if (pshared_entry(&pshared, k, &object) < 0)
                require("an entry is damaged");
        count(&pshared);
        destroy(&pshared, name);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    int numbers[THREADS];
    struct pshared pshared;
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        if (pthread_create(&threads[i], NULL, work, &numbers[i]))
            return 1;
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    require(pshared_open(&pshared, segment, SIZE, NULL));
    if (*(uint64_t *)(void *)(segment + pshared.data_offset) != (uint64_t)THREADS * ROUNDS)
        require("an increment was lost");
    puts("done");
    return 0;
}
