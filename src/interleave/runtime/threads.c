/* SPDX-License-Identifier: MIT */
/*
 * threads.c - threads as tasks: each has a slot of its own.
 *
 * From the first pthread_create(3) on, all memory but the stack near a frame can be shared: loads
 * and stores of it are steps, and so are calls on the mutexes and condition variables in it.
 */
#include "config.h"

#include "interleave/runtime/runtime.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <threads.h>
#include <unistd.h>

/* The threads of this process that can be joined, and the slots of all it has made. */
static struct thread {
    pthread_t thread;
    struct board_task *slot;
} threads[BOARD_TASKS];
static unsigned count;
static bool running;

bool threads_run(void)
{
    return running;
}

void threads_forget(void)
{
    running = false;
    count = 0;
    gate_stored_nothing();
}

struct beginning {
    struct board_task *slot;
    void *(*start)(void *);
    void *argument;
};

/* By the thread itself, when it returns or calls pthread_exit(3). It runs on to its end beside the
 * next step; what is left of it touches nothing of the program but the destructors of keys. */
static void end_thread(void *argument)
{
    const struct board_task *slot = argument;
    gate_stop(&(struct step){.kind = STEP_CALL,
                             .object = OBJECT_ANY,
                             .sync_id = SYNC_THREAD((uintptr_t)slot)},
              "thread ends");
    gate_leave();
}

static void *begin_thread(void *argument)
{
    const struct beginning beginning = *(struct beginning *)argument;
    void *result;
    free(argument);
    gate_become(beginning.slot, getpid());
    pthread_cleanup_push(end_thread, beginning.slot);
    result = beginning.start(beginning.argument);
    pthread_cleanup_pop(1);
    return result;
}

EXPORTED int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                            void *(*start)(void *), void *argument)
{
    REAL(int, pthread_create, (pthread_t *, const pthread_attr_t *, void *(*)(void *), void *));
    if (!gate_active())
        return real(thread, attributes, start, argument);
    static const int errors[] = {EAGAIN, 0}; /* pthread_create(3) */
    if (gate_stop(
            &(struct step){.kind = STEP_CALL, .object = OBJECT_ANY, .pc = CALLER, .errors = errors},
            "pthread_create") == ORDER_FAIL)
        return object_returned(EAGAIN);
    struct beginning *beginning = malloc(sizeof *beginning);
    struct board_task *slot = gate_new_task(true);
    if (!slot || !beginning)
        gate_refuse("it makes more than %d processes and threads", BOARD_TASKS);
    *beginning = (struct beginning){slot, start, argument};
    running = true;
    const int error = real(thread, attributes, begin_thread, beginning);
    if (error)
        slot->state = TASK_NONE;
    else
        threads[count++] = (struct thread){*thread, slot};
    return object_returned(error);
}

/* The newest, for a detached one may have had the same number before. */
static struct thread *find_thread(pthread_t thread)
{
    for (unsigned i = count; i-- > 0;)
        if (pthread_equal(threads[i].thread, thread))
            return &threads[i];
    return NULL;
}

static bool thread_lives(const void *argument)
{
    const struct board_task *slot = argument;
    return slot->state != TASK_NONE;
}

EXPORTED int pthread_join(pthread_t thread, void **result)
{
    REAL(int, pthread_join, (pthread_t, void **));
    struct thread *found = gate_active() ? find_thread(thread) : NULL;
    if (!found)
        return real(thread, result);
    gate_stop(&(struct step){.kind = STEP_CALL,
                             .object = OBJECT_ANY,
                             .sync_id = SYNC_THREAD((uintptr_t)found->slot),
                             .pc = CALLER,
                             .would_wait = thread_lives,
                             .argument = found->slot},
              "pthread_join");
    found->thread = 0;
    return object_returned(real(thread, result));
}

/* Is there a thread that this process has made, and that lives? */
static bool others_live(const void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < count; i++)
        if (thread_lives(threads[i].slot))
            return true;
    return false;
}

/* The first thread ends its process, with status 0, after all others: pthread_exit(3). */
EXPORTED void pthread_exit(void *result)
{
    __attribute__((noreturn)) void (*real)(void *);
    next_function("pthread_exit", (void *)&real);
    if (!gate_active() || !gate_is_first())
        real(result);
    gate_stop(&(struct step){.kind = STEP_CALL,
                             .object = OBJECT_ANY,
                             .pc = CALLER,
                             .would_wait = others_live,
                             .argument = NULL},
              "pthread_exit");
    exit(0);
}

#define REFUSE(type, name, parameters, arguments)                                 \
    EXPORTED type name parameters                                                 \
    {                                                                             \
        REAL(type, name, parameters);                                             \
        if (gate_active())                                                        \
            gate_refuse("it calls " #name "(3), which interleave cannot follow"); \
        return real arguments;                                                    \
    }
REFUSE(int, pthread_cancel, (pthread_t thread), (thread))
REFUSE(int, pthread_tryjoin_np, (pthread_t thread, void **result), (thread, result))
REFUSE(int, pthread_timedjoin_np, (pthread_t thread, void **result, const struct timespec *until),
       (thread, result, until))
REFUSE(int, thrd_create, (thrd_t * thread, thrd_start_t start, void *argument),
       (thread, start, argument))
