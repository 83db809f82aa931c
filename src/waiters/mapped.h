/* SPDX-License-Identifier: MIT */
/*
 * mapped.h - the segments of a query, mapped, and those that cannot be read.
 *
 * Anybody may make a segment that lacks pages: a sparse object on a full /dev/shm, or one that is
 * truncated while we read it. So whatever reads a segment does so by bus_try().
 */
#ifndef IPCLAB_WAITERS_MAPPED_H
#define IPCLAB_WAITERS_MAPPED_H

#include "lib/proc/procfs.h"
#include "lib/pshared/pshared.h"
#include "lib/pshared/waiters.h"
#include "lib/run/bus_error.h"
#include "lib/segment/segment.h"
#include "waiters/waiter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A segment with objects, mapped read-only. */
struct mapped {
    struct segment_mapping mapping;
    struct pshared pshared;
    char label[300]; /* "5", "/demo"; safe to print */
    struct pshared_file file;
    bool unreadable; /* it lacks pages; PSHARED is not valid */
    bool foreign; /* shmsync has made no objects in it; PSHARED is not valid, and a waiter is known
                     by the offset of the word that it sleeps on */
};

struct segment_state {
    struct mapped *items;
    size_t count, capacity;
    size_t skipped;                /* segments that could not be read */
    uint64_t unread;               /* waiters for them: a task each that sleeps there */
    char why[300 + BUS_TEXT_SIZE]; /* the first of them, and the reason */
};

/* Makes room for MORE segments. Returns false with errno ENOMEM. */
bool mapped_reserve(struct segment_state *state, size_t more);

/* Counts MAPPED as skipped, because there is no page at ADDRESS. */
void mapped_skip(struct segment_state *state, struct mapped *mapped, uintptr_t address);

/* Maps one segment, for which there is room. Reports what is refused, and that a segment is
 * foreign. Returns an exit status. */
int mapped_named(struct segment_state *state, const struct procfs *fs,
                 const struct object_name *name);

/* Maps every segment that we may read; of those without objects, the first FOREIGN_MOST. Returns an
 * exit status. */
#define FOREIGN_MOST 1024
int mapped_all(struct segment_state *state, const struct procfs *fs);

/* Unmaps all and frees the list, not STATE itself. */
void mapped_release(struct segment_state *state);

#endif
