/*
 * pool.c - acquire units of several kinds from a pool, hold them, and release them
 *
 *   $ ./pool 0x1ab06 2,1 0 1      a pool of two of kind 0 and one of kind 1: acquire one of each
 *   got
 *   ^D
 *   gave
 *
 * Exit status: 0 done; 1 a call failed; 2 usage; 124 not acquired in time (-n, -t).
 */
#include "set.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { most_kinds = 16, most_wanted = 32, too_late = 124 };

struct request {
    key_t key;
    unsigned short counts[most_kinds]; /* how many units of each kind the pool has */
    int kinds;
    unsigned short wanted[most_wanted]; /* the kind of each unit to acquire */
    int wants;
    bool nowait, timed; /* -n; -t, with this timeout */
    struct timespec timeout;
};

/*
 * TODO: acquire one unit for each of request->wanted[0 .. wants-1] from the set; the number of a
 * semaphore is the kind. Wait as the request says. Return 0, or -1 with errno, which is EAGAIN if
 * the units were not free in time.
 */
static int take(int id, const struct request *request)
{
    (void)id;
    (void)request;
    errno = ENOSYS;
    return -1;
}

/* TODO: release the units. Return 0, or -1 with errno. */
static int give(int id, const struct request *request)
{
    (void)id;
    (void)request;
    errno = ENOSYS;
    return -1;
}

/* Wait until standard input ends. */
static void hold(void)
{
    char buffer[256];
    ssize_t got;
    do
        got = read(STDIN_FILENO, buffer, sizeof buffer);
    while (got > 0 || (got < 0 && errno == EINTR));
}

static int run(const struct request *request)
{
    const int id = set_open(request->key, request->kinds, request->counts);
    if (id < 0) {
        perror("pool: set_open");
        return EXIT_FAILURE;
    }
    if (take(id, request)) {
        if (errno == EAGAIN)
            return too_late;
        perror("pool: take");
        return EXIT_FAILURE;
    }
    puts("got");
    hold();
    if (give(id, request)) {
        perror("pool: give");
        return EXIT_FAILURE;
    }
    puts("gave");
    return EXIT_SUCCESS;
}

/* --- the command line: nothing to do below this line --- */

static void usage(void)
{
    fprintf(stderr, "usage: pool [-n | -t SECONDS] KEY COUNT[,COUNT...] KIND...\n");
    exit(2);
}

/* Parse a whole number from 0 to LIMIT, which must end at END_AT, or with TEXT if that is NULL. */
static unsigned long number(const char *text, const char *end_at, unsigned long limit)
{
    char *end;
    errno = 0;
    const unsigned long value = strtoul(text, &end, 0);
    if (end == text || *text == '-' || errno || value > limit ||
        (end_at ? end != end_at : *end != '\0'))
        usage();
    return value;
}

static void parse_counts(const char *text, struct request *request)
{
    for (;;) {
        const char *comma = text;
        while (*comma && *comma != ',')
            comma++;
        if (request->kinds == most_kinds)
            usage();
        request->counts[request->kinds++] = (unsigned short)number(text, comma, 32767);
        if (!*comma)
            return;
        text = comma + 1;
    }
}

static void parse_seconds(const char *text, struct request *request)
{
    char *end;
    const double seconds = strtod(text, &end);
    if (end == text || *end || !(seconds >= 0 && seconds <= 1e6))
        usage();
    request->timed = true;
    request->timeout.tv_sec = (time_t)seconds;
    request->timeout.tv_nsec = (long)((seconds - (double)request->timeout.tv_sec) * 1e9);
}

int main(int argc, char *argv[])
{
    struct request request = {0};
    int option;
    setvbuf(stdout, NULL, _IOLBF, 0); /* write each line at once, even to a pipe */
    while ((option = getopt(argc, argv, "nt:")) != -1) {
        if (option == 'n')
            request.nowait = true;
        else if (option == 't')
            parse_seconds(optarg, &request);
        else
            usage();
    }
    if (argc - optind < 3 || argc - optind - 2 > most_wanted)
        usage();
    request.key = (key_t)number(argv[optind++], NULL, 0xffffffff);
    parse_counts(argv[optind++], &request);
    while (optind < argc)
        request.wanted[request.wants++] =
            (unsigned short)number(argv[optind++], NULL, (unsigned long)request.kinds - 1);
    return run(&request);
}
