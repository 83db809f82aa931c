/* SPDX-License-Identifier: MIT */
/*
 * shmsync-loop.c - locks and unlocks a mutex of a segment with the calls of libipclab, as shmsync
 * does, and prints the nanoseconds that a pair took. mutex-loop.c does the same with nothing but
 * the C library.
 *
 *   shmsync-loop SEGMENT MUTEX PAIRS
 */
#include "config.h"

#include "lib/calls/calls_pthread.h"
#include "lib/pshared/pshared.h"
#include "lib/segment/segment.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Maps the segment that NAME names and finds its mutex. Returns 0, or -1. */
static int find_mutex(const char *name, const char *mutex_name, struct pshared_object *mutex)
{
    struct operand operand;
    struct segment_mapping mapping = {0};
    struct pshared pshared;
    if (operand_parse(name, &operand))
        return -1;
    const struct segment_kind *kind = segment_kind_of(&operand);
    if (kind->open(&operand, &mapping.segment) || kind->map(&mapping) ||
        pshared_open(&pshared, (void *)mapping.address, mapping.info.size, NULL) ||
        pshared_find(&pshared, mutex_name, mutex))
        return -1;
    return mutex->spec.kind == PSHARED_MUTEX ? 0 : -1;
}

static int lock_and_unlock(const struct pshared_object *mutex, long pairs)
{
    pthread_mutex_t *lock = mutex->at;
    for (; pairs > 0; pairs--)
        if (calls_mutex_lock(mutex->spec.name, lock) || calls_mutex_unlock(mutex->spec.name, lock))
            return -1;
    return 0;
}

int main(int argc, char *argv[])
{
    struct pshared_object mutex;
    struct timespec from, to;
    if (argc != 4)
        return 2;
    const long pairs = strtol(argv[3], NULL, 10);
    if (find_mutex(argv[1], argv[2], &mutex))
        return 1;
    clock_gettime(CLOCK_MONOTONIC, &from);
    if (lock_and_unlock(&mutex, pairs))
        return 1;
    clock_gettime(CLOCK_MONOTONIC, &to);
    const double took =
        (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
    printf("%.1f\n", took / (double)pairs);
    return 0;
}
