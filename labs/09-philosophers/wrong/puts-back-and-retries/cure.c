/*
 * cure.c - how a philosopher acquires both forks
 *
 * A philosopher who cannot get the second fork puts the first one back and tries again, and so
 * never waits with one fork.
 */
#include "table.h"

#include <time.h>

int initial_values(int seats, unsigned short *values)
{
    for (int i = 0; i < seats; i++)
        values[i] = 1;
    return seats;
}

/* Returns 1 if it acquired the fork, 0 if not. */
static int try_to_take(int set, unsigned short number)
{
    struct sembuf op = {number, -1, IPC_NOWAIT};
    return semop(set, &op, 1) == 0;
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
    const struct timespec moment = {0, 100000};
    for (;;) {
        take(set, left(seat));
        if (try_to_take(set, right(table, seat)))
            return;
        give(set, left(seat));
        nanosleep(&moment, NULL);
    }
}

void put_forks(int set, struct table *table, int seat)
{
    give(set, left(seat));
    give(set, right(table, seat));
}
