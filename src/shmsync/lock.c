/* SPDX-License-Identifier: MIT */
/*
 * lock.c - shmsync lock, rdlock and wrlock: hold a lock while a command runs.
 */
#include "config.h"

#include "shmsync/shmsync.h"

#include "lib/calls/calls_pthread.h"
#include "lib/cli/options.h"
#include "lib/cli/report.h"
#include "lib/run/child.h"
#include "shmsync/lock_mutex.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct lock_options {
    struct sync_segment segment;
    struct wait_limit limit;
    bool recover, not_recover;
    const char *name;
    char **command;
};

static int parse(const struct usage *usage, int argc, char *argv[], struct lock_options *options)
{
    struct operands operands;
    const char *rule;
    int status = options_parse(usage, argc, argv, options, &operands);
    if (status < 0)
        status = wait_limit_check(&options->limit);
    if (status >= 0)
        return status;
    if (options->recover && options->not_recover)
        return report_usage("--recover", "mutually exclusive with --not-recover");
    if ((rule = sync_parse(operands.items[0], &options->segment)))
        return report_usage(operands.items[0], rule);
    if ((rule = pshared_check_name(operands.items[1])))
        return report_usage(operands.items[1], rule);
    options->name = operands.items[1];
    options->command = operands.command;
    return -1;
}

/* --- mutexes --- */

static const struct cli_option lock_table[] = {
    OPTION_INCLUDE(wait_limit_options, struct lock_options, limit),
    OPTION_FLAG(0, "recover", struct lock_options, recover,
                "if the owner of a robust mutex died: run COMMAND, with the owner's TID in "
                "IPCLAB_OWNER_DIED, and then pthread_mutex_consistent(3); the default"),
    OPTION_FLAG(0, "not-recover", struct lock_options, not_recover,
                "if the owner died: do not run COMMAND, and unlock the mutex, which no process can "
                "lock again; exit 125"),
    OPTION_STANDARD,
    {0},
};

static const struct usage lock_usage = {
    .name = "shmsync lock",
    .operands = "SEGMENT MUTEX -- COMMAND [ARG...]",
    .summary = "Lock a mutex, run COMMAND, unlock the mutex.",
    .options = lock_table,
    .command_help = "run it; IPCLAB_SEGMENT is SEGMENT, IPCLAB_DATA the offset of its data area",
    .example = "shmsync lock --timeout=2s 5 m -- shmattach --increment u64@2048 5",
};

/*
 * The owner died, and the mutex is ours. Unlocking it without pthread_mutex_consistent(3) makes it
 * not recoverable for good (pthread_mutexattr_setrobust(3)). Returns -1 to go on, otherwise the
 * exit status.
 */
static int owner_died(const struct lock_options *options, const struct pshared_object *mutex,
                      pid_t dead)
{
    char tid[16];
    report_owner_died(&options->segment, mutex, dead);
    if (options->not_recover) {
        unlock_mutex(&options->segment, mutex);
        report_note("%s: now not recoverable; COMMAND was not run",
                    sync_subject(&options->segment, mutex));
        return CHILD_FAILED;
    }
    snprintf(tid, sizeof tid, "%d", dead);
    setenv("IPCLAB_OWNER_DIED", tid, 1);
    return -1;
}

static int hold_mutex(const struct lock_options *options, const struct pshared_object *mutex)
{
    const struct sync_segment *segment = &options->segment;
    pid_t dead;
    const int error = lock_mutex(segment, mutex, &options->limit, &dead);
    if (error == EIDRM)
        return CHILD_FAILED;
    if (error && error != EOWNERDEAD)
        return sync_refused(segment, mutex) == EXIT_BLOCKED ? EXIT_BLOCKED : CHILD_FAILED;
    int status = error ? owner_died(options, mutex, dead) : -1;
    if (status >= 0)
        return status;
    status = run_while_locked(segment, options->command);
    if (error && calls_object(CALL_PTHREAD_MUTEX_CONSISTENT, mutex->spec.name, mutex->at)) {
        report_refused(sync_subject(segment, mutex));
        status = CHILD_FAILED;
    }
    if (unlock_mutex(segment, mutex)) {
        report_refused(sync_subject(segment, mutex));
        status = CHILD_FAILED;
    }
    return status;
}

int shmsync_lock(int argc, char *argv[])
{
    struct lock_options options = {0};
    struct pshared_object mutex;
    int status = parse(&lock_usage, argc, argv, &options);
    if (status >= 0)
        return status;
    status = CHILD_FAILED;
    wait_limit_start(&options.limit);
    if (sync_open(&options.segment, OPEN_WRITE) == EXIT_DONE &&
        sync_find(&options.segment, options.name, PSHARED_MUTEX, &mutex) == EXIT_DONE)
        status = hold_mutex(&options, &mutex);
    sync_close(&options.segment);
    return status;
}

/* --- rwlocks --- */

static const struct cli_option rwlock_table[] = {
    OPTION_INCLUDE(wait_limit_options, struct lock_options, limit),
    OPTION_STANDARD,
    {0},
};

static const struct usage rdlock_usage = {
    .name = "shmsync rdlock",
    .operands = "SEGMENT RWLOCK -- COMMAND [ARG...]",
    .summary = "Lock an rwlock for reading, as any number of processes can at once, run COMMAND, "
               "unlock the rwlock.",
    .options = rwlock_table,
    .command_help = "run it; IPCLAB_SEGMENT is SEGMENT, IPCLAB_DATA the offset of its data area",
    .example = "shmsync rdlock 5 table -- shmattach --get u64@2048 5",
};

static const struct usage wrlock_usage = {
    .name = "shmsync wrlock",
    .operands = "SEGMENT RWLOCK -- COMMAND [ARG...]",
    .summary = "Lock an rwlock for writing, alone, run COMMAND, unlock the rwlock.",
    .options = rwlock_table,
    .command_help = "run it; IPCLAB_SEGMENT is SEGMENT, IPCLAB_DATA the offset of its data area",
    .example = "shmsync wrlock 5 table -- shmattach --set u64@2048=7 5",
};

static int hold_rwlock(const struct lock_options *options, const struct pshared_object *rwlock,
                       const struct rwlock_calls *calls)
{
    const struct sync_segment *segment = &options->segment;
    if (lock_rwlock(rwlock, calls, &options->limit))
        return sync_refused(segment, rwlock) == EXIT_BLOCKED ? EXIT_BLOCKED : CHILD_FAILED;
    int status = CHILD_FAILED;
    if (pshared_is_current(&segment->pshared, rwlock))
        status = run_while_locked(segment, options->command);
    else
        report_note("%s: was destroyed during the wait", sync_subject(segment, rwlock));
    if (unlock_rwlock(rwlock)) {
        report_refused(sync_subject(segment, rwlock));
        status = CHILD_FAILED;
    }
    return status;
}

static int rwlock_main(const struct usage *usage, int argc, char *argv[],
                       const struct rwlock_calls *calls)
{
    struct lock_options options = {0};
    struct pshared_object rwlock;
    int status = parse(usage, argc, argv, &options);
    if (status >= 0)
        return status;
    status = CHILD_FAILED;
    wait_limit_start(&options.limit);
    if (sync_open(&options.segment, OPEN_WRITE) == EXIT_DONE &&
        sync_find(&options.segment, options.name, PSHARED_RWLOCK, &rwlock) == EXIT_DONE)
        status = hold_rwlock(&options, &rwlock, calls);
    sync_close(&options.segment);
    return status;
}

int shmsync_rdlock(int argc, char *argv[])
{
    static const struct rwlock_calls calls = {
        CALL_PTHREAD_RWLOCK_RDLOCK, CALL_PTHREAD_RWLOCK_TRYRDLOCK, CALL_PTHREAD_RWLOCK_CLOCKRDLOCK};
    return rwlock_main(&rdlock_usage, argc, argv, &calls);
}

int shmsync_wrlock(int argc, char *argv[])
{
    static const struct rwlock_calls calls = {
        CALL_PTHREAD_RWLOCK_WRLOCK, CALL_PTHREAD_RWLOCK_TRYWRLOCK, CALL_PTHREAD_RWLOCK_CLOCKWRLOCK};
    return rwlock_main(&wrlock_usage, argc, argv, &calls);
}
