/*
 * set.c - a semaphore set that several processes open, whichever of them comes first
 */
#include "set.h"

#include <errno.h>

/* TODO: see set.h for what it is to do, and the sheet for what can go wrong. */
int set_open(key_t key, int count, const unsigned short *values)
{
    (void)key;
    (void)count;
    (void)values;
    errno = ENOSYS;
    return -1;
}
