/* SPDX-License-Identifier: MIT */
/*
 * child.h - a COMMAND, run as env(1) and timeout(1) run theirs.
 */
#ifndef IPCLAB_CHILD_H
#define IPCLAB_CHILD_H

#include <signal.h>

enum {
    CHILD_FAILED = 125,     /* this program failed before the command ran */
    CHILD_CANNOT_RUN = 126, /* found, but it cannot be executed */
    CHILD_NOT_FOUND = 127,
};

/*
 * Runs ARGV (found by PATH, ended by NULL) with the signal mask MASK (NULL: the present one) and
 * waits for it. While it runs, the signals SIGNALS_FORWARDED that other processes send to this
 * process are sent to the command. Returns the command's exit status; 128 plus the number of the
 * signal that ended it; CHILD_NOT_FOUND or CHILD_CANNOT_RUN if it could not be executed;
 * CHILD_FAILED if no process could be made. errno is 0 if the command ran, and otherwise that of
 * pipe2(2), fork(2) or execvp(3).
 */
int child_run(char *const argv[], const sigset_t *mask);

#endif
