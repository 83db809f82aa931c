/* SPDX-License-Identifier: MIT */
/*
 * lock_mutex.c - see lock_mutex.h.
 *
 * No signal interrupts pthread_mutex_lock(3): a handler runs, and the wait goes on. A waiter holds
 * nothing and may simply end, as it should on Ctrl-C; a holder must unlock the mutex first. Between
 * the two is a moment in which the C library has locked the mutex but has not returned. So the
 * handler looks at the mutex itself. The thread that it interrupts stands still while it runs, so
 * this thread locks and unlocks nothing in the meantime.
 */
#include "config.h"

#include "shmsync/lock_mutex.h"

#include "lib/base/deadline.h"
#include "lib/calls/calls_pthread.h"
#include "lib/cli/report.h"
#include "lib/pshared/glibc_layout.h"
#include "lib/pshared/owner.h"
#include "lib/run/child.h"
#include "lib/run/signals.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

/* --- signals while a lock is held --- */

static sigset_t mask_before;
static bool has_mask; /* the signals are blocked, and MASK_BEFORE is the mask to restore */

void fatal_signals(sigset_t *set)
{
    fill_signals(SIGNALS_STOP, set);
    for (int number = 1; number <= SIGRTMAX; number++) {
        struct sigaction now;
        if (sigismember(set, number) == 1 && sigaction(number, NULL, &now) == 0 &&
            now.sa_handler == SIG_IGN)
            sigdelset(set, number);
    }
}

static void block_fatal_signals(void)
{
    sigset_t set;
    fatal_signals(&set);
    sigprocmask(SIG_BLOCK, &set, has_mask ? NULL : &mask_before);
    has_mask = true;
}

/* A signal that came in between ends the program here. */
static void unblock_fatal_signals(void)
{
    if (has_mask)
        sigprocmask(SIG_SETMASK, &mask_before, NULL);
    has_mask = false;
}

/* --- waiting for a mutex --- */

enum mutex_ownership {
    MUTEX_OURS,
    MUTEX_NOT_OURS,
    MUTEX_UNDECIDED, /* perhaps ours: to be seen in a moment */
};

/*
 * Does this thread hold the mutex? Where the futex word itself is the owner's TID, the word
 * decides. In other mutexes glibc acquires the word first and then writes the owner down, and
 * erases the owner before it releases the word: locked with no owner may be this thread between the
 * two steps, or another one; locked by another owner is not this thread.
 */
static enum mutex_ownership mutex_ownership(const void *mutex)
{
    struct layout_mutex now;
    layout_mutex(mutex, &now);
    if (now.state != LAYOUT_LOCKED)
        return MUTEX_NOT_OURS;
    if (now.owner == gettid())
        return MUTEX_OURS;
    return now.owner == 0 && !now.exact ? MUTEX_UNDECIDED : MUTEX_NOT_OURS;
}

bool has_not_locked(const void *mutex)
{
    return layout_known() && mutex_ownership(mutex) == MUTEX_NOT_OURS;
}

/* For the handlers: the mutex that lock_mutex() waits for; the fatal signal that came; whether our
 * timer runs, and whether no other SIGALRM counts, because it was ignored before. */
static const void *volatile wanted;
static volatile sig_atomic_t stopped_by, rechecking, alarm_ignored;

/* 0 stops the timer. */
static void arm_recheck_timer(int microseconds)
{
    const struct itimerval timer = {.it_value = {0, microseconds}};
    rechecking = microseconds != 0;
    setitimer(ITIMER_REAL, &timer, NULL);
}

/* In the handlers: makes only calls that a handler may make (signal-safety(7)); layout_known() has
 * done the rest. */
static void end_unless_ours(void)
{
    if (stopped_by && wanted)
        switch (mutex_ownership((const void *)wanted)) {
        case MUTEX_NOT_OURS: die_by_signal(stopped_by); break;
        case MUTEX_UNDECIDED: arm_recheck_timer(1000); break;
        case MUTEX_OURS: break; /* lock_mutex() returns, unlocks it and ends */
        }
}

/* Of the fatal signals but SIGALRM. */
static void on_fatal(int signal_number)
{
    const int error = errno;
    stopped_by = signal_number;
    end_unless_ours();
    errno = error;
}

/* Our timer's SIGALRM is the kernel's; any other one is fatal. */
static void on_alarm(int signal_number, siginfo_t *info, void *context)
{
    const int error = errno;
    (void)context;
    if (!alarm_ignored && (!rechecking || info->si_code != SI_KERNEL))
        stopped_by = signal_number;
    end_unless_ours();
    errno = error;
}

/* From here until end_wait(), a fatal signal ends the program unless it has MUTEX. */
static void begin_wait(const void *mutex, struct sigaction *alarm_before)
{
    struct sigaction action = {.sa_sigaction = on_alarm, .sa_flags = SA_RESTART | SA_SIGINFO};
    fatal_signals(&action.sa_mask);
    wanted = mutex;
    sigaction(SIGALRM, NULL, alarm_before);
    install_handler(SIGNALS_STOP, on_fatal, SA_RESTART);
    alarm_ignored = alarm_before->sa_handler == SIG_IGN;
    sigaction(SIGALRM, &action, NULL);
}

/*
 * The signals are blocked before the handlers go: none finds its default action. Our timer may have
 * ended since: its SIGALRM, which is pending then, must not end the program later.
 */
static void end_wait(const struct sigaction *alarm_before)
{
    const struct timespec at_once = {0, 0};
    sigset_t alarms;
    siginfo_t info;
    block_fatal_signals();
    if (rechecking) {
        arm_recheck_timer(0);
        sigemptyset(&alarms);
        sigaddset(&alarms, SIGALRM);
        if (sigtimedwait(&alarms, &info, &at_once) == SIGALRM && info.si_code != SI_KERNEL &&
            !alarm_ignored)
            stopped_by = SIGALRM;
    }
    install_handler(SIGNALS_STOP, SIG_DFL, 0);
    wanted = NULL;
    sigaction(SIGALRM, alarm_before, NULL);
}

static int call_lock(const struct pshared_object *mutex, const struct wait_limit *limit)
{
    if (limit->try)
        return calls_object(CALL_PTHREAD_MUTEX_TRYLOCK, mutex->spec.name, mutex->at);
    if (limit->timed)
        return calls_object_until(CALL_PTHREAD_MUTEX_CLOCKLOCK, mutex->spec.name, mutex->at,
                                  &limit->deadline);
    return calls_mutex_lock(mutex->spec.name, mutex->at);
}

/* --- owners who died --- */

/* Nothing will ever unlock a mutex that is not robust and whose owner is gone: a warning before the
 * wait. */
static void warn_dead_owner(const struct sync_segment *segment, const struct pshared_object *mutex,
                            const struct wait_limit *limit)
{
    struct layout_mutex now;
    struct pshared_owner owner;
    layout_mutex(mutex->at, &now);
    if (limit->try || limit->timed || now.state != LAYOUT_LOCKED || !now.owner ||
        mutex->spec.flags & PSHARED_ROBUST)
        return;
    pshared_find_owner_at(mutex->at, now.owner, &owner);
    if (owner.life == PROCFS_GONE)
        report_note(
            "%s: its owner, task %d, is gone, and the mutex is not robust: this waits for ever",
            sync_subject(segment, mutex), now.owner);
}

/* The owner before us: by the note that shmsync keeps beside a mutex and that outlives the owner,
 * otherwise by the mutex itself. */
static pid_t owner_before(const struct sync_segment *segment, const struct pshared_object *mutex)
{
    struct layout_mutex before;
    const pid_t noted = pshared_holder(&segment->pshared, mutex);
    layout_mutex(mutex->at, &before);
    return noted ? noted : before.owner;
}

void report_owner_died(const struct sync_segment *segment, const struct pshared_object *mutex,
                       pid_t dead)
{
    char who[40] = "its owner";
    if (dead)
        snprintf(who, sizeof who, "its owner, task %d,", dead);
    report_note("%s: %s died while holding it (EOWNERDEAD): what it protects may be half updated",
                sync_subject(segment, mutex), who);
}

/* --- locking and unlocking --- */

static bool is_held(int error)
{
    return !error || error == EOWNERDEAD;
}

/*
 * The mutex is locked: notes that we hold it. If it was destroyed during the wait, what is locked
 * is an empty slot: unlocks it, reports that, and returns false.
 */
static bool note_holder(const struct sync_segment *segment, const struct pshared_object *mutex)
{
    if (pshared_is_current(&segment->pshared, mutex)) {
        pshared_set_holder(&segment->pshared, mutex, gettid());
        return true;
    }
    calls_mutex_unlock(mutex->spec.name, mutex->at);
    report_note("%s: was destroyed during the wait", sync_subject(segment, mutex));
    return false;
}

int lock_mutex(const struct sync_segment *segment, const struct pshared_object *mutex,
               const struct wait_limit *limit, pid_t *dead)
{
    struct sigaction alarm_before;
    layout_known(); /* not for the first time in the handler */
    warn_dead_owner(segment, mutex, limit);
    *dead = owner_before(segment, mutex);
    begin_wait(mutex->at, &alarm_before);
    int error = call_lock(mutex, limit) ? errno : 0;
    end_wait(&alarm_before);
    if (is_held(error)) {
        const pid_t noted = pshared_holder(&segment->pshared, mutex);
        *dead = noted ? noted : *dead;
        if (!note_holder(segment, mutex))
            error = EIDRM;
    }
    if (!is_held(error))
        unblock_fatal_signals();
    if (stopped_by) { /* it came when we had locked the mutex, or had just failed to */
        if (is_held(error))
            unlock_mutex(segment, mutex);
        die_by_signal(stopped_by);
    }
    return error;
}

int unlock_mutex(const struct sync_segment *segment, const struct pshared_object *mutex)
{
    pshared_set_holder(&segment->pshared, mutex, 0);
    const int result = calls_mutex_unlock(mutex->spec.name, mutex->at);
    const int error = errno;
    unblock_fatal_signals();
    errno = error;
    return result;
}

/* --- rwlocks --- */

/* Lets a fatal signal that is pending end the program, which holds nothing now. */
static void end_if_pending(void)
{
    sigset_t fatal, pending;
    bool found = false;
    fatal_signals(&fatal);
    sigpending(&pending);
    for (int number = 1; number <= SIGRTMAX; number++)
        found |= sigismember(&fatal, number) == 1 && sigismember(&pending, number) == 1;
    if (found) {
        unblock_fatal_signals();
        block_fatal_signals();
    }
}

/*
 * An rwlock does not record its readers, so a handler could not find out whether this thread holds
 * it. The signals are blocked instead, and the wait is cut into slices of a quarter of a second:
 * after each, this thread holds nothing, and a signal that is pending ends the program.
 */
int lock_rwlock(const struct pshared_object *rwlock, const struct rwlock_calls *calls,
                const struct wait_limit *limit)
{
    static const struct timespec slice = {0, 250000000};
    bool last = false;
    block_fatal_signals();
    int error = calls_object(calls->try, rwlock->spec.name, rwlock->at) ? errno : 0;
    while (!limit->try && !last && (error == EBUSY || error == ETIMEDOUT)) {
        const struct timespec end = deadline_in(&slice);
        last = limit->timed && deadline_before(&limit->deadline, &end);
        const struct timespec *until = last ? &limit->deadline : &end;
        error = calls_object_until(calls->until, rwlock->spec.name, rwlock->at, until) ? errno : 0;
        if (error == ETIMEDOUT)
            end_if_pending();
    }
    if (error)
        unblock_fatal_signals();
    return error;
}

int unlock_rwlock(const struct pshared_object *rwlock)
{
    const int result = calls_object(CALL_PTHREAD_RWLOCK_UNLOCK, rwlock->spec.name, rwlock->at);
    const int error = errno;
    unblock_fatal_signals();
    errno = error;
    return result;
}

/* --- a command --- */

int run_while_locked(const struct sync_segment *segment, char **command)
{
    char offset[24];
    snprintf(offset, sizeof offset, "%" PRIu64, segment->pshared.data_offset);
    setenv("IPCLAB_SEGMENT", segment->text, 1);
    setenv("IPCLAB_DATA", offset, 1);
    const int status = child_run(command, has_mask ? &mask_before : NULL, CHILD_DIES_TOO);
    if (errno)
        report_error(command[0], status == CHILD_FAILED ? "fork" : "run");
    return status;
}
