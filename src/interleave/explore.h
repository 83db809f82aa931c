/* SPDX-License-Identifier: MIT */
/*
 * explore.h - what the parts of interleave share: what is to be run, a run, and its end.
 */
#ifndef IPCLAB_INTERLEAVE_EXPLORE_H
#define IPCLAB_INTERLEAVE_EXPLORE_H

#include "interleave/board.h"

#include "lib/base/condition.h"
#include "lib/base/operand.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { MOST_CLAIMS = 16, MOST_STEPS = 20000 };

/* "0x4d2 u32@0 <= 3": of a segment; "0x4d2 sem@1 <= 3": of a set. */
struct claim {
    const char *text;
    struct operand object;
    bool is_semaphore;
    unsigned number;            /* of the semaphore */
    struct condition condition; /* of a semaphore: on its value, as i32@0 */
};

/* What is run, and what must hold. */
struct plan {
    char **programs[BOARD_TASKS]; /* each an argument vector, ended by NULL */
    size_t count;
    int expected[BOARD_TASKS];       /* exit statuses */
    const char *inputs[BOARD_TASKS]; /* their standard input; NULL: /dev/null */
    const char *before, *after;      /* commands of sh(1); NULL: none */
    struct claim always[MOST_CLAIMS], finally[MOST_CLAIMS];
    struct claim possible[MOST_CLAIMS];
    size_t always_count, finally_count, possible_count;
    unsigned kills; /* SIGKILL comes to so many processes of a run */
    int signal;     /* comes to one process of a run; 0: none */
    bool spurious;  /* pthread_cond_wait(3) may return without a signal, once in a run */
    bool eintr;     /* a wait may end with EINTR, once in a run */
    bool fail;      /* a call fails, one in a run */
    bool races;     /* a race is an error */
    bool outcomes;  /* print each end that a run comes to */
    bool clean;     /* objects that are left are an error */
    size_t steps;   /* more than these in one run are taken for one without an end */
};

enum verdict {
    RUN_HOLDS,
    RUN_CUT,  /* it came to a state that was known */
    RUN_LONG, /* it has more steps than a run may have */
    RUN_FAILED,
    RUN_REFUSED, /* a program does what cannot be scheduled: nothing is known */
};

/* How a run ended: REASON in words, where it did not simply hold. */
struct outcome {
    enum verdict verdict;
    char reason[512];
};

/* What the search does to a task at a step in place of letting it take it. */
enum fault {
    FAULT_NONE,
    FAULT_KILL,
    FAULT_SIGNAL,
    FAULT_SPURIOUS,
    FAULT_EINTR,
    FAULT_FAIL /* with the first of the errors that the call can have; FAULT_FAIL + 1: the second */
};
enum { MOST_FAULTS = BOARD_TASKS * (FAULT_EINTR + BOARD_ERRORS) };

/* A task, and what is done to it. */
typedef unsigned short choice;
#define CHOICE(task, fault)  ((choice)((task) | (unsigned)(fault) << 8))
#define CHOICE_TASK(choice)  ((choice)&0xffu)
#define CHOICE_FAULT(choice) ((enum fault)((choice) >> 8))

/* A task came to a step, PLACE, while the world had VERSION. */
struct visit {
    uint64_t place, memory; /* the latter a hash of its own, if IS_READ */
    uint32_t version;
    unsigned times;
    bool is_read, is_same; /* its memory is as it was the time before */
};

struct run {
    const struct plan *plan;
    struct board *board;
    int board_fd;
    const char *folder; /* where the programs' output goes: 1.out, 1.err, 2.out, ... */
    const char *library;
    bool talk;        /* tasks describe their steps */
    bool is_prepared; /* --before has run, and what it made is kept */

    pid_t servers[BOARD_TASKS];
    int inputs[BOARD_TASKS];
    int outputs[BOARD_TASKS][2]; /* standard output and standard error of each program */

    int pidfds[BOARD_TASKS];
    unsigned met;                /* so many tasks have come to their first steps, or have ended */
    int status[BOARD_TASKS];     /* as of waitpid(2), of those that have ended and are ours */
    uint32_t place[BOARD_TASKS]; /* in the queue of a set; 0: in none */
    uint32_t places;
    uint64_t memory, sets;                /* hashes of what all share */
    uint32_t moved;                       /* the sum of what the tasks say of themselves */
    uint32_t version;                     /* grows with each change of the world */
    struct visit visits[BOARD_TASKS][8];  /* the last steps of each task, to see it go round */
    size_t steps, last_step[BOARD_TASKS]; /* so many in this run; the last one of each task */
    unsigned faults;                      /* so many were done in this run */
    char race[400]; /* the first race of this run that no earlier one had; "" none */
    enum fault harmed[BOARD_TASKS]; /* the fault that came to it: how it ends counts less */
    bool reached[MOST_CLAIMS];      /* by any run: which of the possible ones */
    struct outcome outcome;
};

#endif
