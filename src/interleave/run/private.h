/* SPDX-License-Identifier: MIT */
/*
 * private.h - what only one process sees.
 */
#ifndef IPCLAB_INTERLEAVE_PRIVATE_H
#define IPCLAB_INTERLEAVE_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Sets *HASH to a hash of the writable private memory of process PID, which is stopped in the
 * library that interleave preloads: the registers that its functions may not change are on the
 * stack there. Two equal states of a deterministic program go on alike. The library's own data is
 * left out. Returns false if the memory cannot be read.
 * Of the stack that STACK is in, what lies below STACK is left over from functions that have
 * returned, and does not count.
 */
bool private_hash(pid_t pid, uint64_t stack, uint64_t *hash);

#endif
