/* SPDX-License-Identifier: MIT */
/*
 * interleave - run programs that share memory in every order that matters.
 *
 *   $ interleave cc -g -o add add.c
 *   $ interleave ./add ::: ./add
 *
 * Exit status: 0 it holds, as far as the last line says; 1 refuted, or the system refused; 2 the
 * command line is wrong; 3 a limit was reached before anything was found.
 */
#include "config.h"

#include "interleave/claims.h"
#include "interleave/compile.h"
#include "interleave/saved.h"
#include "interleave/search.h"
#include "interleave/show.h"
#include "interleave/world.h"

#include "lib/base/operand.h"
#include "lib/cli/options.h"
#include "lib/cli/report.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

enum { EXIT_LIMIT = 3 };

struct options {
    struct plan plan;
    struct limits limits;
    const char *save;
    int word_count; /* of the command line, for SAVE */
    char **words;
};

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

static const struct cli_option option_table[] = {
    OPTION('a', "always", "=CLAIM", set_always,
           "holds after each step: \"0x4d2 u32@0 <= 3\" of a segment, \"5 sem@1 < 2\" of a set"),
    OPTION('f', "finally", "=CLAIM", set_finally, "holds when all programs have ended"),
    OPTION_TEXT(0, "before", "=COMMAND", struct options, plan.before,
                "sh(1) runs this at the beginning of each run"),
    OPTION_TEXT(0, "after", "=COMMAND", struct options, plan.after,
                "and this at its end; it must exit with 0"),
    OPTION_FLAG('r', "races", struct options, plan.races,
                "two accesses of which one stores, and that nothing orders, are an error"),
    OPTION_FLAG('c', "clean", struct options, plan.clean, "objects that are left are an error"),
    OPTION('x', "exit", "=PROGRAM:STATUS", set_exit, "PROGRAM, by its number, exits with STATUS"),
    OPTION(0, "crash", "[=N]", set_crash, "SIGKILL comes to a process, or to N, at any step"),
    OPTION_FLAG(0, "spurious", struct options, plan.spurious,
                "pthread_cond_wait(3) may return without a signal, once in a run"),
    OPTION_TEXT('o', "save", "=FILE", struct options, save,
                "write the schedule that fails to FILE, for interleave replay"),
    OPTION('s', "switches", "=N", set_switches, "only schedules with at most N switches"),
    OPTION('t', "time", "=DURATION", set_time, "search no longer than this (10s)"),
    OPTION('n', "runs", "=N", set_runs, "run no more than N schedules"),
    OPTION_FLAG(0, "no-reduction", struct options, limits.no_reduction,
                "run also what comes to a known state"),
    OPTION_STANDARD,
    {0},
};

static const struct usage usage = {
    .name = "interleave",
    .operands = "PROGRAM...",
    .summary = "Run programs that share memory in every order that matters. Separate the programs "
               "by a word :::. interleave cc compiles a program so that its loads and stores of "
               "shared memory are steps, too.",
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

/* The library beside this program's build, else the installed one. */
static const char *library(void)
{
    static char path[PATH_MAX + 64];
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
    while (length > 0 && path[length - 1] != '/')
        length--;
    strcpy(path + (length > 0 ? length : 0), "../src/interleave/runtime/libinterleave.so");
    char *resolved = realpath(path, NULL);
    if (resolved)
        return resolved; /* for as long as the program runs */
    return RUNTIME_FOLDER "/libinterleave.so";
}

static void on_child(int number)
{
    (void)number;
}

/* Everything on one CPU, so that a step costs two switches of context and no wake-up of another
 * CPU; addresses that are the same in every run; a child's end interrupts the wait for it. */
static void prepare(void)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
    personality(ADDR_NO_RANDOMIZE);
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = on_child}, NULL);
}

/* PRINTS the schedule and, if it was not read from there, writes it to the file for it. */
static int tell_failure(struct run *run, const struct options *options, const struct found *found)
{
    if (options->save &&
        saved_write(options->save, options->words, options->word_count, &found->schedule))
        report_error(options->save, "write");
    if (!show_schedule(run, &found->schedule, &found->outcome, stdout))
        report_note("run again, the schedule ends otherwise: %s", run->outcome.reason);
    printf("refuted: schedule %" PRIu64 ", %u switch%s\n", found->runs, found->switches,
           found->switches == 1 ? "" : "es");
    return EXIT_REFUSED;
}

static int tell(struct run *run, const struct options *options, const struct found *found)
{
    if (found->outcome.verdict == RUN_REFUSED) {
        report_note("%s", found->outcome.reason);
        return EXIT_REFUSED;
    }
    if (found->outcome.verdict == RUN_FAILED)
        return tell_failure(run, options, found);
    if (found->race[0])
        printf("note: %s; nothing orders them (--races makes it an error)\n", found->race);
    if (found->all) {
        printf("holds: all schedules (%" PRIu64 ")\n", found->runs);
        return EXIT_DONE;
    }
    printf("no failure in %" PRIu64 " schedules of at most %u switch%s (limit: %s)\n", found->runs,
           found->switches, found->switches == 1 ? "" : "es", found->limit);
    return EXIT_LIMIT;
}

/* Namespaces, the CPU, the board. Returns -1 to go on, else an exit status. */
static int open_run(struct run *run, const struct options *options)
{
    const char *folder, *action;
    if (world_enter(&folder, &action)) {
        report_error("interleave", action);
        report_note("hint: it needs namespaces of its own: ipclab doctor says what helps");
        return EXIT_REFUSED;
    }
    prepare();
    setenv("INTERLEAVE_OUTPUT", folder, 1);
    return run_open(run, &options->plan, folder, library())
               ? report_error("interleave", "memfd_create")
               : -1;
}

static struct run run;
static struct found found;

static int explore(const struct options *options)
{
    const int status = open_run(&run, options);
    if (status >= 0)
        return status;
    search(&run, &options->limits, &found);
    return tell(&run, options, &found);
}

static int parse(int argc, char *argv[], struct options *options)
{
    struct operands operands;
    options->word_count = argc - 1;
    options->words = calloc((size_t)argc, sizeof *argv);
    if (!options->words)
        return report_error("interleave", "allocate");
    memcpy(options->words, argv + 1, (size_t)argc * sizeof *argv); /* split() changes ARGV */
    const int status = options_parse(&usage, argc, argv, options, &operands);
    return status < 0 ? split(&options->plan, operands.items, operands.count) : status;
}

/* The schedule of the file FILE again, with the programs as they are now. */
static int replay_saved(const char *file, struct options *options)
{
    char **words;
    int count;
    const char *rule = saved_read(file, &words, &count, &found.schedule);
    if (rule)
        return report_usage(file, rule);
    char **argv = calloc((size_t)count + 2, sizeof *argv);
    if (!argv)
        return report_error(file, "read");
    argv[0] = (char *)(uintptr_t) "interleave";
    memcpy(argv + 1, words, (size_t)count * sizeof *words);
    int status = parse(count + 1, argv, options);
    if (status < 0)
        status = open_run(&run, options);
    if (status >= 0)
        return status;
    found.outcome.verdict = RUN_FAILED;
    if (show_schedule(&run, &found.schedule, &found.outcome, stdout))
        return EXIT_REFUSED;
    report_note("%s: it ends otherwise now: %s", file,
                run.outcome.reason[0] ? run.outcome.reason : "nothing fails");
    return EXIT_DONE;
}

int main(int argc, char *argv[])
{
    static struct options options = {
        .plan.steps = 2000, .limits = {.switches = UINT_MAX, .runs = UINT64_MAX, .time = {10, 0}}};
    report_start("interleave");
    if (argc > 1 && !strcmp(argv[1], "cc"))
        return compile(argc - 1, argv + 1, library());
    if (argc == 3 && !strcmp(argv[1], "replay"))
        return report_finish(replay_saved(argv[2], &options));
    const int status = parse(argc, argv, &options);
    return report_finish(status < 0 ? explore(&options) : status);
}
