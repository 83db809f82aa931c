/* SPDX-License-Identifier: MIT */
/*
 * mutex-loop.c - the least that locking and unlocking a mutex in a segment can cost in C: what
 * shmsync-loop.c is measured against.
 *
 *   mutex-loop KEY OFFSET PAIRS
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/shm.h>

int main(int argc, char *argv[])
{
    if (argc != 4)
        return 2;
    char *base = shmat(shmget((key_t)strtol(argv[1], NULL, 0), 0, 0), NULL, 0);
    if (base == (void *)-1)
        return 1;
    pthread_mutex_t *mutex = (pthread_mutex_t *)(void *)(base + strtol(argv[2], NULL, 10));
    for (long pairs = strtol(argv[3], NULL, 10); pairs > 0; pairs--)
        if (pthread_mutex_lock(mutex) || pthread_mutex_unlock(mutex))
            return 1;
    return 0;
}
