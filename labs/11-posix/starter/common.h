/* common.h - functions that the four programs share; do not change this file */
#ifndef COMMON_H
#define COMMON_H

#include "buffer.h"

/* Returns TEXT if it can name a buffer, such as /letters; otherwise prints USAGE and exits with
 * status 2. */
const char *buffer_name(const char *text, const char *usage);

/* Returns the number, from LEAST to MOST, that TEXT represents in C; otherwise prints USAGE and
 * exits with status 2. */
unsigned long number(const char *text, unsigned long least, unsigned long most, const char *usage);

/* Opens the buffer NAME for PROGRAM, and waits until it exists. On error, prints a message and
 * exits with status 1. */
void open_buffer(const char *program, const char *name, struct handle *handle);

/* Prints an error message for errno, and returns the exit status for a failure. */
int failed(const char *program);

#endif
