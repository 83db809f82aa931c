/* SPDX-License-Identifier: MIT */
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
        explain_reason(e, "the set with this key has just been removed");
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
        e, "list the sets with semop-tool show, or create one: semop-tool create -k 0x%x NSEMS",
        (unsigned)failed->key);
}

static void semget_einval(const struct failed_call *failed, struct explanation *e)
{
    struct semset_info s;
    struct semset_limits limits;
    if (semset_limits(&limits) == 0 && failed->nsems > limits.semmsl) {
        explain_reason(e, "%zu semaphores exceed SEMMSL, the limit for one set: %" PRIu64,
                       failed->nsems, limits.semmsl);
        explain_hint(
            e, "request fewer, or raise the first number of kernel.sem as root: sysctl kernel.sem");
    } else if (failed->key != IPC_PRIVATE && find_by_key(failed->key, &s)) {
        explain_reason(e, "set %d has %zu semaphore%s, but %zu were requested", s.id, s.nsems,
                       plural(s.nsems), failed->nsems);
        explain_hint(
            e, "a set never grows: request at most as many, or remove it first: ipcrm -s %d", s.id);
    } else {
        explain_reason(e, "a new set needs at least 1 semaphore, but %zu were requested",
                       failed->nsems);
        explain_hint(e, "give an NSEMS of at least 1; 0 only opens an existing set");
    }
}

static void semget_eacces(const struct failed_call *failed, struct explanation *e)
{
    struct semset_info s;
    if (!find_by_key(failed->key, &s)) {
        explain_reason(e, "the set with this key does not grant the requested permissions");
        return;
    }
    const struct object_perms perms = perms_of(&s);
    explain_access_denied(e, &perms);
    explain_reason(e, "; the call requested 0%.3o", (unsigned)failed->flags & 0777);
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
        explain_reason(e, "SEMMNI is reached: %" PRIu64 " of %" PRIu64 " allowed sets exist",
                       limits.sets, limits.semmni);
    else
        explain_reason(e,
                       "SEMMNS would be exceeded: %" PRIu64 " of %" PRIu64
                       " allowed semaphores are in use, and the call requests %zu",
                       limits.semaphores, limits.semmns, failed->nsems);
    explain_hint(e, "remove the orphans that semop-tool show --orphans lists");
    if (limits.sets >= limits.semmni && limits.semmni >= explain_most_objects(limits.semmni))
        explain_hint(e, "; the limit cannot be raised further, unless the kernel is booted with "
                        "ipcmni_extend");
    else
        explain_hint(e, ", or raise the limit as root: sysctl kernel.sem");
}

static void no_memory(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "the kernel has no memory left for this: %s are available",
                   explain_size(limits_meminfo("MemAvailable")));
    explain_hint(e, "check the memory limit of the control group: it includes the kernel memory of "
                    "sets and undo lists");
}

/* --- semop, semtimedop --- */

/* The values of the set now, as ints, for the caller to free; NULL if this process cannot read
 * them. */
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

/* The first operation of the list that cannot proceed on the set S as it is now; NULL if all can,
 * or if this process cannot read the values. *VALUE is the value that its semaphore has then, and
 * *RANGE says that the operation would exceed SEMVMX rather than block. */
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
        explain_reason(e, "%s; the operations could proceed now",
                       timed ? "the timeout expired" : "the call would have blocked");
        return;
    }
    const char *outcome = timed ? "the timeout expired" : "the call would block";
    semops_print(op, 1, text, sizeof text);
    if (op->sem_op)
        explain_reason(e, "%s: semaphore %u is %d, and %s needs at least %d", outcome, op->sem_num,
                       value, text, -op->sem_op);
    else
        explain_reason(e, "%s: semaphore %u is %d, and %s needs it to be 0", outcome, op->sem_num,
                       value, text);
    explain_hint(e, "no operation was performed; see semop-tool show %d, semop-tool waiters %d",
                 s.id, s.id);
}

static void semop_e2big(const struct failed_call *failed, struct explanation *e)
{
    struct semset_limits limits = {0};
    semset_limits(&limits);
    explain_reason(e, "%zu operations exceed SEMOPM, the limit for one list: %" PRIu64,
                   failed->nsops, limits.semopm);
    explain_hint(e, "split the list, which lets other processes run in between, or raise the third "
                    "number of kernel.sem as root: sysctl kernel.sem");
}

static void semop_efbig(const struct failed_call *failed, struct explanation *e)
{
    struct semset_info s;
    unsigned highest = 0;
    for (size_t i = 0; i < failed->nsops; i++)
        if (failed->sops[i].sem_num > highest)
            highest = failed->sops[i].sem_num;
    if (find_by_id(failed->id, &s))
        explain_reason(e, "set %d has %zu semaphore%s, numbered from 0, and no semaphore %u", s.id,
                       s.nsems, plural(s.nsems), highest);
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
                       "semaphore %u is %d, and %d more would exceed SEMVMX, the highest value: %d",
                       op->sem_num, value, op->sem_op, SEMOPS_VALUE_MAX);
    else
        explain_reason(
            e,
            "a semaphore or the undo value of a process would exceed SEMVMX, the highest value: %d",
            SEMOPS_VALUE_MAX);
    explain_hint(e, "no operation was performed; more V's than P's are nearly always a mistake");
}

/* Waiting for zero needs read permission, any other operation write permission (semop(2)). */
static void semop_eacces(const struct failed_call *failed, struct explanation *e)
{
    struct semset_info s;
    bool alters = false;
    for (size_t i = 0; i < failed->nsops; i++)
        alters = alters || failed->sops[i].sem_op;
    if (!find_by_id(failed->id, &s)) {
        explain_reason(e, "set %d does not grant the requested permissions", failed->id);
        return;
    }
    const struct object_perms perms = perms_of(&s);
    explain_access_denied(e, &perms);
    explain_reason(e, "; %s",
                   alters ? "SEM-N and SEM+N need write access" : "SEM=0 needs read access");
    explain_hint_owner(e, &perms, "grant more: semop-tool set -m MODE %d", perms.id);
}

static void removed(const struct failed_call *failed, struct explanation *e)
{
    const bool waited = failed->call == CALL_SEMOP || failed->call == CALL_SEMTIMEDOP;
    explain_reason(e, "set %d was removed%s", failed->id,
                   waited ? " while this process waited" : "");
    explain_hint(e, "%slist the sets with semop-tool show",
                 waited ? "no operation was performed; " : "");
    explain_hint_logout(e);
}

static void semop_eintr(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, "a signal interrupted the wait; no operation was performed");
}

/* If a later generation of the id uses its slot, this id has existed (see shm.c). */
static void no_such_id(const struct failed_call *failed, struct explanation *e)
{
    struct semid_ds ds;
    struct semset_info s;
    const int now = calls_semctl(failed->id, 0, SEM_STAT_ANY, (union semun){.buf = &ds});
    if (now > failed->id)
        explain_reason(e, "set %d was removed; set %d now uses its slot in the table", failed->id,
                       now);
    else
        explain_reason(e, "there is no semaphore set %d", failed->id);
    if (failed->id && find_by_key(failed->id, &s)) {
        explain_hint(e, "as a key, %d is 0x%.8x, which names set %d", failed->id,
                     (unsigned)failed->id, s.id);
        return;
    }
    explain_hint(e, "list the sets with semop-tool show");
    explain_hint_logout(e);
}

static void semop_einval(const struct failed_call *failed, struct explanation *e)
{
    struct semset_info s;
    if (!find_by_id(failed->id, &s))
        no_such_id(failed, e);
    else if (failed->nsops == 0)
        explain_reason(e, "a list needs at least one operation");
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
        explain_reason(e, "set %d has %zu semaphore%s, numbered from 0, and no semaphore %d", s.id,
                       s.nsems, plural(s.nsems), failed->semnum);
    } else if (failed->cmd == IPC_SET) {
        explain_unmapped_owner(e);
    } else {
        explain_reason(
            e, "this kernel does not know the command, or the command does not apply to this set");
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
        explain_reason(e, "this process may not %s set %d", writes(failed->cmd) ? "change" : "read",
                       failed->id);
        return;
    }
    const struct object_perms perms = perms_of(&s);
    explain_access_denied(e, &perms);
    explain_reason(e, "; the call needs %s access", writes(failed->cmd) ? "write" : "read");
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
        explain_reason(e, "semaphore %d cannot be set to %d: values range from 0 to SEMVMX, %d",
                       failed->semnum, failed->val, SEMOPS_VALUE_MAX);
    else
        explain_reason(e, "one of the values is outside the range from 0 to SEMVMX, %d",
                       SEMOPS_VALUE_MAX);
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
