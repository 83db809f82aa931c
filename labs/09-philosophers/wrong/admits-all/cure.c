/*
 * cure.c - how a philosopher comes by his two forks
 *
 * A waiter lets nobody sit down at a full table.
 */
#include "table.h"

/* Behind the forks: how many may still sit down. */
int initial_values(int seats, unsigned short *values)
{
    for (int i = 0; i < seats; i++)
        values[i] = 1;
    values[seats] = (unsigned short)seats;
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
    give(set, room(table));
}
