/* SPDX-License-Identifier: MIT */
/*
 * limits.c - semop-tool limits: what the kernel allows, and what is in use.
 */
#include "config.h"

#include "semop-tool/semop-tool.h"

#include "lib/cli/limit_table.h"
#include "lib/cli/listing.h"
#include "lib/cli/options.h"
#include "lib/cli/report.h"
#include "lib/proc/procfs.h"
#include "lib/sem/semset.h"

static const struct cli_option limits_table[] = {
    {.include = listing_options},
    OPTION_STANDARD,
    {0},
};

static const struct usage limits_usage = {
    .name = "semop-tool limits",
    .operands = "",
    .summary = "Show what the kernel allows for semaphore sets, and what is in use.",
    .options = limits_table,
    .example = "semop-tool limits --json",
};

static int show(void *arg, struct table **kept, FILE *to)
{
    const struct listing *listing = arg;
    struct semset_limits limits;
    struct procfs fs;
    if (semset_limits(&limits))
        return report_refused("limits");
    const struct limit_row rows[] = {
        {"SEMMNI", "sets", limits.semmni, limits.sets, true, 0},
        {"SEMMNS", "semaphores in all sets", limits.semmns, limits.semaphores, true, 0},
        {"SEMMSL", "semaphores in one set", limits.semmsl, 0, false, 0},
        {"SEMOPM", "operations in one list", limits.semopm, 0, false, 0},
        {"SEMVMX", "highest value of a semaphore", limits.semvmx, 0, false, 0},
    };
    struct table *table = limit_table_new(&listing->style);
    bool good = table && limit_table_add(table, rows, sizeof rows / sizeof *rows);
    if (good && procfs_open(&fs, "/proc") == 0) {
        good = limit_table_add_namespace(table, &fs);
        procfs_close(&fs);
    }
    return listing_print(listing, good ? table : NULL, kept, to);
}

int semop_limits(int argc, char *argv[])
{
    struct listing listing = {0};
    struct operands operands;
    listing_start(&listing);
    const int status = options_parse(&limits_usage, argc, argv, &listing, &operands);
    if (status >= 0)
        return status;
    if (listing.list)
        return report_usage("-o", "not valid with limits, which has fixed columns");
    if (listing.has_count && !listing.watch)
        return report_usage("--count", "only valid with --watch");
    return listing_run(&listing, show, &listing, true);
}
