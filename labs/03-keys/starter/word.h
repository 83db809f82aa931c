/* word.h - wait until a word in shared memory has a given value, and change it */
#ifndef WORD_H
#define WORD_H

#include <stdint.h>

/* A word with this value is closed: it never changes again. */
enum { WORD_CLOSED = 255 };

/* Wait until the word is FROM, and change it to TO, in one step: if several processes wait, one of
 * them changes it, and the others continue to wait. Sleeps while it waits, for at most SECONDS; 0
 * means do not wait, and a negative number means wait without limit. Returns 0, or -1 with errno:
 * ETIMEDOUT if the time is up, EIDRM if the word is closed. */
int word_move(uint32_t *word, uint32_t from, uint32_t to, double seconds);

#endif
