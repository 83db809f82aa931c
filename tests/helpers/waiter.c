/* SPDX-License-Identifier: MIT */
/*
 * waiter.c - a process that blocks in semop(2) in ways that semop-tool op cannot.
 *
 *   waiter [--timed] [--spare] [--leader-exits] [--fork N] SET STEPS...
 *
 * STEPS are lists of operations with blanks between, one semop(2) each: "0-1 2-1,1-1". Each
 * argument is done by a thread of its own, the last by the main thread; with --fork N, N children
 * do the first and nothing else happens.
 * --timed waits with semtimedop(2), an hour at most. --spare adds a thread that could go on: it is
 * in no semaphore's way. --leader-exits leaves the other threads without the main one. Exit status:
 * 0 if all was done, 1 if any call failed (EIDRM, when the set is removed).
 *
 * The system calls are made by number where they have one, because the C library's semop() calls
 * semtimedop.
 */
#include "config.h"

#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OPS_MAX 1024

static int set;
static int timed;
static atomic_int failed;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static long wait_with(struct sembuf *ops, size_t count)
{
    const struct timespec hour = {3600, 0};
#if defined SYS_semop && defined SYS_semtimedop
    return timed ? syscall(SYS_semtimedop, set, ops, count, &hour)
                 : syscall(SYS_semop, set, ops, count);
#else
    return timed ? semtimedop(set, ops, count, &hour) : semop(set, ops, count);
#endif
}

/* One list of TEXT; returns where it ends. */
static char *step(char *text)
{
    struct sembuf ops[OPS_MAX];
    size_t count = 0;
    do {
        struct sembuf *op = &ops[count++];
        op->sem_num = (unsigned short)strtoul(text, &text, 10);
        text += *text == '=';
        op->sem_op = (short)strtol(text, &text, 10);
        op->sem_flg = 0;
    } while (*text == ',' && *++text && count < OPS_MAX);
    if (wait_with(ops, count))
        failed = 1;
    return text;
}

static void *steps(void *arg)
{
    char *text = arg;
    while (*text) {
        text = step(text);
        while (*text == ' ')
            text++;
    }
    return NULL;
}

static void *spare(void *arg)
{
    for (;;)
        pause();
    return arg;
}

static pthread_t start(void *(*function)(void *), char *text)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, function, text))
        die("pthread_create");
    return thread;
}

static int in_children(long count, char *text)
{
    int status;
    while (count-- > 0) {
        const pid_t pid = fork();
        if (pid < 0)
            die("fork");
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            steps(text);
            _exit(failed);
        }
    }
    while (wait(&status) > 0)
        if (status)
            failed = 1;
    return failed;
}

int main(int argc, char *argv[])
{
    static const struct option options[] = {
        {"fork", required_argument, NULL, 'f'},
        {"leader-exits", no_argument, NULL, 'l'},
        {"spare", no_argument, NULL, 's'},
        {"timed", no_argument, NULL, 't'},
        {NULL, 0, NULL, 0},
    };
    pthread_t threads[16];
    size_t count = 0;
    long forks = 0;
    int option, leader_exits = 0;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'f')
            forks = strtol(optarg, NULL, 10);
        else if (option == 'l')
            leader_exits = 1;
        else if (option == 's')
            start(spare, NULL);
        else if (option == 't')
            timed = 1;
        else
            return 2;
    }
    if (argc - optind < 2 || argc - optind > 16)
        return 2;
    set = (int)strtol(argv[optind++], NULL, 10);
    if (forks)
        return in_children(forks, argv[optind]);
    while (optind < argc - !leader_exits)
        threads[count++] = start(steps, argv[optind++]);
    if (leader_exits)
        pthread_exit(NULL);
    steps(argv[optind]);
    while (count-- > 0)
        pthread_join(threads[count], NULL);
    return failed;
}
