/* SPDX-License-Identifier: MIT */
/*
 * command.c - see command.h.
 */
#include "config.h"

#include "interleave/command.h"

#include "interleave/world/claims.h"

#include "lib/base/operand.h"
#include "lib/cli/options.h"
#include "lib/cli/report.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

OPTION_SETTER(struct options, set_always)
{
    return claim_add(argument, options->plan.always, &options->plan.always_count);
}

OPTION_SETTER(struct options, set_finally)
{
    return claim_add(argument, options->plan.finally, &options->plan.finally_count);
}

OPTION_SETTER(struct options, set_time)
{
    return operand_duration(argument, &options->limits.time);
}

OPTION_SETTER(struct options, set_runs)
{
    return operand_number(argument, 1, UINT64_MAX, "invalid number of runs", &options->limits.runs);
}

OPTION_SETTER(struct options, set_switches)
{
    uint64_t number;
    const char *rule = operand_number(argument, 0, 1000, "use 0 to 1000 switches", &number);
    options->limits.switches = (unsigned)number;
    return rule;
}

OPTION_SETTER(struct options, set_crash)
{
    uint64_t number = 1;
    const char *rule =
        argument ? operand_number(argument, 1, BOARD_TASKS, "use 1 to 16 processes", &number)
                 : NULL;
    options->plan.kills = (unsigned)number;
    return rule;
}

OPTION_SETTER(struct options, set_exit)
{
    uint64_t program, status;
    char *colon = strchr(argument, ':');
    if (!colon)
        return "use PROGRAM:STATUS, as in 2:1";
    char number[8];
    snprintf(number, sizeof number, "%.*s", (int)(colon - argument < 7 ? colon - argument : 7),
             argument);
    const char *rule =
        operand_number(number, 1, BOARD_TASKS, "the number of a program is 1 to 16", &program);
    if (!rule)
        rule = operand_number(colon + 1, 0, 255, "an exit status is 0 to 255", &status);
    if (!rule)
        options->plan.expected[program - 1] = (int)status;
    return rule;
}

OPTION_SETTER(struct options, set_possible)
{
    return claim_add(argument, options->plan.possible, &options->plan.possible_count);
}

OPTION_SETTER(struct options, set_steps)
{
    uint64_t number;
    const char *rule = operand_number(argument, 1, MOST_STEPS - 1, "use 1 to 19999 steps", &number);
    options->plan.steps = (size_t)number;
    return rule;
}

/* "TERM", "SIGTERM" or "15". */
OPTION_SETTER(struct options, set_signal)
{
    uint64_t number;
    const char *name = strncmp(argument, "SIG", 3) ? argument : argument + 3;
    for (int i = 1; i < SIGRTMIN; i++)
        if (sigabbrev_np(i) && !strcmp(sigabbrev_np(i), name))
            options->plan.signal = i;
    if (options->plan.signal)
        return NULL;
    const char *rule = operand_number(argument, 1, (uint64_t)SIGRTMAX,
                                      "name a signal, as TERM, or give its number", &number);
    options->plan.signal = (int)number;
    return rule;
}

/* "FILE", or "2:FILE" for program 2 alone. */
OPTION_SETTER(struct options, set_input)
{
    if (!isdigit((unsigned char)argument[0]) || !strchr(argument, ':')) {
        for (unsigned i = 0; i < BOARD_TASKS; i++)
            options->plan.inputs[i] = argument;
        return NULL;
    }
    const unsigned long program = strtoul(argument, NULL, 10);
    if (program < 1 || program > BOARD_TASKS)
        return "the number of a program is 1 to 16";
    options->plan.inputs[program - 1] = strchr(argument, ':') + 1;
    return NULL;
}

static const struct cli_option showing_options[] = {
    OPTION_FLAG('J', "json", struct showing, json, "print the result as JSON"),
    OPTION_TEXT(0, "svg", "=FILE", struct showing, svg,
                "draw the schedule that fails as a sequence diagram"),
    {0},
};

static const struct cli_option replay_table[] = {
    OPTION_INCLUDE(showing_options, struct options, showing),
    OPTION_FLAG(0, "step", struct options, step, "you choose each step; h prints the commands"),
    OPTION_FLAG(0, "predict", struct options, predict, "the same, and it asks what comes next"),
    OPTION_STANDARD,
    {0},
};

static const struct usage replay_usage = {
    .name = "interleave replay",
    .operands = "FILE",
    .summary = "Run a schedule again that interleave --save has written.",
    .options = replay_table,
    .example = "interleave replay --step lost-update",
};

static const struct cli_option option_table[] = {
    OPTION('a', "always", "=CLAIM", set_always,
           "holds after each step: \"0x4d2 u32@0 <= 3\", \"5 sem@1 < 2\""),
    OPTION('f', "finally", "=CLAIM", set_finally, "holds when all programs have ended"),
    OPTION('p', "possible", "=CLAIM", set_possible, "holds at some step of some schedule"),
    OPTION_TEXT(0, "before", "=COMMAND", struct options, plan.before,
                "sh(1) runs this once; each run begins with its objects"),
    OPTION_TEXT(0, "after", "=COMMAND", struct options, plan.after,
                "and this after each run; it must exit with 0"),
    OPTION('i', "input", "=[PROGRAM:]FILE", set_input, "standard input of PROGRAM, or of all"),
    OPTION('x', "exit", "=PROGRAM:STATUS", set_exit, "PROGRAM, by its number, exits with STATUS"),
    OPTION_FLAG('r', "races", struct options, plan.races, "a race is an error"),
    OPTION_FLAG('c', "clean", struct options, plan.clean, "objects that are left are an error"),
    OPTION(0, "crash", "[=N]", set_crash, "SIGKILL comes to a process, or to N, at any step"),
    OPTION(0, "signal", "=NAME", set_signal, "a signal comes to a process at any step"),
    OPTION_FLAG(0, "eintr", struct options, plan.eintr, "a wait ends with EINTR"),
    OPTION_FLAG(0, "fail", struct options, plan.fail, "a call fails, with ENOMEM, say"),
    OPTION_FLAG(0, "spurious", struct options, plan.spurious,
                "pthread_cond_wait(3) returns without a signal"),
    OPTION_TEXT('o', "save", "=FILE", struct options, save,
                "write the schedule that fails to FILE, for replay"),
    OPTION_INCLUDE(showing_options, struct options, showing),
    OPTION_FLAG(0, "step", struct options, step, "you choose each step; h prints the commands"),
    OPTION_FLAG(0, "predict", struct options, predict, "the same, and it asks what comes next"),
    OPTION_FLAG(0, "outcomes", struct options, plan.outcomes,
                "print each end that is reached, and judge none"),
    OPTION('s', "switches", "=N", set_switches, "only schedules with at most N switches"),
    OPTION('t', "time", "=DURATION", set_time, "search no longer than this CPU time (10s)"),
    OPTION('n', "runs", "=N", set_runs, "run no more than N schedules"),
    OPTION(0, "steps", "=N", set_steps, "a run has no more than N steps (2000)"),
    OPTION_FLAG(0, "no-reduction", struct options, limits.no_reduction,
                "run what is known to end alike, too"),
    OPTION_STANDARD,
    {0},
};

static const struct usage usage = {
    .name = "interleave",
    .operands = "PROGRAM...",
    .summary = "Run programs that share memory in every order that matters. A word ::: separates "
               "programs. \"interleave cc\" compiles as gcc does, so that loads and stores of "
               "shared memory are steps; \"interleave replay FILE\" runs a schedule again.",
    .options = option_table,
    .example = "interleave ./add ::: ./add",
    .options_first = true,
};

/* Splits ARGV at ":::". */
static int split(struct plan *plan, char *words[], int count)
{
    for (int i = 0, first = 0; i <= count; i++) {
        if (i < count && strcmp(words[i], ":::") != 0)
            continue;
        if (i == first)
            return report_usage(":::", "there is no program beside it");
        if (plan->count == BOARD_TASKS)
            return report_usage(words[first], "more than 16 programs");
        words[i] = NULL;
        plan->programs[plan->count++] = &words[first];
        first = i + 1;
    }
    return -1;
}

int command_parse(int argc, char *argv[], struct options *options)
{
    struct operands operands;
    options->word_count = argc - 1;
    options->words = calloc((size_t)argc, sizeof *argv);
    if (!options->words)
        return report_error("interleave", "allocate");
    memcpy(options->words, argv + 1, (size_t)argc * sizeof *argv); /* split() changes ARGV */
    const int status = options_parse(&usage, argc, argv, options, &operands);
    options->step |= options->predict;
    return status < 0 ? split(&options->plan, operands.items, operands.count) : status;
}

int command_parse_replay(int argc, char *argv[], struct options *options, const char **file)
{
    struct operands operands;
    const int status = options_parse(&replay_usage, argc, argv, options, &operands);
    if (status < 0)
        *file = operands.items[0];
    options->step |= options->predict;
    return status;
}
