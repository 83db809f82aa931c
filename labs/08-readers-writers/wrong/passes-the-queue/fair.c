/*
 * fair.c - a fair lock: a process that comes later does not enter ahead of one that waits
 */
#include "record.h"

/*
 * room is 1 when no process is in; the readers share it. counting is 1 when no process uses the
 * number of readers. queue is 1 when no process is at the head of the queue. All processes enter
 * through the queue, and the one at its head stays there until it is in: so all others wait,
 * readers as well as writers. The kernel wakes them in the order in which they came.
 */
enum { room, counting, queue };
const unsigned short initial_values[semaphores] = {[room] = 1, [counting] = 1, [queue] = 1};

/* First queue, then counting: a process that waits in the queue must not keep readers from leaving.
 */
void begin_read(int set, struct shared *shared)
{
    take(set, queue);
    take(set, counting);
    if (++shared->readers == 1)
        take(set, room);
    give(set, counting);
    give(set, queue);
}

/* Not through the queue: at its head may be a writer that waits for this reader to leave. */
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
    give(set, queue);
    take(set, room);
}

void end_write(int set, struct shared *shared)
{
    (void)shared;
    give(set, room);
}
