/*
 * cleanup.c - remove a buffer. This file is complete.
 *
 *   $ ./cleanup 0x1ab07
 *
 * Exit status: 0 done; 1 a call failed, or there is no buffer; 2 usage.
 */
#include "common.h"

#include <stdlib.h>

int main(int argc, char *argv[])
{
    const key_t key = (key_t)number(argc == 2 ? argv[1] : NULL, 1, 0xffffffff, "cleanup KEY");
    return buffer_remove(key) ? failed("cleanup") : EXIT_SUCCESS;
}
