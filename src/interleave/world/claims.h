/* SPDX-License-Identifier: MIT */
/*
 * claims.h - reading what must hold.
 */
#ifndef IPCLAB_INTERLEAVE_CLAIMS_H
#define IPCLAB_INTERLEAVE_CLAIMS_H

#include "interleave/explore.h"

/* Reads "OBJECT TYPE@OFFSET OP VALUE" or "OBJECT sem@NUMBER OP VALUE" into CLAIMS, of which there
 * are *COUNT and at most MOST_CLAIMS. Returns NULL, or the rule that TEXT breaks. */
const char *claim_add(const char *text, struct claim *claims, size_t *count);

#endif
