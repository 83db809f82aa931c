/* SPDX-License-Identifier: MIT */
/*
 * huge.c - see huge.h. The rules are those of shmget(2) and of the kernel's
 * Documentation/admin-guide/mm/hugetlbpage.rst.
 */
#include "config.h"

#include "lib/explain/huge.h"

#include "lib/base/names.h"
#include "lib/calls/calls_shm.h"
#include "lib/explain/facts.h"
#include "lib/segment/limits.h"

#include <inttypes.h>
#include <stddef.h>
#include <unistd.h>

/* The size of the pages that FLAGS request, in bytes. */
static uint64_t page_of(int flags)
{
    const unsigned log = ((unsigned)flags >> SHM_HUGE_SHIFT) & SHM_HUGE_MASK;
    return log ? UINT64_C(1) << log : limits_meminfo("Hugepagesize");
}

/* The numbers of huge pages of PAGE bytes; NULL if the machine has none of this size. Valid until
 * the next call. */
static const struct limits_huge *find_huge(uint64_t page)
{
    static struct limits_huge all[LIMITS_HUGE_MAX];
    const size_t count = limits_huge(all, LIMITS_HUGE_MAX);
    for (size_t i = 0; i < count; i++)
        if (all[i].page == page)
            return &all[i];
    return NULL;
}

bool explain_no_huge_pages(struct explanation *e, int flags)
{
    if (!(flags & SHM_HUGETLB) || find_huge(page_of(flags)))
        return false;
    explain_reason(e, "this machine has no huge pages of %s", explain_size(page_of(flags)));
    explain_hint(e, "list the sizes that it has: ls /sys/kernel/mm/hugepages");
    return true;
}

void explain_huge_memory(struct explanation *e, uint64_t size, int flags)
{
    const uint64_t page = page_of(flags);
    const struct limits_huge *huge = find_huge(page);
    const uint64_t available =
        huge && huge->free > huge->reserved ? huge->free - huge->reserved : 0;
    const uint64_t wanted = page ? (size + page - 1) / page : 0;
    explain_reason(
        e, "%" PRIu64 " huge page%s of %s %s needed, but %" PRIu64 " are free and not reserved",
        wanted, wanted == 1 ? "" : "s", explain_size(page), wanted == 1 ? "is" : "are", available);
    explain_hint(e,
                 "add huge pages as root: echo %" PRIu64
                 " > /sys/kernel/mm/hugepages/hugepages-%" PRIu64 "kB/nr_hugepages",
                 (huge ? huge->total : 0) + wanted - available, page / 1024);
}

void explain_huge_permission(struct explanation *e)
{
    uint64_t group = 0;
    limits_read("/proc/sys/vm/hugetlb_shm_group", &group);
    explain_reason(e,
                   "only root (CAP_IPC_LOCK) and group %s (vm.hugetlb_shm_group) may use "
                   "SHM_HUGETLB; %s is neither",
                   names_group((gid_t)group), names_user(geteuid()));
    explain_hint(e, "leave out --huge, or as root: sysctl vm.hugetlb_shm_group=%u", getegid());
}
