/* SPDX-License-Identifier: MIT */
/*
 * svg.c - see svg.h. Lengths are in pixels.
 */
#include "config.h"

#include "lib/trace/svg.h"

#include "lib/base/text.h"
#include "lib/trace/width.h"

#include <string.h>

enum { LETTER = 8, ROW = 22, HEAD = 44, MARGIN = 48, TASK_LEAST = 160, TASK_MOST = 560, DOT = 4 };

struct picture {
    const struct trace *trace;
    FILE *to;
    int start[256]; /* of each task's life line */
    int width, height;
};

static void print_text(const struct picture *picture, const char *text)
{
    char safe[TEXT_SAFE_EXPANSION * 512];
    text_safe(safe, sizeof safe, text, strlen(text));
    for (const char *at = safe; *at; at++)
        switch (*at) {
        case '<': fputs("&lt;", picture->to); break;
        case '>': fputs("&gt;", picture->to); break;
        case '&': fputs("&amp;", picture->to); break;
        case '"': fputs("&quot;", picture->to); break;
        default: fputc(*at, picture->to); break;
        }
}

static int y_of(size_t index)
{
    return HEAD + ROW + (int)index * ROW;
}

/* What follows a dot: "7 (*count)++  load 0". */
static void label_of(const struct trace_row *row, char *text, size_t size)
{
    char place[sizeof row->text + 16] = "";
    if (row->line)
        snprintf(place, sizeof place, "%d %.40s%s  ", row->line, row->text,
                 strlen(row->text) > 40 ? "..." : "");
    else if (row->file[0])
        snprintf(place, sizeof place, "%s  ", row->file);
    const size_t used = (size_t)snprintf(text, size, "%s", place);
    trace_words(row, text + used, size - used);
}

static int width_of_task(const struct trace *trace, size_t task)
{
    char label[512];
    int width = (int)width_of(trace->tasks[task].title) * LETTER + 6 * LETTER;
    for (size_t i = 0; i < trace->count; i++) {
        if (trace->rows[i].task != task)
            continue;
        label_of(&trace->rows[i], label, sizeof label);
        const int needed = ((int)width_of(label) + 4) * LETTER;
        width = needed > width ? needed : width;
    }
    return width < TASK_LEAST ? TASK_LEAST : width > TASK_MOST ? TASK_MOST : width;
}

static size_t task_count(const struct trace *trace)
{
    const size_t most = sizeof((struct picture *)0)->start / sizeof(int);
    return trace->task_count < most ? trace->task_count : most;
}

static void print_heads(const struct picture *picture)
{
    for (size_t i = 0; i < task_count(picture->trace); i++) {
        const int x = picture->start[i];
        fprintf(picture->to, "<text x=\"%d\" y=\"%d\" font-weight=\"bold\">%zu: ", x - DOT,
                HEAD - ROW / 2, i + 1);
        print_text(picture, picture->trace->tasks[i].title);
        fprintf(picture->to,
                "</text>\n<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#999\"/>\n", x,
                HEAD, x, picture->height - 2 * ROW);
    }
}

static const char *colour_of(enum trace_mark mark)
{
    return mark == TRACE_FAULT || mark == TRACE_FAILS ? "#c00"
           : mark == TRACE_WAITS                      ? "#b60"
           : mark == TRACE_QUIET                      ? "#999"
                                                      : "#000";
}

static void print_row(const struct picture *picture, size_t index)
{
    char label[512];
    const struct trace_row *row = &picture->trace->rows[index];
    const int x = picture->start[row->task], y = y_of(index);
    const char *colour = colour_of(row->mark);
    if (row->step)
        fprintf(picture->to,
                "<text x=\"%d\" y=\"%d\" text-anchor=\"end\" fill=\"#999\">%u</text>\n",
                MARGIN - 16, y + DOT, row->step);
    fprintf(picture->to, "<circle cx=\"%d\" cy=\"%d\" r=\"%d\" fill=\"%s\"/>\n", x, y, DOT, colour);
    label_of(row, label, sizeof label);
    fprintf(picture->to, "<text x=\"%d\" y=\"%d\" fill=\"%s\" xml:space=\"preserve\">", x + 10,
            y + DOT, colour);
    print_text(picture, label);
    fputs("</text>\n", picture->to);
}

/* From the dot of the step that row INDEX builds on. */
static void print_arrow(const struct picture *picture, size_t index)
{
    const struct trace_row *row = &picture->trace->rows[index];
    for (size_t i = index; row->after && i-- > 0;) {
        const struct trace_row *from = &picture->trace->rows[i];
        if (from->step != row->after || from->task >= task_count(picture->trace))
            continue;
        const int x1 = picture->start[from->task], x2 = picture->start[row->task];
        fprintf(picture->to,
                "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#36c\" "
                "stroke-opacity=\"0.6\" marker-end=\"url(#head)\"/>\n",
                x1, y_of(i), x2 + (x1 > x2 ? DOT : -DOT), y_of(index));
        return;
    }
}

void svg_print(const struct trace *trace, const char *title, FILE *to)
{
    struct picture picture = {.trace = trace, .to = to, .width = MARGIN};
    for (size_t i = 0; i < task_count(trace); i++) {
        picture.start[i] = picture.width;
        picture.width += width_of_task(trace, i);
    }
    picture.height = y_of(trace->count) + 2 * ROW;
    fprintf(to,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "font-family=\"monospace\" font-size=\"13\">\n"
            "<defs><marker id=\"head\" markerWidth=\"8\" markerHeight=\"8\" refX=\"7\" refY=\"4\" "
            "orient=\"auto\"><path d=\"M0,0 L8,4 L0,8 z\" fill=\"#36c\"/></marker></defs>\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
            picture.width, picture.height);
    print_heads(&picture);
    for (size_t i = 0; i < trace->count; i++)
        if (trace->rows[i].task < task_count(trace))
            print_arrow(&picture, i);
    for (size_t i = 0; i < trace->count; i++)
        if (trace->rows[i].task < task_count(trace))
            print_row(&picture, i);
    fprintf(to, "<text x=\"%d\" y=\"%d\" fill=\"#c00\">", MARGIN - DOT, picture.height - ROW);
    print_text(&picture, title);
    fputs("</text>\n</svg>\n", to);
}
