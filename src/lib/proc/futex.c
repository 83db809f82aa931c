/* SPDX-License-Identifier: MIT */
/*
 * futex.c - see futex.h. A futex is a word in memory, and the kernel shows its address in the
 * process that waits. The process's map translates the address into a file (a segment is one too)
 * and an offset, which mean the same in every process.
 */
#include "config.h"

#include "lib/proc/futex.h"

#include "lib/proc/maps.h"

#include <inttypes.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/syscall.h>

/* futex(2) with 64-bit times (Linux 5.1), for 32-bit programs: the same number on every
 * architecture. Headers may be older. */
#define NUMBER_FUTEX_TIME64 422

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif

/* The calls of a line of the syscall file: the arguments are registers, however many the call has.
 */
struct call {
    long number;
    uint64_t args[6];
};

static bool parse(const char *text, struct call *call)
{
    uint64_t *a = call->args;
    return sscanf(text,
                  "%ld 0x%" SCNx64 " 0x%" SCNx64 " 0x%" SCNx64 " 0x%" SCNx64 " 0x%" SCNx64
                  " 0x%" SCNx64,
                  &call->number, &a[0], &a[1], &a[2], &a[3], &a[4], &a[5]) == 7;
}

static bool is_futex(long number)
{
#ifdef SYS_futex
    if (number == SYS_futex)
        return true;
#endif
    return number == NUMBER_FUTEX_TIME64;
}

/* The operations that sleep. */
static bool sleeps(uint64_t op)
{
    switch ((unsigned)op & (unsigned)FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
    case FUTEX_WAIT_REQUEUE_PI:
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2: return true;
    default: return false;
    }
}

/* futex(uaddr, op, val, timeout, ...) */
bool procfs_parse_futex(const char *text, struct procfs_waiter *out)
{
    struct call call = {0};
    if (!parse(text, &call) || !is_futex(call.number) || !sleeps(call.args[1]) ||
        call.args[1] & FUTEX_PRIVATE_FLAG)
        return false;
    out->in = PROCFS_WAIT_FUTEX;
    out->set = -1;
    out->count = 0;
    out->address = call.args[0];
    out->timed = call.args[3] != 0;
    return true;
}

struct search {
    struct procfs_waiter *waiter;
    bool found;
};

static bool locate(void *arg, const struct procfs_map *map)
{
    struct search *search = arg;
    struct procfs_waiter *waiter = search->waiter;
    if (waiter->address < map->start || waiter->address >= map->end)
        return true;
    if (map->perms[3] == 's') {
        waiter->device = map->device;
        waiter->inode = map->inode;
        waiter->offset = waiter->address - map->start + map->offset;
        search->found = true;
    }
    return false;
}

/* Reads the task's map and not the process's: see read_ops() of waiters.c. */
bool procfs_locate_futex(const struct procfs *fs, struct procfs_waiter *waiter)
{
    struct search search = {waiter, false};
    return procfs_each_map(fs, waiter->tid, locate, &search) == 0 && search.found;
}
