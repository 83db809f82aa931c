/*
 * buffer.h - the bounded buffer of lab 07, built from POSIX objects: a segment, and three named
 * semaphores that guard it
 *
 * The buffer /letters consists of the segment /letters and the semaphores /letters.empty,
 * /letters.full and /letters.mutex. Do not change this file: the check replaces it with its own
 * copy.
 */
#ifndef BUFFER_H
#define BUFFER_H

#include <semaphore.h>
#include <stdint.h>

/* The semaphores, and the meaning of their values. */
enum {
    EMPTY /* the number of free slots */,
    FULL /* the number of items */,
    MUTEX /* 1: no process uses the buffer */,
    SEMAPHORES
};

/* A semaphore's name is the buffer's name and a suffix. Use SUFFIXES as initialiser:
 * const char *const suffixes[SEMAPHORES] = SUFFIXES; */
#define SUFFIXES                    \
    {                               \
        ".empty", ".full", ".mutex" \
    }

/* The maximum length of a buffer's name, in bytes. With a suffix and the null byte it fits into
 * NAME_SIZE bytes. */
enum { LONGEST_NAME = 200, NAME_SIZE = 256 };

/* The size of an item: a text, including the null byte at its end. */
enum { TEXT_SIZE = 64 };

/*
 * The segment. Items are numbered from 0; item number n is in slot n % slots. in and out never
 * decrease; the buffer contains in - out items. Whenever MUTEX is 1, each of these is in its slot.
 */
struct buffer {
    uint32_t slots;
    uint32_t unused;
    uint64_t in;  /* how many items were put in */
    uint64_t out; /* how many items were taken out */
    char rest[40];
    char text[][TEXT_SIZE]; /* begins at byte 64 */
};

/* An open buffer. */
struct handle {
    struct buffer *buffer;
    sem_t *semaphores[SEMAPHORES];
};

/* All functions return 0; on error, they return -1 and set errno. */

/* Creates the buffer NAME, with SLOTS slots and mode 0660, whatever the umask. EEXIST: a segment or
 * a semaphore with one of its names already exists. On any error, everything is as it was before.
 */
int buffer_create(const char *name, uint32_t slots);

/* Opens the buffer NAME. ENOENT: the buffer, or a part of it, does not exist yet. */
int buffer_open(const char *name, struct handle *handle);

/* Puts a copy of TEXT, of at most TEXT_SIZE - 1 bytes, into the buffer. Sets *NUMBER to the item's
 * number. Waits while all slots are full. */
int buffer_put(const struct handle *handle, const char *text, uint64_t *number);

/* Takes the oldest item out of the buffer. Sets TEXT and *NUMBER. Waits while there is no item. */
int buffer_take(const struct handle *handle, char text[TEXT_SIZE], uint64_t *number);

/* Removes the names of the buffer NAME, or those of them that exist. Processes that have the buffer
 * open keep it. ENOENT: none of the names exists. */
int buffer_remove(const char *name);

#endif
