/*
 * buffer.h - the bounded buffer of lab 07, of POSIX objects: a segment, and three named semaphores
 * that guard it
 *
 * The buffer /letters has the segment /letters and the semaphores /letters.empty, /letters.full and
 * /letters.mutex. This file is given: the check puts its own copy over yours.
 */
#ifndef BUFFER_H
#define BUFFER_H

#include <semaphore.h>
#include <stdint.h>

/* The semaphores, and what their values are. */
enum {
    EMPTY /* slots that are free */,
    FULL /* items that are there */,
    MUTEX /* 1: nobody is at the buffer */,
    SEMAPHORES
};

/* What stands behind the buffer's name in those of the semaphores: const char *const
 * suffixes[SEMAPHORES] = SUFFIXES; */
#define SUFFIXES                    \
    {                               \
        ".empty", ".full", ".mutex" \
    }

/* The longest name of a buffer, in bytes; with a suffix, and the zero byte, it has still room in
 * NAME_SIZE. */
enum { LONGEST_NAME = 200, NAME_SIZE = 256 };

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
    sem_t *semaphores[SEMAPHORES];
};

/* All of these return 0, or -1 with errno. */

/* Makes the buffer NAME, with so many SLOTS; mode 0660, whatever the umask. EEXIST: there is a
 * segment or a semaphore with one of its names; then, or if anything else fails, all is as it was
 * before. */
int buffer_create(const char *name, uint32_t slots);

/* Opens the buffer NAME. ENOENT: there is none, or something of it is not there yet. */
int buffer_open(const char *name, struct handle *handle);

/* Puts a copy of TEXT, of TEXT_SIZE - 1 bytes at most, into the buffer; sets *NUMBER to that of the
 * item. Waits while all slots are full. */
int buffer_put(const struct handle *handle, const char *text, uint64_t *number);

/* Takes the oldest item out of the buffer; sets TEXT and *NUMBER. Waits while there is none. */
int buffer_take(const struct handle *handle, char text[TEXT_SIZE], uint64_t *number);

/* Removes the names of the buffer NAME, or what there is of them; those who have it open keep it.
 * ENOENT: there is nothing. */
int buffer_remove(const char *name);

#endif
