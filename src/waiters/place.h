/* SPDX-License-Identifier: MIT */
/*
 * place.h - where the tasks wait whose arguments the kernel does not show.
 */
#ifndef WAITERS_PLACE_H
#define WAITERS_PLACE_H

#include "lib/sem/semset.h"

#include <stdbool.h>

/* A semaphore at which tasks wait for it to grow, or ZERO, to be zero. */
struct place {
    int set, number; /* NUMBER is -1 for several semaphores of the set */
    bool zero;
};

/* How many of the tasks that wait there are known? */
typedef int place_known(void *arg, int set, size_t number, bool zero);

/*
 * The kernel may refuse to show a task's arguments (ptrace(2), Yama), and still tells that it
 * sleeps in semop(2) (wchan), and how many tasks wait at each semaphore (semctl(2): GETNCNT,
 * GETZCNT). Finds the only set among SETS, or with ONLY not -1 the only place in that set, where
 * the kernel counts more tasks than KNOWN does. Returns false where there is none, or several, or
 * one of the sets may not be read.
 */
bool place_find(const struct semset_list *sets, int only, place_known *known, void *arg,
                struct place *out);

#endif
