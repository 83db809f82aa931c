/*
 * common.c - see common.h. This file is complete.
 */
#include "common.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

unsigned long number(const char *text, unsigned long least, unsigned long most, const char *usage)
{
    char *end = NULL;
    errno = 0;
    const unsigned long value = text ? strtoul(text, &end, 0) : 0;
    if (!text || end == text || *end || *text == '-' || errno || value < least || value > most) {
        fprintf(stderr, "usage: %s\n", usage);
        exit(2);
    }
    return value;
}

int failed(const char *program)
{
    const int error = errno;
    fprintf(stderr, "%s: %s%s\n", program, strerror(error),
            error == EIDRM || error == EINVAL ? ": the buffer has been removed" : "");
    return EXIT_FAILURE;
}

/* As long as there is no buffer, there is nothing on which a process could sleep, so poll. */
void open_buffer(const char *program, key_t key, struct handle *handle)
{
    const struct timespec nap = {0, 20000000};
    int told = 0;
    while (buffer_open(key, handle)) {
        if (errno != ENOENT)
            exit(failed(program));
        if (!told++)
            fprintf(stderr, "%s: waiting for ./setup 0x%x ...\n", program, (unsigned)key);
        nanosleep(&nap, NULL);
    }
}
