/* common.h - what the four programs have in common. Given: nothing to do here. */
#ifndef COMMON_H
#define COMMON_H

#include "buffer.h"

/* TEXT, if it is the name of a buffer: /letters; otherwise says how the program is used, and exits
 * with 2. */
const char *buffer_name(const char *text, const char *usage);

/* TEXT as a number, as C writes it, from LEAST to MOST; otherwise the same. */
unsigned long number(const char *text, unsigned long least, unsigned long most, const char *usage);

/* Opens the buffer NAME for PROGRAM; waits until there is one. If that fails it says so, and exits
 * with 1. */
void open_buffer(const char *program, const char *name, struct handle *handle);

/* Says what has failed, by errno; the exit status for that. */
int failed(const char *program);

#endif
