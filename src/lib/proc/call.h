/* SPDX-License-Identifier: MIT */
/*
 * call.h - the system call that a task is blocked in, as /proc/PID/task/TID/syscall has it.
 */
#ifndef IPCLAB_PROC_CALL_H
#define IPCLAB_PROC_CALL_H

#include "lib/proc/waiter.h"

#include <stdbool.h>

/*
 * TEXT is a line of that file: "running", "-1 SP PC", or "NUMBER 0xARG... 0xSP 0xPC" with six
 * arguments (proc_pid_syscall(5)). Is it one of the calls IN (a set of enum procfs_wait): semop(2)
 * or its like, or a futex(2) that sleeps on a word of shared memory? Fills in what the arguments
 * tell, also those of a 32-bit program on a 64-bit kernel, which has other numbers.
 */
bool procfs_parse_call(const char *text, unsigned in, struct procfs_waiter *out);

#endif
