/* SPDX-License-Identifier: MIT */
/*
 * width.h - how many columns of a terminal a text takes.
 */
#ifndef IPCLAB_TRACE_WIDTH_H
#define IPCLAB_TRACE_WIDTH_H

#include <stddef.h>

/* The columns of TEXT, which text_safe() has written: it has no control characters. */
size_t width_of(const char *text);

/* How many bytes of TEXT take at most COLUMNS, whole characters only. */
size_t width_fit(const char *text, size_t columns);

#endif
