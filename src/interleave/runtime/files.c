/* SPDX-License-Identifier: MIT */
/*
 * files.c - POSIX shared memory, pipes, and the time, as steps.
 */
#include "config.h"

#include "interleave/runtime/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void stop_call(uint64_t pc, const char *what)
{
    gate_stop(&(struct step){.kind = STEP_CALL, .object = OBJECT_ANY, .pc = pc}, "%s", what);
}

/* --- shared memory --- */

EXPORTED int shm_open(const char *name, int flags, mode_t mode)
{
    char what[BOARD_TEXT];
    REAL(int, shm_open, (const char *, int, mode_t));
    static const int errors[] = {EMFILE, ENFILE, 0}; /* shm_open(3) */
    snprintf(what, sizeof what, "shm_open %.80s", name);
    if (gate_stop(&(struct step){.kind = STEP_CALL, .pc = CALLER, .errors = errors}, "%s", what) ==
        ORDER_FAIL)
        return gate_failed();
    return gate_returned(real(name, flags, mode));
}

EXPORTED int shm_unlink(const char *name)
{
    char what[BOARD_TEXT];
    REAL(int, shm_unlink, (const char *));
    snprintf(what, sizeof what, "shm_unlink %.80s", name);
    stop_call(CALLER, what);
    return gate_returned(real(name));
}

EXPORTED int ftruncate(int fd, off_t length)
{
    REAL(int, ftruncate, (int, off_t));
    stop_call(CALLER, "ftruncate");
    return gate_returned(real(fd, length));
}

static void *map_stopped(uint64_t pc, void *address, size_t length, int protection, int flags,
                         int fd, off_t offset, void *(*real)(void *, size_t, int, int, int, off_t))
{
    struct stat file = {0};
    const bool shared = gate_active() && flags & MAP_SHARED;
    static const int errors[] = {ENOMEM, 0}; /* mmap(2) */
    if (shared && gate_stop(&(struct step){.kind = STEP_CALL, .pc = pc, .errors = errors},
                            "mmap") == ORDER_FAIL)
        return (void *)(intptr_t)gate_failed();
    void *const at = real(address, length, protection, flags, fd, offset);
    if (!shared || at == MAP_FAILED)
        return at;
    gate_learn((uint64_t)(uintptr_t)at);
    gate_result("mapped");
    if (flags & MAP_ANONYMOUS)
        gate_refuse("it maps anonymous memory that is shared (MAP_SHARED|MAP_ANONYMOUS)");
    if (fstat(fd, &file) == 0)
        region_add(at, length, ID_FILE(file.st_ino), (uint64_t)offset);
    return at;
}

EXPORTED void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    REAL(void *, mmap, (void *, size_t, int, int, int, off_t));
    return map_stopped(CALLER, address, length, protection, flags, fd, offset, real);
}

EXPORTED void *mmap64(void *address, size_t length, int protection, int flags, int fd,
                      off64_t offset)
{
    REAL(void *, mmap, (void *, size_t, int, int, int, off_t));
    return map_stopped(CALLER, address, length, protection, flags, fd, offset, real);
}

EXPORTED int munmap(void *address, size_t length)
{
    REAL(int, munmap, (void *, size_t));
    region_remove(address, length);
    return real(address, length);
}

/* --- pipes: a read that would wait --- */

static bool nothing_to_read(const void *argument)
{
    struct pollfd file = {.fd = *(const int *)argument, .events = POLLIN};
    int (*real)(struct pollfd *, nfds_t, int);
    next_function("poll", (void *)&real);
    return real(&file, 1, 0) == 0;
}

/* The SYNC_ID of FD; 0: it is no pipe and no socket. */
static uint64_t pipe_id(int fd)
{
    struct stat file;
    return fstat(fd, &file) == 0 && (S_ISFIFO(file.st_mode) || S_ISSOCK(file.st_mode))
               ? SYNC_PIPE(file.st_ino)
               : 0;
}

EXPORTED ssize_t read(int fd, void *buffer, size_t size)
{
    REAL(ssize_t, read, (int, void *, size_t));
    const uint64_t pipe = gate_active() ? pipe_id(fd) : 0;
    if (!pipe)
        return real(fd, buffer, size);
    const enum board_order order =
        gate_stop(&(struct step){.kind = STEP_CALL,
                                 .object = OBJECT_ANY,
                                 .interrupts = INTERRUPTS_UNLESS_RESTARTED,
                                 .sync_id = pipe,
                                 .pc = CALLER,
                                 .would_wait = nothing_to_read,
                                 .argument = &fd},
                  "read %d", fd);
    if (order == ORDER_EINTR)
        return gate_interrupted();
    const ssize_t result = real(fd, buffer, size);
    if (result > 0) {
        gate_moved();
        gate_learn_bytes(buffer, (size_t)result);
    }
    gate_returned((int)result);
    return result;
}

EXPORTED ssize_t write(int fd, const void *buffer, size_t size)
{
    REAL(ssize_t, write, (int, const void *, size_t));
    const uint64_t pipe = gate_active() ? pipe_id(fd) : 0;
    if (bytes_tracked(CALLER) && access_stop(STEP_LOAD, buffer, size, CALLER))
        gate_learn_bytes(buffer, size);
    if (!pipe)
        return real(fd, buffer, size);
    gate_stop(
        &(struct step){.kind = STEP_CALL, .object = OBJECT_ANY, .sync_id = pipe, .pc = CALLER},
        "write %d", fd);
    const ssize_t result = real(fd, buffer, size);
    if (result > 0)
        gate_moved();
    gate_returned((int)result);
    return result;
}

/* --- time: it goes on only where a program sleeps --- */

static void yield(uint64_t pc, const char *what)
{
    gate_stop(&(struct step){.kind = STEP_YIELD, .object = OBJECT_NONE, .pc = pc}, "%s", what);
}

EXPORTED int sched_yield(void)
{
    yield(CALLER, "sched_yield");
    return 0;
}

EXPORTED unsigned sleep(unsigned seconds)
{
    REAL(unsigned, sleep, (unsigned));
    if (!gate_active())
        return real(seconds);
    yield(CALLER, "sleep");
    return 0;
}

EXPORTED int usleep(useconds_t time)
{
    REAL(int, usleep, (useconds_t));
    if (!gate_active())
        return real(time);
    yield(CALLER, "usleep");
    return 0;
}

EXPORTED int nanosleep(const struct timespec *time, struct timespec *left)
{
    REAL(int, nanosleep, (const struct timespec *, struct timespec *));
    if (!gate_active())
        return real(time, left);
    yield(CALLER, "nanosleep");
    return 0;
}

EXPORTED int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                             struct timespec *left)
{
    REAL(int, clock_nanosleep, (clockid_t, int, const struct timespec *, struct timespec *));
    if (!gate_active())
        return real(clock, flags, time, left);
    yield(CALLER, "clock_nanosleep");
    return 0;
}
