/*
 * semset.c - see semset.h.
 */
#include "config.h"

#include "lib/sem/semset.h"

#include "lib/calls/calls.h"
#include "lib/calls/calls_sem.h"
#include "lib/calls/calls_sysv.h"
#include "lib/run/guard.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int key_of(const struct operand *name, key_t *key)
{
    *key = IPC_PRIVATE;
    if (!name)
        return 0;
    *key = name->key;
    return name->kind == OPERAND_FTOK ? calls_ftok(name->path, name->proj, key) : 0;
}

int semset_open(const struct operand *name, int *id)
{
    key_t key;
    *id = name->id;
    if (name->kind == OPERAND_ID)
        return 0;
    if (key_of(name, &key))
        return -1;
    *id = calls_semget(key, 0, 0);
    return *id < 0 ? -1 : 0;
}

static int fill_stat(int id, struct semid_ds *ds)
{
    return calls_semctl(id, 0, IPC_STAT, (union semun){.buf = ds});
}

/* SEM_STAT_ANY takes an index; the kernel cuts it out of an id and returns the id found there
 * (ipc/util.h). */
static int stat_any(int id, struct semid_ds *ds)
{
    if (fill_stat(id, ds) >= 0)
        return 0;
    CALLS_KEEPING_FAILURE
    {
        if (errno == EACCES && calls_semctl(id, 0, SEM_STAT_ANY, (union semun){.buf = ds}) == id)
            return 0;
    }
    return -1;
}

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

int semset_stat(int id, struct semset_info *out)
{
    struct semid_ds ds;
    if (stat_any(id, &ds))
        return -1;
    info_from(id, &ds, out);
    return 0;
}

/* --- creating --- */

#define OWNER_RW 0600

/*
 * semget(2) creates a set and semctl(2) gives it its values: two calls, and between them anybody
 * who has the key can open the set and operate on semaphores that are not initialised (the classic
 * race: Stevens, UNPv2, section 11.6). The way out that System V gives: sem_otime is 0 until the
 * first semop(2), so the creator performs one as its last step, and whoever opens the set waits
 * until sem_otime is not 0.
 *
 * That operation must leave the values as wanted and cannot block: where the first semaphore is to
 * be above 0 it is set one lower and the operation adds the one; where it is to be 0 the operation
 * waits for zero, which it is.
 *
 * All of this asks for read and write permission also of the owner (semctl(2), semop(2)): where the
 * mode is to grant less, it grants that until the end.
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

static bool passed(const struct timespec *deadline)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec > deadline->tv_sec ||
           (now.tv_sec == deadline->tv_sec && now.tv_nsec >= deadline->tv_nsec);
}

/*
 * Waits until somebody's first operation has set sem_otime. The kernel has nothing to wait on for
 * that (the set's semaphores must not be touched), so it is looked at again, after 1 ms, 2 ms, 4 ms
 * and so on to 64 ms: nothing is missed, because sem_otime never goes back to 0. EAGAIN when the
 * time is over.
 */
static int await_initialised(int id, const struct timespec *timeout)
{
    struct timespec deadline, pause = {0, 1000000};
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += timeout->tv_sec + (deadline.tv_nsec + timeout->tv_nsec) / 1000000000;
    deadline.tv_nsec = (deadline.tv_nsec + timeout->tv_nsec) % 1000000000;
    for (;;) {
        struct semid_ds ds;
        if (stat_any(id, &ds))
            return -1;
        if (ds.sem_otime)
            return 0;
        if (passed(&deadline)) {
            errno = EAGAIN;
            return -1;
        }
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < 64000000)
            pause.tv_nsec *= 2;
    }
}

/* Creates and initialises. On success the set is guarded (guard.h), for the caller to end. */
static int create_new(const struct semset_request *request, key_t key)
{
    guard_begin();
    int id = calls_semget(key, request->nsems,
                          IPC_CREAT | (key == IPC_PRIVATE ? 0 : IPC_EXCL) |
                              (int)(request->mode | OWNER_RW));
    if (id >= 0 && initialise(id, request)) {
        CALLS_KEEPING_FAILURE
        {
            semset_remove(id);
        }
        id = -1;
    }
    const int error = errno;
    guard_object(id < 0 ? NULL : semset_discard, id);
    errno = error;
    return id;
}

/*
 * As for segments: create with IPC_EXCL, and when the key is taken, open; when it has gone between,
 * create again. A set that is removed while we wait for its initialisation was not meant for us:
 * again from the start.
 */
int semset_create(const struct semset_request *request, int *id, bool *created)
{
    key_t key;
    if (key_of(request->name, &key))
        return -1;
    for (int tries = 0; tries < 1000; tries++) {
        if (!request->open) {
            *created = true;
            *id = create_new(request, key);
            if (*id >= 0 || errno != EEXIST || request->exclusive)
                return *id < 0 ? -1 : 0;
        }
        *created = false;
        *id = calls_semget(key, request->nsems, (int)request->mode);
        if (*id >= 0 && await_initialised(*id, &request->timeout) == 0)
            return 0;
        if (request->open || (*id < 0 ? errno != ENOENT : errno != EIDRM && errno != EINVAL))
            return -1;
    }
    return -1;
}

/* --- reading --- */

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

static struct semset_info *list_add(struct semset_list *list)
{
    if (list->count == list->capacity) {
        const size_t capacity = list->capacity ? 2 * list->capacity : 64;
        struct semset_info *items = reallocarray(list->items, capacity, sizeof *items);
        if (!items)
            return NULL;
        list->items = items;
        list->capacity = capacity;
    }
    return &list->items[list->count++];
}

static int list_by_call(struct semset_list *list, int cmd)
{
    struct seminfo totals;
    const int last = calls_semctl(0, 0, SEM_INFO, (union semun){.info = &totals});
    if (last < 0)
        return -1;
    for (int index = 0; index <= last; index++) {
        struct semid_ds ds;
        const int id = calls_semctl(index, 0, cmd, (union semun){.buf = &ds});
        if (id < 0 && errno == EACCES)
            list->hidden++;
        if (id < 0 && errno != EACCES && errno != EINVAL && errno != EIDRM)
            return -1;
        if (id < 0)
            continue;
        struct semset_info *item = list_add(list);
        if (!item)
            return -1;
        info_from(id, &ds, item);
    }
    /* A kernel that does not know the command answers EINVAL to every index. */
    if (!list->count && totals.semusz > 0 && !list->hidden) {
        errno = EINVAL;
        return -1;
    }
    return 0;
}

/* A line of /proc/sysvipc/sem (ipc/sem.c, sysvipc_sem_proc_show()). */
static bool parse_line(const char *line, struct semset_info *out)
{
    unsigned mode;
    intmax_t otime, ctime;
    const int fields =
        sscanf(line, "%d %d %o %zu %u %u %u %u %jd %jd", &out->key, &out->id, &mode, &out->nsems,
               &out->uid, &out->gid, &out->cuid, &out->cgid, &otime, &ctime);
    if (fields != 10)
        return false;
    out->mode = mode & 0777;
    out->otime = (time_t)otime;
    out->ctime = (time_t)ctime;
    return true;
}

static int list_by_proc(struct semset_list *list)
{
    char line[256];
    FILE *file = fopen("/proc/sysvipc/sem", "re");
    if (!file)
        return -1;
    bool good = true;
    while (good && fgets(line, sizeof line, file)) {
        struct semset_info info, *item;
        if (!parse_line(line, &info)) /* the heading */
            continue;
        if ((item = list_add(list)))
            *item = info;
        else
            good = false;
    }
    fclose(file);
    return good ? 0 : -1;
}

/* The sources in order of worth, as for segments (shm_sysv.c): SEM_STAT leaves out what we may not
 * read. */
int semset_list(struct semset_list *list)
{
    if (list_by_call(list, SEM_STAT_ANY) == 0 && !list->hidden)
        return 0;
    const struct failed_call failure = *calls_last_failure();
    list->count = list->hidden = 0;
    if (list_by_proc(list) == 0)
        return 0;
    list->count = 0;
    if (list_by_call(list, SEM_STAT) == 0)
        return 0;
    list->count = list->hidden = 0;
    calls_set_failure(&failure);
    return -1;
}

void semset_list_free(struct semset_list *list)
{
    free(list->items);
    *list = (struct semset_list){0};
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

/* IPC_SET writes owner, group and mode together, so what is not to change is read first. */
int semset_change(int id, const struct operand_change *change)
{
    struct semid_ds ds;
    if (stat_any(id, &ds))
        return -1;
    if (change->uid != (uid_t)-1)
        ds.sem_perm.uid = change->uid;
    if (change->gid != (gid_t)-1)
        ds.sem_perm.gid = change->gid;
    ds.sem_perm.mode = (unsigned short)(change->has_mode ? change->mode : ds.sem_perm.mode & 0777);
    return calls_semctl(id, 0, IPC_SET, (union semun){.buf = &ds}) < 0 ? -1 : 0;
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
