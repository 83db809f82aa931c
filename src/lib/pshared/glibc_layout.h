/*
 * glibc_layout.h - the state of the C library's objects, read from their insides.
 *
 * POSIX has no way to ask who holds a mutex or who waits. glibc keeps it in members that
 * <bits/pthreadtypes.h> shows and no manual page promises. So the layout is looked at when
 * configure runs, and tried out before the first answer: an object of our own is locked, and what
 * is then in it must be what is expected. Where it is not, all answers are "unknown". Everything
 * here reads a copy.
 */
#ifndef IPCLAB_GLIBC_LAYOUT_H
#define IPCLAB_GLIBC_LAYOUT_H

#include <stdbool.h>
#include <sys/types.h>

enum layout_state {
    LAYOUT_UNKNOWN,
    LAYOUT_UNLOCKED,
    LAYOUT_LOCKED,
    LAYOUT_OWNER_DIED,
    LAYOUT_NOT_RECOVERABLE
};

struct layout_mutex {
    enum layout_state state;
    pid_t
        owner;  /* a TID, as its own PID namespace counts; 0: nobody, or not known at this moment */
    bool exact; /* the word that decides has the TID: robust ones, and those that inherit priorities
                 */
};

struct layout_rwlock {
    enum layout_state state;
    unsigned readers; /* how many hold it */
    pid_t writer;     /* who does, a TID; 0: nobody */
};

/* Is this the layout that we know? Tried once. The functions below all say "unknown" when it is
 * not. */
bool layout_known(void);

/* AT is a slot in a segment, or a copy; it is read once. */
void layout_mutex(const void *at, struct layout_mutex *out);
void layout_rwlock(const void *at, struct layout_rwlock *out);

/* How many the object itself counts as waiting, or arrived; those who were killed meanwhile too.
 * False: unknown. */
bool layout_cond(const void *at, unsigned *waiting);
bool layout_barrier(const void *at, unsigned *arrived);

/* The value of a semaphore, by sem_getvalue(3): no layout is needed. */
int layout_sem(const void *at);

#endif
