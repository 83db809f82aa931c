/*
 * barrier.c - N processes that wait for one another, again and again
 *
 *   $ ./barrier 0x1ab16 2         and the same in another terminal
 *                                 Enter: the process comes to the barrier
 *   passed 1                      when the other process has come, too
 *   ^D
 *
 * Exit status: 0 done; 1 a call failed; 2 usage.
 */
#include "set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The semaphores of the set: how many processes have not come yet, ... TODO: is one enough? */
enum { missing, semaphores };

/* TODO: come to the barrier of N; return when all N have come. Return 0, or -1 with errno. */
static int pass(int id, int n)
{
    (void)id;
    (void)n;
    errno = ENOSYS;
    return -1;
}

static int run(key_t key, int n)
{
    const unsigned short values[semaphores] = {[missing] = (unsigned short)n};
    const int id = set_open(key, semaphores, values);
    if (id < 0) {
        perror("barrier: set_open");
        return EXIT_FAILURE;
    }
    char *line = NULL;
    size_t size = 0;
    for (int round = 1; getline(&line, &size, stdin) > 0; round++) {
        if (pass(id, n)) {
            perror("barrier: pass");
            return EXIT_FAILURE;
        }
        printf("passed %d\n", round);
    }
    free(line);
    return EXIT_SUCCESS;
}

/* --- the command line: nothing to do below this line --- */

static void usage(void)
{
    fprintf(stderr, "usage: barrier KEY N\n");
    exit(2);
}

static unsigned long number(const char *text, unsigned long least, unsigned long most)
{
    char *end;
    errno = 0;
    const unsigned long value = strtoul(text, &end, 0);
    if (end == text || *end || *text == '-' || errno || value < least || value > most)
        usage();
    return value;
}

int main(int argc, char *argv[])
{
    setvbuf(stdout, NULL, _IOLBF, 0); /* write each line at once, even to a pipe */
    if (argc != 3)
        usage();
    const key_t key = (key_t)number(argv[1], 0, 0xffffffff);
    return run(key, (int)number(argv[2], 1, 32767));
}
