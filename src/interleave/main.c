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

#include "interleave/command.h"
#include "interleave/compile.h"
#include "interleave/search/saved.h"
#include "interleave/show/show.h"
#include "interleave/show/stepper.h"
#include "interleave/world/world.h"

#include "lib/base/operand.h"
#include "lib/cli/options.h"
#include "lib/cli/report.h"
#include "lib/trace/keys.h"

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

static void save(const struct options *options, const struct found *found)
{
    if (options->save && saved_write(options->save, options->words, options->word_count,
                                     &found->schedule, show_trace()))
        report_error(options->save, "write");
}

/* PRINTS the schedule and, if it was not read from there, writes it to the file for it. */
static int tell_failure(struct run *run, const struct options *options, const struct found *found)
{
    if (!show_schedule(run, &found->schedule, &found->outcome, &options->showing))
        report_note("run again, the schedule ends otherwise: %s", run->outcome.reason);
    save(options, found);
    printf("refuted: schedule %" PRIu64 ", %u switch%s\n", found->runs, found->switches,
           found->switches == 1 ? "" : "es");
    return EXIT_REFUSED;
}

/* No schedule has reached one of the claims of --possible: that is known only if all were run.
 * PRINTS which, unless QUIET. */
static int tell_unreached(const struct run *run, const struct found *found, bool quiet)
{
    int status = EXIT_DONE;
    for (size_t i = 0; i < run->plan->possible_count; i++) {
        if (run->reached[i])
            continue;
        if (!found->all && status == EXIT_DONE)
            status = EXIT_LIMIT;
        else if (found->all)
            status = EXIT_REFUSED;
        if (!quiet)
            printf("possible %s: %s\n", run->plan->possible[i].text,
                   found->all ? "no schedule comes to it" : "no schedule has come to it so far");
    }
    return status;
}

static int tell_json(struct run *run, const struct options *options, const struct found *found)
{
    int status = EXIT_REFUSED;
    const char *verdict = found->outcome.verdict == RUN_REFUSED ? "refused" : "refuted";
    if (found->outcome.verdict < RUN_FAILED) {
        status = tell_unreached(run, found, true);
        if (!found->all)
            status = EXIT_LIMIT;
        verdict = status == EXIT_DONE ? "holds" : status == EXIT_LIMIT ? "open" : "refuted";
    }
    if (!show_json(run, found, verdict, &options->showing))
        report_note("run again, the schedule ends otherwise: %s", run->outcome.reason);
    if (found->outcome.verdict == RUN_FAILED)
        save(options, found);
    return status;
}

static int tell(struct run *run, const struct options *options, const struct found *found)
{
    if (options->showing.json)
        return tell_json(run, options, found);
    if (found->outcome.verdict == RUN_REFUSED) {
        report_note("%s", found->outcome.reason);
        return EXIT_REFUSED;
    }
    if (found->outcome.verdict == RUN_FAILED)
        return tell_failure(run, options, found);
    if (found->race[0])
        printf("note: %s; nothing orders them (--races makes it an error)\n", found->race);
    const int status = tell_unreached(run, found, false);
    if (found->all) {
        printf("%s: all schedules (%" PRIu64 ")\n", status ? "refuted" : "holds", found->runs);
        return status;
    }
    printf("no failure in %" PRIu64 " schedules, ", found->runs);
    if (found->is_bounded)
        printf("which are all of at most %u switch%s", found->switches,
               found->switches == 1 ? "" : "es");
    else
        fputs("which are not all without a switch", stdout);
    printf(" (limit: %s)\n", found->limit);
    return EXIT_LIMIT;
}

/* Namespaces, the CPU, the board. Returns -1 to go on, else an exit status. */
static int open_run(struct run *run, const struct options *options)
{
    const char *folder, *action;
    if (options->step)
        keys_remember();
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

static int step(const struct options *options, const struct schedule *schedule)
{
    return stepper(&run, &(struct stepping){.limits = &options->limits,
                                            .schedule = schedule,
                                            .predict = options->predict,
                                            .words = options->words,
                                            .word_count = options->word_count});
}

static int explore(const struct options *options)
{
    const int status = open_run(&run, options);
    if (status >= 0)
        return status;
    if (options->step)
        return step(options, NULL);
    search(&run, &options->limits, &found);
    return tell(&run, options, &found);
}

/* Of the command line that found the schedule, how it was shown does not count. */
static int parse_saved(const struct saved *saved, struct options *options)
{
    const struct options how = *options;
    char **argv = calloc((size_t)saved->count + 2, sizeof *argv);
    if (!argv)
        return report_error("interleave", "allocate");
    argv[0] = (char *)(uintptr_t) "interleave";
    memcpy(argv + 1, saved->words, (size_t)saved->count * sizeof *argv);
    const int status = command_parse(saved->count + 1, argv, options);
    options->showing = how.showing;
    options->step = how.step;
    options->predict = how.predict;
    return status;
}

/* The schedule of a file again, with the programs as they are now. */
static int replay_saved(int argc, char *argv[], struct options *options)
{
    static struct saved saved;
    const char *file;
    int status = command_parse_replay(argc, argv, options, &file);
    if (status >= 0)
        return status;
    const char *rule = saved_read(file, &saved, &found.schedule);
    if (rule)
        return report_usage(file, rule);
    options->showing.told = saved.told;
    options->showing.told_count = saved.told_count;
    status = parse_saved(&saved, options);
    if (status < 0)
        status = open_run(&run, options);
    if (status >= 0)
        return status;
    if (options->step)
        return step(options, &found.schedule);
    found.outcome.verdict = RUN_FAILED;
    if (options->showing.json
            ? show_json(&run, &found, "refuted", &options->showing)
            : show_schedule(&run, &found.schedule, &found.outcome, &options->showing))
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
    if (argc > 1 && !strcmp(argv[1], "replay"))
        return report_finish(replay_saved(argc - 1, argv + 1, &options));
    const int status = command_parse(argc, argv, &options);
    return report_finish(status < 0 ? explore(&options) : status);
}
