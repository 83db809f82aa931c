/*
 * set.h - a semaphore set that several processes open, whichever of them is the first
 */
#ifndef SET_H
#define SET_H

#include <sys/ipc.h>
#include <sys/sem.h>

/* The fourth argument of semctl(2). A program has to declare it itself; see the manual page. */
union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
};

/*
 * Open the set with KEY, of COUNT semaphores. The first process creates the set (mode 0600) and
 * sets its values to VALUES, once; all other processes wait until the values are set. Return the id
 * of the set, or -1 with errno: that of the call that failed, or ETIMEDOUT if a set exists but its
 * creator has not initialised it within a second.
 */
int set_open(key_t key, int count, const unsigned short *values);

#endif
