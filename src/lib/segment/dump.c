/* SPDX-License-Identifier: MIT */
/*
 * dump.c - see dump.h. The two digits of each byte come from a table, and each line is assembled in
 * place, without a printf(3) per byte, where hexdump(1) spends its time.
 */
#include "config.h"

#include "lib/segment/dump.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define PER_LINE 16
/* Up to 16 digits of offset, 16 times " xx", two blanks more, |, 16 characters, |, newline. */
#define LINE_MAX_LENGTH (16 + PER_LINE * 3 + 2 + 2 + PER_LINE + 2)
#define BUFFER_SIZE     (128 * 1024)

static char pairs[256][2];
static char printable[256];

static void make_tables(void)
{
    static const char digits[] = "0123456789abcdef";
    for (unsigned i = 0; i < 256; i++) {
        pairs[i][0] = digits[i >> 4];
        pairs[i][1] = digits[i & 15];
        printable[i] = i >= 0x20 && i < 0x7f ? (char)i : '.';
    }
}

/* At least eight digits, more when it needs them, as "%08x". */
static char *put_offset(char *at, uint64_t offset)
{
    for (int byte = offset >> 32 ? 7 : 3; byte >= 0; byte--) {
        memcpy(at, pairs[(offset >> (8 * byte)) & 0xff], 2);
        at += 2;
    }
    if (offset >> 32) { /* drop leading zeros above the eighth digit */
        char *first = at - 16;
        size_t zeros = 0;
        while (zeros < 8 && first[zeros] == '0')
            zeros++;
        memmove(first, first + zeros, 16 - zeros);
        at -= zeros;
    }
    return at;
}

static char *put_line(char *at, const unsigned char *data, size_t count, uint64_t offset)
{
    at = put_offset(at, offset);
    *at++ = ' ';
    for (size_t i = 0; i < PER_LINE; i++) {
        if (i == PER_LINE / 2)
            *at++ = ' ';
        *at++ = ' ';
        memcpy(at, i < count ? pairs[data[i]] : "  ", 2);
        at += 2;
    }
    memcpy(at, "  |", 3);
    at += 3;
    for (size_t i = 0; i < count; i++)
        *at++ = printable[data[i]];
    *at++ = '|';
    *at++ = '\n';
    return at;
}

int dump(const unsigned char *data, uint64_t length, uint64_t offset, FILE *to,
         void (*progress)(uint64_t done, uint64_t total))
{
    static char buffer[BUFFER_SIZE];
    char *at = buffer;
    bool starred = false;
    unsigned char line[PER_LINE], before[PER_LINE];

    make_tables();
    for (uint64_t done = 0; done < length; done += PER_LINE) {
        const size_t count = length - done < PER_LINE ? (size_t)(length - done) : PER_LINE;
        /* A copy, because other processes may write between the comparison and the output. */
        memcpy(line, data + done, count);
        if (done && count == PER_LINE && !memcmp(line, before, PER_LINE)) {
            if (!starred)
                memcpy(at, "*\n", 2), at += 2;
            starred = true;
        } else {
            at = put_line(at, line, count, offset + done);
            memcpy(before, line, count);
            starred = false;
        }
        if (at > buffer + BUFFER_SIZE - 2 * LINE_MAX_LENGTH) {
            if (fwrite(buffer, 1, (size_t)(at - buffer), to) != (size_t)(at - buffer))
                return -1;
            at = buffer;
            progress(done, length);
        }
    }
    if (length) {
        at = put_offset(at, offset + length);
        *at++ = '\n';
    }
    progress(length, length);
    return fwrite(buffer, 1, (size_t)(at - buffer), to) == (size_t)(at - buffer) ? 0 : -1;
}
