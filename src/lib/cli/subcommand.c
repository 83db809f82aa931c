/* SPDX-License-Identifier: MIT */
/*
 * subcommand.c - see subcommand.h.
 */
#include "config.h"

#include "lib/cli/subcommand.h"

#include "lib/cli/report.h"

#include <string.h>

const struct subcommand *subcommand_find(const struct usage *usage, const char *name)
{
    const struct subcommand *row = usage->subcommands;
    while (row->name && strcmp(row->name, name))
        row++;
    if (row->name)
        return row;
    report_usage(name, "no such subcommand; see --help");
    return NULL;
}

int subcommand_main(const struct usage *usage, int argc, char *argv[])
{
    struct operands operands;
    char nothing; /* the standard options store nothing */
    const int status = options_parse(usage, argc, argv, &nothing, &operands);
    if (status >= 0)
        return report_finish(status);
    if (!operands.count)
        return options_missing("SUBCOMMAND");
    const struct subcommand *found = subcommand_find(usage, operands.items[0]);
    return found ? report_finish(found->run(operands.count, operands.items)) : EXIT_USAGE;
}
