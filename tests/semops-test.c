/* SPDX-License-Identifier: MIT */
/*
 * semops-test.c - lists of operations (lib/semops.h): read, printed, tried and turned round.
 *
 * Rows are worked out by hand from semop(2). The random lists at the end come from a fixed seed, so
 * a failure comes again; SEED=N tries others.
 */
#include "config.h"

#include "lib/sem/semops.h"

#include "tap.h"

#include <sys/ipc.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* In memory that ends with the text, so that who reads beyond it is seen by a sanitizer. */
static const char *parse_bytes(const char *text, size_t length, struct semops *out)
{
    char *bytes = malloc(length + !length);
    if (!bytes)
        abort();
    memcpy(bytes, text, length);
    const char *rule = semops_parse(bytes, length, out);
    free(bytes);
    return rule;
}

static const char *parse(const char *text, struct semops *out)
{
    return parse_bytes(text, strlen(text), out);
}

static char *printed(const struct sembuf *ops, size_t count)
{
    static char text[8192];
    semops_print(ops, count, text, sizeof text);
    return text;
}

static bool same_ops(const struct sembuf *a, const struct sembuf *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (a[i].sem_num != b[i].sem_num || a[i].sem_op != b[i].sem_op ||
            a[i].sem_flg != b[i].sem_flg)
            return false;
    return true;
}

/* --- read and printed ------------------------------------------------------- */

static const struct {
    const char *text;
    const char *printed; /* NULL: the same */
    size_t count;
} lists[] = {
    {"0-1", NULL, 1},
    {"0+1", NULL, 1},
    {"0=0", NULL, 1},
    {"7-3", NULL, 1},
    /* flags, in any order */
    {"0-1u", NULL, 1},
    {"0-1n", NULL, 1},
    {"0-1un", NULL, 1},
    {"0-1nu", "0-1un", 1},
    {"0+1u", NULL, 1},
    {"0=0n", NULL, 1},
    {"0=0nu", "0=0un", 1},
    /* the bounds of each number */
    {"65535+1", NULL, 1},
    {"65534-1", NULL, 1},
    {"0-32767", NULL, 1},
    {"0+32767", NULL, 1},
    {"65535-32767un", NULL, 1},
    {"0-32766", NULL, 1},
    /* ranges: one operation for each */
    {"0..0-1", "0-1", 1},
    {"0..1-1", "0-1,1-1", 2},
    {"0..4-1", "0-1,1-1,2-1,3-1,4-1", 5},
    {"3..5+2un", "3+2un,4+2un,5+2un", 3},
    {"9..11=0n", "9=0n,10=0n,11=0n", 3},
    {"65534..65535+1", "65534+1,65535+1", 2},
    {"65535..65535+1", "65535+1", 1},
    /* lists keep their order, and may name a semaphore twice */
    {"0-1,1+1u,2=0", NULL, 3},
    {"2=0,1+1u,0-1", NULL, 3},
    {"0-1,0-1", NULL, 2},
    {"0=0,0+1", NULL, 2},
    {"1..2-1,0=0n,1..2+1u", "1-1,2-1,0=0n,1+1u,2+1u", 5},
    {"0-1,1-1,2-1,3-1,4-1,5-1,6-1,7-1,8-1,9-1,10-1,11-1,12-1,13-1,14-1,15-1,16-1,17-1", NULL, 18},
};

static void test_good(void)
{
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct semops ops = {0}, again = {0};
        const char *text = lists[i].text;
        const char *rule = parse(text, &ops);
        if (!ok(!rule, "parse: %s", text)) {
            diag("rule: %s", rule);
            continue;
        }
        same_number(lists[i].count, ops.count, text);
        same_text(lists[i].printed ? lists[i].printed : text, printed(ops.items, ops.count), text);
        rule = parse(printed(ops.items, ops.count), &again);
        ok(!rule && again.count == ops.count && same_ops(ops.items, again.items, ops.count),
           "what is printed for %s parses back to the same", text);
        semops_free(&again);
        semops_free(&ops);
    }
}

/* What struct sembuf holds, not by way of semops_print(). */
static void test_fields(void)
{
    static const struct sembuf expected[] = {
        {0, -1, 0},     {3, 32767, SEM_UNDO},          {4, 32767, SEM_UNDO}, {65535, 0, IPC_NOWAIT},
        {1, -32767, 0}, {2, 5, SEM_UNDO | IPC_NOWAIT},
    };
    struct semops ops = {0};
    const char *rule = parse("0-1,3..4+32767u,65535=0n,1-32767,2+5nu", &ops);
    ok(!rule && ops.count == COUNT(expected) && same_ops(ops.items, expected, ops.count),
       "parse: each field of struct sembuf");
    semops_free(&ops);
    ok(!ops.items && !ops.count && !ops.capacity, "free: leaves it all zero");
}

static void test_longest_range(void)
{
    struct semops ops = {0};
    bool each = !parse("0..65535-1u", &ops) && ops.count == 65536;
    for (size_t i = 0; each && i < ops.count; i++)
        each = ops.items[i].sem_num == i && ops.items[i].sem_op == -1 &&
               ops.items[i].sem_flg == SEM_UNDO;
    ok(each, "parse: 0..65535-1u is 65536 operations, one on each");
    semops_free(&ops);
}

/* --- refused ---------------------------------------------------------------- */

#define OP    "an operation is SEM-N, SEM+N or SEM=0"
#define SEM   "a semaphore's number is from 0 to 65535"
#define RANGE "a range of semaphores is FIRST..LAST"
#define N     "N is from 1 to 32767"
#define ZERO  "= waits for zero"

static const struct {
    const char *text, *rule; /* what the rule begins with */
} refusals[] = {
    /* nothing, or a part */
    {"", OP},
    {",", OP},
    {"0", OP},
    {"65535", OP},
    {"0-", OP},
    {"0+", OP},
    {"0=", ZERO},
    {"-1", OP},
    {"+1", OP},
    {"=0", OP},
    {"-", OP},
    {"u", OP},
    {"0u", OP},
    {"0-u", OP},
    /* SEM */
    {"65536-1", SEM},
    {"65536=0", SEM},
    {"99999+1", SEM},
    {"4294967296-1", SEM},
    {"2147483648-1", SEM},
    {"18446744073709551616-1", SEM},
    {"99999999999999999999999999999999-1", SEM},
    {"a-1", OP},
    {"0x1-1", OP},
    {"0b-1", OP},
    {"--1", OP},
    {"-1-1", OP},
    {"+1-1", OP},
    {"*-1", OP},
    {"/-1", OP},
    {":-1", OP},
    {"\xb2-1", OP},
    /* N */
    {"0-0", N},
    {"0+0", N},
    {"0-00", N},
    {"0-32768", N},
    {"0+32768", N},
    {"0-65535", N},
    {"0+65537", N},
    {"0+4294967297", N},
    {"0-2147483649", N},
    {"0-18446744073709551617", N},
    {"0+99999999999999999999999999999999", N},
    {"0-a", OP},
    {"0-0x1", N},
    {"0-1e3", OP},
    {"0-1.5", OP},
    {"0--1", OP},
    {"0+-1", OP},
    {"0-+1", OP},
    {"0++1", OP},
    {"0-1-1", OP},
    {"0-1+1", OP},
    {"0*1", OP},
    {"0/1", OP},
    {"0:1", OP},
    {"0.1", OP},
    /* = */
    {"0=1", ZERO},
    {"0=32767", ZERO},
    {"0=-1", ZERO},
    {"0=-0", ZERO},
    {"0=a", ZERO},
    {"0=u", ZERO},
    {"0==0", ZERO},
    {"0=0=0", OP},
    {"0=4294967296", ZERO},
    {"0=18446744073709551616", ZERO},
    /* flags */
    {"0-1uu", OP},
    {"0-1nn", OP},
    {"0-1unu", OP},
    {"0-1nun", OP},
    {"0-1x", OP},
    {"0-1U", OP},
    {"0-1N", OP},
    {"0-1u1", OP},
    {"0-1u-1", OP},
    {"u0-1", OP},
    {"0u-1", OP},
    {"0=0z", OP},
    /* ranges */
    {"0..", OP},
    {"0..-1", SEM},
    {"..4-1", OP},
    {"0.4-1", OP},
    {"0...4-1", SEM},
    {"0..4..5-1", OP},
    {"0..4", OP},
    {"1..0-1", RANGE},
    {"65535..0-1", RANGE},
    {"5..4=0", RANGE},
    {"0..65536-1", SEM},
    {"65536..65537-1", SEM},
    {"65535..65536-1", SEM},
    {"0..4294967296-1", SEM},
    {"0..a-1", SEM},
    {"0.. 4-1", SEM},
    {"0 ..4-1", OP},
    {"0-4-1", OP},
    {"0..18446744073709551617-1", SEM},
    {"0..4-0", N},
    {"0..4-32768", N},
    {"0..4=1", ZERO},
    /* commas and blanks */
    {"0-1,", OP},
    {",0-1", OP},
    {"0-1,,0-1", OP},
    {"0-1;0-1", OP},
    {" 0-1", OP},
    {"0-1 ", OP},
    {"0 -1", OP},
    {"0- 1", OP},
    {"0-1, 1-1", OP},
    {"0-1 ,1-1", OP},
    {"0-1\n", OP},
    {"\n0-1", OP},
    {"0-1\t", OP},
    {"0-1\r", OP},
    /* the last of several */
    {"0-1,1-1,65536-1", SEM},
    {"0-1,1-1,2-32768", N},
    {"0-1,1-1,2=1", ZERO},
    {"0-1,1-1,2..1-1", RANGE},
    {"0-1,0..65535+1,x", OP},
    {"0-1,1-1,2", OP},
};

/* RULE is fit to stand behind "PROGRAM: TEXT: ". */
static bool is_rule(const char *rule)
{
    const size_t length = strlen(rule);
    return length && length < 120 && !strchr(rule, '\n') && rule[length - 1] != '.';
}

static void test_bad(void)
{
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct semops ops = {0};
        parse("5-1,6+1", &ops);
        const struct sembuf before[] = {ops.items[0], ops.items[1]};
        const char *rule = parse(refusals[i].text, &ops);
        if (!ok(rule && !strncmp(rule, refusals[i].rule, strlen(refusals[i].rule)) && is_rule(rule),
                "refused: %s", refusals[i].text))
            diag("rule: %s\nexpected: %s", rule ? rule : "none", refusals[i].rule);
        ok(ops.count == 2 && same_ops(ops.items, before, 2), "refused: %s: nothing was appended",
           refusals[i].text);
        semops_free(&ops);
    }
}

/* --- LENGTH ----------------------------------------------------------------- */

static void test_length(void)
{
    static const struct {
        const char *text;
        size_t length;
        const char *printed; /* NULL: refused */
    } rows[] = {
        {"0-1,1-1", 3, "0-1"}, {"0-12345", 4, "0-12"}, {"0-1u", 3, "0-1"},
        {"0..11-1", 4, NULL},  {"0-1,1-1", 4, NULL},   {"0-1,1-1", 6, NULL},
        {"0..1-1", 3, NULL},   {"0-1", 0, NULL},       {"0-1\0", 4, NULL},
        {"0-1\0u", 5, NULL},   {"0\0-1", 4, NULL},     {"0-1,\0001-1", 8, NULL},
        {"\0000-1", 4, NULL},  {"0-1\xff", 4, NULL},   {"0=00", 3, "0=0"},
        {"0=01", 3, "0=0"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct semops ops = {0};
        const char *rule = parse_bytes(rows[i].text, rows[i].length, &ops);
        if (rows[i].printed)
            same_text(rows[i].printed, rule ? rule : printed(ops.items, ops.count),
                      "length: takes so many bytes");
        else
            ok(rule && !ops.count, "length: %zu bytes of %s are refused", rows[i].length,
               rows[i].text);
        semops_free(&ops);
    }
}

/* Lists of a file go into one array, behind each other. */
static void test_append(void)
{
    struct semops ops = {0};
    char expected[8192] = "";
    bool all = true;
    for (unsigned i = 0; i < 300; i++) {
        char text[32];
        snprintf(text, sizeof text, "%u-%u", i, i + 1);
        all = all && !parse(text, &ops) && ops.count == i + 1;
        snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "%s%s",
                 i ? "," : "", text);
    }
    ok(all, "append: one more each time");
    same_text(expected, printed(ops.items, ops.count), "append: those before stay as they are");
    semops_free(&ops);
}

/* --- printed into little room ----------------------------------------------- */

static void test_cut(void)
{
    static const char whole[] = "0-1,10+20un,2=0n,3-32767";
    struct semops ops = {0};
    bool within = true, cut_right = true;
    parse(whole, &ops);
    for (size_t size = 4; size <= sizeof whole + 4; size++) {
        char text[64];
        memset(text, '#', sizeof text);
        semops_print(ops.items, ops.count, text, size);
        const size_t length = strnlen(text, sizeof text);
        within = within && length < size && text[size] == '#' && text[sizeof text - 1] == '#';
        const size_t kept = length >= 3 && !strcmp(text + length - 3, "...") ? length - 3 : length;
        /* A cut falls between operations; the whole is there as soon as it fits with room for the
         * dots. */
        cut_right = cut_right && !strncmp(text, whole, kept) &&
                    (kept == 0 || strchr(",", whole[kept])) &&
                    (kept == length) == !strcmp(text, whole);
        if (size >= sizeof whole + 3)
            cut_right = cut_right && !strcmp(text, whole);
    }
    ok(within, "print: never writes beyond SIZE");
    ok(cut_right, "print: what does not fit is cut between operations, with dots");
    semops_free(&ops);
}

/* A list of another process may be anything (semop(2) refuses it later). */
static void test_print_foreign(void)
{
    static const struct sembuf ops[] = {
        {65535, -32768, 0}, {0, 32767, 0x7fff}, {1, 0, (short)0x8000}};
    same_text("65535-32768,0+32767un,1=0", printed(ops, COUNT(ops)),
              "print: what no list of ours can have");
    same_text("", printed(ops, 0), "print: no operations");
}

/* --- tried ------------------------------------------------------------------ */

static const struct {
    const char *ops;
    int values[3];
    size_t at;
    bool out_of_range;
    int after[3];
} tries[] = {
    /* one operation */
    {"0-1", {1, 0, 2}, 1, false, {0, 0, 2}},
    {"0-2", {1, 0, 2}, 0, false, {1, 0, 2}},
    {"1-1", {1, 0, 2}, 0, false, {1, 0, 2}},
    {"2-2", {1, 0, 2}, 1, false, {1, 0, 0}},
    {"1+1", {1, 0, 2}, 1, false, {1, 1, 2}},
    {"1=0", {1, 0, 2}, 1, false, {1, 0, 2}},
    {"0=0", {1, 0, 2}, 0, false, {1, 0, 2}},
    /* the flags change nothing of it */
    {"0-2un", {1, 0, 2}, 0, false, {1, 0, 2}},
    {"0-1un", {1, 0, 2}, 1, false, {0, 0, 2}},
    /* SEMVMX */
    {"0+32766", {1, 0, 2}, 1, false, {32767, 0, 2}},
    {"0+32767", {1, 0, 2}, 0, true, {1, 0, 2}},
    {"0+1", {32767, 0, 0}, 0, true, {32767, 0, 0}},
    {"0-32767", {32767, 0, 0}, 1, false, {0, 0, 0}},
    {"0-32767", {32766, 0, 0}, 0, false, {32766, 0, 0}},
    {"0-1,0+1", {32767, 0, 0}, 2, false, {32767, 0, 0}},
    {"0+1,0-1", {32767, 0, 0}, 0, true, {32767, 0, 0}},
    {"1-1,0+32767", {1, 0, 0}, 0, false, {1, 0, 0}},
    {"0+32767,1-1", {1, 0, 0}, 0, true, {1, 0, 0}},
    /* in the order of the list, each on what those before left */
    {"0+1,0-2", {1, 0, 2}, 2, false, {0, 0, 2}},
    {"0-2,0+1", {1, 0, 2}, 0, false, {1, 0, 2}},
    {"0-1,0-1", {1, 0, 2}, 1, false, {0, 0, 2}},
    {"2-1,2-1,2-1", {1, 0, 2}, 2, false, {1, 0, 0}},
    {"0-1,0=0", {1, 0, 2}, 2, false, {0, 0, 2}},
    {"0=0,0-1", {1, 0, 2}, 0, false, {1, 0, 2}},
    {"2-2,2=0,2+2", {1, 0, 2}, 3, false, {1, 0, 2}},
    {"2-2,2+2,2=0", {1, 0, 2}, 2, false, {1, 0, 2}},
    {"1=0,1+1,1=0", {1, 0, 2}, 2, false, {1, 1, 2}},
    {"0-1,1-1,2-1", {1, 0, 2}, 1, false, {0, 0, 2}},
    {"0..2-1", {1, 1, 1}, 3, false, {0, 0, 0}},
    {"0..2-1", {1, 1, 0}, 2, false, {0, 0, 0}},
    {"0..2=0", {0, 0, 1}, 2, false, {0, 0, 1}},
    {"1+1,1-1,1=0,0-1,0+1,0-1", {1, 0, 2}, 6, false, {0, 0, 2}},
    /* no such semaphore */
    {"3-1", {1, 0, 2}, 0, true, {1, 0, 2}},
    {"3=0", {1, 0, 2}, 0, true, {1, 0, 2}},
    {"65535+1", {1, 0, 2}, 0, true, {1, 0, 2}},
    {"0-1,3+1", {1, 0, 2}, 1, true, {0, 0, 2}},
    {"0-2,3+1", {1, 0, 2}, 0, false, {1, 0, 2}},
};

static void test_try(void)
{
    for (size_t i = 0; i < COUNT(tries); i++) {
        struct semops ops = {0};
        int values[3];
        bool out_of_range = !tries[i].out_of_range;
        char name[80];
        memcpy(values, tries[i].values, sizeof values);
        snprintf(name, sizeof name, "try: %s on %d,%d,%d", tries[i].ops, values[0], values[1],
                 values[2]);
        parse(tries[i].ops, &ops);
        same_number(tries[i].at, semops_try(ops.items, ops.count, values, 3, &out_of_range), name);
        ok(out_of_range == tries[i].out_of_range, "%s: out of range or not", name);
        ok(!memcmp(values, tries[i].after, sizeof values), "%s: the values where it stops", name);
        semops_free(&ops);
    }
    int none = 0;
    bool out_of_range = true;
    same_number(0, semops_try(NULL, 0, &none, 0, &out_of_range), "try: an empty list can proceed");
    ok(!out_of_range, "try: an empty list is not out of range");
    const struct sembuf lowest = {0, -32768, 0};
    int value = 32767;
    same_number(0, semops_try(&lowest, 1, &value, 1, &out_of_range), "try: -32768 waits for ever");
    ok(!out_of_range && value == 32767, "try: -32768 leaves the value");
}

/* --- turned round ----------------------------------------------------------- */

static void test_invert(void)
{
    static const struct {
        const char *ops, *inverse;
    } rows[] = {
        {"0-1", "0+1"},
        {"0+1", "0-1"},
        {"0=0", ""},
        {"0-32767", "0+32767"},
        {"65535+32767", "65535-32767"},
        {"0-1,1+2", "1-2,0+1"},
        {"0-1,1=0,2+3", "2-3,0+1"},
        {"0=0,1=0,0=0", ""},
        {"0=0,0+1", "0-1"},
        {"0..2-1", "2+1,1+1,0+1"},
        {"0-1,0-2,0+3", "0-3,0+2,0+1"},
        /* undo must be undone too; to give back is waited for */
        {"0-1u", "0+1u"},
        {"0-1n", "0+1"},
        {"0-1un", "0+1u"},
        {"0-1u,1+2n,2=0un,3-4", "3+4,1-2,0+1u"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct semops ops = {0}, inverse = {0};
        parse(rows[i].ops, &ops);
        const bool good = semops_invert(ops.items, ops.count, &inverse);
        same_text(rows[i].inverse, good ? printed(inverse.items, inverse.count) : "failed",
                  rows[i].ops);
        semops_free(&inverse);
        semops_free(&ops);
    }
    struct semops ops = {0}, inverse = {0};
    parse("0-1,1-1", &ops);
    parse("9=0", &inverse);
    semops_invert(ops.items, ops.count, &inverse);
    same_text("9=0,1+1,0+1", printed(inverse.items, inverse.count), "invert: appends");
    same_text("0-1,1-1", printed(ops.items, ops.count), "invert: leaves the list itself");
    semops_free(&inverse);
    semops_free(&ops);
}

/* --- random lists ----------------------------------------------------------- */

#define ROUNDS 20000
#define SEMS   4

static uint64_t state;

/* xorshift64*: the same everywhere. */
static unsigned random_below(unsigned limit)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (unsigned)((state * 0x2545f4914f6cdd1dULL) >> 33) % limit;
}

/* Mostly small numbers, which can proceed, and now and then the largest. */
static struct sembuf random_op(unsigned sems, short highest)
{
    const short n = (short)(1 + random_below(random_below(8) ? 3 : (unsigned)highest));
    const unsigned kind = random_below(5);
    return (struct sembuf){
        .sem_num = (unsigned short)random_below(sems),
        .sem_op = (short)(kind == 0  ? 0
                          : kind < 3 ? -n
                                     : n),
        .sem_flg = (short)((random_below(2) ? SEM_UNDO : 0) | (random_below(2) ? IPC_NOWAIT : 0)),
    };
}

/* semop(2) in its own words, on a copy: all or nothing. Is all of it possible? */
static bool possible(const struct sembuf *ops, size_t count, const int *before)
{
    int values[SEMS];
    memcpy(values, before, sizeof values);
    for (size_t i = 0; i < count; i++) {
        int *value = &values[ops[i].sem_num];
        if (ops[i].sem_op == 0 && *value != 0)
            return false;
        *value += ops[i].sem_op;
        if (*value < 0 || *value > 32767)
            return false;
    }
    return true;
}

static bool round_trip(const struct sembuf *ops, size_t count)
{
    struct semops again = {0};
    const bool same = !parse(printed(ops, count), &again) && again.count == count &&
                      same_ops(ops, again.items, count);
    semops_free(&again);
    return same;
}

/* What a list did, its inverse takes back, from wherever it began. */
static bool takes_back(const struct sembuf *ops, size_t count, const int *before)
{
    struct semops inverse = {0};
    int values[SEMS];
    bool out_of_range, good = true;
    memcpy(values, before, sizeof values);
    if (semops_try(ops, count, values, SEMS, &out_of_range) == count)
        good = semops_invert(ops, count, &inverse) &&
               semops_try(inverse.items, inverse.count, values, SEMS, &out_of_range) ==
                   inverse.count &&
               !memcmp(values, before, sizeof values);
    semops_free(&inverse);
    return good;
}

static void test_random(void)
{
    const char *seed = getenv("SEED");
    const uint64_t start = seed ? strtoull(seed, NULL, 0) : 20240607;
    unsigned printed_wrong = 0, tried_wrong = 0, inverted_wrong = 0, proceeded = 0;
    state = start | 1;
    printf("# SEED=%" PRIu64 "\n", start);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct sembuf any[20], few[5];
        int values[SEMS], tried[SEMS];
        bool out_of_range;
        const size_t any_count = 1 + random_below(20), few_count = 1 + random_below(5);
        for (size_t i = 0; i < any_count; i++)
            any[i] = random_op(65536, 32767);
        for (size_t i = 0; i < few_count; i++)
            few[i] = random_op(SEMS, 32767);
        for (size_t i = 0; i < SEMS; i++)
            values[i] = (int)random_below(random_below(8) ? 4 : 32768);
        memcpy(tried, values, sizeof tried);
        const bool can = semops_try(few, few_count, tried, SEMS, &out_of_range) == few_count;
        printed_wrong += !round_trip(any, any_count);
        tried_wrong += can != possible(few, few_count, values);
        inverted_wrong += !takes_back(few, few_count, values);
        proceeded += can;
    }
    same_number(0, printed_wrong, "random lists: printed and parsed back they are the same");
    same_number(0, tried_wrong, "random lists: proceed when semop(2) says so");
    same_number(0, inverted_wrong, "random lists: the inverse takes back what was done");
    ok(proceeded > ROUNDS / 10 && proceeded < ROUNDS / 10 * 9,
       "random lists: %u of %u could proceed", proceeded, ROUNDS);
}

int main(void)
{
    test_good();
    test_fields();
    test_longest_range();
    test_bad();
    test_length();
    test_append();
    test_cut();
    test_print_foreign();
    test_try();
    test_invert();
    test_random();
    return tap_end();
}
