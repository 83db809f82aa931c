/* SPDX-License-Identifier: MIT */
/*
 * deadline.c - see deadline.h.
 */
#include "config.h"

#include "lib/base/deadline.h"

#define SECOND 1000000000L

struct timespec deadline_in(const struct timespec *length)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += length->tv_sec + (deadline.tv_nsec + length->tv_nsec) / SECOND;
    deadline.tv_nsec = (deadline.tv_nsec + length->tv_nsec) % SECOND;
    return deadline;
}

struct timespec deadline_left(const struct timespec *deadline)
{
    struct timespec now, left;
    clock_gettime(CLOCK_MONOTONIC, &now);
    left.tv_sec = deadline->tv_sec - now.tv_sec;
    left.tv_nsec = deadline->tv_nsec - now.tv_nsec;
    if (left.tv_nsec < 0) {
        left.tv_sec--;
        left.tv_nsec += SECOND;
    }
    return left.tv_sec < 0 ? (struct timespec){0, 0} : left;
}

bool deadline_passed(const struct timespec *deadline)
{
    const struct timespec left = deadline_left(deadline);
    return !left.tv_sec && !left.tv_nsec;
}

bool deadline_before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}
