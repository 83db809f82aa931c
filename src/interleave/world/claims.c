/* SPDX-License-Identifier: MIT */
/*
 * claims.c - see claims.h.
 */
#include "config.h"

#include "interleave/world/claims.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "sem@1 <= 3" is a condition on an i32 of its own. */
static const char *parse_semaphore(const char *text, struct claim *claim)
{
    char condition[128], *end;
    const unsigned long number = strtoul(text + 4, &end, 10);
    if (end == text + 4 || number > 31999)
        return "the number of a semaphore, after sem@, is 0 to 31999";
    claim->is_semaphore = true;
    claim->number = (unsigned)number;
    snprintf(condition, sizeof condition, "i32@0%s", end);
    return condition_parse(condition, &claim->condition);
}

const char *claim_add(const char *text, struct claim *claims, size_t *count)
{
    struct claim claim = {.text = text};
    char object[PATH_MAX];
    const size_t length = strcspn(text, " ");
    if (*count == MOST_CLAIMS)
        return "more than 16 claims";
    if (!text[length] || length >= sizeof object)
        return "a claim is an object, a blank and a condition: 0x4d2 u32@0 <= 3";
    snprintf(object, sizeof object, "%.*s", (int)length, text);
    const char *rule = operand_parse(object, &claim.object);
    const char *condition = text + length + strspn(text + length, " ");
    if (!rule)
        rule = strncmp(condition, "sem@", 4) ? condition_parse(condition, &claim.condition)
                                             : parse_semaphore(condition, &claim);
    if (!rule)
        claims[(*count)++] = claim;
    return rule;
}
