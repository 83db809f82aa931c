/*
 * semop-op.c - semop-tool op: lists of operations, each one semop(2); and around a COMMAND, take,
 * run, give back.
 */
#include "config.h"

#include "semop-tool/semop-tool.h"

#include "lib/calls/calls_sem.h"
#include "lib/run/child.h"
#include "lib/base/deadline.h"
#include "lib/cli/report.h"
#include "lib/sem/semops.h"
#include "lib/sem/semset.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>

static const char op_help[] =
    "Usage: semop-tool op [options] SET OPS... [-- COMMAND [ARG...]]\n"
    "Perform each OPS, one atomic semop(2): operations with commas between, all of\n"
    "them or none. SEM-N takes (waits until it is at least N), SEM+N gives, SEM=0\n"
    "waits for zero; u behind it is SEM_UNDO, n IPC_NOWAIT; SEM may be FIRST..LAST.\n"
    "\n"
    "  -n, --nowait            never wait: exit 124 instead\n"
    "  -u, --undo              the kernel gives back when this program ends, even by\n"
    "                          SIGKILL (for all operations)\n"
    "  -t, --timeout=DURATION  wait no longer in all: exit 124\n"
    "      --repeat=N          all of it N times\n"
    "  -- COMMAND              run it, and give back in reverse order when it ends;\n"
    "                          it gets IPCLAB_SET\n"
    "      --calls, --help\n"
    "\n"
    "Example: semop-tool op -u 5 0-1,1-1 -- cp report.tmp report\n";

struct op_options {
    bool nowait, undo, has_timeout, has_repeat;
    struct timespec timeout;
    uint64_t repeat;
    struct operand set;
    const char *set_text;
    char **ops_text;
    struct semops *lists;
    size_t count;
    char **command;
};

/* --- performing one list --- */

/*
 * The list that is being waited for, for the signal handler. A signal may come before semop(2) has
 * begun to sleep; then EINTR would not come, and it would sleep for ever. So the handler also makes
 * every operation IPC_NOWAIT: a call that begins after it does not sleep, one that sleeps is
 * interrupted, and one that has succeeded says so by its result.
 */
static struct semops *volatile waiting;
static volatile sig_atomic_t stopped_by;

/* What would end us with something taken: a person's or a script's word, and a reader of our
 * messages who is gone. */
static const int stoppers[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGPIPE,
                               SIGALRM, SIGTERM, SIGUSR1, SIGUSR2};

static void stop(int signal_number)
{
    struct semops *const list = waiting;
    stopped_by = signal_number;
    for (size_t i = 0; list && i < list->count; i++)
        list->items[i].sem_flg |= IPC_NOWAIT;
}

static void fill(sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < sizeof stoppers / sizeof *stoppers; i++)
        sigaddset(set, stoppers[i]);
}

/* HANDLER for the signals that end the program, without SA_RESTART; one that is ignored stays so.
 */
static void handle(void (*handler)(int))
{
    for (size_t i = 0; i < sizeof stoppers / sizeof *stoppers; i++) {
        struct sigaction before, action = {.sa_handler = handler};
        if (sigaction(stoppers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(stoppers[i], &action, NULL);
    }
}

/* One semop(2) or semtimedop(2). */
static inline int try(int id, struct sembuf *ops, size_t count, const struct timespec *deadline)
{
    if (!deadline)
        return calls_semop(id, ops, count);
    const struct timespec left = deadline_left(deadline);
    return calls_semtimedop(id, ops, count, &left);
}

/* The same, taken up again after a signal that does not end us (a stop and a continue are such). */
static inline int perform(int id, struct sembuf *ops, size_t count, const struct timespec *deadline)
{
    int result;
    do
        result = try(id, ops, count, deadline);
    while (result && errno == EINTR && !stopped_by);
    return result;
}

/* --- op --- */

enum { OPT_REPEAT = OPT_FIRST_FREE };

static const struct option op_long[] = {
    {"nowait", no_argument, NULL, 'n'},
    {"undo", no_argument, NULL, 'u'},
    {"timeout", required_argument, NULL, 't'},
    {"repeat", required_argument, NULL, OPT_REPEAT},
    REPORT_OPTIONS,
};

static int op_parse_options(int argc, char *argv[], struct op_options *options)
{
    int option, status;
    while ((option = getopt_long(argc, argv, ":nut:", op_long, NULL)) != -1) {
        const char *rule = NULL;
        switch (option) {
        case 'n': options->nowait = true; break;
        case 'u': options->undo = true; break;
        case 't':
            options->has_timeout = true;
            rule = operand_duration(optarg, &options->timeout);
            break;
        case OPT_REPEAT:
            options->has_repeat = true;
            rule = operand_number(optarg, 1, INT64_MAX,
                                  "how often is a number from 1 to 9223372036854775807",
                                  &options->repeat);
            break;
        default:
            if ((status = report_option(option, argv)) >= 0)
                return status;
        }
        if (rule)
            return report_usage(optarg, rule);
    }
    return -1;
}

static int op_parse_lists(struct op_options *options, char *argv[], int count)
{
    options->ops_text = argv;
    options->lists = calloc((size_t)count + 1, sizeof *options->lists);
    if (!options->lists)
        return report_error("OPS", "read");
    for (int i = 0; i < count; i++) {
        struct semops *list = &options->lists[options->count++];
        const char *rule = semops_parse(argv[i], strlen(argv[i]), list);
        if (rule)
            return report_usage(argv[i], rule);
        for (size_t k = 0; k < list->count; k++)
            list->items[k].sem_flg =
                (short)(list->items[k].sem_flg | (options->nowait ? IPC_NOWAIT : 0) |
                        (options->undo ? SEM_UNDO : 0));
    }
    return -1;
}

static int op_parse(int argc, char *argv[], struct op_options *options)
{
    char **operands;
    const char *rule;
    const int dashes = child_dashes(argc, argv);
    char *const separator = argv[dashes];
    argv[dashes] = NULL;
    int status = op_parse_options(dashes, argv, options);
    argv[dashes] = separator;
    if (status >= 0)
        return status;
    const int count = child_split(argc, argv, dashes, optind, &operands, &options->command);
    if (options->command && !options->command[0])
        return report_usage("--", "COMMAND is missing behind it");
    if (options->command && options->has_repeat)
        return report_usage("--repeat", "it does not go with -- COMMAND");
    if (count < 2)
        return report_usage(count ? "OPS" : "SET", "it is missing; see semop-tool op --help");
    options->set_text = operands[0];
    if ((rule = semop_parse_set(operands[0], &options->set)))
        return report_usage(operands[0], rule);
    return op_parse_lists(options, operands + 1, count - 1);
}

/* Every bound that the kernel would check in the middle is checked before the first list. */
static int check_lists(const struct op_options *options, const struct semset_info *info)
{
    for (size_t i = 0; i < options->count; i++) {
        const struct semops *list = &options->lists[i];
        for (size_t k = 0; k < list->count; k++)
            if (list->items[k].sem_num >= info->nsems)
                return report_usage(options->ops_text[i], semop_no_semaphore(info->nsems));
        const char *rule = semop_too_many(list->count);
        if (rule)
            return report_usage(options->ops_text[i], rule);
    }
    return -1;
}

/* Tells what was done before the list that failed. */
static int op_failed(const struct op_options *options, size_t at, uint64_t round)
{
    const int status = semop_refused(options->ops_text[at]);
    if (round)
        report_note("%" PRIu64 " of %" PRIu64 " rounds were completed before", round,
                    options->repeat);
    if (at)
        report_note("the %zu list%s before it %s done", at, at == 1 ? "" : "s",
                    at == 1 ? "was" : "were");
    return status;
}

static int op_repeat(const struct op_options *options, int id, const struct timespec *deadline)
{
    for (uint64_t round = 0; round < options->repeat; round++) {
        for (size_t i = 0; i < options->count; i++)
            if (perform(id, options->lists[i].items, options->lists[i].count, deadline))
                return op_failed(options, i, round);
        if (round % 65536 == 65535)
            report_progress(round + 1, options->repeat, "rounds");
    }
    return EXIT_DONE;
}

/* Takes the lists in turn. Returns how many were taken; fewer than all: errno says why. */
static size_t take(const struct op_options *options, int id, const struct timespec *deadline)
{
    size_t taken = 0;
    while (taken < options->count) {
        waiting = &options->lists[taken];
        if (stopped_by || perform(id, waiting->items, waiting->count, deadline))
            break;
        taken++;
    }
    waiting = NULL;
    return taken;
}

/*
 * Gives back the first TAKEN lists in reverse order. What was given may have to be waited for to be
 * taken again; once a signal has come, nothing is: it came before WAITING was set, and is seen
 * here, or after, and stop() sees the list.
 */
static int give_back(const struct op_options *options, int id, size_t taken)
{
    int status = EXIT_DONE;
    while (taken-- > 0) {
        struct semops inverse = {0};
        if (!semops_invert(options->lists[taken].items, options->lists[taken].count, &inverse))
            status = report_error(options->ops_text[taken], "give back");
        waiting = &inverse;
        if (stopped_by)
            stop(stopped_by);
        if (inverse.count && perform(id, inverse.items, inverse.count, NULL)) {
            report_refused(options->ops_text[taken]);
            report_note("%s: was not given back", options->ops_text[taken]);
            status = EXIT_REFUSED;
        }
        waiting = NULL;
        semops_free(&inverse);
    }
    return status;
}

/* Ends as the signal would have ended us, now that everything is given back. */
static int end_by(int signal_number)
{
    sigset_t set;
    handle(SIG_DFL);
    fill(&set);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(signal_number);
    return 128 + signal_number;
}

/*
 * Take, run, give back. The signals are handled while we wait (stop()), and blocked from when all
 * is taken until child_run() passes them on, so that no moment is left in which one would end us
 * with the semaphores taken. Against SIGKILL only SEM_UNDO helps: then the kernel gives back.
 */
static int op_command(const struct op_options *options, int id, const struct timespec *deadline)
{
    sigset_t set, before;
    char text[16];
    int status = EXIT_DONE;

    snprintf(text, sizeof text, "%d", id);
    setenv("IPCLAB_SET", text, 1);
    handle(stop);
    const size_t taken = take(options, id, deadline);
    const int error = errno;
    fill(&set);
    sigprocmask(SIG_BLOCK, &set, &before);
    if (taken < options->count && !stopped_by) {
        errno = error;
        status =
            semop_refused(options->ops_text[taken]) == EXIT_BLOCKED ? EXIT_BLOCKED : CHILD_FAILED;
    }
    if (taken == options->count && !stopped_by) {
        handle(SIG_DFL);
        status = child_run(options->command, &before);
        if (errno)
            report_error(options->command[0], status == CHILD_FAILED ? "fork" : "run");
        handle(stop);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (give_back(options, id, taken))
        status = CHILD_FAILED;
    return stopped_by ? end_by(stopped_by) : status;
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
        report_note("--undo without -- COMMAND: all of it is undone as soon as this program ends, "
                    "which is now");
    return op_repeat(options, id, until);
}

int semop_op(int argc, char *argv[])
{
    struct op_options options = {.repeat = 1};
    report_help(op_help);
    int status = op_parse(argc, argv, &options);
    if (status < 0)
        status = op_do(&options);
    for (size_t i = 0; i < options.count; i++)
        semops_free(&options.lists[i]);
    free(options.lists);
    return status;
}
