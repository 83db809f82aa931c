/* SPDX-License-Identifier: MIT */
/*
 * wait.c - shmsync wait: waits for a condition variable, in the loop that every such wait needs.
 */
#include "config.h"

#include "shmsync/shmsync.h"

#include "lib/base/condition.h"
#include "lib/calls/calls_pthread.h"
#include "lib/cli/options.h"
#include "lib/cli/report.h"
#include "lib/run/child.h"
#include "lib/run/signals.h"
#include "shmsync/lock_mutex.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
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
 * the signals are blocked, and a thread takes them: it notes that the program is to stop, and wakes
 * the main thread by a broadcast. To other waiters that is a spurious wake-up, which POSIX allows
 * and their loops expect.
 *
 * No stop is lost. The main thread reads `stopped' with the mutex held before each wait. The
 * watcher does not hold the mutex, whose holder may never release it, so its broadcast may come
 * between that read and the wait: it repeats the broadcast until `done'. A second signal ends the
 * program at once.
 */
struct watcher {
    pthread_t thread;
    pthread_cond_t *cond;
    atomic_int stopped; /* the signal, 0 for none */
    atomic_bool done;
};

#define DONE_SIGNAL SIGRTMIN /* wakes the watcher to look at `done' */

/* Returns the next signal of SET, or 0 when PAUSE has passed. */
static int next_signal(const sigset_t *set, const struct timespec *pause)
{
    const int number = sigtimedwait(set, NULL, pause);
    return number > 0 && number != DONE_SIGNAL ? number : 0;
}

static void *watch(void *arg)
{
    struct watcher *watcher = arg;
    struct timespec pause = {3600, 0};
    sigset_t set;
    fatal_signals(&set);
    sigaddset(&set, DONE_SIGNAL);
    while (!atomic_load(&watcher->done)) {
        const int number = next_signal(&set, &pause);
        if (number && atomic_load(&watcher->stopped))
            die_by_signal(number);
        if (number) {
            atomic_store(&watcher->stopped, number);
            pause = (struct timespec){0, 5000000};
        }
        if (atomic_load(&watcher->stopped) && !atomic_load(&watcher->done))
            pthread_cond_broadcast(watcher->cond);
    }
    return NULL;
}

/* With the fatal signals blocked. Returns 0, or an errno. */
static int start_watcher(struct watcher *watcher, const struct pshared_object *cond)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, DONE_SIGNAL);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    *watcher = (struct watcher){.cond = cond->at};
    return pthread_create(&watcher->thread, NULL, watch, watcher);
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

/*
 * Waits once. The mutex is held before and after, and free during the wait: pthread_cond_wait(3)
 * releases it and begins to sleep as one step for every process that locks the mutex, so that no
 * wake-up is lost between the look at EXPR and the sleep.
 */
static void wait_once(struct loop *loop)
{
    const struct wait_limit *limit = &loop->options->limit;
    const struct pshared *pshared = &loop->options->segment.pshared;
    pshared_set_holder(pshared, &loop->mutex, 0);
    const int result = calls_cond_wait(loop->cond.spec.name, loop->cond.at, loop->mutex.spec.name,
                                       loop->mutex.at, limit->timed ? &limit->deadline : NULL);
    loop->error = result ? errno : 0;
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
    if ((errno = start_watcher(&loop->watcher, &loop->cond))) {
        report_error("wait", "start a thread");
        return failed;
    }
    wait_until(loop);
    end_watcher(&loop->watcher);
    if (is_stopped(loop)) {
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
