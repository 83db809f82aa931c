/* SPDX-License-Identifier: MIT */
/*
 * guard.c - see guard.h.
 */
#include "config.h"

#include "lib/run/guard.h"

#include "lib/calls/calls.h"

#include "lib/run/signals.h"

#include <signal.h>
#include <stddef.h>

/* Written only while the signals are blocked, or to disarm the handler. */
static void (*volatile remover)(int id);
static volatile int object;

/* A trace would print, which a signal handler must not do. */
static void remove_and_die(int signal_number)
{
    calls_trace(NULL);
    if (remover)
        remover(object);
    die_by_signal(signal_number);
}

void guard_begin(void)
{
    block_signals(SIGNALS_FATAL, NULL);
    install_handler(SIGNALS_FATAL, remove_and_die, SA_RESTART);
}

void guard_object(void (*remove)(int id), int id)
{
    object = id;
    remover = remove;
    unblock_signals(SIGNALS_FATAL);
}

void guard_end(void)
{
    remover = NULL;
}
