/*
 * gate.c - to be preloaded: stops a program before each IPC call until the check lets it go on.
 *
 *   $ IPCLAB_GATE=/tmp/gate/a LD_PRELOAD=/tmp/gate/gate.so ./student-program
 *
 * So a race needs no luck: the check decides in which order two programs make their calls
 * (labs/lib/gate.bash). Before a call its name is written to the FIFO IPCLAB_GATE.at, as a line;
 * then a byte is read from IPCLAB_GATE.go. The calls are those below; of futex(2), as it is made by
 * way of syscall(2), "wait" and "wake"; and "sleep", whichever call does it, for a millisecond or
 * more. Nothing else changes: arguments, results, errno are the program's own. Where there is no
 * FIFO, nothing is stopped.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Open the FIFO IPCLAB_GATE.END. The check has it open for both, so this does not wait. */
static int open_fifo(const char *end, int flags)
{
    char path[256];
    const char *gate = getenv("IPCLAB_GATE");
    if (!gate || snprintf(path, sizeof path, "%s.%s", gate, end) >= (int)sizeof path)
        return -1;
    return open(path, flags | O_CLOEXEC);
}

/* Say that CALL comes next, and wait until it may; invariant: one byte read for one line written.
 * Keeps errno. */
static void stop_before(const char *call)
{
    const int saved = errno;
    const int at = open_fifo("at", O_WRONLY);
    const int go = open_fifo("go", O_RDONLY);
    char line[32];
    const int length = snprintf(line, sizeof line, "%s\n", call);
    if (at >= 0 && go >= 0 && write(at, line, (size_t)length) == length)
        while (read(go, line, 1) < 0 && errno == EINTR)
            ;
    if (at >= 0)
        close(at);
    if (go >= 0)
        close(go);
    errno = saved;
}

/* POSIX has no way to turn an object pointer into a function pointer but this. */
static void next(const char *name, void *function)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, sizeof found);
}

/* The call NAME; it is told as WHAT, if CONDITION. */
#define STOPPED(type, name, parameters, arguments, condition, what) \
    type name parameters                                            \
    {                                                               \
        type(*real) parameters;                                     \
        next(#name, &real);                                         \
        if (condition)                                              \
            stop_before(what);                                      \
        return real arguments;                                      \
    }
#define GATED(type, name, parameters, arguments) \
    STOPPED(type, name, parameters, arguments, 1, #name)

GATED(int, shmget, (key_t key, size_t size, int flags), (key, size, flags))
GATED(void *, shmat, (int id, const void *address, int flags), (id, address, flags))
GATED(int, shmctl, (int id, int command, struct shmid_ds *buffer), (id, command, buffer))
GATED(int, semget, (key_t key, int count, int flags), (key, count, flags))
GATED(int, semop, (int id, struct sembuf *operations, size_t count), (id, operations, count))

/* The many ways to sleep. */
#define LONG_ENOUGH(time) ((time)->tv_sec > 0 || (time)->tv_nsec >= 1000000)
#define SLEEPING(type, name, parameters, arguments, condition) \
    STOPPED(type, name, parameters, arguments, condition, "sleep")

SLEEPING(unsigned, sleep, (unsigned seconds), (seconds), seconds > 0)
SLEEPING(int, usleep, (useconds_t microseconds), (microseconds), microseconds >= 1000)
SLEEPING(int, nanosleep, (const struct timespec *time, struct timespec *left), (time, left),
         LONG_ENOUGH(time))
SLEEPING(int, clock_nanosleep,
         (clockid_t clock, int flags, const struct timespec *time, struct timespec *left),
         (clock, flags, time, left), LONG_ENOUGH(time))
SLEEPING(int, poll, (struct pollfd * files, nfds_t count, int milliseconds),
         (files, count, milliseconds), milliseconds)
SLEEPING(int, select, (int count, fd_set *in, fd_set *out, fd_set *other, struct timeval *time),
         (count, in, out, other, time), !time || time->tv_sec > 0 || time->tv_usec >= 1000)

/* semctl(2) is variadic: the fourth argument is passed on as the kernel takes it, if it is there or
 * not. */
int semctl(int id, int number, int command, ...)
{
    int (*real)(int, int, int, ...);
    va_list rest;
    void *argument;
    va_start(rest, command);
    argument = va_arg(rest, void *);
    va_end(rest);
    next("semctl", &real);
    stop_before("semctl");
    return real(id, number, command, argument);
}

/* So is syscall(2), with six arguments at most. */
long syscall(long number, ...)
{
    long (*real)(long, ...);
    long arguments[6];
    va_list rest;
    va_start(rest, number);
    for (int i = 0; i < 6; i++)
        arguments[i] = va_arg(rest, long);
    va_end(rest);
    next("syscall", &real);
    if (number == SYS_futex) {
        const long operation = arguments[1] & FUTEX_CMD_MASK;
        if (operation == FUTEX_WAKE)
            stop_before("wake");
        else if (operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET)
            stop_before("wait");
    }
    return real(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
                arguments[5]);
}
