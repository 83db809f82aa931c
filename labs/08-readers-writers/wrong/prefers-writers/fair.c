/*
 * fair.c - a fair lock: a process that comes later does not enter ahead of one that waits
 */
#include "record.h"

/* room and counting as in prefer.c. entrance is 1 when no writer is in or waits; the writers share
 * it, as readers share room, and shared->more[0] is their number. */
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

/* The first writer acquires entrance, so that no more readers enter. */
void begin_write(int set, struct shared *shared)
{
    take(set, counting_writers);
    if (++shared->more[0] == 1)
        take(set, entrance);
    give(set, counting_writers);
    take(set, room);
}

/* The last writer releases it. */
void end_write(int set, struct shared *shared)
{
    give(set, room);
    take(set, counting_writers);
    if (--shared->more[0] == 0)
        give(set, entrance);
    give(set, counting_writers);
}
