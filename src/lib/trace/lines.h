/* SPDX-License-Identifier: MIT */
/*
 * lines.h - the rows of a trace as the lines of a table: safe to print, measured, and folded.
 */
#ifndef IPCLAB_TRACE_LINES_H
#define IPCLAB_TRACE_LINES_H

#include "lib/trace/trace.h"

enum { GAP = 2 /* blanks between two parts */, CELL = 640 /* bytes of one */ };

struct line {
    unsigned step, task;
    enum trace_mark mark;
    char place[CELL]; /* "7 (*count)++"; "" none */
    char did[CELL], changed[CELL];
    char brief[CELL], brief_changed[CELL];      /* the same in fewer letters */
    char name[CELL];                            /* for a line that is folded */
    size_t place_width, did_width, brief_width; /* the last two with what changed */
    size_t again, rounds; /* no row: the AGAIN lines before this one came ROUNDS more times */
};

/* One row, with the name of its file if WITH_FILE. */
void lines_fill(struct line *line, const struct trace_row *row, bool with_file);

enum lines_files { FILES_NEVER, FILES_WHERE_NEW, FILES_ALWAYS };

/*
 * All rows of TRACE: quiet ones of a task in a row are one line, and so are rounds of the same
 * steps. FILES says which lines name their file, if there are several. Returns the lines, *COUNT of
 * them, to be freed; NULL with errno ENOMEM.
 */
struct line *lines_make(const struct trace *trace, enum lines_files files, size_t *count);

#endif
