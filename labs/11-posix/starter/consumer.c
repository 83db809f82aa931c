/*
 * consumer.c - take items out of a buffer, and print them; do not change this file
 *
 *   $ ./consumer /letters 1        take one item; if COUNT is not given, go on for ever
 *   0 apple
 *
 * Exit status: 0 success; 1 a call failed; 2 usage error.
 */
#include "common.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    const char *usage = "consumer /NAME [COUNT]";
    const char *name = buffer_name(argc == 2 || argc == 3 ? argv[1] : NULL, usage);
    unsigned long left = argc == 3 ? number(argv[2], 1, 1000000000, usage) : 0;
    struct handle handle;
    char text[TEXT_SIZE];
    uint64_t place;
    setvbuf(stdout, NULL, _IOLBF, 0); /* flush each line at once, even to a pipe */
    open_buffer("consumer", name, &handle);
    do {
        if (buffer_take(&handle, text, &place))
            return failed("consumer");
        printf("%" PRIu64 " %.*s\n", place, TEXT_SIZE, text);
    } while (argc == 2 || --left);
    return EXIT_SUCCESS;
}
