/*
 * shmsync-lock.c - shmsync lock, rdlock and wrlock: a lock is held while a command runs.
 */
#include "config.h"

#include "shmsync/shmsync.h"

#include "lib/calls/calls_pthread.h"
#include "lib/run/child.h"
#include "lib/cli/report.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char lock_help[] =
    "Usage: shmsync lock [options] SEGMENT MUTEX -- COMMAND [ARG...]\n"
    "Lock a mutex, run COMMAND, unlock it. COMMAND gets IPCLAB_SEGMENT, and where the\n"
    "data area begins in IPCLAB_DATA.\n"
    "\n"
    "      --try               do not wait: exit 124 if another holds it\n"
    "  -t, --timeout=DURATION  wait no longer: exit 124\n"
    "      --recover           if its owner died (a robust mutex tells): run COMMAND,\n"
    "                          with the owner's TID in IPCLAB_OWNER_DIED, then say\n"
    "                          that all is well: pthread_mutex_consistent(3); default\n"
    "      --not-recover       if its owner died: do not run COMMAND, and unlock, so\n"
    "                          that nobody will ever lock it again; exit 125\n"
    "      --calls, --help\n"
    "\n"
    "Example: shmsync lock --timeout=2s 5 m -- shmattach --increment u64@2048 5\n";

static const char rdlock_help[] =
    "Usage: shmsync rdlock [options] SEGMENT RWLOCK -- COMMAND [ARG...]\n"
    "Lock an rwlock for reading, as any number may at once, run COMMAND, unlock it.\n"
    "\n"
    "      --try               do not wait: exit 124 if a writer holds it\n"
    "  -t, --timeout=DURATION  wait no longer: exit 124\n"
    "      --calls, --help\n"
    "\n"
    "Example: shmsync rdlock 5 table -- shmattach --get u64@2048 5\n";

static const char wrlock_help[] =
    "Usage: shmsync wrlock [options] SEGMENT RWLOCK -- COMMAND [ARG...]\n"
    "Lock an rwlock for writing, alone, run COMMAND, unlock it.\n"
    "\n"
    "      --try               do not wait: exit 124 if anybody holds it\n"
    "  -t, --timeout=DURATION  wait no longer: exit 124\n"
    "      --calls, --help\n"
    "\n"
    "Example: shmsync wrlock 5 table -- shmattach --set u64@2048=7 5\n";

struct lock_options {
    struct space space;
    struct patience patience;
    bool recover, not_recover;
    const char *name;
    char **command;
};

enum { OPT_TRY = OPT_FIRST_FREE, OPT_RECOVER, OPT_NOT_RECOVER };

static const struct option rwlock_long[] = {
    {"try", no_argument, NULL, OPT_TRY}, {"timeout", required_argument, NULL, 't'}, REPORT_OPTIONS};
static const struct option mutex_long[] = {{"try", no_argument, NULL, OPT_TRY},
                                           {"timeout", required_argument, NULL, 't'},
                                           {"recover", no_argument, NULL, OPT_RECOVER},
                                           {"not-recover", no_argument, NULL, OPT_NOT_RECOVER},
                                           REPORT_OPTIONS};

static int parse_options(int argc, char *argv[], const struct option *long_options,
                         struct lock_options *options)
{
    int option, status;
    while ((option = getopt_long(argc, argv, ":t:", long_options, NULL)) != -1) {
        const char *rule = NULL;
        switch (option) {
        case OPT_TRY: options->patience.try = true; break;
        case OPT_RECOVER: options->recover = true; break;
        case OPT_NOT_RECOVER: options->not_recover = true; break;
        case 't':
            options->patience.timed = true;
            rule = operand_duration(optarg, &options->patience.timeout);
            break;
        default:
            if ((status = report_option(option, argv)) >= 0)
                return status;
        }
        if (rule)
            return report_usage(optarg, rule);
    }
    if (options->patience.try && options->patience.timed)
        return report_usage("--try", "it does not go with --timeout: it waits for nothing");
    if (options->recover && options->not_recover)
        return report_usage("--recover", "one at a time: this, or --not-recover");
    return -1;
}

static int parse(int argc, char *argv[], const struct option *long_options,
                 struct lock_options *options)
{
    char **operands;
    const char *rule;
    const int dashes = child_dashes(argc, argv);
    char *const separator = argv[dashes];
    argv[dashes] = NULL;
    const int status = parse_options(dashes, argv, long_options, options);
    argv[dashes] = separator;
    if (status >= 0)
        return status;
    const int count = child_split(argc, argv, dashes, optind, &operands, &options->command);
    if (count < 2)
        return report_usage(count ? "NAME" : "SEGMENT", "it is missing; see --help");
    if (count > 2)
        return report_usage(operands[2], "too much: COMMAND stands behind --");
    if (!options->command || !options->command[0])
        return report_usage("COMMAND", "it is missing: -- COMMAND runs while the lock is held");
    if ((rule = space_parse(operands[0], &options->space)))
        return report_usage(operands[0], rule);
    if ((rule = pshared_check_name(operands[1])))
        return report_usage(operands[1], rule);
    options->name = operands[1];
    return -1;
}

/* --- mutexes --- */

/*
 * Its owner died and we have it. Unlocking it without pthread_mutex_consistent(3) makes it not
 * recoverable for good.
 */
static int owner_died(const struct lock_options *options, const struct pshared_object *mutex,
                      pid_t dead)
{
    char tid[16];
    tell_owner_died(&options->space, mutex, dead);
    if (options->not_recover) {
        give_mutex(&options->space, mutex);
        report_note("%s: left not recoverable, and COMMAND was not run",
                    space_subject(&options->space, mutex));
        return CHILD_FAILED;
    }
    snprintf(tid, sizeof tid, "%d", dead);
    setenv("IPCLAB_OWNER_DIED", tid, 1);
    return -1;
}

static int hold_mutex(const struct lock_options *options, const struct pshared_object *mutex)
{
    const struct space *space = &options->space;
    pid_t dead;
    const int error = take_mutex(space, mutex, &options->patience, &dead);
    if (error == EIDRM)
        return CHILD_FAILED;
    if (error && error != EOWNERDEAD)
        return space_refused(space, mutex) == EXIT_BLOCKED ? EXIT_BLOCKED : CHILD_FAILED;
    int status = error ? owner_died(options, mutex, dead) : -1;
    if (status >= 0)
        return status;
    status = space_run(space, options->command);
    if (error && calls_object(CALL_PTHREAD_MUTEX_CONSISTENT, mutex->spec.name, mutex->at)) {
        report_refused(space_subject(space, mutex));
        status = CHILD_FAILED;
    }
    if (give_mutex(space, mutex)) {
        report_refused(space_subject(space, mutex));
        status = CHILD_FAILED;
    }
    return status;
}

int shmsync_lock(int argc, char *argv[])
{
    struct lock_options options = {0};
    struct pshared_object mutex;
    report_help(lock_help);
    int status = parse(argc, argv, mutex_long, &options);
    if (status >= 0)
        return status;
    status = CHILD_FAILED;
    patience_begin(&options.patience);
    if (space_open(&options.space, OPEN_WRITE) == EXIT_DONE &&
        space_find(&options.space, options.name, PSHARED_MUTEX, &mutex) == EXIT_DONE)
        status = hold_mutex(&options, &mutex);
    space_close(&options.space);
    return status;
}

/* --- rwlocks --- */

static int hold_rwlock(const struct lock_options *options, const struct pshared_object *rwlock,
                       const struct rwlock_calls *calls)
{
    const struct space *space = &options->space;
    if (take_rwlock(rwlock, calls, &options->patience))
        return space_refused(space, rwlock) == EXIT_BLOCKED ? EXIT_BLOCKED : CHILD_FAILED;
    int status = CHILD_FAILED;
    if (pshared_is_current(&space->pshared, rwlock))
        status = space_run(space, options->command);
    else
        report_note("%s: it was destroyed meanwhile", space_subject(space, rwlock));
    if (give_rwlock(rwlock)) {
        report_refused(space_subject(space, rwlock));
        status = CHILD_FAILED;
    }
    return status;
}

static int lock_rwlock(int argc, char *argv[], const char *help, const struct rwlock_calls *calls)
{
    struct lock_options options = {0};
    struct pshared_object rwlock;
    report_help(help);
    int status = parse(argc, argv, rwlock_long, &options);
    if (status >= 0)
        return status;
    status = CHILD_FAILED;
    patience_begin(&options.patience);
    if (space_open(&options.space, OPEN_WRITE) == EXIT_DONE &&
        space_find(&options.space, options.name, PSHARED_RWLOCK, &rwlock) == EXIT_DONE)
        status = hold_rwlock(&options, &rwlock, calls);
    space_close(&options.space);
    return status;
}

int shmsync_rdlock(int argc, char *argv[])
{
    static const struct rwlock_calls calls = {
        CALL_PTHREAD_RWLOCK_RDLOCK, CALL_PTHREAD_RWLOCK_TRYRDLOCK, CALL_PTHREAD_RWLOCK_CLOCKRDLOCK};
    return lock_rwlock(argc, argv, rdlock_help, &calls);
}

int shmsync_wrlock(int argc, char *argv[])
{
    static const struct rwlock_calls calls = {
        CALL_PTHREAD_RWLOCK_WRLOCK, CALL_PTHREAD_RWLOCK_TRYWRLOCK, CALL_PTHREAD_RWLOCK_CLOCKWRLOCK};
    return lock_rwlock(argc, argv, wrlock_help, &calls);
}
