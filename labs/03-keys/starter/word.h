/* word.h - wait for a word in shared memory to have a value, and give it another. */
#ifndef WORD_H
#define WORD_H

#include <stdint.h>

/* A word of this value is closed: it never changes any more. */
enum { WORD_CLOSED = 255 };

/* Wait until the word is FROM, and make it TO, in one step: if several wait, one of them gets it,
 * and the others go on waiting. Waits SECONDS at most; 0: does not wait; less than 0: without end.
 * It sleeps meanwhile. Returns 0, or -1 and errno: ETIMEDOUT the time is over; EIDRM the word is
 * closed. */
int word_move(uint32_t *word, uint32_t from, uint32_t to, double seconds);

#endif
