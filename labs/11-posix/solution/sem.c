/*
 * sem.c - does for named POSIX semaphores what semop-tool does for System V semaphores. The
 * walk-through uses it; do not change this file.
 *
 *   $ ./sem create /door 1         create a semaphore with the value 1
 *   $ ./sem wait /door             decrement it; other commands: post, value, unlink
 *
 * Exit status: 0 success; 1 a call failed; 2 usage error.
 */
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failed(const char *call)
{
    perror(call);
    return EXIT_FAILURE;
}

static int create(const char *name, const char *value)
{
    return sem_open(name, O_CREAT | O_EXCL, 0600, (unsigned)atoi(value)) == SEM_FAILED
               ? failed("sem_open")
               : EXIT_SUCCESS;
}

static int operate(const char *verb, const char *name)
{
    int value;
    sem_t *semaphore = sem_open(name, 0);
    if (semaphore == SEM_FAILED)
        return failed("sem_open");
    if (!strcmp(verb, "wait"))
        return sem_wait(semaphore) ? failed("sem_wait") : EXIT_SUCCESS;
    if (!strcmp(verb, "post"))
        return sem_post(semaphore) ? failed("sem_post") : EXIT_SUCCESS;
    if (sem_getvalue(semaphore, &value))
        return failed("sem_getvalue");
    printf("%d\n", value);
    return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
    if (argc == 4 && !strcmp(argv[1], "create"))
        return create(argv[2], argv[3]);
    if (argc == 3 && !strcmp(argv[1], "unlink"))
        return sem_unlink(argv[2]) ? failed("sem_unlink") : EXIT_SUCCESS;
    if (argc == 3 &&
        (!strcmp(argv[1], "wait") || !strcmp(argv[1], "post") || !strcmp(argv[1], "value")))
        return operate(argv[1], argv[2]);
    fprintf(stderr, "usage: sem create /NAME VALUE, or sem wait|post|value|unlink /NAME\n");
    return 2;
}
