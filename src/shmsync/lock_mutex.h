/* SPDX-License-Identifier: MIT */
/*
 * lock_mutex.h - acquiring a lock so that no signal ends the program while it holds it.
 */
#ifndef IPCLAB_SHMSYNC_LOCK_MUTEX_H
#define IPCLAB_SHMSYNC_LOCK_MUTEX_H

#include "lib/calls/calls.h"
#include "shmsync/open.h"
#include "shmsync/wait_limit.h"

#include <signal.h>
#include <sys/types.h>

/*
 * Locks a mutex. Returns 0 when it is held; EOWNERDEAD when it is held and its owner died, whose
 * TID *DEAD becomes (0: not known); otherwise the error of calls_last_failure(); EIDRM, reported,
 * when the mutex was destroyed during the wait.
 *
 * While it waits, a fatal signal ends the program. While the mutex is held, until unlock_mutex(),
 * fatal signals are blocked.
 */
int lock_mutex(const struct sync_segment *segment, const struct pshared_object *mutex,
               const struct wait_limit *limit, pid_t *dead);

/*
 * Unlocks it and then unblocks the signals: one that came in between ends the program here. Returns
 * 0, or -1 with errno when the call was refused.
 */
int unlock_mutex(const struct sync_segment *segment, const struct pshared_object *mutex);

/*
 * Is it certain that the calling thread does not hold MUTEX, its slot in the segment? True only in
 * a signal handler, where the thread stands still, for longer than this call. layout_known() has
 * been called before.
 */
bool has_not_locked(const void *mutex);

/* Reports that MUTEX's owner DEAD, a TID or 0, died while it held the mutex. */
void report_owner_died(const struct sync_segment *segment, const struct pshared_object *mutex,
                       pid_t dead);

/* Three ways of locking an rwlock: for ever, not waiting, and until a time. */
struct rwlock_calls {
    enum call lock, try, until;
};

/* The same for an rwlock, which does not remember an owner who died. */
int lock_rwlock(const struct pshared_object *rwlock, const struct rwlock_calls *calls,
                const struct wait_limit *limit);
int unlock_rwlock(const struct pshared_object *rwlock);

/*
 * The signals that are blocked while a lock is held: SIGNALS_STOP (signals.h), without those that
 * are ignored, as a shell's background job ignores SIGINT: these end no program.
 */
void fatal_signals(sigset_t *set);

/*
 * Runs COMMAND while a lock is held, with IPCLAB_SEGMENT and IPCLAB_DATA (the data area's offset)
 * set, and with the signal mask of before the lock. Reports why it did not run. Returns as
 * child_run() does.
 */
int run_while_locked(const struct sync_segment *segment, char **command);

#endif
