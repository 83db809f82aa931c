/*
 * prefer.c - a lock that prefers readers: they enter as long as any reader is in
 */
#include "record.h"

/* room is 1 when no process is in; the readers share it. */
enum { room };
const unsigned short initial_values[semaphores] = {[room] = 1};

/* The first reader acquires room for all. */
void begin_read(int set, struct shared *shared)
{
    if (++shared->readers == 1)
        take(set, room);
}

/* The last reader releases room, whichever reader acquired it. */
void end_read(int set, struct shared *shared)
{
    if (--shared->readers == 0)
        give(set, room);
}

void begin_write(int set, struct shared *shared)
{
    (void)shared;
    take(set, room);
}

void end_write(int set, struct shared *shared)
{
    (void)shared;
    give(set, room);
}
