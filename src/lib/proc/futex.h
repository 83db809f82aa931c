/*
 * blocked_futex.h - the part of blocked.c that knows futexes.
 */
#ifndef IPCLAB_BLOCKED_FUTEX_H
#define IPCLAB_BLOCKED_FUTEX_H

#include "lib/proc/waiters.h"

/*
 * Is TEXT, a line of /proc/PID/task/TID/syscall, a call that waits on a futex of shared memory?
 * Fills in the address, and whether it waits only so long. OUT has its pid and tid.
 */
bool blocked_parse_futex(const char *text, struct blocked_task *out);

/* Fills in device, inode and offset from the task's own map of its memory. False if that is no
 * shared mapping. */
bool blocked_locate(const struct procfs *fs, struct blocked_task *task);

#endif
