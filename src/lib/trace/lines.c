/* SPDX-License-Identifier: MIT */
/*
 * lines.c - see lines.h.
 */
#include "config.h"

#include "lib/trace/lines.h"

#include "lib/base/text.h"
#include "lib/trace/width.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_ROUND = 16, LEAST_ROUNDS = 3 };

/* "0: 1 > 0" as "0: 1>0" */
static void shorten(const char *changed, char *to)
{
    for (; *changed; changed++)
        if (*changed != ' ' || (changed[1] != '>' && changed[-1] != '>'))
            *to++ = *changed;
    *to = '\0';
}

static size_t both_widths(const char *did, const char *changed)
{
    return width_of(did) + (*did && *changed ? GAP : 0) + width_of(changed);
}

static void measure(struct line *line)
{
    if (line->changed[0])
        shorten(line->changed, line->brief_changed);
    line->place_width = width_of(line->place);
    line->did_width = both_widths(line->did, line->changed);
    line->brief_width = both_widths(line->brief, line->brief_changed);
}

/* "8 (*count)++;", with the file's name in front if WITH_FILE. */
static void write_place(const struct trace_row *row, bool with_file, char *to, size_t size)
{
    char text[CELL / 2];
    *to = '\0';
    if (row->line && with_file)
        snprintf(text, sizeof text, "%s:%d %s", row->file, row->line, row->text);
    else if (row->line)
        snprintf(text, sizeof text, "%d %s", row->line, row->text);
    else
        snprintf(text, sizeof text, "%s", row->file);
    text_safe(to, size, text, strlen(text));
}

/* Does the line of source say "shmdt(", where the step did "shmdt" and nothing else? */
static bool says_call(const struct trace_row *row)
{
    const char *at = row->did[0] ? strstr(row->text, row->did) : NULL;
    return at && at[strlen(row->did)] == '(' && row->mark != TRACE_WAITS;
}

void lines_fill(struct line *line, const struct trace_row *row, bool with_file)
{
    const bool is_said = says_call(row);
    const char *did = is_said ? "" : row->did;
    const char *brief = is_said ? "" : row->brief[0] ? row->brief : row->did;
    *line = (struct line){.step = row->step, .task = row->task, .mark = row->mark};
    write_place(row, with_file, line->place, sizeof line->place);
    text_safe(line->did, sizeof line->did, did, strlen(did));
    text_safe(line->brief, sizeof line->brief, brief, strlen(brief));
    text_safe(line->name, sizeof line->name, row->brief, strlen(row->brief));
    text_safe(line->changed, sizeof line->changed, row->changed, strlen(row->changed));
    measure(line);
}

/* ROW comes after a quiet one of the same task: one line for both, "begins, shmget, shmat". */
static void fold(struct line *line, const struct trace_row *row)
{
    const size_t used = strlen(line->name);
    char safe[sizeof row->brief * TEXT_SAFE_EXPANSION];
    text_safe(safe, sizeof safe, row->brief, strlen(row->brief));
    snprintf(line->name + used, sizeof line->name - used, ", %s", safe);
    memcpy(line->brief, line->name, sizeof line->brief);
    memcpy(line->did, line->name, sizeof line->did);
    line->place[0] = '\0';
    line->step = row->step;
    measure(line);
}

/* Does the place of ROW need its file's name, after LAST, the last file that this task was in? */
static bool needs_file(const struct trace_row *row, const char **last)
{
    if (!row->line || (*last && !strcmp(*last, row->file)))
        return false;
    *last = row->file;
    return true;
}

/* Are there lines of more than one file? */
static bool several_files(const struct trace *trace)
{
    const char *first = NULL;
    for (size_t i = 0; i < trace->count; i++) {
        if (!trace->rows[i].line)
            continue;
        if (first && strcmp(first, trace->rows[i].file) != 0)
            return true;
        first = trace->rows[i].file;
    }
    return false;
}

static bool same(const struct line *a, const struct line *b)
{
    return a->task == b->task && a->mark == b->mark && !strcmp(a->place, b->place) &&
           !strcmp(a->did, b->did) && !strcmp(a->changed, b->changed);
}

/* How many more times the LENGTH lines from LINES on come, of COUNT. */
static size_t rounds_of(const struct line *lines, size_t count, size_t length)
{
    size_t at = length;
    while (at < count && same(&lines[at], &lines[at - length]))
        at++;
    return at / length - 1;
}

/* Lines that come again and again, LEAST_ROUNDS more times at least, are there once, and one line
 * says how often they come. Returns the new count. */
static size_t fold_rounds(struct line *lines, size_t count)
{
    size_t to = 0;
    for (size_t from = 0; from < count;) {
        size_t length = 1;
        while (length <= LONGEST_ROUND &&
               rounds_of(lines + from, count - from, length) < LEAST_ROUNDS)
            length++;
        if (length > LONGEST_ROUND) {
            memmove(&lines[to++], &lines[from++], sizeof *lines);
            continue;
        }
        const size_t rounds = rounds_of(lines + from, count - from, length);
        memmove(&lines[to], &lines[from], length * sizeof *lines);
        to += length;
        lines[to] = (struct line){.task = lines[to - 1].task, .again = length, .rounds = rounds};
        to++;
        from += length * (rounds + 1);
    }
    return to;
}

struct line *lines_make(const struct trace *trace, enum lines_files files, size_t *count)
{
    const bool several = files != FILES_NEVER && several_files(trace);
    const char **last = calloc(trace->task_count + 1, sizeof *last);
    struct line *lines = calloc(trace->count + 1, sizeof *lines);
    *count = 0;
    for (size_t i = 0; last && lines && i < trace->count; i++) {
        const struct trace_row *row = &trace->rows[i];
        struct line *line = *count ? &lines[*count - 1] : NULL;
        if (line && row->mark == TRACE_QUIET && line->mark == TRACE_QUIET &&
            line->task == row->task)
            fold(line, row);
        else
            lines_fill(&lines[(*count)++], row,
                       several && (files == FILES_ALWAYS ? row->line > 0
                                                         : needs_file(row, &last[row->task])));
    }
    if (lines && last)
        *count = fold_rounds(lines, *count);
    free(last);
    return lines;
}
