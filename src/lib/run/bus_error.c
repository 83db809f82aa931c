/* SPDX-License-Identifier: MIT */
/*
 * bus_error.c - see bus_error.h.
 */
#include "config.h"

#include "lib/run/bus_error.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* For the handler. */
static const char *program;
static bus_explainer *explainer;
static const void *explainer_arg;

static void handle_bus_error(int signal_number, siginfo_t *info, void *context)
{
    char why[BUS_TEXT_SIZE] = "there is no page at this address", hint[BUS_TEXT_SIZE] = "",
         text[2 * BUS_TEXT_SIZE + 176];
    (void)signal_number;
    (void)context;
    explainer(explainer_arg, (uintptr_t)info->si_addr, why, hint);
    const int length = snprintf(text, sizeof text, "%s: SIGBUS: %s\n%s%s%s", program, why,
                                *hint ? "hint: " : "", hint, *hint ? "\n" : "");
    if (write(STDERR_FILENO, text, (size_t)length) < 0)
        _exit(EXIT_FAILURE);
    _exit(EXIT_FAILURE);
}

void catch_bus_error(const char *name, bus_explainer *explain, const void *arg)
{
    struct sigaction action = {.sa_sigaction = handle_bus_error, .sa_flags = SA_SIGINFO};
    program = name;
    explainer = explain;
    explainer_arg = arg;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}

/* --- a reader that goes on --- */

static sigjmp_buf missing_page;
static volatile uintptr_t missing_address;

/* The signal comes from an access of this thread , never in the middle of a library call: the
 * reader makes none that could hold something. So the jump leaves nothing half done. */
static void leave_reader(int signal_number, siginfo_t *info, void *context)
{
    (void)signal_number;
    (void)context;
    missing_address = (uintptr_t)info->si_addr;
    siglongjmp(missing_page, 1);
}

bool bus_try(void (*reader)(void *arg), void *arg, uintptr_t *address)
{
    struct sigaction before, action = {.sa_sigaction = leave_reader, .sa_flags = SA_SIGINFO};
    volatile bool done = false;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &before);
    if (sigsetjmp(missing_page, 1) == 0) {
        reader(arg);
        done = true;
    }
    sigaction(SIGBUS, &before, NULL);
    *address = missing_address;
    return done;
}
