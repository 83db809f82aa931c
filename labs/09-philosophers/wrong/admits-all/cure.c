/*
 * cure.c - how a philosopher acquires both forks
 *
 * A waiter lets a philosopher sit down only if a seat is free.
 */
#include "table.h"

/* The semaphore after the forks: how many more philosophers may sit down. */
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
