/*
 * buffer.c - a bounded buffer in a segment, for any number of processes; it survives those that are
 * killed
 *
 * See buffer.h for what each function does, and the sheet for what can go wrong.
 */
#include "buffer.h"

#include <errno.h>
#include <string.h>

/* TODO: the attributes of a mutex and a condition variable that processes share, and that tell when
 * an owner died. */
int buffer_init(struct buffer *buffer, uint32_t slots)
{
    buffer->slots = slots;
    buffer->next = 1;
    return ENOSYS;
}

/* TODO */
int buffer_put(struct buffer *buffer, const char *text)
{
    (void)buffer;
    (void)text;
    return ENOSYS;
}

/* TODO */
int buffer_get(struct buffer *buffer, char text[text_size])
{
    (void)buffer;
    (void)text;
    return ENOSYS;
}

/* TODO */
int buffer_close(struct buffer *buffer)
{
    (void)buffer;
    return ENOSYS;
}
