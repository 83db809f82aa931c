/*
 * pthread.c - why the calls on objects in a segment fail. The rules are those of their pages of
 * POSIX.1-2017 and of glibc's nptl/.
 */
#include "config.h"

#include "lib/explain/rows.h"

#include "lib/explain/facts.h"
#include "lib/pshared/glibc_layout.h"
#include "lib/proc/procfs.h"
#include "lib/base/text.h"

#include <errno.h>
#include <string.h>

/* "task 4711 (COMMAND)", or that it is gone. */
static void append_task(struct explanation *e, pid_t tid)
{
    struct procfs fs;
    struct procfs_process process = {0};
    char command[128];
    if (procfs_open(&fs, "/proc") == 0)
        procfs_process(&fs, tid, &process);
    procfs_close(&fs);
    if (process.exists)
        explain_reason(e, "task %d (%s)", tid,
                       text_safe(command, sizeof command, process.command, process.command_length));
    else
        explain_reason(e, "task %d, which is gone", tid);
}

/* For those that did not get it, now or in time. */
static void mutex_held(const struct failed_call *failed, struct explanation *e)
{
    struct layout_mutex mutex;
    layout_mutex(failed->object, &mutex);
    if (mutex.state != LAYOUT_LOCKED || !mutex.owner) {
        explain_reason(e, "somebody else held it");
        explain_hint(e, "shmsync stat and shmsync waiters tell who does; --timeout waits longer");
        return;
    }
    explain_reason(e, "it is held by ");
    append_task(e, mutex.owner);
    if (!strstr(e->reason, "which is gone")) {
        explain_hint(e, "shmsync waiters tells who waits for whom; --timeout waits longer");
        return;
    }
    explain_reason(e, ": a mutex that is not robust stays locked for ever when its owner dies");
    explain_hint(
        e,
        "make it anew, with ,robust: shmsync destroy --force SEGMENT %s; shmsync init SEGMENT "
        "mutex:%s,robust",
        failed->name, failed->name);
}

static void timed_out(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "the time passed before it was to be had");
    explain_hint(e, "shmsync waiters tells who waits for what; --timeout waits longer");
}

static void try_failed(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "it is not to be had now");
    explain_hint(e, "leave out --try to wait for it");
}

static void not_recoverable(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(
        e, "its owner died and the next one left it inconsistent: nobody will ever lock it again");
    explain_hint(
        e,
        "what it guards may be half changed; make it anew: shmsync destroy --force SEGMENT %s, "
        "shmsync init",
        failed->name);
}

static void deadlock(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "this thread holds it already");
    explain_hint(e, "a mutex of type recursive can be locked again by its owner");
}

static void not_owner(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "this thread does not hold it");
    explain_hint(e, "only who locked a mutex can unlock it; a semaphore can be posted by anybody");
}

static void lock_count_exceeded(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "it has been locked by its owner, or by readers, as often as it can be");
    explain_hint(e, "shmsync stat tells by how many");
}

static void post_overflow(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "its value is SEM_VALUE_MAX, 2147483647, already");
    explain_hint(e, "shmsync down takes");
}

static void init_einval(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "this C library does not take such a count or such attributes");
    explain_hint(e, "glibc takes barriers of up to 2147483647");
}

static void not_supported(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "this C library or this kernel has no such object");
    explain_hint(
        e, "leave out prio=inherit: it needs futexes that inherit priorities (CONFIG_FUTEX_PI)");
}

static void corrupted(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e,
                   "the C library finds nothing of the kind there: something has written over it");
    explain_hint(e, "make it anew: shmsync destroy --force, then shmsync init");
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
    {CALL_PTHREAD_RWLOCK_CLOCKRDLOCK, ETIMEDOUT, timed_out},
    {CALL_PTHREAD_RWLOCK_CLOCKWRLOCK, ETIMEDOUT, timed_out},
    {CALL_PTHREAD_RWLOCK_TRYRDLOCK, EBUSY, try_failed},
    {CALL_PTHREAD_RWLOCK_TRYWRLOCK, EBUSY, try_failed},
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
