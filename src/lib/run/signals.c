/* SPDX-License-Identifier: MIT */
/*
 * signals.c - see signals.h.
 */
#include "config.h"

#include "lib/run/signals.h"

#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

enum {
    FATAL = 1 << SIGNALS_FATAL,
    STOP = 1 << SIGNALS_STOP,
    LOCK = 1 << SIGNALS_LOCK,
    FORWARDED = 1 << SIGNALS_FORWARDED,
    HOLD = 1 << SIGNALS_HOLD,
};

/*
 * FATAL is every signal of signal(7) whose default action ends the process and that comes from
 * outside the code that runs; SIGBUS is one, because another process can truncate what is mapped.
 *
 * STOP leaves out SIGBUS, whose handler must not return, and the limits and timers that a shell
 * does not set (SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF). SIGPIPE is one: the reader of our messages
 * is gone.
 *
 * LOCK is what a person or a shell sends. SIGALRM cannot be one: the handler's own timer uses it to
 * look at the lock again.
 *
 * FORWARDED is what timeout(1) and env(1) would pass on or share, with SIGCONT and SIGWINCH, which
 * end no process. SIGPIPE concerns our own output.
 */
static const struct {
    int number;
    unsigned sets;
} signals[] = {
    // clang-format off
    {SIGHUP,    FATAL | STOP | LOCK | FORWARDED},
    {SIGINT,    FATAL | STOP | LOCK | FORWARDED | HOLD},
    {SIGQUIT,   FATAL | STOP | LOCK | FORWARDED},
    {SIGTERM,   FATAL | STOP | LOCK | FORWARDED | HOLD},
    {SIGUSR1,   FATAL | STOP | FORWARDED},
    {SIGUSR2,   FATAL | STOP | FORWARDED},
    {SIGALRM,   FATAL | STOP | FORWARDED},
    {SIGPIPE,   FATAL | STOP},
    {SIGBUS,    FATAL},
    {SIGXCPU,   FATAL},
    {SIGXFSZ,   FATAL},
    {SIGVTALRM, FATAL},
    {SIGPROF,   FATAL},
    {SIGCONT,   FORWARDED},
    {SIGWINCH,  FORWARDED},
    // clang-format on
};
#define SIGNALS (sizeof signals / sizeof *signals)

static bool is_in(size_t index, enum signal_set which)
{
    return signals[index].sets & 1u << which;
}

void fill_signals(enum signal_set which, sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < SIGNALS; i++)
        if (is_in(i, which))
            sigaddset(set, signals[i].number);
}

void block_signals(enum signal_set which, sigset_t *before)
{
    sigset_t set;
    fill_signals(which, &set);
    sigprocmask(SIG_BLOCK, &set, before);
}

void unblock_signals(enum signal_set which)
{
    sigset_t set;
    fill_signals(which, &set);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void install_handler(enum signal_set which, void (*handler)(int), int flags)
{
    struct sigaction before, action = {.sa_handler = handler, .sa_flags = flags};
    fill_signals(which, &action.sa_mask);
    for (size_t i = 0; i < SIGNALS; i++)
        if (is_in(i, which) && sigaction(signals[i].number, NULL, &before) == 0 &&
            before.sa_handler != SIG_IGN)
            sigaction(signals[i].number, &action, NULL);
}

_Noreturn void die_by_signal(int signal_number)
{
    sigset_t set;
    signal(signal_number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, signal_number);
    raise(signal_number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    _exit(128 + signal_number); /* as a shell would report it; the default action was not to end */
}
