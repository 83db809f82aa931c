/* SPDX-License-Identifier: MIT */
/*
 * bus_error.c - see bus_error.h.
 */
#include "config.h"

#include "lib/run/bus_error.h"

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
