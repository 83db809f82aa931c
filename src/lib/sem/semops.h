/*
 * semops.h - lists of semaphore operations: "0-1,1+1u,2=0" into struct sembuf and back.
 */
#ifndef IPCLAB_SEMOPS_H
#define IPCLAB_SEMOPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/sem.h>

/* The largest value of a semaphore (semop(2): SEMVMX; the kernel has no other, so the headers may
 * lack it). */
#define SEMOPS_VALUE_MAX 32767

/* A growing array of operations. Start with all zero. */
struct semops {
    struct sembuf *items;
    size_t count, capacity;
};

/*
 * Appends the LENGTH bytes of TEXT, one atomic list: operations with commas between, each SEM-N,
 * SEM+N or SEM=0 with u (SEM_UNDO) and n (IPC_NOWAIT) behind it; SEM is a number 0..65535 or a
 * range FIRST..LAST, which stands for one operation on each. N is 1..SEMOPS_VALUE_MAX. Returns
 * NULL, or the rule broken (then nothing was appended).
 */
const char *semops_parse(const char *text, size_t length, struct semops *out);
void semops_free(struct semops *ops);

/* Writes COUNT operations in the same syntax, ranges not folded. What does not fit is cut with
 * "...". */
void semops_print(const struct sembuf *ops, size_t count, char *text, size_t size);

/*
 * Which of the operations cannot proceed if they are tried in order on a set with these values
 * (semop(2))? COUNT if all can. VALUES (NSEMS of them) end as they are where it stops; with COUNT
 * returned, as the list leaves them. *out_of_range is set when an operation would pass
 * SEMOPS_VALUE_MAX (ERANGE) or names no semaphore (EFBIG).
 */
size_t semops_try(const struct sembuf *ops, size_t count, int *values, size_t nsems,
                  bool *out_of_range);

/* What gives back what the list took: N for each, signs turned, in reverse order; SEM=0 has nothing
 * to give back. */
bool semops_invert(const struct sembuf *ops, size_t count, struct semops *out);

#endif
