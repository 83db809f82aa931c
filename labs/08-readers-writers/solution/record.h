/*
 * record.h - a record that many read and some write, and the lock that keeps them apart
 *
 * record.c is the program; the lock is what prefer.c and fair.c make of these four functions and of
 * the initial values.
 */
#ifndef RECORD_H
#define RECORD_H

enum { record_size = 1024, semaphores = 4 };

/* What is in the segment: all zeros at first. */
struct shared {
    unsigned readers; /* for the lock: how many are reading, say */
    unsigned more[7]; /* for the lock, too, if it needs more; who needs less leaves them alone */
    unsigned char record[record_size];
};

/* The values that setup gives to the semaphores of the set. What the lock does not need is 0. */
extern const unsigned short initial_values[semaphores];

/*
 * The lock. SET is the id of the semaphore set, SHARED the segment. begin_ returns when one may
 * read, or write; end_ says that one has done so.
 */
void begin_read(int set, struct shared *shared);
void end_read(int set, struct shared *shared);
void begin_write(int set, struct shared *shared);
void end_write(int set, struct shared *shared);

/* P and V of semaphore NUMBER, in record.c: take waits until it is positive, and makes it one less;
 * give makes it one more. If the call fails they say so, and the program ends with status 1. */
void take(int set, unsigned short number);
void give(int set, unsigned short number);

#endif
