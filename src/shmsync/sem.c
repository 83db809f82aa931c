/* SPDX-License-Identifier: MIT */
/*
 * sem.c - shmsync post, down and arrive: operate on a semaphore, and wait at a barrier.
 */
#include "config.h"

#include "shmsync/shmsync.h"

#include "lib/calls/calls_pthread.h"
#include "lib/cli/options.h"
#include "lib/cli/report.h"
#include "shmsync/open.h"
#include "shmsync/wait_limit.h"

static const struct cli_option plain_table[] = {OPTION_STANDARD, {0}};
static const struct cli_option down_table[] = {
    {.include = wait_limit_options},
    OPTION_STANDARD,
    {0},
};

static const struct usage post_usage = {
    .name = "shmsync post",
    .operands = "SEGMENT SEM",
    .summary = "Increment a semaphore's value, which wakes one waiter (sem_post(3)).",
    .options = plain_table,
    .example = "shmsync post 5 slots",
};

static const struct usage down_usage = {
    .name = "shmsync down",
    .operands = "SEGMENT SEM",
    .summary = "Wait while a semaphore's value is 0, and decrement it (sem_wait(3)).",
    .options = down_table,
    .notes = "A semaphore has no owner: any process may increment it again with shmsync post, and "
             "no process does when the one that decremented it dies.",
    .example = "shmsync down --timeout=2s 5 slots",
};

static const struct usage arrive_usage = {
    .name = "shmsync arrive",
    .operands = "SEGMENT BARRIER",
    .summary =
        "Arrive at a barrier and wait until as many processes have arrived as it was created "
        "for; then all of them continue, and the barrier can be used again "
        "(pthread_barrier_wait(3)).",
    .options = plain_table,
    .notes = "There is no timeout, and an arrival cannot be taken back, even by SIGKILL.",
    .example = "shmsync arrive 5 start",
};

/* Returns 0, or -1 when the call was refused. */
typedef int action(const struct pshared_object *object, const struct wait_limit *limit);

static int post(const struct pshared_object *sem, const struct wait_limit *limit)
{
    (void)limit;
    return calls_object(CALL_SEM_POST, sem->spec.name, sem->at);
}

/* Signals keep their default actions: a program that one ends during the wait has not decremented,
 * and after the wait there is nothing left to undo. */
static int down(const struct pshared_object *sem, const struct wait_limit *limit)
{
    if (limit->try)
        return calls_object(CALL_SEM_TRYWAIT, sem->spec.name, sem->at);
    if (limit->timed)
        return calls_object_until(CALL_SEM_CLOCKWAIT, sem->spec.name, sem->at, &limit->deadline);
    return calls_object(CALL_SEM_WAIT, sem->spec.name, sem->at);
}

static int arrive(const struct pshared_object *barrier, const struct wait_limit *limit)
{
    bool serial;
    (void)limit;
    return calls_barrier_wait(barrier->spec.name, barrier->at, &serial);
}

static int parse(const struct usage *usage, int argc, char *argv[], struct sync_segment *segment,
                 struct wait_limit *limit, const char **name)
{
    struct operands operands;
    const char *rule;
    int status = options_parse(usage, argc, argv, limit, &operands);
    if (status < 0)
        status = wait_limit_check(limit);
    if (status >= 0)
        return status;
    if ((rule = sync_parse(operands.items[0], segment)))
        return report_usage(operands.items[0], rule);
    *name = operands.items[1];
    if ((rule = pshared_check_name(*name)))
        return report_usage(*name, rule);
    return -1;
}

static int act(const struct usage *usage, int argc, char *argv[], enum pshared_kind kind,
               action *does)
{
    struct sync_segment segment = {0};
    struct pshared_object object;
    struct wait_limit limit = {0};
    const char *name = NULL;
    int status = parse(usage, argc, argv, &segment, &limit, &name);
    if (status >= 0)
        return status;
    wait_limit_start(&limit);
    status = sync_open(&segment, OPEN_WRITE);
    if (status == EXIT_DONE)
        status = sync_find(&segment, name, kind, &object);
    if (status == EXIT_DONE && does(&object, &limit)) {
        status = sync_refused(&segment, &object);
    } else if (status == EXIT_DONE && !pshared_is_current(&segment.pshared, &object)) {
        report_note("%s: was destroyed during the wait", sync_subject(&segment, &object));
        status = EXIT_REFUSED;
    }
    sync_close(&segment);
    return status;
}

int shmsync_post(int argc, char *argv[])
{
    return act(&post_usage, argc, argv, PSHARED_SEM, post);
}

int shmsync_down(int argc, char *argv[])
{
    return act(&down_usage, argc, argv, PSHARED_SEM, down);
}

int shmsync_arrive(int argc, char *argv[])
{
    return act(&arrive_usage, argc, argv, PSHARED_BARRIER, arrive);
}
