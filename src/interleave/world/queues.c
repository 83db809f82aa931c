/* SPDX-License-Identifier: MIT */
/*
 * queues.c - see queues.h.
 */
#include "config.h"

#include "interleave/world/queues.h"

#include "interleave/board.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>

enum { MOST_QUEUES = 64 };

static int queues[MOST_QUEUES]; /* ids */
static size_t queue_count;

/* The kernel can leave MSG_COPY out (CONFIG_CHECKPOINT_RESTORE, msgrcv(2)): then it says ENOSYS. */
bool queues_are_seen(void)
{
    static int sees = -1;
    char byte[16];
    if (sees >= 0)
        return sees;
    const int id = msgget(IPC_PRIVATE, 0600);
    errno = 0;
    msgrcv(id, byte, 0, 0, MSG_COPY | IPC_NOWAIT);
    sees = errno == ENOMSG;
    msgctl(id, IPC_RMID, NULL);
    return sees;
}

void queues_look(void)
{
    struct msqid_ds queue;
    struct msginfo info;
    const int last = msgctl(0, MSG_INFO, (struct msqid_ds *)(void *)&info);
    queue_count = 0;
    for (int index = 0, id; index <= last; index++)
        if ((id = msgctl(index, MSG_STAT, &queue)) >= 0 && queue_count < MOST_QUEUES)
            queues[queue_count++] = id;
}

/* A copy of each message, without taking it: msgrcv(2), MSG_COPY. */
uint64_t queues_hash(uint64_t hash)
{
    static union {
        struct msgbuf head;
        unsigned char bytes[8192 + sizeof(long)];
    } message;
    ssize_t size;
    for (size_t i = 0; i < queue_count; i++) {
        hash = board_mix(hash, (uint64_t)queues[i]);
        for (long n = 0; (size = msgrcv(queues[i], &message, sizeof message - sizeof(long), n,
                                        MSG_COPY | IPC_NOWAIT | MSG_NOERROR)) >= 0;
             n++)
            hash = board_mix_bytes(hash, message.bytes, (size_t)size + sizeof(long));
    }
    return hash;
}

size_t queues_left(char *text, size_t size, const char *before)
{
    size_t used = 0;
    for (size_t i = 0; i < queue_count && used + 40 < size; i++)
        used +=
            (size_t)snprintf(text + used, size - used, "%squeue %d", i ? ", " : before, queues[i]);
    return queue_count;
}

void queues_forget(void)
{
    queue_count = 0;
}

/* --- as --before has left them --- */

static struct kept {
    int id;
    struct msqid_ds as;
    size_t count;
    struct message {
        size_t size;
        struct msgbuf *bytes;
    } * messages;
} kept[MOST_QUEUES];
static size_t kept_count;

static int keep_messages(struct kept *queue)
{
    queue->count = queue->as.msg_qnum;
    queue->messages = calloc(queue->count + 1, sizeof *queue->messages);
    for (size_t i = 0; queue->messages && i < queue->count; i++) {
        struct message *message = &queue->messages[i];
        message->bytes = malloc(queue->as.msg_cbytes + sizeof *message->bytes);
        const ssize_t size = message->bytes
                                 ? msgrcv(queue->id, message->bytes, queue->as.msg_cbytes, (long)i,
                                          MSG_COPY | IPC_NOWAIT)
                                 : -1;
        if (size < 0)
            return -1;
        message->size = (size_t)size;
    }
    return queue->messages ? 0 : -1;
}

int queues_keep(void)
{
    for (size_t i = 0; i < queue_count; i++) {
        struct kept *queue = &kept[kept_count++];
        queue->id = queues[i];
        if (msgctl(queue->id, IPC_STAT, &queue->as) || keep_messages(queue))
            return -1;
    }
    return 0;
}

int queues_restore(int (*choose_id)(unsigned makes, int id))
{
    queues_look();
    for (size_t i = 0; i < queue_count; i++)
        msgctl(queues[i], IPC_RMID, NULL);
    for (size_t i = 0; i < kept_count; i++) {
        choose_id(MAKES_QUEUE, kept[i].id);
        const int id = msgget(kept[i].as.msg_perm.__key, IPC_CREAT | IPC_EXCL | 0600);
        if (id < 0 || msgctl(id, IPC_SET, &kept[i].as))
            return -1;
        for (size_t n = 0; n < kept[i].count; n++)
            if (msgsnd(id, kept[i].messages[n].bytes, kept[i].messages[n].size, IPC_NOWAIT))
                return -1;
    }
    return 0;
}
