/*
 * blocked_futex.c - see blocked_futex.h. A futex is a word in memory: the kernel knows only its
 * address in the process that waits. What that address means to others is in the process's map:
 * which file (or segment: that is a file too), and where in it.
 */
#include "config.h"

#include "lib/proc/futex.h"

#include <inttypes.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/* The same number on every architecture (since Linux 5.16, 6.7 and 5.1); headers may be older. */
#define NUMBER_FUTEX_WAITV  449
#define NUMBER_FUTEX_WAIT   455
#define NUMBER_FUTEX_TIME64 422

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif

/* A line of the syscall file: the arguments are registers, whatever the call takes. */
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

/* futex(uaddr, op, val, timeout, ...): is OP one that sleeps, on memory that is not private? */
static bool from_futex(const struct call *call, struct blocked_task *out)
{
    switch ((unsigned)call->args[1] & (unsigned)FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
    case FUTEX_WAIT_REQUEUE_PI:
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2: break;
    default: return false;
    }
    out->address = call->args[0];
    out->timed = call->args[3] != 0;
    return !(call->args[1] & FUTEX_PRIVATE_FLAG);
}

/* futex_wait(uaddr, val, mask, flags, timeout, clockid) */
static bool from_wait(const struct call *call, struct blocked_task *out)
{
    out->address = call->args[0];
    out->timed = call->args[4] != 0;
    return !(call->args[3] & FUTEX_PRIVATE_FLAG);
}

/*
 * futex_waitv(waiters, nr_futexes, flags, timeout, clockid): waits for any of several; they are in
 * its memory. The first that is shared stands for all.
 */
static bool from_waitv(const struct call *call, struct blocked_task *out)
{
    struct {
        uint64_t val, address;
        uint32_t flags, reserved;
    } list[128]; /* FUTEX_WAITV_MAX */
    const size_t count = call->args[1] < 128 ? (size_t)call->args[1] : 128;
    const struct iovec here = {list, count * sizeof *list},
                       there = {(void *)(uintptr_t)call->args[0], here.iov_len};
    if (process_vm_readv(out->tid, &here, 1, &there, 1, 0) != (ssize_t)here.iov_len)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!(list[i].flags & FUTEX_PRIVATE_FLAG)) {
            out->address = list[i].address;
            out->timed = call->args[3] != 0;
            return true;
        }
    return false;
}

bool blocked_parse_futex(const char *text, struct blocked_task *out)
{
    static const struct {
        long number;
        bool (*fill)(const struct call *call, struct blocked_task *out);
    } calls[] = {
#ifdef SYS_futex
        {SYS_futex, from_futex},
#endif
        {NUMBER_FUTEX_TIME64, from_futex},
        {NUMBER_FUTEX_WAIT, from_wait},
        {NUMBER_FUTEX_WAITV, from_waitv},
    };
    struct call call = {0};
    if (!parse(text, &call))
        return false;
    out->in = BLOCKED_FUTEX;
    out->set = -1;
    out->count = 0;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (calls[i].number == call.number)
            return calls[i].fill(&call, out);
    return false;
}

struct place {
    struct blocked_task *task;
    bool found;
};

static bool find_place(void *arg, const struct procfs_map *map)
{
    struct place *place = arg;
    struct blocked_task *task = place->task;
    if (task->address < map->start || task->address >= map->end)
        return true;
    if (map->perms[3] == 's') {
        task->device = map->device;
        task->inode = map->inode;
        task->offset = task->address - map->start + map->offset;
        place->found = true;
    }
    return false;
}

/* By the task and not the process: see read_ops() of blocked.c. */
bool blocked_locate(const struct procfs *fs, struct blocked_task *task)
{
    struct place place = {task, false};
    return procfs_each_map(fs, task->tid, find_place, &place) == 0 && place.found;
}
