/*
 * calls_pthread.c - see calls_pthread.h.
 */
#include "config.h"

#include "lib/calls/calls_pthread.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* ") = 16 EBUSY (Device or resource busy)", as they return it; sem_ functions return -1 as system
 * calls do. */
static void finish(struct line *line, bool posix_style, int error)
{
    if (posix_style && error)
        line_finish(line, false, error, "%d %s (%s)", error, calls_errno(error), strerror(error));
    else
        line_finish(line, error != 0, error, "0");
}

/* What each has in common when it is back: ERROR is 0 or an errno. */
static int done(enum call call, const char *name, const void *object, int error)
{
    errno = error;
    if (error)
        calls_refuse((struct refusal){.call = call, .path = name, .addr = object});
    return error ? -1 : 0;
}

/* --- making --- */

/* "pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) = 0"; ARGUMENTS is what stands between
 * the parentheses. */
static int step(int error, const char *function, const char *arguments)
{
    if (calls_trace_to) {
        struct line line = {0};
        line_add(&line, "%s(%s", function, arguments);
        finish(&line, true, error);
    }
    return error;
}

/* Stops at the first that fails: STEP(pthread_mutexattr_settype, "&attr, ...", &attr, ...). */
#define STEP(function, arguments, ...) \
    (error ? error : (error = step(function(__VA_ARGS__), #function, arguments)))

static const char *type_name(int type)
{
    return type == PTHREAD_MUTEX_RECURSIVE    ? "&attr, PTHREAD_MUTEX_RECURSIVE"
           : type == PTHREAD_MUTEX_ERRORCHECK ? "&attr, PTHREAD_MUTEX_ERRORCHECK"
                                              : "&attr, PTHREAD_MUTEX_NORMAL";
}

/* "&m, &attr" */
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
    return done(CALL_PTHREAD_MUTEX_INIT, name, mutex, error);
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
    return done(CALL_PTHREAD_COND_INIT, name, cond, error);
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
    return done(CALL_PTHREAD_RWLOCK_INIT, name, rwlock, error);
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
    return done(CALL_PTHREAD_BARRIER_INIT, name, barrier, error);
}

int calls_sem_init(const char *name, sem_t *sem, unsigned value)
{
    const int error = sem_init(sem, 1, value) ? errno : 0;
    if (calls_trace_to) {
        struct line line = {0};
        line_add(&line, "sem_init(&%s, 1, %u", name, value);
        finish(&line, false, error);
    }
    return done(CALL_SEM_INIT, name, sem, error);
}

/* --- one object --- */

/* A function of the C library has its own type for each kind of object; a table has one. */
#define PLAIN(function, type)              \
    static int do_##function(void *object) \
    {                                      \
        return function((type *)object);   \
    }
#define SEMAPHORE(function)                           \
    static int do_##function(void *object)            \
    {                                                 \
        return function((sem_t *)object) ? errno : 0; \
    }
PLAIN(pthread_mutex_lock, pthread_mutex_t)
PLAIN(pthread_mutex_trylock, pthread_mutex_t)
PLAIN(pthread_mutex_unlock, pthread_mutex_t)
PLAIN(pthread_mutex_consistent, pthread_mutex_t)
PLAIN(pthread_mutex_destroy, pthread_mutex_t)
PLAIN(pthread_cond_signal, pthread_cond_t)
PLAIN(pthread_cond_broadcast, pthread_cond_t)
PLAIN(pthread_cond_destroy, pthread_cond_t)
PLAIN(pthread_rwlock_rdlock, pthread_rwlock_t)
PLAIN(pthread_rwlock_wrlock, pthread_rwlock_t)
PLAIN(pthread_rwlock_tryrdlock, pthread_rwlock_t)
PLAIN(pthread_rwlock_trywrlock, pthread_rwlock_t)
PLAIN(pthread_rwlock_unlock, pthread_rwlock_t)
PLAIN(pthread_rwlock_destroy, pthread_rwlock_t)
PLAIN(pthread_barrier_destroy, pthread_barrier_t)
SEMAPHORE(sem_wait)
SEMAPHORE(sem_trywait)
SEMAPHORE(sem_post)
SEMAPHORE(sem_destroy)

static const struct {
    int (*call)(void *object);
    const char *name;
    bool semaphore;
} plain[CALL_COUNT] = {
#define ROW(number, function)     [number] = {do_##function, #function, false}
#define SEM_ROW(number, function) [number] = {do_##function, #function, true}
    ROW(CALL_PTHREAD_MUTEX_LOCK, pthread_mutex_lock),
    ROW(CALL_PTHREAD_MUTEX_TRYLOCK, pthread_mutex_trylock),
    ROW(CALL_PTHREAD_MUTEX_UNLOCK, pthread_mutex_unlock),
    ROW(CALL_PTHREAD_MUTEX_CONSISTENT, pthread_mutex_consistent),
    ROW(CALL_PTHREAD_MUTEX_DESTROY, pthread_mutex_destroy),
    ROW(CALL_PTHREAD_COND_SIGNAL, pthread_cond_signal),
    ROW(CALL_PTHREAD_COND_BROADCAST, pthread_cond_broadcast),
    ROW(CALL_PTHREAD_COND_DESTROY, pthread_cond_destroy),
    ROW(CALL_PTHREAD_RWLOCK_RDLOCK, pthread_rwlock_rdlock),
    ROW(CALL_PTHREAD_RWLOCK_WRLOCK, pthread_rwlock_wrlock),
    ROW(CALL_PTHREAD_RWLOCK_TRYRDLOCK, pthread_rwlock_tryrdlock),
    ROW(CALL_PTHREAD_RWLOCK_TRYWRLOCK, pthread_rwlock_trywrlock),
    ROW(CALL_PTHREAD_RWLOCK_UNLOCK, pthread_rwlock_unlock),
    ROW(CALL_PTHREAD_RWLOCK_DESTROY, pthread_rwlock_destroy),
    ROW(CALL_PTHREAD_BARRIER_DESTROY, pthread_barrier_destroy),
    SEM_ROW(CALL_SEM_WAIT, sem_wait),
    SEM_ROW(CALL_SEM_TRYWAIT, sem_trywait),
    SEM_ROW(CALL_SEM_POST, sem_post),
    SEM_ROW(CALL_SEM_DESTROY, sem_destroy),
#undef ROW
#undef SEM_ROW
};

int calls_back(enum call call, const char *name, const void *object, int error)
{
    if (calls_trace_to) {
        struct line line = {0};
        line_add(&line, "%s(&%s", plain[call].name, name);
        finish(&line, !plain[call].semaphore, error);
    }
    return done(call, name, object, error);
}

int calls_object(enum call call, const char *name, void *object)
{
    return calls_back(call, name, object, plain[call].call(object));
}

/* --- until a time --- */

static void add_time(struct line *line, const char *clock, const struct timespec *time)
{
    line_add(line, "%s{tv_sec=%jd, tv_nsec=%ld}", clock, (intmax_t)time->tv_sec, time->tv_nsec);
}

/* The same moment on the other clock, as far as that can be said now. */
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

/* Both return an error. */
static int until_monotonic(enum call call, void *object, const struct timespec *time)
{
#ifdef HAVE_PTHREAD_MUTEX_CLOCKLOCK /* glibc 2.30; it has come with the others */
    switch (call) {
    case CALL_PTHREAD_MUTEX_CLOCKLOCK:
        return pthread_mutex_clocklock(object, CLOCK_MONOTONIC, time);
    case CALL_PTHREAD_RWLOCK_CLOCKRDLOCK:
        return pthread_rwlock_clockrdlock(object, CLOCK_MONOTONIC, time);
    case CALL_PTHREAD_RWLOCK_CLOCKWRLOCK:
        return pthread_rwlock_clockwrlock(object, CLOCK_MONOTONIC, time);
    default: return sem_clockwait(object, CLOCK_MONOTONIC, time) ? errno : 0;
    }
#else
    (void)call, (void)object, (void)time;
    return EINVAL;
#endif
}

static int until_realtime(enum call call, void *object, const struct timespec *time)
{
    switch (call) {
    case CALL_PTHREAD_MUTEX_CLOCKLOCK: return pthread_mutex_timedlock(object, time);
    case CALL_PTHREAD_RWLOCK_CLOCKRDLOCK: return pthread_rwlock_timedrdlock(object, time);
    case CALL_PTHREAD_RWLOCK_CLOCKWRLOCK: return pthread_rwlock_timedwrlock(object, time);
    default: return sem_timedwait(object, time) ? errno : 0;
    }
}

static const char *timed_name(enum call call, bool real)
{
    switch (call) {
    case CALL_PTHREAD_MUTEX_CLOCKLOCK:
        return real ? "pthread_mutex_timedlock" : "pthread_mutex_clocklock";
    case CALL_PTHREAD_RWLOCK_CLOCKRDLOCK:
        return real ? "pthread_rwlock_timedrdlock" : "pthread_rwlock_clockrdlock";
    case CALL_PTHREAD_RWLOCK_CLOCKWRLOCK:
        return real ? "pthread_rwlock_timedwrlock" : "pthread_rwlock_clockwrlock";
    default: return real ? "sem_timedwait" : "sem_clockwait";
    }
}

int calls_object_until(enum call call, const char *name, void *object,
                       const struct timespec *deadline)
{
    struct timespec real;
    const struct timespec *time = deadline;
    int error = until_monotonic(call, object, time);
    if (error ==
        EINVAL) { /* a mutex that inherits priorities, before FUTEX_LOCK_PI2 of Linux 5.14 */
        real = on_realtime(deadline);
        time = &real;
        error = until_realtime(call, object, time);
    }
    if (calls_trace_to) {
        struct line line = {0};
        line_add(&line, "%s(&%s, ", timed_name(call, time == &real), name);
        add_time(&line, time == &real ? "" : "CLOCK_MONOTONIC, ", time);
        finish(&line, call != CALL_SEM_CLOCKWAIT, error);
    }
    return done(call, name, object, error);
}

static int cond_until(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *deadline)
{
#ifdef HAVE_PTHREAD_MUTEX_CLOCKLOCK
    return pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, deadline);
#else /* the clock that it was made with; it is asked for as CLOCK_REALTIME unless clock=monotonic \
       */
    const struct timespec real = on_realtime(deadline);
    return pthread_cond_timedwait(cond, mutex, &real);
#endif
}

/* The trace comes when the call is back, so --calls shows an endless wait by what is not there. */
int calls_cond_wait(const char *name, pthread_cond_t *cond, const char *mutex_name,
                    pthread_mutex_t *mutex, const struct timespec *deadline)
{
    const int error = deadline ? cond_until(cond, mutex, deadline) : pthread_cond_wait(cond, mutex);
    if (calls_trace_to) {
        struct line line = {0};
        line_add(&line, "%s(&%s, &%s", deadline ? "pthread_cond_clockwait" : "pthread_cond_wait",
                 name, mutex_name);
        if (deadline)
            add_time(&line, ", CLOCK_MONOTONIC, ", deadline);
        finish(&line, true, error);
    }
    return done(CALL_PTHREAD_COND_WAIT, name, cond, error);
}

int calls_barrier_wait(const char *name, pthread_barrier_t *barrier, bool *serial)
{
    const int result = pthread_barrier_wait(barrier);
    *serial = result == PTHREAD_BARRIER_SERIAL_THREAD;
    const int error = *serial ? 0 : result;
    if (calls_trace_to) {
        struct line line = {0};
        line_add(&line, "pthread_barrier_wait(&%s", name);
        if (*serial)
            line_finish(&line, false, 0, "PTHREAD_BARRIER_SERIAL_THREAD");
        else
            finish(&line, true, error);
    }
    return done(CALL_PTHREAD_BARRIER_WAIT, name, barrier, error);
}
