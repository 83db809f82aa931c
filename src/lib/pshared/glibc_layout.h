/* SPDX-License-Identifier: MIT */
/*
 * glibc_layout.h - the state of the C library's objects, read from their insides.
 *
 * POSIX offers no way to find out which task holds a mutex or waits for it. glibc keeps that in
 * members that <bits/pthreadtypes.h> shows and no manual page promises. So configure checks that
 * the members exist, and before the first answer this locks objects of its own and compares their
 * members with what it expects. Where they differ, all answers are "unknown". All functions read a
 * copy of the object.
 */
#ifndef IPCLAB_GLIBC_LAYOUT_H
#define IPCLAB_GLIBC_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>
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
    pid_t owner; /* a TID in the owner's PID namespace; 0: none, or not known at this moment */
    bool exact;  /* the lock word itself has the TID: robust and priority-inheriting mutexes */
};

struct layout_rwlock {
    enum layout_state state;
    unsigned readers; /* how many tasks hold it for reading */
    pid_t writer;     /* the TID of the writer that holds it; 0: none */
    bool claimed;     /* no task holds it, and a writer is about to; it may have died there */
};

/* Does the C library have the layout that we know? Tried once. If not, the functions below return
 * "unknown". */
bool layout_known(void);

/* AT is a slot in a segment, or a copy of one; each word is read once. */
void layout_mutex(const void *at, struct layout_mutex *out);
void layout_rwlock(const void *at, struct layout_rwlock *out);

/* Are the bytes at AT a mutex shared by processes, of any program, that a task holds? Fills in *OUT
 * if so. *ROBUST becomes whether the kernel would mark it when its owner dies. */
bool layout_is_mutex(const void *at, struct layout_mutex *out, bool *robust);

/* How many tasks the object itself counts as waiting, or as arrived, including tasks that were
 * killed since. Returns false when unknown. */
bool layout_cond(const void *at, unsigned *waiting);
bool layout_barrier(const void *at, unsigned *arrived);

/*
 * Does the object at AT, of kind KIND (enum pshared_kind), record that tasks wait? *COUNT becomes
 * how many at least: one for a mutex or rwlock, which only has a mark, and the number for the
 * others. A task that was killed while it waited may still be in it. Returns false when unknown.
 */
bool layout_waiting(int kind, const void *at, unsigned *count);

/*
 * A condition variable has a lock inside it, which the C library holds for a few instructions: to
 * wake, and to take a waiter off that gives up (nptl/pthread_cond_common.c). To wake waiters of a
 * new group it first waits, with that lock held, until the group before has left; one that was
 * killed never does.
 */

/* Does a task hold that lock at this moment? False when unknown. */
bool layout_cond_locked(const void *at);

/* Is ADDRESS a word that a task sleeps on while it holds that lock and waits for the group before?
 */
bool layout_cond_is_group(const void *at, uintptr_t address);

/*
 * Releases the lock for a task of ours that slept on such a word and will never go on. That task
 * has changed nothing yet but two marks, that the group is closed and that it waits, which the next
 * task sets again.
 */
void layout_cond_release(void *at);

/* The value of a semaphore, by sem_getvalue(3), which needs no knowledge of the layout. */
int layout_sem(const void *at);

#endif
