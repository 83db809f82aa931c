/* SPDX-License-Identifier: MIT */
/*
 * bytes.c - memcpy(3), strcpy(3), printf(3) and their like as loads and stores of shared memory,
 * where code that interleave cc compiled calls them.
 *
 * Each range that a function loads is a step, and the range that it stores is another: what it has
 * loaded is copied first, so that what others store in between changes nothing. libc reads its
 * bytes one by one in truth; that is one more way to go wrong, which no program should need.
 */
#include "config.h"

#undef _FORTIFY_SOURCE /* its headers define functions of these names */

#include "interleave/runtime/runtime.h"

#include <printf.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

enum { MOST_CODES = 32, SMALL = 512, MOST_ARGUMENTS = 64 };

static struct code codes[MOST_CODES];
static unsigned code_count;

bool bytes_tracked(uint64_t pc)
{
    for (unsigned i = 0; i < code_count; i++)
        if ((uintptr_t)pc - codes[i].start < codes[i].size)
            return true;
    return false;
}

void bytes_track(uint64_t pc)
{
    if (bytes_tracked(pc) || code_count == MOST_CODES)
        return;
    codes[code_count].inside = (uintptr_t)pc;
    code_find(&codes[code_count]);
    code_count += codes[code_count].size != 0;
}

/* What a function has loaded, as it was then. */
struct copy {
    char small[SMALL];
    void *large;
};

static void *copy_room(struct copy *copy, size_t size)
{
    if (size <= sizeof copy->small)
        return copy->small;
    copy->large = malloc(size);
    if (!copy->large)
        gate_refuse("there is no memory for a copy of %zu bytes", size);
    return copy->large;
}

/* Libc's, for the names are ours here; a loop cannot become a call of itself, for these are not
 * called memcpy. */
static void *move(void *to, const void *from, size_t size)
{
    REAL(void *, memmove, (void *, const void *, size_t));
    return real(to, from, size);
}

static size_t length_of(const char *text, size_t most)
{
    REAL(size_t, strnlen, (const char *, size_t));
    return real(text, most);
}

/* SIZE bytes at FROM, or a copy of them if they are shared, after the step that loads them. */
static const void *load(const void *from, size_t size, uint64_t pc, struct copy *copy)
{
    copy->large = NULL;
    if (!size || !bytes_tracked(pc) || !access_stop(STEP_LOAD, from, size, pc))
        return from;
    access_learn(from, size);
    return move(copy_room(copy, size), from, size);
}

/* The same for a string of at most MOST bytes, which the copy ends with a NUL. It can have another
 * length after the step than before. */
static const char *load_text(const char *from, size_t most, uint64_t pc, struct copy *copy)
{
    copy->large = NULL;
    const size_t before = bytes_tracked(pc) ? length_of(from, most) : 0;
    if (!most || !bytes_tracked(pc) || !access_stop(STEP_LOAD, from, before + (before < most), pc))
        return from;
    const size_t length = length_of(from, most);
    char *text = copy_room(copy, length + 1);
    move(text, from, length);
    text[length] = '\0';
    gate_learn_bytes(text, length + 1);
    gate_result("\"%.30s\"", text);
    return text;
}

static void store(void *to, size_t size, uint64_t pc)
{
    if (size && bytes_tracked(pc))
        access_stop(STEP_STORE, to, size, pc);
}

/* --- bytes --- */

static void *copy_bytes(void *to, const void *from, size_t size, uint64_t pc)
{
    struct copy copy;
    from = load(from, size, pc, &copy);
    store(to, size, pc);
    move(to, from, size);
    free(copy.large);
    return to;
}

EXPORTED void *memcpy(void *to, const void *from, size_t size)
{
    return copy_bytes(to, from, size, CALLER);
}

EXPORTED void *memmove(void *to, const void *from, size_t size)
{
    return copy_bytes(to, from, size, CALLER);
}

EXPORTED void *mempcpy(void *to, const void *from, size_t size)
{
    return (char *)copy_bytes(to, from, size, CALLER) + size;
}

EXPORTED void *memset(void *to, int byte, size_t size)
{
    REAL(void *, memset, (void *, int, size_t));
    store(to, size, CALLER);
    return real(to, byte, size);
}

EXPORTED int memcmp(const void *one, const void *other, size_t size)
{
    struct copy first, second;
    REAL(int, memcmp, (const void *, const void *, size_t));
    one = load(one, size, CALLER, &first);
    other = load(other, size, CALLER, &second);
    const int result = real(one, other, size);
    free(first.large);
    free(second.large);
    return result;
}

/* --- strings --- */

EXPORTED size_t strlen(const char *text)
{
    struct copy copy;
    const size_t result = length_of(load_text(text, SIZE_MAX, CALLER, &copy), SIZE_MAX);
    free(copy.large);
    return result;
}

EXPORTED size_t strnlen(const char *text, size_t most)
{
    struct copy copy;
    const size_t result = length_of(load_text(text, most, CALLER, &copy), most);
    free(copy.large);
    return result;
}

/* Copies at most MOST bytes of FROM and a NUL to TO; returns where the NUL is. */
static char *copy_text(char *to, const char *from, size_t most, uint64_t pc)
{
    struct copy copy;
    from = load_text(from, most, pc, &copy);
    const size_t length = length_of(from, most);
    store(to, length + 1, pc);
    move(to, from, length);
    to[length] = '\0';
    free(copy.large);
    return to + length;
}

EXPORTED char *strcpy(char *to, const char *from)
{
    copy_text(to, from, SIZE_MAX, CALLER);
    return to;
}

EXPORTED char *stpcpy(char *to, const char *from)
{
    return copy_text(to, from, SIZE_MAX, CALLER);
}

EXPORTED char *strncpy(char *to, const char *from, size_t size)
{
    struct copy copy;
    REAL(char *, strncpy, (char *, const char *, size_t));
    from = load_text(from, size, CALLER, &copy);
    store(to, size, CALLER);
    real(to, from, size);
    free(copy.large);
    return to;
}

/* Finds the end of TO in one step, and writes there in others. */
static char *append_text(char *to, const char *from, size_t most, uint64_t pc)
{
    struct copy copy;
    const size_t length = length_of(load_text(to, SIZE_MAX, pc, &copy), SIZE_MAX);
    free(copy.large);
    copy_text(to + length, from, most, pc);
    return to;
}

EXPORTED char *strcat(char *to, const char *from)
{
    return append_text(to, from, SIZE_MAX, CALLER);
}

EXPORTED char *strncat(char *to, const char *from, size_t most)
{
    return append_text(to, from, most, CALLER);
}

static int compare_text(const char *one, const char *other, size_t most, uint64_t pc)
{
    struct copy first, second;
    REAL(int, strncmp, (const char *, const char *, size_t));
    one = load_text(one, most, pc, &first);
    other = load_text(other, most, pc, &second);
    const int result = real(one, other, most);
    free(first.large);
    free(second.large);
    return result;
}

EXPORTED int strcmp(const char *one, const char *other)
{
    return compare_text(one, other, SIZE_MAX, CALLER);
}

EXPORTED int strncmp(const char *one, const char *other, size_t most)
{
    return compare_text(one, other, most, CALLER);
}

EXPORTED char *strdup(const char *text)
{
    struct copy copy;
    REAL(char *, strdup, (const char *));
    char *result = real(load_text(text, SIZE_MAX, CALLER, &copy));
    free(copy.large);
    return result;
}

EXPORTED int atoi(const char *text)
{
    struct copy copy;
    const int result = (int)strtol(load_text(text, SIZE_MAX, CALLER, &copy), NULL, 10);
    free(copy.large);
    return result;
}

/* --- formats --- */

/* Stops before the load of each argument that is a shared string. printf.h: parse_printf_format. */
static void load_arguments(const char *format, va_list arguments, uint64_t pc)
{
    int types[MOST_ARGUMENTS];
    struct copy copy;
    if (!gate_active() || !bytes_tracked(pc))
        return;
    const size_t count = parse_printf_format(format, MOST_ARGUMENTS, types);
    for (size_t i = 0; i < count && i < MOST_ARGUMENTS; i++)
        switch (types[i] & ~(PA_FLAG_SHORT | PA_FLAG_LONG)) {
        case PA_STRING: {
            const char *text = va_arg(arguments, const char *);
            if (text && !(types[i] & PA_FLAG_LONG)) {
                load_text(text, SIZE_MAX, pc, &copy);
                free(copy.large);
            }
            break;
        }
        case PA_DOUBLE: va_arg(arguments, double); break;
        case PA_DOUBLE | PA_FLAG_LONG_DOUBLE: va_arg(arguments, long double); break;
        case PA_INT | PA_FLAG_LONG_LONG: va_arg(arguments, long long); break;
        default: va_arg(arguments, long); break; /* in the same place as an int */
        }
}

/* Formats into memory of its own first; then the bytes are one store. */
static int format_into(char *to, size_t size, const char *format, va_list arguments, uint64_t pc)
{
    struct copy copy = {.large = NULL};
    va_list again;
    REAL(int, vsnprintf, (char *, size_t, const char *, va_list));
    if (!gate_active() || !bytes_tracked(pc))
        return real(to, size, format, arguments);
    va_copy(again, arguments);
    load_arguments(format, again, pc);
    va_end(again);
    va_copy(again, arguments);
    const int length = real(NULL, 0, format, again);
    va_end(again);
    if (length < 0 || size == 0)
        return length;
    const size_t stored = (size_t)length < size ? (size_t)length + 1 : size;
    char *text = copy_room(&copy, stored);
    real(text, stored, format, arguments);
    store(to, stored, pc);
    move(to, text, stored);
    free(copy.large);
    return length;
}

static int format_to(FILE *file, const char *format, va_list arguments, uint64_t pc)
{
    va_list again;
    REAL(int, vfprintf, (FILE *, const char *, va_list));
    va_copy(again, arguments);
    load_arguments(format, again, pc);
    va_end(again);
    return real(file, format, arguments);
}

/* WITH is the call, on the list of arguments REST. */
#define WITH_REST(call)     \
    va_list rest;           \
    va_start(rest, format); \
    const int done = call;  \
    va_end(rest);           \
    return done

EXPORTED int vsnprintf(char *to, size_t size, const char *format, va_list rest)
{
    return format_into(to, size, format, rest, CALLER);
}

EXPORTED int snprintf(char *to, size_t size, const char *format, ...)
{
    WITH_REST(format_into(to, size, format, rest, CALLER));
}

EXPORTED int sprintf(char *to, const char *format, ...)
{
    WITH_REST(format_into(to, INT32_MAX, format, rest, CALLER));
}

EXPORTED int vfprintf(FILE *file, const char *format, va_list rest)
{
    return format_to(file, format, rest, CALLER);
}

EXPORTED int fprintf(FILE *file, const char *format, ...)
{
    WITH_REST(format_to(file, format, rest, CALLER));
}

EXPORTED int printf(const char *format, ...)
{
    WITH_REST(format_to(stdout, format, rest, CALLER));
}

EXPORTED int puts(const char *text)
{
    struct copy copy;
    REAL(int, puts, (const char *));
    const int result = real(load_text(text, SIZE_MAX, CALLER, &copy));
    free(copy.large);
    return result;
}

EXPORTED int fputs(const char *text, FILE *file)
{
    struct copy copy;
    REAL(int, fputs, (const char *, FILE *));
    const int result = real(load_text(text, SIZE_MAX, CALLER, &copy), file);
    free(copy.large);
    return result;
}
