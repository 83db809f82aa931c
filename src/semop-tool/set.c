/* SPDX-License-Identifier: MIT */
/*
 * set.c - semop-tool set: sets the values of semaphores, and the owner and mode of a set.
 */
#include "config.h"

#include "semop-tool/semop-tool.h"

#include "lib/base/names.h"
#include "lib/cli/options.h"
#include "lib/cli/report.h"
#include "lib/sem/semops.h"
#include "lib/sem/semset.h"
#include "semop-tool/operands.h"

#include <stdlib.h>
#include <string.h>

/* SEM=VALUE */
struct setting {
    int sem, value;
    const char *text;
};

struct set_options {
    struct operand_change change;
    unsigned short *all; /* of --all, ALL_COUNT; NULL: not given */
    size_t all_count;
    struct setting *settings;
    size_t setting_count;
};

OPTION_SETTER(struct set_options, set_all)
{
    free(options->all);
    return semop_parse_values(argument, &options->all, &options->all_count);
}

OPTION_SETTER(struct set_options, set_mode)
{
    options->change.has_mode = true;
    return operand_mode(argument, &options->change.mode);
}

OPTION_SETTER(struct set_options, set_owner)
{
    return names_parse_owner(argument, &options->change.uid, &options->change.gid);
}

static const struct cli_option set_table[] = {
    OPTION(0, "all", "=VALUE,...", set_all, "set the values of all semaphores at once (SETALL)"),
    OPTION('m', "mode", "=MODE", set_mode, "set the permissions, octal"),
    OPTION('u', "owner", "=OWNER[:GROUP]", set_owner, "set owner and group, names or numbers"),
    OPTION_STANDARD,
    {0},
};

static const struct usage set_usage = {
    .name = "semop-tool set",
    .operands = "SET [SEM=VALUE...]",
    .summary = "Set values of semaphores (SETVAL, SETALL), or the owner and mode (IPC_SET).",
    .options = set_table,
    .notes = "Setting a value is not an operation: it wakes waiters, but it also clears what the "
             "kernel would undo for that semaphore when a process ends (SEM_UNDO).",
    .example = "semop-tool set 5 0=1 2=0",
};

static const char *parse_setting(const char *text, struct setting *out)
{
    static const char rule[] = "a setting is SEM=VALUE, VALUE from 0 to 32767 (SEMVMX)";
    char sem[8] = "";
    uint64_t number, value;
    const char *equals = strchr(text, '=');
    if (!equals || (size_t)(equals - text) >= sizeof sem)
        return rule;
    memcpy(sem, text, (size_t)(equals - text));
    if (operand_number(sem, 0, 65535, rule, &number) ||
        operand_number(equals + 1, 0, SEMOPS_VALUE_MAX, rule, &value))
        return rule;
    *out = (struct setting){(int)number, (int)value, text};
    return NULL;
}

static int parse_settings(char *texts[], int count, struct set_options *options)
{
    options->settings = calloc((size_t)count + 1, sizeof *options->settings);
    if (!options->settings)
        return report_error("SEM=VALUE", "read");
    for (int i = 0; i < count; i++) {
        const char *rule = parse_setting(texts[i], &options->settings[options->setting_count++]);
        if (rule)
            return report_usage(texts[i], rule);
    }
    return -1;
}

static bool has_change(const struct operand_change *change)
{
    return change->has_mode || change->uid != (uid_t)-1 || change->gid != (gid_t)-1;
}

static int parse(int argc, char *argv[], struct set_options *options, const char **text,
                 struct operand *set)
{
    struct operands operands;
    int status = options_parse(&set_usage, argc, argv, options, &operands);
    if (status >= 0)
        return status;
    *text = operands.items[0];
    const char *rule = set_operand_parse(*text, set);
    if (rule)
        return report_usage(*text, rule);
    if ((status = parse_settings(operands.items + 1, operands.count - 1, options)) >= 0)
        return status;
    if (!options->setting_count && !options->all && !has_change(&options->change))
        return report_usage("set", "nothing to set: use SEM=VALUE, --all, --mode or --owner");
    return -1;
}

/* Checks all numbers against the set before it sets the first value. */
static int check(const struct set_options *options, const struct semset_info *info)
{
    if (options->all && options->all_count != info->nsems)
        return report_usage(
            "--all", "needs as many values as the set has semaphores; see semop-tool show SET");
    for (size_t i = 0; i < options->setting_count; i++)
        if ((size_t)options->settings[i].sem >= info->nsems)
            return report_usage(options->settings[i].text, semop_no_semaphore(info->nsems));
    return -1;
}

static int set(const struct set_options *options, const struct operand *name, const char *text)
{
    struct semset_info info;
    int id, status;
    if (semset_open(name, &id) || semset_stat(id, &info))
        return report_refused(text);
    if ((status = check(options, &info)) >= 0)
        return status;
    if (has_change(&options->change) && semset_change(id, &options->change))
        return report_refused(text);
    if (options->all && semset_set_values(id, info.nsems, options->all))
        return report_refused(text);
    for (size_t i = 0; i < options->setting_count; i++)
        if (semset_set_value(id, options->settings[i].sem, options->settings[i].value))
            return report_refused(text);
    return EXIT_DONE;
}

int semop_set(int argc, char *argv[])
{
    struct set_options options = {.change = {.uid = (uid_t)-1, .gid = (gid_t)-1}};
    struct operand name;
    const char *text;
    int status = parse(argc, argv, &options, &text, &name);
    if (status < 0)
        status = set(&options, &name, text);
    free(options.all);
    free(options.settings);
    return status;
}
