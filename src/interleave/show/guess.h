/* SPDX-License-Identifier: MIT */
/*
 * guess.h - questions about what comes next, and how many answers were right.
 */
#ifndef IPCLAB_INTERLEAVE_GUESS_H
#define IPCLAB_INTERLEAVE_GUESS_H

#include "interleave/show/player.h"

struct guesses {
    bool asks; /* --predict */
    unsigned right, asked;
};

/* CHOSEN is about to be taken: if it loads a value, asks which. Returns false at the end of the
 * input. */
bool guess_before(struct guesses *guesses, const struct player *player, choice chosen, char *answer,
                  size_t size);

/* It was taken: says whether ANSWER was right; "": there was no question. */
void guess_after(struct guesses *guesses, const struct player *player, choice chosen,
                 const char *answer);

/* COUNT CHOICES can come next: asks which tasks can go on, where that could have changed, and says
 * whether the answer is right. Returns false at the end of the input. */
bool guess_next(struct guesses *guesses, const struct player *player, const choice *choices,
                unsigned count);

/* "3 of 4 answers right"; nothing if there were no questions. */
void guess_tell(const struct guesses *guesses);

#endif
