/* SPDX-License-Identifier: MIT */
/*
 * keys.h - the commands of one who goes through a trace by hand: a line each, or on a terminal a
 * key each, which acts at once.
 */
#ifndef IPCLAB_TRACE_KEYS_H
#define IPCLAB_TRACE_KEYS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Notes how the terminal that standard input is, if it is one, is set; keys_restore() sets it so
 * again, in this process or in its parent, which may outlive it. Both may be called at any time.
 */
void keys_remember(void);
void keys_restore(void);

/*
 * Reads the next command to TEXT, of SIZE bytes, without the end of the line: a line, or on a
 * terminal a key, and after one of the keys in LINES a line, which is shown. Where PROMPT is not
 * NULL it is printed first on a terminal. Returns false at the end of the input.
 */
bool keys_read(const char *prompt, const char *lines, char *text, size_t size);

/* The same, but a whole line on a terminal, too. */
bool keys_read_line(const char *prompt, char *text, size_t size);

#endif
