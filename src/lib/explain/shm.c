/*
 * explain_shm.c - why the calls of shared memory are refused. The rules are those of shmget(2),
 * shmat(2), shmdt(2), shmctl(2) and of ipc/shm.c and ipc/util.c, in the order in which the kernel
 * checks them.
 */
#include "config.h"

#include "lib/explain/rows.h"

#include "lib/segment/limits.h"
#include "lib/base/names.h"
#include "lib/segment/segment.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/resource.h>
#include <unistd.h>

/* Finds the segment of an id or of a key, whoever may read it. */
static bool find(bool by_key, int id, key_t key, struct segment_info *out)
{
    struct segment_list list = {0};
    bool found = false;
    if (segment_sysv.list(&list, false) == 0)
        for (size_t i = 0; i < list.count && !found; i++) {
            const struct segment_info *item = &list.items[i];
            found = by_key ? item->key == key && !(item->status & SEGMENT_DEST)
                           : item->segment.id == id;
            if (found)
                *out = *item;
        }
    segment_list_free(&list);
    return found;
}

static struct owned owned(const struct segment_info *s)
{
    return (struct owned){"segment", s->segment.id, s->uid,  s->cuid,
                          s->gid,    s->cgid,       s->mode, NULL};
}

static uint64_t page_size(void)
{
    return (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The size of page that these flags of shmget ask for. */
static uint64_t huge_page(int flags)
{
    unsigned log = ((unsigned)flags >> SHM_HUGE_SHIFT) & SHM_HUGE_MASK;
    return log ? UINT64_C(1) << log : limits_meminfo("Hugepagesize");
}

static const struct limits_huge *huge_limits(uint64_t page)
{
    static struct limits_huge all[LIMITS_HUGE_MAX];
    size_t count = limits_huge(all, LIMITS_HUGE_MAX);
    for (size_t i = 0; i < count; i++)
        if (all[i].page == page)
            return &all[i];
    return NULL;
}

/* --- shmget --- */

static void shmget_eexist(const struct refusal *r, struct explanation *e)
{
    struct segment_info s;
    if (!find(true, 0, r->key, &s)) {
        say(e->what, "this key named a segment, which has been removed since");
        say(e->hint, "try again");
        return;
    }
    say(e->what, "this key already names segment %d (%s, owner %s)", s.segment.id,
        size_words(s.size), names_user(s.uid));
    say(e->hint, "leave out IPC_EXCL (--exclusive) to open it, or remove it first: ipcrm -m %d",
        s.segment.id);
}

static void shmget_enoent(const struct refusal *r, struct explanation *e)
{
    say(e->what, "no segment has key 0x%.8x", (unsigned)r->key);
    say(e->hint, "shmstat lists those that exist; shmcreate -k 0x%x SIZE creates one",
        (unsigned)r->key);
}

static void shmget_einval(const struct refusal *r, struct explanation *e)
{
    struct segment_info s;
    struct limits_shm limits;
    const bool exists = r->key != IPC_PRIVATE && find(true, 0, r->key, &s);

    if (exists && r->size > s.size) {
        say(e->what, "segment %d of this key has %" PRIu64 " bytes, and %zu were asked for",
            s.segment.id, s.size, r->size);
        say(e->hint,
            "a segment never grows: ask for at most its size, or remove it first: ipcrm -m %d",
            s.segment.id);
    } else if (r->size == 0) {
        say(e->what, "a new segment has at least 1 byte (SHMMIN), and 0 were asked for");
        say(e->hint, "give a SIZE; 0 is good only to open one that exists");
    } else if (limits_shm(&limits) == 0 && r->size > limits.shmmax) {
        say(e->what, "%zu bytes are more than SHMMAX, the limit for one segment: %" PRIu64, r->size,
            limits.shmmax);
        say(e->hint, "ask for less, or raise it as root: sysctl kernel.shmmax=%zu", r->size);
    } else if (r->size > INT64_MAX) {
        say(e->what,
            "a segment is a file inside the kernel, and none is larger than %" PRId64 " bytes",
            INT64_MAX);
    } else if (r->flags & SHM_HUGETLB && !huge_limits(huge_page(r->flags))) {
        say(e->what, "this machine has no huge pages of %s", size_words(huge_page(r->flags)));
        say(e->hint, "the sizes it has: ls /sys/kernel/mm/hugepages");
    } else {
        say(e->what, "the kernel does not accept this size with these flags");
    }
}

static void shmget_eacces(const struct refusal *r, struct explanation *e)
{
    struct segment_info s;
    if (!find(true, 0, r->key, &s)) {
        say(e->what, "the segment of this key does not grant the permissions asked for");
        return;
    }
    const struct owned o = owned(&s);
    say_shut_out(e, &o);
    say(e->what, "; 0%.3o was asked for", (unsigned)r->flags & 0777);
    hint_owner(e, &o, "grant more: shmctl-tool set -m MODE %d", o.id);
}

static void shmget_enospc(const struct refusal *r, struct explanation *e)
{
    struct limits_shm limits;
    const uint64_t page = page_size(), wanted = r->size / page + (r->size % page != 0);
    if (limits_shm(&limits)) {
        say(e->what, "the limit for all segments together (SHMMNI or SHMALL) is reached");
    } else if (limits.segments >= limits.shmmni) {
        say(e->what, "SHMMNI is reached: %" PRIu64 " segments exist of %" PRIu64 " allowed",
            limits.segments, limits.shmmni);
        say(e->hint,
            "shmstat --orphans lists those that nobody needs; as root: sysctl "
            "kernel.shmmni=%" PRIu64,
            2 * limits.shmmni);
    } else {
        say(e->what,
            "SHMALL would be passed: %" PRIu64 " pages in use of %" PRIu64 " allowed, %" PRIu64
            " asked for",
            limits.pages, limits.shmall, wanted);
        say(e->hint,
            "shmstat --orphans lists what nobody needs; as root: sysctl kernel.shmall=%" PRIu64,
            limits.pages + wanted);
    }
}

static void shmget_enomem(const struct refusal *r, struct explanation *e)
{
    if (r->flags & SHM_HUGETLB) {
        const uint64_t page = huge_page(r->flags);
        const struct limits_huge *huge = huge_limits(page);
        const uint64_t free_pages =
            huge && huge->free > huge->reserved ? huge->free - huge->reserved : 0;
        const uint64_t wanted = page ? (r->size + page - 1) / page : 0;
        say(e->what,
            "%" PRIu64 " huge page%s of %s %s needed, and %" PRIu64 " are free and not reserved",
            wanted, wanted == 1 ? "" : "s", size_words(page), wanted == 1 ? "is" : "are",
            free_pages);
        say(e->hint,
            "as root: echo %" PRIu64 " > /sys/kernel/mm/hugepages/hugepages-%" PRIu64
            "kB/nr_hugepages",
            (huge ? huge->total : 0) + wanted - free_pages, page / 1024);
        return;
    }
    uint64_t policy = 0;
    limits_read("/proc/sys/vm/overcommit_memory", &policy);
    if (policy == 2) {
        say(e->what, "%s more would pass the commit limit", size_words(r->size));
        say(e->what, ": %s are promised", size_words(limits_meminfo("Committed_AS")));
        say(e->what, " of %s (vm.overcommit_memory is 2)",
            size_words(limits_meminfo("CommitLimit")));
    } else {
        say(e->what, "no memory for %s", size_words(r->size));
        say(e->what, ": the machine has %s", size_words(limits_meminfo("MemTotal")));
        say(e->what, " and %s of swap", size_words(limits_meminfo("SwapTotal")));
    }
    say(e->hint, "ask for less, or reserve nothing ahead: SHM_NORESERVE (--noreserve)");
}

static void shmget_enfile(const struct refusal *r, struct explanation *e)
{
    uint64_t max = 0;
    (void)r;
    limits_read("/proc/sys/fs/file-max", &max);
    say(e->what,
        "a segment is a file inside the kernel, and the system has as many open as it allows: "
        "%" PRIu64,
        max);
    say(e->hint, "raise it as root: sysctl fs.file-max=%" PRIu64, 2 * max);
}

static void shmget_eperm(const struct refusal *r, struct explanation *e)
{
    uint64_t group = 0;
    if (!(r->flags & SHM_HUGETLB)) {
        say(e->what, "a security policy forbids %s to make segments", names_user(geteuid()));
        say(e->hint,
            "look for a seccomp filter or a security module: grep Seccomp /proc/self/status");
        return;
    }
    limits_read("/proc/sys/vm/hugetlb_shm_group", &group);
    say(e->what,
        "SHM_HUGETLB is for root (CAP_IPC_LOCK) and for group %s (vm.hugetlb_shm_group); %s is "
        "neither",
        names_group((gid_t)group), names_user(geteuid()));
    say(e->hint, "leave out --huge, or as root: sysctl vm.hugetlb_shm_group=%u", getegid());
}

/* --- any call that takes an id --- */

/*
 * Ids are slot + 32768 * generation (ipc/util.h), so a slot in use by a later generation shows that
 * this id has existed; an empty one tells nothing.
 */
static void no_such_id(const struct refusal *r, struct explanation *e)
{
    struct shmid_ds ds;
    int now = calls_shmctl(r->id, SHM_STAT_ANY, &ds);
    if (now > r->id)
        say(e->what, "segment %d was removed; its slot in the table is segment %d's now", r->id,
            now);
    else
        say(e->what, "there is no segment %d", r->id);
    say(e->hint, "shmstat lists those that exist%s",
        r->id > 32767 ? "" : "; keys begin with 0x, ids do not");
}

static void removed(const struct refusal *r, struct explanation *e)
{
    say_removed(e, "segment", r->id, "shmstat");
}

/* --- shmat --- */

static void shmat_einval(const struct refusal *r, struct explanation *e)
{
    struct segment_info s;
    char clash[256];
    const uint64_t address = (uintptr_t)r->addr, page = page_size(),
                   huge = limits_meminfo("Hugepagesize");

    if (!find(false, r->id, 0, &s)) {
        no_such_id(r, e);
    } else if (!address && r->flags & SHM_REMAP) {
        say(e->what, "SHM_REMAP replaces what is mapped at an address, and none was given");
        say(e->hint, "give one: %d@0xADDRESS,remap", r->id);
    } else if (address % page && !(r->flags & SHM_RND)) {
        say(e->what, "address 0x%" PRIx64 " is not a multiple of SHMLBA, %" PRIu64 " bytes",
            address, page);
        say(e->hint,
            "the nearest that are: 0x%" PRIx64 " and 0x%" PRIx64 "; or SHM_RND (,rnd) rounds down",
            address - address % page, address - address % page + page);
    } else if (address && !(r->flags & SHM_REMAP) &&
               explain_find_clash(address - address % page, s.size, clash)) {
        say(e->what, "address 0x%" PRIx64 " is taken by %s", address, clash);
        say(e->hint, "leave the address to the kernel, or replace the mapping: SHM_REMAP (,remap)");
    } else if (address + s.size < address) {
        say(e->what,
            "from address 0x%" PRIx64 " there are not %" PRIu64
            " bytes to the end of the address space",
            address, s.size);
    } else if (huge && address % huge) {
        say(e->what,
            "address 0x%" PRIx64
            " is not a multiple of %s, as it must be for a segment in huge pages",
            address, size_words(huge));
        say(e->hint, "the nearest that are: 0x%" PRIx64 " and 0x%" PRIx64, address - address % huge,
            address - address % huge + huge);
    } else {
        say(e->what, "the kernel does not accept this address with these flags");
    }
}

static void shmat_eacces(const struct refusal *r, struct explanation *e)
{
    struct segment_info s;
    if (!find(false, r->id, 0, &s)) {
        say(e->what, "segment %d does not grant the permissions asked for", r->id);
        return;
    }
    const struct owned o = owned(&s);
    const unsigned given = say_shut_out(e, &o);
    say(e->what, "; %s%s was asked for", r->flags & SHM_RDONLY ? "read" : "read and write",
        r->flags & SHM_EXEC ? " and execute" : "");
    if (given & 4 && !(r->flags & (SHM_RDONLY | SHM_EXEC)))
        say(e->hint, "attach it to read only: %d,ro; or ", r->id);
    hint_owner(e, &o, "grant more: shmctl-tool set -m MODE %d", o.id);
}

static void shmat_enomem(const struct refusal *r, struct explanation *e)
{
    struct segment_info s;
    struct rlimit limit;
    uint64_t size = find(false, r->id, 0, &s) ? s.size : 0;
    getrlimit(RLIMIT_AS, &limit);
    if (limit.rlim_cur != RLIM_INFINITY) {
        say(e->what, "%s more would pass this process's limit for its address space",
            size_words(size));
        say(e->what, ", %s (RLIMIT_AS)", size_words(limit.rlim_cur));
        say(e->hint, "ulimit -v unlimited raises it, where the hard limit allows");
    } else if (r->addr) {
        say(e->what, "%s do not fit into the address space at %p", size_words(size), r->addr);
        say(e->hint, "leave the address to the kernel");
    } else {
        say(e->what,
            "no room for %s: in the address space, or for the page tables, or one mapping too many "
            "(vm.max_map_count)",
            size_words(size));
    }
}

static void shmat_eperm(const struct refusal *r, struct explanation *e)
{
    uint64_t lowest = 0;
    limits_read("/proc/sys/vm/mmap_min_addr", &lowest);
    if (r->addr && (uintptr_t)r->addr < lowest) {
        say(e->what,
            "address %p is below the lowest that may be mapped, 0x%" PRIx64 " (vm.mmap_min_addr)",
            r->addr, lowest);
        say(e->hint,
            "page 0 is kept empty so that a NULL pointer is caught; choose a higher address");
    } else if (r->flags & SHM_EXEC) {
        say(e->what, "a security policy forbids to execute from a segment");
        say(e->hint, "attach it without SHM_EXEC (,exec)");
    } else {
        say(e->what, "a security policy forbids %s to attach it", names_user(geteuid()));
    }
}

/* --- shmdt --- */

static void shmdt_einval(const struct refusal *r, struct explanation *e)
{
    if ((uintptr_t)r->addr % page_size())
        say(e->what, "address %p is not the start of a page, so no segment is attached there",
            r->addr);
    else
        say(e->what, "no segment is attached at %p", r->addr);
    say(e->hint, "shmdt takes the address that shmat returned");
}

/* --- shmctl --- */

static void shmctl_einval(const struct refusal *r, struct explanation *e)
{
    struct segment_info s;
    if (!find(false, r->id, 0, &s))
        no_such_id(r, e);
    else if (r->cmd == IPC_SET)
        say_no_such_owner(e);
    else
        say(e->what, "this kernel does not know the command, or it does not fit this segment");
}

static void shmctl_eacces(const struct refusal *r, struct explanation *e)
{
    struct segment_info s;
    if (!find(false, r->id, 0, &s)) {
        say(e->what, "segment %d may not be read", r->id);
        return;
    }
    const struct owned o = owned(&s);
    say_shut_out(e, &o);
    say(e->what, "; this needs read");
    hint_owner(e, &o, "grant it: shmctl-tool set -m MODE %d", o.id);
}

static void shmctl_eperm(const struct refusal *r, struct explanation *e)
{
    struct segment_info s;
    struct rlimit limit;
    const bool lock = r->cmd == SHM_LOCK || r->cmd == SHM_UNLOCK;
    if (!find(false, r->id, 0, &s)) {
        say(e->what, "only the owner, the creator and root may do this");
        return;
    }
    getrlimit(RLIMIT_MEMLOCK, &limit);
    if (lock && limit.rlim_cur == 0 && (geteuid() == s.uid || geteuid() == s.cuid)) {
        say(e->what, "this process may lock no memory (RLIMIT_MEMLOCK is 0)");
        say(e->hint, "ulimit -l raises it, where the hard limit allows");
        return;
    }
    const struct owned o = owned(&s);
    say_not_owner(e, &o,
                  r->cmd == IPC_RMID ? "remove it"
                  : lock             ? "lock and unlock it"
                                     : "change it");
}

static void shmctl_enomem(const struct refusal *r, struct explanation *e)
{
    struct segment_info s;
    struct rlimit limit;
    uint64_t size = find(false, r->id, 0, &s) ? s.size : 0;
    getrlimit(RLIMIT_MEMLOCK, &limit);
    say(e->what, "to lock %s more would pass what %s may lock", size_words(size),
        names_user(geteuid()));
    say(e->what, ", %s (RLIMIT_MEMLOCK)",
        limit.rlim_cur == RLIM_INFINITY ? "unlimited" : size_words(limit.rlim_cur));
    say(e->hint, "ulimit -l raises it, where the hard limit allows; root is not bound by it");
}

static void shmctl_eoverflow(const struct refusal *r, struct explanation *e)
{
    say(e->what,
        "a number of segment %d, its owner's or its size, does not fit into struct shmid_ds",
        r->id);
    say(e->hint, "a program built for 64 bits can read it");
}

const struct explain_row explain_shm_rows[] = {
    {CALL_SHMGET, EACCES, shmget_eacces},
    {CALL_SHMGET, EEXIST, shmget_eexist},
    {CALL_SHMGET, EINVAL, shmget_einval},
    {CALL_SHMGET, ENFILE, shmget_enfile},
    {CALL_SHMGET, ENOENT, shmget_enoent},
    {CALL_SHMGET, ENOMEM, shmget_enomem},
    {CALL_SHMGET, ENOSPC, shmget_enospc},
    {CALL_SHMGET, EPERM, shmget_eperm},
    {CALL_SHMAT, EACCES, shmat_eacces},
    {CALL_SHMAT, EIDRM, removed},
    {CALL_SHMAT, EINVAL, shmat_einval},
    {CALL_SHMAT, ENOMEM, shmat_enomem},
    {CALL_SHMAT, EPERM, shmat_eperm},
    {CALL_SHMDT, EINVAL, shmdt_einval},
    {CALL_SHMCTL, EACCES, shmctl_eacces},
    {CALL_SHMCTL, EIDRM, removed},
    {CALL_SHMCTL, EINVAL, shmctl_einval},
    {CALL_SHMCTL, ENOMEM, shmctl_enomem},
    {CALL_SHMCTL, EOVERFLOW, shmctl_eoverflow},
    {CALL_SHMCTL, EPERM, shmctl_eperm},
    {CALL_NONE, 0, NULL},
};
