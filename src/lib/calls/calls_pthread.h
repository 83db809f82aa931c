/*
 * calls_pthread.h - the calls of the C library that make, take and give the objects inside a
 * segment, traced; see calls.h. NAME is what the trace calls the object, as if the segment were a
 * structure with members of these names.
 *
 * Those of <pthread.h> return their error and leave errno alone; here all return 0, or -1 with
 * errno, and the trace shows what was returned. Two errors are no failures and are kept apart by
 * the caller: EOWNERDEAD (the mutex is ours) and, for those that try or wait only so long, EBUSY,
 * EAGAIN and ETIMEDOUT.
 */
#ifndef IPCLAB_CALLS_PTHREAD_H
#define IPCLAB_CALLS_PTHREAD_H

#include "lib/calls/trace.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <time.h>

/*
 * Make one that processes share (PTHREAD_PROCESS_SHARED), with its attributes. TYPE is a
 * PTHREAD_MUTEX_ constant, INHERIT PTHREAD_PRIO_INHERIT, MONOTONIC the clock of
 * pthread_cond_timedwait(3); VALUE 0..SEM_VALUE_MAX.
 */
int calls_mutex_init(const char *name, pthread_mutex_t *mutex, int type, bool robust, bool inherit);
int calls_cond_init(const char *name, pthread_cond_t *cond, bool monotonic);
int calls_rwlock_init(const char *name, pthread_rwlock_t *rwlock);
int calls_barrier_init(const char *name, pthread_barrier_t *barrier, unsigned count);
int calls_sem_init(const char *name, sem_t *sem, unsigned value);

/* A CALL that has the object as its one argument: any of trylock, wait, post, signal, destroy, ....
 */
int calls_object(enum call call, const char *name, void *object);

/*
 * pthread_mutex_lock(3) and pthread_mutex_unlock(3), which go on from here when there is nothing to
 * tell: a pair of them takes ten nanoseconds, so a call more would show.
 */
int calls_back(enum call call, const char *name, const void *object, int error);

static inline int calls_mutex_lock(const char *name, pthread_mutex_t *mutex)
{
    const int error = pthread_mutex_lock(mutex);
    return __builtin_expect(error || calls_trace_to, 0)
               ? calls_back(CALL_PTHREAD_MUTEX_LOCK, name, mutex, error)
               : 0;
}

static inline int calls_mutex_unlock(const char *name, pthread_mutex_t *mutex)
{
    const int error = pthread_mutex_unlock(mutex);
    return __builtin_expect(error || calls_trace_to, 0)
               ? calls_back(CALL_PTHREAD_MUTEX_UNLOCK, name, mutex, error)
               : 0;
}

/*
 * A CALL that waits until DEADLINE, an absolute time of CLOCK_MONOTONIC:
 * CALL_PTHREAD_MUTEX_CLOCKLOCK, CALL_PTHREAD_RWLOCK_CLOCKRDLOCK, CALL_PTHREAD_RWLOCK_CLOCKWRLOCK or
 * CALL_SEM_CLOCKWAIT. Where the C library or the object has no such clock, the same moment on
 * CLOCK_REALTIME is waited for, which a change of the time moves.
 */
int calls_object_until(enum call call, const char *name, void *object,
                       const struct timespec *deadline);

/* pthread_cond_wait(3), or until DEADLINE (as above) if it is not NULL. */
int calls_cond_wait(const char *name, pthread_cond_t *cond, const char *mutex_name,
                    pthread_mutex_t *mutex, const struct timespec *deadline);

/* pthread_barrier_wait(3). *SERIAL: is this the one that got PTHREAD_BARRIER_SERIAL_THREAD? */
int calls_barrier_wait(const char *name, pthread_barrier_t *barrier, bool *serial);

#endif
