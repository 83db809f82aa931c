/* SPDX-License-Identifier: MIT */
/*
 * semops.c - see semops.h. Files may have millions of lists, so the parser makes one pass and no
 * copies.
 */
#include "config.h"

#include "lib/sem/semops.h"

#include "lib/base/array.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>

/* The largest number of a semaphore, which sem_num holds. */
#define SEM_MAX 65535

static const char RULE_OP[] =
    "an operation is SEM-N, SEM+N or SEM=0, followed by u (undo), n (nowait) or both";
static const char RULE_SEM[] = "a semaphore's number is from 0 to 65535";
static const char RULE_RANGE[] = "a range of semaphores is FIRST..LAST, FIRST not above LAST";
static const char RULE_N[] = "N is from 1 to 32767 (SEMVMX)";
static const char RULE_ZERO[] = "= waits for zero only: SEM=0";
static const char RULE_MEMORY[] = "not enough memory for so many operations";

/* Reads a number at *AT and moves *AT past it. Returns -1 when there is none, or it is above MAX.
 */
static int32_t number(const char **at, const char *end, int32_t max)
{
    const char *start = *at;
    int32_t value = 0;
    while (*at < end && **at >= '0' && **at <= '9') {
        value = value * 10 + (**at - '0');
        if (value > max)
            return -1;
        ++*at;
    }
    return *at == start ? -1 : value;
}

static struct sembuf *append(struct semops *ops)
{
    if (array_reserve(&ops->items, &ops->capacity, ops->count + 1))
        return NULL;
    return &ops->items[ops->count++];
}

static bool at_digit(const char *at, const char *end)
{
    return at < end && *at >= '0' && *at <= '9';
}

/* SEM, or FIRST..LAST. */
static const char *parse_range(const char **at, const char *end, int32_t *first, int32_t *last)
{
    if (!at_digit(*at, end))
        return RULE_OP;
    *first = *last = number(at, end, SEM_MAX);
    if (*first < 0)
        return RULE_SEM;
    if (end - *at <= 2 || memcmp(*at, "..", 2))
        return NULL;
    *at += 2;
    *last = number(at, end, SEM_MAX);
    if (*last < 0)
        return RULE_SEM;
    return *last < *first ? RULE_RANGE : NULL;
}

/* The sign and N: what sem_op becomes. */
static const char *parse_change(const char **at, const char *end, short *op)
{
    const char sign = *at < end ? *(*at)++ : '\0';
    if (sign == '=') {
        *op = 0;
        return number(at, end, 0) == 0 ? NULL : RULE_ZERO;
    }
    if ((sign != '-' && sign != '+') || !at_digit(*at, end))
        return RULE_OP;
    const int32_t n = number(at, end, SEMOPS_VALUE_MAX);
    if (n < 1)
        return RULE_N;
    *op = (short)(sign == '-' ? -n : n);
    return NULL;
}

/* The letters after it, each at most once, up to a comma or the end. */
static const char *parse_flags(const char **at, const char *end, short *flags)
{
    for (; *at < end && **at != ','; ++*at) {
        const short flag = **at == 'u' ? SEM_UNDO : **at == 'n' ? IPC_NOWAIT : 0;
        if (!flag || *flags & flag)
            return RULE_OP;
        *flags = (short)(*flags | flag);
    }
    return NULL;
}

/* One operation, which a range makes several of. */
static const char *parse_one(const char **at, const char *end, struct semops *out)
{
    struct sembuf op = {0};
    int32_t first = 0, last = 0;
    const char *rule = parse_range(at, end, &first, &last);
    if (!rule)
        rule = parse_change(at, end, &op.sem_op);
    if (!rule)
        rule = parse_flags(at, end, &op.sem_flg);
    for (int32_t sem = first; !rule && sem <= last; sem++) {
        struct sembuf *added = append(out);
        if (!added)
            return RULE_MEMORY;
        *added = op;
        added->sem_num = (unsigned short)sem;
    }
    return rule;
}

const char *semops_parse(const char *text, size_t length, struct semops *out)
{
    const char *at = text, *const end = text + length;
    const size_t before = out->count;
    for (;;) {
        const char *rule = parse_one(&at, end, out);
        if (rule) {
            out->count = before;
            return rule;
        }
        if (at == end)
            return NULL;
        at++; /* the comma */
    }
}

void semops_free(struct semops *ops)
{
    free(ops->items);
    *ops = (struct semops){0};
}

void semops_print(const struct sembuf *ops, size_t count, char *text, size_t size)
{
    size_t used = 0;
    *text = '\0';
    for (size_t i = 0; i < count; i++) {
        char one[40];
        const int length = snprintf(one, sizeof one, "%s%u%c%d%s%s", i ? "," : "", ops[i].sem_num,
                                    ops[i].sem_op < 0 ? '-'
                                    : ops[i].sem_op   ? '+'
                                                      : '=',
                                    abs(ops[i].sem_op), ops[i].sem_flg & SEM_UNDO ? "u" : "",
                                    ops[i].sem_flg & IPC_NOWAIT ? "n" : "");
        if (used + (size_t)length + 4 > size) {
            memcpy(text + used, "...", 4);
            return;
        }
        memcpy(text + used, one, (size_t)length + 1);
        used += (size_t)length;
    }
}

size_t semops_try(const struct sembuf *ops, size_t count, int *values, size_t nsems,
                  bool *out_of_range)
{
    *out_of_range = false;
    for (size_t i = 0; i < count; i++) {
        const struct sembuf *op = &ops[i];
        if (op->sem_num >= nsems) {
            *out_of_range = true;
            return i;
        }
        int *value = &values[op->sem_num];
        if (op->sem_op == 0 ? *value != 0 : *value + op->sem_op < 0)
            return i;
        if (*value + op->sem_op > SEMOPS_VALUE_MAX) {
            *out_of_range = true;
            return i;
        }
        *value += op->sem_op;
    }
    return count;
}

bool semops_invert(const struct sembuf *ops, size_t count, struct semops *out)
{
    while (count-- > 0) {
        if (ops[count].sem_op == 0)
            continue;
        struct sembuf *inverse = append(out);
        if (!inverse)
            return false;
        *inverse = ops[count];
        inverse->sem_op = (short)-ops[count].sem_op;
        inverse->sem_flg = (short)(inverse->sem_flg & ~IPC_NOWAIT);
    }
    return true;
}
