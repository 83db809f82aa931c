/*
 * set.c - a semaphore set that several processes open, whichever of them is the first
 */
#include "set.h"

#include <errno.h>

/* TODO: set.h describes what the function does, and the sheet what can go wrong. */
int set_open(key_t key, int count, const unsigned short *values)
{
    (void)key;
    (void)count;
    (void)values;
    errno = ENOSYS;
    return -1;
}
