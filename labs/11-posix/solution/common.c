/*
 * common.c - see common.h; do not change this file
 */
#include "common.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void wrong_use(const char *usage)
{
    fprintf(stderr, "usage: %s\n", usage);
    exit(2);
}

const char *buffer_name(const char *text, const char *usage)
{
    if (!text || text[0] != '/' || !text[1] || strchr(text + 1, '/') || strlen(text) > LONGEST_NAME)
        wrong_use(usage);
    return text;
}

unsigned long number(const char *text, unsigned long least, unsigned long most, const char *usage)
{
    char *end;
    errno = 0;
    const unsigned long value = strtoul(text, &end, 0);
    if (end == text || *end || *text == '-' || errno || value < least || value > most)
        wrong_use(usage);
    return value;
}

int failed(const char *program)
{
    fprintf(stderr, "%s: %s\n", program, strerror(errno));
    return EXIT_FAILURE;
}

/* While the buffer does not exist, there is no object to sleep on, so this polls. */
void open_buffer(const char *program, const char *name, struct handle *handle)
{
    const struct timespec nap = {0, 20000000};
    int told = 0;
    while (buffer_open(name, handle)) {
        if (errno != ENOENT)
            exit(failed(program));
        if (!told++)
            fprintf(stderr, "%s: waiting for ./setup %s ...\n", program, name);
        nanosleep(&nap, NULL);
    }
}
