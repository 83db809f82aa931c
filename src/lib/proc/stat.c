/* SPDX-License-Identifier: MIT */
/*
 * stat.c - see stat.h.
 */
#include "config.h"

#include "lib/proc/stat.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A process chooses its own name, which may hold anything, parentheses and newlines too: so the
 * fields after it are counted from the last parenthesis. */
bool procfs_parse_stat(const char *text, struct procfs_stat *out)
{
    const char *name = strchr(text, '('), *end = strrchr(text, ')');
    struct procfs_stat stat;
    if (!name || !end || end < name ||
        sscanf(end + 1,
               " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %ld %*d "
               "%" SCNu64,
               &stat.state, &stat.parent, &stat.threads, &stat.started) != 4)
        return false;
    stat.name = name + 1;
    stat.name_length = (size_t)(end - name - 1);
    *out = stat;
    return true;
}
