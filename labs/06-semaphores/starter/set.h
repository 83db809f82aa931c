/*
 * set.h - a semaphore set that several processes open, whichever of them comes first
 */
#ifndef SET_H
#define SET_H

#include <sys/ipc.h>
#include <sys/sem.h>

/* The fourth argument of semctl(2). The program has to declare it itself: see its man page. */
union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
};

/*
 * Opens the set of KEY, of COUNT semaphores. Whoever comes first makes it (mode 0600) and gives it
 * these VALUES, once; to all others it is open only when that has been done. Returns its id, or -1
 * with errno: what the calls say, and ETIMEDOUT if a set exists but nobody initialised it within a
 * second.
 */
int set_open(key_t key, int count, const unsigned short *values);

#endif
