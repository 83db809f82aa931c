/* SPDX-License-Identifier: MIT */
/*
 * trace.c - see trace.h.
 */
#include "config.h"

#include "lib/calls/trace.h"

#include "lib/calls/calls.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 2, 0))) static void add(struct line *line, const char *format,
                                                      va_list args)
{
    const int n = vsnprintf(line->text + line->used, sizeof line->text - line->used, format, args);
    if (n > 0)
        line->used += (size_t)n;
    if (line->used >= sizeof line->text)
        line->used = sizeof line->text - 1;
}

void line_begin(struct line *line, const char *format, ...)
{
    va_list args;
    line->error = errno;
    line->used = 0;
    va_start(args, format);
    add(line, format, args);
    va_end(args);
}

void line_add(struct line *line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(line, format, args);
    va_end(args);
}

bool line_add_bits(struct line *line, const struct symbol *table, int *value, bool printed)
{
    for (; table->name; table++) {
        if ((*value & table->value) != table->value)
            continue;
        line_add(line, "%s%s", printed ? "|" : "", table->name);
        *value &= ~table->value;
        printed = true;
    }
    return printed;
}

void line_add_symbol(struct line *line, const struct symbol *table, int value)
{
    while (table->name && table->value != value)
        table++;
    if (table->name)
        line_add(line, "%s", table->name);
    else
        line_add(line, "0x%x", (unsigned)value);
}

void line_add_address(struct line *line, const void *address)
{
    if (address)
        line_add(line, "%p", address);
    else
        line_add(line, "NULL");
}

void line_add_key(struct line *line, key_t key)
{
    if (key == IPC_PRIVATE)
        line_add(line, "IPC_PRIVATE");
    else
        line_add(line, "0x%x", (unsigned)key);
}

void line_add_perm(struct line *line, const struct ipc_perm *perm)
{
    line_add(line, "{__key=");
    line_add_key(line, perm->__key);
    line_add(line, ", uid=%u, gid=%u, cuid=%u, cgid=%u, mode=%#.3o, __seq=%u}", perm->uid,
             perm->gid, perm->cuid, perm->cgid, (unsigned)perm->mode, (unsigned)perm->__seq);
}

void line_finish(struct line *line, bool failed, const char *format, ...)
{
    if (failed) {
        line_add(line, ") = -1 %s (%s)\n", calls_errno(line->error), strerror(line->error));
    } else {
        va_list args;
        line_add(line, ") = ");
        va_start(args, format);
        add(line, format, args);
        va_end(args);
        line_add(line, "\n");
    }
    fputs(line->text, calls_trace_to);
    errno = line->error;
}

int line_finish_int(struct line *line, int result)
{
    line_finish(line, result < 0, "%d", result);
    return result;
}
