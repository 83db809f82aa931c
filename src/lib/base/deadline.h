/*
 * deadline.h - moments on the monotonic clock, which no change of the time moves.
 */
#ifndef IPCLAB_DEADLINE_H
#define IPCLAB_DEADLINE_H

#include <stdbool.h>
#include <time.h>

/* Now, and LENGTH from now. */
struct timespec deadline_in(const struct timespec *length);

/* What is left until DEADLINE; nothing when it has passed. */
struct timespec deadline_left(const struct timespec *deadline);

/* Has DEADLINE passed? */
bool deadline_passed(const struct timespec *deadline);

/* Is A before B? */
bool deadline_before(const struct timespec *a, const struct timespec *b);

#endif
