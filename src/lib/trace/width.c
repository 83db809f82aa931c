/* SPDX-License-Identifier: MIT */
/*
 * width.c - see width.h.
 */
#include "config.h"

#include "lib/trace/width.h"

#include <stdint.h>
#include <string.h>
#include <wchar.h>

/* The bytes of TEXT that take at most MOST columns; *USED becomes the columns. */
static size_t walk(const char *text, size_t most, size_t *used)
{
    mbstate_t state = {0};
    size_t at = 0, left = strlen(text);
    for (*used = 0; left;) {
        wchar_t character;
        size_t length = mbrtowc(&character, text + at, left, &state);
        int width = 1;
        if (length == (size_t)-1 || length == (size_t)-2 || !length) {
            memset(&state, 0, sizeof state);
            length = 1;
        } else {
            width = wcwidth(character);
        }
        const size_t columns = width < 0 ? 1 : (size_t)width;
        if (*used + columns > most)
            break;
        *used += columns;
        at += length;
        left -= length;
    }
    return at;
}

size_t width_of(const char *text)
{
    size_t used;
    walk(text, SIZE_MAX / 2, &used);
    return used;
}

size_t width_fit(const char *text, size_t columns)
{
    size_t used;
    return walk(text, columns, &used);
}
