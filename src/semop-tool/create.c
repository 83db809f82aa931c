/* SPDX-License-Identifier: MIT */
/*
 * create.c - semop-tool create: creates a set that no process sees half made, or opens one.
 */
#include "config.h"

#include "semop-tool/semop-tool.h"

#include "lib/cli/options.h"
#include "lib/cli/report.h"
#include "lib/run/guard.h"
#include "lib/sem/semset.h"
#include "semop-tool/operands.h"

#include <stdio.h>
#include <stdlib.h>

struct create_options {
    struct semset_request request;
    struct operand key;
    const char *key_text;
    bool has_mode;
    unsigned short *values;
    size_t value_count;
};

OPTION_SETTER(struct create_options, set_key)
{
    options->key_text = argument;
    return operand_key(argument, &options->key);
}

OPTION_SETTER(struct create_options, set_mode)
{
    options->has_mode = true;
    return operand_mode(argument, &options->request.mode);
}

OPTION_SETTER(struct create_options, set_init)
{
    free(options->values);
    return semop_parse_values(argument, &options->values, &options->value_count);
}

OPTION_SETTER(struct create_options, set_timeout)
{
    return operand_duration(argument, &options->request.timeout);
}

static const struct cli_option create_table[] = {
    OPTION('k', "key", "=KEY", set_key,
           "use this key: 0x4d2, 1234 or ftok:PATH[:PROJ]; default: IPC_PRIVATE, no key"),
    OPTION_FLAG('x', "exclusive", struct create_options, request.exclusive,
                "fail if the key already names a set (IPC_EXCL)"),
    OPTION_FLAG('o', "open", struct create_options, request.open,
                "never create: the set must exist"),
    OPTION('m', "mode", "=MODE", set_mode, "permissions, octal (default 0600; no umask)"),
    OPTION(0, "init", "=VALUE[,...]", set_init,
           "initial values: one for all, or one each (default 0)"),
    OPTION('t', "timeout", "=DURATION", set_timeout,
           "wait no longer than this (default 5s) for another process that is still creating the "
           "set: exit 124"),
    OPTION_STANDARD,
    {0},
};

static const struct usage create_usage = {
    .name = "semop-tool create",
    .operands = "NSEMS",
    .summary = "Create a set of NSEMS semaphores, or open the one that has the key, and print its "
               "id. No process sees a new set before it is initialised, and create opens a set "
               "only when it is.",
    .options = create_table,
    .example = "semop-tool create -k ftok:/etc/hostname --init 1,0,8 3",
};

/* Makes NSEMS values of what --init says: one for all, or one each; 0 by default. */
static int spread_values(struct create_options *options)
{
    const size_t nsems = (size_t)options->request.nsems;
    if (options->values && options->value_count != 1 && options->value_count != nsems)
        return report_usage("--init", "needs one value for all semaphores, or NSEMS values");
    unsigned short *all = calloc(nsems + 1, sizeof *all);
    if (!all)
        return report_error("--init", "read");
    for (size_t i = 0; i < nsems && options->values; i++)
        all[i] = options->values[options->value_count == 1 ? 0 : i];
    free(options->values);
    options->request.values = options->values = all;
    return -1;
}

static int check_open(const struct create_options *options)
{
    const struct semset_request *request = &options->request;
    if (!request->open)
        return -1;
    if (!request->name || (options->key.kind == OPERAND_KEY && options->key.key == 0))
        return report_usage("--open", "needs a key other than IPC_PRIVATE: -k 0x4d2");
    if (request->exclusive)
        return report_usage("--open", "mutually exclusive with --exclusive");
    return -1;
}

static int parse(int argc, char *argv[], struct create_options *options)
{
    struct semset_request *request = &options->request;
    struct operands operands;
    uint64_t nsems;
    int status = options_parse(&create_usage, argc, argv, options, &operands);
    if (status >= 0)
        return status;
    const char *text = operands.items[0];
    const char *rule =
        operand_number(text, 0, 65536, "invalid NSEMS: use 0 to 65536 semaphores", &nsems);
    if (rule)
        return report_usage(text, rule);
    request->nsems = (int)nsems;
    request->name = options->key_text ? &options->key : NULL;
    if (!options->has_mode && !request->open)
        request->mode = 0600;
    if ((status = check_open(options)) >= 0)
        return status;
    if (!options->key_text)
        options->key_text = text;
    return spread_values(options);
}

static int create(const struct create_options *options)
{
    int id = -1;
    bool created = false;
    if (semset_create(&options->request, &id, &created)) {
        if (errno != EAGAIN)
            return report_refused(options->key_text);
        report_about(
            options->key_text,
            "set %d exists, but its creator did not initialise it in time (sem_otime is 0)", id);
        return EXIT_BLOCKED;
    }
    if (!created && !options->request.open)
        report_about(options->key_text, "this key already names set %d, which was opened", id);
    printf("%d\n", id);
    const int status = report_finish(EXIT_DONE);
    /* The caller did not get the id, and could not remove the set. */
    if (status && created)
        semset_remove(id);
    guard_end();
    return status;
}

int semop_create(int argc, char *argv[])
{
    struct create_options options = {.request.timeout = {5, 0}};
    int status = parse(argc, argv, &options);
    if (status < 0)
        status = create(&options);
    free(options.values);
    return status;
}
