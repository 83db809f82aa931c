/* SPDX-License-Identifier: MIT */
/*
 * hold.c - see hold.h.
 */
#include "config.h"

#include "lib/run/hold.h"

#include "lib/run/signals.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { SIGNALS, TIMER, INPUT, SOURCES };

void hold_prepare(void)
{
    block_signals(SIGNALS_HOLD, NULL);
}

static bool input_can_end(void)
{
    struct stat st;
    return fstat(STDIN_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

/* A timer that is never set never becomes readable, so a hold without a bound needs no case of its
 * own. For timerfd_settime(2) 0 means no timer, so a LENGTH of 0 becomes a nanosecond. */
static int open_timer(const struct timespec *length)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (fd >= 0 && length) {
        struct itimerspec when = {.it_value = *length};
        if (!when.it_value.tv_sec && !when.it_value.tv_nsec)
            when.it_value.tv_nsec = 1;
        timerfd_settime(fd, 0, &when, NULL);
    }
    return fd;
}

/*
 * Invariant: each event that ends the wait makes a descriptor readable, and it stays readable until
 * it is read. So no event is lost between a check and poll(2): the signals are blocked
 * (hold_prepare()) and stay pending in the signalfd, the timer keeps its count, the pipe its end.
 */
int hold_wait(const struct timespec *length)
{
    sigset_t set;
    fill_signals(SIGNALS_HOLD, &set);
    struct pollfd sources[SOURCES] = {
        [SIGNALS] = {.fd = signalfd(-1, &set, SFD_CLOEXEC), .events = POLLIN},
        [TIMER] = {.fd = open_timer(length), .events = POLLIN},
        [INPUT] = {.fd = input_can_end() ? STDIN_FILENO : -1, .events = POLLIN},
    };
    /* poll(2) skips a descriptor of -1: the wait would have no end. */
    int result = sources[SIGNALS].fd < 0 || sources[TIMER].fd < 0 ? -1 : 0;
    while (result == 0) {
        char sink[4096];
        ssize_t got;
        if (poll(sources, SOURCES, -1) < 0) {
            result = errno == EINTR ? 0 : -1;
            continue;
        }
        if (sources[SIGNALS].revents || sources[TIMER].revents)
            break;
        if (!sources[INPUT].revents)
            continue;
        got = read(STDIN_FILENO, sink, sizeof sink);
        if (got == 0 || (got < 0 && errno != EINTR))
            break;
    }
    const int error = errno;
    close(sources[SIGNALS].fd);
    close(sources[TIMER].fd);
    errno = error;
    return result;
}
