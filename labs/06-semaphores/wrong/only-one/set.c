/*
 * set.c - a semaphore set that several processes open, whichever of them is the first
 */
#include "set.h"

#include <errno.h>
#include <time.h>

enum { most = 16, tries = 100, nap_ns = 10000000 }; /* a hundredth of a second, a hundred times */

/*
 * On Linux, all values of a new set are 0, and adding to a semaphore is an operation. So one
 * semop(2) sets all values at once, and also sem_otime, which shows the other processes that the
 * set is ready. There is no state in between.
 */
static int initialise(int id, int count, const unsigned short *values)
{
    struct sembuf ops[most];
    for (int i = 0; i < count; i++)
        ops[i] = (struct sembuf){(unsigned short)i, values[i] > 0, IPC_NOWAIT};
    if (semop(id, ops, (size_t)count) == 0)
        return id;
    const int error = errno;
    semctl(id, 0, IPC_RMID);
    errno = error;
    return -1;
}

/* sem_otime is 0 until the first operation. No call sleeps until it changes, so poll. */
static int wait_for_creator(int id)
{
    const struct timespec nap = {0, nap_ns};
    struct semid_ds ds;
    for (int i = 0; i < tries; i++) {
        if (semctl(id, 0, IPC_STAT, (union semun){.buf = &ds}))
            return -1;
        if (ds.sem_otime)
            return id;
        nanosleep(&nap, NULL);
    }
    errno = ETIMEDOUT;
    return -1;
}

/* If another process removes the set between the two calls, begin again. */
int set_open(key_t key, int count, const unsigned short *values)
{
    if (count > most) {
        errno = EINVAL;
        return -1;
    }
    for (;;) {
        int id = semget(key, count, IPC_CREAT | IPC_EXCL | 0600);
        if (id >= 0)
            return initialise(id, count, values);
        if (errno != EEXIST)
            return -1;
        id = semget(key, count, 0);
        if (id >= 0)
            return wait_for_creator(id);
        if (errno != ENOENT)
            return -1;
    }
}
