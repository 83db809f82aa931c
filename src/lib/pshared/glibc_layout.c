/* SPDX-License-Identifier: MIT */
/*
 * glibc_layout.c - see glibc_layout.h. The members have the meanings of glibc's
 * nptl/pthread_mutex_lock.c and the files beside it.
 */
#include "config.h"

#include "lib/pshared/glibc_layout.h"

#include "lib/pshared/pshared.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int layout_sem(const void *at)
{
    sem_t copy;
    int value = 0;
    pshared_copy(&copy, at, sizeof copy);
    sem_getvalue(&copy, &value);
    return value;
}

#ifdef HAVE_GLIBC_LAYOUT

/* __kind (nptl/pthreadP.h): the type in the low bits, then these. */
#define KIND_ROBUST  16
#define KIND_INHERIT 32
#define KIND_SHARED  128

/* The values of __owner after the owner died: until the mutex is made consistent, and when it was
 * unlocked without that. */
#define OWNER_INCONSISTENT    INT_MAX
#define OWNER_NOT_RECOVERABLE (INT_MAX - 1)

#define READERS_SHIFT      3
#define RWLOCK_WRITER      3 /* PTHREAD_RWLOCK_WRPHASE|PTHREAD_RWLOCK_WRLOCKED: a writer holds it */
#define RWLOCK_CLAIMED     2 /* PTHREAD_RWLOCK_WRLOCKED alone: a writer is the next one */
#define COND_WAITERS_SHIFT 3

#define MUTEX_CONTENDED   2 /* __lock of a plain mutex: a task may sleep */
#define RWLOCK_FUTEX_USED 2 /* __wrphase_futex and __writers_futex: a task may sleep */

static void read_mutex(const pthread_mutex_t *mutex, struct layout_mutex *out)
{
    const unsigned word = (unsigned)mutex->__data.__lock;
    const int owner = mutex->__data.__owner;
    *out = (struct layout_mutex){.exact = mutex->__data.__kind & (KIND_ROBUST | KIND_INHERIT)};
    if (owner == OWNER_NOT_RECOVERABLE)
        out->state = LAYOUT_NOT_RECOVERABLE;
    else if (out->exact && word & FUTEX_OWNER_DIED)
        out->state = LAYOUT_OWNER_DIED;
    else
        out->state = word ? LAYOUT_LOCKED : LAYOUT_UNLOCKED;
    if (out->state == LAYOUT_OWNER_DIED)
        /* The kernel has removed the TID from __lock, and nothing has from __owner yet. */
        out->owner = owner == OWNER_INCONSISTENT ? 0 : owner;
    else if (out->state == LAYOUT_LOCKED)
        out->owner = out->exact ? (pid_t)(word & FUTEX_TID_MASK) : owner;
}

/* The difference of `in' and `current_round' of struct pthread_barrier
 * (sysdeps/nptl/internaltypes.h), which no installed header shows. */
static unsigned read_barrier(const pthread_barrier_t *barrier)
{
    unsigned words[5];
    memcpy(words, barrier, sizeof words);
    return words[0] - words[1];
}

/* --- are the members where we expect them? --- */

/* Sets up the attributes; returns false where this system has no such mutexes. */
static bool make_attributes(bool robust, bool inherit, pthread_mutexattr_t *attr)
{
    pthread_mutexattr_init(attr);
    pthread_mutexattr_setpshared(attr, PTHREAD_PROCESS_SHARED);
    if (robust)
        pthread_mutexattr_setrobust(attr, PTHREAD_MUTEX_ROBUST);
    return !inherit || pthread_mutexattr_setprotocol(attr, PTHREAD_PRIO_INHERIT) == 0;
}

/* Unlocks a mutex that we hold. Did its members show it as locked by us before, and as unlocked
 * after? */
static bool mutex_agrees(pthread_mutex_t *mutex, bool robust, bool inherit)
{
    const int kind = KIND_SHARED | (robust ? KIND_ROBUST : 0) | (inherit ? KIND_INHERIT : 0);
    struct layout_mutex locked, unlocked;
    read_mutex(mutex, &locked);
    const bool good = mutex->__data.__owner == gettid() && mutex->__data.__kind == kind;
    pthread_mutex_unlock(mutex);
    read_mutex(mutex, &unlocked);
    return good && locked.state == LAYOUT_LOCKED && locked.owner == gettid() &&
           locked.exact == (robust || inherit) && unlocked.state == LAYOUT_UNLOCKED;
}

/* Does such a mutex have the expected layout? True on a system without priority inheritance, which
 * has no such mutexes to misread. */
static bool try_mutex(bool robust, bool inherit)
{
    pthread_mutexattr_t attr;
    pthread_mutex_t mutex;
    const bool possible = make_attributes(robust, inherit, &attr);
    const bool locked =
        possible && pthread_mutex_init(&mutex, &attr) == 0 && pthread_mutex_lock(&mutex) == 0;
    pthread_mutexattr_destroy(&attr);
    if (!locked)
        return inherit;
    const bool good = mutex_agrees(&mutex, robust, inherit);
    pthread_mutex_destroy(&mutex);
    return good;
}

static bool try_rwlock(void)
{
    pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
    struct layout_rwlock read, written;
    pthread_rwlock_rdlock(&rwlock);
    pthread_rwlock_rdlock(&rwlock);
    memset(&read, 0, sizeof read);
    read.readers = rwlock.__data.__readers >> READERS_SHIFT;
    pthread_rwlock_unlock(&rwlock);
    pthread_rwlock_unlock(&rwlock);
    pthread_rwlock_wrlock(&rwlock);
    written.writer = rwlock.__data.__cur_writer;
    const bool phase = (rwlock.__data.__readers & RWLOCK_WRITER) == RWLOCK_WRITER;
    pthread_rwlock_unlock(&rwlock);
    pthread_rwlock_destroy(&rwlock);
    return read.readers == 2 && phase && written.writer == gettid();
}

static bool try_barrier(void)
{
    pthread_barrier_t barrier;
    unsigned words[5];
    pthread_barrier_init(&barrier, NULL, 1);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    memcpy(words, &barrier, sizeof words);
    pthread_barrier_destroy(&barrier);
    return words[0] == 2 && words[1] == 2 && words[2] == 1;
}

static bool try_cond(void)
{
    pthread_cond_t cond;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_condattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&cond, &attr);
    pthread_condattr_destroy(&attr);
    /* The count begins above two flags, shared and monotonic: both are set. */
    const bool good = cond.__data.__wrefs == 3;
    pthread_cond_destroy(&cond);
    return good;
}

bool layout_known(void)
{
    static int known; /* 1: yes; -1: no; tasks that try at once get the same result */
    int seen = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (!seen) {
        const bool good = try_mutex(false, false) && try_mutex(true, false) &&
                          try_mutex(false, true) && try_mutex(true, true) && try_rwlock() &&
                          try_barrier() && try_cond();
        seen = good ? 1 : -1;
        __atomic_store_n(&known, seen, __ATOMIC_RELAXED);
    }
    return seen > 0;
}

void layout_mutex(const void *at, struct layout_mutex *out)
{
    pthread_mutex_t copy;
    *out = (struct layout_mutex){0};
    if (!layout_known())
        return;
    pshared_copy(&copy, at, sizeof copy);
    read_mutex(&copy, out);
}

/* A held mutex has an owner and one user, and no other bits in its kind than these: a type (0 to 3)
 * and what attributes set. Other bytes are hardly ever so. */
bool layout_is_mutex(const void *at, struct layout_mutex *out, bool *robust)
{
    const int known = 3 | KIND_ROBUST | KIND_INHERIT | KIND_SHARED;
    pthread_mutex_t copy;
    if (!layout_known())
        return false;
    pshared_copy(&copy, at, sizeof copy);
    const int kind = copy.__data.__kind;
    read_mutex(&copy, out);
    *robust = kind & KIND_ROBUST;
    return kind & KIND_SHARED && !(kind & ~known) && copy.__data.__nusers == 1 && out->owner > 0;
}

void layout_rwlock(const void *at, struct layout_rwlock *out)
{
    pthread_rwlock_t copy;
    *out = (struct layout_rwlock){0};
    if (!layout_known())
        return;
    pshared_copy(&copy, at, sizeof copy);
    out->readers = copy.__data.__readers >> READERS_SHIFT;
    if ((copy.__data.__readers & RWLOCK_WRITER) == RWLOCK_WRITER)
        out->writer = copy.__data.__cur_writer;
    out->claimed = copy.__data.__readers & RWLOCK_CLAIMED && !out->readers && !out->writer;
    out->state = out->readers || out->writer || out->claimed ? LAYOUT_LOCKED : LAYOUT_UNLOCKED;
}

bool layout_cond(const void *at, unsigned *waiting)
{
    pthread_cond_t copy;
    if (!layout_known())
        return false;
    pshared_copy(&copy, at, sizeof copy);
    *waiting = copy.__data.__wrefs >> COND_WAITERS_SHIFT;
    return true;
}

bool layout_barrier(const void *at, unsigned *arrived)
{
    pthread_barrier_t copy;
    if (!layout_known())
        return false;
    pshared_copy(&copy, at, sizeof copy);
    *arrived = read_barrier(&copy);
    return true;
}

static unsigned mutex_waiting(const void *at)
{
    pthread_mutex_t copy;
    pshared_copy(&copy, at, sizeof copy);
    const unsigned word = (unsigned)copy.__data.__lock;
    return copy.__data.__kind & (KIND_ROBUST | KIND_INHERIT) ? (word & FUTEX_WAITERS) != 0
                                                             : word == MUTEX_CONTENDED;
}

static unsigned rwlock_waiting(const void *at)
{
    pthread_rwlock_t copy;
    pshared_copy(&copy, at, sizeof copy);
    return ((copy.__data.__wrphase_futex | copy.__data.__writers_futex) & RWLOCK_FUTEX_USED) != 0;
}

/* struct new_sem (sysdeps/nptl/internaltypes.h): the number of waiters is the upper half of a word
 * of 64 bits, or where there are no atomic operations on that, the third word. */
static unsigned sem_waiting(const void *at)
{
    unsigned words[sizeof(sem_t) / sizeof(unsigned)];
    pshared_copy(words, at, sizeof words);
#if UINTPTR_MAX > UINT32_MAX && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return words[1];
#elif UINTPTR_MAX > UINT32_MAX
    return words[0];
#else
    return words[2];
#endif
}

bool layout_waiting(int kind, const void *at, unsigned *count)
{
    if (!layout_known())
        return false;
    switch (kind) {
    case PSHARED_MUTEX: *count = mutex_waiting(at); return true;
    case PSHARED_RWLOCK: *count = rwlock_waiting(at); return true;
    case PSHARED_SEM: *count = sem_waiting(at); return true;
    case PSHARED_COND: return layout_cond(at, count);
    case PSHARED_BARRIER: return layout_barrier(at, count);
    default: return false;
    }
}

#else /* another C library, or another glibc */

bool layout_known(void)
{
    return false;
}

void layout_mutex(const void *at, struct layout_mutex *out)
{
    (void)at;
    *out = (struct layout_mutex){0};
}

bool layout_is_mutex(const void *at, struct layout_mutex *out, bool *robust)
{
    (void)at, (void)out, (void)robust;
    return false;
}

void layout_rwlock(const void *at, struct layout_rwlock *out)
{
    (void)at;
    *out = (struct layout_rwlock){0};
}

bool layout_cond(const void *at, unsigned *waiting)
{
    (void)at, (void)waiting;
    return false;
}

bool layout_barrier(const void *at, unsigned *arrived)
{
    (void)at, (void)arrived;
    return false;
}

bool layout_waiting(int kind, const void *at, unsigned *count)
{
    (void)kind, (void)at, (void)count;
    return false;
}

#endif

/* --- the inner lock of a condition variable --- */

#if defined HAVE_GLIBC_LAYOUT && defined HAVE_PTHREAD_COND_T___DATA___G1_ORIG_SIZE

/* __g1_orig_size has the lock in its low bits, with the three states of a futex that is a lock. */
#define COND_LOCK_MASK   3u
#define COND_LOCK_WANTED 2u /* locked, and tasks sleep on it */

bool layout_cond_locked(const void *at)
{
    pthread_cond_t copy;
    if (!layout_known())
        return false;
    pshared_copy(&copy, at, sizeof copy);
    return copy.__data.__g1_orig_size & COND_LOCK_MASK;
}

/* As __condvar_release_lock() does. */
void layout_cond_release(void *at)
{
    unsigned *const word = &((pthread_cond_t *)at)->__data.__g1_orig_size;
    const unsigned before = __atomic_fetch_and(word, ~COND_LOCK_MASK, __ATOMIC_RELEASE);
    if ((before & COND_LOCK_MASK) == COND_LOCK_WANTED)
        syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

#else

bool layout_cond_locked(const void *at)
{
    (void)at;
    return false;
}

void layout_cond_release(void *at)
{
    (void)at;
}

#endif

bool layout_cond_is_group(const void *at, uintptr_t address)
{
#if defined HAVE_GLIBC_LAYOUT && defined HAVE_PTHREAD_COND_T___DATA___G_REFS
    const pthread_cond_t *cond = at;
    return layout_known() && (address == (uintptr_t)&cond->__data.__g_refs[0] ||
                              address == (uintptr_t)&cond->__data.__g_refs[1]);
#else
    (void)at, (void)address;
    return false;
#endif
}
