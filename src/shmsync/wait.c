/* SPDX-License-Identifier: MIT */
/*
 * wait.c - shmsync wait: waits for a condition variable, in the loop that every such wait needs.
 */
#include "config.h"

#include "shmsync/shmsync.h"

#include "lib/base/condition.h"
#include "lib/base/deadline.h"
#include "lib/calls/calls_pthread.h"
#include "lib/cli/options.h"
#include "lib/cli/report.h"
#include "lib/pshared/glibc_layout.h"
#include "lib/run/child.h"
#include "lib/run/signals.h"
#include "shmsync/lock_mutex.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct wait_options {
    struct sync_segment segment;
    struct wait_limit limit;
    bool once;
    const char *until_text; /* NULL: only --once */
    struct condition until;
    const char *cond_name, *mutex_name;
    char **command; /* NULL: none */
};

/* --- a wait that a signal ends --- */

/*
 * A waiter must not simply end: the condition variable would still count it, and glibc waits for
 * those that it counts (see BUGS in shmsync(1)). And no signal interrupts pthread_cond_wait(3). So
 * the signals are blocked, and a thread takes them: it notes that the program is to stop, and has
 * another one, the waker, wake the main thread by a broadcast. To other waiters that is a spurious
 * wake-up, which POSIX allows and their loops expect.
 *
 * No stop is lost. The main thread reads `stopped' with the mutex held before each wait. The waker
 * does not hold the mutex, whose holder may never release it, so its broadcast may come between
 * that read and the wait: it repeats the broadcast until `done'. A second signal ends the program
 * at once.
 *
 * A killed process can leave the condition variable's inner lock held, and both the broadcast and a
 * wait whose time has passed sleep on that without end. So once the wait is to end, the watcher
 * looks at that lock, and when it is held for STUCK_SECONDS without a break, interrupts the main
 * thread, whose handler leaves the C library if it does not hold the mutex.
 */
struct watcher {
    pthread_t thread, waker, waiting;
    pthread_cond_t *cond;
    const struct timespec *deadline; /* of the wait; NULL: none */
    atomic_int stopped;              /* the signal, 0 for none */
    atomic_bool done;
    bool held;                /* the inner lock is, at each look since .. */
    struct timespec stuck_at; /* .. this time, less STUCK_SECONDS */
};

#define STUCK_SECONDS 1
#define DONE_SIGNAL   SIGURG /* wakes the watcher to look at `done'; its default action is none */
#define END_SIGNAL    SIGURG /* the same for the main thread: to end the program */

/* Returns the next signal of SET, or 0 when PAUSE has passed. */
static int next_signal(const sigset_t *set, const struct timespec *pause)
{
    const int number = sigtimedwait(set, NULL, pause);
    return number > 0 && number != DONE_SIGNAL ? number : 0;
}

/* The waker. */
static void *wake(void *arg)
{
    static const struct timespec pause = {0, 5000000};
    struct watcher *watcher = arg;
    while (!atomic_load(&watcher->done)) {
        pthread_cond_broadcast(watcher->cond);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

/* The waker may get stuck, so no thread waits for its end. Without memory for it, a second signal
 * still ends the program. */
static void start_waker(struct watcher *watcher)
{
    if (pthread_create(&watcher->waker, NULL, wake, watcher) == 0)
        pthread_detach(watcher->waker);
}

static bool is_to_end(struct watcher *watcher)
{
    return atomic_load(&watcher->stopped) ||
           (watcher->deadline && deadline_passed(watcher->deadline));
}

static void end_if_stuck(struct watcher *watcher)
{
    static const struct timespec patience = {STUCK_SECONDS, 0};
    if (!layout_cond_locked(watcher->cond)) {
        watcher->held = false;
    } else if (!watcher->held) {
        watcher->held = true;
        watcher->stuck_at = deadline_in(&patience);
    } else if (deadline_passed(&watcher->stuck_at)) {
        pthread_kill(watcher->waiting, END_SIGNAL);
    }
}

static void *watch(void *arg)
{
    struct watcher *watcher = arg;
    sigset_t set;
    fatal_signals(&set);
    sigaddset(&set, DONE_SIGNAL);
    while (!atomic_load(&watcher->done)) {
        struct timespec pause = {3600, 0};
        if (is_to_end(watcher))
            pause = (struct timespec){0, 20000000};
        else if (watcher->deadline)
            pause = deadline_left(watcher->deadline);
        const int number = next_signal(&set, &pause);
        if (number && atomic_load(&watcher->stopped))
            die_by_signal(number);
        if (number) {
            atomic_store(&watcher->stopped, number);
            start_waker(watcher);
        }
        if (is_to_end(watcher))
            end_if_stuck(watcher);
    }
    return NULL;
}

/* With the fatal signals blocked, as they are in its threads then. Returns 0, or an errno. */
static int start_watcher(struct watcher *watcher, const struct pshared_object *cond,
                         const struct timespec *deadline)
{
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, DONE_SIGNAL);
    layout_known(); /* not for the first time in the thread, or in the handler */
    *watcher = (struct watcher){.cond = cond->at, .deadline = deadline, .waiting = pthread_self()};
    pthread_sigmask(SIG_BLOCK, &set, &before);
    const int error = pthread_create(&watcher->thread, NULL, watch, watcher);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static void end_watcher(struct watcher *watcher)
{
    atomic_store(&watcher->done, true);
    pthread_kill(watcher->thread, DONE_SIGNAL);
    pthread_join(watcher->thread, NULL);
}

/* --- the loop --- */

struct loop {
    const struct wait_options *options;
    struct pshared_object cond, mutex;
    struct watcher watcher;
    int error; /* of the last wait; 0: none */
};

static bool is_stopped(struct loop *loop)
{
    return atomic_load(&loop->watcher.stopped);
}

static bool condition_is_true(const struct loop *loop)
{
    const struct sync_segment *segment = &loop->options->segment;
    return loop->options->until_text &&
           condition_holds(&loop->options->until, sync_data(segment), sync_data_size(segment));
}

/* The mutex's owner died: makes the mutex usable again. */
static void make_consistent(const struct loop *loop, pid_t dead)
{
    report_owner_died(&loop->options->segment, &loop->mutex, dead);
    calls_object(CALL_PTHREAD_MUTEX_CONSISTENT, loop->mutex.spec.name, loop->mutex.at);
}

/* --- a wait that gets stuck --- */

/* For the handler: the mutex of the wait that is going on (NULL: none), the signal that is to end
 * it, and the message. */
static const void *volatile waiting_with;
static const atomic_int *volatile stopped_by;
static char stuck_message[1400];

/*
 * The thread that it interrupts stands still meanwhile, so it cannot lock the mutex after the look.
 * It cannot jump out of the C library, whose cleanup would sleep on the inner lock, too. So the
 * program ends here, by calls that a handler may make (signal-safety(7)).
 */
static void end_stuck(int signal_number)
{
    (void)signal_number;
    if (!waiting_with || !has_not_locked((const void *)waiting_with))
        return;
    if (write(STDERR_FILENO, stuck_message, strlen(stuck_message)) < 0)
        _exit(EXIT_BLOCKED);
    if (atomic_load(stopped_by))
        die_by_signal(atomic_load(stopped_by));
    _exit(EXIT_BLOCKED);
}

static void prepare_stuck(const struct loop *loop)
{
    const char *segment = loop->options->segment.shown, *cond = loop->cond.spec.name;
    stopped_by = &loop->watcher.stopped;
    snprintf(stuck_message, sizeof stuck_message,
             "shmsync: %.300s: %s: stuck: a process was killed or gave up while it held the lock "
             "inside it, and no waiter can leave\n"
             "hint: create it again: shmsync destroy --force %.300s %s; shmsync init %.300s "
             "cond:%s\n",
             segment, cond, segment, cond, segment, cond);
}

/* Makes the call, which may not return. Returns its errno, 0 for none. */
static int call_wait(const struct loop *loop)
{
    const struct sigaction action = {.sa_handler = end_stuck};
    const struct wait_limit *limit = &loop->options->limit;
    struct sigaction before;
    prepare_stuck(loop);
    sigaction(END_SIGNAL, &action, &before);
    waiting_with = loop->mutex.at;
    const int result = calls_cond_wait(loop->cond.spec.name, loop->cond.at, loop->mutex.spec.name,
                                       loop->mutex.at, limit->timed ? &limit->deadline : NULL);
    const int error = result ? errno : 0;
    waiting_with = NULL;
    sigaction(END_SIGNAL, &before, NULL);
    return error;
}

/*
 * Waits once. The mutex is held before and after, and free during the wait: pthread_cond_wait(3)
 * releases it and begins to sleep as one step for every process that locks the mutex, so that no
 * wake-up is lost between the look at EXPR and the sleep.
 */
static void wait_once(struct loop *loop)
{
    const struct pshared *pshared = &loop->options->segment.pshared;
    pshared_set_holder(pshared, &loop->mutex, 0);
    loop->error = call_wait(loop);
    if (loop->error == EOWNERDEAD) {
        make_consistent(loop, pshared_holder(pshared, &loop->mutex));
        loop->error = 0;
    }
    if (!loop->error &&
        (!pshared_is_current(pshared, &loop->cond) || !pshared_is_current(pshared, &loop->mutex)))
        loop->error = EIDRM;
    pshared_set_holder(pshared, &loop->mutex, gettid());
}

/*
 * Waits until EXPR is true, with --once at most one time. The mutex is held whenever EXPR is
 * evaluated, so it is still true when the loop ends for it.
 */
static void wait_until(struct loop *loop)
{
    const struct wait_options *options = loop->options;
    bool waited = false, is_true = condition_is_true(loop);
    while (!is_true && !loop->error && !is_stopped(loop) && !(options->once && waited)) {
        wait_once(loop);
        waited = true;
        is_true = condition_is_true(loop);
    }
    if (is_true && loop->error == ETIMEDOUT) /* it became true at the last moment */
        loop->error = 0;
    if (waited && options->until_text && !is_true && !loop->error && !is_stopped(loop))
        report_note("%s: woken, but %s is false: a spurious wake-up, or another process was faster",
                    sync_subject(&options->segment, &loop->cond), options->until_text);
}

/* Reports why the wait ended without success. Returns the exit status, FAILED in most cases. */
static int wait_failed(const struct loop *loop, int failed)
{
    const struct sync_segment *segment = &loop->options->segment;
    if (loop->error == EIDRM) {
        report_note("%s: it or the mutex was destroyed during the wait",
                    sync_subject(segment, &loop->cond));
        return failed;
    }
    return sync_refused(segment, &loop->cond) == EXIT_BLOCKED ? EXIT_BLOCKED : failed;
}

/* With the mutex held. */
static int wait_and_run(struct loop *loop)
{
    const struct wait_options *options = loop->options;
    const int failed = options->command ? CHILD_FAILED : EXIT_REFUSED;
    const struct timespec *deadline = options->limit.timed ? &options->limit.deadline : NULL;
    if ((errno = start_watcher(&loop->watcher, &loop->cond, deadline))) {
        report_error("wait", "start a thread");
        return failed;
    }
    wait_until(loop);
    end_watcher(&loop->watcher);
    if (is_stopped(loop)) {
        if (loop->error == ENOTRECOVERABLE) /* the mutex is not held */
            die_by_signal(atomic_load(&loop->watcher.stopped));
        raise(atomic_load(&loop->watcher.stopped)); /* pending until the mutex is unlocked */
        return failed;
    }
    if (loop->error)
        return wait_failed(loop, failed);
    return options->command ? run_while_locked(&options->segment, options->command) : EXIT_DONE;
}

static int do_wait(const struct wait_options *options)
{
    struct loop loop = {.options = options};
    const struct sync_segment *segment = &options->segment;
    const int failed = options->command ? CHILD_FAILED : EXIT_REFUSED;
    pid_t dead;
    if (sync_find(segment, options->cond_name, PSHARED_COND, &loop.cond) ||
        sync_find(segment, options->mutex_name, PSHARED_MUTEX, &loop.mutex))
        return failed;
    const int error = lock_mutex(segment, &loop.mutex, &options->limit, &dead);
    if (error == EIDRM)
        return failed;
    if (error && error != EOWNERDEAD)
        return sync_refused(segment, &loop.mutex) == EXIT_BLOCKED ? EXIT_BLOCKED : failed;
    if (error)
        make_consistent(&loop, dead);
    int status = wait_and_run(&loop);
    if (loop.error != ENOTRECOVERABLE && unlock_mutex(segment, &loop.mutex)) {
        report_refused(sync_subject(segment, &loop.mutex));
        status = failed;
    }
    return status;
}

/* --- the command line --- */

OPTION_SETTER(struct wait_options, set_until)
{
    options->until_text = argument;
    return condition_parse(argument, &options->until);
}

static const struct cli_option wait_table[] = {
    OPTION(0, "until", "=EXPR", set_until,
           "TYPE@OFFSET OP VALUE: OP is == != < <= > >=, TYPE and VALUE are those of shmattach; "
           "OFFSET counts from the data area, whose place shmsync stat --data prints"),
    OPTION_FLAG(0, "once", struct wait_options, once,
                "a mistake to learn from: wait at most once, and then go on even if EXPR is false"),
    OPTION_INCLUDE(timeout_options, struct wait_options, limit),
    OPTION_STANDARD,
    {0},
};

static const struct usage wait_usage = {
    .name = "shmsync wait",
    .operands = "SEGMENT COND MUTEX --until=EXPR [-- COMMAND [ARG...]]",
    .summary = "Lock MUTEX; while EXPR is false, wait for COND; run COMMAND, if there is one, with "
               "MUTEX still locked; unlock MUTEX.",
    .options = wait_table,
    .command_help = "run it; IPCLAB_SEGMENT is SEGMENT, IPCLAB_DATA the offset of its data area",
    .example = "shmsync wait 5 c m --until='u32@0 > 0' -- sh -c 'echo there is one'",
};

static int parse(int argc, char *argv[], struct wait_options *options)
{
    struct operands operands;
    const char *rule;
    const int status = options_parse(&wait_usage, argc, argv, options, &operands);
    if (status >= 0)
        return status;
    if (!options->until_text && !options->once)
        return report_usage("--until", "missing: what to wait for (--once waits for any wake-up)");
    if ((rule = sync_parse(operands.items[0], &options->segment)))
        return report_usage(operands.items[0], rule);
    for (int i = 1; i < 3; i++)
        if ((rule = pshared_check_name(operands.items[i])))
            return report_usage(operands.items[i], rule);
    options->cond_name = operands.items[1];
    options->mutex_name = operands.items[2];
    options->command = operands.command;
    return -1;
}

int shmsync_wait(int argc, char *argv[])
{
    struct wait_options options = {0};
    int status = parse(argc, argv, &options);
    if (status >= 0)
        return status;
    wait_limit_start(&options.limit);
    status = sync_open(&options.segment, OPEN_WRITE);
    if (status == EXIT_DONE && options.until_text &&
        !condition_fits(&options.until, sync_data_size(&options.segment)))
        status = report_usage(options.until_text, "outside the data area; see shmsync stat");
    else if (status == EXIT_DONE)
        status = do_wait(&options);
    else if (options.command)
        status = CHILD_FAILED;
    sync_close(&options.segment);
    return status;
}
