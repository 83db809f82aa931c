/* SPDX-License-Identifier: MIT */
/*
 * operands.c - see operands.h.
 */
#include "config.h"

#include "semop-tool/operands.h"

#include "lib/cli/report.h"
#include "lib/sem/semops.h"
#include "lib/sem/semset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int semop_parse_sets(char *const texts[], int count, struct operand **sets)
{
    *sets = calloc((size_t)count + 1, sizeof **sets);
    if (!*sets)
        return report_error("SET", "read");
    for (int i = 0; i < count; i++) {
        const char *rule = set_operand_parse(texts[i], &(*sets)[i]);
        if (rule) {
            free(*sets);
            *sets = NULL;
            return report_usage(texts[i], rule);
        }
    }
    return -1;
}

const char *semop_parse_values(const char *text, unsigned short **values, size_t *count)
{
    static const char rule[] = "values are numbers from 0 to 32767 (SEMVMX), separated by commas";
    size_t used = 0;
    *values = NULL;
    unsigned short *out = calloc(strlen(text) / 2 + 1, sizeof *out);
    if (!out)
        return "not enough memory for the values";
    for (const char *next = text;; next++) {
        const size_t length = strcspn(next, ",");
        char digits[8] = "";
        uint64_t number;
        if (length < sizeof digits)
            memcpy(digits, next, length);
        if (operand_number(digits, 0, SEMOPS_VALUE_MAX, rule, &number)) {
            free(out);
            return rule;
        }
        out[used++] = (unsigned short)number;
        next += length;
        if (!*next)
            break;
    }
    *values = out;
    *count = used;
    return NULL;
}

const char *semop_no_semaphore(size_t nsems)
{
    static char rule[80];
    snprintf(rule, sizeof rule, "the set has %zu semaphore%s, numbered from 0", nsems,
             nsems == 1 ? "" : "s");
    return rule;
}

/* SEMOPM is read once. Where it cannot be read there is no bound here: the kernel checks it too. */
const char *semop_too_many(size_t count)
{
    static uint64_t most;
    if (count < 2)
        return NULL;
    if (!most)
        most = semset_most_operations();
    return count > most ? "more operations than one list may have (SEMOPM): see semop-tool limits"
                        : NULL;
}

int semop_refused(const char *subject)
{
    const int error = calls_last_failure()->error;
    report_refused(subject);
    return error == EAGAIN ? EXIT_BLOCKED : EXIT_REFUSED;
}
