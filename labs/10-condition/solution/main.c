/*
 * main.c - the program around the buffer of buffer.c; do not change this file
 *
 *   $ ./buffer make 0x1ab10 3       make a buffer of three slots
 *   $ ./buffer put 0x1ab10          put each line of standard input
 *   $ ./buffer get 0x1ab10 [COUNT]  print COUNT items, or all until the buffer is closed and empty
 *   $ ./buffer close 0x1ab10
 *   $ shmctl-tool rm 0x1ab10
 *
 * Exit status: 0 success; 1 a call failed, or (put) the buffer is closed; 2 usage error.
 */
#include "buffer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

static void usage(void)
{
    fprintf(stderr, "usage: buffer make KEY SLOTS | put KEY | get KEY [COUNT] | close KEY\n");
    exit(2);
}

static unsigned long number(const char *text, unsigned long most)
{
    char *end;
    errno = 0;
    const unsigned long value = strtoul(text, &end, 0);
    if (end == text || *end || *text == '-' || errno || value > most)
        usage();
    return value;
}

static int failed(const char *call, int error)
{
    fprintf(stderr, "buffer: %s: %s\n", call, strerror(error));
    return EXIT_FAILURE;
}

/* Attaches the segment, and first creates it if SIZE is not 0. Returns NULL and sets errno on
 * error. */
static struct buffer *attach(key_t key, size_t size)
{
    const int id = shmget(key, size, size ? IPC_CREAT | IPC_EXCL | 0600 : 0);
    struct buffer *buffer = id < 0 ? (void *)-1 : shmat(id, NULL, 0);
    return buffer == (void *)-1 ? NULL : buffer;
}

static int make(key_t key, uint32_t slots)
{
    struct buffer *buffer = attach(key, sizeof *buffer + slots * sizeof buffer->item[0]);
    if (!buffer)
        return failed("make", errno);
    const int error = buffer_init(buffer, slots);
    return error ? failed("buffer_init", error) : EXIT_SUCCESS;
}

static int put(struct buffer *buffer)
{
    char line[text_size + 1]; /* with the newline */
    while (fgets(line, sizeof line, stdin)) {
        const size_t length = strcspn(line, "\n");
        if (length == text_size)
            return failed("put", E2BIG);
        line[length] = '\0';
        const int error = buffer_put(buffer, line);
        if (error)
            return failed("buffer_put", error);
    }
    return EXIT_SUCCESS;
}

static int get(struct buffer *buffer, unsigned long count)
{
    for (char text[text_size]; count > 0; count--) {
        const int error = buffer_get(buffer, text);
        if (error)
            return error == EPIPE ? EXIT_SUCCESS : failed("buffer_get", error);
        puts(text);
    }
    return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
    setvbuf(stdout, NULL, _IOLBF, 0); /* flush each line at once, even to a pipe */
    setvbuf(stdin, NULL, _IOLBF, 0);
    if (argc < 3)
        usage();
    const char *what = argv[1];
    const key_t key = (key_t)number(argv[2], 0xffffffff);
    if (!strcmp(what, "make") && argc == 4) {
        const unsigned long slots = number(argv[3], most_slots);
        return slots ? make(key, (uint32_t)slots) : (usage(), 2);
    }
    const int is_get = !strcmp(what, "get");
    const unsigned long count = is_get && argc == 4 ? number(argv[3], 1000000) : -1UL;
    if (argc != 3 && !(is_get && argc == 4))
        usage();
    struct buffer *buffer = attach(key, 0);
    if (!buffer)
        return failed(what, errno);
    if (is_get)
        return get(buffer, count);
    if (!strcmp(what, "put"))
        return put(buffer);
    if (strcmp(what, "close"))
        usage();
    const int error = buffer_close(buffer);
    return error ? failed("buffer_close", error) : EXIT_SUCCESS;
}
