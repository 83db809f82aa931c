/*
 * cure.c - how a philosopher acquires both forks
 *
 * A waiter lets in one philosopher fewer than there are seats, so one of them gets both forks.
 */
#include "table.h"

/* The semaphore after the forks: how many more philosophers may sit down. */
int initial_values(int seats, unsigned short *values)
{
    for (int i = 0; i < seats; i++)
        values[i] = 1;
    values[seats] = (unsigned short)(seats - 1);
    return seats + 1;
}

static unsigned short room(const struct table *table)
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
    take(set, room(table));
    take(set, left(seat));
    take(set, right(table, seat));
}

void put_forks(int set, struct table *table, int seat)
{
    give(set, right(table, seat));
    give(set, left(seat));
}
