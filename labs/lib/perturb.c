/* SPDX-License-Identifier: MIT */
/*
 * perturb.c - to be preloaded: disturbs the schedule around IPC calls, so that a rare race becomes
 * frequent.
 *
 *   $ IPCLAB_PERTURB=7 LD_PRELOAD=.../perturb.so ./student-program
 *
 * IPCLAB_PERTURB is the seed. Before and after each of the calls below, a process continues at
 * once, yields, or sleeps for up to half a millisecond. A generator of its own draws which; it is
 * seeded with the seed, the process and the thread, so that no two of them run in step. Nothing
 * else changes: arguments, results, errno and signals are the program's own.
 *
 * With IPCLAB_PERTURB=7:tick, a timer also interrupts the program every 150 microseconds, wherever
 * it is, and yields there: this is for races between loads and stores, where the program makes no
 * call. The time counts from the end of the yield: were it to run on meanwhile, then many processes
 * on one CPU would wake up to the next tick, yield again, and never get anything done. The library
 * blocks the ticks during the calls below, so that no tick makes one of them fail with EINTR;
 * SA_RESTART restarts other calls where that is possible, and a tick may cut a sleep short.
 */
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>
#include <unistd.h>

enum { longest_nap_ns = 500000, tick_ns = 150000 };

static uint64_t seed;
static __thread uint64_t state;

/* xorshift64*; Marsaglia, "Xorshift RNGs", 2003, and Vigna's multiplier. */
static uint32_t draw(void)
{
    if (!state)
        state = (seed + 1) * 0x9e3779b97f4a7c15U ^ (uint64_t)gettid() << 20;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 0x2545f4914f6cdd1dU) >> 32);
}

/* Otherwise the child of a fork would draw the same numbers as its parent. */
static void reseed(void)
{
    state = 0;
}

/* Lets other processes run, mostly: sleeps half of the time, and yields a quarter of it. Keeps
 * errno. */
static void let_others_run(void)
{
    const int saved = errno;
    if (seed) {
        const uint32_t what = draw();
        struct timespec nap = {0, (long)(draw() % longest_nap_ns)};
        if (what & 1)
            nanosleep(&nap, NULL);
        else if (what & 2)
            sched_yield();
    }
    errno = saved;
}

/* --- the tick --- */

static int ticking;
static timer_t timer;

/* One tick, not a periodic one. timer_settime(2) is async-signal-safe (signal-safety(7)). */
static void await_tick(void)
{
    const struct itimerspec once = {{0, 0}, {0, tick_ns}};
    timer_settime(timer, 0, &once, NULL);
}

static void tick(int signal_number)
{
    const int saved = errno;
    (void)signal_number;
    sched_yield();
    await_tick();
    errno = saved;
}

static void hold_ticks(int how)
{
    const int saved = errno;
    sigset_t set;
    if (ticking) {
        sigemptyset(&set);
        sigaddset(&set, SIGPROF);
        pthread_sigmask(how, &set, NULL);
    }
    errno = saved;
}

/* timer_create(2), whose timer ends at execve(2): one of setitimer(2) would survive it and kill the
 * next program. A child of fork(2) does not inherit the timer either; it starts its own. */
static void start_ticking(void)
{
    struct sigevent event;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = tick;
    action.sa_flags = SA_RESTART;
    sigaction(SIGPROF, &action, NULL);
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGPROF;
    if (!timer_create(CLOCK_MONOTONIC, &event, &timer))
        await_tick();
}

static void in_child(void)
{
    reseed();
    if (ticking)
        start_ticking();
}

__attribute__((constructor)) static void begin(void)
{
    const char *value = getenv("IPCLAB_PERTURB");
    char *end = NULL;
    if (!value || !*value)
        return;
    preload_report();
    seed = strtoull(value, &end, 10) + 1;
    ticking = !strcmp(end, ":tick");
    pthread_atfork(NULL, NULL, in_child);
    if (ticking)
        start_ticking();
}

/* --- the calls --- */

/* The body of a call that returns TYPE: the real one, with room for others before and after it. */
#define DISTURBED(type, name, parameters, arguments) \
    type name parameters                             \
    {                                                \
        type(*real) parameters;                      \
        type result;                                 \
        preload_next(#name, &real);                  \
        let_others_run();                            \
        hold_ticks(SIG_BLOCK);                       \
        result = real arguments;                     \
        hold_ticks(SIG_UNBLOCK);                     \
        let_others_run();                            \
        return result;                               \
    }

DISTURBED(int, shmget, (key_t key, size_t size, int flags), (key, size, flags))
DISTURBED(void *, shmat, (int id, const void *address, int flags), (id, address, flags))
DISTURBED(int, shmdt, (const void *address), (address))
DISTURBED(int, shmctl, (int id, int command, struct shmid_ds *buffer), (id, command, buffer))
DISTURBED(int, semget, (key_t key, int count, int flags), (key, count, flags))
DISTURBED(int, semop, (int id, struct sembuf *operations, size_t count), (id, operations, count))
DISTURBED(int, semtimedop,
          (int id, struct sembuf *operations, size_t count, const struct timespec *timeout),
          (id, operations, count, timeout))
DISTURBED(int, sem_wait, (sem_t * semaphore), (semaphore))
DISTURBED(int, sem_post, (sem_t * semaphore), (semaphore))
DISTURBED(int, pthread_mutex_lock, (pthread_mutex_t * mutex), (mutex))
DISTURBED(int, pthread_mutex_unlock, (pthread_mutex_t * mutex), (mutex))

int semctl(int id, int number, int command, ...)
{
    int (*real)(int, int, int, ...);
    int result;
    void *argument;
    PRELOAD_VARIADIC(command, argument);
    preload_next("semctl", &real);
    let_others_run();
    hold_ticks(SIG_BLOCK);
    result = real(id, number, command, argument);
    hold_ticks(SIG_UNBLOCK);
    let_others_run();
    return result;
}
