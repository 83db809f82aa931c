/*
 * prefer.c - a lock that prefers readers: they enter as long as any reader is in
 */
#include "record.h"

/* room is 1 when no process is in; the readers share it. counting is 1 when no process uses the
 * number of readers. */
enum { room, counting };
const unsigned short initial_values[semaphores] = {[room] = 1, [counting] = 1};

/*
 * The first reader acquires room for all. While it waits, it holds counting, so the next readers
 * wait for counting: none of them can take the number for that of readers that are in.
 */
void begin_read(int set, struct shared *shared)
{
    take(set, counting);
    if (++shared->readers == 1)
        take(set, room);
    give(set, counting);
}

/* The last reader releases room, whichever reader acquired it. */
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
