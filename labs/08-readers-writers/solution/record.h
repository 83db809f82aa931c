/*
 * record.h - a record that many processes read and some write, and the lock that keeps them apart
 *
 * record.c is the program. prefer.c and fair.c are two locks: each defines the four functions below
 * and the initial values.
 */
#ifndef RECORD_H
#define RECORD_H

enum { record_size = 1024, semaphores = 4 };

/* The segment. All of it is zero at first. */
struct shared {
    unsigned readers; /* for the lock: for example, the number of readers */
    unsigned more[7]; /* for the lock, if it needs more numbers */
    unsigned char record[record_size];
};

/* The values to which setup sets the semaphores. A semaphore that the lock does not need is 0. */
extern const unsigned short initial_values[semaphores];

/*
 * The lock. SET is the id of the semaphore set, SHARED is the segment. A process calls begin_ in
 * order to read or write, and end_ afterwards; begin_ returns when the process may go ahead.
 */
void begin_read(int set, struct shared *shared);
void end_read(int set, struct shared *shared);
void begin_write(int set, struct shared *shared);
void end_write(int set, struct shared *shared);

/* P and V on semaphore NUMBER, in record.c: take waits until the value is positive, and subtracts
 * 1; give adds 1. If the call fails, they print a message, and the program exits with status 1. */
void take(int set, unsigned short number);
void give(int set, unsigned short number);

#endif
