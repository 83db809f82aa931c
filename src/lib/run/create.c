/* SPDX-License-Identifier: MIT */
/*
 * create.c - see create.h.
 */
#include "config.h"

#include "lib/run/create.h"

#include "lib/run/guard.h"

#include <errno.h>
#include <stddef.h>

/*
 * Each failed round saw another process create the object and a third one remove it, so the system
 * makes progress; the bound is against a process that does both to keep us here.
 */
#define ROUNDS_MAX 1000

static int create_guarded(const struct creation *creation)
{
    guard_begin();
    const int id = creation->create(creation->arg);
    const int error = errno;
    guard_object(id < 0 ? NULL : creation->discard, id);
    errno = error;
    return id;
}

int create_or_open(const struct creation *creation, bool *created)
{
    for (int round = 0; round < ROUNDS_MAX; round++) {
        if (!creation->open_only) {
            *created = true;
            const int id = create_guarded(creation);
            if (id >= 0 || errno != EEXIST || creation->exclusive)
                return id;
        }
        bool gone = false;
        *created = false;
        const int id = creation->open(creation->arg, &gone);
        if (id >= 0 || !gone || creation->open_only)
            return id;
    }
    return -1;
}
