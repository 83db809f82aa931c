/*
 * setup.c - create a buffer; do not change this file
 *
 *   $ ./setup /letters 5          a buffer of five slots
 *
 * Exit status: 0 success; 1 a call failed, or the buffer already exists; 2 usage error.
 */
#include "common.h"

#include <stdlib.h>

int main(int argc, char *argv[])
{
    const char *usage = "setup /NAME SLOTS";
    const char *name = buffer_name(argc == 3 ? argv[1] : NULL, usage);
    const uint32_t slots = (uint32_t)number(argv[2], 1, 32767, usage);
    return buffer_create(name, slots) ? failed("setup") : EXIT_SUCCESS;
}
