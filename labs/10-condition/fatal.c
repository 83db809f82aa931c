/*
 * fatal.c - preload this library to kill a program at a chosen moment, every time, or to record
 * which kinds of mutex and condition variable it creates
 *
 *   $ IPCLAB_FATAL=signal LD_PRELOAD=./fatal.so ./buffer put 0x1ab10
 *   $ IPCLAB_KINDS=/tmp/kinds LD_PRELOAD=./fatal.so ./buffer make 0x1ab10 3
 *
 * IPCLAB_FATAL is the moment: lock is right after the first pthread_mutex_lock() returns; signal is
 * right before the first pthread_cond_signal() or pthread_cond_broadcast(); unlock is right before
 * the first pthread_mutex_unlock(). IPCLAB_KINDS is a file; the library appends a line to it for
 * each pthread_mutex_init() and pthread_cond_init(), such as "mutex: robust, shared". (The objects
 * themselves do not show this: glibc makes each robust mutex shared; other libraries do not.)
 */
#include "preload.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Some libraries also contain functions of the same names for an older pthread_cond_t, which
 * dlsym() would find first. In POSIX, only memcpy() turns an object pointer into a function
 * pointer. */
static void next(const char *name, void *function)
{
    void *found = dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2");
    if (!found)
        found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, sizeof found);
}

__attribute__((constructor)) static void begin(void)
{
    preload_report();
}

static void reach(const char *moment)
{
    const char *fatal = getenv("IPCLAB_FATAL");
    if (fatal && !strcmp(fatal, moment))
        raise(SIGKILL);
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    int (*real)(pthread_mutex_t *);
    next("pthread_mutex_lock", &real);
    const int result = real(mutex);
    reach("lock");
    return result;
}

#define BEFORE(name, type, moment) \
    int name(type *object)         \
    {                              \
        int (*real)(type *);       \
        next(#name, &real);        \
        reach(moment);             \
        return real(object);       \
    }

BEFORE(pthread_mutex_unlock, pthread_mutex_t, "unlock")
BEFORE(pthread_cond_signal, pthread_cond_t, "signal")
BEFORE(pthread_cond_broadcast, pthread_cond_t, "signal")

/* --- kinds ----------------------------------------------------------------------------------- */

static void note(const char *kind, int robust, int shared)
{
    const char *path = getenv("IPCLAB_KINDS");
    FILE *file = path ? fopen(path, "ae") : NULL;
    if (!file)
        return;
    fprintf(file, "%s:%s %s\n", kind,
            robust < 0                       ? ""
            : robust == PTHREAD_MUTEX_ROBUST ? " robust,"
                                             : " not robust,",
            shared == PTHREAD_PROCESS_SHARED ? "shared" : "not shared");
    fclose(file);
}

int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
    int (*real)(pthread_mutex_t *, const pthread_mutexattr_t *);
    int robust = PTHREAD_MUTEX_STALLED, shared = PTHREAD_PROCESS_PRIVATE;
    if (attributes) {
        pthread_mutexattr_getrobust(attributes, &robust);
        pthread_mutexattr_getpshared(attributes, &shared);
    }
    note("mutex", robust, shared);
    next("pthread_mutex_init", &real);
    return real(mutex, attributes);
}

int pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes)
{
    int (*real)(pthread_cond_t *, const pthread_condattr_t *);
    int shared = PTHREAD_PROCESS_PRIVATE;
    if (attributes)
        pthread_condattr_getpshared(attributes, &shared);
    note("condition", -1, shared);
    next("pthread_cond_init", &real);
    return real(condition, attributes);
}
