/*
 * buffer.h - a bounded buffer: a segment of slots, and a set of three semaphores that guard it
 *
 * The segment and the set have the same key. Do not change this file: the check replaces it with
 * its own copy.
 */
#ifndef BUFFER_H
#define BUFFER_H

#include <stdint.h>
#include <sys/ipc.h>
#include <sys/sem.h>

/* The numbers of the semaphores in the set, and what their values are. */
enum {
    EMPTY /* the number of free slots */,
    FULL /* the number of items */,
    MUTEX /* 1: no process uses the buffer */,
    SEMAPHORES
};

/* An item is a text, which ends in a zero byte. */
enum { TEXT_SIZE = 64 };

/*
 * The segment. Item number n, from 0, is in slot n % slots. in and out only ever grow: the buffer
 * contains in - out items. Whenever MUTEX is 1, each of these items is in its slot.
 */
struct buffer {
    uint32_t slots;
    uint32_t unused;
    uint64_t in;  /* how many items producers have put in */
    uint64_t out; /* how many items consumers have taken out */
    char rest[40];
    char text[][TEXT_SIZE]; /* from byte 64 on */
};

/* An open buffer. */
struct handle {
    struct buffer *buffer;
    int set;
};

/* The fourth argument of semctl(2). A program has to declare it itself; see the manual page. */
union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
};

/* All of these functions return 0, or -1 with errno. */

/* Create the buffer of KEY, with this number of SLOTS and mode 0600. EEXIST: a segment or a set
 * with this key already exists. A call that fails leaves everything as it was. */
int buffer_create(key_t key, uint32_t slots);

/* Open the buffer of KEY. ENOENT: it does not exist, or its segment or its set does not exist yet.
 */
int buffer_open(key_t key, struct handle *handle);

/* Put a copy of TEXT, of at most TEXT_SIZE - 1 bytes, into the buffer; set *NUMBER to the number of
 * the item. Wait while all slots are full. EIDRM or EINVAL: the buffer has been removed. */
int buffer_put(const struct handle *handle, const char *text, uint64_t *number);

/* Take the oldest item out of the buffer; set TEXT and *NUMBER. Wait while there is no item. EIDRM
 * or EINVAL: the buffer has been removed. */
int buffer_take(const struct handle *handle, char text[TEXT_SIZE], uint64_t *number);

/* Remove the segment and the set of KEY, or the one that exists. ENOENT: neither exists. */
int buffer_remove(key_t key);

#endif
