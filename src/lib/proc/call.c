/* SPDX-License-Identifier: MIT */
/*
 * call.c - see call.h.
 */
#include "config.h"

#include "lib/proc/call.h"

#include <inttypes.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/syscall.h>

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif

/* What ipc(2) is to do (linux/ipc.h). */
#define IPC_SEMOP      1
#define IPC_SEMTIMEDOP 4

enum kind { OTHER, SEMOP, SEMTIMEDOP, IPC, FUTEX };

struct number {
    long number;
    enum kind kind;
};

/* The calls of programs of the kernel's own kind. Those with 64-bit times, which only 32-bit
 * programs make, have the same number on every architecture, and headers may be older. */
static const struct number native[] = {
#ifdef SYS_semop
    {SYS_semop, SEMOP},
#endif
#ifdef SYS_semtimedop
    {SYS_semtimedop, SEMTIMEDOP},
#endif
#ifdef SYS_ipc
    {SYS_ipc, IPC},
#endif
#ifdef SYS_futex
    {SYS_futex, FUTEX},
#endif
    {420, SEMTIMEDOP},
    {422, FUTEX},
    {-1, OTHER},
};

/* Those of 32-bit programs on a 64-bit kernel (arch/x86/entry/syscalls/syscall_32.tbl;
 * arch/arm64/tools/syscall_32.tbl). */
static const struct number compat[] = {
#if defined __x86_64__
    {117, IPC},        {240, FUTEX},
#elif defined __aarch64__
    {298, SEMOP},      {312, SEMTIMEDOP}, {240, FUTEX},
#endif
    {420, SEMTIMEDOP}, {422, FUTEX}, {-1, OTHER},
};

struct call {
    enum kind kind;
    uint64_t args[6]; /* registers, however many arguments the call has */
};

static enum kind kind_of(const struct number *numbers, long number)
{
    while (numbers->number >= 0 && numbers->number != number)
        numbers++;
    return numbers->kind;
}

/* The stack of a 32-bit program lies below 4 GiB; the kernel puts that of a 64-bit program at the
 * end of a much larger address space. */
static bool is_compat(uint64_t stack)
{
    return sizeof(void *) > 4 && stack && stack <= UINT32_MAX;
}

/* ipc(WHAT, set, count, -, operations, timeout): puts the arguments where semtimedop(2) has them.
 */
static void unpack_ipc(struct call *call)
{
    const uint64_t *a = call->args, what = a[0] & 0xffff;
    const struct call as_semop = {what == IPC_SEMOP ? SEMOP : SEMTIMEDOP, {a[1], a[4], a[2], a[5]}};
    if (what == IPC_SEMOP || what == IPC_SEMTIMEDOP)
        *call = as_semop;
    else
        call->kind = OTHER;
}

static bool parse(const char *text, struct call *call)
{
    uint64_t *a = call->args, stack;
    long number;
    if (*text < '0' || *text > '9' ||
        sscanf(text,
               "%ld 0x%" SCNx64 " 0x%" SCNx64 " 0x%" SCNx64 " 0x%" SCNx64 " 0x%" SCNx64
               " 0x%" SCNx64 " 0x%" SCNx64,
               &number, &a[0], &a[1], &a[2], &a[3], &a[4], &a[5], &stack) != 8)
        return false;
    call->kind = kind_of(is_compat(stack) ? compat : native, number);
    if (call->kind == IPC)
        unpack_ipc(call);
    return call->kind != OTHER;
}

/* semop(set, operations, count) and semtimedop(..., timeout); the fourth argument of semop is what
 * the register happened to hold. */
static void read_semop(const struct call *call, struct procfs_waiter *out)
{
    out->in = PROCFS_WAIT_SEMOP;
    out->set = (int)call->args[0];
    out->address = call->args[1];
    out->count = (size_t)call->args[2];
    out->timed = call->kind == SEMTIMEDOP && call->args[3];
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

/* futex(word, operation, value, timeout, ...) */
static bool read_futex(const struct call *call, struct procfs_waiter *out)
{
    out->in = PROCFS_WAIT_FUTEX;
    out->set = -1;
    out->count = 0;
    out->address = call->args[0];
    out->timed = call->args[3] != 0;
    return sleeps(call->args[1]) && !(call->args[1] & FUTEX_PRIVATE_FLAG);
}

bool procfs_parse_call(const char *text, unsigned in, struct procfs_waiter *out)
{
    struct call call = {0};
    if (!parse(text, &call))
        return false;
    if (call.kind == FUTEX)
        return in & PROCFS_WAIT_FUTEX && read_futex(&call, out);
    if (!(in & PROCFS_WAIT_SEMOP))
        return false;
    read_semop(&call, out);
    return true;
}
