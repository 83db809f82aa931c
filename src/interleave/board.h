/* SPDX-License-Identifier: MIT */
/*
 * board.h - what interleave and the programs that it runs tell each other, in memory that they
 * share.
 *
 * Every task has a slot. The invariant that everything rests on: at any time at most one task runs
 * between two steps, and interleave touches neither the board nor what the programs share while it
 * does. A task that has come to its next step writes it into its slot, sets TOLD and sleeps until
 * GO is not 0; interleave, which sleeps until TOLD is set, then chooses. Each side takes a word
 * back to 0 before it acts on it, and only the other side sets it, so no wake-up is lost: the
 * kernel puts a side to sleep only while the word is still 0 (futex(2)).
 */
#ifndef IPCLAB_INTERLEAVE_BOARD_H
#define IPCLAB_INTERLEAVE_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    BOARD_TASKS = 16,
    BOARD_TEXT = 120,   /* bytes of a sentence, with its NUL */
    BOARD_REGIONS = 32, /* mappings that one process shares with others */
    BOARD_ERRORS = 4,   /* with which a call can fail on purpose */
    BOARD_FILES = 64,   /* files and anonymous memory that a run maps, and pipes that it uses */
};

/* Environment of the programs: the descriptor of the board. */
#define BOARD_VARIABLE "INTERLEAVE_BOARD"
/* For a server: its number. */
#define SERVER_VARIABLE "INTERLEAVE_SERVER"

enum board_state {
    TASK_NONE,    /* no task has this slot */
    TASK_STARTED, /* a process that has not come to its first step */
    TASK_READY,   /* before a step that it can take */
    TASK_BLOCKED, /* before a step that would wait */
    TASK_QUEUED,  /* in a semop(2) or msgrcv(2) that waits: first come, first served (kernel) */
    TASK_SERVED,  /* that call is done, and the task has not gone on */
    TASK_LEFT,    /* a thread that has ended; its process goes on */
    TASK_ENDING   /* it takes no more steps: wait for the end of the process */
};

/* Does a signal handler that runs during a wait end it with EINTR? signal(7) */
enum board_interrupts { INTERRUPTS_NEVER, INTERRUPTS_UNLESS_RESTARTED, INTERRUPTS_ALWAYS };

/* What GO says. */
enum board_order {
    ORDER_NONE,
    ORDER_GO,     /* take the step and go on to the next one */
    ORDER_LOOK,   /* BLOCKED: could you take it now? */
    ORDER_TRY,    /* QUEUED: try again, and stop there */
    ORDER_LATE,   /* the time of a wait with a time limit has passed */
    ORDER_SIGNAL, /* raise SIGNAL; in a wait that it interrupts, return with EINTR */
    ORDER_EINTR,  /* BLOCKED, QUEUED: return with EINTR */
    ORDER_FAIL,   /* the call fails with FAIL */
    ORDER_FORK,   /* to a server: make the task of this run */
    ORDER_REAP,   /* to a server: it has ended, take its status */
};

enum step_kind {
    STEP_START,
    STEP_LOAD,
    STEP_STORE,
    STEP_ATOMIC, /* load and store in one step */
    STEP_SEMOP,
    STEP_CALL,  /* any other call that can change what others see */
    STEP_YIELD, /* a sleep, or sched_yield(2): lets others go first */
    STEP_EXIT
};

/* What a step touches. Two steps of two tasks can change places without a difference only if they
 * touch different things. */
enum step_object {
    OBJECT_ANY,    /* may touch everything */
    OBJECT_NONE,   /* touches nothing that others see */
    OBJECT_MEMORY, /* bytes of a region: ID and OFFSET, SIZE */
    OBJECT_SET     /* a semaphore set: ID */
};

/* What a call can create: its next id is the same in every run. */
enum { MAKES_SEGMENT = 1, MAKES_SET = 2, MAKES_QUEUE = 4 };

/*
 * A program that has been executed and is about to run its first instruction of its own, with
 * nothing opened. It forks once for each run, for fork(2) costs a tenth of execve(2).
 */
struct board_server {
    uint32_t go, told;
    int32_t child;
    int32_t status;   /* of CHILD, as of waitpid(2) */
    uint32_t tracked; /* as of a task */
};

struct board_region {
    uint64_t start, size; /* addresses in the process */
    uint64_t id;          /* the same for all that map the same memory */
    uint64_t offset;      /* of START in that memory */
};

/* A file that a process has mapped, or anonymous memory. INODE 0: none. */
struct board_file {
    uint64_t device, inode;
    uint64_t id;     /* as of a region: the same in each run, where the inode is not */
    int32_t pid, fd; /* where it was open when it was mapped, until the process goes on */
};

/* What was done, in this order, to an object whose state interleave does not see, such as a pipe:
 * a hash. ID 0: none. */
struct board_history {
    uint64_t id, hash;
};

struct board_task {
    uint32_t go, told;
    uint32_t state; /* enum board_state */
    int32_t pid;
    uint32_t parent;  /* slot of the task that made it; its own: interleave started it */
    uint32_t process; /* slot of the first thread of its process: its own if it is that */
    uint64_t memory;  /* of a process with threads: a hash of what they have stored */
    uint32_t kind;    /* enum step_kind */
    uint32_t object;  /* enum step_object */
    uint32_t timed;   /* the step waits at most for a time */
    uint32_t looks;   /* whether it can be taken may change with any other step: ORDER_LOOK */
    uint64_t id, offset, size;
    /* What orders the accesses of tasks: a set, a mutex, an atomic variable; SYNC_ID 0: nothing. */
    uint64_t sync_id, sync_offset;
    uint64_t stack; /* the lowest address of its stack that is in use */
    uint64_t pc;    /* where the program makes the step */
    uint64_t seen;  /* a hash of all that the task has learnt at its steps */
    uint64_t place; /* a hash of the step itself, and nothing that it has learnt */
    uint64_t sleeps_id, sleeps_offset; /* the condition variable that it sleeps on */
    uint64_t wakers; /* the signals that may be for it, the oldest in the lowest bit */
    uint32_t sleeps;
    uint32_t makes;     /* what the step can create */
    uint32_t stored;    /* grows with what it has stored in memory of its process */
    uint32_t moved;     /* grows with what it changed that interleave cannot see: bytes of a pipe */
    uint32_t random;    /* so many random bytes it has had */
    uint32_t anonymous; /* so many mappings it has made of memory without a name */
    uint32_t tracked;   /* its loads and stores are steps, too */
    uint32_t interrupts;  /* enum board_interrupts: a wait here can end with EINTR */
    int32_t signal, fail; /* of ORDER_SIGNAL and ORDER_FAIL */
    int32_t
        errors[BOARD_ERRORS]; /* with which the call can fail, whatever its arguments; 0: no more */
    uint32_t executes;        /* it has called execve(2), and the new program has not begun */
    char what[BOARD_TEXT];    /* the step in words: "semop 0-1"; only if TALK */
    char result[BOARD_TEXT];  /* how the last one ended: "= 0"; only if TALK */
};

struct board {
    uint32_t count;                 /* slots in use; only grows */
    uint32_t talk;                  /* tasks write WHAT and RESULT */
    int32_t watched[BOARD_REGIONS]; /* ids of the segments that interleave itself has attached */
    uint32_t watched_count;
    int64_t time;          /* nanoseconds since the run began: clock.c */
    uint32_t time_matters; /* a task has looked at a clock */
    uint32_t sees_queues;  /* interleave sees the messages in a queue: MSG_COPY of msgrcv(2) */
    uint32_t file_count, history_count;
    struct board_file files[BOARD_FILES];
    struct board_history histories[BOARD_FILES];
    char refusal[BOARD_TEXT]; /* what a program did that cannot be scheduled; "" nothing */
    struct board_task tasks[BOARD_TASKS];
    struct board_server servers[BOARD_TASKS];
    uint32_t time_mattered; /* as TIME_MATTERS, in this or an earlier run */
};

/* The SYNC_ID of a wait for children, of a set, of a pipe. */
#define SYNC_CHILDREN     (UINT64_C(4) << 56)
#define SYNC_SET(id)      (UINT64_C(5) << 56 | (uint32_t)(id))
#define SYNC_PIPE(inode)  (UINT64_C(6) << 56 | (inode))
#define SYNC_THREAD(slot) (UINT64_C(8) << 56 | (slot))
#define SYNC_QUEUE(id)    (UINT64_C(7) << 56 | (uint32_t)(id))

/* The next value of a hash; a good mix of 64 bits, by multiplication. */
static inline uint64_t board_mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0xff51afd7ed558ccd);
    return hash ^ hash >> 29;
}

static inline uint64_t board_mix_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *from = (const unsigned char *)bytes;
    uint64_t word;
    for (; size >= sizeof word; size -= sizeof word, from += sizeof word) {
        memcpy(&word, from, sizeof word);
        hash = board_mix(hash, word);
    }
    word = size;
    memcpy(&word, from, size);
    return board_mix(hash, word);
}

/* Can the task take a step, be it one that only goes round? Does it wait for others? */
static inline bool board_can_go(const struct board_task *task)
{
    return task->state == TASK_READY || task->state == TASK_SERVED;
}

static inline bool board_waits(const struct board_task *task)
{
    return task->state == TASK_BLOCKED || task->state == TASK_QUEUED;
}

#endif
