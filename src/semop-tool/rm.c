/* SPDX-License-Identifier: MIT */
/*
 * rm.c - semop-tool rm: removes sets, and reports how many waiters that ended.
 */
#include "config.h"

#include "semop-tool/semop-tool.h"

#include "lib/cli/options.h"
#include "lib/cli/report.h"
#include "lib/sem/semset.h"
#include "semop-tool/operands.h"

#include <inttypes.h>
#include <stdlib.h>

static const struct cli_option rm_table[] = {OPTION_STANDARD, {0}};

static const struct usage rm_usage = {
    .name = "semop-tool rm",
    .operands = "SET...",
    .summary = "Remove sets at once. Every task that waits for one of their semaphores is woken, "
               "and its semop(2) fails with EIDRM.",
    .options = rm_table,
    .example = "semop-tool rm 5 0x4d2",
};

/* How many tasks wait for any semaphore of the set; 0 where that may not be read. */
static uint64_t count_waiters(int id)
{
    struct semset_info info;
    struct semset_sem sem;
    uint64_t waiters = 0;
    if (semset_stat(id, &info))
        return 0;
    for (size_t i = 0; i < info.nsems && semset_sem(id, (int)i, &sem) == 0; i++)
        waiters += semset_waiting(&sem);
    return waiters;
}

/* The waiters are counted first, for a set that is gone cannot be asked. A task that begins to wait
 * in between is not counted. */
static int remove_one(const struct operand *set, const char *text)
{
    int id;
    if (semset_open(set, &id))
        return report_refused(text);
    const uint64_t waiters = count_waiters(id);
    if (semset_remove(id))
        return report_refused(text);
    if (waiters)
        report_about(text, "removed; %" PRIu64 " waiting task%s failed with EIDRM", waiters,
                     waiters == 1 ? "" : "s");
    return EXIT_DONE;
}

int semop_rm(int argc, char *argv[])
{
    struct operands operands;
    struct operand *sets = NULL;
    int status = options_parse(&rm_usage, argc, argv, NULL, &operands);
    if (status >= 0)
        return status;
    status = semop_parse_sets(operands.items, operands.count, &sets);
    if (status >= 0)
        return status;
    status = EXIT_DONE;
    for (int i = 0; i < operands.count; i++)
        status = report_worse(status, remove_one(&sets[i], operands.items[i]));
    free(sets);
    return status;
}
