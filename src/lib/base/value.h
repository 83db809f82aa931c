/* SPDX-License-Identifier: MIT */
/*
 * value.h - numbers and strings inside a segment: TYPE@OFFSET and TYPE@OFFSET=VALUE.
 */
#ifndef IPCLAB_VALUE_H
#define IPCLAB_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct value_type;

/* A place in a segment, and what to store there. */
struct value {
    const struct value_type *type;
    uint64_t offset;  /* bytes from the start of the segment; a multiple of the type's size */
    uint64_t bits;    /* numbers: what to store, in the low bits */
    const char *text; /* str: points into the command line; its NUL is stored too */
};

/*
 * Parse TYPE@OFFSET and TYPE@OFFSET=VALUE: TYPE is u8 u16 u32 u64 i8 i16 i32 i64 f32 f64 str; VALUE
 * decimal or, for integers, hexadecimal with 0x. Range and alignment are checked. Return NULL, or
 * the rule that TEXT breaks.
 */
const char *value_parse_place(const char *text, struct value *out);
const char *value_parse_setting(const char *text, struct value *out);

/* Is the value inside SIZE bytes? A str: the text to store with its NUL, or at least one byte. */
bool value_fits(const struct value *value, uint64_t size);

/* Is it str, which has no arithmetic? */
bool value_is_text(const struct value *value);

/*
 * Prints the value at BASE+offset in the shortest form that reads back the same, no newline. A str
 * ends at its NUL or at the segment's end (SIZE bytes); with SAFE it is made safe for a terminal.
 */
void value_print(const struct value *value, const void *base, uint64_t size, bool safe, FILE *to);

/* Stores it. A number is stored by one aligned store, so no reader sees half of it. */
void value_store(const struct value *value, void *base);

/*
 * Compares the value in the segment with VALUE: returns less than, equal to or greater than 0, in
 * the order of the type. *ORDERED is false for a NaN, which has no order. A str is compared up to
 * its NUL or the segment's end (SIZE bytes).
 */
int value_compare(const struct value *value, const void *base, uint64_t size, bool *ordered);

/* Would adding 1, TIMES times, to the value in the segment exceed the type's range? */
bool value_overflows(const struct value *value, const void *base, uint64_t times);

/*
 * Adds 1, TIMES times. Atomic: each is one read-modify-write that no other task can split. Plain:
 * each is a load and a separate store, so that two tasks that do it at once lose updates, on
 * purpose.
 */
void value_increment(const struct value *value, void *base, uint64_t times, bool atomic);

#endif
