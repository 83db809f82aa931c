/*
 * table.h - philosophers at a round table, with a fork between each two of them
 *
 * table.c is the program; how one comes by his forks is what cure.c makes of these three functions.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>
#include <sys/sem.h>

enum { most_seats = 16, most_semaphores = 64 };

/*
 * What is in the segment: all zeros at first but for seats. Each seat has a fork to its left, of
 * its own number, and one to its right, of the next seat's number; that of the last seat is fork 0.
 */
struct table {
    int seats;
    int eating[most_seats];     /* who eats: kept by table.c, to see whether it is well */
    unsigned meals[most_seats]; /* how many each has had: the same */
    unsigned more[most_seats];  /* for the cure, if it needs something */
};

/*
 * The cure. SET is the id of the semaphore set, in which fork I is the semaphore I: 1 if it lies on
 * the table, 0 if somebody has it. More semaphores may follow.
 *
 * initial_values: fills in the values that setup gives to the semaphores for this many SEATS, and
 * returns how many semaphores there are, most_semaphores at most. take_forks: returns when the
 * philosopher of this SEAT has both of his forks. put_forks: he lays them back.
 */
int initial_values(int seats, unsigned short *values);
void take_forks(int set, struct table *table, int seat);
void put_forks(int set, struct table *table, int seat);

/*
 * In table.c. take waits until semaphore NUMBER is positive, and makes it one less; give makes it
 * one more; operate does a list of COUNT operations as one. If the call fails they say so, and the
 * program ends with status 1.
 */
void take(int set, unsigned short number);
void give(int set, unsigned short number);
void operate(int set, struct sembuf *ops, size_t count);

#endif
