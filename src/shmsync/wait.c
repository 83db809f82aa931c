/*
 * shmsync-wait.c - shmsync wait: a condition variable, and the loop of the books around it.
 */
#include "config.h"

#include "shmsync/shmsync.h"

#include "lib/calls/calls_pthread.h"
#include "lib/run/child.h"
#include "lib/base/condition.h"
#include "lib/cli/report.h"

#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "Usage: shmsync wait [options] SEGMENT COND MUTEX --until=EXPR [-- COMMAND]\n"
    "Lock MUTEX; while EXPR does not hold, wait for COND; then run COMMAND, if any,\n"
    "with MUTEX still held (it gets IPCLAB_SEGMENT and IPCLAB_DATA); unlock.\n"
    "\n"
    "      --until=EXPR        TYPE@OFFSET OP VALUE: OP is == != < <= > >=, TYPE and\n"
    "                          VALUE are those of shmattach; OFFSET counts from\n"
    "                          the data area (which shmsync stat --data tells)\n"
    "      --once              the mistake: wait once if EXPR does not hold, then go\n"
    "                          on, whether it does or not\n"
    "  -t, --timeout=DURATION  wait no longer in all: exit 124\n"
    "      --calls, --help\n"
    "\n"
    "Example: shmsync wait 5 c m --until='u32@0 > 0' -- sh -c 'echo there is one'\n";

struct wait_options {
    struct space space;
    struct patience patience;
    bool once;
    const char *until_text;
    struct condition until;
    const char *cond_name, *mutex_name;
    char **command;
};

/* --- a wait that a signal ends --- */

/*
 * A waiter must not just end: it would stay counted in the condition variable, and glibc waits for
 * those that are counted (see BUGS in shmsync(1)). And pthread_cond_wait(3) is not interrupted by
 * signals. So the signals are blocked, and a thread of its own takes them: it notes that we are to
 * stop, and wakes us with a broadcast. To others that is a spurious wake-up, which POSIX allows and
 * their loops see to.
 *
 * No stop is lost: main looks at `stopped' with the mutex held before each wait. The broadcast may
 * still come between that look and the wait, for the watcher does not hold the mutex (who does may
 * never give it back). So it is repeated until main says that it is done. A second signal ends the
 * program at once.
 */
struct watcher {
    pthread_t thread;
    pthread_cond_t *cond;
    atomic_int stopped; /* the signal, 0 for none */
    atomic_bool done;
};

#define DONE_SIGNAL SIGRTMIN

static void *watch(void *arg)
{
    struct watcher *watcher = arg;
    struct timespec pause = {3600, 0};
    sigset_t set;
    take_fill(&set);
    sigaddset(&set, DONE_SIGNAL);
    while (!atomic_load(&watcher->done)) {
        const int signal_number = sigtimedwait(&set, NULL, &pause);
        if (signal_number > 0 && signal_number != DONE_SIGNAL) {
            if (atomic_load(&watcher->stopped)) {
                signal(signal_number, SIG_DFL);
                pthread_sigmask(SIG_UNBLOCK, &set, NULL);
                raise(signal_number);
            }
            atomic_store(&watcher->stopped, signal_number);
            pause = (struct timespec){0, 5000000};
        }
        if (atomic_load(&watcher->stopped) && !atomic_load(&watcher->done))
            pthread_cond_broadcast(watcher->cond);
    }
    return NULL;
}

/* The stoppers are blocked already. 0, or an errno. */
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
    int error; /* of the wait; 0: none */
};

static bool holds(const struct loop *loop)
{
    const struct space *space = &loop->options->space;
    return loop->options->until_text &&
           condition_holds(&loop->options->until, space_data(space), space_data_size(space));
}

/* Takes over from an owner who died, as the mutex is to be used again. */
static void take_over(const struct loop *loop, pid_t dead)
{
    tell_owner_died(&loop->options->space, &loop->mutex, dead);
    calls_object(CALL_PTHREAD_MUTEX_CONSISTENT, loop->mutex.spec.name, loop->mutex.at);
}

/*
 * Once; the mutex is held before and after, and free meanwhile. That the two are one step, for all
 * who take the mutex, is what makes that no wake-up is lost between the look at EXPR and the wait.
 */
static void wait_once(struct loop *loop)
{
    const struct patience *patience = &loop->options->patience;
    const struct space *space = &loop->options->space;
    pshared_set_holder(&space->pshared, &loop->mutex, 0);
    const int result =
        calls_cond_wait(loop->cond.spec.name, loop->cond.at, loop->mutex.spec.name, loop->mutex.at,
                        patience->timed ? &patience->deadline : NULL);
    loop->error = result ? errno : 0;
    if (loop->error == EOWNERDEAD) {
        take_over(loop, pshared_holder(&space->pshared, &loop->mutex));
        loop->error = 0;
    }
    if (!loop->error && (!pshared_is_current(&space->pshared, &loop->cond) ||
                         !pshared_is_current(&space->pshared, &loop->mutex)))
        loop->error = EIDRM;
    pshared_set_holder(&space->pshared, &loop->mutex, gettid());
}

static void wait_until(struct loop *loop)
{
    bool waited = false;
    while (!holds(loop) && !loop->error && !atomic_load(&loop->watcher.stopped)) {
        if (loop->options->once && waited)
            break;
        wait_once(loop);
        waited = true;
    }
    if (loop->error == ETIMEDOUT &&
        holds(loop)) /* it came true in the last moment: the wait was long, not in vain */
        loop->error = 0;
    if (waited && loop->options->once && loop->options->until_text && !loop->error &&
        !holds(loop) && !atomic_load(&loop->watcher.stopped))
        report_note("%s: woken, and %s does not hold: a spurious wake-up, or another was faster",
                    space_subject(&loop->options->space, &loop->cond), loop->options->until_text);
}

/* With the mutex held. */
static int wait_and_run(struct loop *loop)
{
    const struct space *space = &loop->options->space;
    const int failed = loop->options->command ? CHILD_FAILED : EXIT_REFUSED;
    if ((errno = start_watcher(&loop->watcher, &loop->cond))) {
        report_error("wait", "start a thread");
        return failed;
    }
    wait_until(loop);
    end_watcher(&loop->watcher);
    if (atomic_load(&loop->watcher.stopped)) {
        raise(atomic_load(&loop->watcher.stopped)); /* it waits until the mutex is given back */
        return failed;
    }
    if (loop->error == EIDRM) {
        report_note("%s: it, or the mutex, was destroyed meanwhile",
                    space_subject(space, &loop->cond));
        return failed;
    }
    if (loop->error) {
        errno = loop->error;
        return space_refused(space, &loop->cond) == EXIT_BLOCKED ? EXIT_BLOCKED : failed;
    }
    return loop->options->command ? space_run(space, loop->options->command) : EXIT_DONE;
}

static int do_wait(const struct wait_options *options)
{
    struct loop loop = {.options = options};
    const struct space *space = &options->space;
    const int failed = options->command ? CHILD_FAILED : EXIT_REFUSED;
    pid_t dead;
    if (space_find(space, options->cond_name, PSHARED_COND, &loop.cond) ||
        space_find(space, options->mutex_name, PSHARED_MUTEX, &loop.mutex))
        return failed;
    const int error = take_mutex(space, &loop.mutex, &options->patience, &dead);
    if (error && error != EOWNERDEAD)
        return error == EIDRM                                      ? failed
               : space_refused(space, &loop.mutex) == EXIT_BLOCKED ? EXIT_BLOCKED
                                                                   : failed;
    if (error)
        take_over(&loop, dead);
    int status = wait_and_run(&loop);
    if (loop.error != ENOTRECOVERABLE && give_mutex(space, &loop.mutex)) {
        report_refused(space_subject(space, &loop.mutex));
        status = failed;
    }
    return status;
}

/* --- the command line --- */

enum { OPT_UNTIL = OPT_FIRST_FREE, OPT_ONCE };

static int parse_options(int argc, char *argv[], struct wait_options *options)
{
    static const struct option long_options[] = {{"until", required_argument, NULL, OPT_UNTIL},
                                                 {"once", no_argument, NULL, OPT_ONCE},
                                                 {"timeout", required_argument, NULL, 't'},
                                                 REPORT_OPTIONS};
    int option, status;
    while ((option = getopt_long(argc, argv, ":t:", long_options, NULL)) != -1) {
        const char *rule = NULL;
        if (option == OPT_UNTIL) {
            options->until_text = optarg;
            rule = condition_parse(optarg, &options->until);
        } else if (option == OPT_ONCE) {
            options->once = true;
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

static int parse_operands(char *operands[], int count, struct wait_options *options)
{
    static const char *const names[] = {"SEGMENT", "COND", "MUTEX"};
    const char *rule;
    if (count < 3)
        return report_usage(names[count], "it is missing; see shmsync wait --help");
    if (count > 3)
        return report_usage(operands[3], "too much: COMMAND stands behind --");
    if (options->command && !options->command[0])
        return report_usage("--", "COMMAND is missing behind it");
    if (!options->until_text && !options->once)
        return report_usage("--until",
                            "it is missing: what is waited for? (--once waits for any wake-up)");
    if ((rule = space_parse(operands[0], &options->space)))
        return report_usage(operands[0], rule);
    for (int i = 1; i < 3; i++)
        if ((rule = pshared_check_name(operands[i])))
            return report_usage(operands[i], rule);
    options->cond_name = operands[1];
    options->mutex_name = operands[2];
    return -1;
}

int shmsync_wait(int argc, char *argv[])
{
    struct wait_options options = {0};
    char **operands;
    report_help(help);
    const int dashes = child_dashes(argc, argv);
    char *const separator = argv[dashes];
    argv[dashes] = NULL;
    int status = parse_options(dashes, argv, &options);
    argv[dashes] = separator;
    if (status >= 0)
        return status;
    const int count = child_split(argc, argv, dashes, optind, &operands, &options.command);
    if ((status = parse_operands(operands, count, &options)) >= 0)
        return status;
    patience_begin(&options.patience);
    status = space_open(&options.space, OPEN_WRITE);
    if (status == EXIT_DONE && options.until_text &&
        !condition_fits(&options.until, space_data_size(&options.space)))
        status =
            report_usage(options.until_text, "it is not inside the data area; see shmsync stat");
    else if (status == EXIT_DONE)
        status = do_wait(&options);
    else if (options.command)
        status = CHILD_FAILED;
    space_close(&options.space);
    return status;
}
