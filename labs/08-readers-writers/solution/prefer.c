/*
 * prefer.c - a lock that prefers readers: they come in as long as anybody reads
 */
#include "record.h"

/* room: nobody is there, neither the readers, who share it, nor a writer. counting: nobody is at
 * the number of readers. */
enum { room, counting };
const unsigned short initial_values[semaphores] = {[room] = 1, [counting] = 1};

/*
 * The first one takes the room for all. Who waits for it has the counting, so the next ones wait
 * there: none of them can take the number for that of readers who are in.
 */
void begin_read(int set, struct shared *shared)
{
    take(set, counting);
    if (++shared->readers == 1)
        take(set, room);
    give(set, counting);
}

/* The last one gives it back, whoever has taken it. */
void end_read(int set, struct shared *shared)
{
    take(set, counting);
    if (--shared->readers == 0)
        give(set, room);
    give(set, counting);
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
