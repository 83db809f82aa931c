/*
 * screenshot.c - take pictures of a screen in a segment
 *
 *   $ echo one.ppm | ./screenshot 5
 *   one.ppm
 *
 * Exit status: 0 success; 1 failure; 2 usage error.
 */
#include "xwd.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

/*
 * TODO: attach segment ID, write the screen in it to FILE as a PPM, and detach. Return 0; on error,
 * return -1 and set errno, to EBADMSG if the segment does not contain a screen.
 */
static int take_picture(int id, const char *file)
{
    (void)id;
    (void)file;
    errno = ENOSYS;
    return -1;
}

/* TODO: acquire semaphore 0 of SET; do nothing if SET is -1. Return 0; on error, return -1 and set
 * errno. */
static int enter(int set)
{
    (void)set;
    return 0;
}

/* TODO: release it. */
static int leave(int set)
{
    (void)set;
    return 0;
}

/* --- do not change anything below this line --- */

static int fail(const char *what)
{
    fprintf(stderr, "screenshot: %s: %s\n", what, strerror(errno));
    return EXIT_FAILURE;
}

static int run(int id, int set)
{
    char file[256];
    while (fgets(file, sizeof file, stdin)) {
        file[strcspn(file, "\n")] = '\0';
        if (enter(set))
            return fail("enter");
        if (take_picture(id, file))
            return fail(file);
        if (leave(set))
            return fail("leave");
        puts(file);
    }
    return EXIT_SUCCESS;
}

static void usage(void)
{
    fprintf(stderr, "usage: screenshot [-m SET] SEGMENT\n");
    exit(2);
}

static int number(const char *text)
{
    char *end;
    errno = 0;
    const long value = strtol(text, &end, 10);
    if (end == text || *end || errno || value < 0 || value > 0x7fffffff)
        usage();
    return (int)value;
}

int main(int argc, char *argv[])
{
    int option, set = -1;
    setvbuf(stdout, NULL, _IOLBF, 0); /* flush each line at once, even to a pipe */
    while ((option = getopt(argc, argv, "m:")) != -1) {
        if (option != 'm')
            usage();
        set = number(optarg);
    }
    if (argc - optind != 1)
        usage();
    return run(number(argv[optind]), set);
}
