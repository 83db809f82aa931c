/* SPDX-License-Identifier: MIT */
/*
 * op.c - semop-tool op: performs lists of operations, each one semop(2); around a COMMAND, performs
 * them, runs it and reverses them.
 */
#include "config.h"

#include "semop-tool/semop-tool.h"

#include "lib/cli/options.h"
#include "lib/cli/report.h"
#include "lib/run/child.h"
#include "lib/run/signals.h"
#include "lib/sem/semops.h"
#include "lib/sem/semset.h"
#include "semop-tool/operands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct op_options {
    bool nowait, undo, has_timeout, has_repeat;
    struct timespec timeout;
    uint64_t repeat;
    const char *set_text;
    struct operand set;
    char **ops_text;      /* each OPS as it was typed */
    struct semops *lists; /* and read */
    size_t count;
    char **command; /* NULL: none */
};

/* --- performing lists --- */

/*
 * The list that is being waited for, and the signal that came, for the handler. A signal may come
 * before semop(2) sleeps: then no EINTR follows, and the sleep would have no end. So the handler
 * also makes every operation IPC_NOWAIT. A call that begins after it does not sleep, one that
 * sleeps is interrupted, and the result of one that has succeeded says so.
 */
static struct semops *volatile waiting;
static volatile sig_atomic_t stopped_by;

static void stop(int signal_number)
{
    struct semops *const list = waiting;
    stopped_by = signal_number;
    for (size_t i = 0; list && i < list->count; i++)
        list->items[i].sem_flg |= IPC_NOWAIT;
}

static inline int perform(int id, const struct semops *list, const struct timespec *deadline)
{
    return semop_perform(id, list->items, list->count, deadline, &stopped_by);
}

/* Reports what was done before list INDEX, which failed. */
static int op_failed(const struct op_options *options, size_t index, uint64_t round)
{
    const int status = semop_refused(options->ops_text[index]);
    if (round)
        report_note("%" PRIu64 " of %" PRIu64 " rounds were completed before this one", round,
                    options->repeat);
    if (index)
        report_note("the %zu list%s before it %s performed", index, index == 1 ? "" : "s",
                    index == 1 ? "was" : "were");
    return status;
}

static int op_repeat(const struct op_options *options, int id, const struct timespec *deadline)
{
    for (uint64_t round = 0; round < options->repeat; round++) {
        for (size_t i = 0; i < options->count; i++)
            if (perform(id, &options->lists[i], deadline))
                return op_failed(options, i, round);
        if (round % 65536 == 65535)
            report_progress(round + 1, options->repeat, "rounds");
    }
    return EXIT_DONE;
}

/* --- around a command --- */

/* Performs the lists in turn. Returns how many; fewer than all if one was refused, or if a signal
 * came. */
static size_t acquire(const struct op_options *options, int id, const struct timespec *deadline)
{
    size_t acquired = 0;
    while (acquired < options->count) {
        waiting = &options->lists[acquired];
        if (stopped_by || perform(id, waiting, deadline))
            break;
        acquired++;
    }
    waiting = NULL;
    return acquired;
}

/* Reverses list INDEX. Once a signal has come, it does not wait to do so: the signal came before
 * WAITING was set, and is seen here, or later, and stop() sees the list. */
static int release_list(const struct op_options *options, int id, size_t index)
{
    const struct semops *list = &options->lists[index];
    const char *text = options->ops_text[index];
    struct semops inverse = {0};
    int status = EXIT_DONE;
    if (!semops_invert(list->items, list->count, &inverse))
        status = report_error(text, "reverse");
    waiting = &inverse;
    if (stopped_by)
        stop(stopped_by);
    if (inverse.count && perform(id, &inverse, NULL)) {
        report_refused(text);
        report_note("%s: was not reversed", text);
        status = EXIT_REFUSED;
    }
    waiting = NULL;
    semops_free(&inverse);
    return status;
}

/* Reverses the first ACQUIRED lists, the last one first. */
static int release(const struct op_options *options, int id, size_t acquired)
{
    int status = EXIT_DONE;
    while (acquired-- > 0)
        status = report_worse(status, release_list(options, id, acquired));
    return status;
}

static int run_command(char **command, const sigset_t *mask)
{
    install_handler(SIGNALS_STOP, SIG_DFL, 0);
    const int status = child_run(command, mask, CHILD_DIES_TOO);
    if (errno)
        report_error(command[0], status == CHILD_FAILED ? "fork" : "run");
    install_handler(SIGNALS_STOP, stop, 0);
    return status;
}

/*
 * Acquires, runs COMMAND, releases. stop() handles the signals during each wait, and they are
 * blocked from when everything is acquired until child_run() passes them on: so at no moment does
 * one end this program with the semaphores acquired. Nothing blocks SIGKILL: after that only the
 * kernel releases, by SEM_UNDO.
 */
static int op_command(const struct op_options *options, int id, const struct timespec *deadline)
{
    sigset_t before;
    char text[16];
    int status = EXIT_DONE;

    snprintf(text, sizeof text, "%d", id);
    setenv("IPCLAB_SET", text, 1);
    install_handler(SIGNALS_STOP, stop, 0);
    const size_t acquired = acquire(options, id, deadline);
    block_signals(SIGNALS_STOP, &before);
    if (!stopped_by && acquired == options->count)
        status = run_command(options->command, &before);
    else if (!stopped_by)
        status = semop_refused(options->ops_text[acquired]) == EXIT_BLOCKED ? EXIT_BLOCKED
                                                                            : CHILD_FAILED;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (release(options, id, acquired))
        status = CHILD_FAILED;
    if (stopped_by)
        die_by_signal(stopped_by);
    return status;
}

/* Checks every bound that the kernel would check in between, before the first list. */
static int check_lists(const struct op_options *options, const struct semset_info *info)
{
    for (size_t i = 0; i < options->count; i++) {
        const struct semops *list = &options->lists[i];
        const char *rule = semop_too_many(list->count);
        for (size_t k = 0; k < list->count; k++)
            if (list->items[k].sem_num >= info->nsems)
                rule = semop_no_semaphore(info->nsems);
        if (rule)
            return report_usage(options->ops_text[i], rule);
    }
    return -1;
}

static int op_do(const struct op_options *options)
{
    struct semset_info info;
    struct timespec deadline;
    int id, status;
    if (semset_open(&options->set, &id) || semset_stat(id, &info)) {
        report_refused(options->set_text);
        return options->command ? CHILD_FAILED : EXIT_REFUSED;
    }
    if ((status = check_lists(options, &info)) >= 0)
        return status;
    if (options->has_timeout)
        deadline = deadline_in(&options->timeout);
    const struct timespec *until = options->has_timeout ? &deadline : NULL;
    if (options->command)
        return op_command(options, id, until);
    if (options->undo)
        report_note("--undo without -- COMMAND: the kernel undoes everything as soon as this "
                    "program ends, which is now");
    return op_repeat(options, id, until);
}

/* --- the command line --- */

OPTION_SETTER(struct op_options, set_timeout)
{
    options->has_timeout = true;
    return operand_duration(argument, &options->timeout);
}

OPTION_SETTER(struct op_options, set_repeat)
{
    options->has_repeat = true;
    return operand_number(argument, 1, INT64_MAX, "invalid count: use 1 to 9223372036854775807",
                          &options->repeat);
}

static const struct cli_option op_table[] = {
    OPTION_FLAG('n', "nowait", struct op_options, nowait, "never wait: exit 124 instead"),
    OPTION_FLAG('u', "undo", struct op_options, undo,
                "have the kernel undo all operations when this program ends, even by SIGKILL"),
    OPTION('t', "timeout", "=DURATION", set_timeout,
           "wait no longer than this for all lists together: exit 124"),
    OPTION(0, "repeat", "=N", set_repeat, "perform all lists N times"),
    OPTION_STANDARD,
    {0},
};

static const struct usage op_usage = {
    .name = "semop-tool op",
    .operands = "SET OPS... [-- COMMAND [ARG...]]",
    .summary = "Perform each OPS, one atomic semop(2): its operations, separated by commas, all or "
               "none. SEM-N decrements (waits until the value is at least N), SEM+N increments, "
               "SEM=0 waits for zero; a u at the end is SEM_UNDO, an n IPC_NOWAIT; SEM may be "
               "FIRST..LAST.",
    .options = op_table,
    .command_help = "run it, and reverse the lists, the last one first, when it ends; IPCLAB_SET "
                    "is the set's id",
    .example = "semop-tool op -u 5 0-1,1-1 -- cp report.tmp report",
};

static int parse_lists(struct op_options *options, char *texts[], int count)
{
    const int flags = (options->nowait ? IPC_NOWAIT : 0) | (options->undo ? SEM_UNDO : 0);
    options->ops_text = texts;
    options->lists = calloc((size_t)count + 1, sizeof *options->lists);
    if (!options->lists)
        return report_error("OPS", "read");
    for (int i = 0; i < count; i++) {
        struct semops *list = &options->lists[options->count++];
        const char *rule = semops_parse(texts[i], strlen(texts[i]), list);
        if (rule)
            return report_usage(texts[i], rule);
        for (size_t k = 0; k < list->count; k++)
            list->items[k].sem_flg = (short)(list->items[k].sem_flg | flags);
    }
    return -1;
}

static int op_parse(int argc, char *argv[], struct op_options *options)
{
    struct operands operands;
    const int status = options_parse(&op_usage, argc, argv, options, &operands);
    if (status >= 0)
        return status;
    options->command = operands.command;
    if (options->command && options->has_repeat)
        return report_usage("--repeat", "not valid with -- COMMAND");
    options->set_text = operands.items[0];
    const char *rule = set_operand_parse(options->set_text, &options->set);
    if (rule)
        return report_usage(options->set_text, rule);
    return parse_lists(options, operands.items + 1, operands.count - 1);
}

int semop_op(int argc, char *argv[])
{
    struct op_options options = {.repeat = 1};
    int status = op_parse(argc, argv, &options);
    if (status < 0)
        status = op_do(&options);
    for (size_t i = 0; i < options.count; i++)
        semops_free(&options.lists[i]);
    free(options.lists);
    return status;
}
