/*
 * explain_sem.c - why the calls of semaphore sets are refused. The rules are those of semget(2),
 * semop(2), semctl(2) and of ipc/sem.c, in the order in which the kernel checks them.
 */
#include "config.h"

#include "lib/explain/rows.h"

#include "lib/segment/limits.h"
#include "lib/base/names.h"
#include "lib/sem/semops.h"
#include "lib/sem/semset.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool find(bool by_key, int id, key_t key, struct semset_info *out)
{
    struct semset_list list = {0};
    bool found = false;
    if (semset_list(&list) == 0)
        for (size_t i = 0; i < list.count && !found; i++) {
            found = by_key ? list.items[i].key == key : list.items[i].id == id;
            if (found)
                *out = list.items[i];
        }
    semset_list_free(&list);
    return found;
}

static struct owned owned(const struct semset_info *s)
{
    return (struct owned){"set", s->id, s->uid, s->cuid, s->gid, s->cgid, s->mode, NULL};
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* --- semget --- */

static void semget_eexist(const struct refusal *r, struct explanation *e)
{
    struct semset_info s;
    if (!find(true, 0, r->key, &s)) {
        say(e->what, "this key named a set, which has been removed since");
        say(e->hint, "try again");
        return;
    }
    say(e->what, "this key already names set %d (%zu semaphore%s, owner %s)", s.id, s.nsems,
        plural(s.nsems), names_user(s.uid));
    say(e->hint, "leave out IPC_EXCL (--exclusive) to open it, or remove it first: ipcrm -s %d",
        s.id);
}

static void semget_enoent(const struct refusal *r, struct explanation *e)
{
    say(e->what, "no semaphore set has key 0x%.8x", (unsigned)r->key);
    say(e->hint,
        "semop-tool show lists those that exist; semop-tool create -k 0x%x NSEMS creates one",
        (unsigned)r->key);
}

static void semget_einval(const struct refusal *r, struct explanation *e)
{
    struct semset_info s;
    struct semset_limits limits;
    if (semset_limits(&limits) == 0 && r->size > limits.semmsl) {
        say(e->what, "%zu semaphores are more than SEMMSL, the limit for one set: %" PRIu64,
            r->size, limits.semmsl);
        say(e->hint,
            "ask for fewer, or raise the first number of kernel.sem as root: sysctl kernel.sem");
    } else if (r->key != IPC_PRIVATE && find(true, 0, r->key, &s)) {
        say(e->what, "set %d of this key has %zu semaphore%s, and %zu were asked for", s.id,
            s.nsems, plural(s.nsems), r->size);
        say(e->hint, "a set never grows: ask for at most as many, or remove it first: ipcrm -s %d",
            s.id);
    } else {
        say(e->what, "a new set has at least 1 semaphore, and %zu were asked for", r->size);
        say(e->hint, "give NSEMS; 0 is good only to open a set that exists");
    }
}

static void semget_eacces(const struct refusal *r, struct explanation *e)
{
    struct semset_info s;
    if (!find(true, 0, r->key, &s)) {
        say(e->what, "the set of this key does not grant the permissions asked for");
        return;
    }
    const struct owned o = owned(&s);
    say_shut_out(e, &o);
    say(e->what, "; 0%.3o was asked for", (unsigned)r->flags & 0777);
    hint_owner(e, &o, "grant more: semop-tool set -m MODE %d", o.id);
}

static void semget_enospc(const struct refusal *r, struct explanation *e)
{
    struct semset_limits limits;
    if (semset_limits(&limits)) {
        say(e->what, "the limit for all sets together (SEMMNI or SEMMNS) is reached");
        return;
    }
    if (limits.sets >= limits.semmni)
        say(e->what, "SEMMNI is reached: %" PRIu64 " sets exist of %" PRIu64 " allowed",
            limits.sets, limits.semmni);
    else
        say(e->what,
            "SEMMNS would be passed: %" PRIu64 " semaphores in use of %" PRIu64
            " allowed, %zu asked for",
            limits.semaphores, limits.semmns, r->size);
    say(e->hint,
        "semop-tool show --orphans lists those that nobody needs; as root: sysctl kernel.sem");
}

static void no_memory(const struct refusal *r, struct explanation *e)
{
    (void)r;
    say(e->what, "the kernel has no memory for it: %s are free",
        size_words(limits_meminfo("MemAvailable")));
    say(e->hint, "sets and the undo lists of processes take the kernel's own memory, also the "
                 "control group's");
}

/* --- semop, semtimedop --- */

/* The values of the set now, as ints; NULL when they may not be read. */
static int *values_of(const struct semset_info *s)
{
    unsigned short *shorts = calloc(s->nsems, sizeof *shorts);
    int *values = calloc(s->nsems, sizeof *values);
    const bool good = shorts && values && semset_values(s->id, s->nsems, shorts) == 0;
    for (size_t i = 0; good && i < s->nsems; i++)
        values[i] = shorts[i];
    free(shorts);
    if (good)
        return values;
    free(values);
    return NULL;
}

/* Finds the operation of the list that cannot proceed on the set as it is now. */
static const struct sembuf *culprit(const struct refusal *r, const struct semset_info *s,
                                    int *value, bool *range)
{
    int *values = values_of(s);
    if (!values)
        return NULL;
    const size_t at = semops_try(r->ops, r->size, values, s->nsems, range);
    const struct sembuf *op = at < r->size ? &r->ops[at] : NULL;
    if (op && op->sem_num < s->nsems)
        *value = values[op->sem_num];
    free(values);
    return op;
}

static void semop_eagain(const struct refusal *r, struct explanation *e)
{
    struct semset_info s;
    int value;
    bool range;
    char text[48];
    const struct sembuf *op = find(false, r->id, 0, &s) ? culprit(r, &s, &value, &range) : NULL;
    const bool timed = r->call == CALL_SEMTIMEDOP && !(op && op->sem_flg & IPC_NOWAIT);
    if (!op || range) {
        say(e->what, "%s; by now the operations could proceed",
            timed ? "the time is over" : "it would have blocked");
        return;
    }
    semops_print(op, 1, text, sizeof text);
    if (op->sem_op)
        say(e->what, "%s: semaphore %u is %d, and %s needs at least %d",
            timed ? "the time is over" : "it would block", op->sem_num, value, text, -op->sem_op);
    else
        say(e->what, "%s: semaphore %u is %d, and %s needs it to be 0",
            timed ? "the time is over" : "it would block", op->sem_num, value, text);
    say(e->hint, "nothing of the list was done; semop-tool show %d, semop-tool waiters %d", s.id,
        s.id);
}

static void semop_e2big(const struct refusal *r, struct explanation *e)
{
    struct semset_limits limits = {0};
    semset_limits(&limits);
    say(e->what, "%zu operations are more than SEMOPM allows in one list: %" PRIu64, r->size,
        limits.semopm);
    say(e->hint, "several lists are not one: others run between them; as root: the third number of "
                 "sysctl kernel.sem");
}

static void semop_efbig(const struct refusal *r, struct explanation *e)
{
    struct semset_info s;
    unsigned highest = 0;
    for (size_t i = 0; i < r->size; i++)
        if (r->ops[i].sem_num > highest)
            highest = r->ops[i].sem_num;
    if (find(false, r->id, 0, &s))
        say(e->what, "set %d has %zu semaphore%s, numbered from 0, and none with number %u", s.id,
            s.nsems, plural(s.nsems), highest);
    else
        say(e->what, "the set has no semaphore %u", highest);
}

static void semop_erange(const struct refusal *r, struct explanation *e)
{
    struct semset_info s;
    int value;
    bool range = false;
    const struct sembuf *op = find(false, r->id, 0, &s) ? culprit(r, &s, &value, &range) : NULL;
    if (op && range)
        say(e->what, "semaphore %u is %d, and %d more would pass SEMVMX, the highest value: %d",
            op->sem_num, value, op->sem_op, SEMOPS_VALUE_MAX);
    else
        say(e->what,
            "a semaphore would pass SEMVMX, the highest value: %d; or a process's undo would",
            SEMOPS_VALUE_MAX);
    say(e->hint, "nothing of the list was done; more V's than P's are a mistake nearly always");
}

/* Only waiting for zero is content with read permission (semop(2)). */
static void semop_eacces(const struct refusal *r, struct explanation *e)
{
    struct semset_info s;
    bool alters = false;
    for (size_t i = 0; i < r->size; i++)
        alters = alters || r->ops[i].sem_op;
    if (!find(false, r->id, 0, &s)) {
        say(e->what, "set %d does not grant the permissions asked for", r->id);
        return;
    }
    const struct owned o = owned(&s);
    say_shut_out(e, &o);
    say(e->what, "; %s", alters ? "SEM-N and SEM+N need write" : "SEM=0 needs read");
    hint_owner(e, &o, "grant more: semop-tool set -m MODE %d", o.id);
}

static void removed(const struct refusal *r, struct explanation *e)
{
    const bool waited = r->call == CALL_SEMOP || r->call == CALL_SEMTIMEDOP;
    say(e->what, "set %d was removed%s", r->id, waited ? " while this waited for it" : "");
    say(e->hint, "%ssemop-tool show lists the sets that exist",
        waited ? "nothing of the list was done; " : "");
}

static void semop_eintr(const struct refusal *r, struct explanation *e)
{
    (void)r;
    say(e->what, "a signal ended the wait; nothing was done");
}

/* An id in use by a later generation shows that this one has existed (see explain_shm.c). */
static void no_such_id(const struct refusal *r, struct explanation *e)
{
    struct semid_ds ds;
    const int now = calls_semctl(r->id, 0, SEM_STAT_ANY, (union semun){.buf = &ds});
    if (now > r->id)
        say(e->what, "set %d was removed; its slot in the table is set %d's now", r->id, now);
    else
        say(e->what, "there is no semaphore set %d", r->id);
    say(e->hint, "semop-tool show lists those that exist");
}

static void semop_einval(const struct refusal *r, struct explanation *e)
{
    struct semset_info s;
    if (!find(false, r->id, 0, &s))
        no_such_id(r, e);
    else if (r->size == 0)
        say(e->what, "a list has at least one operation");
    else
        say(e->what, "the kernel does not accept this list or this timeout");
}

/* --- semctl --- */

static void semctl_einval(const struct refusal *r, struct explanation *e)
{
    struct semset_info s;
    if (!find(false, r->id, 0, &s)) {
        no_such_id(r, e);
    } else if (r->semnum < 0 || (size_t)r->semnum >= s.nsems) {
        say(e->what, "set %d has %zu semaphore%s, numbered from 0, and none with number %d", s.id,
            s.nsems, plural(s.nsems), r->semnum);
    } else if (r->cmd == IPC_SET) {
        say_no_such_owner(e);
    } else {
        say(e->what, "this kernel does not know the command, or it does not fit this set");
    }
}

static bool writes(int cmd)
{
    return cmd == SETVAL || cmd == SETALL;
}

static void semctl_eacces(const struct refusal *r, struct explanation *e)
{
    struct semset_info s;
    if (!find(false, r->id, 0, &s)) {
        say(e->what, "set %d may not be %s", r->id, writes(r->cmd) ? "changed" : "read");
        return;
    }
    const struct owned o = owned(&s);
    say_shut_out(e, &o);
    say(e->what, "; this needs %s", writes(r->cmd) ? "write" : "read");
    hint_owner(e, &o, "grant it: semop-tool set -m MODE %d", o.id);
}

static void semctl_eperm(const struct refusal *r, struct explanation *e)
{
    struct semset_info s;
    if (!find(false, r->id, 0, &s)) {
        say(e->what, "only the owner, the creator and root may do this");
        return;
    }
    const struct owned o = owned(&s);
    say_not_owner(e, &o, r->cmd == IPC_RMID ? "remove it" : "change it");
}

static void semctl_erange(const struct refusal *r, struct explanation *e)
{
    if (r->cmd == SETVAL)
        say(e->what, "semaphore %d cannot be set to %d: values are from 0 to SEMVMX, %d", r->semnum,
            r->val, SEMOPS_VALUE_MAX);
    else
        say(e->what, "one of the values is not from 0 to SEMVMX, %d", SEMOPS_VALUE_MAX);
}

const struct explain_row explain_sem_rows[] = {
    {CALL_SEMGET, EACCES, semget_eacces},
    {CALL_SEMGET, EEXIST, semget_eexist},
    {CALL_SEMGET, EINVAL, semget_einval},
    {CALL_SEMGET, ENOENT, semget_enoent},
    {CALL_SEMGET, ENOMEM, no_memory},
    {CALL_SEMGET, ENOSPC, semget_enospc},
    {CALL_SEMOP, E2BIG, semop_e2big},
    {CALL_SEMTIMEDOP, E2BIG, semop_e2big},
    {CALL_SEMOP, EACCES, semop_eacces},
    {CALL_SEMTIMEDOP, EACCES, semop_eacces},
    {CALL_SEMOP, EAGAIN, semop_eagain},
    {CALL_SEMTIMEDOP, EAGAIN, semop_eagain},
    {CALL_SEMOP, EFBIG, semop_efbig},
    {CALL_SEMTIMEDOP, EFBIG, semop_efbig},
    {CALL_SEMOP, EIDRM, removed},
    {CALL_SEMTIMEDOP, EIDRM, removed},
    {CALL_SEMOP, EINTR, semop_eintr},
    {CALL_SEMTIMEDOP, EINTR, semop_eintr},
    {CALL_SEMOP, EINVAL, semop_einval},
    {CALL_SEMTIMEDOP, EINVAL, semop_einval},
    {CALL_SEMOP, ENOMEM, no_memory},
    {CALL_SEMTIMEDOP, ENOMEM, no_memory},
    {CALL_SEMOP, ERANGE, semop_erange},
    {CALL_SEMTIMEDOP, ERANGE, semop_erange},
    {CALL_SEMCTL, EACCES, semctl_eacces},
    {CALL_SEMCTL, EIDRM, removed},
    {CALL_SEMCTL, EINVAL, semctl_einval},
    {CALL_SEMCTL, ENOMEM, no_memory},
    {CALL_SEMCTL, EPERM, semctl_eperm},
    {CALL_SEMCTL, ERANGE, semctl_erange},
    {CALL_NONE, 0, NULL},
};
