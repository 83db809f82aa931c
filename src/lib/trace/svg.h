/* SPDX-License-Identifier: MIT */
/*
 * svg.h - a trace as a sequence diagram: a life line for each task, a row for each step, an arrow
 * from the step that a step builds on.
 */
#ifndef IPCLAB_TRACE_SVG_H
#define IPCLAB_TRACE_SVG_H

#include "lib/trace/trace.h"

#include <stdio.h>

/* Prints the picture, with TITLE under it. Plain SVG 1.1: no script, no style from elsewhere. */
void svg_print(const struct trace *trace, const char *title, FILE *to);

#endif
