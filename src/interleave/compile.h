/* SPDX-License-Identifier: MIT */
/*
 * compile.h - interleave cc.
 */
#ifndef IPCLAB_INTERLEAVE_COMPILE_H
#define IPCLAB_INTERLEAVE_COMPILE_H

/*
 * Runs the C compiler (INTERLEAVE_CC, or gcc) with ARGV's words after the first, so that it calls a
 * function of LIBRARY at each load and store. Returns only if it cannot: an exit status.
 */
int compile(int argc, char *argv[], const char *library);

#endif
