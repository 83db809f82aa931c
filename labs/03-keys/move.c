/*
 * move.c - word_move from the shell, for check.bats: what it plays is a server or a client
 *
 *   $ move ID FROM TO SECONDS     the word at the beginning of segment ID
 *
 * Exit status: 0 done; 1 not in time, or there is no such segment.
 */
#include "starter/word.h"

#include <stdlib.h>
#include <sys/shm.h>

int main(int argc, char **argv)
{
    uint32_t *word = argc == 5 ? shmat(atoi(argv[1]), NULL, 0) : (void *)-1;
    if (word == (void *)-1)
        return 1;
    return word_move(word, (uint32_t)atoi(argv[2]), (uint32_t)atoi(argv[3]), atof(argv[4])) ? 1 : 0;
}
