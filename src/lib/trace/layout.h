/* SPDX-License-Identifier: MIT */
/*
 * layout.h - a trace as a table: a column for each task, a row for each step; a list where there
 * are more than TRACE_COLUMNS tasks.
 *
 *       1: ./add                       2: ./add
 *     3 begins, shmget, shmat
 *     4 8 (*count)++;  load 0
 *     7                                begins, shmget, shmat
 *     8                                8 (*count)++;  load 0
 *     9                                8 (*count)++;  0 > 1
 */
#ifndef IPCLAB_TRACE_LAYOUT_H
#define IPCLAB_TRACE_LAYOUT_H

#include "lib/trace/trace.h"

#include <stdio.h>

enum { TRACE_COLUMNS = 4, TRACE_WIDTH = 80 };

struct trace_style {
    size_t width; /* columns of the terminal; less than TRACE_WIDTH: TRACE_WIDTH */
    bool colours; /* escape sequences may be printed */
};

/* The escape sequences of a style without colours are "". */
enum trace_colour { TRACE_NORMAL, TRACE_BOLD, TRACE_DIM, TRACE_CHANGE, TRACE_RED };
const char *trace_colour(const struct trace_style *style, enum trace_colour colour);

/* Prints the names of the tasks and all rows. Lines end in no blanks. */
void trace_print(const struct trace *trace, const struct trace_style *style, FILE *to);

/* Prints row INDEX as the list does. */
void trace_print_row(const struct trace *trace, size_t index, const struct trace_style *style,
                     FILE *to);

#endif
