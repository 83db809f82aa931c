/*
 * shmsync.h - what the files of shmsync share.
 */
#ifndef IPCLAB_SHMSYNC_H
#define IPCLAB_SHMSYNC_H

#include "lib/calls/calls.h"
#include "lib/base/operand.h"
#include "lib/pshared/pshared.h"
#include "lib/segment/segment.h"

#include <signal.h>
#include <time.h>

/* A subcommand: ARGV[0] is its name. Returns an exit status. */
typedef int shmsync_subcommand(int argc, char *argv[]);

shmsync_subcommand shmsync_init, shmsync_lock, shmsync_rdlock, shmsync_wrlock, shmsync_wait,
    shmsync_signal, shmsync_broadcast, shmsync_post, shmsync_down, shmsync_arrive, shmsync_stat,
    shmsync_waiters, shmsync_destroy, shmsync_bench;

/* --- shmsync-open.c --- */

/* A segment, as it was typed, and mapped. */
struct space {
    const char *text;
    char shown[512]; /* the same, safe to print */
    struct operand operand;
    struct segment_mapping mapping;
    struct pshared pshared;
    bool mapped;
};

enum open_how {
    OPEN_READ, /* nothing is written */
    OPEN_WRITE,
    OPEN_MAKE, /* and the header is made where there is none */
};

/* SEGMENT, read. Returns NULL, or the rule that TEXT broke. */
const char *space_parse(const char *text, struct space *out);

/* Finds, maps and checks it; tells what is wrong. Returns EXIT_DONE or EXIT_REFUSED. space_close()
 * either way. */
int space_open(struct space *space, enum open_how how);
void space_close(struct space *space);

/* Finds an object of this KIND (0: any) by its name; tells what is wrong. Returns EXIT_DONE or
 * EXIT_REFUSED. */
int space_find(const struct space *space, const char *name, enum pshared_kind kind,
               struct pshared_object *out);

/* The data area, and its size in bytes. */
void *space_data(const struct space *space);
uint64_t space_data_size(const struct space *space);

/* "5: m", to tell of an object. Valid until the next. */
const char *space_subject(const struct space *space, const struct pshared_object *object);

/* Tells the last refused call, of this object, and returns EXIT_BLOCKED where it would have
 * blocked; else EXIT_REFUSED. */
int space_refused(const struct space *space, const struct pshared_object *object);

/* --- shmsync-take.c --- */

/* How to take something: for ever, until a time, or not at all if it would block. */
struct patience {
    bool try, timed;
    struct timespec timeout;
    struct timespec deadline; /* when timed: set by patience_begin() */
};
void patience_begin(struct patience *patience);

/*
 * Takes a mutex. Returns 0 when it is held, EOWNERDEAD when it is and its owner died, else the
 * error, of calls_last_failure(). From then until give_mutex(), signals that would end us wait;
 * before, they end us, and nothing is held. *DEAD (may be NULL) becomes the owner who died, a TID,
 * 0 if that is not known.
 */
int take_mutex(const struct space *space, const struct pshared_object *mutex,
               const struct patience *patience, pid_t *dead);

/* For the rwlock that CALLS has the four ways to lock of: take, try, until. Same. */
struct rwlock_calls {
    enum call take, try, until;
};
int take_rwlock(const struct pshared_object *rwlock, const struct rwlock_calls *calls,
                const struct patience *patience);

/*
 * Gives it back, and then lets signals through that came meanwhile: one of those ends us here.
 * Returns 0, or -1 with errno when the call was refused.
 */
int give_mutex(const struct space *space, const struct pshared_object *mutex);
int give_rwlock(const struct pshared_object *rwlock);

/* Runs COMMAND with IPCLAB_SEGMENT and IPCLAB_DATA (the data area's offset) set; returns as
 * child_run(). */
int space_run(const struct space *space, char **command);

/* Tells that MUTEX's owner died while he held it. */
void tell_owner_died(const struct space *space, const struct pshared_object *mutex, pid_t dead);

/* The signal mask that a COMMAND is to start with: ours, before any of this. */
const sigset_t *take_mask(void);

/* The signals that are kept waiting while something is held. */
void take_fill(sigset_t *set);

#endif
