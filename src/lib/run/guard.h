/* SPDX-License-Identifier: MIT */
/*
 * guard.h - a signal that ends the program removes the object that it has half made.
 */
#ifndef IPCLAB_GUARD_H
#define IPCLAB_GUARD_H

/*
 * Blocks the signals that end a program (SIGNALS_FATAL), so that none comes between an object's
 * creation and guard_object().
 */
void guard_begin(void);

/*
 * Unblocks them. Until guard_end(), such a signal calls REMOVE(ID) and then ends the program by its
 * default action. REMOVE is called in a signal handler, so it may only make system calls; NULL when
 * there is nothing to remove.
 */
void guard_object(void (*remove)(int id), int id);

/* The object is complete: from now on a signal leaves it. */
void guard_end(void);

#endif
