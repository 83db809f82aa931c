/*
 * set.c - a semaphore set that several processes open, whichever of them is the first
 */
#include "set.h"

#include <errno.h>
#include <stddef.h>

/* The creator sets the values; the other processes only open the set. */
int set_open(key_t key, int count, const unsigned short *values)
{
    int id = semget(key, count, IPC_CREAT | IPC_EXCL | 0600);
    if (id < 0)
        return errno == EEXIST ? semget(key, count, 0) : -1;
    if (semctl(id, 0, SETALL, (union semun){.array = (unsigned short *)values}))
        return -1;
    return id;
}
