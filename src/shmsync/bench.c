/*
 * shmsync-bench.c - shmsync bench: what a lock and an unlock cost that nobody else wants. Not in
 * the overview: it is for tests/bench, which has the least that C can do beside it.
 */
#include "config.h"

#include "shmsync/shmsync.h"

#include "lib/calls/calls_pthread.h"
#include "lib/cli/report.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

static const char help[] =
    "Usage: shmsync bench [options] SEGMENT MUTEX\n"
    "Lock and unlock a mutex that nobody else wants, again and again, and print the\n"
    "nanoseconds that a pair took.\n"
    "\n"
    "      --pairs=N  how many (default 1000000)\n"
    "      --calls, --help\n"
    "\n"
    "Example: shmsync bench 5 m\n";

/* As lock does it. Returns 0, or -1 with errno. */
static int lock_and_unlock(const struct pshared_object *mutex, uint64_t count)
{
    pthread_mutex_t *at = mutex->at;
    for (; count; count--)
        if (calls_mutex_lock(mutex->spec.name, at) || calls_mutex_unlock(mutex->spec.name, at))
            return -1;
    return 0;
}

static int bench(const struct space *space, const struct pshared_object *mutex, uint64_t count)
{
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    if (lock_and_unlock(mutex, count))
        return space_refused(space, mutex);
    clock_gettime(CLOCK_MONOTONIC, &to);
    const double took =
        (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
    printf("%.1f\n", took / (double)count);
    return EXIT_DONE;
}

int shmsync_bench(int argc, char *argv[])
{
    enum { OPT_PAIRS = OPT_FIRST_FREE };
    static const struct option long_options[] = {{"pairs", required_argument, NULL, OPT_PAIRS},
                                                 REPORT_OPTIONS};
    struct space space = {0};
    struct pshared_object mutex;
    uint64_t count = 1000000;
    int option, status;
    const char *rule = NULL;
    report_help(help);
    while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        if (option == OPT_PAIRS)
            rule = operand_number(optarg, 1, INT64_MAX,
                                  "how many is a number from 1 to 9223372036854775807", &count);
        else if ((status = report_option(option, argv)) >= 0)
            return status;
        if (rule)
            return report_usage(optarg, rule);
    }
    if (argc - optind != 2)
        return report_usage("SEGMENT MUTEX",
                            "both are needed, and no more; see shmsync bench --help");
    if ((rule = space_parse(argv[optind], &space)) || (rule = pshared_check_name(argv[optind + 1])))
        return report_usage(argv[optind], rule);
    status = space_open(&space, OPEN_WRITE);
    if (status == EXIT_DONE)
        status = space_find(&space, argv[optind + 1], PSHARED_MUTEX, &mutex);
    if (status == EXIT_DONE)
        status = bench(&space, &mutex, count);
    space_close(&space);
    return status;
}
