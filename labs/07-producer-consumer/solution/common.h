/* common.h - what the four programs have in common. This file is complete. */
#ifndef COMMON_H
#define COMMON_H

#include "buffer.h"

/* Return TEXT as a number from LEAST to MOST. If it is none, print USAGE and exit with status 2. */
unsigned long number(const char *text, unsigned long least, unsigned long most, const char *usage);

/* Open the buffer of KEY for PROGRAM; wait until it exists. On failure, print a message and exit
 * with status 1. */
void open_buffer(const char *program, key_t key, struct handle *handle);

/* Print a message about errno; return the exit status for a failure. */
int failed(const char *program);

#endif
