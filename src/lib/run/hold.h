/* SPDX-License-Identifier: MIT */
/*
 * hold.h - a program waits, with what it has attached, until a signal or a time ends it.
 */
#ifndef IPCLAB_HOLD_H
#define IPCLAB_HOLD_H

#include <time.h>

/* Blocks SIGINT and SIGTERM from now on, so that one that comes before hold_wait() ends it at once.
 */
void hold_prepare(void);

/*
 * Waits until LENGTH has passed (NULL: without a bound), SIGINT or SIGTERM comes, or standard input
 * ends, if that is a pipe or a socket; what it contains is read and discarded. Returns 0, or -1
 * with the errno of poll(2), signalfd(2) or timerfd_create(2).
 */
int hold_wait(const struct timespec *length);

#endif
