/* SPDX-License-Identifier: MIT */
/*
 * semset.c - see semset.h.
 */
#include "config.h"

#include "lib/sem/semset.h"

#include "lib/base/array.h"
#include "lib/base/deadline.h"
#include "lib/calls/calls.h"
#include "lib/calls/calls_sysv.h"
#include "lib/calls/calls_sem.h"
#include "lib/run/create.h"
#include "lib/sysv/sysv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void info_from(int id, const struct semid_ds *ds, struct semset_info *out)
{
    const struct ipc_perm *perm = &ds->sem_perm;
    *out = (struct semset_info){
        .id = id,
        .key = perm->__key,
        .uid = perm->uid,
        .cuid = perm->cuid,
        .gid = perm->gid,
        .cgid = perm->cgid,
        .mode = perm->mode & 0777,
        .nsems = ds->sem_nsems,
        .otime = ds->sem_otime,
        .ctime = ds->sem_ctime,
    };
}

static int get(key_t key)
{
    return calls_semget(key, 0, 0);
}

static int control(int id, int cmd, union sysv_ds *ds)
{
    return calls_semctl(id, 0, cmd, (union semun){.buf = &ds->sem});
}

static int last_index(size_t *count)
{
    struct seminfo totals;
    const int last = calls_semctl(0, 0, SEM_INFO, (union semun){.info = &totals});
    *count = last < 0 ? 0 : (size_t)totals.semusz;
    return last;
}

static struct semset_info *append(struct semset_list *list)
{
    if (array_reserve(&list->items, &list->capacity, list->count + 1))
        return NULL;
    return &list->items[list->count++];
}

static int add(void *items, int id, const union sysv_ds *ds)
{
    struct semset_info *item = append(items);
    if (item)
        info_from(id, &ds->sem, item);
    return item ? 0 : -1;
}

/* A line of /proc/sysvipc/sem (ipc/sem.c, sysvipc_sem_proc_show()); the heading has no numbers. */
static int add_line(void *items, const char *line)
{
    unsigned mode;
    intmax_t otime, ctime;
    struct semset_info info, *item;
    const int fields =
        sscanf(line, "%d %d %o %zu %u %u %u %u %jd %jd", &info.key, &info.id, &mode, &info.nsems,
               &info.uid, &info.gid, &info.cuid, &info.cgid, &otime, &ctime);
    if (fields != 10)
        return 0;
    info.mode = mode & 0777;
    info.otime = (time_t)otime;
    info.ctime = (time_t)ctime;
    if ((item = append(items)))
        *item = info;
    return item ? 0 : -1;
}

static const struct sysv_kind sem = {
    .proc = "/proc/sysvipc/sem",
    .stat = SEM_STAT,
    .stat_any = SEM_STAT_ANY,
    .get = get,
    .control = control,
    .last_index = last_index,
    .add = add,
    .add_line = add_line,
};

int semset_open(const struct operand *name, int *id)
{
    return sysv_find(&sem, name, id);
}

int semset_stat(int id, struct semset_info *out)
{
    union sysv_ds ds;
    if (sysv_stat(&sem, id, &ds))
        return -1;
    info_from(id, &ds.sem, out);
    return 0;
}

int semset_list(struct semset_list *list)
{
    return sysv_list(&sem, &(struct sysv_list){list, &list->count, &list->hidden});
}

void semset_list_free(struct semset_list *list)
{
    free(list->items);
    *list = (struct semset_list){0};
}

/* --- creating --- */

#define OWNER_RW 0600

/*
 * semget(2) creates a set and semctl(2) sets its values. Between the two calls, a process that has
 * the key can open the set and operate on semaphores that are not initialised (the classic race:
 * Stevens, UNPv2, section 11.6). System V offers this way out: sem_otime is 0 until the first
 * semop(2), so the creator performs one as its last step, and a process that opens the set waits
 * until sem_otime is not 0.
 *
 * That operation must leave the values as requested, and must not block. If the first semaphore is
 * to be above 0, it is set one lower and the operation adds 1; if it is to be 0, the operation
 * waits for zero, which it is.
 *
 * The kernel requires read and write permission even of the owner (semctl(2), semop(2)), so a mode
 * that grants less is set last.
 */
static int initialise(int id, const struct semset_request *request)
{
    struct sembuf last = {0, request->values[0] > 0, IPC_NOWAIT};
    unsigned short *values = calloc((size_t)request->nsems, sizeof *values);
    if (!values)
        return -1;
    for (int i = 0; i < request->nsems; i++)
        values[i] = request->values[i];
    values[0] = (unsigned short)(values[0] - last.sem_op);
    const int result = calls_semctl_all(id, request->nsems, SETALL, values);
    free(values);
    if (result < 0 || calls_semop(id, &last, 1) < 0)
        return -1;
    const struct operand_change mode = {
        .has_mode = true, .mode = request->mode, .uid = (uid_t)-1, .gid = (gid_t)-1};
    return (request->mode & OWNER_RW) == OWNER_RW ? 0 : semset_change(id, &mode);
}

/*
 * Waits until another process's first operation has set sem_otime. The kernel offers nothing to
 * wait on for that (the set's semaphores must not be touched), so this looks again after 1 ms, 2
 * ms, 4 ms and so on up to 64 ms. No change is missed, because sem_otime never returns to 0. Fails
 * with EAGAIN when the time is over.
 */
static int await_initialised(int id, const struct timespec *timeout)
{
    const struct timespec deadline = deadline_in(timeout);
    struct timespec pause = {0, 1000000};
    for (;;) {
        union sysv_ds ds;
        if (sysv_stat(&sem, id, &ds))
            return -1;
        if (ds.sem.sem_otime)
            return 0;
        if (deadline_passed(&deadline)) {
            errno = EAGAIN;
            return -1;
        }
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < 64000000)
            pause.tv_nsec *= 2;
    }
}

struct set_creation {
    const struct semset_request *request;
    key_t key;
    int id; /* of the last set created or opened, whether it was fit for use or not */
};

static int create_set(void *arg)
{
    struct set_creation *creation = arg;
    const struct semset_request *request = creation->request;
    const int exclusive = creation->key == IPC_PRIVATE ? 0 : IPC_EXCL;
    const int id = creation->id = calls_semget(
        creation->key, request->nsems, IPC_CREAT | exclusive | (int)(request->mode | OWNER_RW));
    if (id < 0 || initialise(id, request) == 0)
        return id;
    CALLS_KEEPING_FAILURE
    {
        semset_remove(id);
    }
    return creation->id = -1;
}

/* A set that is removed before its creator has initialised it was not meant for us. */
static int open_set(void *arg, bool *gone)
{
    struct set_creation *creation = arg;
    const struct semset_request *request = creation->request;
    creation->id = calls_semget(creation->key, request->nsems, (int)request->mode);
    if (creation->id < 0) {
        *gone = errno == ENOENT;
        return -1;
    }
    if (await_initialised(creation->id, &request->timeout) == 0)
        return creation->id;
    *gone = errno == EIDRM || errno == EINVAL;
    return -1;
}

int semset_create(const struct semset_request *request, int *id, bool *created)
{
    struct set_creation arg = {.request = request};
    const struct creation creation = {.open_only = request->open,
                                      .exclusive = request->exclusive,
                                      .create = create_set,
                                      .open = open_set,
                                      .discard = semset_discard,
                                      .arg = &arg};
    if (sysv_key(request->name, &arg.key))
        return -1;
    const int result = create_or_open(&creation, created);
    *id = arg.id;
    return result < 0 ? -1 : 0;
}

/* --- reading --- */

time_t semset_last_use(const struct semset_info *info)
{
    return info->otime > info->ctime ? info->otime : info->ctime;
}

uint64_t semset_waiting(const struct semset_sem *semaphore)
{
    return (uint64_t)semaphore->ncnt + (uint64_t)semaphore->zcnt;
}

int semset_values(int id, size_t nsems, unsigned short *values)
{
    return calls_semctl_all(id, (int)nsems, GETALL, values) < 0 ? -1 : 0;
}

int semset_sem(int id, int semnum, struct semset_sem *out)
{
    const union semun none = {0};
    out->value = calls_semctl(id, semnum, GETVAL, none);
    if (out->value < 0)
        return -1;
    out->ncnt = calls_semctl(id, semnum, GETNCNT, none);
    out->zcnt = calls_semctl(id, semnum, GETZCNT, none);
    out->pid = calls_semctl(id, semnum, GETPID, none);
    return out->ncnt < 0 || out->zcnt < 0 || out->pid < 0 ? -1 : 0;
}

/* --- changing --- */

int semset_set_value(int id, int semnum, int value)
{
    return calls_semctl(id, semnum, SETVAL, (union semun){.val = value}) < 0 ? -1 : 0;
}

int semset_set_values(int id, size_t nsems, unsigned short *values)
{
    return calls_semctl_all(id, (int)nsems, SETALL, values) < 0 ? -1 : 0;
}

int semset_change(int id, const struct operand_change *change)
{
    return sysv_change(&sem, id, change);
}

int semset_remove(int id)
{
    return calls_semctl(id, 0, IPC_RMID, (union semun){0}) < 0 ? -1 : 0;
}

void semset_discard(int id)
{
    semset_remove(id);
}

static bool limits_from_proc(struct semset_limits *out)
{
    FILE *file = fopen("/proc/sys/kernel/sem", "re");
    if (!file)
        return false;
    const bool good = fscanf(file, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &out->semmsl,
                             &out->semmns, &out->semopm, &out->semmni) == 4;
    fclose(file);
    out->semvmx = 32767; /* a constant of the kernel (include/uapi/linux/sem.h) */
    return good;
}

int semset_limits(struct semset_limits *out)
{
    struct seminfo info;
    struct semset_list list = {0};
    *out = (struct semset_limits){0};
    if (calls_semctl(0, 0, IPC_INFO, (union semun){.info = &info}) >= 0) {
        out->semmsl = (uint64_t)info.semmsl;
        out->semmns = (uint64_t)info.semmns;
        out->semopm = (uint64_t)info.semopm;
        out->semmni = (uint64_t)info.semmni;
        out->semvmx = (uint64_t)info.semvmx;
    } else if (!limits_from_proc(out)) {
        return -1;
    }
    if (calls_semctl(0, 0, SEM_INFO, (union semun){.info = &info}) >= 0) {
        out->sets = (uint64_t)info.semusz;
        out->semaphores = (uint64_t)info.semaem;
        return 0;
    }
    if (semset_list(&list))
        return -1;
    out->sets = list.count;
    for (size_t i = 0; i < list.count; i++)
        out->semaphores += list.items[i].nsems;
    semset_list_free(&list);
    return 0;
}

uint64_t semset_most_operations(void)
{
    struct semset_limits limits = {0};
    if (limits_from_proc(&limits) || semset_limits(&limits) == 0)
        return limits.semopm;
    return UINT64_MAX;
}
