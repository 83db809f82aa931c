/*
 * setup.c - create a buffer. This file is complete.
 *
 *   $ ./setup 0x1ab07 5           of five slots
 *
 * Exit status: 0 done; 1 a call failed, or the buffer already exists; 2 usage.
 */
#include "common.h"

#include <stdlib.h>

int main(int argc, char *argv[])
{
    const char *usage = "setup KEY SLOTS";
    const key_t key = (key_t)number(argc == 3 ? argv[1] : NULL, 1, 0xffffffff, usage);
    const uint32_t slots = (uint32_t)number(argv[2], 1, 32767, usage);
    return buffer_create(key, slots) ? failed("setup") : EXIT_SUCCESS;
}
