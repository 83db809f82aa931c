/* SPDX-License-Identifier: MIT */
/*
 * calls_pthread.c - see calls_pthread.h.
 */
#include "config.h"

#include "lib/calls/calls_pthread.h"

#include "lib/calls/calls.h"
#include "lib/calls/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* The functions of <pthread.h> return an error number, those of <semaphore.h> -1 with errno. */
static int error_of(int result)
{
    return result < 0 ? errno : result;
}

/* Ends the line of a call that returned RESULT: ") = 0", ") = 16 EBUSY (Device or resource busy)",
 * or as for a system call if it returned -1. */
static void finish(struct line *line, int result)
{
    if (result > 0)
        line_finish(line, false, "%d %s (%s)", result, calls_errno(result), strerror(result));
    else
        line_finish_int(line, result);
}

/* Records a failure; ERROR is 0 or an errno value. Returns what the public functions return. */
static int record(enum call call, const char *name, const void *object, int error)
{
    errno = error;
    if (error)
        calls_record_failure((struct failed_call){.call = call, .name = name, .object = object});
    return error ? -1 : 0;
}

/* --- initialising --- */

/* Traces "pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) = 0"; ARGUMENTS is the text
 * between the parentheses. Returns ERROR, the result of the call. */
static int step(int error, const char *function, const char *arguments)
{
    if (calls_trace_to) {
        struct line line;
        line_begin(&line, "%s(%s", function, arguments);
        finish(&line, error);
    }
    return error;
}

/* Calls FUNCTION and stores its result in `error`, unless an earlier step failed:
 * STEP(pthread_mutexattr_settype, "&attr, ...", &attr, ...). */
#define STEP(function, arguments, ...) \
    (error ? error : (error = step(function(__VA_ARGS__), #function, arguments)))

static const char *type_name(int type)
{
    return type == PTHREAD_MUTEX_RECURSIVE    ? "&attr, PTHREAD_MUTEX_RECURSIVE"
           : type == PTHREAD_MUTEX_ERRORCHECK ? "&attr, PTHREAD_MUTEX_ERRORCHECK"
                                              : "&attr, PTHREAD_MUTEX_NORMAL";
}

/* "&m, &attr"; valid until the next call. */
static const char *with_attr(const char *name)
{
    static char text[64];
    snprintf(text, sizeof text, "&%s, &attr", name);
    return text;
}

int calls_mutex_init(const char *name, pthread_mutex_t *mutex, int type, bool robust, bool inherit)
{
    pthread_mutexattr_t attr;
    int error = 0;
    STEP(pthread_mutexattr_init, "&attr", &attr);
    STEP(pthread_mutexattr_setpshared, "&attr, PTHREAD_PROCESS_SHARED", &attr,
         PTHREAD_PROCESS_SHARED);
    if (type != PTHREAD_MUTEX_NORMAL)
        STEP(pthread_mutexattr_settype, type_name(type), &attr, type);
    if (robust)
        STEP(pthread_mutexattr_setrobust, "&attr, PTHREAD_MUTEX_ROBUST", &attr,
             PTHREAD_MUTEX_ROBUST);
    if (inherit)
        STEP(pthread_mutexattr_setprotocol, "&attr, PTHREAD_PRIO_INHERIT", &attr,
             PTHREAD_PRIO_INHERIT);
    STEP(pthread_mutex_init, with_attr(name), mutex, &attr);
    pthread_mutexattr_destroy(&attr);
    return record(CALL_PTHREAD_MUTEX_INIT, name, mutex, error);
}

int calls_cond_init(const char *name, pthread_cond_t *cond, bool monotonic)
{
    pthread_condattr_t attr;
    int error = 0;
    STEP(pthread_condattr_init, "&attr", &attr);
    STEP(pthread_condattr_setpshared, "&attr, PTHREAD_PROCESS_SHARED", &attr,
         PTHREAD_PROCESS_SHARED);
    if (monotonic)
        STEP(pthread_condattr_setclock, "&attr, CLOCK_MONOTONIC", &attr, CLOCK_MONOTONIC);
    STEP(pthread_cond_init, with_attr(name), cond, &attr);
    pthread_condattr_destroy(&attr);
    return record(CALL_PTHREAD_COND_INIT, name, cond, error);
}

int calls_rwlock_init(const char *name, pthread_rwlock_t *rwlock)
{
    pthread_rwlockattr_t attr;
    int error = 0;
    STEP(pthread_rwlockattr_init, "&attr", &attr);
    STEP(pthread_rwlockattr_setpshared, "&attr, PTHREAD_PROCESS_SHARED", &attr,
         PTHREAD_PROCESS_SHARED);
    STEP(pthread_rwlock_init, with_attr(name), rwlock, &attr);
    pthread_rwlockattr_destroy(&attr);
    return record(CALL_PTHREAD_RWLOCK_INIT, name, rwlock, error);
}

int calls_barrier_init(const char *name, pthread_barrier_t *barrier, unsigned count)
{
    pthread_barrierattr_t attr;
    char arguments[80];
    int error = 0;
    snprintf(arguments, sizeof arguments, "%s, %u", with_attr(name), count);
    STEP(pthread_barrierattr_init, "&attr", &attr);
    STEP(pthread_barrierattr_setpshared, "&attr, PTHREAD_PROCESS_SHARED", &attr,
         PTHREAD_PROCESS_SHARED);
    STEP(pthread_barrier_init, arguments, barrier, &attr, count);
    pthread_barrierattr_destroy(&attr);
    return record(CALL_PTHREAD_BARRIER_INIT, name, barrier, error);
}

int calls_sem_init(const char *name, sem_t *sem, unsigned value)
{
    const int result = sem_init(sem, 1, value), error = error_of(result);
    if (calls_trace_to) {
        struct line line;
        line_begin(&line, "sem_init(&%s, 1, %u", name, value);
        finish(&line, result);
    }
    return record(CALL_SEM_INIT, name, sem, error);
}

/* --- one object --- */

/* The calls that have the object as their only argument: X(NAME, function, type of the object). */
// clang-format off
#define PLAIN_CALLS(X)                                                       \
    X(PTHREAD_MUTEX_LOCK,       pthread_mutex_lock,       pthread_mutex_t)   \
    X(PTHREAD_MUTEX_TRYLOCK,    pthread_mutex_trylock,    pthread_mutex_t)   \
    X(PTHREAD_MUTEX_UNLOCK,     pthread_mutex_unlock,     pthread_mutex_t)   \
    X(PTHREAD_MUTEX_CONSISTENT, pthread_mutex_consistent, pthread_mutex_t)   \
    X(PTHREAD_MUTEX_DESTROY,    pthread_mutex_destroy,    pthread_mutex_t)   \
    X(PTHREAD_COND_SIGNAL,      pthread_cond_signal,      pthread_cond_t)    \
    X(PTHREAD_COND_BROADCAST,   pthread_cond_broadcast,   pthread_cond_t)    \
    X(PTHREAD_COND_DESTROY,     pthread_cond_destroy,     pthread_cond_t)    \
    X(PTHREAD_RWLOCK_RDLOCK,    pthread_rwlock_rdlock,    pthread_rwlock_t)  \
    X(PTHREAD_RWLOCK_WRLOCK,    pthread_rwlock_wrlock,    pthread_rwlock_t)  \
    X(PTHREAD_RWLOCK_TRYRDLOCK, pthread_rwlock_tryrdlock, pthread_rwlock_t)  \
    X(PTHREAD_RWLOCK_TRYWRLOCK, pthread_rwlock_trywrlock, pthread_rwlock_t)  \
    X(PTHREAD_RWLOCK_UNLOCK,    pthread_rwlock_unlock,    pthread_rwlock_t)  \
    X(PTHREAD_RWLOCK_DESTROY,   pthread_rwlock_destroy,   pthread_rwlock_t)  \
    X(PTHREAD_BARRIER_DESTROY,  pthread_barrier_destroy,  pthread_barrier_t) \
    X(SEM_WAIT,                 sem_wait,                 sem_t)             \
    X(SEM_TRYWAIT,              sem_trywait,              sem_t)             \
    X(SEM_POST,                 sem_post,                 sem_t)             \
    X(SEM_DESTROY,              sem_destroy,              sem_t)
// clang-format on

/* The table below needs functions of one type; those of the C library take a type of their own for
 * each kind of object. */
#define PLAIN_FUNCTION(NAME, function, type) \
    static int do_##function(void *object)   \
    {                                        \
        return function((type *)object);     \
    }
PLAIN_CALLS(PLAIN_FUNCTION)

// clang-format off
static int (*const plain_calls[CALL_COUNT])(void *object) = {
#define PLAIN_ROW(NAME, function, type) [CALL_##NAME] = do_##function,
    PLAIN_CALLS(PLAIN_ROW)
};
// clang-format on

int calls_finish_pthread(enum call call, const char *name, const void *object, int result)
{
    const int error = error_of(result);
    if (calls_trace_to) {
        struct line line;
        line_begin(&line, "%s(&%s", calls_name(call), name);
        finish(&line, result);
    }
    return record(call, name, object, error);
}

int calls_object(enum call call, const char *name, void *object)
{
    return calls_finish_pthread(call, name, object, plain_calls[call](object));
}

/* --- until a time --- */

/* The calls that wait until a time: X(NAME, function, function for CLOCK_REALTIME, type of the
 * object). */
// clang-format off
#define TIMED_CALLS(X)                                              \
    X(PTHREAD_MUTEX_CLOCKLOCK,    pthread_mutex_clocklock,          \
      pthread_mutex_timedlock,    pthread_mutex_t)                  \
    X(PTHREAD_RWLOCK_CLOCKRDLOCK, pthread_rwlock_clockrdlock,       \
      pthread_rwlock_timedrdlock, pthread_rwlock_t)                 \
    X(PTHREAD_RWLOCK_CLOCKWRLOCK, pthread_rwlock_clockwrlock,       \
      pthread_rwlock_timedwrlock, pthread_rwlock_t)                 \
    X(SEM_CLOCKWAIT,              sem_clockwait,                    \
      sem_timedwait,              sem_t)
// clang-format on

#ifdef HAVE_PTHREAD_MUTEX_CLOCKLOCK /* glibc 2.30, which brought all of them */
#define ON_MONOTONIC(function, object, time) function(object, CLOCK_MONOTONIC, time)
#else
#define ON_MONOTONIC(function, object, time) ((void)(object), (void)(time), EINVAL)
#endif

#define TIMED_FUNCTIONS(NAME, clock, timed, type)                    \
    static int do_##clock(void *object, const struct timespec *time) \
    {                                                                \
        return ON_MONOTONIC(clock, (type *)object, time);            \
    }                                                                \
    static int do_##timed(void *object, const struct timespec *time) \
    {                                                                \
        return timed((type *)object, time);                          \
    }
TIMED_CALLS(TIMED_FUNCTIONS)

// clang-format off
static const struct {
    int (*until_monotonic)(void *object, const struct timespec *time);
    int (*until_realtime)(void *object, const struct timespec *time);
    const char *realtime_name;
} timed_calls[CALL_COUNT] = {
#define TIMED_ROW(NAME, clock, timed, type) [CALL_##NAME] = {do_##clock, do_##timed, #timed},
    TIMED_CALLS(TIMED_ROW)
};
// clang-format on

static void add_time(struct line *line, const char *clock, const struct timespec *time)
{
    line_add(line, "%s{tv_sec=%jd, tv_nsec=%ld}", clock, (intmax_t)time->tv_sec, time->tv_nsec);
}

/* Converts DEADLINE from CLOCK_MONOTONIC to CLOCK_REALTIME, as the two clocks differ now. */
static struct timespec on_realtime(const struct timespec *deadline)
{
    struct timespec real, now, out;
    clock_gettime(CLOCK_REALTIME, &real);
    clock_gettime(CLOCK_MONOTONIC, &now);
    out.tv_sec = real.tv_sec + (deadline->tv_sec - now.tv_sec);
    out.tv_nsec = real.tv_nsec + (deadline->tv_nsec - now.tv_nsec);
    for (; out.tv_nsec < 0; out.tv_nsec += 1000000000)
        out.tv_sec--;
    for (; out.tv_nsec >= 1000000000; out.tv_nsec -= 1000000000)
        out.tv_sec++;
    if (out.tv_sec < 0) /* long past either way; a negative time would be an error */
        out = (struct timespec){0, 0};
    return out;
}

int calls_object_until(enum call call, const char *name, void *object,
                       const struct timespec *deadline)
{
    struct timespec time = *deadline;
    int result = timed_calls[call].until_monotonic(object, &time), error = error_of(result);
    /* EINVAL: a C library without the call, or a mutex that inherits priorities on a kernel before
     * Linux 5.14, which brought FUTEX_LOCK_PI2. */
    const bool realtime = error == EINVAL;
    if (realtime) {
        time = on_realtime(deadline);
        result = timed_calls[call].until_realtime(object, &time);
        error = error_of(result);
    }
    if (calls_trace_to) {
        struct line line;
        line_begin(&line, "%s(&%s, ", realtime ? timed_calls[call].realtime_name : calls_name(call),
                   name);
        add_time(&line, realtime ? "" : "CLOCK_MONOTONIC, ", &time);
        finish(&line, result);
    }
    return record(call, name, object, error);
}

static int cond_until(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *deadline)
{
#ifdef HAVE_PTHREAD_MUTEX_CLOCKLOCK
    return pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, deadline);
#else /* the clock of the condition variable, which is CLOCK_REALTIME unless clock=monotonic set \
         it */
    const struct timespec real = on_realtime(deadline);
    return pthread_cond_timedwait(cond, mutex, &real);
#endif
}

/* The trace has a line for the call when it returns, so an endless wait has none. */
int calls_cond_wait(const char *name, pthread_cond_t *cond, const char *mutex_name,
                    pthread_mutex_t *mutex, const struct timespec *deadline)
{
    const int error = deadline ? cond_until(cond, mutex, deadline) : pthread_cond_wait(cond, mutex);
    if (calls_trace_to) {
        struct line line;
        line_begin(&line, "%s(&%s, &%s", deadline ? "pthread_cond_clockwait" : "pthread_cond_wait",
                   name, mutex_name);
        if (deadline)
            add_time(&line, ", CLOCK_MONOTONIC, ", deadline);
        finish(&line, error);
    }
    return record(CALL_PTHREAD_COND_WAIT, name, cond, error);
}

int calls_barrier_wait(const char *name, pthread_barrier_t *barrier, bool *serial)
{
    const int result = pthread_barrier_wait(barrier);
    *serial = result == PTHREAD_BARRIER_SERIAL_THREAD;
    const int error = *serial ? 0 : result;
    if (calls_trace_to) {
        struct line line;
        line_begin(&line, "pthread_barrier_wait(&%s", name);
        if (*serial)
            line_finish(&line, false, "PTHREAD_BARRIER_SERIAL_THREAD");
        else
            finish(&line, error);
    }
    return record(CALL_PTHREAD_BARRIER_WAIT, name, barrier, error);
}
