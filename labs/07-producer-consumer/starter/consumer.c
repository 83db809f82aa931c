/*
 * consumer.c - take items out of a buffer, and print them. This file is complete.
 *
 *   $ ./consumer 0x1ab07 1        takes out one item; if there is no COUNT, items for ever
 *   0 apple
 *
 * Exit status: 0 done; 1 a call failed; 2 usage.
 */
#include "common.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    const char *usage = "consumer KEY [COUNT]";
    const key_t key = (key_t)number(argc == 2 || argc == 3 ? argv[1] : NULL, 1, 0xffffffff, usage);
    unsigned long left = argc == 3 ? number(argv[2], 1, 1000000000, usage) : 0;
    struct handle handle;
    char text[TEXT_SIZE];
    uint64_t place;
    setvbuf(stdout, NULL, _IOLBF, 0); /* write each line at once, even to a pipe */
    open_buffer("consumer", key, &handle);
    do {
        if (buffer_take(&handle, text, &place))
            return failed("consumer");
        printf("%" PRIu64 " %.*s\n", place, TEXT_SIZE, text);
    } while (argc == 2 || --left);
    return EXIT_SUCCESS;
}
