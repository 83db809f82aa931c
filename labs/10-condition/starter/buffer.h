/*
 * buffer.h - a bounded buffer in a segment, for any number of processes; it survives those that are
 * killed
 */
#ifndef BUFFER_H
#define BUFFER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

enum { text_size = 48, most_slots = 64 };

/* An item is there if its number is not 0, and then the text is whole: so the number is stored
 * last. */
struct item {
    _Atomic uint64_t number;
    char text[text_size];
};

/*
 * Items are numbered from 1 in the order in which they are put; number N goes to item[N % slots].
 * What is true stands there. next and used say the same for short, so that nobody has to look
 * through all slots; whoever holds the mutex may find them wrong for one reason only: the one who
 * held it before was killed.
 */
struct buffer {
    uint32_t slots;
    pthread_mutex_t mutex;
    pthread_cond_t not_full, not_empty;
    uint64_t next;   /* the number of the next item that is put */
    uint32_t used;   /* how many items are there; the oldest is number next - used */
    uint32_t closed; /* 1: nothing more will be put */
    struct item item[];
};

/* All of these return 0, or the number of an error. */

/* Makes an empty buffer of memory that is all zeros, and that nobody else uses yet. */
int buffer_init(struct buffer *buffer, uint32_t slots);

/* Puts TEXT, which fits. Waits while the buffer is full. EPIPE: the buffer is closed, and nothing
 * has been put. */
int buffer_put(struct buffer *buffer, const char *text);

/* Takes the oldest item, and copies its text. Waits while there is none. EPIPE: it is closed, too,
 * and none will come. */
int buffer_get(struct buffer *buffer, char text[text_size]);

/* Closes it. */
int buffer_close(struct buffer *buffer);

#endif
