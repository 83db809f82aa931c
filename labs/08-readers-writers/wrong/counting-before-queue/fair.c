/*
 * fair.c - a lock that is fair: who comes later does not go in before one who waits
 */
#include "record.h"

/*
 * room: nobody is there, neither the readers, who share it, nor a writer. counting: nobody is at
 * the number of readers. queue: nobody is at its head. All come in through the queue, and who is at
 * its head stays there until he is in: so those behind him wait, whatever they are. The kernel lets
 * them have it in the order in which they came.
 */
enum { room, counting, queue };
const unsigned short initial_values[semaphores] = {[room] = 1, [counting] = 1, [queue] = 1};

void begin_read(int set, struct shared *shared)
{
    take(set, counting);
    take(set, queue);
    if (++shared->readers == 1)
        take(set, room);
    give(set, queue);
    give(set, counting);
}

/* Not through the queue: the one at its head may be a writer who waits for just this. */
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
    take(set, queue);
    take(set, room);
    give(set, queue);
}

void end_write(int set, struct shared *shared)
{
    (void)shared;
    give(set, room);
}
