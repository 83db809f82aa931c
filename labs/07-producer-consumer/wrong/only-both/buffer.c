/*
 * buffer.c - buffer.h describes what each function does
 */
#include "buffer.h"

#include <errno.h>
#include <string.h>
#include <sys/shm.h>

/* Add CHANGE to the semaphore. Wait while its value would become negative. If a stop and a continue
 * end the call with EINTR, it has changed nothing. */
static int change(int set, unsigned short semaphore, short change)
{
    struct sembuf op = {semaphore, change, 0};
    int result;
    do
        result = semop(set, &op, 1);
    while (result && errno == EINTR);
    return result;
}

/* Fill in the members that are not zero. All bytes of a new segment are zero. */
static int fill_in(int id, uint32_t slots)
{
    struct buffer *buffer = shmat(id, NULL, 0);
    if (buffer == (void *)-1)
        return -1;
    buffer->slots = slots;
    return shmdt(buffer);
}

/*
 * The set comes last: a process that finds the set finds the segment filled in. Before the values
 * are set, all are 0 (on Linux), so a process that comes too early waits for them, just as it waits
 * for slots and items.
 */
int buffer_create(key_t key, uint32_t slots)
{
    struct sembuf values[] = {{EMPTY, (short)slots, 0}, {MUTEX, 1, 0}};
    const int id =
        shmget(key, sizeof(struct buffer) + (size_t)slots * TEXT_SIZE, IPC_CREAT | IPC_EXCL | 0600);
    if (id < 0)
        return -1;
    const int set = fill_in(id, slots) ? -1 : semget(key, SEMAPHORES, IPC_CREAT | IPC_EXCL | 0600);
    if (set >= 0 && semop(set, values, 2) == 0)
        return 0;
    const int error = errno;
    if (set >= 0)
        semctl(set, 0, IPC_RMID);
    shmctl(id, IPC_RMID, NULL);
    errno = error;
    return -1;
}

int buffer_open(key_t key, struct handle *handle)
{
    handle->set = semget(key, SEMAPHORES, 0);
    const int id = handle->set < 0 ? -1 : shmget(key, sizeof(struct buffer), 0);
    if (id < 0)
        return -1;
    handle->buffer = shmat(id, NULL, 0);
    if (handle->buffer != (void *)-1)
        return 0;
    if (errno == EINVAL || errno == EIDRM) /* another process has removed it */
        errno = ENOENT;
    return -1;
}

/* First the slot, then the mutex: a process that holds the mutex never waits, so in the end each
 * process acquires it. */
int buffer_put(const struct handle *handle, const char *text, uint64_t *number)
{
    struct buffer *buffer = handle->buffer;
    if (change(handle->set, EMPTY, -1) || change(handle->set, MUTEX, -1))
        return -1;
    *number = buffer->in;
    strcpy(buffer->text[*number % buffer->slots], text);
    buffer->in = *number + 1;
    return change(handle->set, MUTEX, 1) || change(handle->set, FULL, 1) ? -1 : 0;
}

/* Copy the text before the slot becomes free. */
int buffer_take(const struct handle *handle, char text[TEXT_SIZE], uint64_t *number)
{
    struct buffer *buffer = handle->buffer;
    if (change(handle->set, FULL, -1) || change(handle->set, MUTEX, -1))
        return -1;
    *number = buffer->out;
    memcpy(text, buffer->text[*number % buffer->slots], TEXT_SIZE);
    buffer->out = *number + 1;
    return change(handle->set, MUTEX, 1) || change(handle->set, EMPTY, 1) ? -1 : 0;
}

/* WRONG: if setup was killed, only one of the two may exist, and it then stays for ever. */
int buffer_remove(key_t key)
{
    const int set = semget(key, 0, 0);
    const int id = shmget(key, 0, 0);
    if (set < 0 || id < 0)
        return -1;
    return semctl(set, 0, IPC_RMID) || shmctl(id, IPC_RMID, NULL) ? -1 : 0;
}
