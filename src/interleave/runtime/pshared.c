/* SPDX-License-Identifier: MIT */
/*
 * pshared.c - POSIX semaphores, and the mutexes and condition variables in memory that processes
 * share, as steps. A mutex in memory of its own is none.
 */
#include "config.h"

#include "interleave/runtime/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

bool object_is_shared(const void *object)
{
    uint64_t id, offset;
    return gate_active() && (threads_run() || region_find(object, &id, &offset));
}

static bool semaphore_is_zero(const void *object)
{
    int value = 0;
    REAL(int, sem_getvalue, (sem_t *, int *));
    real((sem_t *)(uintptr_t)object, &value);
    return value == 0;
}

static enum board_order stop_on(uint64_t pc, const char *what, const void *object, size_t size,
                                bool timed, bool (*waits)(const void *), const void *argument)
{
    struct step step = {.kind = STEP_CALL,
                        .object = OBJECT_MEMORY,
                        .id = gate_active() ? gate_private() : ID_PRIVATE,
                        .offset = (uint64_t)(uintptr_t)object,
                        .size = size,
                        .pc = pc,
                        .timed = timed,
                        .would_wait = waits,
                        .argument = argument};
    if (waits == semaphore_is_zero) /* the waits of pthread.h never end with EINTR: POSIX */
        step.interrupts = INTERRUPTS_UNLESS_RESTARTED;
    region_find(object, &step.id, &step.offset);
    step.sync_id = step.id;
    step.sync_offset = step.offset;
    return gate_stop(&step, "%s", what);
}

enum board_order object_stop(uint64_t pc, const char *what, const void *object, size_t size,
                             bool timed, bool (*waits)(const void *))
{
    return stop_on(pc, what, object, size, timed, waits, object);
}

enum board_order object_stop_for(uint64_t pc, const char *what, const void *object, size_t size,
                                 bool (*waits)(const void *), const void *argument)
{
    return stop_on(pc, what, object, size, false, waits, argument);
}

/* --- semaphores --- */

EXPORTED int sem_wait(sem_t *semaphore)
{
    REAL(int, sem_wait, (sem_t *));
    if (object_stop(CALLER, "sem_wait", semaphore, sizeof *semaphore, false, semaphore_is_zero) ==
        ORDER_EINTR)
        return gate_interrupted();
    return gate_returned(real(semaphore));
}

EXPORTED int sem_trywait(sem_t *semaphore)
{
    REAL(int, sem_trywait, (sem_t *));
    object_stop(CALLER, "sem_trywait", semaphore, sizeof *semaphore, false, NULL);
    return gate_returned(real(semaphore));
}

static int wait_late(uint64_t pc, const char *what, sem_t *semaphore, clockid_t clock,
                     const struct timespec *until)
{
    REAL(int, sem_wait, (sem_t *));
    const enum board_order order =
        object_stop(pc, what, semaphore, sizeof *semaphore, true, semaphore_is_zero);
    if (order == ORDER_EINTR)
        return gate_interrupted();
    if (order == ORDER_LATE) {
        clock_reach(clock, until);
        errno = ETIMEDOUT;
        return gate_returned(-1);
    }
    return gate_returned(real(semaphore));
}

EXPORTED int sem_timedwait(sem_t *semaphore, const struct timespec *until)
{
    REAL(int, sem_timedwait, (sem_t *, const struct timespec *));
    return gate_active() ? wait_late(CALLER, "sem_timedwait", semaphore, CLOCK_REALTIME, until)
                         : real(semaphore, until);
}

EXPORTED int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until)
{
    REAL(int, sem_clockwait, (sem_t *, clockid_t, const struct timespec *));
    return gate_active() ? wait_late(CALLER, "sem_clockwait", semaphore, clock, until)
                         : real(semaphore, clock, until);
}

EXPORTED int sem_post(sem_t *semaphore)
{
    REAL(int, sem_post, (sem_t *));
    object_stop(CALLER, "sem_post", semaphore, sizeof *semaphore, false, NULL);
    return gate_returned(real(semaphore));
}

EXPORTED int sem_getvalue(sem_t *semaphore, int *value)
{
    REAL(int, sem_getvalue, (sem_t *, int *));
    object_stop(CALLER, "sem_getvalue", semaphore, sizeof *semaphore, false, NULL);
    const int result = real(semaphore, value);
    gate_learn((uint64_t)*value);
    return gate_returned(result);
}

/* libc opens and maps the file by calls of its own, so the region is found by the name. */
EXPORTED sem_t *sem_open(const char *name, int flags, ...)
{
    char path[NAME_MAX + 32];
    va_list rest;
    REAL(sem_t *, sem_open, (const char *, int, ...));
    va_start(rest, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    const unsigned value = flags & O_CREAT ? va_arg(rest, unsigned) : 0;
    va_end(rest);
    gate_stop(&(struct step){.kind = STEP_CALL, .object = OBJECT_ANY, .pc = CALLER}, "sem_open %s",
              name);
    sem_t *const result = real(name, flags, mode, value);
    gate_returned(result == SEM_FAILED ? -1 : 0);
    snprintf(path, sizeof path, "/dev/shm/sem.%s", name + (name[0] == '/'));
    const int file = gate_active() && result != SEM_FAILED ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file >= 0) {
        region_add(result, sizeof *result, gate_file(file, false), 0);
        close(file);
    }
    return result;
}

EXPORTED int sem_unlink(const char *name)
{
    REAL(int, sem_unlink, (const char *));
    gate_stop(&(struct step){.kind = STEP_CALL, .object = OBJECT_ANY, .pc = CALLER},
              "sem_unlink %s", name);
    return gate_returned(real(name));
}

/* --- mutexes --- */

int object_returned(int error)
{
    gate_learn((uint64_t)error);
    gate_result(error ? "%s" : "done", strerrorname_np(error));
    return error;
}

/* A recursive mutex, and one that checks for errors, answers its owner at once. */
static bool mutex_is_held(const void *object)
{
    const pthread_mutex_t *mutex = object;
    const int kind = mutex->__data.__kind & 3;
    if (mutex->__data.__owner == gettid() && mutex->__data.__lock && kind != PTHREAD_MUTEX_NORMAL &&
        kind != PTHREAD_MUTEX_ADAPTIVE_NP)
        return false;
    return (mutex->__data.__lock & (int)FUTEX_TID_MASK) != 0;
}

EXPORTED int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    REAL(int, pthread_mutex_lock, (pthread_mutex_t *));
    if (!object_is_shared(mutex))
        return real(mutex);
    object_stop(CALLER, "lock", mutex, sizeof *mutex, false, mutex_is_held);
    return object_returned(real(mutex));
}

EXPORTED int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
    REAL(int, pthread_mutex_trylock, (pthread_mutex_t *));
    if (!object_is_shared(mutex))
        return real(mutex);
    object_stop(CALLER, "trylock", mutex, sizeof *mutex, false, NULL);
    return object_returned(real(mutex));
}

static int lock_late(uint64_t pc, const char *what, pthread_mutex_t *mutex, clockid_t clock,
                     const struct timespec *until)
{
    REAL(int, pthread_mutex_lock, (pthread_mutex_t *));
    if (object_stop(pc, what, mutex, sizeof *mutex, true, mutex_is_held) == ORDER_LATE) {
        clock_reach(clock, until);
        return object_returned(ETIMEDOUT);
    }
    return object_returned(real(mutex));
}

EXPORTED int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *until)
{
    REAL(int, pthread_mutex_timedlock, (pthread_mutex_t *, const struct timespec *));
    return object_is_shared(mutex) ? lock_late(CALLER, "timedlock", mutex, CLOCK_REALTIME, until)
                                   : real(mutex, until);
}

EXPORTED int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
                                     const struct timespec *until)
{
    REAL(int, pthread_mutex_clocklock, (pthread_mutex_t *, clockid_t, const struct timespec *));
    return object_is_shared(mutex) ? lock_late(CALLER, "clocklock", mutex, clock, until)
                                   : real(mutex, clock, until);
}

EXPORTED int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    REAL(int, pthread_mutex_unlock, (pthread_mutex_t *));
    if (!object_is_shared(mutex))
        return real(mutex);
    object_stop(CALLER, "unlock", mutex, sizeof *mutex, false, NULL);
    return object_returned(real(mutex));
}

EXPORTED int pthread_mutex_consistent(pthread_mutex_t *mutex)
{
    REAL(int, pthread_mutex_consistent, (pthread_mutex_t *));
    return object_returned(real(mutex));
}

/* --- condition variables --- */

static bool has_no_signal_or_mutex(const void *mutex)
{
    return !sleeper_is_woken() || mutex_is_held(mutex);
}

/*
 * pthread_cond_wait(3) releases the mutex and begins to sleep in one step, and takes the mutex in
 * another after it is woken. The condition variable itself is not touched: who sleeps stands on the
 * board. A signal wakes any of those that sleep (POSIX), so the schedule decides which.
 */
static int cond_wait_stopped(uint64_t pc, pthread_cond_t *condition, pthread_mutex_t *mutex,
                             clockid_t clock, const struct timespec *until)
{
    uint64_t id = gate_private(), offset = (uint64_t)(uintptr_t)condition;
    uint64_t mutex_id = gate_private(), mutex_offset = (uint64_t)(uintptr_t)mutex;
    REAL(int, pthread_mutex_unlock, (pthread_mutex_t *));
    static int (*lock)(pthread_mutex_t *);
    if (!lock)
        next_function("pthread_mutex_lock", (void *)&lock);
    region_find(condition, &id, &offset);
    region_find(mutex, &mutex_id, &mutex_offset);
    gate_stop(&(struct step){.kind = STEP_CALL,
                             .object = OBJECT_ANY,
                             .sync_id = mutex_id,
                             .sync_offset = mutex_offset,
                             .pc = pc},
              "cond_wait: unlock, sleep");
    const int error = real(mutex);
    if (error)
        return object_returned(error);
    sleeper_begin(id, offset);
    const enum board_order order = gate_stop(&(struct step){.kind = STEP_CALL,
                                                            .object = OBJECT_ANY,
                                                            .sync_id = mutex_id,
                                                            .sync_offset = mutex_offset,
                                                            .pc = pc,
                                                            .timed = until != NULL,
                                                            .would_wait = has_no_signal_or_mutex,
                                                            .argument = mutex},
                                             "cond_wait: woken, lock");
    sleeper_end();
    if (order == ORDER_LATE)
        clock_reach(clock, until);
    const int result = lock(mutex);
    return object_returned(order == ORDER_LATE && !result ? ETIMEDOUT : result);
}

EXPORTED int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    REAL(int, pthread_cond_wait, (pthread_cond_t *, pthread_mutex_t *));
    return gate_active() ? cond_wait_stopped(CALLER, condition, mutex, CLOCK_REALTIME, NULL)
                         : real(condition, mutex);
}

EXPORTED int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                                    const struct timespec *until)
{
    REAL(int, pthread_cond_timedwait,
         (pthread_cond_t *, pthread_mutex_t *, const struct timespec *));
    return gate_active() ? cond_wait_stopped(CALLER, condition, mutex, CLOCK_REALTIME, until)
                         : real(condition, mutex, until);
}

EXPORTED int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                                    clockid_t clock, const struct timespec *until)
{
    REAL(int, pthread_cond_clockwait,
         (pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *));
    return gate_active() ? cond_wait_stopped(CALLER, condition, mutex, clock, until)
                         : real(condition, mutex, clock, until);
}

static int wake_stopped(uint64_t pc, pthread_cond_t *condition, bool all)
{
    uint64_t id = gate_private(), offset = (uint64_t)(uintptr_t)condition;
    region_find(condition, &id, &offset);
    gate_stop(&(struct step){.kind = STEP_CALL, .object = OBJECT_ANY, .pc = pc}, "%s",
              all ? "broadcast" : "signal");
    sleeper_wake(id, offset, all);
    return object_returned(0);
}

EXPORTED int pthread_cond_signal(pthread_cond_t *condition)
{
    REAL(int, pthread_cond_signal, (pthread_cond_t *));
    return gate_active() ? wake_stopped(CALLER, condition, false) : real(condition);
}

EXPORTED int pthread_cond_broadcast(pthread_cond_t *condition)
{
    REAL(int, pthread_cond_broadcast, (pthread_cond_t *));
    return gate_active() ? wake_stopped(CALLER, condition, true) : real(condition);
}
