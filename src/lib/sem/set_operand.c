/* SPDX-License-Identifier: MIT */
/*
 * set_operand.c - see set_operand.h.
 */
#include "config.h"

#include "lib/sem/set_operand.h"

#include <stdbool.h>
#include <string.h>

const char *set_operand_parse(const char *text, struct operand *out)
{
    const char *rule = operand_parse(text, out);
    if (!rule && out->kind != OPERAND_POSIX)
        return NULL;
    /* A text that begins like one of the three broke that one's rule. */
    const bool begun = (*text >= '0' && *text <= '9') || !strncmp(text, "ftok:", 5);
    return begun && rule ? rule : "a set is an id (5), a key (0x4d2) or ftok:PATH[:PROJ]";
}
