/* SPDX-License-Identifier: MIT */
/*
 * explanation.h - what explain() produces: why a call failed, and what to do about it.
 */
#ifndef IPCLAB_EXPLANATION_H
#define IPCLAB_EXPLANATION_H

/* Both are safe to print and cut off where they do not fit. */
struct explanation {
    char reason[512]; /* a sentence without a full stop */
    char hint[512];   /* what to try; "" if there is nothing to try */
};

#endif
