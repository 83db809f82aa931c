/*
 * guard.h - what is half made goes when a signal ends the program.
 */
#ifndef IPCLAB_GUARD_H
#define IPCLAB_GUARD_H

/*
 * From here on the signals that end a program (SIGHUP, SIGINT, SIGTERM, SIGUSR1, ...; the list is
 * in guard.c) are kept waiting, so that none slips between an object's creation and guard_object().
 */
void guard_begin(void);

/*
 * Lets them through again. Until guard_end(), one of them calls REMOVE(ID) before it ends the
 * program, which must do no more than system calls; NULL when there is nothing to remove.
 */
void guard_object(void (*remove)(int id), int id);

/* It is made: nothing is removed any more. */
void guard_end(void);

#endif
