/* SPDX-License-Identifier: MIT */
/*
 * private.c - see private.h.
 */
#include "config.h"

#include "interleave/run/private.h"

#include "interleave/board.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

static bool hash_range(pid_t pid, uint64_t start, uint64_t end, uint64_t *hash)
{
    static uint64_t words[8192];
    while (start < end) {
        const size_t size = end - start < sizeof words ? end - start : sizeof words;
        struct iovec to = {words, size}, from = {(void *)(uintptr_t)start, size};
        if (process_vm_readv(pid, &to, 1, &from, 1, 0) != (ssize_t)size)
            return false;
        for (size_t i = 0; i < size / sizeof *words; i++)
            if (words[i])
                *hash = board_mix(*hash, words[i] + i);
        *hash = board_mix(*hash, size);
        start += size;
    }
    return true;
}

/* proc_pid_maps(5): "START-END rw-p OFFSET DEVICE INODE PATH". */
bool private_hash(pid_t pid, uint64_t stack, uint64_t *hash)
{
    char path[40], line[512], mode[8];
    uint64_t start, end;
    bool read = true;
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    *hash = 1;
    while (read && fgets(line, sizeof line, file))
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &start, &end, mode) == 3 &&
            !strcmp(mode, "rw-p") && !strstr(line, "/libinterleave.so"))
            read = hash_range(pid, stack - start < end - start ? stack : start, end, hash);
    fclose(file);
    return read;
}
