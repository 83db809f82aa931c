/* SPDX-License-Identifier: MIT */
/*
 * calls_sem.c - see calls_sem.h.
 */
#include "config.h"

#include "lib/calls/calls_sem.h"

#include "lib/calls/calls.h"
#include "lib/calls/trace.h"

#include <inttypes.h>

int calls_semget(key_t key, int nsems, int flags)
{
    const int id = semget(key, nsems, flags);
    if (id < 0)
        calls_record_failure((struct failed_call){
            .call = CALL_SEMGET, .key = key, .nsems = (size_t)nsems, .flags = flags});
    if (calls_trace_to) {
        static const struct symbol bits[] = {
            {IPC_CREAT, "IPC_CREAT"}, {IPC_EXCL, "IPC_EXCL"}, {0, NULL}};
        struct line line;
        int rest = flags & ~0777;
        line_begin(&line, "semget(");
        line_add_key(&line, key);
        line_add(&line, ", %d, ", nsems);
        const bool printed = line_add_bits(&line, bits, &rest, false);
        line_add(&line, "%s%#.3o", printed ? "|" : "", (unsigned)flags & 0777);
        return line_finish_int(&line, id);
    }
    return id;
}

static void add_ops(struct line *line, const struct sembuf *ops, size_t count)
{
    static const struct symbol flags[] = {
        {SEM_UNDO, "SEM_UNDO"}, {IPC_NOWAIT, "IPC_NOWAIT"}, {0, NULL}};
    line_add(line, "[");
    for (size_t i = 0; i < count; i++) {
        int rest = ops[i].sem_flg;
        line_add(line, "%s{sem_num=%u, sem_op=%d, sem_flg=", i ? ", " : "", ops[i].sem_num,
                 ops[i].sem_op);
        const bool printed = line_add_bits(line, flags, &rest, false);
        if (rest || !printed)
            line_add(line, "%s%#x", printed ? "|" : "", (unsigned)rest);
        line_add(line, "}");
    }
    line_add(line, "], %zu", count);
}

static void trace_op(int id, const struct sembuf *ops, size_t count, const struct timespec *timeout,
                     const char *name, int result)
{
    struct line line;
    line_begin(&line, "%s(%d, ", name, id);
    add_ops(&line, ops, count);
    if (timeout)
        line_add(&line, ", {tv_sec=%jd, tv_nsec=%ld}", (intmax_t)timeout->tv_sec, timeout->tv_nsec);
    line_finish_int(&line, result);
}

int calls_finish_semop(int id, struct sembuf *ops, size_t count, int result)
{
    if (result < 0)
        calls_record_failure(
            (struct failed_call){.call = CALL_SEMOP, .id = id, .sops = ops, .nsops = count});
    if (calls_trace_to)
        trace_op(id, ops, count, NULL, "semop", result);
    return result;
}

int calls_semtimedop(int id, struct sembuf *ops, size_t count, const struct timespec *timeout)
{
    const int result = semtimedop(id, ops, count, timeout);
    if (result < 0)
        calls_record_failure(
            (struct failed_call){.call = CALL_SEMTIMEDOP, .id = id, .sops = ops, .nsops = count});
    if (calls_trace_to)
        trace_op(id, ops, count, timeout, "semtimedop", result);
    return result;
}

static void add_semid_ds(struct line *line, const struct semid_ds *ds)
{
    line_add(line, "{sem_perm=");
    line_add_perm(line, &ds->sem_perm);
    line_add(line, ", sem_otime=%jd, sem_ctime=%jd, sem_nsems=%ju}", (intmax_t)ds->sem_otime,
             (intmax_t)ds->sem_ctime, (uintmax_t)ds->sem_nsems);
}

static void add_seminfo(struct line *line, const struct seminfo *info)
{
    line_add(line, "{semmap=%d, semmni=%d, semmns=%d, semmnu=%d, semmsl=%d", info->semmap,
             info->semmni, info->semmns, info->semmnu, info->semmsl);
    line_add(line, ", semopm=%d, semume=%d, semusz=%d, semvmx=%d, semaem=%d}", info->semopm,
             info->semume, info->semusz, info->semvmx, info->semaem);
}

static const struct symbol commands[] = {
    {IPC_RMID, "IPC_RMID"},
    {IPC_SET, "IPC_SET"},
    {IPC_STAT, "IPC_STAT"},
    {IPC_INFO, "IPC_INFO"},
    {SEM_INFO, "SEM_INFO"},
    {SEM_STAT, "SEM_STAT"},
    {SEM_STAT_ANY, "SEM_STAT_ANY"},
    {GETPID, "GETPID"},
    {GETVAL, "GETVAL"},
    {GETALL, "GETALL"},
    {GETNCNT, "GETNCNT"},
    {GETZCNT, "GETZCNT"},
    {SETVAL, "SETVAL"},
    {SETALL, "SETALL"},
    {0, NULL},
};

/* The fourth argument, if the command has one; its address unless the kernel FILLED it. */
static void add_arg(struct line *line, int cmd, union semun arg, bool filled)
{
    if (cmd == SETVAL) {
        line_add(line, ", %d", arg.val);
    } else if (cmd == IPC_SET) {
        line_add(line, ", {sem_perm={uid=%u, gid=%u, mode=%#.3o}}", arg.buf->sem_perm.uid,
                 arg.buf->sem_perm.gid, (unsigned)arg.buf->sem_perm.mode);
    } else if (cmd == IPC_STAT || cmd == SEM_STAT || cmd == SEM_STAT_ANY || cmd == IPC_INFO ||
               cmd == SEM_INFO) {
        line_add(line, ", ");
        if (!filled)
            line_add(line, "%p", (void *)arg.buf);
        else if (cmd == IPC_INFO || cmd == SEM_INFO)
            add_seminfo(line, arg.info);
        else
            add_semid_ds(line, arg.buf);
    }
}

int calls_semctl(int id, int semnum, int cmd, union semun arg)
{
    const int result = semctl(id, semnum, cmd, arg);
    if (result < 0)
        calls_record_failure((struct failed_call){
            .call = CALL_SEMCTL, .id = id, .cmd = cmd, .semnum = semnum, .val = arg.val});
    if (calls_trace_to) {
        struct line line;
        line_begin(&line, "semctl(%d, %d, ", id, semnum);
        line_add_symbol(&line, commands, cmd);
        add_arg(&line, cmd, arg, result >= 0);
        return line_finish_int(&line, result);
    }
    return result;
}

int calls_semctl_all(int id, int nsems, int cmd, unsigned short *array)
{
    const int result = semctl(id, 0, cmd, (union semun){.array = array});
    if (result < 0)
        calls_record_failure((struct failed_call){.call = CALL_SEMCTL, .id = id, .cmd = cmd});
    if (calls_trace_to) {
        struct line line;
        line_begin(&line, "semctl(%d, 0, ", id);
        line_add_symbol(&line, commands, cmd);
        line_add(&line, ", [");
        for (int i = 0; i < nsems && (result >= 0 || cmd == SETALL); i++)
            line_add(&line, "%s%u", i ? ", " : "", array[i]);
        line_add(&line, "]");
        return line_finish_int(&line, result);
    }
    return result;
}
