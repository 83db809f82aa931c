/*
 * producer.c - put each line of standard input into a buffer; do not change this file
 *
 *   $ ./producer /letters
 *   apple
 *   0 apple                       with the number of the item
 *
 * Exit status: 0 success; 1 a call failed, or a line is too long; 2 usage error.
 */
#include "common.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int produce(const struct handle *handle, char *line)
{
    uint64_t place;
    line[strcspn(line, "\n")] = '\0';
    if (strlen(line) >= TEXT_SIZE) {
        fprintf(stderr, "producer: the line has %zu bytes, but an item has at most %d\n",
                strlen(line), TEXT_SIZE - 1);
        return EXIT_FAILURE;
    }
    if (buffer_put(handle, line, &place))
        return failed("producer");
    printf("%" PRIu64 " %s\n", place, line);
    return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
    const char *name = buffer_name(argc == 2 ? argv[1] : NULL, "producer /NAME");
    struct handle handle;
    char *line = NULL;
    size_t size = 0;
    int status = EXIT_SUCCESS;
    setvbuf(stdout, NULL, _IOLBF, 0); /* flush each line at once, even to a pipe */
    open_buffer("producer", name, &handle);
    while (!status && getline(&line, &size, stdin) > 0)
        status = produce(&handle, line);
    free(line);
    return status;
}
