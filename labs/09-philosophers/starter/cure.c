/*
 * cure.c - how a philosopher comes by his two forks
 *
 * TODO: as it is, he takes none. Give him first the left one and then the right one, and see the
 * deadlock; then find a cure, and say here in a sentence why it is one.
 */
#include "table.h"

/* A semaphore for each fork, and all of them lie on the table. */
int initial_values(int seats, unsigned short *values)
{
    for (int i = 0; i < seats; i++)
        values[i] = 1;
    return seats;
}

void take_forks(int set, struct table *table, int seat)
{
    (void)set;
    (void)table;
    (void)seat;
}

void put_forks(int set, struct table *table, int seat)
{
    (void)set;
    (void)table;
    (void)seat;
}
