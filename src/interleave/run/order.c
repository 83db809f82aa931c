/* SPDX-License-Identifier: MIT */
/*
 * order.c - see order.h.
 */
#include "config.h"

#include "interleave/run/order.h"

#include "interleave/run/races.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TICK_NS = 1000000 }; /* a task that died tells nothing: look so often whether it has */

static long futex(uint32_t *word, int operation, uint32_t value, const struct timespec *most)
{
    return syscall(SYS_futex, word, operation, value, most, NULL, 0);
}

/* Lets server TASK act, and waits until it has. Returns false if it has died. */
bool order_server(struct run *run, unsigned task, enum board_order what)
{
    struct board_server *server = &run->board->servers[task];
    const struct timespec tick = {0, TICK_NS};
    if (what) {
        __atomic_store_n(&server->go, (uint32_t)what, __ATOMIC_RELEASE);
        futex(&server->go, FUTEX_WAKE, 1, NULL);
    }
    while (!__atomic_exchange_n(&server->told, 0, __ATOMIC_ACQUIRE)) {
        futex(&server->told, FUTEX_WAIT, 0, &tick);
        if (waitpid(run->servers[task], &server->status, WNOHANG) == run->servers[task])
            return false;
    }
    return true;
}

static bool has_died(const struct run *run, unsigned task)
{
    const int pidfd = run->pidfds[run->board->tasks[task].process];
    struct pollfd file = {.fd = pidfd, .events = POLLIN};
    return pidfd >= 0 && poll(&file, 1, 0) == 1;
}

/* A thread has ended, or its process has. */
static void forget_task(struct run *run, unsigned task)
{
    run->board->tasks[task].state = TASK_NONE;
    run->board->tasks[task].sleeps = 0;
    run->place[task] = 0;
}

/* The process whose first thread is TASK has ended, with all threads: takes its status, if it is a
 * child of ours. */
static void bury(struct run *run, unsigned task)
{
    const struct board_task *slot = &run->board->tasks[task];
    if (run->pidfds[task] >= 0)
        close(run->pidfds[task]);
    run->pidfds[task] = -1;
    for (unsigned i = task; i < run->board->count; i++)
        if (run->board->tasks[i].process == task)
            forget_task(run, i);
    if (slot->parent == task && order_server(run, task, ORDER_REAP))
        run->status[task] = run->board->servers[task].status;
}

void await_death(struct run *run, unsigned task)
{
    const unsigned process = run->board->tasks[task].process;
    struct pollfd file = {.fd = run->pidfds[process], .events = POLLIN};
    while (file.fd >= 0 && poll(&file, 1, LONGEST_STEP * 1000) < 0 && errno == EINTR)
        ;
    bury(run, process);
}

/*
 * Waits until TASK has come to its next step, or has died. Invariant: TASK is the only one that
 * runs. Returns false if it does neither for too long.
 */
bool await_task(struct run *run, unsigned task)
{
    struct board_task *slot = &run->board->tasks[task];
    const struct timespec tick = {0, TICK_NS};
    for (long ticks = 0; !__atomic_exchange_n(&slot->told, 0, __ATOMIC_ACQUIRE);) {
        if (futex(&slot->told, FUTEX_WAIT, 0, &tick) == 0 || errno == EAGAIN)
            continue;
        if (__atomic_load_n(&slot->told, __ATOMIC_ACQUIRE))
            continue;
        if (has_died(run, task)) {
            slot->state = TASK_NONE;
            if (slot->executes)
                snprintf(run->board->refusal, sizeof run->board->refusal,
                         "it executes a program that does not load the library");
            break;
        }
        if (errno == ETIMEDOUT && ++ticks > LONGEST_STEP * (1000000000L / TICK_NS))
            return false;
    }
    if (slot->state == TASK_LEFT)
        forget_task(run, task);
    else if (slot->state == TASK_ENDING || slot->state == TASK_NONE)
        await_death(run, task);
    return true;
}

/* Waits for those that TASK has made, too. A new one can have come to its first step before we
 * look, so its state says nothing: it is new until this loop has met it. */
static bool await_all(struct run *run, unsigned task)
{
    if (!await_task(run, task))
        return false;
    for (; run->met < run->board->count; run->met++) {
        const unsigned i = run->met;
        struct board_task *slot = &run->board->tasks[i];
        if (slot->state == TASK_NONE) /* fork(2) failed */
            continue;
        run->pidfds[i] = -1;
        if (!await_task(run, i))
            return false;
        races_forked(task, i);
        if (slot->state != TASK_NONE && slot->process == i)
            run->pidfds[i] = (int)syscall(SYS_pidfd_open, slot->pid, 0);
    }
    return true;
}

bool order_task(struct run *run, unsigned task, enum board_order what)
{
    struct board_task *slot = &run->board->tasks[task];
    __atomic_store_n(&slot->go, (uint32_t)what, __ATOMIC_RELEASE);
    futex(&slot->go, FUTEX_WAKE, 1, NULL);
    return await_all(run, task);
}

pid_t order_image(const struct run *run, unsigned task)
{
    while (run->board->tasks[task].parent != task)
        task = run->board->tasks[task].parent;
    return run->servers[task];
}
