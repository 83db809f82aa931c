/* SPDX-License-Identifier: MIT */
/*
 * transfer.h - copy between a mapped segment and a file descriptor, without a buffer.
 */
#ifndef IPCLAB_TRANSFER_H
#define IPCLAB_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef void transfer_progress(uint64_t done, uint64_t total);

/* Writes LENGTH bytes from DATA to FD. Returns 0, or -1 with errno. */
int transfer_out(const char *data, uint64_t length, int fd, transfer_progress *progress);

/* Reads from FD into DATA, until LENGTH bytes or the end of the input. *GOT is the number of bytes
 * read, also on failure. Returns 0, or -1 with errno. */
int transfer_in(char *data, uint64_t length, int fd, uint64_t *got, transfer_progress *progress);

/*
 * Counts the bytes that are left to read on FD into *LEFT: from its size for a file, otherwise by
 * reading them. Because an input may be endless, reading stops soon after LIMIT bytes; then *LEFT
 * is LIMIT and *MORE is set. Returns 0, or -1 with errno.
 */
int transfer_left(int fd, uint64_t limit, uint64_t *left, bool *more);

/*
 * Writes LENGTH bytes of DATA as text that a terminal shows and does not obey (text_safe_print()).
 * Newlines and tabs stay as they are; a long run of NULs is printed as their number. Returns 0, or
 * -1 with errno.
 */
int transfer_safe(const char *data, uint64_t length, FILE *to);

#endif
