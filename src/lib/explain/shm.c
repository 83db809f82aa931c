/* SPDX-License-Identifier: MIT */
/*
 * shm.c - why the calls of System V shared memory fail. The rules are those of shmget(2), shmat(2),
 * shmdt(2), shmctl(2) and of ipc/shm.c and ipc/util.c, in the order in which the kernel checks
 * them.
 */
#include "config.h"

#include "lib/explain/rows.h"

#include "lib/calls/calls_shm.h"
#include "lib/explain/address.h"
#include "lib/explain/facts.h"
#include "lib/explain/huge.h"
#include "lib/segment/limits.h"
#include "lib/base/names.h"
#include "lib/segment/segment.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/resource.h>
#include <unistd.h>

/* Finds a segment by its key, or else by its id, whether or not this process may read it. */
static bool find(bool by_key, key_t key, int id, struct segment_info *out)
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

static bool find_by_key(key_t key, struct segment_info *out)
{
    return find(true, key, 0, out);
}

static bool find_by_id(int id, struct segment_info *out)
{
    return find(false, 0, id, out);
}

static struct object_perms perms_of(const struct segment_info *s)
{
    return (struct object_perms){.noun = "segment",
                                 .id = s->segment.id,
                                 .uid = s->uid,
                                 .cuid = s->cuid,
                                 .gid = s->gid,
                                 .cgid = s->cgid,
                                 .mode = s->mode};
}

/* --- shmget --- */

static void shmget_eexist(const struct failed_call *failed, struct explanation *e)
{
    struct segment_info s;
    if (!find_by_key(failed->key, &s)) {
        explain_reason(e, "the segment with this key has just been removed");
        explain_hint(e, "try again");
        return;
    }
    explain_reason(e, "this key already names segment %d (%s, owner %s)", s.segment.id,
                   explain_size(s.size), names_user(s.uid));
    explain_hint(e, "leave out IPC_EXCL (--exclusive) to open it, or remove it first: ipcrm -m %d",
                 s.segment.id);
}

static void shmget_enoent(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(e, "no segment has key 0x%.8x", (unsigned)failed->key);
    explain_hint(e, "list the segments with shmstat, or create one: shmcreate -k 0x%x SIZE",
                 (unsigned)failed->key);
}

static void shmget_einval(const struct failed_call *failed, struct explanation *e)
{
    struct segment_info s;
    struct limits_shm limits;
    const bool exists = failed->key != IPC_PRIVATE && find_by_key(failed->key, &s);

    if (exists && failed->size > s.size) {
        explain_reason(e, "segment %d has %" PRIu64 " bytes, but %" PRIu64 " were requested",
                       s.segment.id, s.size, failed->size);
        explain_hint(
            e, "a segment never grows: request at most its size, or remove it first: ipcrm -m %d",
            s.segment.id);
    } else if (failed->size == 0) {
        explain_reason(e, "a new segment needs at least 1 byte (SHMMIN), but 0 were requested");
        explain_hint(e, "give a SIZE of at least 1; 0 only opens an existing segment");
    } else if ((size_t)failed->size != failed->size) {
        explain_reason(e,
                       "%" PRIu64
                       " bytes are more than size_t holds, in which a program of %zu bits "
                       "gives the size to shmget(2)",
                       failed->size, sizeof(size_t) * 8);
        explain_hint(e, "use the 64-bit program, or request less than 4G");
    } else if (limits_shm(&limits) == 0 && failed->size > limits.shmmax) {
        explain_reason(e, "%" PRIu64 " bytes exceed SHMMAX, the limit for one segment: %" PRIu64,
                       failed->size, limits.shmmax);
        explain_hint(e, "request less, or raise the limit as root: sysctl kernel.shmmax=%" PRIu64,
                     failed->size);
    } else if (failed->size > INT64_MAX) {
        explain_reason(
            e, "a segment is a file inside the kernel, and no file can exceed %" PRId64 " bytes",
            INT64_MAX);
    } else if (!explain_no_huge_pages(e, failed->flags)) {
        explain_reason(e, "the kernel does not accept this size with these flags");
    }
}

static void shmget_eacces(const struct failed_call *failed, struct explanation *e)
{
    struct segment_info s;
    if (!find_by_key(failed->key, &s)) {
        explain_reason(e, "the segment with this key does not grant the requested permissions");
        return;
    }
    const struct object_perms perms = perms_of(&s);
    explain_access_denied(e, &perms);
    explain_reason(e, "; the call requested 0%.3o", (unsigned)failed->flags & 0777);
    explain_hint_owner(e, &perms, "grant more: shmctl-tool set -m MODE %d", perms.id);
}

/* SHMMNI segments exist. */
static void explain_hint_segments(struct explanation *e, uint64_t shmmni)
{
    const uint64_t most = explain_most_objects(shmmni);
    explain_hint(e, "remove the orphans that shmstat --orphans lists");
    if (shmmni >= most)
        explain_hint(e, "; the limit cannot be raised further%s",
                     most == explain_most_objects(0) ? ", unless the kernel is booted with "
                                                       "ipcmni_extend"
                                                     : "");
    else
        explain_hint(e, ", or raise the limit as root: sysctl kernel.shmmni=%" PRIu64,
                     2 * shmmni < most ? 2 * shmmni : most);
}

static void shmget_enospc(const struct failed_call *failed, struct explanation *e)
{
    struct limits_shm limits;
    const uint64_t page = explain_page_size(),
                   wanted = failed->size / page + (failed->size % page != 0);
    if (limits_shm(&limits)) {
        explain_reason(e, "the limit for all segments together (SHMMNI or SHMALL) is reached");
    } else if (limits.segments >= limits.shmmni) {
        explain_reason(e, "SHMMNI is reached: %" PRIu64 " of %" PRIu64 " allowed segments exist",
                       limits.segments, limits.shmmni);
        explain_hint_segments(e, limits.shmmni);
    } else {
        explain_reason(e,
                       "SHMALL would be exceeded: %" PRIu64 " of %" PRIu64
                       " allowed pages are in use, and the call requests %" PRIu64,
                       limits.pages, limits.shmall, wanted);
        explain_hint(e,
                     "remove the orphans that shmstat --orphans lists, or raise the limit as root: "
                     "sysctl kernel.shmall=%" PRIu64,
                     limits.pages + wanted);
    }
}

static void shmget_enomem(const struct failed_call *failed, struct explanation *e)
{
    if (failed->flags & SHM_HUGETLB) {
        explain_huge_memory(e, failed->size, failed->flags);
        return;
    }
    uint64_t policy = 0;
    limits_read("/proc/sys/vm/overcommit_memory", &policy);
    if (policy == 2) {
        explain_reason(e, "%s more would exceed the commit limit", explain_size(failed->size));
        explain_reason(e, ": %s of %s are committed (vm.overcommit_memory is 2)",
                       explain_size(limits_meminfo("Committed_AS")),
                       explain_size(limits_meminfo("CommitLimit")));
    } else {
        explain_reason(e, "no memory for %s", explain_size(failed->size));
        explain_reason(e, ": the machine has %s and %s of swap",
                       explain_size(limits_meminfo("MemTotal")),
                       explain_size(limits_meminfo("SwapTotal")));
    }
    explain_hint(e, "request less, or reserve no memory in advance: SHM_NORESERVE (--noreserve)");
}

static void shmget_enfile(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_file_limit(e, "a segment is a file inside the kernel, and the system has reached its "
                          "limit of open files");
}

static void shmget_eperm(const struct failed_call *failed, struct explanation *e)
{
    if (failed->flags & SHM_HUGETLB) {
        explain_huge_permission(e);
        return;
    }
    explain_reason(e, "a security policy forbids %s to create segments", names_user(geteuid()));
    explain_hint(e,
                 "look for a seccomp filter or a security module: grep Seccomp /proc/self/status");
}

/* --- any call that takes an id --- */

/*
 * An id is slot + 32768 * generation (ipc/util.h). If a later generation uses the slot, this id has
 * existed; an empty slot proves nothing.
 */
static void no_such_id(const struct failed_call *failed, struct explanation *e)
{
    struct shmid_ds ds;
    struct segment_info s;
    int now = calls_shmctl(failed->id, SHM_STAT_ANY, &ds);
    if (now > failed->id)
        explain_reason(e, "segment %d was removed; segment %d now uses its slot in the table",
                       failed->id, now);
    else
        explain_reason(e, "there is no segment %d", failed->id);
    if (failed->id && find_by_key(failed->id, &s)) {
        explain_hint(e, "as a key, %d is 0x%.8x, which names segment %d", failed->id,
                     (unsigned)failed->id, s.segment.id);
        return;
    }
    explain_hint(e, "list the segments with shmstat%s",
                 failed->id > 32767 ? "" : "; keys begin with 0x, ids do not");
    explain_hint_logout(e);
}

static void removed(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(e, "segment %d was removed", failed->id);
    explain_hint(e, "list the segments with shmstat");
    explain_hint_logout(e);
}

/* --- shmat --- */

/* The segment exists and has SIZE bytes: explains what is wrong with the address or the flags. */
static void shmat_address(const struct failed_call *failed, uint64_t size, struct explanation *e)
{
    const uint64_t address = (uintptr_t)failed->addr, page = explain_page_size(),
                   huge = limits_meminfo("Hugepagesize");

    if (!address && failed->flags & SHM_REMAP) {
        explain_reason(e, "SHM_REMAP replaces the mapping at an address, but the call has none");
        explain_hint(e, "give an address: %d@0xADDRESS,remap", failed->id);
    } else if (address % page && !(failed->flags & SHM_RND)) {
        explain_reason(e, "address 0x%" PRIx64 " is not a multiple of SHMLBA, %" PRIu64 " bytes",
                       address, page);
        explain_hint_nearest(e, address, page);
        explain_hint(e, ", or round down: SHM_RND (,rnd)");
    } else if (address && !(failed->flags & SHM_REMAP) &&
               explain_address_taken(e, address, size, "SHM_REMAP")) {
        return;
    } else if (address + size < address) {
        explain_reason(e,
                       "the address space from address 0x%" PRIx64
                       " to its end is shorter than %" PRIu64 " bytes",
                       address, size);
    } else if (huge && address % huge) {
        explain_reason(e,
                       "address 0x%" PRIx64
                       " is not a multiple of %s, which a segment in huge pages requires",
                       address, explain_size(huge));
        explain_hint_nearest(e, address, huge);
    } else {
        explain_reason(e, "the kernel does not accept this address with these flags");
    }
}

static void shmat_einval(const struct failed_call *failed, struct explanation *e)
{
    struct segment_info s;
    if (find_by_id(failed->id, &s))
        shmat_address(failed, s.size, e);
    else
        no_such_id(failed, e);
}

static void shmat_eacces(const struct failed_call *failed, struct explanation *e)
{
    struct segment_info s;
    if (!find_by_id(failed->id, &s)) {
        explain_reason(e, "segment %d does not grant the requested permissions", failed->id);
        return;
    }
    const struct object_perms perms = perms_of(&s);
    const unsigned given = explain_access_denied(e, &perms);
    explain_reason(e, "; the call requested %s%s",
                   failed->flags & SHM_RDONLY ? "read" : "read and write",
                   failed->flags & SHM_EXEC ? " and execute" : "");
    if (given & 4 && !(failed->flags & (SHM_RDONLY | SHM_EXEC)))
        explain_hint(e, "attach it read-only: %d,ro; or ", failed->id);
    explain_hint_owner(e, &perms, "grant more: shmctl-tool set -m MODE %d", perms.id);
}

static void shmat_enomem(const struct failed_call *failed, struct explanation *e)
{
    struct segment_info s;
    const uint64_t size = find_by_id(failed->id, &s) ? s.size : 0;
    if (explain_address_space_limit(e, size))
        return;
    if (failed->addr) {
        explain_reason(e, "%s do not fit into the address space at %p", explain_size(size),
                       failed->addr);
        explain_hint(e, "let the kernel choose the address");
    } else {
        explain_reason(e,
                       "no room for %s: the address space has no gap of this size, memory for page "
                       "tables ran out, or the process has too many mappings (vm.max_map_count)",
                       explain_size(size));
    }
}

static void shmat_eperm(const struct failed_call *failed, struct explanation *e)
{
    if (explain_address_too_low(e, failed->addr))
        return;
    if (failed->flags & SHM_EXEC) {
        explain_reason(e, "a security policy forbids executing code in a segment");
        explain_hint(e, "attach it without SHM_EXEC (,exec)");
    } else {
        explain_reason(e, "a security policy forbids %s to attach this segment",
                       names_user(geteuid()));
    }
}

/* --- shmdt --- */

static void shmdt_einval(const struct failed_call *failed, struct explanation *e)
{
    if ((uintptr_t)failed->addr % explain_page_size())
        explain_reason(e, "address %p is not the start of a page, so no segment is attached there",
                       failed->addr);
    else
        explain_reason(e, "no segment is attached at %p", failed->addr);
    explain_hint(e, "pass shmdt the address that shmat returned");
}

/* --- shmctl --- */

static void shmctl_einval(const struct failed_call *failed, struct explanation *e)
{
    struct segment_info s;
    if (!find_by_id(failed->id, &s))
        no_such_id(failed, e);
    else if (failed->cmd == IPC_SET)
        explain_unmapped_owner(e);
    else
        explain_reason(
            e,
            "this kernel does not know the command, or the command does not apply to this segment");
}

static void shmctl_eacces(const struct failed_call *failed, struct explanation *e)
{
    struct segment_info s;
    if (!find_by_id(failed->id, &s)) {
        explain_reason(e, "this process may not read segment %d", failed->id);
        return;
    }
    const struct object_perms perms = perms_of(&s);
    explain_access_denied(e, &perms);
    explain_reason(e, "; the call needs read access");
    explain_hint_owner(e, &perms, "grant it: shmctl-tool set -m MODE %d", perms.id);
}

static void shmctl_eperm(const struct failed_call *failed, struct explanation *e)
{
    struct segment_info s;
    struct rlimit limit;
    const bool lock = failed->cmd == SHM_LOCK || failed->cmd == SHM_UNLOCK;
    if (!find_by_id(failed->id, &s)) {
        explain_reason(e, "only the owner, the creator and root may do this");
        return;
    }
    getrlimit(RLIMIT_MEMLOCK, &limit);
    if (lock && limit.rlim_cur == 0 && (geteuid() == s.uid || geteuid() == s.cuid)) {
        explain_reason(e, "this process may not lock memory (RLIMIT_MEMLOCK is 0)");
        explain_hint(e, "raise the limit with ulimit -l, if the hard limit allows");
        return;
    }
    const struct object_perms perms = perms_of(&s);
    explain_not_owner(e, &perms,
                      failed->cmd == IPC_RMID ? "remove it"
                      : lock                  ? "lock and unlock it"
                                              : "change it");
}

static void shmctl_enomem(const struct failed_call *failed, struct explanation *e)
{
    struct segment_info s;
    struct rlimit limit;
    uint64_t size = find_by_id(failed->id, &s) ? s.size : 0;
    getrlimit(RLIMIT_MEMLOCK, &limit);
    explain_reason(e, "%s more would exceed what %s may lock", explain_size(size),
                   names_user(geteuid()));
    explain_reason(e, ", %s (RLIMIT_MEMLOCK)",
                   limit.rlim_cur == RLIM_INFINITY ? "unlimited" : explain_size(limit.rlim_cur));
    explain_hint(e,
                 "raise the limit with ulimit -l, if the hard limit allows; it does not bind root");
}

static void shmctl_eoverflow(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(e, "the owner or the size of segment %d does not fit into struct shmid_ds",
                   failed->id);
    explain_hint(e, "use a 64-bit program");
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
