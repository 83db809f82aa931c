/*
 * buffer.h - a bounded buffer in a segment, for any number of processes; it survives when any of
 * them is killed
 */
#ifndef BUFFER_H
#define BUFFER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

enum { text_size = 48, most_slots = 64 };

/* A slot contains an item if number is not 0; then the text is complete, so store number last. */
struct item {
    _Atomic uint64_t number;
    char text[text_size];
};

/*
 * Items are numbered from 1 in the order in which they are put. Item number N is in slot N % slots,
 * that is, in item[N % slots]. The items are the truth; next and used summarise them, so that a
 * process need not search all slots. The owner of the mutex can find next and used wrong for one
 * reason only: the previous owner was killed.
 */
struct buffer {
    uint32_t slots;
    pthread_mutex_t mutex;
    pthread_cond_t not_full, not_empty;
    uint64_t next;   /* the number that the next item gets */
    uint32_t used;   /* how many items the buffer contains; the oldest has number next - used */
    uint32_t closed; /* 1: no more items can be put */
    struct item item[];
};

/* All functions return 0 or an error number. */

/* Initialises an empty buffer. The memory is all zeros, and no other process uses it yet. */
int buffer_init(struct buffer *buffer, uint32_t slots);

/* Puts TEXT, which is short enough. Waits while the buffer is full. EPIPE: the buffer is closed,
 * and TEXT was not put. */
int buffer_put(struct buffer *buffer, const char *text);

/* Removes the oldest item, and copies its text. Waits while the buffer is empty and not closed.
 * EPIPE: the buffer is empty and closed. */
int buffer_get(struct buffer *buffer, char text[text_size]);

/* Closes the buffer. */
int buffer_close(struct buffer *buffer);

#endif
