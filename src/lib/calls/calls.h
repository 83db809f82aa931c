/* SPDX-License-Identifier: MIT */
/*
 * calls.h - what all calls of the IPC interfaces, System V and POSIX, have in common. Every call
 * goes through a function of calls_shm.h, calls_sem.h, calls_posix.h, calls_pthread.h or
 * calls_sysv.h, which
 *
 *  - prints the call when it returns, if a trace is set (--calls), as strace(1) does: constants by
 *    name, structures spelt out;
 *  - records the call with its arguments if it fails, for explain().
 *
 * Without a trace, a call costs one predicted branch more than the call itself.
 */
#ifndef IPCLAB_CALLS_H
#define IPCLAB_CALLS_H

#include "lib/calls/call_list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct sembuf;

#define CALL_ENUMERATOR(NAME, name, section) CALL_##NAME,
enum call {
    CALL_NONE, /* no call */
    CALL_LIST(CALL_ENUMERATOR) CALL_COUNT
};
#undef CALL_ENUMERATOR

/* A call that failed, with its arguments under their names in the manual. The arguments that CALL
 * does not have are 0. */
struct failed_call {
    enum call call;
    int error; /* errno; 0: an object that fstat found is smaller than SIZE */

    /* System V */
    const char *path;          /* ftok */
    key_t key;                 /* shmget, semget */
    int id;                    /* all others */
    int cmd;                   /* shmctl, semctl */
    size_t nsems;              /* semget */
    int semnum, val;           /* semctl; VAL: SETVAL */
    size_t nsops;              /* semop, semtimedop */
    const struct sembuf *sops; /* likewise; the caller's, valid as long as the caller keeps it */

    /* System V and POSIX shared memory */
    uint64_t size;    /* shmget, ftruncate, fstat, mmap, munmap: bytes */
    int flags;        /* shmget, semget, shmat, shm_open, mmap */
    const void *addr; /* shmat, shmdt, mmap, munmap */
    int prot;         /* mmap */

    /* POSIX; NAME is the caller's, as SOPS is */
    const char *name;   /* of the shared memory object, or of the object inside a segment */
    const void *object; /* calls_pthread.h */
};

/* Where the trace goes; NULL: there is none. Only calls_trace() sets it. */
extern FILE *calls_trace_to;

/* Prints every call to TO from now on; NULL, the initial value, prints none. Returns the previous
 * value. */
FILE *calls_trace(FILE *to);

/* The last call that failed; valid until the next one fails. CALL_NONE if none did. */
const struct failed_call *calls_last_failure(void);

/* Makes FAILED, with errno as its error, the last call that failed. */
void calls_record_failure(struct failed_call failed);

/* Makes FAILED the last call that failed and its error errno: for a rule that a caller enforces in
 * place of the kernel. */
void calls_set_failure(const struct failed_call *failed);

/*
 * CALLS_KEEPING_FAILURE { ... } leaves the last failure and errno as they were before the block:
 * for cleaning up after a failure, and for a second attempt whose failure is not the one to report.
 * CALLS_QUIETLY { ... } does the same and also traces nothing inside the block. Both restore their
 * state however the block ends, return included; break leaves the block.
 */
#define CALLS_KEEPING_FAILURE CALLS_BLOCK(false)
#define CALLS_QUIETLY         CALLS_BLOCK(true)

#define CALLS_BLOCK(quiet)                                            \
    for (struct calls_saved saved_calls                               \
         __attribute__((cleanup(calls_restore))) = calls_save(quiet); \
         !saved_calls.done; saved_calls.done = true)

/* What the two blocks restore. */
struct calls_saved {
    struct failed_call failure;
    int error; /* errno */
    FILE *trace_to;
    bool done; /* the block has run */
};
struct calls_saved calls_save(bool quiet);
void calls_restore(struct calls_saved *saved);

/* "shmget"; "" for CALL_NONE. */
const char *calls_name(enum call call);

/* The section of the manual that documents CALL, 2 or 3; 0 for CALL_NONE. */
int calls_section(enum call call);

/* "EEXIST" for the errors that the calls document; "errno 95" for others, valid until the next
 * call. */
const char *calls_errno(int error);

#endif
