/* SPDX-License-Identifier: MIT */
/*
 * layout.c - see layout.h.
 *
 * A cell has two parts: the place (line of source) and, right of it, what the step did. What it did
 * is never cut as long as the column has room for it; the place is. A column is as wide as its
 * cells need, if all fit; the narrow ones give the others what they do not need.
 */
#include "config.h"

#include "lib/trace/layout.h"

#include "lib/base/text.h"
#include "lib/trace/lines.h"
#include "lib/trace/width.h"

#include <stdlib.h>
#include <string.h>

enum { LEAST_PLACE = 8, LEAST_TITLE = 16, FILE_LEAST = 30 };

struct column {
    size_t task, start, width;
    size_t place; /* of its width */
};

struct table {
    const struct trace_style *style;
    FILE *to;
    struct line *lines;
    size_t count;
    bool is_list;
    size_t column_count; /* 1 for a list */
    struct column columns[TRACE_COLUMNS];
    int number; /* the width of a step's number */
};

const char *trace_colour(const struct trace_style *style, enum trace_colour colour)
{
    static const char *const sequences[] = {"\033[m", "\033[1m", "\033[2m", "\033[36m", "\033[31m"};
    return style->colours ? sequences[colour] : "";
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* --- how wide --- */

static bool is_in(const struct table *table, const struct line *line, size_t column)
{
    return table->is_list || line->task == table->columns[column].task;
}

/* The width that COLUMN needs so that nothing is cut. */
static size_t need(const struct table *table, size_t column, size_t title)
{
    size_t place = 0, right = 0, whole = title;
    for (size_t i = 0; i < table->count; i++) {
        const struct line *line = &table->lines[i];
        if (!is_in(table, line, column))
            continue;
        if (line->place[0]) {
            place = larger(place, line->place_width);
            right = larger(right, line->did_width);
        } else {
            whole = larger(whole, line->did_width);
        }
    }
    return larger(whole, place + (place && right ? GAP : 0) + right);
}

/* The words may take two thirds of WIDTH from the place. */
static size_t most_words(size_t width)
{
    return width * 2 / 3;
}

/* The words begin where most of them can, behind the longest place that leaves them room. */
static void divide(const struct table *table, size_t index, struct column *column)
{
    column->place = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct line *line = &table->lines[i];
        if (!is_in(table, line, index) || !line->place[0])
            continue;
        const size_t words = smaller(line->brief_width, most_words(column->width)) + GAP;
        column->place =
            larger(column->place,
                   smaller(line->place_width, column->width - smaller(column->width, words)));
    }
}

/* Columns that need less than an even share get what they need; the others share the rest. */
static void share(struct table *table, const size_t *needs, size_t available)
{
    bool settled[TRACE_COLUMNS] = {false};
    size_t left = table->column_count;
    for (bool again = true; again && left;) {
        again = false;
        for (size_t i = 0; i < table->column_count; i++)
            if (!settled[i] && needs[i] <= available / left) {
                settled[i] = again = true;
                table->columns[i].width = needs[i];
                available -= needs[i];
                if (!--left)
                    return;
            }
    }
    for (size_t i = 0; i < table->column_count; i++)
        if (!settled[i])
            table->columns[i].width = available / left;
}

static bool has_column(const struct trace *trace, size_t task)
{
    for (size_t i = 0; i < trace->count && trace->tasks[task].is_minor; i++)
        if (trace->rows[i].task == task)
            return true;
    return !trace->tasks[task].is_minor;
}

/* Which tasks have columns; more than fit: a list. */
static void choose_columns(struct table *table, const struct trace *trace)
{
    for (size_t i = 0; i < trace->task_count && !table->is_list; i++) {
        if (!has_column(trace, i))
            continue;
        table->is_list = table->column_count == TRACE_COLUMNS;
        if (!table->is_list)
            table->columns[table->column_count++].task = i;
    }
    if (table->is_list)
        table->column_count = 1;
}

static void make_columns(struct table *table, const struct trace *trace)
{
    size_t needs[TRACE_COLUMNS], start = (size_t)table->number + 1;
    const size_t width = larger(table->style->width, TRACE_WIDTH);
    if (table->is_list)
        start += 4;
    for (size_t i = 0; i < table->column_count; i++) {
        char safe[CELL];
        const char *title = trace->tasks[table->columns[i].task].title;
        text_safe(safe, sizeof safe, title, strlen(title));
        needs[i] = need(table, i, table->is_list ? 0 : smaller(width_of(safe) + 3, LEAST_TITLE));
    }
    share(table, needs, width - start - GAP * (table->column_count - 1));
    for (size_t i = 0; i < table->column_count; i++) {
        table->columns[i].start = start;
        start += table->columns[i].width + GAP;
        divide(table, i, &table->columns[i]);
    }
}

/* --- printing --- */

static void print_cut(const struct table *table, const char *text, size_t room,
                      enum trace_colour colour)
{
    const char *on = colour ? trace_colour(table->style, colour) : "";
    const char *off = *on ? trace_colour(table->style, TRACE_NORMAL) : "";
    if (!*text || !room)
        return;
    const size_t width = width_of(text);
    if (width <= room)
        fprintf(table->to, "%s%s%s", on, text, off);
    else if (room < 5)
        fprintf(table->to, "%s%.*s%s", on, (int)width_fit(text, room), text, off);
    else
        fprintf(table->to, "%s%.*s...%s", on, (int)width_fit(text, room - 3), text, off);
}

/* What is cut, if ROOM is too small, is what the step did and not what changed. */
static void print_words(const struct table *table, const struct line *line, bool whole, size_t room)
{
    static const enum trace_colour colours[] = {[TRACE_PLAIN] = TRACE_NORMAL,
                                                [TRACE_QUIET] = TRACE_DIM,
                                                [TRACE_WAITS] = TRACE_BOLD,
                                                [TRACE_FAULT] = TRACE_RED,
                                                [TRACE_FAILS] = TRACE_RED};
    const char *did = whole ? line->did : line->brief;
    const char *changed = whole ? line->changed : line->brief_changed;
    const size_t after = smaller(width_of(changed), room);
    const size_t gap = after && *did ? GAP : 0;
    const size_t before = smaller(width_of(did), room - smaller(room, after + gap));
    print_cut(table, did, before, colours[line->mark]);
    if (before && after)
        fprintf(table->to, "%*s", GAP, "");
    print_cut(table, changed, after, line->mark == TRACE_FAILS ? TRACE_RED : TRACE_CHANGE);
}

/* The place and the words; if both do not fit, the brief words, and the place is cut. */
static void print_cell(const struct table *table, const struct line *line,
                       const struct column *column)
{
    const size_t width = column->width;
    const bool whole = (line->place[0] ? line->place_width + GAP : 0) + line->did_width <= width;
    size_t words = whole ? line->did_width : line->brief_width;
    if (!line->place[0]) {
        print_words(table, line, whole, width);
        return;
    }
    if (!whole)
        words = smaller(words, most_words(width));
    size_t place = line->place_width, start = larger(column->place, place) + GAP;
    if (start + words > width) {
        const size_t room = width - smaller(width, words + GAP);
        place = smaller(place, larger(room, LEAST_PLACE));
        start = place + GAP;
    }
    print_cut(table, line->place, place, line->mark == TRACE_QUIET ? TRACE_DIM : TRACE_NORMAL);
    if (words)
        fprintf(table->to, "%*s", (int)(start - place), "");
    print_words(table, line, whole, width - smaller(width, start));
}

static void print_number(const struct table *table, const struct line *line)
{
    if (line->step)
        fprintf(table->to, "%s%*u%s ", trace_colour(table->style, TRACE_DIM), table->number,
                line->step, trace_colour(table->style, TRACE_NORMAL));
    else
        fprintf(table->to, "%*s ", table->number, "");
}

static void print_line(const struct table *table, const struct line *line)
{
    const struct column *column = &table->columns[0];
    if (line->rounds) {
        fprintf(table->to, "%*s %s... the same %zu step%s %zu more times%s\n", table->number, "",
                trace_colour(table->style, TRACE_DIM), line->again, line->again == 1 ? "" : "s",
                line->rounds, trace_colour(table->style, TRACE_NORMAL));
        return;
    }
    while (!is_in(table, line, (size_t)(column - table->columns)))
        column++;
    print_number(table, line);
    if (table->is_list)
        fprintf(table->to, "%2u: ", line->task + 1);
    else
        fprintf(table->to, "%*s", (int)(column->start - (size_t)table->number - 1), "");
    print_cell(table, line, column);
    fputc('\n', table->to);
}

/* Programs often differ in their last argument only: leaves the beginning and the end of TEXT. */
static void cut_middle(char *text, size_t size, size_t room)
{
    char whole[CELL];
    const size_t width = width_of(text);
    if (width <= room || room < 8)
        return;
    snprintf(whole, sizeof whole, "%s", text);
    const size_t head = (room - 3) / 2, tail = room - 3 - head;
    snprintf(text, size, "%.*s...%s", (int)width_fit(whole, head), whole,
             whole + width_fit(whole, width - tail));
}

static void print_title(const struct table *table, const struct trace *trace, size_t task,
                        size_t room, bool is_last)
{
    char text[CELL], safe[CELL];
    text_safe(safe, sizeof safe, trace->tasks[task].title, strlen(trace->tasks[task].title));
    snprintf(text, sizeof text, "%zu: %.600s", task + 1, safe);
    cut_middle(text, sizeof text, room);
    print_cut(table, text, room, TRACE_BOLD);
    if (is_last)
        fputc('\n', table->to);
    else
        fprintf(table->to, "%*s", (int)(room + GAP - smaller(room, width_of(text))), "");
}

static void print_titles(const struct table *table, const struct trace *trace)
{
    const size_t room = larger(table->style->width, TRACE_WIDTH) - (size_t)table->number - 1;
    if (!table->is_list)
        fprintf(table->to, "%*s ", table->number, "");
    for (size_t i = 0; i < trace->task_count && table->is_list; i++) {
        fprintf(table->to, "%*s ", table->number, "");
        print_title(table, trace, i, room, true);
    }
    for (size_t i = 0; i < table->column_count && !table->is_list; i++)
        print_title(table, trace, table->columns[i].task, table->columns[i].width,
                    i + 1 == table->column_count);
}

static struct table new_table(const struct trace *trace, const struct trace_style *style, FILE *to,
                              bool is_list)
{
    struct table table = {.style = style, .to = to, .is_list = is_list, .number = 3};
    for (size_t i = trace->count ? trace->rows[trace->count - 1].step : 0; i > 999; i /= 10)
        table.number++;
    choose_columns(&table, trace);
    return table;
}

void trace_print(const struct trace *trace, const struct trace_style *style, FILE *to)
{
    struct table table = new_table(trace, style, to, false);
    const bool has_room = larger(style->width, TRACE_WIDTH) >= FILE_LEAST * table.column_count;
    table.lines = lines_make(trace,
                             table.is_list ? FILES_ALWAYS
                             : has_room    ? FILES_WHERE_NEW
                                           : FILES_NEVER,
                             &table.count);
    if (table.lines) {
        make_columns(&table, trace);
        print_titles(&table, trace);
        for (size_t i = 0; i < table.count; i++)
            print_line(&table, &table.lines[i]);
    }
    free(table.lines);
}

void trace_print_row(const struct trace *trace, size_t index, const struct trace_style *style,
                     FILE *to)
{
    struct line line;
    struct table table = new_table(trace, style, to, true);
    table.lines = &line;
    table.count = 1;
    lines_fill(&line, &trace->rows[index], false);
    make_columns(&table, trace);
    print_line(&table, &line);
}
