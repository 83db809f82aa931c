/*
 * perturb.c - to be preloaded: disturbs the schedule around IPC calls, so that a race which is rare
 * becomes frequent.
 *
 *   $ IPCLAB_PERTURB=7 LD_PRELOAD=.../perturb.so ./student-program
 *
 * IPCLAB_PERTURB is the seed. Before and after each of the calls below a process may go on at once,
 * yield, or sleep for up to half a millisecond: which, is drawn from a generator of its own, seeded
 * by the seed, and by the process and thread so that two of them are not in step. Nothing else
 * changes: arguments, results, errno and signals are the program's own.
 *
 * With IPCLAB_PERTURB=7:tick, a timer besides interrupts the program wherever it is, every 150
 * microseconds, and yields there: this is for races between loads and stores, where no call is
 * made. The ticks are held back during the calls below, so none of them fails with EINTR for that
 * reason; of the others, those that can be are restarted (SA_RESTART), and a sleep may be cut
 * short.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
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

/* After a fork the child would draw what its parent draws. */
static void reseed(void)
{
    state = 0;
}

/* Give way to others, mostly: the half of the times by a sleep, the quarter by a yield. Keeps
 * errno. */
static void give_way(void)
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

/* --- the tick
 * ------------------------------------------------------------------------------------------------------
 */

static int ticking;

static void tick(int signal_number)
{
    const int saved = errno;
    (void)signal_number;
    sched_yield();
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

/* A timer of timer_create(2), for it ends at execve(2): one of setitimer(2) would go on and kill
 * the next program. It is not inherited by a child of fork(2) either, which starts its own. */
static void start_ticking(void)
{
    const struct itimerspec every = {{0, tick_ns}, {0, tick_ns}};
    struct sigevent event;
    struct sigaction action;
    timer_t timer;
    memset(&action, 0, sizeof action);
    action.sa_handler = tick;
    action.sa_flags = SA_RESTART;
    sigaction(SIGPROF, &action, NULL);
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGPROF;
    if (!timer_create(CLOCK_MONOTONIC, &event, &timer))
        timer_settime(timer, 0, &every, NULL);
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
    seed = strtoull(value, &end, 10) + 1;
    ticking = !strcmp(end, ":tick");
    pthread_atfork(NULL, NULL, in_child);
    if (ticking)
        start_ticking();
}

/* --- the calls
 * -----------------------------------------------------------------------------------------------------
 */

/* POSIX has no way to turn an object pointer into a function pointer but this. */
static void next(const char *name, void *function)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, sizeof found);
}

/* The body of a call that returns TYPE: the real one, with room for others before and after it. */
#define DISTURBED(type, name, parameters, arguments) \
    type name parameters                             \
    {                                                \
        type(*real) parameters;                      \
        type result;                                 \
        next(#name, &real);                          \
        give_way();                                  \
        hold_ticks(SIG_BLOCK);                       \
        result = real arguments;                     \
        hold_ticks(SIG_UNBLOCK);                     \
        give_way();                                  \
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

/* semctl(2) is variadic: the fourth argument is passed on as the kernel takes it, whether it is
 * there or not. */
int semctl(int id, int number, int command, ...)
{
    int (*real)(int, int, int, ...);
    int result;
    va_list rest;
    void *argument;
    va_start(rest, command);
    argument = va_arg(rest, void *);
    va_end(rest);
    next("semctl", &real);
    give_way();
    hold_ticks(SIG_BLOCK);
    result = real(id, number, command, argument);
    hold_ticks(SIG_UNBLOCK);
    give_way();
    return result;
}
