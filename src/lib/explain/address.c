/* SPDX-License-Identifier: MIT */
/*
 * address.c - see address.h.
 */
#include "config.h"

#include "lib/explain/address.h"

#include "lib/base/text.h"
#include "lib/explain/facts.h"
#include "lib/proc/procfs.h"
#include "lib/segment/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

uint64_t explain_page_size(void)
{
    return (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The first mapping that overlaps [start, end). */
struct overlap {
    uint64_t start, end;
    bool found;
    char text[256]; /* "0x7000-0x8000 rw-p [heap]", safe to print */
};

static bool find_overlap(void *arg, const struct procfs_map *map)
{
    struct overlap *overlap = arg;
    char path[160];
    if (map->end <= overlap->start || map->start >= overlap->end)
        return true;
    text_safe(path, sizeof path, map->path, map->path_length);
    snprintf(overlap->text, sizeof overlap->text, "0x%" PRIx64 "-0x%" PRIx64 " %s %s", map->start,
             map->end, map->perms, map->path_length ? path : "(no name)");
    overlap->found = true;
    return false;
}

bool explain_address_taken(struct explanation *e, uint64_t address, uint64_t size, const char *flag)
{
    const uint64_t start = address - address % explain_page_size();
    struct overlap overlap = {.start = start, .end = start + size};
    struct procfs fs;
    if (procfs_open(&fs, "/proc"))
        return false;
    procfs_each_map(&fs, getpid(), find_overlap, &overlap);
    procfs_close(&fs);
    if (!overlap.found)
        return false;
    explain_reason(e, "address 0x%" PRIx64 " is in use by %s", address, overlap.text);
    explain_hint(e, "let the kernel choose the address, or replace the mapping: %s (,remap)", flag);
    return true;
}

bool explain_address_too_low(struct explanation *e, const void *address)
{
    uint64_t lowest = 0;
    limits_read("/proc/sys/vm/mmap_min_addr", &lowest);
    if (!address || (uintptr_t)address >= lowest)
        return false;
    explain_reason(e,
                   "address %p is below the lowest address that a process may map, 0x%" PRIx64
                   " (vm.mmap_min_addr)",
                   address, lowest);
    explain_hint(
        e, "choose a higher address; the kernel keeps page 0 unmapped to catch NULL pointers");
    return true;
}

bool explain_address_space_limit(struct explanation *e, uint64_t size)
{
    struct rlimit limit;
    getrlimit(RLIMIT_AS, &limit);
    if (limit.rlim_cur == RLIM_INFINITY)
        return false;
    explain_reason(e, "%s more would exceed this process's address space limit, %s (RLIMIT_AS)",
                   explain_size(size), explain_size(limit.rlim_cur));
    explain_hint(e, "raise the limit, if the hard limit allows: ulimit -v unlimited");
    return true;
}

void explain_hint_nearest(struct explanation *e, uint64_t address, uint64_t unit)
{
    const uint64_t below = address - address % unit;
    explain_hint(e, "use 0x%" PRIx64 " or 0x%" PRIx64, below, below + unit);
}
