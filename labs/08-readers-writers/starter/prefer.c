/*
 * prefer.c - a lock that prefers readers: they come in as long as anybody reads
 */
#include "record.h"

/* The semaphores. TODO: which do you need, and what are they at first? */
enum { room };
const unsigned short initial_values[semaphores] = {[room] = 1};

/* TODO: as it is, they come in one at a time, and a reader keeps other readers out. */
void begin_read(int set, struct shared *shared)
{
    (void)shared;
    take(set, room);
}

void end_read(int set, struct shared *shared)
{
    (void)shared;
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
