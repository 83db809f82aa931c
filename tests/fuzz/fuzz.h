/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - what the libFuzzer targets share. An input is a text of one line, as one types it: the
 * newline at a file's end is not part of it, so seeds are made and read with any editor.
 */
#ifndef IPCLAB_FUZZ_H
#define IPCLAB_FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must be so whatever the input is. */
#define REQUIRE(condition)                                                                      \
    do {                                                                                        \
        if (!(condition)) {                                                                     \
            fprintf(stderr, "%s:%d: this does not hold: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                            \
        }                                                                                       \
    } while (0)

/* The input as a string, in memory that ends with it, so that who reads beyond is seen. To be
 * freed. */
static inline char *input_text(const uint8_t *data, size_t size)
{
    if (size && data[size - 1] == '\n')
        size--;
    char *text = malloc(size + 1);
    if (!text)
        abort();
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

#define PATTERN 0xa5

/* A refusal: RULE is a sentence on one line, and OUT is as it was when it was filled with PATTERN.
 */
static inline void require_refusal(const char *rule, const void *out, size_t size)
{
    const unsigned char *at = out;
    const size_t length = strlen(rule);
    REQUIRE(length > 0 && !strchr(rule, '\n') && rule[length - 1] != '.');
    REQUIRE(at[0] == PATTERN && !memcmp(at, at + 1, size - 1)); /* each byte as the one before it */
}

#endif
