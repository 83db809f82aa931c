/*
 * set.c - a semaphore set that several processes open, whichever of them is the first
 */
#include "set.h"

#include <stddef.h>

/* Open the set, and set its values. */
int set_open(key_t key, int count, const unsigned short *values)
{
    const int id = semget(key, count, IPC_CREAT | 0600);
    if (id < 0 || semctl(id, 0, SETALL, (union semun){.array = (unsigned short *)values}))
        return -1;
    return id;
}
