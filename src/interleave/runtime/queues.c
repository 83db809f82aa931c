/* SPDX-License-Identifier: MIT */
/*
 * queues.c - message queues as steps.
 */
#include "config.h"

#include "interleave/runtime/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <sys/msg.h>

static enum board_order stop_on(uint64_t pc, int id, const int *errors, bool (*waits)(const void *),
                                const void *argument, const char *what)
{
    return gate_stop(&(struct step){.kind = STEP_CALL,
                                    .object = OBJECT_ANY,
                                    .sync_id = SYNC_QUEUE(id),
                                    .pc = pc,
                                    .interrupts = INTERRUPTS_ALWAYS,
                                    .errors = errors,
                                    .would_wait = waits,
                                    .argument = argument},
                     "%s", what);
}

/* Of a message that went in or out: what interleave cannot see by itself. */
static void note(int id, const void *message, size_t size)
{
    const unsigned char *bytes = message;
    uint64_t hash = size;
    if (!gate_active() || gate_sees_queues())
        return;
    for (size_t i = 0; i < size + sizeof(long); i++)
        hash = board_mix(hash, bytes[i]);
    gate_moved(SYNC_QUEUE(id), hash);
}

/* msgget(2), msgsnd(2) */
static const int no_queue[] = {ENOMEM, ENOSPC, 0}, no_memory[] = {ENOMEM, 0};

EXPORTED int msgget(key_t key, int flags)
{
    REAL(int, msgget, (key_t, int));
    const enum board_order order = gate_stop(
        &(struct step){.kind = STEP_CALL, .pc = CALLER, .makes = MAKES_QUEUE, .errors = no_queue},
        "msgget(0x%x%s%s)", (unsigned)key, flags & IPC_CREAT ? ", IPC_CREAT" : "",
        flags & IPC_EXCL ? "|IPC_EXCL" : "");
    if (order == ORDER_FAIL)
        return gate_failed();
    return gate_returned(real(key, flags));
}

EXPORTED int msgctl(int id, int command, struct msqid_ds *buffer)
{
    char what[BOARD_TEXT];
    REAL(int, msgctl, (int, int, struct msqid_ds *));
    GATE_TEXT(what, "msgctl(%d, %s)", id,
              command == IPC_RMID   ? "IPC_RMID"
              : command == IPC_STAT ? "IPC_STAT"
              : command == IPC_SET  ? "IPC_SET"
                                    : "...");
    stop_on(CALLER, id, NULL, NULL, NULL, what);
    const int result = gate_returned(real(id, command, buffer));
    if (result >= 0 && command == IPC_STAT) {
        gate_learn(buffer->msg_qnum);
        gate_learn(buffer->msg_cbytes);
        gate_learn(buffer->msg_qbytes);
        gate_learn(buffer->msg_perm.mode);
    }
    return result;
}

/* --- sending --- */

struct sending {
    int id;
    size_t size;
    bool waited;
};

/* msg_fits_inqueue() of ipc/msg.c. Each receiver wakes all senders whose message fits now, and they
 * run for it: so the schedule decides, not the order in which they came. */
static bool is_full(const void *argument)
{
    struct sending *sending = (struct sending *)(uintptr_t)argument;
    struct msqid_ds queue;
    REAL(int, msgctl, (int, int, struct msqid_ds *));
    const bool full = real(sending->id, IPC_STAT, &queue) == 0 &&
                      (sending->size + queue.msg_cbytes > queue.msg_qbytes ||
                       1 + queue.msg_qnum > queue.msg_qbytes);
    sending->waited |= full;
    return full;
}

EXPORTED int msgsnd(int id, const void *message, size_t size, int flags)
{
    struct sending sending = {id, size, false};
    char what[BOARD_TEXT];
    REAL(int, msgsnd, (int, const void *, size_t, int));
    if (!gate_active())
        return real(id, message, size, flags);
    GATE_TEXT(what, "msgsnd(%d, type %ld)", id, *(const long *)message);
    const enum board_order order =
        stop_on(CALLER, id, no_memory, flags & IPC_NOWAIT ? NULL : is_full, &sending, what);
    if (order == ORDER_FAIL || order == ORDER_EINTR)
        return order == ORDER_FAIL ? gate_failed() : gate_interrupted();
    const int result = real(id, message, size, flags | IPC_NOWAIT);
    if (result == 0)
        note(id, message, size);
    else if (errno == EINVAL && sending.waited) /* the queue was removed meanwhile */
        errno = EIDRM;
    return gate_returned(result);
}

/* --- receiving --- */

struct receiving {
    int id;
    void *message;
    size_t size;
    long type;
    int flags;
    ssize_t result;
    int error;
};

static bool has_received(void *argument)
{
    struct receiving *call = argument;
    REAL(ssize_t, msgrcv, (int, void *, size_t, long, int));
    call->result = real(call->id, call->message, call->size, call->type, call->flags | IPC_NOWAIT);
    call->error = errno;
    return call->result >= 0 || errno != ENOMSG;
}

/* A message goes to the receiver that has waited longest of those that take it: pipelined_send() of
 * ipc/msg.c. */
EXPORTED ssize_t msgrcv(int id, void *message, size_t size, long type, int flags)
{
    struct receiving call = {id, message, size, type, flags, 0, 0};
    char what[BOARD_TEXT];
    REAL(ssize_t, msgrcv, (int, void *, size_t, long, int));
    if (!gate_active())
        return real(id, message, size, type, flags);
    GATE_TEXT(what, "msgrcv(%d, type %ld)", id, type);
    stop_on(CALLER, id, NULL, NULL, NULL, what);
    if (!has_received(&call) && !(flags & IPC_NOWAIT)) {
        if (gate_queue(has_received, &call) == ORDER_EINTR)
            call.error = EINTR;
        else if (call.result < 0 && call.error == EINVAL) /* the queue was removed meanwhile */
            call.error = EIDRM;
    }
    if (call.result >= 0) {
        note(id, message, (size_t)call.result);
        gate_learn_bytes(message, (size_t)call.result + sizeof(long));
        gate_result("= %zd, type %ld", call.result, *(const long *)message);
    }
    errno = call.error;
    gate_returned((int)call.result);
    return call.result;
}

/* --- POSIX --- */

EXPORTED mqd_t mq_open(const char *name, int flags, ...)
{
    va_list rest;
    REAL(mqd_t, mq_open, (const char *, int, ...));
    va_start(rest, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    void *const attributes = flags & O_CREAT ? va_arg(rest, void *) : NULL;
    va_end(rest);
    if (gate_active())
        gate_refuse("it opens a POSIX message queue, which interleave does not know");
    return real(name, flags, mode, attributes);
}
