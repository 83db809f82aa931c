/*
 * buffer.c - a bounded buffer in a segment, for any number of processes; it survives when any of
 * them is killed
 */
#include "buffer.h"

#include <errno.h>
#include <string.h>

static int init_mutex(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attributes;
    int error = pthread_mutexattr_init(&attributes);
    if (error)
        return error;
    error = pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    if (!error)
        error = pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    if (!error)
        error = pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return error;
}

static int init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    int error = pthread_condattr_init(&attributes);
    if (error)
        return error;
    error = pthread_condattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    if (!error)
        error = pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
    return error;
}

int buffer_init(struct buffer *buffer, uint32_t slots)
{
    buffer->slots = slots;
    buffer->next = 1;
    int error = init_mutex(&buffer->mutex);
    if (!error)
        error = init_condition(&buffer->not_full);
    return error ? error : init_condition(&buffer->not_empty);
}

/* Recomputes used and next from the items. If there is no item, any value of next will do. */
static void repair(struct buffer *buffer)
{
    uint64_t last = 0;
    buffer->used = 0;
    for (uint32_t i = 0; i < buffer->slots; i++) {
        const uint64_t number = buffer->item[i].number;
        if (number)
            buffer->used++;
        if (number > last)
            last = number;
    }
    if (last)
        buffer->next = last + 1;
}

/* ERROR is what pthread_mutex_lock() or pthread_cond_wait() returned. If the result is 0, this
 * process holds the mutex. */
static int owned(struct buffer *buffer, int error)
{
    if (error != EOWNERDEAD)
        return error;
    repair(buffer);
    pthread_mutex_consistent(&buffer->mutex);
    pthread_cond_broadcast(&buffer->not_full); /* in case the dead process could not */
    pthread_cond_broadcast(&buffer->not_empty);
    return 0;
}

static int lock(struct buffer *buffer)
{
    return owned(buffer, pthread_mutex_lock(&buffer->mutex));
}

static int wait_for(struct buffer *buffer, pthread_cond_t *condition)
{
    return owned(buffer, pthread_cond_wait(condition, &buffer->mutex));
}

/* Unlocks the mutex, and returns ERROR. */
static int unlock(struct buffer *buffer, int error)
{
    pthread_mutex_unlock(&buffer->mutex);
    return error;
}

/* Invariant of both waits: a process that makes a predicate true signals before it unlocks. */
int buffer_put(struct buffer *buffer, const char *text)
{
    int error = lock(buffer);
    while (!error && !buffer->closed && buffer->used == buffer->slots)
        error = wait_for(buffer, &buffer->not_empty);
    if (error)
        return error;
    if (buffer->closed)
        return unlock(buffer, EPIPE);
    struct item *item = &buffer->item[buffer->next % buffer->slots];
    strncpy(item->text, text, text_size - 1);
    item->number = buffer->next; /* from here on, the item is in the buffer */
    buffer->next++;
    buffer->used++;
    pthread_cond_signal(&buffer->not_empty);
    return unlock(buffer, 0);
}

int buffer_get(struct buffer *buffer, char text[text_size])
{
    int error = lock(buffer);
    while (!error && !buffer->closed && buffer->used == 0)
        error = wait_for(buffer, &buffer->not_empty);
    if (error)
        return error;
    if (buffer->used == 0)
        return unlock(buffer, EPIPE);
    struct item *item = &buffer->item[(buffer->next - buffer->used) % buffer->slots];
    memcpy(text, item->text, text_size);
    item->number = 0; /* from here on, the item is gone */
    buffer->used--;
    pthread_cond_signal(&buffer->not_empty);
    return unlock(buffer, 0);
}

/* This changes what all sleeping processes wait for, so wake all of them. */
int buffer_close(struct buffer *buffer)
{
    const int error = lock(buffer);
    if (error)
        return error;
    buffer->closed = 1;
    pthread_cond_broadcast(&buffer->not_full);
    pthread_cond_broadcast(&buffer->not_empty);
    return unlock(buffer, 0);
}
