/* SPDX-License-Identifier: MIT */
/*
 * signals.c - the handlers of a program run in its own steps.
 *
 * A signal comes to a task while another one runs. Its handler would run beside that one, and its
 * steps would come when nobody awaits them: so while a task waits to be chosen, a signal is held,
 * and its handler runs when the task is chosen. The kernel runs a handler before it gives the task
 * back what it waits for, so what another one has sent before is held by then.
 */
#include "config.h"

#include "interleave/runtime/runtime.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

enum { SIGNALS = 65 };

/* As the program has set them, and what came. */
static struct sigaction actions[SIGNALS];
static __thread struct {
    volatile sig_atomic_t is_waiting, any;
    bool held[SIGNALS];
    siginfo_t info[SIGNALS];
} tasks_own;

static int real_sigaction(int number, const struct sigaction *new, struct sigaction *old)
{
    REAL(int, sigaction, (int, const struct sigaction *, struct sigaction *));
    return real(number, new, old);
}

/* Calls the handler of the program as the kernel would. */
static void call_handler(int number, siginfo_t *info, void *context)
{
    const struct sigaction action = actions[number];
    if (action.sa_flags & (int)SA_RESETHAND) {
        actions[number].sa_handler = SIG_DFL;
        real_sigaction(number, &actions[number], NULL);
    }
    if (action.sa_flags & SA_SIGINFO)
        action.sa_sigaction(number, info, context);
    else
        action.sa_handler(number);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    const int error = errno;
    if (tasks_own.is_waiting) {
        tasks_own.info[number] = *info;
        tasks_own.held[number] = true;
        tasks_own.any = 1;
    } else {
        call_handler(number, info, context);
    }
    errno = error;
}

void signals_hold(bool hold)
{
    tasks_own.is_waiting = hold;
}

bool signals_held(void)
{
    return tasks_own.any;
}

/* Blocks what the kernel would block while the handler runs: sigaction(2). */
static void run_held(int number)
{
    sigset_t blocked = actions[number].sa_mask, before;
    if (!(actions[number].sa_flags & SA_NODEFER))
        sigaddset(&blocked, number);
    tasks_own.held[number] = false;
    gate_learn((uint64_t)number);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    call_handler(number, &tasks_own.info[number], NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

bool signals_interrupt(enum board_interrupts interrupts, int flags)
{
    return interrupts == INTERRUPTS_ALWAYS ||
           (interrupts == INTERRUPTS_UNLESS_RESTARTED && !(flags & SA_RESTART));
}

bool signals_run(enum board_interrupts interrupts)
{
    bool interrupted = false;
    while (tasks_own.any) {
        tasks_own.any = 0;
        for (int i = 1; i < SIGNALS; i++)
            if (tasks_own.held[i]) {
                interrupted |= signals_interrupt(interrupts, actions[i].sa_flags);
                run_held(i);
            }
    }
    return interrupted;
}

/* --- what the program asks for --- */

EXPORTED int sigaction(int number, const struct sigaction *restrict new,
                       struct sigaction *restrict old)
{
    struct sigaction ours, before;
    if (!gate_board() || number <= 0 || number >= SIGNALS)
        return real_sigaction(number, new, old);
    const struct sigaction was = actions[number];
    if (new) {
        ours = *new;
        if (new->sa_handler != SIG_DFL &&new->sa_handler != SIG_IGN) {
            ours.sa_sigaction = on_signal;
            ours.sa_flags = (new->sa_flags | SA_SIGINFO) & ~(int)SA_RESETHAND;
        }
        actions[number] = *new;
    }
    /* SIGSYS is the library's own: direct.c. */
    const int result = number == SIGSYS ? 0 : real_sigaction(number, new ? &ours : NULL, &before);
    if (result)
        actions[number] = was;
    else if (old)
        *old = number == SIGSYS || before.sa_sigaction == on_signal ? was : before;
    return result;
}

EXPORTED sighandler_t signal(int number, sighandler_t handler)
{
    struct sigaction before, action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    return sigaction(number, &action, &before) ? SIG_ERR : before.sa_handler;
}

/* --- waits for a signal --- */

static bool always(const void *argument)
{
    (void)argument;
    return true;
}

EXPORTED int pause(void)
{
    REAL(int, pause, (void));
    if (!gate_active())
        return real();
    gate_stop(&(struct step){.kind = STEP_CALL,
                             .object = OBJECT_ANY,
                             .pc = CALLER,
                             .interrupts = INTERRUPTS_ALWAYS,
                             .would_wait = always},
              "pause");
    return gate_interrupted();
}

/* None of the signals in SET is pending. */
static bool none_pending(const void *set)
{
    sigset_t pending, both;
    sigpending(&pending);
    sigandset(&both, &pending, set);
    return sigisemptyset(&both);
}

EXPORTED int sigsuspend(const sigset_t *mask)
{
    sigset_t others;
    REAL(int, sigsuspend, (const sigset_t *));
    if (!gate_active())
        return real(mask);
    sigemptyset(&others);
    for (int i = 1; i < SIGNALS; i++)
        if (sigismember(mask, i) == 0)
            sigaddset(&others, i);
    if (gate_stop(&(struct step){.kind = STEP_CALL,
                                 .object = OBJECT_ANY,
                                 .pc = CALLER,
                                 .interrupts = INTERRUPTS_ALWAYS,
                                 .would_wait = none_pending,
                                 .argument = &others},
                  "sigsuspend") == ORDER_EINTR)
        return gate_interrupted();
    return gate_returned(real(mask));
}

static int wait_stopped(uint64_t pc, const sigset_t *set, siginfo_t *info,
                        const struct timespec *timeout)
{
    const struct timespec now = {0, 0};
    REAL(int, sigtimedwait, (const sigset_t *, siginfo_t *, const struct timespec *));
    if (!gate_active())
        return real(set, info, timeout);
    const enum board_order order = gate_stop(&(struct step){.kind = STEP_CALL,
                                                            .object = OBJECT_ANY,
                                                            .pc = pc,
                                                            .timed = timeout != NULL,
                                                            .interrupts = INTERRUPTS_ALWAYS,
                                                            .would_wait = none_pending,
                                                            .argument = set},
                                             "sigwait");
    if (order == ORDER_EINTR)
        return gate_interrupted();
    if (order == ORDER_LATE)
        clock_pass(timeout);
    return gate_returned(real(set, info, &now));
}

EXPORTED int sigtimedwait(const sigset_t *restrict set, siginfo_t *restrict info,
                          const struct timespec *restrict timeout)
{
    return wait_stopped(CALLER, set, info, timeout);
}

EXPORTED int sigwaitinfo(const sigset_t *restrict set, siginfo_t *restrict info)
{
    return wait_stopped(CALLER, set, info, NULL);
}

/* POSIX: it is not interrupted, and returns the number of an error. */
EXPORTED int sigwait(const sigset_t *restrict set, int *restrict number)
{
    int result;
    do
        result = wait_stopped(CALLER, set, NULL, NULL);
    while (result < 0 && errno == EINTR);
    if (result < 0)
        return errno;
    *number = result;
    return 0;
}

/* Time stands still here. Without a handler an alarm is to end a program that hangs, which
 * interleave sees by itself. */
EXPORTED unsigned alarm(unsigned seconds)
{
    REAL(unsigned, alarm, (unsigned));
    if (!gate_active())
        return real(seconds);
    if (seconds && actions[SIGALRM].sa_handler != SIG_DFL && actions[SIGALRM].sa_handler != SIG_IGN)
        gate_refuse("it waits for SIGALRM, and time stands still here");
    return 0;
}
