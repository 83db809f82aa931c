/* SPDX-License-Identifier: MIT */
/*
 * child.h - a COMMAND, run as env(1) and timeout(1) run theirs.
 */
#ifndef IPCLAB_CHILD_H
#define IPCLAB_CHILD_H

#include <signal.h>

/* What becomes of COMMAND if this program dies before it. */
enum child_bond {
    CHILD_OUTLIVES, /* it goes on */
    /* The kernel kills it, for it must not go on without what this program holds for it. */
    CHILD_DIES_TOO,
};

enum {
    CHILD_FAILED = 125,     /* this program failed before the command ran */
    CHILD_CANNOT_RUN = 126, /* found, but it cannot be executed */
    CHILD_NOT_FOUND = 127,
};

/*
 * Runs ARGV (found by PATH, ended by NULL) with the signal mask MASK (NULL: the present one) and
 * waits for it. While it runs, the signals SIGNALS_FORWARDED that other processes send to this
 * process are sent to the command. The calling thread must live until this returns. Returns the
 * command's exit status; 128 plus the number of the signal that ended it; CHILD_NOT_FOUND or
 * CHILD_CANNOT_RUN if it could not be executed; CHILD_FAILED if no process could be made. errno is
 * 0 if the command ran, and otherwise that of pipe2(2), fork(2) or execvp(3).
 *
 * With CHILD_DIES_TOO the kernel sends the command SIGKILL, which it cannot ignore, when this
 * process dies (prctl(2): PR_SET_PDEATHSIG). That holds for the command itself, not for processes
 * that it starts, and not if it is a set-user-ID program.
 */
int child_run(char *const argv[], const sigset_t *mask, enum child_bond bond);

#endif
