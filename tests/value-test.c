/* SPDX-License-Identifier: MIT */
/*
 * value-test.c - value.h: what is parsed, stored, printed and counted up, of every type.
 */
#include "config.h"

#include "lib/base/value.h"

#include "tap.h"

#include <float.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- parsing ------------------------------------------------------------------ */

struct place_row {
    const char *text;
    const char *type; /* NULL: refused */
    uint64_t offset;
    const char *rule;
};

static const struct place_row place_rows[] = {
    {"u8@0", "u8", 0, NULL},
    {"u16@2", "u16", 2, NULL},
    {"u32@4", "u32", 4, NULL},
    {"u64@8", "u64", 8, NULL},
    {"i8@1", "i8", 1, NULL},
    {"i16@0x10", "i16", 16, NULL},
    {"i32@4K", "i32", 4096, NULL},
    {"i64@1MiB", "i64", 1048576, NULL},
    {"f32@1000", "f32", 1000, NULL},
    {"f64@1KB", "f64", 1000, NULL},
    {"str@7", "str", 7, NULL},
    {"u8@18446744073709551615", "u8", UINT64_MAX, NULL},
    {"u64@0xfffffffffffffff8", "u64", UINT64_MAX - 7, NULL},
    {"u16@1", NULL, 0, "misaligned"},
    {"i16@3", NULL, 0, "misaligned"},
    {"u32@2", NULL, 0, "misaligned"},
    {"i32@1", NULL, 0, "misaligned"},
    {"f32@6", NULL, 0, "misaligned"},
    {"u64@4", NULL, 0, "misaligned"},
    {"i64@12", NULL, 0, "misaligned"},
    {"f64@1", NULL, 0, "misaligned"},
    {"u64@0xffffffffffffffff", NULL, 0, "misaligned"},
    {"", NULL, 0, "TYPE@OFFSET"},
    {"@", NULL, 0, "TYPE@OFFSET"},
    {"@0", NULL, 0, "TYPE@OFFSET"},
    {"0", NULL, 0, "TYPE@OFFSET"},
    {"u8", NULL, 0, "TYPE@OFFSET"},
    {"u@0", NULL, 0, "TYPE@OFFSET"},
    {"u9@0", NULL, 0, "TYPE@OFFSET"},
    {"u128@0", NULL, 0, "TYPE@OFFSET"},
    {"u88@0", NULL, 0, "TYPE@OFFSET"},
    {"U8@0", NULL, 0, "TYPE@OFFSET"},
    {"int@0", NULL, 0, "TYPE@OFFSET"},
    {"f16@0", NULL, 0, "TYPE@OFFSET"},
    {"st@0", NULL, 0, "TYPE@OFFSET"},
    {"str8@0", NULL, 0, "TYPE@OFFSET"},
    {" u8@0", NULL, 0, "TYPE@OFFSET"},
    {"u8 @0", NULL, 0, "TYPE@OFFSET"},
    {"u8@", NULL, 0, "an offset is"},
    {"u8@ 0", NULL, 0, "an offset is"},
    {"u8@0 ", NULL, 0, "an offset is"},
    {"u8@-1", NULL, 0, "an offset is"},
    {"u8@+1", NULL, 0, "an offset is"},
    {"u8@0:1", NULL, 0, "an offset is"},
    {"u8@0x", NULL, 0, "an offset is"},
    {"u8@0@0", NULL, 0, "an offset is"},
    {"u8@0=1", NULL, 0, "an offset is"},
    {"u8@a", NULL, 0, "an offset is"},
    {"u8@18446744073709551616", NULL, 0, "64 bits"},
    /* as long as the reader's own copy can be, and one more */
    {"u8@xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", NULL, 0, ""},
    {"u8@xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", NULL, 0, ""},
};

struct setting_row {
    const char *text;
    uint64_t bits; /* what is in memory then, as a number of the type's width */
    const char *rule;
};

static const struct setting_row setting_rows[] = {
    /* unsigned: the ends of each range */
    {"u8@0=0", 0, NULL},
    {"u8@0=255", 255, NULL},
    {"u8@0=256", 0, "out of the type's range"},
    {"u8@0=-1", 0, "out of the type's range"},
    {"u8@0=18446744073709551616", 0, "out of the type's range"},
    {"u16@0=65535", 65535, NULL},
    {"u16@0=65536", 0, "out of the type's range"},
    {"u32@0=4294967295", UINT32_MAX, NULL},
    {"u32@0=4294967296", 0, "out of the type's range"},
    {"u64@0=18446744073709551615", UINT64_MAX, NULL},
    {"u64@0=18446744073709551616", 0, "out of the type's range"},
    {"u64@0=99999999999999999999999", 0, "out of the type's range"},
    {"u64@0=-1", 0, "out of the type's range"},
    {"u64@0=-18446744073709551615", 0, "out of the type's range"},
    /* signed */
    {"i8@0=127", 0x7f, NULL},
    {"i8@0=128", 0, "out of the type's range"},
    {"i8@0=-1", 0xff, NULL},
    {"i8@0=-128", 0x80, NULL},
    {"i8@0=-129", 0, "out of the type's range"},
    {"i8@0=255", 0, "out of the type's range"},
    {"i16@0=32767", 0x7fff, NULL},
    {"i16@0=32768", 0, "out of the type's range"},
    {"i16@0=-32768", 0x8000, NULL},
    {"i16@0=-32769", 0, "out of the type's range"},
    {"i32@0=2147483647", 0x7fffffff, NULL},
    {"i32@0=2147483648", 0, "out of the type's range"},
    {"i32@0=-2147483648", 0x80000000, NULL},
    {"i32@0=-2147483649", 0, "out of the type's range"},
    {"i64@0=9223372036854775807", INT64_MAX, NULL},
    {"i64@0=9223372036854775808", 0, "out of the type's range"},
    {"i64@0=-9223372036854775808", (uint64_t)INT64_MAX + 1, NULL},
    {"i64@0=-9223372036854775809", 0, "out of the type's range"},
    {"i64@0=-99999999999999999999999", 0, "out of the type's range"},
    /* a zero below zero */
    {"u8@0=-0", 0, NULL},
    {"u64@0=-0", 0, NULL},
    {"i8@0=-0", 0, NULL},
    {"i64@0=-0", 0, NULL},
    {"i64@0=-0x0", 0, NULL},
    {"f32@0=-0", 0x80000000, NULL},
    {"f64@0=-0", (uint64_t)INT64_MAX + 1, NULL},
    /* hexadecimal, and leading zeros that do not mean octal */
    {"u8@0=0xff", 0xff, NULL},
    {"u8@0=0XFF", 0xff, NULL},
    {"u8@0=0x100", 0, "out of the type's range"},
    {"u32@0=0xdeadBEEF", 0xdeadbeef, NULL},
    {"u64@0=0xffffffffffffffff", UINT64_MAX, NULL},
    {"u64@0=0x10000000000000000", 0, "out of the type's range"},
    {"u8@0=0x0000000000000000000000000000000000ff", 0xff, NULL},
    {"i8@0=0x7f", 0x7f, NULL},
    {"i8@0=0x80", 0, "out of the type's range"},
    {"i8@0=-0x80", 0x80, NULL},
    {"i8@0=-0x81", 0, "out of the type's range"},
    {"u8@0=010", 10, NULL},
    {"u8@0=0000000000000000000000000000000000255", 255, NULL},
    {"u8@0x10=7", 7, NULL},
    /* no whole number */
    {"u8@0=", 0, "not a number of this type"},
    {"u8@0= 1", 0, "not a number of this type"},
    {"u8@0=1 ", 0, "not a number of this type"},
    {"u8@0=\t1", 0, "not a number of this type"},
    {"u8@0=+1", 0, "not a number of this type"},
    {"i8@0=+1", 0, "not a number of this type"},
    {"i8@0=-", 0, "not a number of this type"},
    {"i8@0=--1", 0, "not a number of this type"},
    {"i8@0=-+1", 0, "not a number of this type"},
    {"i8@0=- 1", 0, "not a number of this type"},
    {"u8@0=1.0", 0, "not a number of this type"},
    {"u8@0=1.", 0, "not a number of this type"},
    {"u8@0=.5", 0, "not a number of this type"},
    {"u8@0=1e1", 0, "not a number of this type"},
    {"u8@0=0x", 0, "not a number of this type"},
    {"u8@0=0xg", 0, "not a number of this type"},
    {"u8@0=0x 1", 0, "not a number of this type"},
    {"u8@0=0x-1", 0, "not a number of this type"},
    {"u8@0=0x+1", 0, "not a number of this type"},
    {"i8@0=-0x", 0, "not a number of this type"},
    {"u8@0=0x0x1", 0, "not a number of this type"},
    {"u8@0=0b1", 0, "not a number of this type"},
    {"u8@0=1K", 0, "not a number of this type"},
    {"u8@0=1u", 0, "not a number of this type"},
    {"u8@0=ff", 0, "not a number of this type"},
    {"u8@0=a", 0, "not a number of this type"},
    {"u8@0=:", 0, "not a number of this type"},
    {"u8@0=/", 0, "not a number of this type"},
    {"u8@0=1=1", 0, "not a number of this type"},
    {"u8@0=inf", 0, "not a number of this type"},
    {"u8@0=1\n", 0, "not a number of this type"},
    /* reals */
    {"f32@0=0", 0, NULL},
    {"f32@0=1", 0x3f800000, NULL},
    {"f32@0=-1.5", 0xbfc00000, NULL},
    {"f32@0=.5", 0x3f000000, NULL},
    {"f32@0=-.5", 0xbf000000, NULL},
    {"f32@0=2.", 0x40000000, NULL},
    {"f32@0=1e3", 0x447a0000, NULL},
    {"f32@0=0.1", 0x3dcccccd, NULL},
    {"f32@0=16777217", 0x4b800000, NULL}, /* the first whole number that a float does not have */
    {"f32@0=3.4028235e38", 0x7f7fffff, NULL},
    {"f32@0=-3.4028235e38", 0xff7fffff, NULL},
    {"f32@0=3.4028236e38", 0, "out of the type's range"},
    {"f32@0=-3.4028236e38", 0, "out of the type's range"},
    {"f32@0=1e39", 0, "out of the type's range"},
    {"f32@0=1e400", 0, "out of the type's range"},
    {"f32@0=1.17549435e-38", 0x00800000, NULL},
    {"f32@0=1e-45", 1, NULL},
    {"f32@0=1e-60", 0, NULL},
    /* a little more than halfway from 1 to the next float: rounded once, it is the next */
    {"f32@0=1.000000059604644775390625000000000000000001", 0x3f800001, NULL},
    {"f32@0=inf", 0x7f800000, NULL},
    {"f32@0=-inf", 0xff800000, NULL},
    {"f32@0=nan", 0x7fc00000, NULL},
    {"f64@0=1", 0x3ff0000000000000, NULL},
    {"f64@0=0.1", 0x3fb999999999999a, NULL},
    {"f64@0=1.7976931348623157e308", 0x7fefffffffffffff, NULL},
    {"f64@0=1.7976931348623159e308", 0, "out of the type's range"},
    {"f64@0=1e309", 0, "out of the type's range"},
    {"f64@0=-1e309", 0, "out of the type's range"},
    {"f64@0=5e-324", 1, NULL},
    {"f64@0=inf", 0x7ff0000000000000, NULL},
    {"f64@0=-inf", 0xfff0000000000000, NULL},
    {"f64@0=nan", 0x7ff8000000000000, NULL},
    {"f64@0=", 0, "not a number of this type"},
    {"f64@0=.", 0, "not a number of this type"},
    {"f64@0=-", 0, "not a number of this type"},
    {"f64@0=-.", 0, "not a number of this type"},
    {"f64@0= 1", 0, "not a number of this type"},
    {"f64@0=1 ", 0, "not a number of this type"},
    {"f64@0=+1", 0, "not a number of this type"},
    {"f64@0=1e", 0, "not a number of this type"},
    {"f64@0=1,5", 0, "not a number of this type"},
    {"f64@0=1.5.5", 0, "not a number of this type"},
    {"f64@0=--1", 0, "not a number of this type"},
    {"f64@0=INF", 0, "not a number of this type"},
    {"f64@0=infinity", 0, "not a number of this type"},
    {"f64@0=+inf", 0, "not a number of this type"},
    {"f64@0=nan(1)", 0, "not a number of this type"},
    {"f64@0=0x", 0, "not a number of this type"},
    {"f64@0=1f", 0, "not a number of this type"},
    {"f64@0=x", 0, "not a number of this type"},
    /* the place is looked at first */
    {"u8", 0, "TYPE@OFFSET=VALUE"},
    {"u8@0", 0, "TYPE@OFFSET=VALUE"},
    {"", 0, "TYPE@OFFSET=VALUE"},
    {"=", 0, "TYPE@OFFSET"},
    {"=1", 0, "TYPE@OFFSET"},
    {"u8=1", 0, "TYPE@OFFSET"},
    {"u9@0=1", 0, "TYPE@OFFSET"},
    {"u16@1=1", 0, "misaligned"},
    {"u8@=1", 0, "an offset is"},
    {"u8@x=1", 0, "an offset is"},
    {"u8@0 =1", 0, "an offset is"},
};

/* What is at the value's place in MEMORY, SIZE bytes of it as one number. */
static uint64_t bits_at(const void *memory, uint64_t offset, size_t size)
{
    uint8_t b1;
    uint16_t b2;
    uint32_t b4;
    uint64_t b8;
    const char *at = (const char *)memory + offset;
    memcpy(&b1, at, sizeof b1);
    memcpy(&b2, at, sizeof b2);
    memcpy(&b4, at, sizeof b4);
    memcpy(&b8, at, sizeof b8);
    return size == 1 ? b1 : size == 2 ? b2 : size == 4 ? b4 : b8;
}

/* Bytes in the type that TEXT begins with. */
static size_t type_size(const char *text)
{
    return text[0] == 's' ? 1 : strtoul(text + 1, NULL, 10) / 8;
}

/* TEXT in memory of its own, so that a sanitizer sees who reads beyond its end. To be freed. */
static char *copy(const char *text)
{
    char *own = strdup(text);
    if (!own)
        abort();
    return own;
}

static void unchanged(const struct value *value, const char *name)
{
    struct value pattern;
    memset(&pattern, 0xa5, sizeof pattern);
    ok(!memcmp(value, &pattern, sizeof pattern), "%s: nothing was stored", name);
}

static bool good_rule(const char *rule, const char *words)
{
    return rule && strstr(rule, words) && !strchr(rule, '\n') && rule[strlen(rule) - 1] != '.';
}

/* Which of the types the value prints as: found by what only that type does. */
static bool is_type(const struct value *value, const char *name)
{
    struct value other;
    char text[16];
    snprintf(text, sizeof text, "%s@0", name);
    return !value_parse_place(text, &other) && other.type == value->type;
}

static void try_place(const struct place_row *row)
{
    char *text = copy(row->text);
    struct value value;
    memset(&value, 0xa5, sizeof value);
    const char *rule = value_parse_place(text, &value);
    if (row->type) {
        if (!ok(!rule && is_type(&value, row->type) && value.offset == row->offset && !value.text &&
                    value_is_text(&value) == !strcmp(row->type, "str"),
                "place '%s' is taken", row->text))
            diag("%s", rule ? rule : "it is another type or offset");
    } else {
        if (!ok(good_rule(rule, row->rule), "place '%s' is refused", row->text))
            diag("expected: %s; got: %s", row->rule, rule ? rule : "(taken)");
        unchanged(&value, row->text);
    }
    free(text);
}

static void try_setting(const struct setting_row *row)
{
    static _Alignas(8) char memory[64];
    char *text = copy(row->text);
    struct value value;
    memset(&value, 0xa5, sizeof value);
    const char *rule = value_parse_setting(text, &value);
    if (row->rule) {
        if (!ok(good_rule(rule, row->rule), "setting '%s' is refused", row->text))
            diag("expected: %s; got: %s", row->rule, rule ? rule : "(taken)");
        unchanged(&value, row->text);
    } else {
        memset(memory, 0x5a, sizeof memory);
        if (!rule)
            value_store(&value, memory);
        const uint64_t bits = rule ? 0 : bits_at(memory, value.offset, type_size(text));
        if (!ok(!rule && bits == row->bits, "setting '%s' is taken", row->text))
            diag("expected: 0x%" PRIx64 "; got: %s 0x%" PRIx64, row->bits, rule ? rule : "", bits);
    }
    free(text);
}

/* --- storing and printing -------------------------------------------------------- */

/* Parsed, or the test program is wrong. */
static struct value setting(const char *text)
{
    struct value value = {0};
    const char *rule = value_parse_setting(text, &value);
    if (rule) {
        printf("Bail out! %s: %s\n", text, rule);
        exit(1);
    }
    return value;
}

/* What is printed for VALUE in MEMORY, to be freed. */
static char *printed(const struct value *value, const void *memory, uint64_t size, bool safe)
{
    char *text = NULL;
    size_t length;
    FILE *to = open_memstream(&text, &length);
    if (!to)
        abort();
    value_print(value, memory, size, safe, to);
    fclose(to);
    return text;
}

struct print_row {
    const char *type, *value;
    const char *shown; /* NULL: as it was typed */
};

static const struct print_row print_rows[] = {
    {"u8", "0", NULL},
    {"u8", "255", NULL},
    {"u8", "0x10", "16"},
    {"u16", "65535", NULL},
    {"u32", "4294967295", NULL},
    {"u64", "18446744073709551615", NULL},
    {"i8", "-128", NULL},
    {"i8", "127", NULL},
    {"i8", "-1", NULL},
    {"i8", "-0", "0"},
    {"i16", "-32768", NULL},
    {"i16", "32767", NULL},
    {"i32", "-2147483648", NULL},
    {"i32", "2147483647", NULL},
    {"i64", "-9223372036854775808", NULL},
    {"i64", "9223372036854775807", NULL},
    {"i64", "-1", NULL},
    {"f32", "0", NULL},
    {"f32", "-0", NULL},
    {"f32", "1", NULL},
    {"f32", "0.1", NULL},
    {"f32", "0.3", NULL},
    {"f32", "-1.5", NULL},
    {"f32", "16777216", NULL},
    {"f32", "3.4028235e38", "3.4028235e+38"},
    {"f32", "-3.4028235e38", "-3.4028235e+38"},
    {"f32", "1.17549435e-38", "1.1754944e-38"},
    {"f32", "1.4012984643e-45", "1e-45"},
    {"f32", "inf", NULL},
    {"f32", "-inf", NULL},
    {"f32", "nan", NULL},
    {"f32", "-nan", NULL},
    {"f64", "0.1", NULL},
    {"f64", "0.30000000000000004", NULL},
    {"f64", "20", NULL},
    {"f64", "100", NULL},
    {"f64", "-1000", NULL},
    {"f64", "1000000", NULL}, /* whole numbers as a person writes them */
    {"f64", "999999999999999", NULL},
    {"f64", "-999999999999999", NULL},
    {"f32", "3000000", NULL},
    {"f64", "1e300", "1e+300"},
    {"f64", "0.001", NULL},
    {"f64", "123456789", "123456789"},
    {"f64", "1.7976931348623157e308", "1.7976931348623157e+308"},
    {"f64", "2.2250738585072014e-308", "2.2250738585072014e-308"},
    {"f64", "4.9406564584124654e-324", "5e-324"},
    {"f64", "inf", NULL},
    {"f64", "-inf", NULL},
    {"f64", "nan", NULL},
    {"f64", "-0", NULL},
    {"str", "", NULL},
    {"str", "abc", NULL},
    {"str", " a = b ", NULL},
    {"str", "a=b=c", NULL},
    {"str", "\xc3\xa9t\xc3\xa9", NULL},
};

/* Stored at 8, printed, what was printed stored at 24: the same bytes; nothing beside was touched.
 */
static void try_print(const struct print_row *row)
{
    static _Alignas(8) unsigned char memory[64];
    char first[128], second[160];
    snprintf(first, sizeof first, "%s@8=%s", row->type, row->value);
    struct value there = setting(first);
    const size_t size = value_is_text(&there) ? strlen(row->value) + 1 : type_size(row->type);

    memset(memory, 0x5a, sizeof memory);
    value_store(&there, memory);
    ok(memory[7] == 0x5a && memory[8 + size] == 0x5a, "%s writes its own bytes only", first);

    char *shown = printed(&there, memory, sizeof memory, false);
    snprintf(second, sizeof second, "%s is shown", first);
    same_text(row->shown ? row->shown : row->value, shown, second);

    snprintf(second, sizeof second, "%s@24=%s", row->type, shown);
    struct value again = setting(second);
    value_store(&again, memory);
    ok(!memcmp(memory + 8, memory + 24, size), "%s stores the same", second);
    free(shown);
}

/* Patterns of bits all over the range of reals, printed and read back. */
static void round_trips(const char *type, size_t size)
{
    static _Alignas(8) unsigned char memory[16];
    uint64_t random = 88172645463325252; /* Marsaglia's xorshift: the same on every run */
    char text[128];
    unsigned wrong = 0, longest = 0;
    snprintf(text, sizeof text, "%s@0", type);
    struct value place = {0};
    if (value_parse_place(text, &place))
        abort();
    for (unsigned i = 0; i < 20000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        memcpy(memory, &random, size);
        char *shown = printed(&place, memory, sizeof memory, false);
        longest = strlen(shown) > longest ? (unsigned)strlen(shown) : longest;
        if (!strstr(shown, "nan")) {
            snprintf(text, sizeof text, "%s@8=%s", type, shown);
            struct value again = setting(text);
            value_store(&again, memory);
            if (memcmp(memory, memory + 8, size) && !wrong++)
                diag("first: %s", text);
        }
        free(shown);
    }
    ok(wrong == 0, "20000 patterns of bits of %s read back the same", type);
    ok(longest <= 24, "no %s is longer than 24 characters", type);
}

static void try_text(void)
{
    static char memory[32];
    struct value place = {0}, value = setting("str@4=ab\033[31m");
    char *shown;
    if (value_parse_place("str@4", &place))
        abort();

    memset(memory, 'x', sizeof memory);
    value_store(&value, memory);
    ok(!memcmp(memory, "xxxxab\033[31m\0xx", 14),
       "str: the text and its NUL are stored, and no more");
    shown = printed(&place, memory, sizeof memory, false);
    same_text("ab\033[31m", shown, "str: unsafe, it is printed as it is");
    free(shown);
    shown = printed(&place, memory, sizeof memory, true);
    same_text("ab\\033[31m", shown, "str: safe, ESC is not");
    free(shown);

    memset(memory, 'x', sizeof memory);
    shown = printed(&place, memory, 10, false);
    same_text("xxxxxx", shown, "str: without a NUL, it ends where the segment ends");
    free(shown);
    memset(memory + 4, 0, 1);
    shown = printed(&place, memory, sizeof memory, true);
    same_text("", shown, "str: a NUL at once is the empty string");
    free(shown);

    value = setting("str@0=");
    ok(value.text && !*value.text, "str: an empty text is a text");
    memset(memory, 'x', sizeof memory);
    value_store(&value, memory);
    ok(memory[0] == '\0' && memory[1] == 'x', "str: storing an empty text stores its NUL");
}

/* The text begins behind the first = and is not copied. */
static void text_is_not_copied(void)
{
    const char line[] = "str@0=a=b";
    struct value value = setting(line);
    ok(value.text == line + 6, "str: points into the command line");
}

/* --- fits, overflows ---------------------------------------------------------------- */

struct fits_row {
    const char *text;
    uint64_t size;
    bool fits;
};

static const struct fits_row fits_rows[] = {
    {"u8@0", 1, true},
    {"u8@0", 0, false},
    {"u8@1", 1, false},
    {"u8@4095", 4096, true},
    {"u8@4096", 4096, false},
    {"u16@4094", 4096, true},
    {"u16@4096", 4096, false},
    {"u32@0", 3, false},
    {"u32@0", 4, true},
    {"u32@4092", 4096, true},
    {"u32@4092", 4095, false},
    {"i64@4088", 4096, true},
    {"i64@4088", 4095, false},
    {"f64@0", 8, true},
    {"f64@0", 7, false},
    {"f64@8", 8, false},
    {"u64@0xfffffffffffffff8", UINT64_MAX, false},
    {"u64@0xfffffffffffffff0", UINT64_MAX - 7, true},
    {"u8@0xffffffffffffffff", UINT64_MAX, false},
    {"u8@0xfffffffffffffffe", UINT64_MAX, true},
    {"u8@0xffffffffffffffff", 0, false},
    {"str@0", 1, true},
    {"str@0", 0, false},
    {"str@4095", 4096, true},
    {"str@4096", 4096, false},
    {"u32@0=7", 4, true},
    {"u32@0=7", 3, false},
    {"str@0=", 1, true},
    {"str@0=", 0, false},
    {"str@0=abc", 4, true},
    {"str@0=abc", 3, false}, /* its NUL has no room */
    {"str@4092=abc", 4096, true},
    {"str@4093=abc", 4096, false},
    {"str@5000=", 4096, false},
    {"str@0xffffffffffffffff=abc", UINT64_MAX, false},
};

static void try_fits(const struct fits_row *row)
{
    struct value value = {0};
    if (strchr(row->text, '=') ? value_parse_setting(row->text, &value)
                               : value_parse_place(row->text, &value))
        abort();
    ok(value_fits(&value, row->size) == row->fits, "%s %s %" PRIu64 " bytes", row->text,
       row->fits ? "fits" : "does not fit", row->size);
}

struct overflow_row {
    const char *now;
    uint64_t times;
    bool overflows;
};

static const struct overflow_row overflow_rows[] = {
    {"u8@0=0", 255, false},
    {"u8@0=0", 256, true},
    {"u8@0=255", 0, false},
    {"u8@0=255", 1, true},
    {"u8@0=254", 1, false},
    {"u8@0=1", UINT64_MAX, true},
    {"u16@0=65534", 1, false},
    {"u16@0=65534", 2, true},
    {"u32@0=4294967295", 1, true},
    {"u32@0=4294967294", 1, false},
    {"u64@0=0", UINT64_MAX, false},
    {"u64@0=1", UINT64_MAX, true},
    {"u64@0=18446744073709551615", 0, false},
    {"u64@0=18446744073709551615", 1, true},
    {"i8@0=127", 0, false},
    {"i8@0=127", 1, true},
    {"i8@0=-128", 255, false},
    {"i8@0=-128", 256, true},
    {"i8@0=-1", 128, false},
    {"i8@0=-1", 129, true},
    {"i16@0=32766", 1, false},
    {"i16@0=32766", 2, true},
    {"i32@0=-2147483648", 4294967295, false},
    {"i32@0=-2147483648", 4294967296, true},
    {"i32@0=2147483647", 1, true},
    {"i64@0=9223372036854775807", 1, true},
    {"i64@0=9223372036854775806", 1, false},
    {"i64@0=-9223372036854775808", UINT64_MAX, false},
    {"i64@0=-9223372036854775807", UINT64_MAX, true},
    {"i64@0=0", INT64_MAX, false},
    {"i64@0=0", (uint64_t)INT64_MAX + 1, true},
    {"f32@0=3.4028235e38", 1000, false},
    {"f64@0=1e308", UINT64_MAX, false},
    {"f64@0=inf", 1, false},
};

static void try_overflows(const struct overflow_row *row)
{
    static _Alignas(8) char memory[16];
    struct value value = setting(row->now);
    memset(memory, 0xff, sizeof memory); /* the neighbours must not count */
    value_store(&value, memory);
    ok(value_overflows(&value, memory, row->times) == row->overflows, "%s and %" PRIu64 " more %s",
       row->now, row->times, row->overflows ? "overflow" : "do not overflow");
}

/* --- increments -------------------------------------------------------------------- */

struct count_row {
    const char *from;
    uint64_t times;
    const char *to;
};

static const struct count_row count_rows[] = {
    {"u8@8=0", 0, "0"},
    {"u8@8=0", 255, "255"},
    {"u8@9=250", 5, "255"},
    {"u16@10=255", 1, "256"},
    {"u16@8=0", 65535, "65535"},
    {"u32@12=65535", 1, "65536"},
    {"u32@8=4294967294", 1, "4294967295"},
    {"u64@8=4294967295", 1, "4294967296"},
    {"u64@8=0", 1000000, "1000000"},
    {"i8@8=-128", 255, "127"},
    {"i8@8=-1", 1, "0"},
    {"i16@8=-1", 1, "0"},
    {"i32@8=-1", 2, "1"},
    {"i64@8=-1", 1, "0"},
    {"i64@8=9223372036854775806", 1, "9223372036854775807"},
    {"f32@8=0.5", 3, "3.5"},
    {"f32@8=-1", 1, "0"},
    {"f32@8=16777216", 5, "16777216"}, /* one more is lost in rounding, each time */
    {"f64@8=0.5", 1000, "1000.5"},
    {"f64@8=9007199254740992", 5, "9007199254740992"},
};

static void try_count(const struct count_row *row, bool atomic)
{
    static _Alignas(8) unsigned char memory[32];
    char name[128];
    struct value value = setting(row->from);
    const size_t size = type_size(row->from), offset = (size_t)value.offset;
    bool beside = true;

    memset(memory, 0xff, sizeof memory); /* a carry into a neighbour would show */
    value_store(&value, memory);
    value_increment(&value, memory, row->times, atomic);
    for (size_t i = 0; i < sizeof memory; i++)
        beside = beside && (memory[i] == 0xff || (i >= offset && i < offset + size));
    char *shown = printed(&value, memory, sizeof memory, false);
    snprintf(name, sizeof name, "%s and %" PRIu64 " more, %s", row->from, row->times,
             atomic ? "atomic" : "plain");
    same_text(row->to, shown, name);
    ok(beside, "%s: nothing beside it changed", name);
    free(shown);
}

/* What both processes map: a counter in a line of its own, and where they meet before they begin.
 */
struct shared {
    _Alignas(64) char counter[64];
    _Alignas(64) int ready;
};

/* Both count at once: neither begins before the other is there. */
static void count_together(struct shared *shared, const struct value *value, uint64_t times)
{
    __atomic_add_fetch(&shared->ready, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&shared->ready, __ATOMIC_SEQ_CST) < 2)
        ;
    value_increment(value, shared->counter, times, true);
}

/* Two processes that share the memory, as those do that share a segment. */
static void two_count(const char *type, const char *from, const char *to)
{
    const uint64_t times = 1500000; /* for many time slices, where there is but one processor */
    char text[64], name[96];
    int status = -1;
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        abort();
    snprintf(text, sizeof text, "%s@8=%s", type, from);
    struct value value = setting(text);
    value_store(&value, shared->counter);

    const pid_t child = fork();
    if (child < 0)
        abort();
    count_together(shared, &value, times);
    if (child == 0)
        _exit(0);
    waitpid(child, &status, 0);
    char *shown = printed(&value, shared->counter, sizeof shared->counter, false);
    snprintf(name, sizeof name, "%s: two processes add 3,000,000 by atomic steps and lose none",
             type);
    same_text(status == 0 ? to : "the child ended well", shown, name);
    free(shown);
    munmap(shared, sizeof *shared);
}

int main(void)
{
    for (size_t i = 0; i < sizeof place_rows / sizeof *place_rows; i++)
        try_place(&place_rows[i]);
    for (size_t i = 0; i < sizeof setting_rows / sizeof *setting_rows; i++)
        try_setting(&setting_rows[i]);
    for (size_t i = 0; i < sizeof print_rows / sizeof *print_rows; i++)
        try_print(&print_rows[i]);
    round_trips("f32", 4);
    round_trips("f64", 8);
    try_text();
    text_is_not_copied();
    for (size_t i = 0; i < sizeof fits_rows / sizeof *fits_rows; i++)
        try_fits(&fits_rows[i]);
    for (size_t i = 0; i < sizeof overflow_rows / sizeof *overflow_rows; i++)
        try_overflows(&overflow_rows[i]);
    for (size_t i = 0; i < sizeof count_rows / sizeof *count_rows; i++) {
        try_count(&count_rows[i], false);
        try_count(&count_rows[i], true);
    }
    /* 3,000,000 is 0x2dc6c0: a narrow counter wraps to its low bits, and a lost step shows there
     * too */
    two_count("u8", "0", "192");
    two_count("i8", "0", "-64");
    two_count("u16", "0", "50880");
    two_count("i16", "0", "-14656");
    two_count("u32", "0", "3000000");
    two_count("i32", "-1500000", "1500000");
    two_count("u64", "0", "3000000");
    two_count("i64", "-3000000", "0");
    two_count("f32", "0", "3000000");
    two_count("f64", "0", "3000000");
    return tap_end();
}
