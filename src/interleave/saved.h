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
 *
 * A line "word" is a word of the command line; \n and \\ in it are a newline and a backslash. Of a
 * step, the number is the task, and after it K is SIGKILL, T the signal of --signal, S a wake-up
 * without a signal, E a wait that ends with EINTR, and a to d the errors that a call can have.
 */
#ifndef IPCLAB_INTERLEAVE_SAVED_H
#define IPCLAB_INTERLEAVE_SAVED_H

#include "interleave/search.h"

/* Writes WORDS, COUNT of them, and SCHEDULE to the file PATH. Returns -1 with errno. */
int saved_write(const char *path, char *const words[], int count, const struct schedule *schedule);

/* Reads it: *WORDS becomes an array of *COUNT words and a NULL. Returns NULL, or what is wrong with
 * the file; errno is 0 unless it could not be read. */
const char *saved_read(const char *path, char ***words, int *count, struct schedule *schedule);

#endif
