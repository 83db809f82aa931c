/* SPDX-License-Identifier: MIT */
/*
 * source.h - the line of source that a program is at.
 */
#ifndef IPCLAB_INTERLEAVE_SOURCE_H
#define IPCLAB_INTERLEAVE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct source_line {
    char file[128]; /* without its folders; "" not known */
    int line;
    char function[64]; /* that it is in; "" not known */
    char text[160];    /* the line, without the blanks around it; "" the file cannot be read */
};

enum { SOURCE_FRAMES = 6 };

/* Finds the line of the call that returns to PC in process PID, which must be alive. Without debug
 * information, FILE is the function and what PC is behind its start, and LINE 0. */
void source_find(pid_t pid, uint64_t pc, struct source_line *out);

/*
 * The lines that process PID is at, which stands still: first that of the call that returns to PC
 * (0: any), then that of the call of its function, and so on to main(); a function that the
 * compiler has inlined is one of them. Only places whose source can be read count; if there is
 * none, the first that is known. IMAGE is a process as for source_find(), for where PID's stack
 * cannot be read (ptrace(2)). Returns how many, at most SOURCE_FRAMES.
 */
size_t source_frames(pid_t image, pid_t pid, uint64_t pc, struct source_line out[SOURCE_FRAMES]);

/* Forgets the processes of a run. */
void source_forget(void);

#endif
