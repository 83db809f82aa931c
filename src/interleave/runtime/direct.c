/* SPDX-License-Identifier: MIT */
/*
 * direct.c - system calls that a program makes by syscall(2), or by an instruction of its own.
 *
 * Those that could wait, or that change what others see, would be steps that interleave never sees,
 * so it refuses the program; the others it lets pass. An instruction outside of libc is seen by the
 * kernel: PR_SET_SYSCALL_USER_DISPATCH (Linux 5.11) sends SIGSYS in place of the call, and costs
 * a comparison at each call that libc makes. It is each task's own, and ends with execve(2): a
 * seccomp(2) filter would bind the next program, too, whose libc lies elsewhere. Where the kernel
 * has none (arm64 before generic entry), only syscall(2) is seen.
 */
#include "config.h"

#include "interleave/runtime/runtime.h"

#include <errno.h>
#include <link.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON           1
#endif

/* Not those that interleave would not see as steps if libc made them, either. */
static const struct {
    long number;
    const char *name;
} steps[] = {
    {SYS_shmget, "shmget"},
    {SYS_shmat, "shmat"},
    {SYS_shmdt, "shmdt"},
    {SYS_shmctl, "shmctl"},
    {SYS_semget, "semget"},
    {SYS_semop, "semop"},
    {SYS_semtimedop, "semtimedop"},
    {SYS_semctl, "semctl"},
    {SYS_msgget, "msgget"},
    {SYS_msgsnd, "msgsnd"},
    {SYS_msgrcv, "msgrcv"},
    {SYS_msgctl, "msgctl"},
    {SYS_mq_open, "mq_open"},
    {SYS_mq_timedsend, "mq_timedsend"},
    {SYS_mq_timedreceive, "mq_timedreceive"},
    {SYS_futex, "futex"},
#ifdef SYS_futex_waitv
    {SYS_futex_waitv, "futex_waitv"},
#endif
    {SYS_clone, "clone"},
    {SYS_clone3, "clone3"},
#ifdef SYS_fork
    {SYS_fork, "fork"},
    {SYS_vfork, "vfork"},
#endif
    {SYS_execve, "execve"},
    {SYS_execveat, "execveat"},
    {SYS_mremap, "mremap"},
    {SYS_kill, "kill"},
    {SYS_wait4, "wait4"},
    {SYS_waitid, "waitid"},
    {SYS_nanosleep, "nanosleep"},
    {SYS_clock_nanosleep, "clock_nanosleep"},
    {SYS_sched_yield, "sched_yield"},
};

static void refuse_steps(long number, const long arguments[6], const char *how)
{
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i].number == number)
            gate_refuse("it makes the call %s %s, where interleave does not see it", steps[i].name,
                        how);
    if (number == SYS_mmap && arguments[3] & MAP_SHARED)
        gate_refuse("it makes the call mmap %s, where interleave does not see it", how);
}

static long (*libc_syscall(void))(long, ...)
{
    static long (*real)(long, ...);
    if (!real)
        next_function("syscall", (void *)&real);
    return real;
}

EXPORTED long syscall(long number, ...)
{
    long arguments[6];
    va_list rest;
    va_start(rest, number);
    for (size_t i = 0; i < 6; i++)
        arguments[i] = va_arg(rest, long); /* as libc's, which reads registers */
    va_end(rest);
    if (gate_active())
        refuse_steps(number, arguments, "by syscall(2)");
    return libc_syscall()(number, arguments[0], arguments[1], arguments[2], arguments[3],
                          arguments[4], arguments[5]);
}

/* The executable part of the object that INSIDE lies in. */
static int find_code(struct dl_phdr_info *object, size_t size, void *argument)
{
    struct code *code = argument;
    (void)size;
    for (unsigned i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        const uintptr_t start = object->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_LOAD && part->p_flags & PF_X &&
            code->inside - start < part->p_memsz) {
            code->start = start;
            code->size = part->p_memsz;
            return 1;
        }
    }
    return 0;
}

void code_find(struct code *code)
{
    code->size = 0;
    dl_iterate_phdr(find_code, code);
}

/* --- instructions outside of libc --- */

#if defined __x86_64__
#define CONTEXT_ARGUMENT(context, i)                                                        \
    ((context)->uc_mcontext.gregs[(const int[]){REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, \
                                                REG_R9}[i]])
#define CONTEXT_RESULT(context) ((context)->uc_mcontext.gregs[REG_RAX])
#elif defined __aarch64__
#define CONTEXT_ARGUMENT(context, i) ((long)(context)->uc_mcontext.regs[i])
#define CONTEXT_RESULT(context)      ((context)->uc_mcontext.regs[0])
#endif

#ifdef CONTEXT_RESULT

/* In place of the call: refuses it, or makes it. The mask of signals that a call sets would be the
 * handler's, so the context's is set, which the return from here takes. */
static void on_call(int signal, siginfo_t *info, void *argument)
{
    static const char how[] = "by an instruction outside of libc";
    ucontext_t *context = argument;
    long arguments[6];
    const int error = errno;
    (void)signal;
    for (size_t i = 0; i < 6; i++)
        arguments[i] = CONTEXT_ARGUMENT(context, i);
    refuse_steps(info->si_syscall, arguments, how);
    if (info->si_syscall == SYS_rt_sigprocmask || info->si_syscall == SYS_rt_sigreturn)
        gate_refuse("it makes a call for signals %s", how);
    const long result = libc_syscall()(info->si_syscall, arguments[0], arguments[1], arguments[2],
                                       arguments[3], arguments[4], arguments[5]);
    CONTEXT_RESULT(context) = result == -1 ? -errno : result;
    errno = error;
}

static struct code code;

void direct_prepare(void)
{
    struct sigaction action = {.sa_sigaction = on_call, .sa_flags = SA_SIGINFO | SA_NODEFER};
    int (*real)(int, const struct sigaction *, struct sigaction *);
    if (code.size)
        return;
    code.inside = (uintptr_t)libc_syscall();
    code_find(&code);
    next_function("sigaction", (void *)&real);
    real(SIGSYS, &action, NULL);
}

void direct_watch(void)
{
    direct_prepare();
    if (code.size)
        prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, code.start, code.size, NULL);
}

#else

void direct_prepare(void)
{
}

void direct_watch(void)
{
}

#endif
