/* common.h - what the four programs have in common. Given: nothing to do here. */
#ifndef COMMON_H
#define COMMON_H

#include "buffer.h"

/* TEXT as a number, as C writes it, from LEAST to MOST; otherwise says how PROGRAM is used, and
 * exits with 2. */
unsigned long number(const char *text, unsigned long least, unsigned long most, const char *usage);

/* Opens the buffer of KEY for PROGRAM; waits until there is one. If that fails it says so, and
 * exits with 1. */
void open_buffer(const char *program, key_t key, struct handle *handle);

/* Says what has failed, by errno; the exit status for that. */
int failed(const char *program);

#endif
