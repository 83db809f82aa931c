/* SPDX-License-Identifier: MIT */
/*
 * locks.c - rwlocks, spin locks and barriers in memory that processes share, as steps.
 */
#include "config.h"

#include "interleave/runtime/runtime.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

/* --- rwlocks --- */

/* With no other task running, trying changes nothing that lasts. */
static bool rwlock_refuses(const void *object, const char *attempt)
{
    pthread_rwlock_t *rwlock = (pthread_rwlock_t *)(uintptr_t)object;
    int (*try)(pthread_rwlock_t *), (*unlock)(pthread_rwlock_t *);
    next_function(attempt, (void *)&try);
    next_function("pthread_rwlock_unlock", (void *)&unlock);
    const int error = try(rwlock);
    if (!error)
        unlock(rwlock);
    return error == EBUSY;
}

static bool refuses_reader(const void *object)
{
    return rwlock_refuses(object, "pthread_rwlock_tryrdlock");
}

static bool refuses_writer(const void *object)
{
    return rwlock_refuses(object, "pthread_rwlock_trywrlock");
}

#define RWLOCK_CALL(name, what, waits)                                   \
    EXPORTED int name(pthread_rwlock_t *rwlock)                          \
    {                                                                    \
        REAL(int, name, (pthread_rwlock_t *));                           \
        if (!object_is_shared(rwlock))                                   \
            return real(rwlock);                                         \
        object_stop(CALLER, what, rwlock, sizeof *rwlock, false, waits); \
        return object_returned(real(rwlock));                            \
    }
RWLOCK_CALL(pthread_rwlock_rdlock, "rdlock", refuses_reader)
RWLOCK_CALL(pthread_rwlock_wrlock, "wrlock", refuses_writer)
RWLOCK_CALL(pthread_rwlock_tryrdlock, "tryrdlock", NULL)
RWLOCK_CALL(pthread_rwlock_trywrlock, "trywrlock", NULL)
RWLOCK_CALL(pthread_rwlock_unlock, "rwlock unlock", NULL)

static int rwlock_late(uint64_t pc, const char *what, pthread_rwlock_t *rwlock,
                       bool (*waits)(const void *), const char *attempt, clockid_t clock,
                       const struct timespec *until)
{
    int (*try)(pthread_rwlock_t *);
    next_function(attempt, (void *)&try);
    if (object_stop(pc, what, rwlock, sizeof *rwlock, true, waits) == ORDER_LATE) {
        clock_reach(clock, until);
        return object_returned(ETIMEDOUT);
    }
    return object_returned(try(rwlock));
}

#define RWLOCK_TIMED(name, what, waits, attempt)                                               \
    EXPORTED int name(pthread_rwlock_t *rwlock, const struct timespec *until)                  \
    {                                                                                          \
        REAL(int, name, (pthread_rwlock_t *, const struct timespec *));                        \
        return object_is_shared(rwlock)                                                        \
                   ? rwlock_late(CALLER, what, rwlock, waits, #attempt, CLOCK_REALTIME, until) \
                   : real(rwlock, until);                                                      \
    }
#define RWLOCK_CLOCK(name, what, waits, attempt)                                               \
    EXPORTED int name(pthread_rwlock_t *rwlock, clockid_t clock, const struct timespec *until) \
    {                                                                                          \
        REAL(int, name, (pthread_rwlock_t *, clockid_t, const struct timespec *));             \
        return object_is_shared(rwlock)                                                        \
                   ? rwlock_late(CALLER, what, rwlock, waits, #attempt, clock, until)          \
                   : real(rwlock, clock, until);                                               \
    }
RWLOCK_TIMED(pthread_rwlock_timedrdlock, "timedrdlock", refuses_reader, pthread_rwlock_tryrdlock)
RWLOCK_TIMED(pthread_rwlock_timedwrlock, "timedwrlock", refuses_writer, pthread_rwlock_trywrlock)
RWLOCK_CLOCK(pthread_rwlock_clockrdlock, "clockrdlock", refuses_reader, pthread_rwlock_tryrdlock)
RWLOCK_CLOCK(pthread_rwlock_clockwrlock, "clockwrlock", refuses_writer, pthread_rwlock_trywrlock)

/* --- spin locks: one that is held would go round, which is a wait --- */

static bool spin_is_held(const void *object)
{
    pthread_spinlock_t *lock = (pthread_spinlock_t *)(uintptr_t)object;
    int (*try)(pthread_spinlock_t *), (*unlock)(pthread_spinlock_t *);
    next_function("pthread_spin_trylock", (void *)&try);
    next_function("pthread_spin_unlock", (void *)&unlock);
    const int error = try(lock);
    if (!error)
        unlock(lock);
    return error == EBUSY;
}

#define SPIN_CALL(name, what, waits)                                               \
    EXPORTED int name(pthread_spinlock_t *lock)                                    \
    {                                                                              \
        REAL(int, name, (pthread_spinlock_t *));                                   \
        if (!object_is_shared((const void *)lock))                                 \
            return real(lock);                                                     \
        object_stop(CALLER, what, (const void *)lock, sizeof *lock, false, waits); \
        return object_returned(real(lock));                                        \
    }
SPIN_CALL(pthread_spin_lock, "spin_lock", spin_is_held)
SPIN_CALL(pthread_spin_trylock, "spin_trylock", NULL)
SPIN_CALL(pthread_spin_unlock, "spin_unlock", NULL)

/* --- barriers --- */

/*
 * The words of glibc's struct pthread_barrier (nptl/internaltypes.h), of which
 * pthread_barrier_init(3) sets COUNT, and the others to 0. No other code reads them here, so
 * their use is simpler: ARRIVED is how many wait, and ROUND how often all were there.
 */
struct barrier {
    unsigned arrived, round, count;
};

struct arrival {
    const struct barrier *barrier;
    unsigned round;
};

static bool round_goes_on(const void *argument)
{
    const struct arrival *arrival = argument;
    return arrival->barrier->round == arrival->round;
}

/* One step to arrive, and one to go on for all but the last one, which gets another result. Waking
 * up comes after the arrivals of all (POSIX), so the second step synchronises, too. */
EXPORTED int pthread_barrier_wait(pthread_barrier_t *object)
{
    struct barrier *barrier = (struct barrier *)(void *)object;
    const uint64_t pc = CALLER;
    REAL(int, pthread_barrier_wait, (pthread_barrier_t *));
    if (!gate_active())
        return real(object);
    object_stop(pc, "barrier_wait", object, sizeof *object, false, NULL);
    const struct arrival arrival = {barrier, barrier->round};
    gate_learn(barrier->arrived);
    if (++barrier->arrived == barrier->count) {
        barrier->arrived = 0;
        barrier->round++;
        gate_result("the last of %u", barrier->count);
        return PTHREAD_BARRIER_SERIAL_THREAD;
    }
    gate_result("%u of %u", barrier->arrived, barrier->count);
    object_stop_for(pc, "barrier_wait: goes on", object, sizeof *object, round_goes_on, &arrival);
    return object_returned(0);
}

/* glibc's would wait for those that have not left. */
EXPORTED int pthread_barrier_destroy(pthread_barrier_t *object)
{
    REAL(int, pthread_barrier_destroy, (pthread_barrier_t *));
    if (!gate_active())
        return real(object);
    object_stop(CALLER, "barrier_destroy", object, sizeof *object, false, NULL);
    const struct barrier *barrier = (const struct barrier *)(void *)object;
    return object_returned(barrier->arrived ? EBUSY : 0);
}
