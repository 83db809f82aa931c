/* SPDX-License-Identifier: MIT */
/*
 * limits.h - the limits on shared memory, and what is in use.
 */
#ifndef IPCLAB_LIMITS_H
#define IPCLAB_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* System V shared memory in our IPC namespace (shmget(2)'s and proc(5)'s names). */
struct limits_shm {
    uint64_t shmmax;                                 /* bytes in one segment */
    uint64_t shmall;                                 /* pages in all segments */
    uint64_t shmmni;                                 /* segments */
    uint64_t segments, pages, rss_pages, swap_pages; /* in use now */
};

/* Huge pages of one size. */
struct limits_huge {
    uint64_t page; /* bytes */
    uint64_t total, free, reserved;
};

#define LIMITS_HUGE_MAX 8

/* Reads them by shmctl(2), or from /proc where that is refused. Returns 0, or -1 with errno when
 * neither works. */
int limits_shm(struct limits_shm *out);

/* Lists the sizes of huge pages that this machine has, at most MAX of them, smallest first. Returns
 * their number. */
size_t limits_huge(struct limits_huge *out, size_t max);

/* Reads a file that holds one number, as most of /proc/sys and /sys do. Returns false when that
 * fails. */
bool limits_read(const char *path, uint64_t *out);

/* The value of NAME in /proc/meminfo, in bytes; 0 when it has none. */
uint64_t limits_meminfo(const char *name);

#endif
