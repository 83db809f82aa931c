/* SPDX-License-Identifier: MIT */
/*
 * sysv.c - the calls of System V as steps.
 */
#include "config.h"

#include "interleave/runtime/runtime.h"

#include <errno.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

enum { MOST_OPERATIONS = 500 }; /* SEMOPM, semop(2) */

/* With these a call can fail whatever its arguments: shmget(2), semget(2); shmat(2), semop(2). */
static const int no_room[] = {ENOSPC, ENOMEM, 0}, no_memory[] = {ENOMEM, 0};

/* A call that makes, finds, changes or removes objects: it may touch everything. */
static void stop_before(uint64_t pc, const char *what)
{
    gate_stop(&(struct step){.kind = STEP_CALL, .object = OBJECT_ANY, .pc = pc}, "%s", what);
}

static const char *key_text(key_t key, char text[16])
{
    if (key == IPC_PRIVATE)
        return "IPC_PRIVATE";
    snprintf(text, 16, "0x%x", (unsigned)key);
    return text;
}

/* --- segments --- */

EXPORTED int shmget(key_t key, size_t size, int flags)
{
    char text[16], what[BOARD_TEXT];
    REAL(int, shmget, (key_t, size_t, int));
    GATE_TEXT(what, "shmget(%s, %zu%s%s)", key_text(key, text), size,
              flags & IPC_CREAT ? ", IPC_CREAT" : "", flags & IPC_EXCL ? "|IPC_EXCL" : "");
    const enum board_order order = gate_stop(
        &(struct step){.kind = STEP_CALL, .pc = CALLER, .makes = MAKES_SEGMENT, .errors = no_room},
        "%s", what);
    return order == ORDER_FAIL ? gate_failed() : gate_returned(real(key, size, flags));
}

EXPORTED void *shmat(int id, const void *address, int flags)
{
    struct shmid_ds segment;
    char what[BOARD_TEXT];
    REAL(void *, shmat, (int, const void *, int));
    REAL_SHMCTL;
    GATE_TEXT(what, "shmat(%d)", id);
    if (gate_stop(&(struct step){.kind = STEP_CALL, .pc = CALLER, .errors = no_memory}, "%s",
                  what) == ORDER_FAIL)
        return (void *)(intptr_t)gate_failed();
    void *at = real(id, address, flags);
    gate_returned(at == (void *)-1 ? -1 : 0);
    gate_learn((uint64_t)(uintptr_t)at);
    if (gate_active() && at != (void *)-1 && real_shmctl(id, IPC_STAT, &segment) == 0)
        region_add(at, segment.shm_segsz, ID_SEGMENT(id), 0);
    return at;
}

EXPORTED int shmdt(const void *address)
{
    REAL(int, shmdt, (const void *));
    stop_before(CALLER, "shmdt");
    const int result = real(address);
    if (result == 0)
        region_remove(address, 0);
    return gate_returned(result);
}

EXPORTED int shmctl(int id, int command, struct shmid_ds *buffer)
{
    char what[BOARD_TEXT];
    REAL_SHMCTL;
    GATE_TEXT(what, "shmctl(%d, %s)", id,
              command == IPC_RMID   ? "IPC_RMID"
              : command == IPC_STAT ? "IPC_STAT"
              : command == IPC_SET  ? "IPC_SET"
                                    : "...");
    stop_before(CALLER, what);
    const int result = gate_returned(real_shmctl(id, command, buffer));
    if (result >= 0 && command == IPC_STAT) {
        buffer->shm_nattch -= gate_watchers(id);
        gate_learn(buffer->shm_nattch);
        gate_learn(buffer->shm_perm.mode);
        gate_learn(buffer->shm_segsz);
    }
    return result;
}

/* --- semaphore sets --- */

EXPORTED int semget(key_t key, int count, int flags)
{
    char text[16], what[BOARD_TEXT];
    REAL(int, semget, (key_t, int, int));
    GATE_TEXT(what, "semget(%s, %d%s%s)", key_text(key, text), count,
              flags & IPC_CREAT ? ", IPC_CREAT" : "", flags & IPC_EXCL ? "|IPC_EXCL" : "");
    const enum board_order order = gate_stop(
        &(struct step){.kind = STEP_CALL, .pc = CALLER, .makes = MAKES_SET, .errors = no_room},
        "%s", what);
    return order == ORDER_FAIL ? gate_failed() : gate_returned(real(key, count, flags));
}

/* A list as semop-tool writes it: "0-1,2-1". */
static const char *list_text(const struct sembuf *operations, size_t count, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count && used + 24 < size; i++)
        used +=
            (size_t)snprintf(text + used, size - used, operations[i].sem_op ? "%s%d%+d" : "%s%d=%d",
                             i ? "," : "", operations[i].sem_num, operations[i].sem_op);
    return text;
}

/* Does the first operation of the list that cannot be done now say IPC_NOWAIT? semop(2): then the
 * call fails, and otherwise it waits. */
static bool refuses_to_wait(int id, const struct sembuf *operations, size_t count)
{
    bool all = true, any = false;
    for (size_t i = 0; i < count; i++) {
        all &= (operations[i].sem_flg & IPC_NOWAIT) != 0;
        any |= (operations[i].sem_flg & IPC_NOWAIT) != 0;
    }
    if (all || !any)
        return any;
    unsigned short values[4096];
    REAL_SEMCTL;
    if (real_semctl(id, 0, GETALL, values) < 0)
        return true;
    for (size_t i = 0; i < count; i++) {
        const unsigned short *value = &values[operations[i].sem_num];
        const int after = *value + operations[i].sem_op;
        if (operations[i].sem_op ? after < 0 : *value != 0)
            return operations[i].sem_flg & IPC_NOWAIT;
        values[operations[i].sem_num] = (unsigned short)after;
    }
    return true;
}

typedef int try_semop(int id, struct sembuf *operations, size_t count);

struct semop_call {
    int id;
    struct sembuf *operations;
    size_t count;
    try_semop *attempt;
    int result, error;
};

static bool semop_is_done(void *argument)
{
    struct semop_call *call = argument;
    call->result = call->attempt(call->id, call->operations, call->count);
    call->error = errno;
    return call->result == 0 || errno != EAGAIN;
}

/*
 * The call with IPC_NOWAIT in every operation, so that it is seen to wait. While it waits, this
 * task is in the queue of the set: interleave lets it try again after each step that changed
 * the set, first come, first served, as update_queue() of ipc/sem.c does.
 */
static int semop_queued(int id, const struct sembuf *operations, size_t count,
                        const struct timespec *timeout, try_semop *attempt)
{
    struct sembuf now[MOST_OPERATIONS];
    struct semop_call call = {id, now, count, attempt, 0, 0};
    memcpy(now, operations, count * sizeof *now);
    for (size_t i = 0; i < count; i++)
        now[i].sem_flg |= IPC_NOWAIT;
    if (!semop_is_done(&call) && !refuses_to_wait(id, operations, count)) {
        const enum board_order order = gate_queue(semop_is_done, &call);
        if (order == ORDER_LATE)
            clock_pass(timeout);
        if (order != ORDER_GO)
            call.error = order == ORDER_LATE ? EAGAIN : EINTR;
        else if (call.result < 0 && call.error == EINVAL) /* the set was removed meanwhile */
            call.error = EIDRM;
    }
    errno = call.error;
    return call.result;
}

static int stop_semop(uint64_t pc, int id, struct sembuf *operations, size_t count,
                      const struct timespec *timeout, try_semop *attempt)
{
    char text[80];
    if (!gate_active() || count > MOST_OPERATIONS)
        return attempt(id, operations, count);
    const enum board_order order =
        gate_stop(&(struct step){.kind = STEP_SEMOP,
                                 .object = OBJECT_SET,
                                 .id = (uint64_t)id,
                                 .sync_id = SYNC_SET(id),
                                 .pc = pc,
                                 .timed = timeout != NULL,
                                 .interrupts = INTERRUPTS_ALWAYS,
                                 .errors = no_memory},
                  "semop %s", gate_talks() ? list_text(operations, count, text, sizeof text) : "");
    if (order == ORDER_FAIL)
        return gate_failed();
    return gate_returned(semop_queued(id, operations, count, timeout, attempt));
}

EXPORTED int semop(int id, struct sembuf *operations, size_t count)
{
    REAL(int, semop, (int, struct sembuf *, size_t));
    return stop_semop(CALLER, id, operations, count, NULL, real);
}

EXPORTED int semtimedop(int id, struct sembuf *operations, size_t count,
                        const struct timespec *timeout)
{
    REAL(int, semop, (int, struct sembuf *, size_t));
    return stop_semop(CALLER, id, operations, count, timeout, real);
}

static const char *semctl_text(int command)
{
    static const struct {
        int command;
        const char *text;
    } names[] = {{GETVAL, "GETVAL"},    {SETVAL, "SETVAL"},     {GETALL, "GETALL"},
                 {SETALL, "SETALL"},    {GETPID, "GETPID"},     {GETNCNT, "GETNCNT"},
                 {GETZCNT, "GETZCNT"},  {IPC_STAT, "IPC_STAT"}, {IPC_SET, "IPC_SET"},
                 {IPC_RMID, "IPC_RMID"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].command == command)
            return names[i].text;
    return "...";
}

/* What the task has learnt by COMMAND, besides its result. */
static void learn_set(int id, int command, void *argument)
{
    struct semid_ds set;
    REAL_SEMCTL;
    if (command == IPC_STAT)
        gate_learn((uint64_t)((const struct semid_ds *)argument)->sem_otime != 0);
    if (command == GETALL && real_semctl(id, 0, IPC_STAT, &set) == 0)
        gate_learn_bytes(argument, set.sem_nsems * sizeof(unsigned short));
}

EXPORTED int semctl(int id, int number, int command, ...)
{
    char what[BOARD_TEXT];
    va_list rest;
    REAL_SEMCTL;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (command == SETVAL)
        GATE_TEXT(what, "semctl(%d, %d, SETVAL, %d)", id, number, (int)(intptr_t)argument);
    else
        GATE_TEXT(what, "semctl(%d, %d, %s)", id, number, semctl_text(command));
    stop_before(CALLER, what);
    const int result = gate_returned(real_semctl(id, number, command, argument));
    if (result >= 0 && gate_active())
        learn_set(id, command, argument);
    return result;
}
