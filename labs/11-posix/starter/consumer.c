/*
 * consumer.c - take items out of a buffer, and print them. Given: nothing to do here.
 *
 *   $ ./consumer /letters 1        one of them; without COUNT, for ever
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
    const char *usage = "consumer /NAME [COUNT]";
    const char *name = buffer_name(argc == 2 || argc == 3 ? argv[1] : NULL, usage);
    unsigned long left = argc == 3 ? number(argv[2], 1, 1000000000, usage) : 0;
    struct handle handle;
    char text[TEXT_SIZE];
    uint64_t place;
    setvbuf(stdout, NULL, _IOLBF, 0); /* each line at once, also into a pipe */
    open_buffer("consumer", name, &handle);
    do {
        if (buffer_take(&handle, text, &place))
            return failed("consumer");
        printf("%" PRIu64 " %.*s\n", place, TEXT_SIZE, text);
    } while (argc == 2 || --left);
    return EXIT_SUCCESS;
}
