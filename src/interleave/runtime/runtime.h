/* SPDX-License-Identifier: MIT */
/*
 * runtime.h - the parts of the library that interleave preloads into the programs that it runs.
 * They have no dependency but libc; in a program that interleave does not run they change nothing.
 */
#ifndef IPCLAB_INTERLEAVE_RUNTIME_H
#define IPCLAB_INTERLEAVE_RUNTIME_H

#include "interleave/board.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

/* What the library defines for the program. */
#define EXPORTED __attribute__((visibility("default")))

/* Sets the pointer to a function that FUNCTION points to to the next definition of NAME, libc's.
 * POSIX, dlsym(3), warrants that the bytes can be copied. */
static inline void next_function(const char *name, void *function)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, sizeof found);
}

/* A pointer to a function of libc's. All are in one section, so that the server of a program can
 * find them once for all its runs: reals_find() in gate.c. */
struct real {
    const char *name;
    void *function; /* where the pointer is */
};

/* Declares POINTER, libc's function NAME of that TYPE. */
#define REAL_AS(pointer, type, name, parameters)                     \
    static type(*pointer) parameters;                                \
    static struct real pointer##_entry                               \
        __attribute__((section("reals"), used)) = {#name, &pointer}; \
    if (!pointer)                                                    \
    next_function(#name, (void *)&pointer)
#define REAL(type, name, parameters) REAL_AS(real, type, name, parameters)

/* Two that a part calls for itself, besides standing in for them. */
#define REAL_SHMCTL REAL_AS(real_shmctl, int, shmctl, (int, int, struct shmid_ds *))
#define REAL_SEMCTL REAL_AS(real_semctl, int, semctl, (int, int, int, ...))

/* Where the program called the function that this replaces. */
#define CALLER ((uint64_t)(uintptr_t)__builtin_return_address(0))

struct step {
    enum step_kind kind;
    enum step_object object;
    uint64_t id, offset, size;
    uint64_t sync_id, sync_offset; /* board.h */
    uint64_t pc;
    bool timed;
    unsigned makes; /* MAKES_SEGMENT, MAKES_SET, MAKES_QUEUE */
    enum board_interrupts interrupts;
    const int *errors; /* BOARD_ERRORS - 1 at the most, and 0; NULL: it cannot fail on purpose */
    /* Would the call wait now? NULL: it never waits. */
    bool (*would_wait)(const void *argument);
    const void *argument;
};

/* The board, and the slot of this task on it; NULL: interleave does not run this program. */
struct board *gate_board(void);
struct board_task *gate_self(void);

/* Does interleave run this program? */
bool gate_active(void);

/* Does interleave want steps in words? */
bool gate_talks(void);

/* As snprintf(3) to an array for gate_stop(), where a person will read it. */
#define GATE_TEXT(text, ...)                             \
    do {                                                 \
        (text)[0] = '\0';                                \
        if (gate_talks())                                \
            snprintf((text), sizeof(text), __VA_ARGS__); \
    } while (0)

/*
 * Stops before STEP, which FORMAT describes ("semop %s"), until interleave chooses this task.
 * Returns ORDER_GO; ORDER_LATE where the time limit of a timed wait has passed; ORDER_EINTR where a
 * signal ends the wait; ORDER_FAIL where a call that has ERRORS is to fail. Does nothing in a
 * program that interleave does not run. errno is kept.
 */
enum board_order gate_stop(const struct step *step, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Waits in the queue of a set or of a message queue: IS_DONE is asked to try after each step of
 * others, first come, first served, and says whether the call is done, which can be long before
 * the task goes on. Returns ORDER_GO; ORDER_LATE if its time limit has passed before, and
 * ORDER_EINTR if a signal has ended the wait.
 */
enum board_order gate_queue(bool (*is_done)(void *argument), void *argument);

/* Does interleave see the messages of a queue by itself? */
bool gate_sees_queues(void);

/* After ORDER_FAIL, and ORDER_EINTR: sets errno, and returns -1, what the call returns. */
int gate_failed(void);
int gate_interrupted(void);

/* The task has learnt VALUE: what it does next may depend on it. */
void gate_learn(uint64_t value);
void gate_learn_bytes(const void *bytes, size_t size);

/* The step changed object ID, which interleave does not see, such as a pipe; VALUE says how. */
void gate_moved(uint64_t id, uint64_t value);

/* The id of the file that FD is: the same for all who map it, and the same in each run. Keeps it
 * open until interleave has seen it. ANONYMOUS: it has no name, and was made for this call. */
uint64_t gate_file(int fd, bool anonymous);

/* How the step ended, in words. */
void gate_result(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Learns RESULT, and errno if it is negative; returns RESULT. */
int gate_returned(int result);

/* Tells interleave that this program cannot be scheduled, and why, and ends the process. */
void gate_refuse(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* The task takes no more steps; its process ends by itself. */
void gate_end(void);

/* The task takes no more steps, and is a thread of a process that goes on. */
void gate_leave(void);

/* The slot of a task that is about to begin, a THREAD of this process or another process; NULL:
 * there is none left. */
struct board_task *gate_new_task(bool thread);

/* This task, which has just begun, has SLOT, and the number NUMBER. */
void gate_become(struct board_task *slot, int number);

/* The entry "NAME=VALUE" of the environment that the library began with; NULL: there was none. */
const char *gate_variable(const char *name);

/* The task is about to execute a program, which must begin with this library; false: execve(2) has
 * failed, and it goes on. */
void gate_executes(bool begins);

/* From now on this task is stopped where it makes a system call outside of libc: direct.c. What can
 * be done once before a fork is in direct_prepare(). */
void direct_prepare(void);
void direct_watch(void);

/* The executable bytes around INSIDE: of one object, the program or a library. */
struct code {
    uintptr_t inside, start, size;
};

/* Finds them for CODE->INSIDE; SIZE 0: none. */
void code_find(struct code *code);

/* Code around PC was compiled by interleave cc; was it? */
void bytes_track(uint64_t pc);
bool bytes_tracked(uint64_t pc);

/* Stops before KIND of SIZE bytes at ADDRESS if others map them. Returns whether it did. */
bool access_stop(enum step_kind kind, const void *address, size_t size, uint64_t pc);

/* The task has loaded SIZE bytes at ADDRESS, and shows them. */
void access_learn(const void *address, size_t size);

/* --- signals --- */

/* From now on a signal that has a handler is HELD, or is not. */
void signals_hold(bool hold);

/* Is one held? */
bool signals_held(void);

/* Does a handler with these FLAGS of sigaction(2) end a wait with EINTR? */
bool signals_interrupt(enum board_interrupts interrupts, int flags);

/* Runs the handlers of those that are, whose steps are the task's. Returns whether that ends a wait
 * with EINTR that INTERRUPTS says how to end. */
bool signals_run(enum board_interrupts interrupts);

/* --- time: clock.c --- */

/* The task has slept for TIME; it has waited UNTIL CLOCK says so. NULL: for no time. */
void clock_pass(const struct timespec *time);
void clock_reach(clockid_t clock, const struct timespec *until);

/* --- threads --- */

/* Has this process more than one thread, so that all of its memory is shared? */
bool threads_run(void);

/* This process is a new one, with one thread. */
void threads_forget(void);

/* Is this task the first thread of its process? */
bool gate_is_first(void);

/* The id of memory that no other process maps. */
uint64_t gate_private(void);

/* The step has stored SIZE bytes at ADDRESS of the threads' memory; ADDS: to what was there. */
void gate_stored(const void *address, size_t size, bool adds);

/* Its process is a new one, whose threads have not stored anything. */
void gate_stored_nothing(void);

/* How many attaches of segment ID are interleave's own. */
unsigned gate_watchers(int id);

/* --- objects of pthreads --- */

/* Do other tasks reach OBJECT? */
bool object_is_shared(const void *object);

/* Stops before WHAT on the object of SIZE bytes; WAITS says of the object whether it would wait, or
 * is NULL. Returns ORDER_LATE where the time of a TIMED wait has passed. */
enum board_order object_stop(uint64_t pc, const char *what, const void *object, size_t size,
                             bool timed, bool (*waits)(const void *));

/* The same, with WAITS asked of ARGUMENT. */
enum board_order object_stop_for(uint64_t pc, const char *what, const void *object, size_t size,
                                 bool (*waits)(const void *), const void *argument);

/* POSIX calls return the number of an error: learns and returns ERROR. */
int object_returned(int error);

/* --- condition variables, which never sleep in the kernel here --- */

/* This task begins to sleep on the condition variable at ID, OFFSET. */
void sleeper_begin(uint64_t id, uint64_t offset);

/* May it go on: has a signal that it has not lost to another one been for it? */
bool sleeper_is_woken(void);

/* It goes on. */
void sleeper_end(void);

/* Wakes one that sleeps there, whichever goes on first, or all of them. */
void sleeper_wake(uint64_t id, uint64_t offset, bool all);

/* --- regions: memory that several processes map --- */

/* SIZE bytes at ADDRESS are now those of the memory ID from OFFSET on, and of no other one. */
void region_add(const void *address, size_t size, uint64_t id, uint64_t offset);

/* SIZE bytes at ADDRESS are no longer shared; 0: those of the region that begins there. */
void region_remove(const void *address, size_t size);

/* Does ADDRESS lie in a region? Sets *ID and *OFFSET. */
bool region_find(const void *address, uint64_t *id, uint64_t *offset);

/* The id of what kind of object, by its number. */
#define ID_SEGMENT(number) (UINT64_C(1) << 56 | (uint32_t)(number))
#define ID_FILE(hash)      (UINT64_C(2) << 56 | (hash) >> 8)
#define ID_PRIVATE         (UINT64_C(3) << 56)

#endif
