/*
 * shmsync-bench.c - shmsync bench: what a lock and an unlock cost that nobody else wants, in this program, in the least
 * that C can do, and as a semaphore of the kernel. Not in the overview: it is for tests/bench.
 */
#include "config.h"

#include "shmsync.h"

#include "lib/calls_pthread.h"
#include "lib/report.h"
#include "lib/semset.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

static const char help[] =
    "Usage: shmsync bench [options] SEGMENT MUTEX\n"
    "Lock and unlock a mutex that nobody else wants, again and again, and print the\n"
    "nanoseconds that a pair takes: in this program, in a minimal loop, and as a pair\n"
    "of semop(2) on a semaphore of one's own.\n"
    "\n"
    "      --pairs=N  how many (default 1000000)\n"
    "      --calls, --help\n"
    "\n"
    "Example: shmsync bench 5 m\n";

typedef bool pairs(const struct pshared_object *mutex, int set, uint64_t count);

/* As lock does it. */
static bool by_us(const struct pshared_object *mutex, int set, uint64_t count)
{
    (void)set;
    for (; count; count--)
        if (calls_mutex_lock(mutex->spec.name, mutex->at) || calls_mutex_unlock(mutex->spec.name, mutex->at))
            return false;
    return true;
}

static bool by_hand(const struct pshared_object *mutex, int set, uint64_t count)
{
    pthread_mutex_t *at = mutex->at;
    (void)set;
    for (; count; count--)
        if (pthread_mutex_lock(at) || pthread_mutex_unlock(at))
            return false;
    return true;
}

static bool by_semop(const struct pshared_object *mutex, int set, uint64_t count)
{
    struct sembuf take = {0, -1, 0}, give = {0, 1, 0};
    (void)mutex;
    for (; count; count--)
        if (semop(set, &take, 1) || semop(set, &give, 1))
            return false;
    return true;
}

/* Nanoseconds a pair, the best of five parts: what else the machine does makes it slower, never faster. */
static double measure(pairs *run, const struct pshared_object *mutex, int set, uint64_t count)
{
    double best = -1;
    for (int part = 0; part < 5; part++) {
        struct timespec from, to;
        const uint64_t some = count / 5 + 1;
        clock_gettime(CLOCK_MONOTONIC, &from);
        if (!run(mutex, set, some))
            return -1;
        clock_gettime(CLOCK_MONOTONIC, &to);
        const double each = ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / (double)some;
        if (best < 0 || each < best)
            best = each;
    }
    return best;
}

static int bench(const struct pshared_object *mutex, uint64_t count)
{
    static const unsigned short one[] = {1};
    const struct semset_request request = {.nsems = 1, .mode = 0600, .values = one};
    bool created;
    int set;
    if (semset_create(&request, &set, &created))
        return report_refused("semaphore");
    const double hand = measure(by_hand, mutex, set, count), us = measure(by_us, mutex, set, count);
    const double kernel = measure(by_semop, mutex, set, count);
    semset_discard(set);
    if (hand < 0 || us < 0 || kernel < 0)
        return report_error(mutex->spec.name, "lock and unlock");
    printf("shmsync %.1f\nC %.1f\nsemop %.1f\n", us, hand, kernel);
    return EXIT_DONE;
}

int shmsync_bench(int argc, char *argv[])
{
    enum { OPT_PAIRS = OPT_OWN };
    static const struct option long_options[] = {{"pairs", required_argument, NULL, OPT_PAIRS}, REPORT_OPTIONS};
    struct space space = {0};
    struct pshared_object mutex;
    uint64_t count = 1000000;
    int option, status;
    const char *rule = NULL;
    report_help(help);
    while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        if (option == OPT_PAIRS)
            rule = operand_number(optarg, 1, INT64_MAX, "how many is a number from 1 to 9223372036854775807", &count);
        else if ((status = report_option(option, argv)) >= 0)
            return status;
        if (rule)
            return report_usage(optarg, rule);
    }
    if (argc - optind != 2)
        return report_usage("SEGMENT MUTEX", "both are needed, and no more; see shmsync bench --help");
    if ((rule = space_parse(argv[optind], &space)) || (rule = pshared_check_name(argv[optind + 1])))
        return report_usage(argv[optind], rule);
    status = space_open(&space, OPEN_WRITE);
    if (status == EXIT_DONE)
        status = space_find(&space, argv[optind + 1], PSHARED_MUTEX, &mutex);
    if (status == EXIT_DONE)
        status = bench(&mutex, count);
    space_close(&space);
    return status;
}
