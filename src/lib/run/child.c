/* SPDX-License-Identifier: MIT */
/*
 * child.c - see child.h.
 */
#include "config.h"

#include "lib/run/child.h"

#include "lib/run/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * In the child: dies when its parent PARENT does. If that has died already, no signal will come,
 * and another process is the parent (init, or a subreaper). 0 is a parent in another PID namespace,
 * which cannot be compared.
 */
static void die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const pid_t now = getppid();
    if (now && now != parent)
        _exit(CHILD_FAILED);
}

/* In the child: executes the command, or writes errno into the pipe REPORT, which a successful exec
 * closes, and exits. */
static _Noreturn void exec_command(char *const argv[], const sigset_t *mask, int report)
{
    restore_file_limit();
    sigprocmask(SIG_SETMASK, mask, NULL);
    execvp(argv[0], argv);
    const int error = errno;
    if (write(report, &error, sizeof error) < 0)
        _exit(CHILD_FAILED);
    _exit(error == ENOENT ? CHILD_NOT_FOUND : CHILD_CANNOT_RUN);
}

/* Did the terminal send it (Ctrl-C, a hang-up), to the whole foreground process group? */
static bool is_from_terminal(const siginfo_t *info)
{
    const int number = info->si_signo;
    return info->si_code == SI_KERNEL &&
           (number == SIGINT || number == SIGQUIT || number == SIGHUP || number == SIGCONT ||
            number == SIGWINCH);
}

/*
 * Waits until the child has ended, and returns its wait(2) status. Invariant: the signals of
 * WAITED, SIGCHLD among them, are blocked since before the fork, so each stays pending until
 * sigwaitinfo() accepts it, and none is lost between a check and the wait. What the terminal sent
 * has reached the command, too: it is not sent twice.
 */
static int wait_for_child(pid_t pid, const sigset_t *waited)
{
    int status;
    for (;;) {
        siginfo_t info;
        const int signal_number = sigwaitinfo(waited, &info);
        if (signal_number == SIGCHLD) {
            if (waitpid(pid, &status, WNOHANG) == pid)
                return status;
        } else if (signal_number > 0 && !is_from_terminal(&info)) {
            kill(pid, signal_number);
        }
    }
}

int child_run(char *const argv[], const sigset_t *mask, enum child_bond bond)
{
    sigset_t waited, before;
    int report[2], error = 0;

    if (pipe2(report, O_CLOEXEC))
        return CHILD_FAILED;
    fill_signals(SIGNALS_FORWARDED, &waited);
    sigaddset(&waited, SIGCHLD);
    sigprocmask(SIG_BLOCK, &waited, &before);
    /* Where SIGCHLD is ignored, by inheritance, the kernel keeps no status for wait(2). */
    signal(SIGCHLD, SIG_DFL);
    const pid_t self = getpid(), pid = fork();
    if (pid == 0) {
        if (bond == CHILD_DIES_TOO)
            die_with(self);
        exec_command(argv, mask ? mask : &before, report[1]);
    }
    error = pid < 0 ? errno : 0;
    close(report[1]);
    /* A successful exec closes the pipe: then this reads its end. */
    if (pid > 0 && read(report[0], &error, sizeof error) < 0)
        error = errno;
    close(report[0]);
    const int status = pid < 0 ? 0 : wait_for_child(pid, &waited);
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = error;
    if (pid < 0)
        return CHILD_FAILED;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
