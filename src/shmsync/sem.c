/*
 * shmsync-sem.c - shmsync post, down and arrive: a semaphore is given to and taken from, a barrier
 * is met at.
 */
#include "config.h"

#include "shmsync/shmsync.h"

#include "lib/calls/calls_pthread.h"
#include "lib/cli/report.h"

#include <getopt.h>

static const char post_help[] =
    "Usage: shmsync post [options] SEGMENT SEM\n"
    "Add one to a semaphore's value: one who waits for it goes on (sem_post(3)).\n"
    "\n"
    "      --calls, --help\n"
    "\n"
    "Example: shmsync post 5 slots\n";

static const char down_help[] =
    "Usage: shmsync down [options] SEGMENT SEM\n"
    "Take one from a semaphore's value, and wait while it is 0 (sem_wait(3)).\n"
    "\n"
    "      --try               do not wait: exit 124 if it is 0\n"
    "  -t, --timeout=DURATION  wait no longer: exit 124\n"
    "      --calls, --help\n"
    "\n"
    "Nobody owns a semaphore: what was taken is given back by shmsync post, whoever\n"
    "does it, and by nobody when the taker dies.\n"
    "\n"
    "Example: shmsync down --timeout=2s 5 slots\n";

static const char arrive_help[] =
    "Usage: shmsync arrive [options] SEGMENT BARRIER\n"
    "Arrive at a barrier and wait until as many have as it was made for; then all of\n"
    "them go on, and it can be used again (pthread_barrier_wait(3)).\n"
    "\n"
    "      --calls, --help\n"
    "\n"
    "There is no timeout and no way back: one who is killed has still arrived.\n"
    "\n"
    "Example: shmsync arrive 5 start\n";

enum { OPT_TRY = OPT_FIRST_FREE };

static const struct option plain_long[] = {REPORT_OPTIONS};
static const struct option down_long[] = {
    {"try", no_argument, NULL, OPT_TRY}, {"timeout", required_argument, NULL, 't'}, REPORT_OPTIONS};

static int parse(int argc, char *argv[], const struct option *long_options, struct space *space,
                 struct patience *patience)
{
    int option, status;
    const char *rule = NULL;
    while ((option = getopt_long(argc, argv, long_options == down_long ? ":t:" : ":", long_options,
                                 NULL)) != -1) {
        if (option == OPT_TRY)
            patience->try = true;
        else if (option == 't')
            patience->timed = true, rule = operand_duration(optarg, &patience->timeout);
        else if ((status = report_option(option, argv)) >= 0)
            return status;
        if (rule)
            return report_usage(optarg, rule);
    }
    if (patience->try && patience->timed)
        return report_usage("--try", "it does not go with --timeout: it waits for nothing");
    if (argc - optind != 2)
        return argc - optind > 2
                   ? report_usage(argv[optind + 2], "too much: SEGMENT and NAME are enough")
                   : report_usage(optind == argc ? "SEGMENT" : "NAME", "it is missing; see --help");
    if ((rule = space_parse(argv[optind], space)))
        return report_usage(argv[optind], rule);
    if ((rule = pshared_check_name(argv[optind + 1])))
        return report_usage(argv[optind + 1], rule);
    return -1;
}

/* Does it to the object; returns 0, or -1 when the call was refused. */
typedef int action(const struct pshared_object *object, const struct patience *patience);

static int post(const struct pshared_object *sem, const struct patience *patience)
{
    (void)patience;
    return calls_object(CALL_SEM_POST, sem->spec.name, sem->at);
}

/*
 * Signals have their default actions: one that ends us while we wait has taken nothing, and one
 * that comes when we have taken comes too late.
 */
static int down(const struct pshared_object *sem, const struct patience *patience)
{
    if (patience->try)
        return calls_object(CALL_SEM_TRYWAIT, sem->spec.name, sem->at);
    if (patience->timed)
        return calls_object_until(CALL_SEM_CLOCKWAIT, sem->spec.name, sem->at, &patience->deadline);
    return calls_object(CALL_SEM_WAIT, sem->spec.name, sem->at);
}

static int arrive(const struct pshared_object *barrier, const struct patience *patience)
{
    bool serial;
    (void)patience;
    return calls_barrier_wait(barrier->spec.name, barrier->at, &serial);
}

static int act(int argc, char *argv[], const struct option *long_options, enum pshared_kind kind,
               action *does)
{
    struct space space = {0};
    struct pshared_object object;
    struct patience patience = {0};
    int status = parse(argc, argv, long_options, &space, &patience);
    if (status >= 0)
        return status;
    patience_begin(&patience);
    status = space_open(&space, OPEN_WRITE);
    if (status == EXIT_DONE)
        status = space_find(&space, argv[optind + 1], kind, &object);
    if (status == EXIT_DONE && does(&object, &patience)) {
        status = space_refused(&space, &object);
    } else if (status == EXIT_DONE && !pshared_is_current(&space.pshared, &object)) {
        report_note("%s: it was destroyed meanwhile", space_subject(&space, &object));
        status = EXIT_REFUSED;
    }
    space_close(&space);
    return status;
}

int shmsync_post(int argc, char *argv[])
{
    report_help(post_help);
    return act(argc, argv, plain_long, PSHARED_SEM, post);
}

int shmsync_down(int argc, char *argv[])
{
    report_help(down_help);
    return act(argc, argv, down_long, PSHARED_SEM, down);
}

int shmsync_arrive(int argc, char *argv[])
{
    report_help(arrive_help);
    return act(argc, argv, plain_long, PSHARED_BARRIER, arrive);
}
