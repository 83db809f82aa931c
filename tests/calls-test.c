/* SPDX-License-Identifier: MIT */
/*
 * calls-test.c - what calls.h promises before the kernel is asked: a size is never cut to the
 * size_t of a program of 32 bits.
 */
#include "config.h"

#include "lib/calls/calls_shm.h"

#include "lib/calls/calls.h"

#include "lib/calls/calls_posix.h"
#include "tap.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* 1, if it were cut to 32 bits. */
#define TOO_MUCH ((UINT64_C(1) << 32) + 1)

#if SIZE_MAX < UINT64_MAX
static void test_sizes(void)
{
    errno = 0;
    const int id = calls_shmget(IPC_PRIVATE, TOO_MUCH, IPC_CREAT | 0600);
    ok(id < 0 && errno == EINVAL, "shmget: a size beyond size_t is refused with EINVAL");
    if (id >= 0)
        calls_shmctl(id, IPC_RMID, NULL);
    errno = 0;
    void *const at = calls_mmap(NULL, TOO_MUCH, PROT_READ, MAP_SHARED, STDIN_FILENO, "/name");
    ok(at == MAP_FAILED && errno == EOVERFLOW, "mmap: a size beyond size_t is EOVERFLOW");
}
#else
static void test_sizes(void)
{
    skip("a size beyond size_t", "here size_t has 64 bits");
}
#endif

int main(void)
{
    test_sizes();
    return tap_end();
}
