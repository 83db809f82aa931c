/* SPDX-License-Identifier: MIT */
/*
 * fuzz-semops.c - lists of operations. What is taken must be in range, and must be the same again
 * when it is printed and read once more, and when it is turned round twice; what is refused must
 * leave no trace.
 */
#include "config.h"

#include "lib/sem/semops.h"

#include "fuzz.h"

#include <sys/ipc.h>

/* "65535-32767un," and the dots that take the place of what does not fit. */
#define LONGEST_OP 14

/* A range of 7 characters may be 65,536 operations: beyond so many, only the reading is tried. */
#define ENOUGH 200000

static const struct sembuf kept = {1, -1, 0};

static void require_ops(const struct sembuf *ops, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        REQUIRE(ops[i].sem_op >= -SEMOPS_VALUE_MAX);
        REQUIRE(!(ops[i].sem_flg & ~(SEM_UNDO | IPC_NOWAIT)));
    }
}

static bool same_ops(const struct sembuf *a, const struct sembuf *b, size_t count, int flags)
{
    for (size_t i = 0; i < count; i++)
        if (a[i].sem_num != b[i].sem_num || a[i].sem_op != b[i].sem_op ||
            (a[i].sem_flg ^ b[i].sem_flg) & flags)
            return false;
    return true;
}

static void require_round_trip(const struct semops *ops)
{
    const size_t size = ops->count * LONGEST_OP + 4;
    struct semops again = {0};
    char *text = malloc(size);
    if (!text)
        abort();
    semops_print(ops->items, ops->count, text, size);
    REQUIRE(!semops_parse(text, strlen(text), &again));
    REQUIRE(again.count == ops->count && same_ops(again.items, ops->items, ops->count, ~0));
    semops_free(&again);
    free(text);
}

/* Cut anywhere, it ends within the room there is. */
static void require_cut(const struct semops *ops, size_t size)
{
    char *text = malloc(size);
    if (!text)
        abort();
    semops_print(ops->items, ops->count, text, size);
    REQUIRE(strnlen(text, size) < size);
    free(text);
}

static void require_inverse(const struct semops *ops)
{
    struct semops once = {0}, twice = {0};
    size_t moving = 0;
    for (size_t i = 0; i < ops->count; i++)
        moving += ops->items[i].sem_op != 0;
    if (!semops_invert(ops->items, ops->count, &once) ||
        !semops_invert(once.items, once.count, &twice))
        abort();
    REQUIRE(once.count == moving && twice.count == moving);
    if (moving == ops->count)
        REQUIRE(same_ops(twice.items, ops->items, moving, SEM_UNDO));
    semops_free(&once);
    semops_free(&twice);
}

/* What a list that can proceed did to a set, its inverse takes back. */
static void require_try(const struct semops *ops)
{
    enum { SEMS = 8, START = 16000 };
    int values[SEMS];
    bool out_of_range, taken_back;
    struct semops inverse = {0};
    for (size_t i = 0; i < SEMS; i++)
        values[i] = i % 2 ? START : 0;
    const size_t at = semops_try(ops->items, ops->count, values, SEMS, &out_of_range);
    REQUIRE(at <= ops->count && (at < ops->count || !out_of_range));
    for (size_t i = 0; i < SEMS; i++)
        REQUIRE(values[i] >= 0 && values[i] <= SEMOPS_VALUE_MAX);
    if (at < ops->count)
        return;
    if (!semops_invert(ops->items, ops->count, &inverse))
        abort();
    REQUIRE(semops_try(inverse.items, inverse.count, values, SEMS, &taken_back) == inverse.count);
    for (size_t i = 0; i < SEMS; i++)
        REQUIRE(values[i] == (i % 2 ? START : 0));
    semops_free(&inverse);
}

/* The same behind a list that is there already, and in memory that ends with the text. */
static void require_append(const char *text, size_t length, const char *rule,
                           const struct semops *alone)
{
    struct semops behind = {0};
    char *exact = malloc(length + !length);
    if (!exact)
        abort();
    memcpy(exact, text, length);
    if (semops_parse("1-1", 3, &behind))
        abort();
    const char *again = semops_parse(exact, length, &behind);
    REQUIRE(again == rule);
    REQUIRE(behind.count == 1 + alone->count && same_ops(behind.items, &kept, 1, ~0));
    REQUIRE(same_ops(behind.items + 1, alone->items, alone->count, ~0));
    semops_free(&behind);
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct semops ops = {0};
    char *text = input_text(data, size);
    const size_t length = size && data[size - 1] == '\n' ? size - 1 : size;
    const char *rule = semops_parse(text, length, &ops);
    if (rule) {
        REQUIRE(*rule && !strchr(rule, '\n') && ops.count == 0);
        require_append(text, length, rule, &ops);
    } else {
        REQUIRE(ops.count > 0);
        require_ops(ops.items, ops.count);
        if (ops.count <= ENOUGH) {
            require_append(text, length, rule, &ops);
            require_round_trip(&ops);
            require_cut(&ops, 4 + length % 60);
            require_inverse(&ops);
            require_try(&ops);
        }
    }
    semops_free(&ops);
    free(text);
    return 0;
}
