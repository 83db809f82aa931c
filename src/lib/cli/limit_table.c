/* SPDX-License-Identifier: MIT */
/*
 * limit_table.c - see limit_table.h.
 */
#include "config.h"

#include "lib/cli/limit_table.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/*
 * The kernel's defaults for SHMMAX and SHMALL are ULONG_MAX - 2^24 (include/uapi/linux/shm.h), in
 * effect no limit. A table for people says "none"; the formats for programs have the number.
 */
static bool is_unlimited(uint64_t limit)
{
    return limit >= ULONG_MAX - (1UL << 24);
}

static void put(uint64_t number, const struct limit_row *row, const struct table_style *style,
                char *cell, size_t size)
{
    if (style->format != TABLE_COLUMNS || !row->unit)
        snprintf(cell, size, "%" PRIu64, number);
    else if (style->bytes)
        snprintf(cell, size, "%" PRIu64, number * row->unit);
    else
        text_size(cell, size, number * row->unit);
}

COLUMN_GETTER(struct limit_row, get_resource)
{
    snprintf(cell, size, "%s", row->name);
}

COLUMN_GETTER(struct limit_row, get_limit)
{
    if (row->unit && style->format == TABLE_COLUMNS &&
        (row->limit > UINT64_MAX / row->unit || (!style->bytes && is_unlimited(row->limit))))
        snprintf(cell, size, "none");
    else
        put(row->limit, row, style, cell, size);
}

COLUMN_GETTER(struct limit_row, get_used)
{
    if (row->has_used)
        put(row->used, row, style, cell, size);
}

COLUMN_GETTER(struct limit_row, get_percent)
{
    if (row->has_used && row->limit)
        snprintf(cell, size, "%.2f%s", (double)row->used * 100 / (double)row->limit,
                 style->format == TABLE_COLUMNS ? "%" : "");
}

COLUMN_GETTER(struct limit_row, get_description)
{
    snprintf(cell, size, "%s", row->description);
}

static const struct column columns[] = {
    {"RESOURCE", 0, get_resource, ""},
    {"LIMIT", COLUMN_NUMBER | COLUMN_RIGHT, get_limit, ""},
    {"USED", COLUMN_NUMBER | COLUMN_RIGHT, get_used, ""},
    {"PERCENT", COLUMN_NUMBER | COLUMN_RIGHT, get_percent, ""},
    {"DESCRIPTION", COLUMN_TRUNC, get_description, ""},
};

struct table *limit_table_new(const struct table_style *style)
{
    static const size_t all[] = {0, 1, 2, 3, 4};
    struct table *table = table_new("limits", style, columns, all, sizeof all / sizeof *all);
    if (table)
        table_set_key(table, get_resource);
    return table;
}

bool limit_table_add(struct table *table, const struct limit_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!table_row(table, &rows[i], NULL))
            return false;
    return true;
}

bool limit_table_add_namespace(struct table *table, const struct procfs *fs)
{
    const char *number = strchr(fs->ipc_ns, '[');
    const struct limit_row row = {"ipc_namespace",
                                  "the IPC namespace that these limits apply to",
                                  number ? strtoull(number + 1, NULL, 10) : 0,
                                  0,
                                  false,
                                  0};
    return !number || table_row(table, &row, NULL);
}
