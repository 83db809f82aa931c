/*
 * shmsync-take.c - taking a lock so that no signal ends us with it.
 *
 * pthread_mutex_lock(3) is not interrupted by signals: a handler runs, and the wait goes on. One
 * who waits holds nothing and may just end, which is what should happen on Ctrl-C; one who has got
 * the mutex must give it back first. Between the two is the moment in which the C library has it
 * for us and has not said so. So the handler looks at the mutex itself: the thread that it
 * interrupts stands still meanwhile, so what the handler sees cannot change under it.
 */
#include "config.h"

#include "shmsync/shmsync.h"

#include "lib/calls/calls_pthread.h"
#include "lib/base/deadline.h"
#include "lib/pshared/glibc_layout.h"
#include "lib/cli/report.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

static const int stoppers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
#define STOPPERS (sizeof stoppers / sizeof *stoppers)

static sigset_t mask_before;
static bool has_mask;

/* For the handler: what is being taken, and which signal came. */
static const void *volatile wanted;
static volatile sig_atomic_t stopped_by;

/* One that is ignored, as a shell's background job ignores SIGINT, stays so: it ends nobody. */
void take_fill(sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < STOPPERS; i++) {
        struct sigaction now;
        if (sigaction(stoppers[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
            sigaddset(set, stoppers[i]);
    }
}

const sigset_t *take_mask(void)
{
    return has_mask ? &mask_before : NULL;
}

static void keep_waiting(void)
{
    sigset_t set;
    take_fill(&set);
    sigprocmask(SIG_BLOCK, &set, has_mask ? NULL : &mask_before);
    has_mask = true;
}

/* Whatever came meanwhile comes now, with its default action. */
static void let_through(void)
{
    if (has_mask)
        sigprocmask(SIG_SETMASK, &mask_before, NULL);
    has_mask = false;
}

/* HANDLER for the signals that end the program; one that is ignored stays so. */
static void handle(void (*handler)(int))
{
    for (size_t i = 0; i < STOPPERS; i++) {
        struct sigaction before, action = {.sa_handler = handler, .sa_flags = SA_RESTART};
        for (size_t k = 0; k < STOPPERS; k++)
            sigaddset(&action.sa_mask, stoppers[k]);
        if (sigaction(stoppers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(stoppers[i], &action, NULL);
    }
}

/* Ends as the signal would have ended us. */
static void end_by(int signal_number)
{
    sigset_t set;
    signal(signal_number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, signal_number);
    raise(signal_number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void look_again(int microseconds)
{
    const struct itimerval soon = {.it_value = {0, microseconds}};
    setitimer(ITIMER_REAL, &soon, NULL);
}

/*
 * Is the mutex ours, not ours, or can it not be told yet? Where the word itself has the TID, it
 * decides. In another, glibc takes the word first and then writes the owner down, and erases it
 * before it gives the word back: locked and owned by nobody can be us between the two steps, or
 * somebody else; locked and owned by another is not us.
 */
static int whose(const void *mutex)
{
    struct layout_mutex now;
    layout_mutex(mutex, &now);
    if (now.state == LAYOUT_LOCKED && now.owner == gettid())
        return 1;
    return now.state == LAYOUT_LOCKED && now.owner == 0 && !now.exact ? 0 : -1;
}

/* Runs on a stopper, and on SIGALRM to look again. Only calls that a handler may make;
 * layout_known() was tried before. */
static void stop(int signal_number)
{
    const int error = errno;
    if (signal_number != SIGALRM)
        stopped_by = signal_number;
    const int owner = wanted ? whose((const void *)wanted) : 1;
    if (stopped_by && owner < 0)
        end_by(stopped_by);
    if (stopped_by && owner == 0)
        look_again(1000);
    errno = error;
}

void patience_begin(struct patience *patience)
{
    if (patience->timed)
        patience->deadline = deadline_in(&patience->timeout);
}

static int lock(const struct pshared_object *mutex, const struct patience *patience)
{
    if (patience->try)
        return calls_object(CALL_PTHREAD_MUTEX_TRYLOCK, mutex->spec.name, mutex->at);
    if (patience->timed)
        return calls_object_until(CALL_PTHREAD_MUTEX_CLOCKLOCK, mutex->spec.name, mutex->at,
                                  &patience->deadline);
    return calls_mutex_lock(mutex->spec.name, mutex->at);
}

/* A mutex that is not robust and whose owner is gone will never be had: that is worth saying before
 * the wait. */
static void warn_of_dead(const struct space *space, const struct pshared_object *mutex,
                         const struct patience *patience)
{
    struct layout_mutex now;
    layout_mutex(mutex->at, &now);
    if (patience->try || patience->timed || now.state != LAYOUT_LOCKED || !now.owner ||
        mutex->spec.flags & PSHARED_ROBUST || kill(now.owner, 0) == 0 || errno != ESRCH)
        return;
    report_note("%s: its owner, task %d, is gone, and it is not robust: this waits for ever",
                space_subject(space, mutex), now.owner);
}

/* Who died? The note that shmsync leaves beside a mutex outlives him; else what the mutex had
 * before we took it. */
static pid_t owner_before(const struct space *space, const struct pshared_object *mutex)
{
    struct layout_mutex before;
    const pid_t noted = pshared_holder(&space->pshared, mutex);
    layout_mutex(mutex->at, &before);
    return noted ? noted : before.owner;
}

/* The mutex was destroyed while we waited for it: what we have locked is an empty place. */
static int gone(const struct space *space, const struct pshared_object *mutex)
{
    report_note("%s: it was destroyed meanwhile", space_subject(space, mutex));
    let_through();
    return EIDRM;
}

int take_mutex(const struct space *space, const struct pshared_object *mutex,
               const struct patience *patience, pid_t *dead)
{
    layout_known(); /* not for the first time in the handler */
    warn_of_dead(space, mutex, patience);
    struct sigaction alarm = {.sa_handler = stop, .sa_flags = SA_RESTART}, alarm_before;
    take_fill(&alarm.sa_mask);
    sigaction(SIGALRM, &alarm, &alarm_before);
    const pid_t before = owner_before(space, mutex);
    wanted = mutex->at;
    handle(stop);
    int error = lock(mutex, patience) ? errno : 0;
    keep_waiting();
    handle(SIG_DFL);
    wanted = NULL;
    look_again(0);
    sigaction(SIGALRM, &alarm_before, NULL);
    const bool held = !error || error == EOWNERDEAD;
    const pid_t noted = held ? pshared_holder(&space->pshared, mutex) : 0;
    if (dead)
        *dead = noted ? noted : before;
    if (held && !pshared_is_current(&space->pshared, mutex)) {
        calls_mutex_unlock(mutex->spec.name, mutex->at);
        error = gone(space, mutex);
    } else if (held) {
        pshared_set_holder(&space->pshared, mutex, gettid());
    } else {
        let_through();
    }
    if (stopped_by) { /* it came when we had it already, or had just failed to get it */
        if (held && error != EIDRM)
            give_mutex(space, mutex);
        end_by(stopped_by);
    }
    return error;
}

int give_mutex(const struct space *space, const struct pshared_object *mutex)
{
    pshared_set_holder(&space->pshared, mutex, 0);
    const int result = calls_mutex_unlock(mutex->spec.name, mutex->at);
    const int error = errno;
    let_through();
    errno = error;
    return result;
}

/*
 * An rwlock does not record who reads, so no handler could tell whether we do. Signals are kept
 * waiting instead, and the wait is cut into slices, after each of which one that has come is let
 * through: nothing is held then.
 */
int take_rwlock(const struct pshared_object *rwlock, const struct rwlock_calls *calls,
                const struct patience *patience)
{
    static const struct timespec quarter = {0, 250000000};
    keep_waiting();
    int error = calls_object(calls->try, rwlock->spec.name, rwlock->at) ? errno : 0;
    while (error && !patience->try && (error == EBUSY || error == ETIMEDOUT)) {
        sigset_t set, pending;
        struct timespec until = deadline_in(&quarter);
        const bool last = patience->timed && deadline_before(&patience->deadline, &until);
        take_fill(&set);
        error = calls_object_until(calls->until, rwlock->spec.name, rwlock->at,
                                   last ? &patience->deadline : &until)
                    ? errno
                    : 0;
        sigpending(&pending);
        for (size_t i = 0; error == ETIMEDOUT && i < STOPPERS; i++)
            if (sigismember(&pending, stoppers[i]))
                let_through(), keep_waiting();
        if (last)
            break;
    }
    if (error)
        let_through();
    return error;
}

int give_rwlock(const struct pshared_object *rwlock)
{
    const int result = calls_object(CALL_PTHREAD_RWLOCK_UNLOCK, rwlock->spec.name, rwlock->at);
    const int error = errno;
    let_through();
    errno = error;
    return result;
}

void tell_owner_died(const struct space *space, const struct pshared_object *mutex, pid_t dead)
{
    char who[40] = "its owner";
    if (dead)
        snprintf(who, sizeof who, "its owner, task %d,", dead);
    report_note("%s: %s died while holding it (EOWNERDEAD): what it guards may be half changed",
                space_subject(space, mutex), who);
}
