/* SPDX-License-Identifier: MIT */
/*
 * changes.h - what a step has changed of what the programs share.
 */
#ifndef IPCLAB_INTERLEAVE_CHANGES_H
#define IPCLAB_INTERLEAVE_CHANGES_H

#include "interleave/board.h"

#include <stdbool.h>
#include <stddef.h>

/* A word of four bytes of memory, or a semaphore, that is not as it was. */
struct change {
    bool is_semaphore;
    char object[72]; /* "segment 0", "/name", "set 1" */
    uint64_t at;     /* the offset of the word in bytes; the number of the semaphore */
    int32_t was, is;
};

/* Forgets all: what there is at the next changes_since() was so before. */
void changes_begin(void);

/* What has changed since the last call: writes at most MOST of the changes, and returns how many.
 * What is new was 0 before. */
size_t changes_since(struct change *changes, size_t most);

/*
 * The number of SIZE bytes, 1 to 8, at OFFSET of the memory that the tasks of BOARD know by ID:
 * *WAS at the last changes_since(), *IS now. False: no such memory.
 */
bool changes_value(const struct board *board, uint64_t id, uint64_t offset, uint64_t size,
                   int64_t *was, int64_t *is);

/* Is there one set, or, not IS_SET, memory of one kind? Then it needs no name. */
bool changes_single(bool is_set);

/* The value of a semaphore; -1: there is none. */
int changes_semaphore(int id, unsigned number);

#endif
