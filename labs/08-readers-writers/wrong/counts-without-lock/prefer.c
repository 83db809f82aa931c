/*
 * prefer.c - a lock that prefers readers: they come in as long as anybody reads
 */
#include "record.h"

/* room: nobody is there, neither the readers, who share it, nor a writer. */
enum { room };
const unsigned short initial_values[semaphores] = {[room] = 1};

/* The first one takes the room for all. */
void begin_read(int set, struct shared *shared)
{
    if (++shared->readers == 1)
        take(set, room);
}

/* The last one gives it back, whoever has taken it. */
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
