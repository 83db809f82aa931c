/* SPDX-License-Identifier: MIT */
/*
 * deadline.h - deadlines on the monotonic clock, which setting the time of day does not affect.
 */
#ifndef IPCLAB_DEADLINE_H
#define IPCLAB_DEADLINE_H

#include <stdbool.h>
#include <time.h>

/* The time LENGTH from now. */
struct timespec deadline_in(const struct timespec *length);

/* The time left until DEADLINE; 0 when it has passed. */
struct timespec deadline_left(const struct timespec *deadline);

/* Has DEADLINE passed? */
bool deadline_passed(const struct timespec *deadline);

/* Is A before B? */
bool deadline_before(const struct timespec *a, const struct timespec *b);

#endif
