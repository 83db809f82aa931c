/* SPDX-License-Identifier: MIT */
/*
 * value.c - see value.h. Every access to the segment is volatile or atomic: other processes change
 * it at the same time, and the compiler must neither merge nor split the accesses that the user
 * asked for.
 */
#include "config.h"

#include "lib/base/value.h"

#include "lib/base/operand.h"
#include "lib/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum kind { UNSIGNED, SIGNED, FLOAT, TEXT };

struct value_type {
    const char *name;
    enum kind kind;
    unsigned size; /* bytes */
};

static const struct value_type types[] = {
    {"u8", UNSIGNED, 1}, {"u16", UNSIGNED, 2}, {"u32", UNSIGNED, 4}, {"u64", UNSIGNED, 8},
    {"i8", SIGNED, 1},   {"i16", SIGNED, 2},   {"i32", SIGNED, 4},   {"i64", SIGNED, 8},
    {"f32", FLOAT, 4},   {"f64", FLOAT, 8},    {"str", TEXT, 1},
};

static const char RULE_PLACE[] =
    "a value is TYPE@OFFSET; TYPE is one of u8 u16 u32 u64 i8 i16 i32 i64 f32 f64 str";
static const char RULE_SETTING[] = "a value to set is TYPE@OFFSET=VALUE";
static const char RULE_ALIGN[] =
    "the offset must be a multiple of the type's size: the value would be misaligned";
static const char RULE_NUMBER[] =
    "the value is not a number of this type: use a whole number, decimal or 0x";
static const char RULE_REAL[] = "the value is not a number of this type";
static const char RULE_RANGE[] = "the value is out of the type's range";

static uint64_t unsigned_max(const struct value_type *type)
{
    return UINT64_MAX >> (64 - 8 * type->size);
}

static int64_t signed_max(const struct value_type *type)
{
    return (int64_t)(unsigned_max(type) >> 1);
}

static double real_of(const struct value_type *type, uint64_t bits)
{
    uint32_t half = (uint32_t)bits;
    float single;
    double real;
    memcpy(&single, &half, sizeof single);
    memcpy(&real, &bits, sizeof real);
    return type->size == 4 ? (double)single : real;
}

static uint64_t bits_of(const struct value_type *type, double real)
{
    const float single = (float)real;
    uint32_t half;
    uint64_t bits;
    memcpy(&half, &single, sizeof half);
    memcpy(&bits, &real, sizeof bits);
    return type->size == 4 ? half : bits;
}

/* TYPE@OFFSET in the first LENGTH bytes of TEXT. */
static const char *parse_place(const char *text, size_t length, struct value *out)
{
    char offset[64];
    const char *at = memchr(text, '@', length);
    size_t name = at ? (size_t)(at - text) : 0, rest = at ? length - name - 1 : 0;
    struct value value = {0};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strlen(types[i].name) == name && !memcmp(types[i].name, text, name))
            value.type = &types[i];
    if (!value.type || rest >= sizeof offset)
        return RULE_PLACE;
    memcpy(offset, at + 1, rest);
    offset[rest] = '\0';
    const char *rule = operand_offset(offset, &value.offset);
    if (rule)
        return rule;
    if (value.offset % value.type->size)
        return RULE_ALIGN;
    *out = value;
    return NULL;
}

const char *value_parse_place(const char *text, struct value *out)
{
    return parse_place(text, strlen(text), out);
}

/* Is the first character part of a number? strtoull(3) and strtod(3) would accept blanks and signs
 * before it. */
static bool begins_number(const char *text, bool minus)
{
    text += minus && *text == '-';
    return (*text >= '0' && *text <= '9') || *text == '.';
}

static const char *parse_integer(const char *text, struct value *value)
{
    char *end;
    const bool negative = *text == '-';
    const bool is_signed = value->type->kind == SIGNED;
    if (!begins_number(text, true) || strchr(text, '.'))
        return RULE_NUMBER;
    const char *digits = text + negative;
    const bool hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
    errno = 0;
    const uint64_t magnitude = strtoull(digits, &end, hex ? 16 : 10);
    if (*end || (hex && end == digits + 1))
        return RULE_NUMBER;
    const uint64_t max =
        is_signed ? (uint64_t)signed_max(value->type) + negative : unsigned_max(value->type);
    if (errno || magnitude > max || (negative && !is_signed && magnitude))
        return RULE_RANGE;
    value->bits = negative ? 0 - magnitude : magnitude;
    return NULL;
}

/* Rounds once, to the type: a detour over double would round f32 twice. */
static double read_real(const struct value_type *type, const char *text, char **end)
{
    return type->size == 4 ? (double)strtof(text, end) : strtod(text, end);
}

static const char *parse_real(const char *text, struct value *value)
{
    char *end;
    const char *word = text + (*text == '-');
    const bool special = !strcmp(word, "inf") || !strcmp(word, "nan");
    if (!special && !begins_number(text, true))
        return RULE_REAL;
    const double real = read_real(value->type, text, &end);
    if (*end)
        return RULE_REAL;
    if (!special && isinf(real))
        return RULE_RANGE;
    value->bits = bits_of(value->type, real);
    return NULL;
}

const char *value_parse_setting(const char *text, struct value *out)
{
    const char *equals = strchr(text, '=');
    if (!equals)
        return RULE_SETTING;
    struct value value;
    const char *rule = parse_place(text, (size_t)(equals - text), &value);
    if (rule)
        return rule;
    if (value.type->kind == TEXT)
        value.text = equals + 1;
    else if (value.type->kind == FLOAT)
        rule = parse_real(equals + 1, &value);
    else
        rule = parse_integer(equals + 1, &value);
    if (!rule)
        *out = value;
    return rule;
}

bool value_is_text(const struct value *value)
{
    return value->type->kind == TEXT;
}

bool value_fits(const struct value *value, uint64_t size)
{
    const uint64_t length = value->text ? strlen(value->text) + 1 : value->type->size;
    return value->offset <= size && length <= size - value->offset;
}

/* Reads the 8*size bits of the value in one load. */
static uint64_t load_bits(const struct value *value, const void *base)
{
    const char *at = (const char *)base + value->offset;
    switch (value->type->size) {
    case 1: return *(const volatile uint8_t *)at;
    case 2: return *(const volatile uint16_t *)(const void *)at;
    case 4: return *(const volatile uint32_t *)(const void *)at;
    default: return *(const volatile uint64_t *)(const void *)at;
    }
}

/* Writes the low 8*size bits of BITS in one store. */
static void store_bits(const struct value *value, void *base, uint64_t bits)
{
    char *at = (char *)base + value->offset;
    switch (value->type->size) {
    case 1: *(volatile uint8_t *)at = (uint8_t)bits; break;
    case 2: *(volatile uint16_t *)(void *)at = (uint16_t)bits; break;
    case 4: *(volatile uint32_t *)(void *)at = (uint32_t)bits; break;
    default: *(volatile uint64_t *)(void *)at = bits; break;
    }
}

static int64_t sign_extend(const struct value_type *type, uint64_t bits)
{
    const unsigned shift = 64 - 8 * type->size;
    return (int64_t)(bits << shift) >> shift;
}

static void print_real(const struct value_type *type, uint64_t bits, FILE *to)
{
    const double real = real_of(type, bits);
    char text[40];
    const int most = type->size == 4 ? 9 : 17;      /* FLT_DECIMAL_DIG, DBL_DECIMAL_DIG */
    if (fabs(real) < 1e15 && real == trunc(real)) { /* 1000, not 1e+03 */
        fprintf(to, "%.0f", real);
        return;
    }
    for (int digits = 1; digits <= most; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, real);
        if (bits_of(type, read_real(type, text, NULL)) == bits)
            break;
    }
    fputs(text, to);
}

static void print_text(const char *text, uint64_t size, bool safe, FILE *to)
{
    const size_t length = strnlen(text, (size_t)size);
    if (safe)
        text_safe_print(text, length, to);
    else
        fwrite(text, 1, length, to);
}

void value_print(const struct value *value, const void *base, uint64_t size, bool safe, FILE *to)
{
    if (value->type->kind == TEXT) {
        print_text((const char *)base + value->offset, size - value->offset, safe, to);
        return;
    }
    const uint64_t bits = load_bits(value, base);
    if (value->type->kind == UNSIGNED)
        fprintf(to, "%" PRIu64, bits);
    else if (value->type->kind == SIGNED)
        fprintf(to, "%" PRId64, sign_extend(value->type, bits));
    else
        print_real(value->type, bits, to);
}

void value_store(const struct value *value, void *base)
{
    if (value->text)
        memcpy((char *)base + value->offset, value->text, strlen(value->text) + 1);
    else
        store_bits(value, base, value->bits);
}

static int compare_text(const char *stored, uint64_t size, const char *text)
{
    const size_t length = strnlen(stored, (size_t)size);
    const int order = strncmp(stored, text, length);
    return order || !text[length] ? order : -1;
}

int value_compare(const struct value *value, const void *base, uint64_t size, bool *ordered)
{
    *ordered = true;
    if (value->type->kind == TEXT)
        return compare_text((const char *)base + value->offset, size - value->offset, value->text);
    const uint64_t bits = load_bits(value, base);
    if (value->type->kind == UNSIGNED)
        return (bits > value->bits) - (bits < value->bits);
    if (value->type->kind == SIGNED) {
        const int64_t stored = sign_extend(value->type, bits),
                      wanted = sign_extend(value->type, value->bits);
        return (stored > wanted) - (stored < wanted);
    }
    const double stored = real_of(value->type, bits), wanted = real_of(value->type, value->bits);
    *ordered = !isnan(stored) && !isnan(wanted);
    return (stored > wanted) - (stored < wanted);
}

bool value_overflows(const struct value *value, const void *base, uint64_t times)
{
    const uint64_t bits = load_bits(value, base);
    if (value->type->kind == UNSIGNED)
        return times > unsigned_max(value->type) - bits;
    if (value->type->kind == SIGNED)
        return times > (uint64_t)signed_max(value->type) - (uint64_t)sign_extend(value->type, bits);
    return false; /* reals lose precision, they do not wrap */
}

static uint64_t plus_one(const struct value_type *type, uint64_t bits)
{
    return type->kind == FLOAT ? bits_of(type, real_of(type, bits) + 1) : bits + 1;
}

static void increment_plain(const struct value *value, void *base, uint64_t times)
{
    for (; times; times--)
        store_bits(value, base, plus_one(value->type, load_bits(value, base)));
}

/*
 * Compare-and-swap in the width of the type, the same loop for reals and integers. A swap fails
 * only when another task has changed the value since we read it, so some task always makes
 * progress.
 */
#define ATOMIC_INCREMENT(type_name, pointer)                                           \
    do {                                                                               \
        type_name *cell = (pointer);                                                   \
        type_name seen = __atomic_load_n(cell, __ATOMIC_RELAXED), next;                \
        do                                                                             \
            next = (type_name)plus_one(value->type, seen);                             \
        while (!__atomic_compare_exchange_n(cell, &seen, next, true, __ATOMIC_SEQ_CST, \
                                            __ATOMIC_RELAXED));                        \
    } while (0)

static void increment_atomic(const struct value *value, void *base, uint64_t times)
{
    void *at = (char *)base + value->offset;
    for (; times; times--)
        switch (value->type->size) {
        case 1: ATOMIC_INCREMENT(uint8_t, at); break;
        case 2: ATOMIC_INCREMENT(uint16_t, at); break;
        case 4: ATOMIC_INCREMENT(uint32_t, at); break;
        default: ATOMIC_INCREMENT(uint64_t, at); break;
        }
}

void value_increment(const struct value *value, void *base, uint64_t times, bool atomic)
{
    if (atomic)
        increment_atomic(value, base, times);
    else
        increment_plain(value, base, times);
}
