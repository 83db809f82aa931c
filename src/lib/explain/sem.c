/*
 * sem.c - why the calls of semaphore sets fail. The rules are those of semget(2), semop(2),
 * semctl(2) and of ipc/sem.c, in the order in which the kernel checks them.
 */
#include "config.h"

#include "lib/explain/rows.h"

#include "lib/calls/calls_sem.h"
#include "lib/explain/facts.h"
#include "lib/segment/limits.h"
#include "lib/base/names.h"
#include "lib/sem/semops.h"
#include "lib/sem/semset.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Finds a set by its key, or else by its id, whether or not this process may read it. */
static bool find(bool by_key, key_t key, int id, struct semset_info *out)
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

static bool find_by_key(key_t key, struct semset_info *out)
{
    return find(true, key, 0, out);
}

static bool find_by_id(int id, struct semset_info *out)
{
    return find(false, 0, id, out);
}

static struct object_perms perms_of(const struct semset_info *s)
{
    return (struct object_perms){.noun = "set",
                                 .id = s->id,
                                 .uid = s->uid,
                                 .cuid = s->cuid,
                                 .gid = s->gid,
                                 .cgid = s->cgid,
                                 .mode = s->mode};
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* --- semget --- */

static void semget_eexist(const struct failed_call *failed, struct explanation *e)
{
    struct semset_info s;
    if (!find_by_key(failed->key, &s)) {
        explain_reason(e, "this key named a set, which has been removed since");
        explain_hint(e, "try again");
        return;
    }
    explain_reason(e, "this key already names set %d (%zu semaphore%s, owner %s)", s.id, s.nsems,
                   plural(s.nsems), names_user(s.uid));
    explain_hint(e, "leave out IPC_EXCL (--exclusive) to open it, or remove it first: ipcrm -s %d",
                 s.id);
}

static void semget_enoent(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(e, "no semaphore set has key 0x%.8x", (unsigned)failed->key);
    explain_hint(
        e, "semop-tool show lists those that exist; semop-tool create -k 0x%x NSEMS creates one",
        (unsigned)failed->key);
}

static void semget_einval(const struct failed_call *failed, struct explanation *e)
{
    struct semset_info s;
    struct semset_limits limits;
    if (semset_limits(&limits) == 0 && failed->nsems > limits.semmsl) {
        explain_reason(e, "%zu semaphores are more than SEMMSL, the limit for one set: %" PRIu64,
                       failed->nsems, limits.semmsl);
        explain_hint(
            e, "ask for fewer, or raise the first number of kernel.sem as root: sysctl kernel.sem");
    } else if (failed->key != IPC_PRIVATE && find_by_key(failed->key, &s)) {
        explain_reason(e, "set %d of this key has %zu semaphore%s, and %zu were asked for", s.id,
                       s.nsems, plural(s.nsems), failed->nsems);
        explain_hint(
            e, "a set never grows: ask for at most as many, or remove it first: ipcrm -s %d", s.id);
    } else {
        explain_reason(e, "a new set has at least 1 semaphore, and %zu were asked for",
                       failed->nsems);
        explain_hint(e, "give NSEMS; 0 is good only to open a set that exists");
    }
}

static void semget_eacces(const struct failed_call *failed, struct explanation *e)
{
    struct semset_info s;
    if (!find_by_key(failed->key, &s)) {
        explain_reason(e, "the set of this key does not grant the permissions asked for");
        return;
    }
    const struct object_perms perms = perms_of(&s);
    explain_access_denied(e, &perms);
    explain_reason(e, "; 0%.3o was asked for", (unsigned)failed->flags & 0777);
    explain_hint_owner(e, &perms, "grant more: semop-tool set -m MODE %d", perms.id);
}

static void semget_enospc(const struct failed_call *failed, struct explanation *e)
{
    struct semset_limits limits;
    if (semset_limits(&limits)) {
        explain_reason(e, "the limit for all sets together (SEMMNI or SEMMNS) is reached");
        return;
    }
    if (limits.sets >= limits.semmni)
        explain_reason(e, "SEMMNI is reached: %" PRIu64 " sets exist of %" PRIu64 " allowed",
                       limits.sets, limits.semmni);
    else
        explain_reason(e,
                       "SEMMNS would be passed: %" PRIu64 " semaphores in use of %" PRIu64
                       " allowed, %zu asked for",
                       limits.semaphores, limits.semmns, failed->nsems);
    explain_hint(
        e, "semop-tool show --orphans lists those that nobody needs; as root: sysctl kernel.sem");
}

static void no_memory(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "the kernel has no memory for it: %s are free",
                   explain_size(limits_meminfo("MemAvailable")));
    explain_hint(e, "sets and the undo lists of processes take the kernel's own memory, also the "
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
static const struct sembuf *blocking_operation(const struct failed_call *failed,
                                               const struct semset_info *s, int *value, bool *range)
{
    int *values = values_of(s);
    if (!values)
        return NULL;
    const size_t at = semops_try(failed->sops, failed->nsops, values, s->nsems, range);
    const struct sembuf *op = at < failed->nsops ? &failed->sops[at] : NULL;
    if (op && op->sem_num < s->nsems)
        *value = values[op->sem_num];
    free(values);
    return op;
}

static void semop_eagain(const struct failed_call *failed, struct explanation *e)
{
    struct semset_info s;
    int value;
    bool range;
    char text[48];
    const struct sembuf *op =
        find_by_id(failed->id, &s) ? blocking_operation(failed, &s, &value, &range) : NULL;
    const bool timed = failed->call == CALL_SEMTIMEDOP && !(op && op->sem_flg & IPC_NOWAIT);
    if (!op || range) {
        explain_reason(e, "%s; by now the operations could proceed",
                       timed ? "the time is over" : "it would have blocked");
        return;
    }
    semops_print(op, 1, text, sizeof text);
    if (op->sem_op)
        explain_reason(e, "%s: semaphore %u is %d, and %s needs at least %d",
                       timed ? "the time is over" : "it would block", op->sem_num, value, text,
                       -op->sem_op);
    else
        explain_reason(e, "%s: semaphore %u is %d, and %s needs it to be 0",
                       timed ? "the time is over" : "it would block", op->sem_num, value, text);
    explain_hint(e, "nothing of the list was done; semop-tool show %d, semop-tool waiters %d", s.id,
                 s.id);
}

static void semop_e2big(const struct failed_call *failed, struct explanation *e)
{
    struct semset_limits limits = {0};
    semset_limits(&limits);
    explain_reason(e, "%zu operations are more than SEMOPM allows in one list: %" PRIu64,
                   failed->nsops, limits.semopm);
    explain_hint(e,
                 "several lists are not one: others run between them; as root: the third number of "
                 "sysctl kernel.sem");
}

static void semop_efbig(const struct failed_call *failed, struct explanation *e)
{
    struct semset_info s;
    unsigned highest = 0;
    for (size_t i = 0; i < failed->nsops; i++)
        if (failed->sops[i].sem_num > highest)
            highest = failed->sops[i].sem_num;
    if (find_by_id(failed->id, &s))
        explain_reason(e, "set %d has %zu semaphore%s, numbered from 0, and none with number %u",
                       s.id, s.nsems, plural(s.nsems), highest);
    else
        explain_reason(e, "the set has no semaphore %u", highest);
}

static void semop_erange(const struct failed_call *failed, struct explanation *e)
{
    struct semset_info s;
    int value;
    bool range = false;
    const struct sembuf *op =
        find_by_id(failed->id, &s) ? blocking_operation(failed, &s, &value, &range) : NULL;
    if (op && range)
        explain_reason(e,
                       "semaphore %u is %d, and %d more would pass SEMVMX, the highest value: %d",
                       op->sem_num, value, op->sem_op, SEMOPS_VALUE_MAX);
    else
        explain_reason(
            e, "a semaphore would pass SEMVMX, the highest value: %d; or a process's undo would",
            SEMOPS_VALUE_MAX);
    explain_hint(e, "nothing of the list was done; more V's than P's are a mistake nearly always");
}

/* Only waiting for zero is content with read permission (semop(2)). */
static void semop_eacces(const struct failed_call *failed, struct explanation *e)
{
    struct semset_info s;
    bool alters = false;
    for (size_t i = 0; i < failed->nsops; i++)
        alters = alters || failed->sops[i].sem_op;
    if (!find_by_id(failed->id, &s)) {
        explain_reason(e, "set %d does not grant the permissions asked for", failed->id);
        return;
    }
    const struct object_perms perms = perms_of(&s);
    explain_access_denied(e, &perms);
    explain_reason(e, "; %s", alters ? "SEM-N and SEM+N need write" : "SEM=0 needs read");
    explain_hint_owner(e, &perms, "grant more: semop-tool set -m MODE %d", perms.id);
}

static void removed(const struct failed_call *failed, struct explanation *e)
{
    const bool waited = failed->call == CALL_SEMOP || failed->call == CALL_SEMTIMEDOP;
    explain_reason(e, "set %d was removed%s", failed->id,
                   waited ? " while this waited for it" : "");
    explain_hint(e, "%ssemop-tool show lists the sets that exist",
                 waited ? "nothing of the list was done; " : "");
}

static void semop_eintr(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "a signal ended the wait; nothing was done");
}

/* An id in use by a later generation shows that this one has existed (see shm.c). */
static void no_such_id(const struct failed_call *failed, struct explanation *e)
{
    struct semid_ds ds;
    const int now = calls_semctl(failed->id, 0, SEM_STAT_ANY, (union semun){.buf = &ds});
    if (now > failed->id)
        explain_reason(e, "set %d was removed; its slot in the table is set %d's now", failed->id,
                       now);
    else
        explain_reason(e, "there is no semaphore set %d", failed->id);
    explain_hint(e, "semop-tool show lists those that exist");
}

static void semop_einval(const struct failed_call *failed, struct explanation *e)
{
    struct semset_info s;
    if (!find_by_id(failed->id, &s))
        no_such_id(failed, e);
    else if (failed->nsops == 0)
        explain_reason(e, "a list has at least one operation");
    else
        explain_reason(e, "the kernel does not accept this list or this timeout");
}

/* --- semctl --- */

static void semctl_einval(const struct failed_call *failed, struct explanation *e)
{
    struct semset_info s;
    if (!find_by_id(failed->id, &s)) {
        no_such_id(failed, e);
    } else if (failed->semnum < 0 || (size_t)failed->semnum >= s.nsems) {
        explain_reason(e, "set %d has %zu semaphore%s, numbered from 0, and none with number %d",
                       s.id, s.nsems, plural(s.nsems), failed->semnum);
    } else if (failed->cmd == IPC_SET) {
        explain_unmapped_owner(e);
    } else {
        explain_reason(e, "this kernel does not know the command, or it does not fit this set");
    }
}

static bool writes(int cmd)
{
    return cmd == SETVAL || cmd == SETALL;
}

static void semctl_eacces(const struct failed_call *failed, struct explanation *e)
{
    struct semset_info s;
    if (!find_by_id(failed->id, &s)) {
        explain_reason(e, "set %d may not be %s", failed->id,
                       writes(failed->cmd) ? "changed" : "read");
        return;
    }
    const struct object_perms perms = perms_of(&s);
    explain_access_denied(e, &perms);
    explain_reason(e, "; this needs %s", writes(failed->cmd) ? "write" : "read");
    explain_hint_owner(e, &perms, "grant it: semop-tool set -m MODE %d", perms.id);
}

static void semctl_eperm(const struct failed_call *failed, struct explanation *e)
{
    struct semset_info s;
    if (!find_by_id(failed->id, &s)) {
        explain_reason(e, "only the owner, the creator and root may do this");
        return;
    }
    const struct object_perms perms = perms_of(&s);
    explain_not_owner(e, &perms, failed->cmd == IPC_RMID ? "remove it" : "change it");
}

static void semctl_erange(const struct failed_call *failed, struct explanation *e)
{
    if (failed->cmd == SETVAL)
        explain_reason(e, "semaphore %d cannot be set to %d: values are from 0 to SEMVMX, %d",
                       failed->semnum, failed->val, SEMOPS_VALUE_MAX);
    else
        explain_reason(e, "one of the values is not from 0 to SEMVMX, %d", SEMOPS_VALUE_MAX);
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
