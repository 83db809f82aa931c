/*
 * cure.c - how a philosopher acquires both forks
 *
 * The forks are ordered by their numbers, and each philosopher acquires the lower one first.
 */
#include "table.h"

int initial_values(int seats, unsigned short *values)
{
    for (int i = 0; i < seats; i++)
        values[i] = 1;
    return seats;
}

/* The lower and the higher number of the two forks. */
static int lower(int seat)
{
    const int left = seat, right = seat + 1;
    return left < right ? left : right;
}

static int higher(int seat)
{
    const int left = seat, right = seat + 1;
    return left < right ? right : left;
}

void take_forks(int set, struct table *table, int seat)
{
    take(set, (unsigned short)(lower(seat) % table->seats));
    take(set, (unsigned short)(higher(seat) % table->seats));
}

void put_forks(int set, struct table *table, int seat)
{
    give(set, (unsigned short)(higher(seat) % table->seats));
    give(set, (unsigned short)(lower(seat) % table->seats));
}
