/*
 * guard.c - see guard.h.
 */
#include "config.h"

#include "lib/run/guard.h"

#include "lib/calls/calls.h"

#include <signal.h>
#include <stddef.h>

/* Those whose default is to end the program and that somebody may send (signal(7)); SIGBUS comes
 * from a mapping. */
static const int ends[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGPIPE, SIGTERM,   SIGBUS, SIGALRM,
                           SIGUSR1, SIGUSR2, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF};

/* Written only while the signals are blocked, or to take the object out. */
static void (*volatile remover)(int id);
static volatile int object;

/* A trace would print, which a signal handler may not. */
static void end(int signal_number)
{
    calls_trace(NULL);
    if (remover)
        remover(object);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void mask(int how)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        sigaddset(&set, ends[i]);
    sigprocmask(how, &set, NULL);
}

void guard_begin(void)
{
    mask(SIG_BLOCK);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (signal(ends[i], end) == SIG_IGN)
            signal(ends[i], SIG_IGN);
}

void guard_object(void (*remove)(int id), int id)
{
    object = id;
    remover = remove;
    mask(SIG_UNBLOCK);
}

void guard_end(void)
{
    remover = NULL;
}
