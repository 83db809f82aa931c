/*
 * posix.c - why the calls of POSIX shared memory fail. The rules are those of shm_open(3),
 * ftruncate(2), mmap(2), chmod(2) and chown(2), of the C library for names, and of the kernel for
 * files on a tmpfs.
 */
#include "config.h"

#include "lib/explain/rows.h"

#include "lib/explain/address.h"
#include "lib/explain/facts.h"
#include "lib/segment/limits.h"
#include "lib/base/names.h"
#include "lib/segment/segment.h"
#include "lib/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* What the file of the refused object is; false when there is none. */
static bool find(const struct failed_call *failed, struct stat *st)
{
    char path[sizeof SEGMENT_POSIX_DIR + SEGMENT_NAME_SIZE];
    snprintf(path, sizeof path, SEGMENT_POSIX_DIR "%s", failed->name);
    return lstat(path, st) == 0;
}

/* The name as it may be printed; one at a time. */
static const char *name_of(const struct failed_call *failed)
{
    static char safe[256];
    return text_safe(safe, sizeof safe, failed->name, strlen(failed->name));
}

static struct object_perms perms_of(const struct failed_call *failed, const struct stat *st)
{
    return (struct object_perms){.noun = "object",
                                 .name = failed->name,
                                 .uid = st->st_uid,
                                 .cuid = st->st_uid,
                                 .gid = st->st_gid,
                                 .cgid = st->st_gid,
                                 .mode = st->st_mode & 0777};
}

/* --- shm_open --- */

static void open_eexist(const struct failed_call *failed, struct explanation *e)
{
    struct stat st;
    if (!find(failed, &st)) {
        explain_reason(e, "this name was taken, and has been removed since");
        explain_hint(e, "try again");
        return;
    }
    explain_reason(e, "this name is taken by an object of %s", explain_size((uint64_t)st.st_size));
    explain_reason(e, ", owner %s", names_user(st.st_uid));
    explain_hint(e,
                 "leave out O_EXCL (--exclusive) to open it, or remove it first: shmctl-tool rm %s",
                 name_of(failed));
}

static void open_enoent(const struct failed_call *failed, struct explanation *e)
{
    if (access(SEGMENT_POSIX_DIR, F_OK)) {
        explain_reason(e, "there is no " SEGMENT_POSIX_DIR
                          ", where the C library keeps POSIX objects");
        explain_hint(e, "as root: mount -t tmpfs tmpfs " SEGMENT_POSIX_DIR);
        return;
    }
    explain_reason(e, "there is no POSIX object %s", name_of(failed));
    explain_hint(e, "shmstat --posix lists those that exist; shmcreate -n %s SIZE creates one",
                 name_of(failed));
}

/* Two rules of the kernel come before the mode for who opens with O_CREAT, which we never do to
 * what exists. */
static void open_eacces(const struct failed_call *failed, struct explanation *e)
{
    struct stat st;
    static const char *const wanted[] = {"read", "write", "read and write"};
    if (!find(failed, &st)) {
        explain_reason(e, "%s may not create files in " SEGMENT_POSIX_DIR, names_user(geteuid()));
        explain_hint(
            e, "it should be for everybody, and sticky; as root: chmod 1777 " SEGMENT_POSIX_DIR);
        return;
    }
    const struct object_perms perms = perms_of(failed, &st);
    const unsigned given = explain_access_denied(e, &perms);
    explain_reason(e, "; %s was asked for", wanted[failed->flags & O_ACCMODE]);
    if (given & 4 && (failed->flags & O_ACCMODE) == O_RDWR)
        explain_hint(e, "attach it to read only: %s,ro; or ", name_of(failed));
    explain_hint_owner(e, &perms, "grant more: chmod MODE " SEGMENT_POSIX_DIR);
    explain_hint(e, "%s", name_of(failed));
}

static void open_einval(const struct failed_call *failed, struct explanation *e)
{
    struct stat st;
    if (find(failed, &st) && S_ISDIR(st.st_mode)) {
        explain_reason(e, "%s is a directory in " SEGMENT_POSIX_DIR, name_of(failed));
    } else {
        explain_reason(e, "the C library does not take this name: it has %zu characters",
                       strlen(failed->name));
        explain_hint(e, "a name has a slash and at most 253 characters; some libraries take more");
    }
}

static void open_eloop(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(
        e, "%s is a symbolic link in " SEGMENT_POSIX_DIR ", and shm_open follows none (O_NOFOLLOW)",
        name_of(failed));
    explain_hint(e, "see where it leads: ls -l " SEGMENT_POSIX_DIR "%s", name_of(failed));
}

static void open_enxio(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(e, "%s is a socket or a pipe in " SEGMENT_POSIX_DIR ", and no object",
                   name_of(failed));
    explain_hint(e, "see what it is: ls -l " SEGMENT_POSIX_DIR "%s", name_of(failed));
}

static void open_emfile(const struct failed_call *failed, struct explanation *e)
{
    struct rlimit limit;
    (void)failed;
    getrlimit(RLIMIT_NOFILE, &limit);
    explain_reason(e, "this process has as many descriptors open as it may: %ju (RLIMIT_NOFILE)",
                   (uintmax_t)limit.rlim_cur);
    explain_hint(e, "ulimit -n raises it, where the hard limit allows");
}

static void open_enfile(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_file_limit(e, "the system has as many files open as it allows");
}

static void folder_full(const struct failed_call *failed, struct explanation *e)
{
    struct statvfs fs;
    (void)failed;
    if (statvfs(SEGMENT_POSIX_DIR, &fs) == 0 && fs.f_files && !fs.f_ffree)
        explain_reason(e, SEGMENT_POSIX_DIR " has as many files as it may: %ju (nr_inodes)",
                       (uintmax_t)fs.f_files);
    else
        explain_reason(e, SEGMENT_POSIX_DIR " is full");
    explain_hint(e, "shmstat --limits shows its size and use, shmstat --orphans what nobody needs");
}

static void read_only(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, SEGMENT_POSIX_DIR " is mounted read-only");
    explain_hint(e, "as root: mount -o remount,rw " SEGMENT_POSIX_DIR);
}

/* --- shm_unlink --- */

/* The folder is sticky (inode(7)): its owner, the object's and root may take a file out of it. */
static void unlink_eacces(const struct failed_call *failed, struct explanation *e)
{
    struct stat st;
    if (!find(failed, &st)) {
        explain_reason(e, "only the owner and root may remove it");
        return;
    }
    explain_reason(e,
                   "object %s belongs to %s, and " SEGMENT_POSIX_DIR
                   " is sticky: %s may remove nothing of others",
                   name_of(failed), names_user(st.st_uid), names_user(geteuid()));
    const struct object_perms perms = perms_of(failed, &st);
    explain_hint_owner(e, &perms, "remove it: shmctl-tool rm ");
    explain_hint(e, "%s", name_of(failed));
}

/* --- ftruncate, fstat --- */

static void truncate_einval(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(e, "no file has %zu bytes: its size is a signed number of 64 bits",
                   failed->size);
    explain_hint(e, "ask for less");
}

static void truncate_efbig(const struct failed_call *failed, struct explanation *e)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    if (limit.rlim_cur != RLIM_INFINITY && failed->size > limit.rlim_cur) {
        explain_reason(e,
                       "%zu bytes are more than this process may give a file: %ju (RLIMIT_FSIZE)",
                       failed->size, (uintmax_t)limit.rlim_cur);
        explain_hint(e, "ulimit -f raises it, where the hard limit allows");
    } else {
        explain_reason(e, "%zu bytes are more than a file on a tmpfs may have", failed->size);
        explain_hint(e, "ask for less");
    }
}

static void truncate_eperm(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(
        e, "object %s is sealed against this change of its size (F_SEAL_SHRINK, F_SEAL_GROW)",
        name_of(failed));
    explain_hint(e, "a seal cannot be taken back: make another object");
}

/* Not refused by the kernel: what exists is smaller than what was asked for. */
static void too_small(const struct failed_call *failed, struct explanation *e)
{
    struct stat st;
    if (failed->error) {
        explain_reason(e, "%s", strerror(failed->error));
        return;
    }
    const uint64_t size = find(failed, &st) ? (uint64_t)st.st_size : 0;
    explain_reason(e, "the object of this name has %" PRIu64 " bytes, and %zu were asked for", size,
                   failed->size);
    if (size)
        explain_hint(e, "ask for at most its size, or make it longer: shmctl-tool resize %zu %s",
                     failed->size, name_of(failed));
    else
        explain_hint(
            e,
            "who creates one sets its size by a second call: if that is still to come, try again; "
            "else "
            "shmctl-tool resize %zu %s",
            failed->size, name_of(failed));
}

/* --- mmap --- */

static void mmap_eexist(const struct failed_call *failed, struct explanation *e)
{
    if (explain_address_taken(e, (uintptr_t)failed->addr, failed->size, "MAP_FIXED"))
        return;
    explain_reason(e, "something is mapped between %p and the %zu bytes after it", failed->addr,
                   failed->size);
    explain_hint(e, "leave the address to the kernel, or replace the mapping: MAP_FIXED (,remap)");
}

static void mmap_enodev(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(e, "%s is in " SEGMENT_POSIX_DIR ", but it is no file with bytes to map",
                   name_of(failed));
    explain_hint(e, "see what it is: ls -ld " SEGMENT_POSIX_DIR "%s", name_of(failed));
}

static void mmap_einval(const struct failed_call *failed, struct explanation *e)
{
    struct stat st;
    const uint64_t page = explain_page_size(), address = (uintptr_t)failed->addr;
    if (find(failed, &st) && !S_ISREG(st.st_mode)) {
        mmap_enodev(failed, e);
    } else if (failed->size == 0) {
        explain_reason(e, "object %s has 0 bytes, and a mapping has at least one", name_of(failed));
        explain_hint(e, "give it a size: shmctl-tool resize SIZE %s", name_of(failed));
    } else if (address % page) {
        explain_reason(
            e, "address 0x%" PRIx64 " is not a multiple of the page size, %" PRIu64 " bytes",
            address, page);
        explain_hint_nearest(e, address, page);
        explain_hint(e, "; or ,rnd rounds down");
    } else {
        explain_reason(e, "the kernel does not accept this address and size");
    }
}

static void mmap_enomem(const struct failed_call *failed, struct explanation *e)
{
    if (explain_address_space_limit(e, failed->size))
        return;
    explain_reason(
        e, "no room for %s: in the address space, or one mapping too many (vm.max_map_count)",
        explain_size(failed->size));
    explain_hint(e, "%s", failed->addr ? "leave the address to the kernel" : "map less");
}

static void mmap_eperm(const struct failed_call *failed, struct explanation *e)
{
    if (explain_address_too_low(e, failed->addr))
        return;
    if (failed->prot & PROT_EXEC) {
        explain_reason(e, SEGMENT_POSIX_DIR
                       " is mounted noexec, so nothing of it may be mapped to execute");
        explain_hint(e, "map it without PROT_EXEC (,exec), or use a System V segment");
    } else {
        explain_reason(
            e, "object %s is sealed against writing, or a security policy forbids to map it",
            name_of(failed));
    }
}

static void munmap_einval(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(e, "%p is not the start of a page, or %zu is no size", failed->addr,
                   failed->size);
    explain_hint(e, "munmap takes the address that mmap returned");
}

/* --- fchmod, fchown --- */

static void chmod_eperm(const struct failed_call *failed, struct explanation *e)
{
    struct stat st;
    if (!find(failed, &st)) {
        explain_reason(e, "only the owner and root may change it");
        return;
    }
    explain_reason(e, "object %s belongs to %s, and %s is another", name_of(failed),
                   names_user(st.st_uid), names_user(geteuid()));
    const struct object_perms perms = perms_of(failed, &st);
    explain_hint_owner(e, &perms, "change it");
}

static void chown_eperm(const struct failed_call *failed, struct explanation *e)
{
    struct stat st;
    if (find(failed, &st) && st.st_uid == geteuid()) {
        explain_reason(e,
                       "an object is a file: its owner may give it to a group of his own, and only "
                       "root to another user");
        explain_hint(
            e,
            "a System V segment may be given away; or let others in by the mode: shmctl-tool set "
            "-m MODE %s",
            name_of(failed));
    } else {
        chmod_eperm(failed, e);
    }
}

static void chown_einval(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_unmapped_owner(e);
}

const struct explain_row explain_posix_rows[] = {
    {CALL_SHM_OPEN, EACCES, open_eacces},
    {CALL_SHM_OPEN, EEXIST, open_eexist},
    {CALL_SHM_OPEN, EINVAL, open_einval},
    {CALL_SHM_OPEN, ELOOP, open_eloop},
    {CALL_SHM_OPEN, EMFILE, open_emfile},
    {CALL_SHM_OPEN, ENAMETOOLONG, open_einval},
    {CALL_SHM_OPEN, ENFILE, open_enfile},
    {CALL_SHM_OPEN, ENOENT, open_enoent},
    {CALL_SHM_OPEN, ENOSPC, folder_full},
    {CALL_SHM_OPEN, ENXIO, open_enxio},
    {CALL_SHM_OPEN, EROFS, read_only},
    {CALL_SHM_UNLINK, EACCES, unlink_eacces},
    {CALL_SHM_UNLINK, EINVAL, open_einval},
    {CALL_SHM_UNLINK, EISDIR, open_einval},
    {CALL_SHM_UNLINK, ENAMETOOLONG, open_einval},
    {CALL_SHM_UNLINK, ENOENT, open_enoent},
    {CALL_SHM_UNLINK, EPERM, unlink_eacces},
    {CALL_SHM_UNLINK, EROFS, read_only},
    {CALL_FTRUNCATE, EFBIG, truncate_efbig},
    {CALL_FTRUNCATE, EINVAL, truncate_einval},
    {CALL_FTRUNCATE, ENOSPC, folder_full},
    {CALL_FTRUNCATE, EPERM, truncate_eperm},
    {CALL_FSTAT, 0, too_small},
    {CALL_MMAP, EEXIST, mmap_eexist},
    {CALL_MMAP, EINVAL, mmap_einval},
    {CALL_MMAP, ENODEV, mmap_enodev},
    {CALL_MMAP, ENOMEM, mmap_enomem},
    {CALL_MMAP, EPERM, mmap_eperm},
    {CALL_MUNMAP, EINVAL, munmap_einval},
    {CALL_FCHMOD, EPERM, chmod_eperm},
    {CALL_FCHMOD, EROFS, read_only},
    {CALL_FCHOWN, EINVAL, chown_einval},
    {CALL_FCHOWN, EPERM, chown_eperm},
    {CALL_FCHOWN, EROFS, read_only},
    {CALL_NONE, 0, NULL},
};
