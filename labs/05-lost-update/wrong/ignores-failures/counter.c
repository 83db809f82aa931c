/*
 * counter.c - several processes add to one number in a segment
 *
 *   $ id=$(shmcreate 4096)
 *   $ set=$(semop-tool create --init=1 1)
 *   $ ./counter plain $id 8 10000000
 *   23104377
 *   $ ./counter atomic $id 8 10000000
 *   103104377
 *   $ ./counter semaphore $id 8 10000 $set
 *   103184377
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

static int set; /* semaphore 0 is the mutex of the number: 1 when no process holds it */

/* Load, add, store. The store overwrites whatever another process has stored since the load. */
static int add_plain(void *number, uint64_t times)
{
    uint64_t *counter = number;
    for (uint64_t i = 0; i < times; i++)
        *counter = *counter + 1;
    return 0;
}

/* Load, add and store in one step: no other process can store in between. */
static int add_atomic(void *number, uint64_t times)
{
    _Atomic uint64_t *counter = number;
    for (uint64_t i = 0; i < times; i++)
        atomic_fetch_add(counter, 1);
    return 0;
}

/* P or V on the mutex. A signal handler can interrupt semop, so try again after EINTR. */
static int semaphore(int change)
{
    struct sembuf operation = {.sem_num = 0, .sem_op = (short)change, .sem_flg = SEM_UNDO};
    while (semop(set, &operation, 1) < 0)
        if (errno != EINTR) {
            perror("counter: semop");
            return -1;
        }
    return 0;
}

/* Three steps again, but only one process at a time is between P and V. */
static int add_semaphore(void *number, uint64_t times)
{
    uint64_t *counter = number;
    for (uint64_t i = 0; i < times; i++) {
        if (semaphore(-1))
            return 1;
        *counter = *counter + 1;
        if (semaphore(+1))
            return 1;
    }
    return 0;
}

/* Let PROCS processes add at the same time. Return 0 if all of them succeed, and 1 otherwise. */
static int run(int (*add)(void *, uint64_t), void *number, long procs, uint64_t times)
{
    int failed = 0, status;
    for (long i = 0; i < procs; i++) {
        const pid_t pid = fork();
        if (pid == 0)
            _exit(add(number, times));
        if (pid < 0) {
            perror("counter: fork");
            failed = 1;
            break;
        }
    }
    while (wait(&status) > 0)
        continue;
    return failed;
}

static const struct {
    const char *name;
    int (*add)(void *, uint64_t);
    int operands;
} ways[] = {{"plain", add_plain, 5}, {"atomic", add_atomic, 5}, {"semaphore", add_semaphore, 6}};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof ways / sizeof *ways; i++) {
        if (strcmp(argv[1], ways[i].name) || argc != ways[i].operands)
            continue;
        const long procs = strtol(argv[3], NULL, 10);
        if (procs < 1 || procs > 64)
            break;
        if (argc > 5)
            set = atoi(argv[5]);
        uint64_t *const number = shmat(atoi(argv[2]), NULL, 0);
        if (number == (void *)-1) {
            perror("counter: shmat");
            return 1;
        }
        const int failed = run(ways[i].add, number, procs, strtoull(argv[4], NULL, 10));
        if (!failed)
            printf("%" PRIu64 "\n", *number);
        return failed;
    }
    fprintf(stderr, "usage: counter plain|atomic SEGMENT PROCS TIMES\n"
                    "       counter semaphore SEGMENT PROCS TIMES SET\n");
    return 2;
}
