/*
 * strike.c - to be preloaded: a signal comes at a chosen moment, every time; and what signal
 * handlers call is noted
 *
 *   $ cc -shared -fPIC -o strike.so strike.c
 *   $ IPCLAB_STRIKE=15@fork:2 IPCLAB_STRIKE_LOG=/tmp/log LD_PRELOAD=./strike.so ./student-program
 *
 * IPCLAB_STRIKE=SIGNAL@CALL[:N] sends the process that was started so, and not its children, that
 * signal (a number), once: shmget, shmat, fork    right after the Nth call has returned, 1 if no N
 * is given wait                   right before the first of wait, waitpid, wait3, wait4, waitid,
 * pause, sigsuspend, sigwait, sigwaitinfo and sigtimedwait: between a program's last look at a flag
 * and its going to sleep So a signal that a test could hit by luck only comes there always. With a
 * signal that is blocked at that moment nothing happens but that it is pending.
 *
 * To IPCLAB_STRIKE_LOG is appended "struck" when it was sent, and "handler SIGNAL CALL" when a
 * handler for SIGNAL calls one of the functions below that signal-safety(7) does not list: a
 * handler may interrupt the program in the middle of the very same function. Only what students
 * call is looked for, not all that is not listed. Handlers are seen by taking the place of those
 * that the program installs.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

static int strike_signal, strikes_left;
static char strike_call[16];
static pid_t target;

static volatile sig_atomic_t
    handling; /* the signal whose handler runs; it may be nested, then the innermost */

/* POSIX has no way to turn an object pointer into a function pointer but this. */
static void next(const char *name, void *function)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, sizeof found);
}

static void note(const char *text)
{
    const int saved = errno;
    const char *path = getenv("IPCLAB_STRIKE_LOG");
    const int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd >= 0 && write(fd, text, strlen(text)) >= 0)
        close(fd);
    errno = saved;
}

__attribute__((constructor)) static void begin(void)
{
    const char *value = getenv("IPCLAB_STRIKE");
    char call[16] = "";
    int count = 1;
    target = getpid();
    if (value && sscanf(value, "%d@%15[a-z]:%d", &strike_signal, call, &count) >= 2) {
        memcpy(strike_call, call, sizeof call);
        strikes_left = count;
    }
}

/* CALL is reached in some process. */
static void reach(const char *call)
{
    const int saved = errno;
    if (strikes_left > 0 && getpid() == target && !strcmp(call, strike_call) &&
        --strikes_left == 0) {
        note("struck\n");
        kill(target, strike_signal);
    }
    errno = saved;
}

/* --- the moments
 * ---------------------------------------------------------------------------------------------------
 */

#define AFTER(type, name, parameters, arguments) \
    type name parameters                         \
    {                                            \
        type(*real) parameters;                  \
        type result;                             \
        next(#name, &real);                      \
        result = real arguments;                 \
        reach(#name);                            \
        return result;                           \
    }

#define BEFORE_WAIT(type, name, parameters, arguments) \
    type name parameters                               \
    {                                                  \
        type(*real) parameters;                        \
        next(#name, &real);                            \
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

/* --- handlers
 * ------------------------------------------------------------------------------------------------------
 */

/* By signal: what the program has installed. */
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

/* A handler that takes one argument is called with three, which all of Linux's ABIs allow.
 * SA_SIGINFO is not asked for by all programs, but it changes nothing else. */
int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    int (*real)(int, const struct sigaction *, struct sigaction *);
    void (*before)(int, siginfo_t *, void *) = NULL;
    struct sigaction ours;
    int result;
    next("sigaction", &real);
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

/* signal(2) as BSD and glibc have it, and as System V has it: that one is what -std=c17 without
 * _GNU_SOURCE gets. */
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

/* --- what a handler must not call
 * ---------------------------------------------------------------------------------- */

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
        next(#name, &real);                       \
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
    next("shmget", &real);
    unsafe("shmget");
    result = real(key, size, flags);
    reach("shmget");
    return result;
}

void perror(const char *text)
{
    void (*real)(const char *);
    next("perror", &real);
    unsafe("perror");
    real(text);
}

void exit(int status)
{
    void (*real)(int);
    next("exit", &real);
    unsafe("exit");
    real(status);
    abort(); /* which the compiler must be told: this does not return */
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

/* What the two become with -D_FORTIFY_SOURCE. */
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
