/*
 * prefer.c - a lock that prefers readers: they come in as long as anybody reads
 */
#include "record.h"

/* room: nobody is there, neither the readers, who share it, nor a writer. counting: nobody is at
 * the number of readers. */
enum { room, counting };
const unsigned short initial_values[semaphores] = {[room] = 1, [counting] = 1};

/* The first one takes the room for all, and gives it back: it is the one who has it. */
static int has_room;

void begin_read(int set, struct shared *shared)
{
    take(set, counting);
    if (++shared->readers == 1) {
        take(set, room);
        has_room = 1;
    }
    give(set, counting);
}

void end_read(int set, struct shared *shared)
{
    take(set, counting);
    shared->readers--;
    if (has_room)
        give(set, room);
    has_room = 0;
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
