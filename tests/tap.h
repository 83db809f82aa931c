/* SPDX-License-Identifier: MIT */
/*
 * tap.h - what the unit tests print: one line of TAP per test, and "# " lines under those that
 * fail.
 *
 *     int main(void)
 *     {
 *         ok(1 + 1 == 2, "%s", "one and one");
 *         same_text("three", answer(), "what the answer is");
 *         return tap_end();
 *     }
 *
 * A test's name may hold anything: it is made one line of plain characters.
 */
#ifndef IPCLAB_TAP_H
#define IPCLAB_TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count, tap_failed;

/* Plain characters as they are, all others as \xHH; # too, because TAP reads directives behind it.
 */
static inline void tap_put(const char *text, const char *newline)
{
    for (size_t i = 0; text[i]; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (i == 2000) {
            printf("... (%zu bytes)", strlen(text));
            break;
        }
        if (c == '\n')
            fputs(newline, stdout);
        else if (c < 0x20 || c > 0x7e || c == '#')
            printf("\\x%02x", c);
        else
            putchar(c);
    }
}

__attribute__((format(printf, 3, 0))) static inline void
tap_line(const char *start, const char *newline, const char *format, va_list arguments)
{
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0)
        abort();
    fputs(start, stdout);
    tap_put(text, newline);
    putchar('\n');
    fflush(stdout); /* a crash then shows how far it came */
    free(text);
}

/* A line under a test that failed; several if there are newlines in it. */
__attribute__((format(printf, 1, 2))) static inline void diag(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    tap_line("#   ", "\\n\n#   ", format, arguments);
    va_end(arguments);
}

/* The result of one test and its name. Returns GOOD. */
__attribute__((format(printf, 2, 3))) static inline bool ok(bool good, const char *format, ...)
{
    char start[40];
    va_list arguments;
    snprintf(start, sizeof start, "%s %d - ", good ? "ok" : "not ok", ++tap_count);
    tap_failed += !good;
    va_start(arguments, format);
    tap_line(start, "\\n", format, arguments);
    va_end(arguments);
    return good;
}

/* A test that cannot be made here, and what is missing. */
static inline void skip(const char *name, const char *missing)
{
    printf("ok %d - %s # SKIP %s\n", ++tap_count, name, missing);
    fflush(stdout);
}

static inline bool same_text(const char *expected, const char *got, const char *name)
{
    const bool good = !strcmp(expected, got);
    if (!ok(good, "%s", name)) {
        diag("expected:\n%s", expected);
        diag("got:\n%s", got);
    }
    return good;
}

static inline bool same_number(uint64_t expected, uint64_t got, const char *name)
{
    const bool good = expected == got;
    if (!ok(good, "%s", name)) {
        diag("expected: %" PRIu64 " (0x%" PRIx64 ")", expected, expected);
        diag("got:      %" PRIu64 " (0x%" PRIx64 ")", got, got);
    }
    return good;
}

/* The plan, and the exit status of the test program. */
static inline int tap_end(void)
{
    printf("1..%d\n", tap_count);
    if (tap_failed)
        printf("# %d of %d failed\n", tap_failed, tap_count);
    return tap_failed ? 1 : 0;
}

#endif
