/*
 * cure.c - how a philosopher acquires both forks
 *
 * Only one philosopher eats at a time, and so never holds a fork that a hungry neighbour waits for.
 */
#include "table.h"

/* The semaphore after the forks: 1 while no philosopher eats. */
int initial_values(int seats, unsigned short *values)
{
    for (int i = 0; i < seats; i++)
        values[i] = 1;
    values[seats] = 1;
    return seats + 1;
}

static unsigned short no_one_eats(const struct table *table)
{
    return (unsigned short)table->seats;
}

static unsigned short left(int seat)
{
    return (unsigned short)seat;
}

static unsigned short right(const struct table *table, int seat)
{
    return (unsigned short)((seat + 1) % table->seats);
}

void take_forks(int set, struct table *table, int seat)
{
    take(set, no_one_eats(table));
    take(set, left(seat));
    take(set, right(table, seat));
}

void put_forks(int set, struct table *table, int seat)
{
    give(set, right(table, seat));
    give(set, left(seat));
    give(set, no_one_eats(table));
}
