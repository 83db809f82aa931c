/* SPDX-License-Identifier: MIT */
/*
 * limit_table.h - a table of limits: each with its value, how much is in use, and a description.
 */
#ifndef IPCLAB_LIMIT_TABLE_H
#define IPCLAB_LIMIT_TABLE_H

#include "lib/proc/procfs.h"
#include "lib/cli/table.h"

#include <stdbool.h>
#include <stdint.h>

struct limit_row {
    const char *name, *description;
    uint64_t limit, used;
    bool has_used;
    uint64_t unit; /* bytes in one of LIMIT and USED, which are sizes; 0: they are counts */
};

/* An empty table of limits. Returns NULL with errno ENOMEM. */
struct table *limit_table_new(const struct table_style *style);

/* Adds COUNT rows. Returns false with errno ENOMEM. */
bool limit_table_add(struct table *table, const struct limit_row *rows, size_t count);

/*
 * Adds the row of the IPC namespace that the limits apply to: the number that lsns(8) shows, the
 * same for all processes of a namespace. Returns false with errno ENOMEM.
 */
bool limit_table_add_namespace(struct table *table, const struct procfs *fs);

#endif
