/* SPDX-License-Identifier: MIT */
/*
 * inject-signal.c - to be preloaded: sends the program a signal at a chosen moment, every time; and
 * records which functions its signal handlers call.
 *
 *   $ cc -shared -fPIC -o inject-signal.so inject-signal.c
 *   $ IPCLAB_INJECT=15@fork:2 IPCLAB_INJECT_LOG=/tmp/log LD_PRELOAD=./inject-signal.so ./program
 *
 * IPCLAB_INJECT=SIGNAL@CALL[:N] sends that signal (a number) once to the process that was started
 * with it, and not to its children:
 *
 *   shmget, shmat, fork   right after the Nth call has returned; N is 1 by default
 *   wait                  right before the first of wait, waitpid, wait3, wait4, waitid, pause,
 *                         sigsuspend, sigwait, sigwaitinfo and sigtimedwait: between the program's
 *                         last test of a flag and its going to sleep
 *
 * A signal that a test could time only by luck arrives there every time. A signal that is blocked
 * at that moment becomes pending, and nothing else happens.
 *
 * The library appends "loaded" to IPCLAB_INJECT_LOG when a program begins, "sent" when it has sent
 * the signal, and "handler SIGNAL CALL" when a handler for SIGNAL calls one of the functions below,
 * which signal-safety(7) does not list: the handler may have interrupted the program in the middle
 * of that very function. The library looks only for functions that students call, and sees handlers
 * by taking the place of those that the program installs.
 */
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

static int inject_signal, calls_left;
static char inject_call[16];
static pid_t target;

/* The signal whose handler runs, the innermost if they are nested; 0 outside of handlers. */
static volatile sig_atomic_t handling;

static void note(const char *text)
{
    const int saved = errno;
    const char *path = getenv("IPCLAB_INJECT_LOG");
    const int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd >= 0 && write(fd, text, strlen(text)) >= 0)
        close(fd);
    errno = saved;
}

__attribute__((constructor)) static void begin(void)
{
    const char *value = getenv("IPCLAB_INJECT");
    char call[16] = "";
    int count = 1;
    target = getpid();
    note("loaded\n");
    if (value && sscanf(value, "%d@%15[a-z]:%d", &inject_signal, call, &count) >= 2) {
        memcpy(inject_call, call, sizeof call);
        calls_left = count;
    }
}

/* Some process has reached CALL. */
static void reach(const char *call)
{
    const int saved = errno;
    if (calls_left > 0 && getpid() == target && !strcmp(call, inject_call) && --calls_left == 0) {
        note("sent\n");
        kill(target, inject_signal);
    }
    errno = saved;
}

/* --- the moments --- */

#define AFTER(type, name, parameters, arguments) \
    type name parameters                         \
    {                                            \
        type(*real) parameters;                  \
        type result;                             \
        preload_next(#name, &real);              \
        result = real arguments;                 \
        reach(#name);                            \
        return result;                           \
    }

#define BEFORE_WAIT(type, name, parameters, arguments) \
    type name parameters                               \
    {                                                  \
        type(*real) parameters;                        \
        preload_next(#name, &real);                    \
        reach("wait");                                 \
        return real arguments;                         \
    }

AFTER(void *, shmat, (int id, const void *address, int flags), (id, address, flags))
AFTER(pid_t, fork, (void), ())

BEFORE_WAIT(pid_t, wait, (int *status), (status))
BEFORE_WAIT(pid_t, waitpid, (pid_t pid, int *status, int options), (pid, status, options))
BEFORE_WAIT(pid_t, wait3, (int *status, int options, struct rusage *usage),
            (status, options, usage))
BEFORE_WAIT(pid_t, wait4, (pid_t pid, int *status, int options, struct rusage *usage),
            (pid, status, options, usage))
BEFORE_WAIT(int, waitid, (idtype_t type, id_t id, siginfo_t *info, int options),
            (type, id, info, options))
BEFORE_WAIT(int, pause, (void), ())
BEFORE_WAIT(int, sigsuspend, (const sigset_t *mask), (mask))
BEFORE_WAIT(int, sigwait, (const sigset_t *set, int *number), (set, number))
BEFORE_WAIT(int, sigwaitinfo, (const sigset_t *set, siginfo_t *info), (set, info))
BEFORE_WAIT(int, sigtimedwait,
            (const sigset_t *set, siginfo_t *info, const struct timespec *timeout),
            (set, info, timeout))

/* --- handlers --- */

/* The handlers that the program has installed, by signal. */
static void (*handlers[_NSIG])(int, siginfo_t *, void *);

static void trampoline(int number, siginfo_t *info, void *context)
{
    const sig_atomic_t outer = handling;
    handling = number;
    handlers[number](number, info, context);
    handling = outer;
}

static int is_function(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) ||
           (action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN);
}

/* Calls a handler of one argument with three, which all of Linux's ABIs allow. Sets SA_SIGINFO for
 * programs that did not, which changes nothing else. */
int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    int (*real)(int, const struct sigaction *, struct sigaction *);
    void (*before)(int, siginfo_t *, void *) = NULL;
    struct sigaction ours;
    int result;
    preload_next("sigaction", &real);
    if (number > 0 && number < _NSIG) {
        before = handlers[number];
        if (action && is_function(action)) {
            ours = *action;
            handlers[number] = action->sa_sigaction;
            ours.sa_sigaction = trampoline;
            ours.sa_flags |= SA_SIGINFO;
            action = &ours;
        }
    }
    result = real(number, action, old);
    if (!result && old && (old->sa_flags & SA_SIGINFO) && old->sa_sigaction == trampoline)
        old->sa_sigaction = before;
    return result;
}

/* signal(2) of BSD and glibc, and that of System V, which -std=c17 without _GNU_SOURCE selects. */
static sighandler_t install(int number, sighandler_t handler, int flags)
{
    struct sigaction action, old;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags;
    return sigaction(number, &action, &old) ? SIG_ERR : old.sa_handler;
}

sighandler_t signal(int number, sighandler_t handler)
{
    return install(number, handler, SA_RESTART);
}

sighandler_t __sysv_signal(int number, sighandler_t handler);
sighandler_t __sysv_signal(int number, sighandler_t handler)
{
    return install(number, handler, (int)(SA_RESETHAND | SA_NODEFER));
}

/* --- what a handler must not call --------------------------------------------- */

static void unsafe(const char *call)
{
    char line[64];
    if (!handling)
        return;
    snprintf(line, sizeof line, "handler %d %s\n", (int)handling, call);
    note(line);
}

#define UNSAFE(type, name, parameters, arguments) \
    type name parameters                          \
    {                                             \
        type(*real) parameters;                   \
        preload_next(#name, &real);               \
        unsafe(#name);                            \
        return real arguments;                    \
    }

UNSAFE(int, shmctl, (int id, int command, struct shmid_ds *buffer), (id, command, buffer))
UNSAFE(int, shmdt, (const void *address), (address))
UNSAFE(int, puts, (const char *text), (text))
UNSAFE(int, putchar, (int byte), (byte))
UNSAFE(int, fputs, (const char *text, FILE *stream), (text, stream))
UNSAFE(int, fputc, (int byte, FILE *stream), (byte, stream))
UNSAFE(int, fflush, (FILE * stream), (stream))
UNSAFE(size_t, fwrite, (const void *data, size_t size, size_t n, FILE *stream),
       (data, size, n, stream))

int shmget(key_t key, size_t size, int flags)
{
    int (*real)(key_t, size_t, int);
    int result;
    preload_next("shmget", &real);
    unsafe("shmget");
    result = real(key, size, flags);
    reach("shmget");
    return result;
}

void perror(const char *text)
{
    void (*real)(const char *);
    preload_next("perror", &real);
    unsafe("perror");
    real(text);
}

void exit(int status)
{
    void (*real)(int);
    preload_next("exit", &real);
    unsafe("exit");
    real(status);
    abort(); /* tells the compiler that this does not return */
}

int printf(const char *format, ...)
{
    va_list rest;
    int result;
    unsafe("printf");
    va_start(rest, format);
    result = vfprintf(stdout, format, rest);
    va_end(rest);
    return result;
}

int fprintf(FILE *stream, const char *format, ...)
{
    va_list rest;
    int result;
    unsafe("fprintf");
    va_start(rest, format);
    result = vfprintf(stream, format, rest);
    va_end(rest);
    return result;
}

/* -D_FORTIFY_SOURCE turns the two into these. */
int __printf_chk(int flag, const char *format, ...);
int __printf_chk(int flag, const char *format, ...)
{
    va_list rest;
    int result;
    (void)flag;
    unsafe("printf");
    va_start(rest, format);
    result = vfprintf(stdout, format, rest);
    va_end(rest);
    return result;
}

int __fprintf_chk(FILE *stream, int flag, const char *format, ...);
int __fprintf_chk(FILE *stream, int flag, const char *format, ...)
{
    va_list rest;
    int result;
    (void)flag;
    unsafe("fprintf");
    va_start(rest, format);
    result = vfprintf(stream, format, rest);
    va_end(rest);
    return result;
}
