/*
 * explain_pthread.c - why the calls on objects in a segment are refused. The rules are those of
 * their pages of POSIX.1-2017 and of glibc's nptl/.
 */
#include "config.h"

#include "lib/explain/rows.h"

#include "lib/pshared/glibc_layout.h"
#include "lib/proc/procfs.h"
#include "lib/base/text.h"

#include <errno.h>
#include <string.h>

/* "task 4711 (COMMAND)", or that it is gone. */
static void say_task(char text[512], pid_t tid)
{
    struct procfs fs;
    struct procfs_process process = {0};
    char command[128];
    if (procfs_open(&fs, "/proc") == 0)
        procfs_process(&fs, tid, &process);
    procfs_close(&fs);
    if (process.exists)
        say(text, "task %d (%s)", tid,
            text_safe(command, sizeof command, process.command, process.command_length));
    else
        say(text, "task %d, which is gone", tid);
}

/* For those that did not get it, now or in time. */
static void mutex_held(const struct refusal *r, struct explanation *e)
{
    struct layout_mutex mutex;
    layout_mutex(r->addr, &mutex);
    if (mutex.state != LAYOUT_LOCKED || !mutex.owner) {
        say(e->what, "somebody else held it");
        say(e->hint, "shmsync stat and shmsync waiters tell who does; --timeout waits longer");
        return;
    }
    say(e->what, "it is held by ");
    say_task(e->what, mutex.owner);
    if (!strstr(e->what, "which is gone")) {
        say(e->hint, "shmsync waiters tells who waits for whom; --timeout waits longer");
        return;
    }
    say(e->what, ": a mutex that is not robust stays locked for ever when its owner dies");
    say(e->hint,
        "make it anew, with ,robust: shmsync destroy --force SEGMENT %s; shmsync init SEGMENT "
        "mutex:%s,robust",
        r->path, r->path);
}

static void timed_out(const struct refusal *r, struct explanation *e)
{
    (void)r;
    say(e->what, "the time passed before it was to be had");
    say(e->hint, "shmsync waiters tells who waits for what; --timeout waits longer");
}

static void try_failed(const struct refusal *r, struct explanation *e)
{
    (void)r;
    say(e->what, "it is not to be had now");
    say(e->hint, "leave out --try to wait for it");
}

static void not_recoverable(const struct refusal *r, struct explanation *e)
{
    say(e->what,
        "its owner died and the next one left it inconsistent: nobody will ever lock it again");
    say(e->hint,
        "what it guards may be half changed; make it anew: shmsync destroy --force SEGMENT %s, "
        "shmsync init",
        r->path);
}

static void deadlock(const struct refusal *r, struct explanation *e)
{
    (void)r;
    say(e->what, "this thread holds it already");
    say(e->hint, "a mutex of type recursive can be locked again by its owner");
}

static void not_owner(const struct refusal *r, struct explanation *e)
{
    (void)r;
    say(e->what, "this thread does not hold it");
    say(e->hint, "only who locked a mutex can unlock it; a semaphore can be posted by anybody");
}

static void no_more(const struct refusal *r, struct explanation *e)
{
    (void)r;
    say(e->what, "it has been locked by its owner, or by readers, as often as it can be");
    say(e->hint, "shmsync stat tells by how many");
}

static void post_overflow(const struct refusal *r, struct explanation *e)
{
    (void)r;
    say(e->what, "its value is SEM_VALUE_MAX, 2147483647, already");
    say(e->hint, "shmsync down takes");
}

static void init_einval(const struct refusal *r, struct explanation *e)
{
    (void)r;
    say(e->what, "this C library does not take such a count or such attributes");
    say(e->hint, "glibc takes barriers of up to 2147483647");
}

static void not_supported(const struct refusal *r, struct explanation *e)
{
    (void)r;
    say(e->what, "this C library or this kernel has no such object");
    say(e->hint,
        "leave out prio=inherit: it needs futexes that inherit priorities (CONFIG_FUTEX_PI)");
}

static void spoilt(const struct refusal *r, struct explanation *e)
{
    (void)r;
    say(e->what, "the C library finds nothing of the kind there: something has written over it");
    say(e->hint, "make it anew: shmsync destroy --force, then shmsync init");
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
    {CALL_PTHREAD_MUTEX_LOCK, EAGAIN, no_more},
    {CALL_PTHREAD_MUTEX_TRYLOCK, EAGAIN, no_more},
    {CALL_PTHREAD_MUTEX_UNLOCK, EPERM, not_owner},
    {CALL_PTHREAD_COND_WAIT, EPERM, not_owner},
    {CALL_PTHREAD_COND_WAIT, ETIMEDOUT, timed_out},
    {CALL_PTHREAD_RWLOCK_CLOCKRDLOCK, ETIMEDOUT, timed_out},
    {CALL_PTHREAD_RWLOCK_CLOCKWRLOCK, ETIMEDOUT, timed_out},
    {CALL_PTHREAD_RWLOCK_TRYRDLOCK, EBUSY, try_failed},
    {CALL_PTHREAD_RWLOCK_TRYWRLOCK, EBUSY, try_failed},
    {CALL_PTHREAD_RWLOCK_RDLOCK, EAGAIN, no_more},
    {CALL_PTHREAD_RWLOCK_TRYRDLOCK, EAGAIN, no_more},
    {CALL_PTHREAD_RWLOCK_WRLOCK, EDEADLK, deadlock},
    {CALL_PTHREAD_RWLOCK_RDLOCK, EDEADLK, deadlock},
    {CALL_SEM_CLOCKWAIT, ETIMEDOUT, timed_out},
    {CALL_SEM_TRYWAIT, EAGAIN, try_failed},
    {CALL_SEM_POST, EOVERFLOW, post_overflow},
    {CALL_PTHREAD_BARRIER_INIT, EINVAL, init_einval},
    {CALL_PTHREAD_MUTEX_INIT, ENOTSUP, not_supported},
    {CALL_PTHREAD_MUTEX_INIT, EINVAL, init_einval},
    {CALL_PTHREAD_MUTEX_LOCK, EINVAL, spoilt},
    {CALL_PTHREAD_MUTEX_TRYLOCK, EINVAL, spoilt},
    {CALL_PTHREAD_MUTEX_UNLOCK, EINVAL, spoilt},
    {CALL_PTHREAD_MUTEX_CONSISTENT, EINVAL, spoilt},
    {CALL_NONE, 0, NULL},
};
