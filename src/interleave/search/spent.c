/* SPDX-License-Identifier: MIT */
/*
 * spent.c - see spent.h.
 */
#include "config.h"

#include "interleave/search/spent.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Fields 14 to 17 of /proc/PID/stat (proc_pid_stat(5)): utime, stime, and those of its children. */
static double seconds_of_server(pid_t pid)
{
    char path[40], text[512];
    unsigned long ticks[4] = {0};
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    const char *name_end = strrchr(text, ')');
    if (!name_end ||
        sscanf(name_end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu",
               &ticks[0], &ticks[1], &ticks[2], &ticks[3]) != 4)
        return 0;
    return (double)(ticks[0] + ticks[1] + ticks[2] + ticks[3]) / (double)sysconf(_SC_CLK_TCK);
}

double spent_seconds(const struct run *run)
{
    static double first;
    if (first == 0)
        first = seconds_of(CLOCK_MONOTONIC);
    double sum = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t i = 0; i < run->plan->count; i++)
        if (run->servers[i] > 0)
            sum += seconds_of_server(run->servers[i]);
    const double passed = (seconds_of(CLOCK_MONOTONIC) - first) / IDLE_SHARE;
    return sum > passed ? sum : passed;
}
