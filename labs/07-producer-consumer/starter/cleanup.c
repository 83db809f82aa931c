/*
 * cleanup.c - remove a buffer. Given: nothing to do here.
 *
 *   $ ./cleanup 0x1ab07
 *
 * Exit status: 0 done; 1 a call failed, or there is none; 2 usage.
 */
#include "common.h"

#include <stdlib.h>

int main(int argc, char *argv[])
{
    const key_t key = (key_t)number(argc == 2 ? argv[1] : NULL, 1, 0xffffffff, "cleanup KEY");
    return buffer_remove(key) ? failed("cleanup") : EXIT_SUCCESS;
}
