/* SPDX-License-Identifier: MIT */
/*
 * wake.c - shmsync signal and broadcast: wake waiters of a condition variable.
 */
#include "config.h"

#include "shmsync/shmsync.h"

#include "lib/base/array.h"
#include "lib/base/deadline.h"
#include "lib/base/value.h"
#include "lib/calls/calls_pthread.h"
#include "lib/cli/options.h"
#include "lib/cli/report.h"
#include "lib/proc/call.h"
#include "lib/proc/procfs.h"
#include "lib/pshared/glibc_layout.h"
#include "lib/pshared/waiters.h"
#include "shmsync/lock_mutex.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A value to store before the wake-up. */
struct setting {
    struct value value;
    const char *text; /* as it was typed */
};

struct wake_options {
    struct sync_segment segment;
    struct wait_limit limit;
    struct setting *settings;
    size_t setting_count, setting_capacity;
    const char *cond_name, *mutex_name; /* MUTEX_NAME is NULL if there is none */
};

/* --- waking --- */

/*
 * Before glibc wakes waiters of a new group, it waits until all waiters of the group before have
 * left, and one that was killed never does. A call that has not returned after this time never
 * will.
 */
#define WAKE_SECONDS 5

enum { WAKE_STUCK = -2, WAKE_NO_THREAD = -3 };

/* A second thread, which interrupts the call of the first. */
struct limiter {
    pthread_t thread, caller;
    pid_t caller_tid;
    const void *cond;
    bool holds; /* the call was left while it held the condition variable's inner lock */
};

/* Tells the caller to leave the call, and the limiter that the call has returned. The default
 * action of this signal is none. */
#define LEAVE_SIGNAL SIGURG

static sigjmp_buf stuck;
static volatile sig_atomic_t in_call;

static void leave_call(int signal_number)
{
    (void)signal_number;
    if (in_call)
        siglongjmp(stuck, 1);
}

/* Does the caller sleep with the condition variable's inner lock held? */
static bool sleeps_with_lock(const struct limiter *limiter)
{
    struct procfs fs;
    struct procfs_waiter waiter = {0};
    char path[48], text[256];
    snprintf(path, sizeof path, "self/task/%d/syscall", limiter->caller_tid);
    const bool found = procfs_open(&fs, "/proc") == 0 &&
                       procfs_read_short(&fs, path, text, sizeof text) > 0 &&
                       procfs_parse_call(text, PROCFS_WAIT_FUTEX, &waiter) &&
                       layout_cond_is_group(limiter->cond, (uintptr_t)waiter.address);
    procfs_close(&fs);
    return found;
}

static void *limit_call(void *arg)
{
    static const struct timespec length = {WAKE_SECONDS, 0};
    struct limiter *limiter = arg;
    const struct timespec deadline = deadline_in(&length);
    sigset_t returned;
    sigemptyset(&returned);
    sigaddset(&returned, LEAVE_SIGNAL);
    while (!deadline_passed(&deadline)) {
        const struct timespec left = deadline_left(&deadline);
        if (sigtimedwait(&returned, NULL, &left) == LEAVE_SIGNAL)
            return NULL;
    }
    limiter->holds = sleeps_with_lock(limiter);
    pthread_kill(limiter->caller, LEAVE_SIGNAL);
    return NULL;
}

/* The thread takes no signal: those that the caller blocks or handles stay the caller's. */
static int start_limiter(struct limiter *limiter, const struct pshared_object *cond)
{
    sigset_t all, before;
    *limiter = (struct limiter){.caller = pthread_self(), .caller_tid = gettid(), .cond = cond->at};
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(&limiter->thread, NULL, limit_call, limiter);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

/*
 * Returns 0, or -1 with errno, as the call does; WAKE_STUCK if it did not return; WAKE_NO_THREAD
 * with errno if it was not made. The jump out of the C library leaves the condition variable as it
 * was, except its inner lock: without that, no waiter could leave any more, not even by a timeout.
 * So that is released.
 */
static int call_wake(enum call call, const struct pshared_object *cond)
{
    const struct sigaction action = {.sa_handler = leave_call};
    struct sigaction before;
    static struct limiter limiter;
    volatile int result = WAKE_STUCK;
    layout_known(); /* not for the first time in the thread */
    if ((errno = start_limiter(&limiter, cond)))
        return WAKE_NO_THREAD;
    sigaction(LEAVE_SIGNAL, &action, &before);
    if (sigsetjmp(stuck, 1) == 0) {
        in_call = true;
        result = calls_object(call, cond->spec.name, cond->at);
    }
    in_call = false;
    const int error = errno;
    pthread_kill(limiter.thread, LEAVE_SIGNAL);
    pthread_join(limiter.thread, NULL);
    sigaction(LEAVE_SIGNAL, &before, NULL);
    if (result == WAKE_STUCK && limiter.holds)
        layout_cond_release(cond->at);
    errno = error;
    return result;
}

/*
 * Does the condition variable count more waiters than /proc shows? A live waiter is counted while
 * it sleeps, and for an instant longer: so three looks, a millisecond apart, must agree. Waiters
 * that /proc does not show were killed, or belong to another PID namespace.
 */
static bool has_missing_waiters(const struct sync_segment *segment,
                                const struct pshared_object *cond)
{
    size_t sleepers[PSHARED_OBJECTS_MAX + 1];
    unsigned counted;
    for (int looks = 0; looks < 3; looks++) {
        const struct timespec pause = {0, 1000000};
        if (!layout_cond(cond->at, &counted) || counted == 0 ||
            pshared_count_waiters(&segment->pshared, &segment->mapping, sleepers) ||
            counted <= sleepers[cond->index])
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
}

/* A single wake-up may go to a waiter that was killed, and then no waiter wakes: so where some are
 * missing, this wakes all. */
static int wake(const struct sync_segment *segment, const struct pshared_object *cond,
                enum call call)
{
    const bool missing = has_missing_waiters(segment, cond);
    if (missing)
        report_note("%s: it counts more waiters than /proc shows: a waiter that was killed stays "
                    "counted%s",
                    sync_subject(segment, cond),
                    call == CALL_PTHREAD_COND_SIGNAL ? "; waking all, not one" : "");
    const int result = call_wake(missing ? CALL_PTHREAD_COND_BROADCAST : call, cond);
    if (result == WAKE_STUCK) {
        report_note("%s: stuck: the C library waits for a waiter that was killed",
                    sync_subject(segment, cond));
        report_hint("create it again: shmsync destroy --force %s %s; shmsync init %s cond:%s",
                    segment->shown, cond->spec.name, segment->shown, cond->spec.name);
        return EXIT_REFUSED;
    }
    if (result == WAKE_NO_THREAD)
        return report_error(cond->spec.name, "start a thread");
    return result ? sync_refused(segment, cond) : EXIT_DONE;
}

static int set_and_wake(const struct wake_options *options, const struct pshared_object *cond,
                        enum call call)
{
    for (size_t i = 0; i < options->setting_count; i++)
        value_store(&options->settings[i].value, sync_data(&options->segment));
    return wake(&options->segment, cond, call);
}

static int lock_set_and_wake(const struct wake_options *options, const struct pshared_object *cond,
                             enum call call)
{
    const struct sync_segment *segment = &options->segment;
    struct pshared_object mutex;
    pid_t dead;
    if (sync_find(segment, options->mutex_name, PSHARED_MUTEX, &mutex))
        return EXIT_REFUSED;
    const int error = lock_mutex(segment, &mutex, &options->limit, &dead);
    if (error == EIDRM)
        return EXIT_REFUSED;
    if (error && error != EOWNERDEAD)
        return sync_refused(segment, &mutex);
    if (error) {
        report_owner_died(segment, &mutex, dead);
        calls_object(CALL_PTHREAD_MUTEX_CONSISTENT, mutex.spec.name, mutex.at);
    }
    int status = set_and_wake(options, cond, call);
    if (unlock_mutex(segment, &mutex))
        status = report_refused(sync_subject(segment, &mutex));
    return status;
}

/* --- the command line --- */

OPTION_SETTER(struct wake_options, add_setting)
{
    struct setting setting = {.text = argument};
    const char *rule = value_parse_setting((char *)argument, &setting.value);
    if (rule)
        return rule;
    if (array_reserve(&options->settings, &options->setting_capacity, options->setting_count + 1))
        return "not enough memory";
    options->settings[options->setting_count++] = setting;
    return NULL;
}

static const struct cli_option wake_table[] = {
    OPTION(0, "set", "=TYPE@OFFSET=VALUE", add_setting,
           "store this first, as shmattach does, but OFFSET counts from the data area, whose "
           "place shmsync stat --data prints; may be repeated"),
    OPTION_INCLUDE(timeout_options, struct wake_options, limit),
    OPTION_STANDARD,
    {0},
};

static const char wake_notes[] =
    "With MUTEX: lock it, store, wake, unlock it. Without MUTEX, a waiter that has evaluated its "
    "condition and does not sleep yet misses both the value and the wake-up.";

static const struct usage signal_usage = {
    .name = "shmsync signal",
    .operands = "SEGMENT COND [MUTEX]",
    .summary = "Wake one waiter of a condition variable (pthread_cond_signal(3)).",
    .options = wake_table,
    .notes = wake_notes,
    .example = "shmsync signal 5 c m --set=u32@0=1",
};

static const struct usage broadcast_usage = {
    .name = "shmsync broadcast",
    .operands = "SEGMENT COND [MUTEX]",
    .summary = "Wake all waiters of a condition variable (pthread_cond_broadcast(3)).",
    .options = wake_table,
    .notes = wake_notes,
    .example = "shmsync broadcast 5 c m --set=u32@0=1",
};

static int parse(const struct usage *usage, int argc, char *argv[], struct wake_options *options)
{
    struct operands operands;
    const char *rule;
    const int status = options_parse(usage, argc, argv, options, &operands);
    if (status >= 0)
        return status;
    if (options->limit.timed && operands.count < 3)
        return report_usage("--timeout", "needs MUTEX: nothing else can wait");
    if ((rule = sync_parse(operands.items[0], &options->segment)))
        return report_usage(operands.items[0], rule);
    for (int i = 1; i < operands.count; i++)
        if ((rule = pshared_check_name(operands.items[i])))
            return report_usage(operands.items[i], rule);
    options->cond_name = operands.items[1];
    options->mutex_name = operands.count == 3 ? operands.items[2] : NULL;
    return -1;
}

static int check_settings(const struct wake_options *options)
{
    for (size_t i = 0; i < options->setting_count; i++)
        if (!value_fits(&options->settings[i].value, sync_data_size(&options->segment)))
            return report_usage(options->settings[i].text,
                                "outside the data area; see shmsync stat");
    return EXIT_DONE;
}

static int do_wake(struct wake_options *options, enum call call)
{
    struct pshared_object cond;
    int status = sync_open(&options->segment, OPEN_WRITE);
    if (status == EXIT_DONE)
        status = check_settings(options);
    if (status == EXIT_DONE)
        status = sync_find(&options->segment, options->cond_name, PSHARED_COND, &cond);
    if (status == EXIT_DONE)
        status = (options->mutex_name ? lock_set_and_wake : set_and_wake)(options, &cond, call);
    sync_close(&options->segment);
    return status;
}

static int run(const struct usage *usage, int argc, char *argv[], enum call call)
{
    struct wake_options options = {0};
    int status = parse(usage, argc, argv, &options);
    if (status < 0) {
        wait_limit_start(&options.limit);
        status = do_wake(&options, call);
    }
    free(options.settings);
    return status;
}

int shmsync_signal(int argc, char *argv[])
{
    return run(&signal_usage, argc, argv, CALL_PTHREAD_COND_SIGNAL);
}

int shmsync_broadcast(int argc, char *argv[])
{
    return run(&broadcast_usage, argc, argv, CALL_PTHREAD_COND_BROADCAST);
}
