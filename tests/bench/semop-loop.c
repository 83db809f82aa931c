/* SPDX-License-Identifier: MIT */
/*
 * semop-loop.c - the least that P and V can cost in C: what semop-tool op --repeat is measured
 * against.
 *
 *   semop-loop KEY PAIRS
 */
#include <stdlib.h>
#include <sys/sem.h>

int main(int argc, char *argv[])
{
    struct sembuf take = {0, -1, 0}, give = {0, 1, 0};
    if (argc != 3)
        return 2;
    const int set = semget((key_t)strtol(argv[1], NULL, 0), 0, 0);
    for (long pairs = strtol(argv[2], NULL, 10); pairs > 0; pairs--)
        if (semop(set, &take, 1) || semop(set, &give, 1))
            return 1;
    return 0;
}
