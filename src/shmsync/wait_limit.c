/* SPDX-License-Identifier: MIT */
/*
 * wait_limit.c - see wait_limit.h.
 */
#include "config.h"

#include "shmsync/wait_limit.h"

#include "lib/base/deadline.h"
#include "lib/base/operand.h"
#include "lib/cli/report.h"

OPTION_SETTER(struct wait_limit, set_timeout)
{
    options->timed = true;
    return operand_duration(argument, &options->timeout);
}

const struct cli_option timeout_options[] = {
    OPTION('t', "timeout", "=DURATION", set_timeout, "wait no longer than this: exit 124"),
    {0},
};

const struct cli_option wait_limit_options[] = {
    OPTION_FLAG(0, "try", struct wait_limit, try, "do not wait: exit 124 instead"),
    {.include = timeout_options},
    {0},
};

int wait_limit_check(const struct wait_limit *limit)
{
    return limit->try && limit->timed ? report_usage("--try", "mutually exclusive with --timeout")
                                      : -1;
}

void wait_limit_start(struct wait_limit *limit)
{
    if (limit->timed)
        limit->deadline = deadline_in(&limit->timeout);
}
