/* SPDX-License-Identifier: MIT */
/*
 * semops.h - lists of semaphore operations: "0-1,1+1u,2=0" into struct sembuf and back.
 */
#ifndef IPCLAB_SEMOPS_H
#define IPCLAB_SEMOPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/sem.h>

/* The largest value of a semaphore: SEMVMX (semop(2)), a constant of the kernel that the headers
 * may lack. */
#define SEMOPS_VALUE_MAX 32767

/* A growing array of operations. Start with all zero. */
struct semops {
    struct sembuf *items;
    size_t count, capacity;
};

/*
 * Appends the LENGTH bytes of TEXT, one atomic list: operations separated by commas, each SEM-N,
 * SEM+N or SEM=0, followed by u (SEM_UNDO), n (IPC_NOWAIT) or both. SEM is a number 0..65535 or a
 * range FIRST..LAST, which means one operation on each. N is 1..SEMOPS_VALUE_MAX. Returns NULL, or
 * the rule that TEXT breaks; then nothing is appended.
 */
const char *semops_parse(const char *text, size_t length, struct semops *out);
void semops_free(struct semops *ops);

/* Writes COUNT operations to TEXT, of SIZE bytes (at least 4), in the same syntax without ranges. A
 * list that does not fit ends with "...". */
void semops_print(const struct sembuf *ops, size_t count, char *text, size_t size);

/*
 * Tries the operations in order on a set with these VALUES (NSEMS of them), as semop(2) does, and
 * changes VALUES. Returns the index of the first that cannot proceed, or COUNT if all can.
 * *OUT_OF_RANGE is set when that one would exceed SEMOPS_VALUE_MAX (ERANGE) or names no semaphore
 * of the set (EFBIG).
 */
size_t semops_try(const struct sembuf *ops, size_t count, int *values, size_t nsems,
                  bool *out_of_range);

/* Appends to OUT the operations that reverse the list: signs inverted, in reverse order, without
 * IPC_NOWAIT; SEM=0 has no reverse. Returns false when there is no memory. */
bool semops_invert(const struct sembuf *ops, size_t count, struct semops *out);

#endif
