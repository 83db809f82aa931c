/* SPDX-License-Identifier: MIT */
/*
 * stepper.c - to be preloaded: stops a program at each of its IPC calls until the check lets it
 * continue.
 *
 *   $ IPCLAB_STEPPER=/ipclab/given/a LD_PRELOAD=/ipclab/given/stepper.so ./student-program
 *
 * A race needs no luck this way: the check decides in which order programs make their calls
 * (labs/lib/stepper.bash). At each stop the program writes a line to the FIFO IPCLAB_STEPPER.at and
 * then reads a byte from IPCLAB_STEPPER.go. IPCLAB_STEPPER_MODE says where it stops:
 *
 *   calls  (the default) before each System V call, before futex(2) made by syscall(2), and before
 *          any call that sleeps for a millisecond or longer; the line is "semop", "wait" or "wake"
 *          for futex(2), or "sleep"
 *   steps  before and after each System V or POSIX call; the line is "before semop 0-1,2-1" or
 *          "after sem_wait /apples". The check can be the process that comes between two steps,
 *          where the program only loads and stores. A call that fails has no "after".
 *
 * First of all the library writes the line "loaded": from a program that does not load it, such as
 * a statically linked one, the check hears nothing.
 *
 * Nothing else changes: arguments, results and errno are the program's own. Without the FIFOs the
 * program does not stop.
 */
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST_LINE = 200, MOST_SEMAPHORES = 64 };

static int stops_at_steps(void)
{
    const char *mode = getenv("IPCLAB_STEPPER_MODE");
    return mode && !strcmp(mode, "steps");
}

/* Opens the FIFO IPCLAB_STEPPER.END. The check has it open at both ends, so this does not wait. */
static int open_fifo(const char *end, int flags)
{
    char path[256];
    const char *stepper = getenv("IPCLAB_STEPPER");
    if (!stepper || snprintf(path, sizeof path, "%s.%s", stepper, end) >= (int)sizeof path)
        return -1;
    return open(path, flags | O_CLOEXEC);
}

/*
 * Writes LINE, a newline at its end, and waits until the check lets the program continue.
 * Invariant: the program reads one byte for each line that it has written, and the check writes a
 * byte only for a line that it has read. Keeps errno.
 */
static void stop(const char *line)
{
    const int saved = errno;
    const int at = open_fifo("at", O_WRONLY);
    const int go = open_fifo("go", O_RDONLY);
    const size_t length = strlen(line);
    char byte;
    if (at >= 0 && go >= 0 && write(at, line, length) == (ssize_t)length)
        while (read(go, &byte, 1) < 0 && errno == EINTR)
            ;
    if (at >= 0)
        close(at);
    if (go >= 0)
        close(go);
    errno = saved;
}

/* Once for each program that the check starts, and not for what it starts by execve(2). */
__attribute__((constructor)) static void report(void)
{
    const int at = getenv("IPCLAB_STEPPER_LOADED") ? -1 : open_fifo("at", O_WRONLY | O_NONBLOCK);
    if (at < 0)
        return;
    if (write(at, "loaded\n", 7) == 7)
        setenv("IPCLAB_STEPPER_LOADED", "yes", 1);
    close(at);
}

/* Mode calls: the program is about to make CALL. */
static void stop_before(const char *call)
{
    char line[32];
    if (stops_at_steps())
        return;
    snprintf(line, sizeof line, "%s\n", call);
    stop(line);
}

/* Mode steps: the program is WHEN ("before", "after") CALL, which has DETAIL. */
static void stop_at_step(const char *when, const char *call, const char *detail)
{
    char line[LONGEST_LINE];
    if (!stops_at_steps())
        return;
    const int length =
        snprintf(line, sizeof line, "%s %s%s%s\n", when, call, *detail ? " " : "", detail);
    if (length >= LONGEST_LINE)
        line[LONGEST_LINE - 2] = '\n';
    stop(line);
}

/* The call NAME, with STOP_IN_CALLS before it; FAILED says whether RESULT is a failure. */
#define WRAPPED(type, name, parameters, arguments, stop_in_calls, detail, failed) \
    type name parameters                                                          \
    {                                                                             \
        type(*real) parameters;                                                   \
        type result;                                                              \
        preload_next(#name, &real);                                               \
        stop_in_calls;                                                            \
        stop_at_step("before", #name, detail);                                    \
        result = real arguments;                                                  \
        if (!(failed))                                                            \
            stop_at_step("after", #name, detail);                                 \
        return result;                                                            \
    }

/* In both modes, and in mode steps only. */
#define STEPPED(type, name, parameters, arguments, detail, failed) \
    WRAPPED(type, name, parameters, arguments, stop_before(#name), detail, failed)
#define STEPPED_ONLY(type, name, parameters, arguments, detail, failed) \
    WRAPPED(type, name, parameters, arguments, (void)0, detail, failed)

/* The call NAME in mode calls only, where CONDITION says that it sleeps long enough to count. */
#define SLEEPING(type, name, parameters, arguments, condition) \
    type name parameters                                       \
    {                                                          \
        type(*real) parameters;                                \
        preload_next(#name, &real);                            \
        if (condition)                                         \
            stop_before("sleep");                              \
        return real arguments;                                 \
    }

/* --- System V --- */

/* A list as semop-tool writes it, "0-1,2-1". */
static const char *list(const struct sembuf *operations, size_t count)
{
    static char text[LONGEST_LINE];
    int used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count && used < LONGEST_LINE - 32; i++)
        used += snprintf(text + used, sizeof text - (size_t)used,
                         operations[i].sem_op ? "%s%d%+d" : "%s%d=%d", i ? "," : "",
                         operations[i].sem_num, operations[i].sem_op);
    return text;
}

STEPPED(int, shmget, (key_t key, size_t size, int flags), (key, size, flags), "", result < 0)
STEPPED(void *, shmat, (int id, const void *address, int flags), (id, address, flags), "",
        result == (void *)-1)
STEPPED(int, shmctl, (int id, int command, struct shmid_ds *buffer), (id, command, buffer), "",
        result < 0)
STEPPED(int, semget, (key_t key, int count, int flags), (key, count, flags), "", result < 0)
STEPPED(int, semop, (int id, struct sembuf *operations, size_t count), (id, operations, count),
        list(operations, count), result < 0)
STEPPED_ONLY(int, semtimedop,
             (int id, struct sembuf *operations, size_t count, const struct timespec *timeout),
             (id, operations, count, timeout), list(operations, count), result < 0)

int semctl(int id, int number, int command, ...)
{
    int (*real)(int, int, int, ...);
    void *argument;
    PRELOAD_VARIADIC(command, argument);
    preload_next("semctl", &real);
    stop_before("semctl");
    stop_at_step("before", "semctl", "");
    const int result = real(id, number, command, argument);
    if (result >= 0)
        stop_at_step("after", "semctl", "");
    return result;
}

/* --- POSIX --- */

/* The names that sem_open got, for the calls that get only the semaphore. */
static struct {
    const sem_t *semaphore;
    char name[64];
} opened[MOST_SEMAPHORES];
static int opened_count;

static const char *name_of(const sem_t *semaphore)
{
    for (int i = opened_count; i-- > 0;)
        if (opened[i].semaphore == semaphore)
            return opened[i].name;
    return "";
}

static void note_name(const sem_t *semaphore, const char *name)
{
    if (opened_count == MOST_SEMAPHORES)
        return;
    opened[opened_count].semaphore = semaphore;
    snprintf(opened[opened_count++].name, sizeof opened[0].name, "%s", name);
}

STEPPED_ONLY(int, shm_open, (const char *name, int flags, mode_t mode), (name, flags, mode), name,
             result < 0)
STEPPED_ONLY(int, shm_unlink, (const char *name), (name), name, result < 0)
STEPPED_ONLY(int, ftruncate, (int fd, off_t length), (fd, length), "", result < 0)
STEPPED_ONLY(int, sem_unlink, (const char *name), (name), name, result < 0)
STEPPED_ONLY(int, sem_wait, (sem_t * semaphore), (semaphore), name_of(semaphore), result < 0)
STEPPED_ONLY(int, sem_trywait, (sem_t * semaphore), (semaphore), name_of(semaphore), result < 0)
STEPPED_ONLY(int, sem_post, (sem_t * semaphore), (semaphore), name_of(semaphore), result < 0)

/* The loader and malloc(3) map memory too, but by calls of their own, which do not come here. */
STEPPED_ONLY(void *, mmap,
             (void *address, size_t length, int protection, int flags, int fd, off_t offset),
             (address, length, protection, flags, fd, offset), "", result == MAP_FAILED)

/* The calls of link(2) and open(2) that glibc makes for it do not come here. */
sem_t *sem_open(const char *name, int flags, ...)
{
    sem_t *(*real)(const char *, int, ...);
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    const unsigned value = flags & O_CREAT ? va_arg(rest, unsigned) : 0;
    va_end(rest);
    preload_next("sem_open", &real);
    stop_at_step("before", "sem_open", name);
    sem_t *result = real(name, flags, mode, value);
    if (result != SEM_FAILED) {
        note_name(result, name);
        stop_at_step("after", "sem_open", name);
    }
    return result;
}

/* --- sleeping, and futex(2) --- */

#define LONG_ENOUGH(time) ((time)->tv_sec > 0 || (time)->tv_nsec >= 1000000)

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

/* Makes one of the calls above, if NUMBER is its number, as if the program had called its function:
 * otherwise syscall(2) would be a way past the stops. Some architectures have no such numbers. */
static int called_by_number(long number, const long *given, long *result)
{
    switch (number) {
#ifdef SYS_semtimedop
    case SYS_shmget: *result = shmget((key_t)given[0], (size_t)given[1], (int)given[2]); return 1;
    case SYS_shmat:
        *result = (long)shmat((int)given[0], (const void *)given[1], (int)given[2]);
        return 1;
    case SYS_shmctl:
        *result = shmctl((int)given[0], (int)given[1], (struct shmid_ds *)given[2]);
        return 1;
    case SYS_semget: *result = semget((key_t)given[0], (int)given[1], (int)given[2]); return 1;
    case SYS_semop:
        *result = semop((int)given[0], (struct sembuf *)given[1], (size_t)given[2]);
        return 1;
    case SYS_semtimedop:
        *result = semtimedop((int)given[0], (struct sembuf *)given[1], (size_t)given[2],
                             (const struct timespec *)given[3]);
        return 1;
    case SYS_semctl:
        *result = semctl((int)given[0], (int)given[1], (int)given[2], (void *)given[3]);
        return 1;
#endif
    default: return 0;
    }
}

/* Passes on six arguments, the most that a system call has. */
long syscall(long number, ...)
{
    long (*real)(long, ...);
    long arguments[6], result;
    va_list rest;
    va_start(rest, number);
    for (int i = 0; i < 6; i++)
        arguments[i] = va_arg(rest, long);
    va_end(rest);
    if (called_by_number(number, arguments, &result))
        return result;
    preload_next("syscall", &real);
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
