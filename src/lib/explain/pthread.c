/* SPDX-License-Identifier: MIT */
/*
 * pthread.c - why the calls on objects in a segment fail. The rules are those of their pages of
 * POSIX.1-2017 and of glibc's nptl/.
 */
#include "config.h"

#include "lib/explain/rows.h"

#include "lib/explain/facts.h"
#include "lib/pshared/glibc_layout.h"
#include "lib/pshared/owner.h"
#include "lib/pshared/waiters.h"
#include "lib/proc/procfs.h"
#include "lib/base/text.h"

#include <errno.h>
#include <string.h>

/* Reason: the task TID that holds the mutex, as it calls itself. Returns whether it lives. */
static enum procfs_life append_owner(struct explanation *e, const void *mutex, pid_t tid)
{
    struct pshared_owner owner;
    char command[128];
    pshared_find_owner_at(mutex, tid, &owner);
    if (owner.life == PROCFS_ALIVE)
        explain_reason(e, "task %d (%s) holds it", tid,
                       text_safe(command, sizeof command, owner.process.command,
                                 owner.process.command_length));
    else if (owner.life == PROCFS_GONE)
        explain_reason(e, "task %d held it and no longer exists", tid);
    else
        explain_reason(e, "task %d holds it, and it is not known here whether that lives (%s)", tid,
                       procfs_doubt_text(owner.doubt));
    return owner.life;
}

/* A try or a timed lock failed. */
static void mutex_held(const struct failed_call *failed, struct explanation *e)
{
    struct layout_mutex mutex;
    layout_mutex(failed->object, &mutex);
    if (mutex.state != LAYOUT_LOCKED || !mutex.owner) {
        explain_reason(e, "another task held it");
        explain_hint(
            e, "find the owner with shmsync stat or shmsync waiters, or wait longer: --timeout");
        return;
    }
    if (append_owner(e, failed->object, mutex.owner) != PROCFS_GONE) {
        explain_hint(e, "list the waiters with shmsync waiters, or wait longer: --timeout");
        return;
    }
    explain_reason(e, ": a mutex that is not robust stays locked forever when its owner dies");
    explain_hint(e,
                 "replace it with a robust mutex: shmsync destroy --force SEGMENT %s; shmsync init "
                 "SEGMENT mutex:%s,robust",
                 failed->name, failed->name);
}

static void timed_out(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "the timeout expired");
    explain_hint(e, "list the waiters with shmsync waiters, or wait longer: --timeout");
}

/* Reason and hint, if it is proved that those who hold the rwlock are dead: no other process has
 * the segment mapped, and this one has just been refused the lock. */
static bool append_dead(const struct failed_call *failed, struct explanation *e)
{
    struct procfs fs;
    enum procfs_doubt doubt;
    procfs_open(&fs, "/proc");
    const enum procfs_life others = pshared_others(&fs, failed->object, &doubt);
    procfs_close(&fs);
    if (others != PROCFS_GONE)
        return false;
    explain_reason(e, "a process held it and no longer exists: no other process has the segment "
                      "mapped; an rwlock is never robust, and stays locked forever");
    explain_hint(
        e, "create it again: shmsync destroy --force SEGMENT %s; shmsync init SEGMENT rwlock:%s",
        failed->name, failed->name);
    return true;
}

static void rwlock_held(const struct failed_call *failed, struct explanation *e)
{
    if (append_dead(failed, e))
        return;
    if (failed->error == EBUSY) {
        explain_reason(e, "the call would block");
        explain_hint(e, "leave out --try to wait for it");
        return;
    }
    explain_reason(e, "the timeout expired");
    explain_hint(e, "list the waiters with shmsync waiters, or wait longer: --timeout");
}

static void try_failed(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "the call would block");
    explain_hint(e, "leave out --try to wait for it");
}

static void not_recoverable(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(
        e,
        "its owner died and the next owner left it inconsistent, so it can never be locked again");
    explain_hint(e,
                 "check the data that it guards, which may be half changed, and replace it: "
                 "shmsync destroy --force SEGMENT %s, shmsync init",
                 failed->name);
}

static void deadlock(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "this thread already holds it");
    explain_hint(e, "use a recursive mutex, which its owner can lock again");
}

static void not_owner(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "this thread does not hold it");
    explain_hint(e, "only its owner can unlock a mutex; any process can post a semaphore");
}

static void lock_count_exceeded(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "its owner or its readers have locked it the maximum number of times");
    explain_hint(e, "see how many locks are held: shmsync stat");
}

static void post_overflow(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "its value is already SEM_VALUE_MAX, 2147483647");
    explain_hint(e, "decrement it: shmsync down");
}

static void init_einval(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "this C library does not accept this count or these attributes");
    explain_hint(e, "glibc accepts barriers of up to 2147483647 threads");
}

static void not_supported(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "this C library or this kernel does not support such an object");
    explain_hint(
        e, "leave out prio=inherit: it needs futexes that inherit priorities (CONFIG_FUTEX_PI)");
}

static void corrupted(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "the C library finds no valid object there: something overwrote it");
    explain_hint(e, "replace it: shmsync destroy --force, then shmsync init");
}

const struct explain_row explain_pthread_rows[] = {
    {CALL_PTHREAD_MUTEX_TRYLOCK, EBUSY, mutex_held},
    {CALL_PTHREAD_MUTEX_CLOCKLOCK, ETIMEDOUT, mutex_held},
    {CALL_PTHREAD_MUTEX_LOCK, ENOTRECOVERABLE, not_recoverable},
    {CALL_PTHREAD_MUTEX_TRYLOCK, ENOTRECOVERABLE, not_recoverable},
    {CALL_PTHREAD_MUTEX_CLOCKLOCK, ENOTRECOVERABLE, not_recoverable},
    {CALL_PTHREAD_COND_WAIT, ENOTRECOVERABLE, not_recoverable},
    {CALL_PTHREAD_MUTEX_LOCK, EDEADLK, deadlock},
    {CALL_PTHREAD_MUTEX_CLOCKLOCK, EDEADLK, deadlock},
    {CALL_PTHREAD_MUTEX_LOCK, EAGAIN, lock_count_exceeded},
    {CALL_PTHREAD_MUTEX_TRYLOCK, EAGAIN, lock_count_exceeded},
    {CALL_PTHREAD_MUTEX_UNLOCK, EPERM, not_owner},
    {CALL_PTHREAD_COND_WAIT, EPERM, not_owner},
    {CALL_PTHREAD_COND_WAIT, ETIMEDOUT, timed_out},
    {CALL_PTHREAD_RWLOCK_CLOCKRDLOCK, ETIMEDOUT, rwlock_held},
    {CALL_PTHREAD_RWLOCK_CLOCKWRLOCK, ETIMEDOUT, rwlock_held},
    {CALL_PTHREAD_RWLOCK_TRYRDLOCK, EBUSY, rwlock_held},
    {CALL_PTHREAD_RWLOCK_TRYWRLOCK, EBUSY, rwlock_held},
    {CALL_PTHREAD_RWLOCK_RDLOCK, EAGAIN, lock_count_exceeded},
    {CALL_PTHREAD_RWLOCK_TRYRDLOCK, EAGAIN, lock_count_exceeded},
    {CALL_PTHREAD_RWLOCK_WRLOCK, EDEADLK, deadlock},
    {CALL_PTHREAD_RWLOCK_RDLOCK, EDEADLK, deadlock},
    {CALL_SEM_CLOCKWAIT, ETIMEDOUT, timed_out},
    {CALL_SEM_TRYWAIT, EAGAIN, try_failed},
    {CALL_SEM_POST, EOVERFLOW, post_overflow},
    {CALL_PTHREAD_BARRIER_INIT, EINVAL, init_einval},
    {CALL_PTHREAD_MUTEX_INIT, ENOTSUP, not_supported},
    {CALL_PTHREAD_MUTEX_INIT, EINVAL, init_einval},
    {CALL_PTHREAD_MUTEX_LOCK, EINVAL, corrupted},
    {CALL_PTHREAD_MUTEX_TRYLOCK, EINVAL, corrupted},
    {CALL_PTHREAD_MUTEX_UNLOCK, EINVAL, corrupted},
    {CALL_PTHREAD_MUTEX_CONSISTENT, EINVAL, corrupted},
    {CALL_NONE, 0, NULL},
};
