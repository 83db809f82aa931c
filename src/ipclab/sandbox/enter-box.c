/* SPDX-License-Identifier: MIT */
/*
 * enter-box.c - run a command as the student, in the box
 *
 *   $ enter-box PID UID [NAME=VALUE...] -- COMMAND [ARG...]
 *
 * PID is the init of the box (sandbox.bash), UID the user of the command; 0 keeps our own. The
 * command gets these variables and no others, /lab as its directory, and of the check nothing but
 * descriptors 0, 1 and 2: no terminal, no capability, no way to a user namespace. Everything that
 * enters the box comes this way, several times a second, so one program does what nsenter(1),
 * setsid(1), setpriv(1) and env(1) would do in four.
 *
 * Exit status: that of the command, or its signal; 126 and 127 as env(1); 125 if the box could not
 * be entered.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
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

enum { cannot_enter = 125, not_executable = 126, not_found = 127 };

static void give_up(const char *what)
{
    fprintf(stderr, "enter-box: %s: %s\n", what, strerror(errno));
    _exit(cannot_enter);
}

/* A kernel before 5.9 has no close_range(2). */
static void close_all_but_the_streams(void)
{
    if (!syscall(SYS_close_range, 3U, ~0U, 0U))
        return;
    for (long fd = sysconf(_SC_OPEN_MAX); fd-- > 3;)
        close((int)fd);
}

/* Joins the namespaces of the process PID. All files are opened first: after the first setns(2)
 * /proc is another. */
static void join_namespaces(const char *pid)
{
    static const char *const names[] = {"pid", "net", "uts", "mnt"};
    enum { count = sizeof names / sizeof *names };
    int files[count];
    char path[64];
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "/proc/%.20s/ns/%s", pid, names[i]);
        files[i] = open(path, O_RDONLY | O_CLOEXEC);
        if (files[i] < 0)
            give_up(path);
    }
    for (int i = 0; i < count; i++)
        if (setns(files[i], 0))
            give_up("setns");
    for (int i = 0; i < count; i++)
        close(files[i]);
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

/* The low half of the first argument, where clone(2) and unshare(2) have their flags. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define FLAGS BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, args) + 4)
#else
#define FLAGS FIELD(args)
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
        FIELD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCHITECTURE, 1, 0),
        REFUSED(ENOSYS),
        FIELD(nr),
#ifdef __x86_64__
        UNLESS(BPF_JGE, 0x40000000, 1),
        REFUSED(ENOSYS),
#endif
        UNLESS(BPF_JEQ, SYS_clone3, 1),
        REFUSED(ENOSYS),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 1, 0),
        UNLESS(BPF_JEQ, SYS_clone, 3),
        FLAGS,
        UNLESS(BPF_JSET, CLONE_NEWUSER, 1),
        REFUSED(EPERM),
        ALLOWED,
    };
    struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
    /* A kernel without filters (EINVAL) leaves the limits as they are. */
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) && errno != EINVAL)
        give_up("seccomp");
#endif
}

/* Gives up all capabilities, also for a later execve(2) of root or of a set-user-ID program. */
static void become_the_student(uid_t uid)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};
    for (unsigned long capability = 0; !prctl(PR_CAPBSET_DROP, capability); capability++)
        ;
    if (errno != EINVAL)
        give_up("capabilities");
    if (uid && (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid)))
        give_up("user");
    if (syscall(SYS_capset, &header, none) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        give_up("capabilities");
    refuse_user_namespaces();
}

/* --- running it ---------------------------------------------------------------- */

static void run_command(uid_t uid, char **variables, char **command)
{
    /* A session of its own has no controlling terminal. */
    if (setsid() < 0)
        give_up("setsid");
    become_the_student(uid);
    if (chdir("/lab"))
        give_up("/lab");
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
static int end_as(pid_t pid)
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

int main(int argc, char **argv)
{
    int end = 3;
    while (end < argc && strcmp(argv[end], "--") != 0)
        end++;
    if (end + 1 >= argc) {
        fputs("usage: enter-box PID UID [NAME=VALUE...] -- COMMAND [ARG...]\n", stderr);
        return cannot_enter;
    }
    argv[end] = NULL;
    close_all_but_the_streams();
    join_namespaces(argv[1]);
    /* The calling process stays in its PID namespace; its children are in the new one. */
    const pid_t pid = fork();
    if (pid < 0)
        give_up("fork");
    if (!pid)
        run_command((uid_t)strtoul(argv[2], NULL, 10), argv + 3, argv + end + 1);
    return end_as(pid);
}
