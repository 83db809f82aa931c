/*
 * buffer.h - a bounded buffer: a segment of slots, and a set of three semaphores that guard it
 *
 * Both have the same key. This file is given: the check puts its own copy over yours.
 */
#ifndef BUFFER_H
#define BUFFER_H

#include <stdint.h>
#include <sys/ipc.h>
#include <sys/sem.h>

/* The semaphores of the set, by their numbers, and what their values are. */
enum {
    EMPTY /* slots that are free */,
    FULL /* items that are there */,
    MUTEX /* 1: nobody is at the buffer */,
    SEMAPHORES
};

/* An item: a text, with the zero byte at its end. */
enum { TEXT_SIZE = 64 };

/*
 * The segment. Item number n, from 0, is in slot n % slots. The numbers only ever grow: in - out
 * items are there. Whenever MUTEX is 1, each of them is in its slot.
 */
struct buffer {
    uint32_t slots;
    uint32_t unused;
    uint64_t in;  /* how many items have been put in */
    uint64_t out; /* how many have been taken out */
    char rest[40];
    char text[][TEXT_SIZE]; /* from byte 64 on */
};

/* A buffer that is open. */
struct handle {
    struct buffer *buffer;
    int set;
};

/* The fourth argument of semctl(2). The program has to declare it itself: see its man page. */
union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
};

/* All of these return 0, or -1 with errno. */

/* Makes the buffer of KEY, with so many SLOTS, mode 0600. EEXIST: there is a segment or a set of
 * this key; then, or if anything else fails, all is as it was before. */
int buffer_create(key_t key, uint32_t slots);

/* Opens the buffer of KEY. ENOENT: there is none, or its segment or its set is not there yet. */
int buffer_open(key_t key, struct handle *handle);

/* Puts a copy of TEXT, of TEXT_SIZE - 1 bytes at most, into the buffer; sets *NUMBER to that of the
 * item. Waits while all slots are full. EIDRM or EINVAL: the buffer has been removed. */
int buffer_put(const struct handle *handle, const char *text, uint64_t *number);

/* Takes the oldest item out of the buffer; sets TEXT and *NUMBER. Waits while there is none. Errors
 * as above. */
int buffer_take(const struct handle *handle, char text[TEXT_SIZE], uint64_t *number);

/* Removes the buffer of KEY, or what there is of it. ENOENT: there is nothing. */
int buffer_remove(key_t key);

#endif
