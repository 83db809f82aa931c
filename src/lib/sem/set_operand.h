/* SPDX-License-Identifier: MIT */
/*
 * set_operand.h - the SET of a command line: an id, a key or ftok:.
 */
#ifndef IPCLAB_SET_OPERAND_H
#define IPCLAB_SET_OPERAND_H

#include "lib/base/operand.h"

/* Reads "5", "0x4d2" or "ftok:PATH[:PROJ]". Returns NULL, or the rule that TEXT broke. */
const char *set_operand_parse(const char *text, struct operand *out);

#endif
