/*
 * cure.c - how a philosopher comes by his two forks
 *
 * Who does not get the second fork lays back the first one, so that nobody has one and waits, and
 * tries again.
 */
#include "table.h"

#include <time.h>

int initial_values(int seats, unsigned short *values)
{
    for (int i = 0; i < seats; i++)
        values[i] = 1;
    return seats;
}

/* Whether there was one. */
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
