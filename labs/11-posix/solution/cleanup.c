/*
 * cleanup.c - remove a buffer. Given: nothing to do here.
 *
 *   $ ./cleanup /letters
 *
 * Exit status: 0 done; 1 a call failed, or there is none; 2 usage.
 */
#include "common.h"

#include <stdlib.h>

int main(int argc, char *argv[])
{
    const char *name = buffer_name(argc == 2 ? argv[1] : NULL, "cleanup /NAME");
    return buffer_remove(name) ? failed("cleanup") : EXIT_SUCCESS;
}
