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

/* Return the key of FILE, and set *ABOUT by stat(2). Returns -1, with errno set, if a call fails.
 */
static key_t key_of(const char *file, struct stat *about)
{
    /* TODO: create FILE if it does not exist, and compute the key. */
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
    /* TODO: create the segment, unless it already exists; attach it; fill it in; open the chat. */
    (void)id;
    return NULL;
}

struct chat *chat_claim(const char *file, double end)
{
    struct stat about;
    const key_t key = key_of(file, &about);
    if (key == -1)
        return failed(file, strerror(errno));
    /* TODO: look for the segment until there is one or the time is up; attach it; wait for your
     * turn; check that it is the chat of this file. */
    (void)end;
    return NULL;
}
