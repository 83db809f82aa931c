/*
 * limit_table.h - a table of limits: what is allowed, what is in use, and what it is.
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
    uint64_t unit; /* bytes in one, to be shown as a size; 0: a number of things */
};

/* An empty table of them. NULL with errno ENOMEM. */
struct table *limit_table_new(const struct table_style *style);

/* Adds COUNT rows. Returns false with errno ENOMEM. */
bool limit_table_add(struct table *table, const struct limit_row *rows, size_t count);

/*
 * The row of the IPC namespace whose limits these are. Its number is what lsns(8) shows and what
 * two processes of one namespace have in common.
 */
bool limit_table_add_namespace(struct table *table, const struct procfs *fs);

#endif
