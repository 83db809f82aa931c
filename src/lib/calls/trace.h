/*
 * calls_line.h - what the files behind calls.h share: putting one traced call together, and noting
 * a refused one.
 */
#ifndef IPCLAB_CALLS_LINE_H
#define IPCLAB_CALLS_LINE_H

#include "lib/calls/calls.h"

/* One printed call. What does not fit is cut. */
struct line {
    char text[4096];
    size_t used;
};

struct symbol {
    int value;
    const char *name;
};

void line_add(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Names the bits of *VALUE that TABLE (NULL at its end) knows and takes them out. Returns whether
 * any was printed. */
bool line_add_bits(struct line *line, const struct symbol *table, int *value, bool printed);

/* IPC_PRIVATE or 0x4d2. */
void line_add_key(struct line *line, key_t key);

/* "{__key=0x4d2, uid=0, ...}", as in the manual pages. */
void line_add_perm(struct line *line, const struct ipc_perm *perm);

/* "IPC_STAT", or the number. TABLE ends with NULL. */
void line_add_cmd(struct line *line, const struct symbol *table, int cmd);

/* ") = RESULT", prints the line in one write, and sets errno to ERROR, which it was before all
 * this. */
void line_finish(struct line *line, bool failed, int error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Remembers a refused call; its error is errno. */
void calls_refuse(struct refusal refusal);

#endif
