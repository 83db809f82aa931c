/* SPDX-License-Identifier: MIT */
/*
 * explain.h - why a call failed, with the facts of the moment, and what to do about it.
 */
#ifndef IPCLAB_EXPLAIN_H
#define IPCLAB_EXPLAIN_H

#include "lib/explain/explanation.h"

struct failed_call;

/*
 * Explains FAILED in *OUT. Reads limits, owners and mappings as they are now; these calls are not
 * traced, and the last failure and errno stay as they are. An error that no manual page documents
 * for the call gets the words of strerror(3).
 */
void explain(const struct failed_call *failed, struct explanation *out);

#endif
