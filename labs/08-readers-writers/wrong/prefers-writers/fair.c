/*
 * fair.c - a lock that is fair: who comes later does not go in before one who waits
 */
#include "record.h"

/* room and counting as in prefer.c. entrance: no writer is there or waits; the writers share it, as
 * readers share the room, and how many they are is shared->more[0]. */
enum { room, counting, entrance, counting_writers };
const unsigned short initial_values[semaphores] = {1, 1, 1, 1};

void begin_read(int set, struct shared *shared)
{
    take(set, entrance);
    take(set, counting);
    if (++shared->readers == 1)
        take(set, room);
    give(set, counting);
    give(set, entrance);
}

void end_read(int set, struct shared *shared)
{
    take(set, counting);
    if (--shared->readers == 0)
        give(set, room);
    give(set, counting);
}

/* The first writer shuts the entrance, so that no more readers come. */
void begin_write(int set, struct shared *shared)
{
    take(set, counting_writers);
    if (++shared->more[0] == 1)
        take(set, entrance);
    give(set, counting_writers);
    take(set, room);
}

/* The last one opens it. */
void end_write(int set, struct shared *shared)
{
    give(set, room);
    take(set, counting_writers);
    if (--shared->more[0] == 0)
        give(set, entrance);
    give(set, counting_writers);
}
