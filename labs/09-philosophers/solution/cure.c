/*
 * cure.c - how a philosopher acquires both forks
 *
 * The forks are ordered by their numbers, and each philosopher acquires the lower one first. So a
 * philosopher who waits for a fork holds only lower ones. Philosophers who wait for each other
 * cannot form a cycle, because the numbers would have to decrease somewhere in it.
 */
#include "table.h"

int initial_values(int seats, unsigned short *values)
{
    for (int i = 0; i < seats; i++)
        values[i] = 1;
    return seats;
}

/* Only at the last seat the right fork, fork 0, is the lower one. */
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
