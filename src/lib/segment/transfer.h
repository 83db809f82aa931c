/*
 * transfer.h - between a mapped segment and a file descriptor, with no buffer between.
 */
#ifndef IPCLAB_TRANSFER_H
#define IPCLAB_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef void transfer_progress(uint64_t done, uint64_t total);

/* Writes LENGTH bytes from DATA to FD. Returns 0, or -1 with errno. */
int transfer_out(const char *data, uint64_t length, int fd, transfer_progress *progress);

/* Reads from FD into DATA until LENGTH bytes came or the input ends. *GOT is how many came, also on
 * failure. */
int transfer_in(char *data, uint64_t length, int fd, uint64_t *got, transfer_progress *progress);

/*
 * Tells how many bytes are left to read on FD: from its size for a file, else by reading them,
 * which ends soon after LIMIT bytes, for an input may be endless; then *MORE is set and LIMIT is
 * told. Returns 0, or -1 with errno.
 */
int transfer_left(int fd, uint64_t limit, uint64_t *left, bool *more);

/*
 * Writes LENGTH bytes of DATA as text that a terminal shows and does not obey: newlines and tabs as
 * they are, long runs of NUL as their number. Returns 0, or -1 with errno.
 */
int transfer_safe(const char *data, uint64_t length, FILE *to);

#endif
