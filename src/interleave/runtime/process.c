/* SPDX-License-Identifier: MIT */
/*
 * process.c - processes: how they begin, wait for each other, and end.
 */
#include "config.h"

#include "interleave/runtime/runtime.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void stop_at_end(uint64_t pc, const char *what)
{
    gate_stop(&(struct step){.kind = STEP_EXIT, .object = OBJECT_ANY, .pc = pc}, "%s", what);
}

/* The stepping is one-sided: the child only touches its slot until interleave lets it go on. */
static pid_t fork_stopped(uint64_t pc, pid_t (*real)(void))
{
    if (!gate_active())
        return real();
    static const int errors[] = {EAGAIN, ENOMEM, 0}; /* fork(2) */
    if (gate_stop(
            &(struct step){.kind = STEP_CALL, .object = OBJECT_ANY, .pc = pc, .errors = errors},
            "fork") == ORDER_FAIL)
        return gate_failed();
    struct board_task *slot = gate_new_task(false);
    if (!slot)
        gate_refuse("it makes more than %d processes and threads", BOARD_TASKS);
    const pid_t pid = real();
    if (pid == 0) {
        threads_forget();
        gate_become(slot, getpid());
    } else if (pid < 0)
        slot->state = TASK_NONE;
    return gate_returned(pid);
}

EXPORTED pid_t fork(void)
{
    REAL(pid_t, fork, (void));
    return fork_stopped(CALLER, real);
}

EXPORTED pid_t vfork(void);
EXPORTED pid_t vfork(void)
{
    REAL(pid_t, fork, (void));
    return fork_stopped(CALLER, real);
}

struct waited {
    idtype_t type;
    id_t id;
    int options;
};

static bool no_child_has_ended(const void *argument)
{
    const struct waited *waited = argument;
    siginfo_t info = {0};
    REAL(int, waitid, (idtype_t, id_t, siginfo_t *, int));
    return real(waited->type, waited->id, &info,
                (waited->options & (WUNTRACED | WCONTINUED)) | WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0;
}

static enum board_order stop_for_child(uint64_t pc, const struct waited *waited)
{
    return gate_stop(
        &(struct step){.kind = STEP_CALL,
                       .object = OBJECT_ANY,
                       .sync_id = SYNC_CHILDREN,
                       .pc = pc,
                       .interrupts = INTERRUPTS_UNLESS_RESTARTED,
                       .would_wait = waited->options & WNOHANG ? NULL : no_child_has_ended,
                       .argument = waited},
        "wait for a child");
}

static pid_t wait_stopped(uint64_t pc, pid_t pid, int *status, int options, struct rusage *usage,
                          pid_t (*real)(pid_t, int *, int, struct rusage *))
{
    const struct waited waited = {pid > 0 ? P_PID : P_ALL, (id_t)(pid > 0 ? pid : 0), options};
    int ended = 0;
    if (!gate_active())
        return real(pid, status, options, usage);
    if (stop_for_child(pc, &waited) == ORDER_EINTR)
        return gate_interrupted();
    const pid_t result = real(pid, &ended, options, usage);
    gate_learn((uint64_t)ended);
    if (status)
        *status = ended;
    return gate_returned(result);
}

EXPORTED pid_t waitpid(pid_t pid, int *status, int options)
{
    REAL(pid_t, wait4, (pid_t, int *, int, struct rusage *));
    return wait_stopped(CALLER, pid, status, options, NULL, real);
}

EXPORTED pid_t wait(int *status)
{
    REAL(pid_t, wait4, (pid_t, int *, int, struct rusage *));
    return wait_stopped(CALLER, -1, status, 0, NULL, real);
}

EXPORTED pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
    REAL(pid_t, wait4, (pid_t, int *, int, struct rusage *));
    return wait_stopped(CALLER, pid, status, options, usage, real);
}

EXPORTED int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
    const struct waited waited = {type, id, options};
    REAL(int, waitid, (idtype_t, id_t, siginfo_t *, int));
    if (!gate_active())
        return real(type, id, info, options);
    if (stop_for_child(CALLER, &waited) == ORDER_EINTR)
        return gate_interrupted();
    const int result = real(type, id, info, options);
    if (info && result == 0) {
        gate_learn((uint64_t)info->si_pid);
        gate_learn((uint64_t)info->si_status);
    }
    return gate_returned(result);
}

EXPORTED int kill(pid_t pid, int number)
{
    char what[BOARD_TEXT];
    REAL(int, kill, (pid_t, int));
    GATE_TEXT(what, "kill(%d, %s)", pid, sigabbrev_np(number) ? sigabbrev_np(number) : "0");
    gate_stop(&(struct step){.kind = STEP_CALL, .object = OBJECT_ANY, .pc = CALLER}, "%s", what);
    return gate_returned(real(pid, number));
}

/* --- the end --- */

/* exit(3) has called the program's own handlers before, for the library began first. */
__attribute__((destructor)) static void end(void)
{
    if (!gate_active())
        return;
    stop_at_end(0, "exits");
    gate_end();
}

__attribute__((noreturn)) static void leave(uint64_t pc, int status)
{
    if (gate_active()) {
        char what[32];
        GATE_TEXT(what, "exits with %d", status);
        stop_at_end(pc, what);
        gate_end();
    }
    syscall(SYS_exit_group, status);
    __builtin_unreachable();
}

EXPORTED void _exit(int status)
{
    leave(CALLER, status);
}

EXPORTED void _Exit(int status)
{
    leave(CALLER, status);
}
