/*
 * cure.c - how a philosopher comes by his two forks
 *
 * One eats at a time, so nobody has a fork that another one waits for.
 */
#include "table.h"

/* Behind the forks: nobody eats. */
int initial_values(int seats, unsigned short *values)
{
    for (int i = 0; i < seats; i++)
        values[i] = 1;
    values[seats] = 1;
    return seats + 1;
}

static unsigned short nobody_eats(const struct table *table)
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
    take(set, nobody_eats(table));
    take(set, left(seat));
    take(set, right(table, seat));
}

void put_forks(int set, struct table *table, int seat)
{
    give(set, right(table, seat));
    give(set, left(seat));
    give(set, nobody_eats(table));
}
