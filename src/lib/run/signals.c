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
    FORWARDED = 1 << SIGNALS_FORWARDED,
    HOLD = 1 << SIGNALS_HOLD,
};

/*
 * FATAL is every signal of signal(7) whose default action ends the process and that comes from
 * outside the code that runs; SIGBUS is one, because another process can truncate what is mapped.
 * SIGKILL cannot be caught, and SIGSEGV, SIGILL, SIGFPE and SIGTRAP come from the code: after them
 * no promise holds.
 *
 * STOP leaves out SIGBUS, whose handler must not return. SIGPIPE is one: the reader of our messages
 * is gone.
 *
 * FORWARDED leaves out SIGPIPE and SIGXFSZ, which concern our own output; SIGCONT and SIGWINCH,
 * which end no process, are meant for the command, too.
 */
static const struct {
    int number;
    unsigned sets;
} signals[] = {
    // clang-format off
    {SIGHUP,    FATAL | STOP | FORWARDED},
    {SIGINT,    FATAL | STOP | FORWARDED | HOLD},
    {SIGQUIT,   FATAL | STOP | FORWARDED},
    {SIGTERM,   FATAL | STOP | FORWARDED | HOLD},
    {SIGUSR1,   FATAL | STOP | FORWARDED},
    {SIGUSR2,   FATAL | STOP | FORWARDED},
    {SIGALRM,   FATAL | STOP | FORWARDED},
    {SIGABRT,   FATAL | STOP | FORWARDED},
    {SIGIO,     FATAL | STOP | FORWARDED},
    {SIGPWR,    FATAL | STOP | FORWARDED},
    {SIGSYS,    FATAL | STOP | FORWARDED},
#ifdef SIGSTKFLT
    {SIGSTKFLT, FATAL | STOP | FORWARDED},
#endif
    {SIGXCPU,   FATAL | STOP | FORWARDED},
    {SIGVTALRM, FATAL | STOP | FORWARDED},
    {SIGPROF,   FATAL | STOP | FORWARDED},
    {SIGPIPE,   FATAL | STOP},
    {SIGXFSZ,   FATAL | STOP},
    {SIGBUS,    FATAL},
    {SIGCONT,   FORWARDED},
    {SIGWINCH,  FORWARDED},
    // clang-format on
};
#define SIGNALS (sizeof signals / sizeof *signals)

/* The sets that signal NUMBER is in. The real-time signals are those that the C library leaves to
 * programs (SIGRTMIN is no constant). */
static unsigned sets_of(int number)
{
    if (number >= SIGRTMIN && number <= SIGRTMAX)
        return FATAL | STOP | FORWARDED;
    for (size_t i = 0; i < SIGNALS; i++)
        if (signals[i].number == number)
            return signals[i].sets;
    return 0;
}

static bool is_in(int number, enum signal_set which)
{
    return sets_of(number) & 1u << which;
}

void fill_signals(enum signal_set which, sigset_t *set)
{
    sigemptyset(set);
    for (int number = 1; number <= SIGRTMAX; number++)
        if (is_in(number, which))
            sigaddset(set, number);
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
    for (int number = 1; number <= SIGRTMAX; number++)
        if (is_in(number, which) && sigaction(number, NULL, &before) == 0 &&
            before.sa_handler != SIG_IGN)
            sigaction(number, &action, NULL);
}

static bool file_limit_ignored;

void ignore_file_limit(void)
{
    struct sigaction now;
    if (sigaction(SIGXFSZ, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
        file_limit_ignored = signal(SIGXFSZ, SIG_IGN) == SIG_DFL;
}

void restore_file_limit(void)
{
    if (file_limit_ignored)
        signal(SIGXFSZ, SIG_DFL);
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
