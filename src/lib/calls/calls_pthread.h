/* SPDX-License-Identifier: MIT */
/*
 * calls_pthread.h - the calls of the C library that initialise and use the objects inside a
 * segment, traced; see calls.h. NAME is the object's name, which the trace prints as if the segment
 * were a structure and the objects its members.
 *
 * The functions of <pthread.h> return an error number and leave errno alone. All functions here
 * return 0, or -1 with that number in errno; the trace shows what the C library returned. Three
 * results are recorded as failures and yet may be none, which the caller must tell apart:
 * EOWNERDEAD (the caller holds the mutex), EBUSY and EAGAIN of a call that only tries, and
 * ETIMEDOUT of one that waits until a deadline.
 */
#ifndef IPCLAB_CALLS_PTHREAD_H
#define IPCLAB_CALLS_PTHREAD_H

#include "lib/calls/calls.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <time.h>

/*
 * Each initialises an object that processes share (PTHREAD_PROCESS_SHARED). TYPE is a
 * PTHREAD_MUTEX_ constant, ROBUST stands for PTHREAD_MUTEX_ROBUST, INHERIT for
 * PTHREAD_PRIO_INHERIT, MONOTONIC for CLOCK_MONOTONIC as the clock of pthread_cond_timedwait(3).
 * COUNT is a barrier's number of threads, from 1; VALUE is 0..SEM_VALUE_MAX.
 */
int calls_mutex_init(const char *name, pthread_mutex_t *mutex, int type, bool robust, bool inherit);
int calls_cond_init(const char *name, pthread_cond_t *cond, bool monotonic);
int calls_rwlock_init(const char *name, pthread_rwlock_t *rwlock);
int calls_barrier_init(const char *name, pthread_barrier_t *barrier, unsigned count);
int calls_sem_init(const char *name, sem_t *sem, unsigned value);

/* A CALL that has OBJECT as its only argument: lock, trylock, unlock, consistent, signal,
 * broadcast, wait and post of a semaphore, destroy. */
int calls_object(enum call call, const char *name, void *object);

/* Records and traces a CALL on OBJECT that returned RESULT; returns 0, or -1 with errno. */
int calls_finish_pthread(enum call call, const char *name, const void *object, int result);

/* pthread_mutex_lock(3) and pthread_mutex_unlock(3). Inline, because a lock and an unlock together
 * take ten nanoseconds, so one function call more would show. */
static inline int calls_mutex_lock(const char *name, pthread_mutex_t *mutex)
{
    const int error = pthread_mutex_lock(mutex);
    return __builtin_expect(error || calls_trace_to, 0)
               ? calls_finish_pthread(CALL_PTHREAD_MUTEX_LOCK, name, mutex, error)
               : 0;
}

static inline int calls_mutex_unlock(const char *name, pthread_mutex_t *mutex)
{
    const int error = pthread_mutex_unlock(mutex);
    return __builtin_expect(error || calls_trace_to, 0)
               ? calls_finish_pthread(CALL_PTHREAD_MUTEX_UNLOCK, name, mutex, error)
               : 0;
}

/*
 * A CALL that waits until DEADLINE, an absolute time of CLOCK_MONOTONIC:
 * CALL_PTHREAD_MUTEX_CLOCKLOCK, CALL_PTHREAD_RWLOCK_CLOCKRDLOCK, CALL_PTHREAD_RWLOCK_CLOCKWRLOCK or
 * CALL_SEM_CLOCKWAIT. If the C library or the object does not support this clock, the call waits
 * until the same moment of CLOCK_REALTIME, which setting the time moves.
 */
int calls_object_until(enum call call, const char *name, void *object,
                       const struct timespec *deadline);

/* pthread_cond_wait(3), or pthread_cond_clockwait(3) until DEADLINE (as above) if it is not NULL.
 */
int calls_cond_wait(const char *name, pthread_cond_t *cond, const char *mutex_name,
                    pthread_mutex_t *mutex, const struct timespec *deadline);

/* pthread_barrier_wait(3). Sets *SERIAL if this thread got PTHREAD_BARRIER_SERIAL_THREAD. */
int calls_barrier_wait(const char *name, pthread_barrier_t *barrier, bool *serial);

#endif
