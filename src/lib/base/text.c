/* SPDX-License-Identifier: MIT */
/*
 * text.c - see text.h.
 */
#include "config.h"

#include "lib/base/text.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

/* Characters that wctype calls printable, but that break lines or reverse the text after them
 * (Unicode's bidi controls, as in "Trojan Source"). */
static bool is_mark(wint_t c)
{
    return (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e ||
           c == 0x200f || c == 0x061c || c == 0xfeff;
}

static size_t safe_byte(char *to, unsigned char byte)
{
    if (byte == '\\') {
        memcpy(to, "\\\\", 2);
        return 2;
    }
    to[0] = '\\';
    to[1] = (char)('0' + (byte >> 6));
    to[2] = (char)('0' + ((byte >> 3) & 7));
    to[3] = (char)('0' + (byte & 7));
    return 4;
}

char *text_safe(char *dst, size_t size, const char *src, size_t length)
{
    size_t used = 0;
    for (size_t i = 0; i < length;) {
        char piece[MB_LEN_MAX * TEXT_SAFE_EXPANSION];
        size_t take = 1, put;
        wchar_t wide;
        unsigned char byte = (unsigned char)src[i];

        if (byte >= 0x20 && byte < 0x7f && byte != '\\') { /* nearly every character */
            piece[0] = (char)byte;
            put = 1;
        } else {
            mbstate_t state = {0};
            size_t got = byte < 0x80 ? 0 : mbrtowc(&wide, src + i, length - i, &state);
            if (got > 0 && got <= MB_LEN_MAX && iswprint((wint_t)wide) && !is_mark((wint_t)wide)) {
                take = put = got;
                memcpy(piece, src + i, got);
            } else {
                put = safe_byte(piece, byte);
            }
        }
        if (used + put >= size)
            break;
        memcpy(dst + used, piece, put);
        used += put;
        i += take;
    }
    dst[used] = '\0';
    return dst;
}

void text_safe_print(const char *src, size_t length, FILE *to)
{
    while (length) {
        char safe[512 * TEXT_SAFE_EXPANSION + 1];
        size_t piece = length < 500 ? length : 500;
        while (piece < length && piece < 512 && ((unsigned char)src[piece] & 0xc0) == 0x80)
            piece++; /* do not cut a UTF-8 character */
        fputs(text_safe(safe, sizeof safe, src, piece), to);
        src += piece;
        length -= piece;
    }
}

/* The largest unit that fits: returns its letter's index, and its bytes in *UNIT. */
static size_t scale(uint64_t bytes, uint64_t *unit)
{
    size_t i = 0;
    for (*unit = 1; i < 6 && bytes / *unit >= 1024; i++)
        *unit *= 1024;
    return i;
}

static int put_scaled(char *dst, size_t size, uint64_t bytes, uint64_t unit)
{
    if (bytes % unit == 0)
        return snprintf(dst, size, "%" PRIu64, bytes / unit);
    /* One decimal, truncated and not rounded, so that 1023.99K is not shown as 1024.0K. */
    return snprintf(dst, size, "%" PRIu64 ".%u", bytes / unit,
                    (unsigned)((bytes % unit) * 10 / unit));
}

char *text_size(char *dst, size_t size, uint64_t bytes)
{
    static const char *const letters[] = {"", "K", "M", "G", "T", "P", "E"};
    uint64_t unit;
    size_t i = scale(bytes, &unit);
    int used = put_scaled(dst, size, bytes, unit);
    if (used > 0 && (size_t)used + 1 < size)
        strcpy(dst + used, letters[i]);
    return dst;
}

char *text_size_words(char *dst, size_t size, uint64_t bytes)
{
    static const char *const words[] = {" bytes", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
    uint64_t unit;
    size_t i = scale(bytes, &unit);
    int used = put_scaled(dst, size, bytes, unit);
    if (used > 0 && (size_t)used < size)
        snprintf(dst + used, size - (size_t)used, "%s", bytes == 1 ? " byte" : words[i]);
    return dst;
}

char *text_time(char *dst, size_t size, time_t when, time_t now, enum text_time format)
{
    struct tm tm, today;
    size_t used;

    dst[0] = '\0';
    if (when == 0)
        return dst;
    if (format == TEXT_TIME_RAW || !localtime_r(&when, &tm)) {
        snprintf(dst, size, "%jd", (intmax_t)when);
        return dst;
    }
    bool known = localtime_r(&now, &today), this_year = known && tm.tm_year == today.tm_year;
    if (format == TEXT_TIME_ISO)
        used = strftime(dst, size - 1, "%FT%T%z", &tm);
    else if (format == TEXT_TIME_FULL)
        used = strftime(dst, size - 1, "%F %T%z", &tm);
    else if (!this_year)
        used = strftime(dst, size - 1, "%Y", &tm);
    else if (tm.tm_yday != today.tm_yday)
        used = strftime(dst, size - 1, "%b%d", &tm);
    else
        used = strftime(dst, size - 1, "%T", &tm);
    dst[used] = '\0';
    /* ISO 8601 wants +01:00 where strftime gives +0100. */
    if (used > 5 && format != TEXT_TIME_SHORT) {
        memmove(dst + used - 1, dst + used - 2, 3);
        dst[used - 2] = ':';
    }
    return dst;
}

char *text_perms(char *dst, size_t size, unsigned mode)
{
    static const char letters[] = "rwxrwxrwx";
    size_t i = 0;
    for (; i < 9 && i + 1 < size; i++)
        dst[i] = mode & (0400U >> i) ? letters[i] : '-';
    dst[i] = '\0';
    return dst;
}

char *text_age(char *dst, size_t size, uint64_t seconds)
{
    static const struct {
        uint64_t length;
        char letter;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    size_t i = 0;
    while (i < 3 && seconds < 2 * units[i].length)
        i++;
    snprintf(dst, size, "%" PRIu64 "%c", seconds / units[i].length, units[i].letter);
    return dst;
}
