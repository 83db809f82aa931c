/* SPDX-License-Identifier: MIT */
/*
 * address.h - the rules of the address space, which shmat(2) and mmap(2) share: mappings in the
 * way, alignment, and limits. The functions that return a bool check a rule: they explain in E that
 * ADDRESS or SIZE breaks it and return true, or leave E alone and return false.
 */
#ifndef IPCLAB_EXPLAIN_ADDRESS_H
#define IPCLAB_EXPLAIN_ADDRESS_H

#include "lib/explain/explanation.h"

#include <stdbool.h>
#include <stdint.h>

/* The size of a page, in bytes. */
uint64_t explain_page_size(void);

/* This process has something mapped in the SIZE bytes from the page of ADDRESS. FLAG replaces it,
 * "SHM_REMAP". */
bool explain_address_taken(struct explanation *e, uint64_t address, uint64_t size,
                           const char *flag);

/* ADDRESS is below vm.mmap_min_addr and not NULL. */
bool explain_address_too_low(struct explanation *e, const void *address);

/* RLIMIT_AS allows this process no SIZE bytes more. */
bool explain_address_space_limit(struct explanation *e, uint64_t size);

/* Hint: "use 0x7000 or 0x8000", the multiples of UNIT below and above ADDRESS. */
void explain_hint_nearest(struct explanation *e, uint64_t address, uint64_t unit);

#endif
