/*
 * cure.c - how a philosopher comes by his two forks
 *
 * The forks have an order, their numbers, and each takes the lower one of his two first. Whoever
 * waits has only lower ones than the one that he waits for; so those who wait for one another
 * cannot form a circle, for somewhere in it the numbers would have to go down.
 */
#include "table.h"

int initial_values(int seats, unsigned short *values)
{
    for (int i = 0; i < seats; i++)
        values[i] = 1;
    return seats;
}

/* Only at the last seat is the right one, fork 0, the lower one. */
static void forks(const struct table *table, int seat, unsigned short *lower,
                  unsigned short *higher)
{
    const int left = seat, right = (seat + 1) % table->seats;
    *lower = (unsigned short)(left < right ? left : right);
    *higher = (unsigned short)(left < right ? right : left);
}

void take_forks(int set, struct table *table, int seat)
{
    unsigned short lower, higher;
    forks(table, seat, &lower, &higher);
    take(set, lower);
    take(set, higher);
}

void put_forks(int set, struct table *table, int seat)
{
    unsigned short lower, higher;
    forks(table, seat, &lower, &higher);
    give(set, lower);
    give(set, higher);
}
