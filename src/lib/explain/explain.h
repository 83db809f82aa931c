/*
 * explain.h - why a call was refused, with the facts of the moment, and what to do about it.
 */
#ifndef IPCLAB_EXPLAIN_H
#define IPCLAB_EXPLAIN_H

#include "lib/calls/calls.h"

struct explanation {
    char what[512]; /* a sentence without a full stop, safe to print */
    char hint[512]; /* what to try; "" when there is nothing */
};

/*
 * Explains REFUSAL. Asks the kernel for what it holds now (limits, owners, mappings): those calls
 * are not traced and leave calls_refusal() as it was. A pair of call and errno that no manual page
 * documents gets strerror(3).
 */
void explain(const struct refusal *refusal, struct explanation *out);

#endif
