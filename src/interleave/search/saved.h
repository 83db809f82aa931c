/* SPDX-License-Identifier: MIT */
/*
 * saved.h - a schedule in a file: the command line that found it, and its choices.
 *
 *   interleave 1
 *   word --finally=0x4d2 u32@0 == 2
 *   word ./add
 *   word :::
 *   word ./add
 *   steps 0 0 0 1 1 1 1 0
 *   did begins
 *   did shmget
 *   ...
 *
 * A line "word" is a word of the command line; \n and \\ in it are a newline and a backslash. Of a
 * step, the number is the task, and after it K is SIGKILL, T the signal of --signal, S a wake-up
 * without a signal, E a wait that ends with EINTR, and a to d the errors that a call can have.
 */
#ifndef IPCLAB_INTERLEAVE_SAVED_H
#define IPCLAB_INTERLEAVE_SAVED_H

#include "interleave/search/search.h"

#include "lib/trace/trace.h"

/* Writes WORDS, COUNT of them, SCHEDULE, and what each of its steps did in TRACE, to the file PATH.
 * Returns -1 with errno. */
int saved_write(const char *path, char *const words[], int count, const struct schedule *schedule,
                const struct trace *trace);

struct saved {
    char **words; /* ended by NULL */
    int count;
    char **told; /* what each step did */
    size_t told_count;
};

/* Reads it. Returns NULL, or what is wrong with the file; errno is 0 unless it could not be read.
 */
const char *saved_read(const char *path, struct saved *saved, struct schedule *schedule);

/* Reads a choice as one types it: the number of a task from 1 on, and a letter as in the file.
 * False: it is none. */
bool saved_choice(const char *text, choice *chosen);

#endif
