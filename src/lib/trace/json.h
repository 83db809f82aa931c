/* SPDX-License-Identifier: MIT */
/*
 * json.h - a trace as JSON, which nests and so is not for the table of lib/cli.
 */
#ifndef IPCLAB_TRACE_JSON_H
#define IPCLAB_TRACE_JSON_H

#include "lib/trace/trace.h"

#include <stdio.h>

/* Prints TEXT, made safe as everywhere (text_safe()), as a string; NULL and "" are null. */
void json_string(const char *text, FILE *to);

/*
 * Prints the members "programs", the titles of the tasks, and "steps", an object for each row:
 *   {"step":4, "program":1, "file":"add.c", "line":7, "source":"(*count)++", "did":"load 0",
 *    "changed":null, "mark":null, "after":null}
 * STEP is null in a row that is no step; AFTER is the step of another task that this one builds
 * on. Nothing comes before the first member, or after the last.
 */
void json_trace(const struct trace *trace, FILE *to);

#endif
