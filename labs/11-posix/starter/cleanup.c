/*
 * cleanup.c - remove a buffer; do not change this file
 *
 *   $ ./cleanup /letters
 *
 * Exit status: 0 success; 1 a call failed, or the buffer does not exist; 2 usage error.
 */
#include "common.h"

#include <stdlib.h>

int main(int argc, char *argv[])
{
    const char *name = buffer_name(argc == 2 ? argv[1] : NULL, "cleanup /NAME");
    return buffer_remove(name) ? failed("cleanup") : EXIT_SUCCESS;
}
