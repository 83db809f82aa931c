/*
 * meet.c - see meet.h
 */
#include "meet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *failed(const char *file, const char *why)
{
    fprintf(stderr, "%s: %s\n", file, why);
    return NULL;
}

/* The key of FILE, and what stat(2) says of it; -1 with errno. */
static key_t key_of(const char *file, struct stat *about)
{
    /* TODO: create FILE if it is not there, and make the key. */
    (void)file, (void)about;
    errno = ENOSYS;
    return -1;
}

struct chat *chat_create(const char *file, int *id)
{
    struct stat about;
    const key_t key = key_of(file, &about);
    if (key == -1)
        return failed(file, strerror(errno));
    /* TODO: create the segment, but only if nobody has; attach it; fill it in; open it. */
    (void)id;
    return NULL;
}

struct chat *chat_claim(const char *file, double end)
{
    struct stat about;
    const key_t key = key_of(file, &about);
    if (key == -1)
        return failed(file, strerror(errno));
    /* TODO: look for the segment until there is one, or the time is over; attach it; wait for your
     * turn; see whether it is the chat of this file. */
    (void)end;
    return NULL;
}
