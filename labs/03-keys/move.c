/*
 * move.c - word_move for the shell: check.bats uses it to play a server or a client
 *
 *   $ move ID FROM TO SECONDS     move the word at the beginning of segment ID
 *
 * Exit status: 0 moved; 1 the time is up, or there is no such segment.
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
