/* SPDX-License-Identifier: MIT */
/*
 * clock.c - the time and random bytes, the same in each run.
 *
 * The time stands still but where a task sleeps, and where the time limit of a wait passes: then it
 * is later by what was slept. It starts at the same moment in each run.
 */
#include "config.h"

#include "interleave/runtime/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { SECOND = 1000000000 };

/* 1 January 2030, and 1,000 s after a boot. */
static const int64_t first_real = 1893456000, first_other = 1000;

static int64_t nanoseconds(const struct timespec *time)
{
    return (int64_t)time->tv_sec * SECOND + time->tv_nsec;
}

/* What CLOCK says, after so much time of this run. */
static int64_t clock_says(clockid_t clock)
{
    const bool is_real = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ||
                         clock == CLOCK_TAI || clock == CLOCK_REALTIME_ALARM;
    return (is_real ? first_real : first_other) * SECOND + gate_board()->time;
}

/* It goes into the state, for what comes next may depend on it. */
static int64_t look_at(clockid_t clock)
{
    const int64_t now = clock_says(clock);
    gate_board()->time_matters = gate_board()->time_mattered = 1;
    gate_learn((uint64_t)now);
    return now;
}

EXPORTED int clock_gettime(clockid_t clock, struct timespec *time)
{
    REAL(int, clock_gettime, (clockid_t, struct timespec *));
    if (!gate_active())
        return real(clock, time);
    const int64_t now = look_at(clock);
    *time = (struct timespec){now / SECOND, now % SECOND};
    return 0;
}

EXPORTED int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
    REAL(int, gettimeofday, (struct timeval *, void *));
    if (!gate_active())
        return real(time, zone);
    const int64_t now = look_at(CLOCK_REALTIME);
    *time = (struct timeval){now / SECOND, now % SECOND / 1000};
    return 0;
}

EXPORTED time_t time(time_t *where)
{
    REAL(time_t, time, (time_t *));
    if (!gate_active())
        return real(where);
    const time_t now = (time_t)(look_at(CLOCK_REALTIME) / SECOND);
    if (where)
        *where = now;
    return now;
}

/* The time a process has used, clock(3), is that of the run. */
EXPORTED clock_t clock(void)
{
    REAL(clock_t, clock, (void));
    if (!gate_active())
        return real();
    return (clock_t)(look_at(CLOCK_PROCESS_CPUTIME_ID) / (SECOND / CLOCKS_PER_SEC));
}

void clock_pass(const struct timespec *time)
{
    if (gate_active() && time && time->tv_sec >= 0)
        gate_board()->time += nanoseconds(time);
}

void clock_reach(clockid_t clock, const struct timespec *until)
{
    if (!gate_active() || !until)
        return;
    const int64_t left = nanoseconds(until) - clock_says(clock);
    if (left > 0)
        gate_board()->time += left;
}

/* --- sleeping --- */

static void yield(uint64_t pc, const char *what, bool sleeps)
{
    /* Who looks at a clock between two steps sees who has slept. */
    const enum step_object object =
        sleeps && gate_active() && gate_board()->time_mattered ? OBJECT_ANY : OBJECT_NONE;
    gate_stop(&(struct step){.kind = STEP_YIELD, .object = object, .pc = pc}, "%s", what);
}

EXPORTED int sched_yield(void)
{
    yield(CALLER, "sched_yield", false);
    return 0;
}

EXPORTED unsigned sleep(unsigned seconds)
{
    REAL(unsigned, sleep, (unsigned));
    if (!gate_active())
        return real(seconds);
    yield(CALLER, "sleep", true);
    clock_pass(&(struct timespec){seconds, 0});
    return 0;
}

EXPORTED int usleep(useconds_t time)
{
    REAL(int, usleep, (useconds_t));
    if (!gate_active())
        return real(time);
    yield(CALLER, "usleep", true);
    clock_pass(&(struct timespec){time / 1000000, time % 1000000 * 1000L});
    return 0;
}

EXPORTED int nanosleep(const struct timespec *time, struct timespec *left)
{
    REAL(int, nanosleep, (const struct timespec *, struct timespec *));
    if (!gate_active())
        return real(time, left);
    yield(CALLER, "nanosleep", true);
    clock_pass(time);
    return 0;
}

EXPORTED int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                             struct timespec *left)
{
    REAL(int, clock_nanosleep, (clockid_t, int, const struct timespec *, struct timespec *));
    if (!gate_active())
        return real(clock, flags, time, left);
    yield(CALLER, "clock_nanosleep", true);
    if (flags & TIMER_ABSTIME)
        clock_reach(clock, time);
    else
        clock_pass(time);
    return 0;
}

/* --- random bytes: by the number of the task, and how many it has had --- */

static void fill(void *buffer, size_t size)
{
    unsigned char *bytes = buffer;
    struct board_task *const self = gate_self();
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)board_mix(board_mix(5, (uint64_t)(self - gate_board()->tasks)),
                                            self->random++);
}

EXPORTED ssize_t getrandom(void *buffer, size_t size, unsigned flags)
{
    REAL(ssize_t, getrandom, (void *, size_t, unsigned));
    if (!gate_active())
        return real(buffer, size, flags);
    fill(buffer, size);
    return (ssize_t)size;
}

EXPORTED int getentropy(void *buffer, size_t size)
{
    REAL(int, getentropy, (void *, size_t));
    if (!gate_active())
        return real(buffer, size);
    if (size > 256) { /* getentropy(3) */
        errno = EIO;
        return -1;
    }
    fill(buffer, size);
    return 0;
}

/* A file of such bytes in place of FD, which is /dev/random or /dev/urandom: devices 1:8 and 1:9,
 * random(4). What reads more of it at once than there is comes to an end. */
static int replace_random(int fd, int flags)
{
    enum { MUCH = 1 << 16 };
    static unsigned char bytes[MUCH];
    struct stat file;
    REAL(ssize_t, write, (int, const void *, size_t));
    if (!gate_active() || fd < 0 || fstat(fd, &file) || !S_ISCHR(file.st_mode) ||
        (file.st_rdev != makedev(1, 8) && file.st_rdev != makedev(1, 9)))
        return fd;
    const int other = memfd_create("random", flags & O_CLOEXEC ? MFD_CLOEXEC : 0);
    fill(bytes, sizeof bytes);
    if (other < 0 || real(other, bytes, sizeof bytes) != (ssize_t)sizeof bytes ||
        lseek(other, 0, SEEK_SET) < 0 || dup3(other, fd, flags & O_CLOEXEC) < 0)
        gate_refuse("it reads random bytes, and there is no memory for them");
    close(other);
    return fd;
}

#define OPEN_CALL(name)                                        \
    EXPORTED int name(const char *path, int flags, ...)        \
    {                                                          \
        va_list rest;                                          \
        REAL(int, name, (const char *, int, ...));             \
        va_start(rest, flags);                                 \
        const mode_t mode = va_arg(rest, mode_t);              \
        va_end(rest);                                          \
        return replace_random(real(path, flags, mode), flags); \
    }
OPEN_CALL(open)
OPEN_CALL(open64)

#define FOPEN_CALL(name)                                                     \
    EXPORTED FILE *name(const char *path, const char *mode)                  \
    {                                                                        \
        REAL(FILE *, name, (const char *, const char *));                    \
        FILE *const file = real(path, mode);                                 \
        if (file)                                                            \
            replace_random(fileno(file), strchr(mode, 'e') ? O_CLOEXEC : 0); \
        return file;                                                         \
    }
FOPEN_CALL(fopen)
FOPEN_CALL(fopen64)
