/* SPDX-License-Identifier: MIT */
/*
 * huge.h - why shmget(2) with SHM_HUGETLB fails. FLAGS are those of the call; E is the explanation.
 */
#ifndef IPCLAB_EXPLAIN_HUGE_H
#define IPCLAB_EXPLAIN_HUGE_H

#include "lib/explain/explanation.h"

#include <stdbool.h>
#include <stdint.h>

/* EINVAL: FLAGS request huge pages of a size that this machine does not have. Otherwise returns
 * false and leaves E alone. */
bool explain_no_huge_pages(struct explanation *e, int flags);

/* ENOMEM: not enough huge pages are free for SIZE bytes. */
void explain_huge_memory(struct explanation *e, uint64_t size, int flags);

/* EPERM: this process may not use huge pages. */
void explain_huge_permission(struct explanation *e);

#endif
