/* SPDX-License-Identifier: MIT */
/*
 * source.h - the line of source that a program is at.
 */
#ifndef IPCLAB_INTERLEAVE_SOURCE_H
#define IPCLAB_INTERLEAVE_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct source_line {
    char file[128]; /* without its folders; "" not known */
    int line;
    char text[160]; /* the line, without the blanks around it; "" the file cannot be read */
};

/* Finds the line of the call that returns to PC in process PID, which must be alive. Without debug
 * information, FILE is the function and LINE 0. */
void source_find(pid_t pid, uint64_t pc, struct source_line *out);

/* Forgets the processes of a run. */
void source_forget(void);

#endif
