/* SPDX-License-Identifier: MIT */
/*
 * trace.h - how a traced call is put together and printed; for the files of calls/ alone. What is
 * printed follows strace(1), which students meet next.
 *
 *   struct line line;
 *   line_begin(&line, "shmget(");
 *   line_add_key(&line, key);
 *   ...
 *   return line_finish_int(&line, id);
 */
#ifndef IPCLAB_TRACE_H
#define IPCLAB_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/ipc.h>

/* One call on its way to the trace. What does not fit is cut off. */
struct line {
    char text[4096];
    size_t used;
    int error; /* errno when the call returned */
};

/* A constant and its name. */
struct symbol {
    int value;
    const char *name;
};

/* Starts a line. Comes first after the call: it keeps errno, which the other functions may change
 * and line_finish() restores. */
void line_begin(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

void line_add(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds the names of those bits of *VALUE that TABLE (a NULL name at its end) knows, joined by "|",
 * and clears them in *VALUE. PRINTED: something precedes them, so a "|" comes first. Returns
 * whether anything precedes what comes next. */
bool line_add_bits(struct line *line, const struct symbol *table, int *value, bool printed);

/* Adds "IPC_STAT", or the number if TABLE (a NULL name at its end) does not have VALUE. */
void line_add_symbol(struct line *line, const struct symbol *table, int value);

/* Adds "0x7000", or "NULL". */
void line_add_address(struct line *line, const void *address);

/* Adds "IPC_PRIVATE" or "0x4d2". */
void line_add_key(struct line *line, key_t key);

/* Adds "{__key=0x4d2, uid=0, ...}", as the manual pages name the members. */
void line_add_perm(struct line *line, const struct ipc_perm *perm);

/* Adds ") = RESULT", or ") = -1 EINVAL (Invalid argument)" if the call FAILED, prints the line in
 * one write, and restores errno. */
void line_finish(struct line *line, bool failed, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a call that returns an int, negative when it failed. Returns RESULT. */
int line_finish_int(struct line *line, int result);

#endif
