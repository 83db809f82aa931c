/*
 * table.h - philosophers at a round table, with one fork between each two neighbours
 *
 * table.c is the program. cure.c defines the three functions below, by which a philosopher acquires
 * and releases both forks.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>
#include <sys/sem.h>

enum { most_seats = 16, most_semaphores = 64 };

/*
 * The contents of the segment. At first, all members except seats are 0. Fork I is on the left of
 * seat I, and fork I+1 on its right; fork 0 is on the right of the last seat.
 */
struct table {
    int seats;
    int eating[most_seats];     /* 1 while the seat eats; table.c checks the neighbours with it */
    unsigned meals[most_seats]; /* how many meals the seat has had; table.c counts them */
    unsigned more[most_seats];  /* for your cure, if it needs memory */
};

/*
 * The cure. SET is the id of the semaphore set. Fork I is semaphore I: 1 while it lies on the
 * table, 0 while a philosopher holds it. The set may contain more semaphores, after the forks.
 *
 * initial_values: stores in VALUES the initial values of all semaphores of a table with SEATS
 * seats, and returns the number of semaphores, at most most_semaphores. take_forks: returns when
 * the philosopher at SEAT holds both forks. put_forks: puts both forks of SEAT back.
 */
int initial_values(int seats, unsigned short *values);
void take_forks(int set, struct table *table, int seat);
void put_forks(int set, struct table *table, int seat);

/*
 * These are in table.c. take waits until semaphore NUMBER is positive, and decrements it; give
 * increments it; operate performs COUNT operations in one call. If semop(2) fails, they print a
 * message and exit with status 1.
 */
void take(int set, unsigned short number);
void give(int set, unsigned short number);
void operate(int set, struct sembuf *ops, size_t count);

#endif
