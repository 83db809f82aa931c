/* SPDX-License-Identifier: MIT */
/*
 * trace.c - see trace.h.
 */
#include "config.h"

#include "lib/trace/trace.h"

#include "lib/base/array.h"

#include <stdio.h>
#include <stdlib.h>

bool trace_add_task(struct trace *trace, const char *title, bool is_minor)
{
    if (array_reserve(&trace->tasks, &trace->task_capacity, trace->task_count + 1))
        return false;
    struct trace_task *task = &trace->tasks[trace->task_count++];
    snprintf(task->title, sizeof task->title, "%s", title);
    task->is_minor = is_minor;
    return true;
}

bool trace_add(struct trace *trace, const struct trace_row *row)
{
    if (array_reserve(&trace->rows, &trace->capacity, trace->count + 1))
        return false;
    trace->rows[trace->count++] = *row;
    return true;
}

void trace_words(const struct trace_row *row, char *text, size_t size)
{
    snprintf(text, size, "%s%s%s", row->did, row->did[0] && row->changed[0] ? "  " : "",
             row->changed);
}

const char *trace_mark_name(enum trace_mark mark)
{
    static const char *const names[] = {[TRACE_QUIET] = "quiet",
                                        [TRACE_WAITS] = "waits",
                                        [TRACE_FAULT] = "fault",
                                        [TRACE_FAILS] = "fails"};
    return names[mark];
}

void trace_free(struct trace *trace)
{
    free(trace->tasks);
    free(trace->rows);
    *trace = (struct trace){0};
}
