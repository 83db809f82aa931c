/* SPDX-License-Identifier: MIT */
/*
 * student.c - become the student, and run a command
 *
 * Whatever the wall, the command gets its variables and no others, a session of its own, and of the
 * check nothing but descriptors 0, 1 and 2: no capability, and no way to a user namespace.
 */
#define _GNU_SOURCE

#include "ipclab/sandbox/student.h"

#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { not_executable = 126, not_found = 127 };

void give_up(const char *what)
{
    fprintf(stderr, "enter-box: %s: %s\n", what, strerror(errno));
    _exit(cannot_enter);
}

/* A kernel before 5.9 has no close_range(2). */
void close_all_but_the_streams(void)
{
    if (!syscall(SYS_close_range, 3U, ~0U, 0U))
        return;
    for (long fd = sysconf(_SC_OPEN_MAX); fd-- > 3;)
        close((int)fd);
}

/* --- what the command may not do --------------------------------------------- */

#if defined __x86_64__
#define OUR_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined __i386__
#define OUR_ARCHITECTURE AUDIT_ARCH_I386
#elif defined __aarch64__
#define OUR_ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined __riscv && __riscv_xlen == 64
#define OUR_ARCHITECTURE AUDIT_ARCH_RISCV64
#endif

#define FIELD(name) \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, name))
#define REFUSED(number) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (number))
#define ALLOWED         BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define UNLESS(operation, value, skip) \
    BPF_JUMP(BPF_JMP | (operation) | BPF_K, (unsigned)(value), 0, skip)

/* The low half of the first argument. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define FIRST_ARGUMENT \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, args) + 4)
#else
#define FIRST_ARGUMENT FIELD(args)
#endif

/* How each filter begins; it goes on with the number of the call. */
#ifdef __x86_64__
#define X32_REFUSED           UNLESS(BPF_JGE, 0x40000000, 1), REFUSED(ENOSYS)
#define FOREIGN_CALLS_REFUSED ARCHITECTURE, FIELD(nr), X32_REFUSED
#else
#define FOREIGN_CALLS_REFUSED ARCHITECTURE, FIELD(nr)
#endif
#define ARCHITECTURE \
    FIELD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCHITECTURE, 1, 0), REFUSED(ENOSYS)

#ifdef OUR_ARCHITECTURE
static void install(const struct sock_fprog *program)
{
    /* A kernel without filters (EINVAL) leaves the limits as they are. */
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program) && errno != EINVAL)
        give_up("seccomp");
}
#endif

/*
 * Refuses new user namespaces: in one, student code could mount file systems and make an IPC
 * namespace, which have no limits. A filter sees no memory, so clone3(2), whose flags are there,
 * does not exist for the command; the C library then uses clone(2). Neither do the calls of the
 * machine's other instruction sets exist (i386, x32), because their numbers are others. An
 * architecture that is not listed above has no filter. seccomp(2), linux/seccomp.h.
 */
static void refuse_user_namespaces(void)
{
#ifdef OUR_ARCHITECTURE
    struct sock_filter rules[] = {
        FOREIGN_CALLS_REFUSED,
        UNLESS(BPF_JEQ, SYS_clone3, 1),
        REFUSED(ENOSYS),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 1, 0),
        UNLESS(BPF_JEQ, SYS_clone, 3),
        FIRST_ARGUMENT,
        UNLESS(BPF_JSET, CLONE_NEWUSER, 1),
        REFUSED(EPERM),
        ALLOWED,
    };
    struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
    install(&program);
#endif
}

/*
 * Refuses the ways out of a folder that namespaces would bar: sockets, by which student code would
 * reach the network and the services of the user (Landlock does not bar sockets that have a path);
 * io_uring, which makes sockets without socket(2); and kill(-1), which before Landlock's ABI 6
 * would reach every process of the user.
 */
void refuse_the_neighbours(void)
{
#ifdef OUR_ARCHITECTURE
    struct sock_filter rules[] = {
        FOREIGN_CALLS_REFUSED,
#ifdef SYS_socketcall
        UNLESS(BPF_JEQ, SYS_socketcall, 1),
        REFUSED(EACCES),
#endif
        UNLESS(BPF_JEQ, SYS_socket, 1),
        REFUSED(EACCES),
        UNLESS(BPF_JEQ, SYS_io_uring_setup, 1),
        REFUSED(ENOSYS),
        UNLESS(BPF_JEQ, SYS_kill, 3),
        FIRST_ARGUMENT,
        UNLESS(BPF_JEQ, -1, 1),
        REFUSED(EPERM),
        ALLOWED,
    };
    struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
    install(&program);
#endif
}

/* Gives up all capabilities, also for a later execve(2) of root or of a set-user-ID program. */
void become_the_student(uid_t uid)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};
    for (unsigned long capability = 0; !prctl(PR_CAPBSET_DROP, capability); capability++)
        ;
    /* An ordinary user may not drop what it cannot get: PR_SET_NO_NEW_PRIVS keeps it so. */
    if (errno != EINVAL && (errno != EPERM || !geteuid()))
        give_up("capabilities");
    if (uid && (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid)))
        give_up("user");
    if (syscall(SYS_capset, &header, none) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        give_up("capabilities");
    refuse_user_namespaces();
}

/* --- running it ---------------------------------------------------------------- */

void run_command(char **variables, char **command)
{
    /* execvp(3) looks for the command in the PATH of the environment. */
    clearenv();
    for (; *variables; variables++)
        putenv(*variables);
    execvp(*command, command);
    const int status = errno == ENOENT ? not_found : not_executable;
    fprintf(stderr, "enter-box: %s: %s\n", *command, strerror(errno));
    _exit(status);
}

/* Ends as the process PID ends. */
int end_as(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            give_up("waitpid");
    if (!WIFSIGNALED(status))
        return WEXITSTATUS(status);
    signal(WTERMSIG(status), SIG_DFL);
    raise(WTERMSIG(status));
    return 128 + WTERMSIG(status);
}
