/*
 * shmsync-wake.c - shmsync signal and broadcast: those who wait for a condition variable are woken.
 */
#include "config.h"

#include "shmsync/shmsync.h"

#include "lib/calls/calls_pthread.h"
#include "lib/pshared/glibc_layout.h"
#include "lib/cli/report.h"
#include "lib/pshared/waiters.h"
#include "lib/base/value.h"

#include <errno.h>
#include <getopt.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HELP(name, what, call)                                                          \
    "Usage: shmsync " name " [options] SEGMENT COND [MUTEX]\n" what " (" call "(3)).\n" \
    "With MUTEX: lock it, set values, wake, unlock.\n"                                  \
    "\n"                                                                                \
    "      --set=TYPE@OFFSET=VALUE  store this before, as shmattach does it, but\n"     \
    "                               OFFSET counts from the data area (which shmsync\n"  \
    "                               stat --data tells); may be given again\n"           \
    "  -t, --timeout=DURATION       wait no longer for MUTEX: exit 124\n"               \
    "      --calls, --help\n"                                                           \
    "\n"                                                                                \
    "Without MUTEX, one who has looked and does not sleep yet misses both.\n"           \
    "\n"                                                                                \
    "Example: shmsync " name " 5 c m --set=u32@0=1\n"

static const char signal_help[] =
    HELP("signal", "Wake one of those who wait for a condition variable", "pthread_cond_signal");
static const char broadcast_help[] =
    HELP("broadcast", "Wake all who wait for a condition variable", "pthread_cond_broadcast");

struct wake_options {
    struct space space;
    struct patience patience;
    struct value *settings;
    char **setting_texts;
    size_t setting_count;
    const char *cond_name, *mutex_name; /* MUTEX_NAME is NULL without */
};

/* --- waking --- */

/*
 * Before it wakes those of a new group, glibc waits until all of the group before have left, and
 * one who was killed never does. What does not come back in this time will not.
 */
#define LONGEST 5 /* seconds */

static sigjmp_buf too_long;

static void give_up(int signal_number)
{
    (void)signal_number;
    siglongjmp(too_long, 1);
}

/* Out of the C library by a jump: the condition variable is stuck already, and nobody else's state
 * is touched. */
static int wake_guarded(enum call call, const struct pshared_object *cond)
{
    struct sigaction action = {.sa_handler = give_up}, before;
    volatile int result = -2;
    if (sigsetjmp(too_long, 1) == 0) {
        sigaction(SIGALRM, &action, &before);
        alarm(LONGEST);
        result = calls_object(call, cond->spec.name, cond->at);
    }
    alarm(0);
    signal(SIGALRM, SIG_DFL);
    return result;
}

/*
 * Does the condition variable count more waiters than show in /proc? One that does counts only
 * while it sleeps, and for an instant after, so it is looked at more than once. Those that do not
 * show were killed, or are others'.
 */
static bool has_dead(const struct space *space, const struct pshared_object *cond)
{
    size_t sleepers[PSHARED_OBJECTS_MAX + 1];
    unsigned counted;
    for (int looks = 0; looks < 3; looks++) {
        const struct timespec pause = {0, 1000000};
        if (!layout_cond(cond->at, &counted) || counted == 0 ||
            pshared_count_waiters(&space->pshared, &space->mapping, sleepers) ||
            counted <= sleepers[cond->index])
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
}

/* One wake-up may go to a waiter who was killed, and then nobody wakes: with such, all are woken.
 */
static int wake(const struct space *space, const struct pshared_object *cond, enum call call)
{
    const bool dead = has_dead(space, cond);
    if (dead)
        report_note("%s: it counts more waiters than there are to see: those who were killed stay "
                    "counted%s",
                    space_subject(space, cond),
                    call == CALL_PTHREAD_COND_SIGNAL ? ": all are woken, not one" : "");
    const int result = wake_guarded(dead ? CALL_PTHREAD_COND_BROADCAST : call, cond);
    if (result == -2) {
        report_note("%s: the C library waits for a waiter to leave who was killed, and never will",
                    space_subject(space, cond));
        fprintf(stderr,
                "hint: make it anew: shmsync destroy --force %s %s, shmsync init %s cond:%s\n",
                space->shown, cond->spec.name, space->shown, cond->spec.name);
        return EXIT_REFUSED;
    }
    return result ? space_refused(space, cond) : EXIT_DONE;
}

static int set_and_wake(const struct wake_options *options, const struct pshared_object *cond,
                        enum call call)
{
    for (size_t i = 0; i < options->setting_count; i++)
        value_store(&options->settings[i], space_data(&options->space));
    return wake(&options->space, cond, call);
}

static int with_mutex(const struct wake_options *options, const struct pshared_object *cond,
                      enum call call)
{
    const struct space *space = &options->space;
    struct pshared_object mutex;
    pid_t dead;
    if (space_find(space, options->mutex_name, PSHARED_MUTEX, &mutex))
        return EXIT_REFUSED;
    const int error = take_mutex(space, &mutex, &options->patience, &dead);
    if (error == EIDRM)
        return EXIT_REFUSED;
    if (error && error != EOWNERDEAD)
        return space_refused(space, &mutex);
    if (error) {
        tell_owner_died(space, &mutex, dead);
        calls_object(CALL_PTHREAD_MUTEX_CONSISTENT, mutex.spec.name, mutex.at);
    }
    int status = set_and_wake(options, cond, call);
    if (give_mutex(space, &mutex))
        status = report_refused(space_subject(space, &mutex));
    return status;
}

/* --- the command line --- */

enum { OPT_SET = OPT_FIRST_FREE };

static const char *add_setting(struct wake_options *options, char *text)
{
    struct value value;
    const char *rule = value_parse_setting(text, &value);
    if (rule)
        return rule;
    struct value *settings =
        reallocarray(options->settings, options->setting_count + 1, sizeof *settings);
    if (settings)
        options->settings = settings;
    char **texts = reallocarray(options->setting_texts, options->setting_count + 1, sizeof *texts);
    if (texts)
        options->setting_texts = texts;
    if (!settings || !texts)
        return "there is no memory for so many";
    settings[options->setting_count] = value;
    texts[options->setting_count++] = text;
    return NULL;
}

static int parse_options(int argc, char *argv[], struct wake_options *options)
{
    static const struct option long_options[] = {{"set", required_argument, NULL, OPT_SET},
                                                 {"timeout", required_argument, NULL, 't'},
                                                 REPORT_OPTIONS};
    int option, status;
    while ((option = getopt_long(argc, argv, ":t:", long_options, NULL)) != -1) {
        const char *rule = NULL;
        if (option == OPT_SET) {
            rule = add_setting(options, optarg);
        } else if (option == 't') {
            options->patience.timed = true;
            rule = operand_duration(optarg, &options->patience.timeout);
        } else if ((status = report_option(option, argv)) >= 0) {
            return status;
        }
        if (rule)
            return report_usage(optarg, rule);
    }
    return -1;
}

static int parse_operands(int argc, char *argv[], struct wake_options *options)
{
    const char *rule;
    const int count = argc - optind;
    if (count < 2)
        return report_usage(count ? "COND" : "SEGMENT", "it is missing; see --help");
    if (count > 3)
        return report_usage(argv[optind + 3], "too much: SEGMENT, COND and MUTEX are enough");
    if (options->patience.timed && count < 3)
        return report_usage("--timeout", "it belongs to MUTEX: nothing else is waited for");
    if ((rule = space_parse(argv[optind], &options->space)))
        return report_usage(argv[optind], rule);
    for (int i = optind + 1; i < argc; i++)
        if ((rule = pshared_check_name(argv[i])))
            return report_usage(argv[i], rule);
    options->cond_name = argv[optind + 1];
    options->mutex_name = count == 3 ? argv[optind + 2] : NULL;
    return -1;
}

static int check_settings(const struct wake_options *options)
{
    for (size_t i = 0; i < options->setting_count; i++)
        if (!value_fits(&options->settings[i], space_data_size(&options->space)))
            return report_usage(options->setting_texts[i],
                                "it is not inside the data area; see shmsync stat");
    return EXIT_DONE;
}

static int do_wake(struct wake_options *options, enum call call)
{
    struct pshared_object cond;
    int status = space_open(&options->space, OPEN_WRITE);
    if (status == EXIT_DONE)
        status = check_settings(options);
    if (status == EXIT_DONE)
        status = space_find(&options->space, options->cond_name, PSHARED_COND, &cond);
    if (status == EXIT_DONE)
        status = (options->mutex_name ? with_mutex : set_and_wake)(options, &cond, call);
    space_close(&options->space);
    return status;
}

static int run(int argc, char *argv[], const char *help, enum call call)
{
    struct wake_options options = {0};
    report_help(help);
    int status = parse_options(argc, argv, &options);
    if (status < 0)
        status = parse_operands(argc, argv, &options);
    if (status < 0) {
        patience_begin(&options.patience);
        status = do_wake(&options, call);
    }
    free(options.settings);
    free(options.setting_texts);
    return status;
}

int shmsync_signal(int argc, char *argv[])
{
    return run(argc, argv, signal_help, CALL_PTHREAD_COND_SIGNAL);
}

int shmsync_broadcast(int argc, char *argv[])
{
    return run(argc, argv, broadcast_help, CALL_PTHREAD_COND_BROADCAST);
}
