/* SPDX-License-Identifier: MIT */
/*
 * json.c - see json.h. RFC 8259: in a string, only the quotation mark, the backslash and control
 * characters are escaped, and text_safe() leaves no control characters.
 */
#include "config.h"

#include "lib/trace/json.h"

#include "lib/base/text.h"

#include <string.h>

void json_string(const char *text, FILE *to)
{
    char safe[TEXT_SAFE_EXPANSION * 512];
    if (!text || !*text) {
        fputs("null", to);
        return;
    }
    text_safe(safe, sizeof safe, text, strlen(text));
    fputc('"', to);
    for (const char *at = safe; *at; at++) {
        if (*at == '"' || *at == '\\')
            fputc('\\', to);
        fputc(*at, to);
    }
    fputc('"', to);
}

static void print_text(const char *name, const char *text, FILE *to)
{
    fprintf(to, ", \"%s\":", name);
    json_string(text, to);
}

/* 0 is null. */
static void print_number(const char *name, unsigned number, FILE *to)
{
    if (number)
        fprintf(to, "\"%s\":%u", name, number);
    else
        fprintf(to, "\"%s\":null", name);
}

static void print_row(const struct trace_row *row, FILE *to)
{
    fputs("      {", to);
    print_number("step", row->step, to);
    fprintf(to, ", \"program\":%u", row->task + 1);
    print_text("file", row->file, to);
    fputs(", ", to);
    print_number("line", row->line > 0 ? (unsigned)row->line : 0, to);
    print_text("source", row->text, to);
    print_text("did", row->did, to);
    print_text("changed", row->changed, to);
    print_text("mark", trace_mark_name(row->mark), to);
    fputs(", ", to);
    print_number("after", row->after, to);
    fputc('}', to);
}

void json_trace(const struct trace *trace, FILE *to)
{
    fputs("   \"programs\": [", to);
    for (size_t i = 0; i < trace->task_count; i++) {
        fputs(i ? ", " : "", to);
        json_string(trace->tasks[i].title, to);
    }
    fputs("],\n   \"steps\": [", to);
    for (size_t i = 0; i < trace->count; i++) {
        fputs(i ? ",\n" : "\n", to);
        print_row(&trace->rows[i], to);
    }
    fputs(trace->count ? "\n   ]" : "]", to);
}
