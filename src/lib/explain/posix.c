/* SPDX-License-Identifier: MIT */
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

/* The status of the object's file in *ST; false if the file does not exist. */
static bool find(const struct failed_call *failed, struct stat *st)
{
    char path[sizeof SEGMENT_POSIX_DIR + SEGMENT_NAME_SIZE];
    snprintf(path, sizeof path, SEGMENT_POSIX_DIR "%s", failed->name);
    return lstat(path, st) == 0;
}

/* The name, safe to print; valid until the next call. */
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
        explain_reason(e, "the object with this name has just been removed");
        explain_hint(e, "try again");
        return;
    }
    explain_reason(e, "this name already names an object (%s, owner %s)",
                   explain_size((uint64_t)st.st_size), names_user(st.st_uid));
    explain_hint(e,
                 "leave out O_EXCL (--exclusive) to open it, or remove it first: shmctl-tool rm %s",
                 name_of(failed));
}

static void open_enoent(const struct failed_call *failed, struct explanation *e)
{
    if (access(SEGMENT_POSIX_DIR, F_OK)) {
        explain_reason(e, "there is no " SEGMENT_POSIX_DIR
                          ", where the C library keeps POSIX objects");
        explain_hint(e, "mount it as root: mount -t tmpfs tmpfs " SEGMENT_POSIX_DIR);
        return;
    }
    explain_reason(e, "there is no POSIX object %s", name_of(failed));
    explain_hint(e, "list the objects with shmstat --posix, or create one: shmcreate -n %s SIZE",
                 name_of(failed));
}

/* With O_CREAT the kernel applies fs.protected_regular and fs.protected_fifos (proc(5)) before the
 * mode, but only to a file that exists, which these programs never open with O_CREAT. */
static void open_eacces(const struct failed_call *failed, struct explanation *e)
{
    struct stat st;
    static const char *const wanted[] = {"read", "write", "read and write"};
    if (!find(failed, &st)) {
        explain_reason(e, "%s may not create files in " SEGMENT_POSIX_DIR, names_user(geteuid()));
        explain_hint(
            e, "make it writable by all users and sticky, as root: chmod 1777 " SEGMENT_POSIX_DIR);
        return;
    }
    const struct object_perms perms = perms_of(failed, &st);
    const unsigned given = explain_access_denied(e, &perms);
    explain_reason(e, "; the call requested %s", wanted[failed->flags & O_ACCMODE]);
    if (given & 4 && (failed->flags & O_ACCMODE) == O_RDWR)
        explain_hint(e, "attach it read-only: %s,ro; or ", name_of(failed));
    explain_hint_owner(e, &perms, "grant more: chmod MODE " SEGMENT_POSIX_DIR);
    explain_hint(e, "%s", name_of(failed));
}

static void open_einval(const struct failed_call *failed, struct explanation *e)
{
    struct stat st;
    if (find(failed, &st) && S_ISDIR(st.st_mode)) {
        explain_reason(e, "%s is a directory in " SEGMENT_POSIX_DIR, name_of(failed));
    } else {
        explain_reason(e, "the C library does not accept this name of %zu characters",
                       strlen(failed->name));
        explain_hint(e, "use a slash and at most 253 characters; some libraries accept more");
    }
}

static void open_eloop(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(e,
                   "%s is a symbolic link in " SEGMENT_POSIX_DIR
                   ", and shm_open follows no links (O_NOFOLLOW)",
                   name_of(failed));
    explain_hint(e, "see where it leads: ls -l " SEGMENT_POSIX_DIR "%s", name_of(failed));
}

static void open_enxio(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(e,
                   "%s is a socket or a pipe in " SEGMENT_POSIX_DIR ", not a shared memory object",
                   name_of(failed));
    explain_hint(e, "see what it is: ls -l " SEGMENT_POSIX_DIR "%s", name_of(failed));
}

static void open_emfile(const struct failed_call *failed, struct explanation *e)
{
    struct rlimit limit;
    (void)failed;
    getrlimit(RLIMIT_NOFILE, &limit);
    explain_reason(e, "this process has reached its limit of open descriptors: %ju (RLIMIT_NOFILE)",
                   (uintmax_t)limit.rlim_cur);
    explain_hint(e, "raise the limit with ulimit -n, if the hard limit allows");
}

static void open_enfile(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_file_limit(e, "the system has reached its limit of open files");
}

static void directory_full(const struct failed_call *failed, struct explanation *e)
{
    struct statvfs fs;
    (void)failed;
    if (statvfs(SEGMENT_POSIX_DIR, &fs) == 0 && fs.f_files && !fs.f_ffree)
        explain_reason(e, SEGMENT_POSIX_DIR " has reached its limit of files: %ju (nr_inodes)",
                       (uintmax_t)fs.f_files);
    else
        explain_reason(e, SEGMENT_POSIX_DIR " is full");
    explain_hint(e, "remove the orphans that shmstat --orphans lists, or see its size and use: "
                    "shmstat --limits");
}

static void read_only(const struct failed_call *failed, struct explanation *e)
{
    (void)failed;
    explain_reason(e, SEGMENT_POSIX_DIR " is mounted read-only");
    explain_hint(e, "remount it as root: mount -o remount,rw " SEGMENT_POSIX_DIR);
}

/* --- shm_unlink --- */

/* The directory is sticky (inode(7)): only its owner, the owner of the file and root may remove a
 * file. */
static void unlink_eacces(const struct failed_call *failed, struct explanation *e)
{
    struct stat st;
    if (!find(failed, &st)) {
        explain_reason(e, "only the owner and root may remove it");
        return;
    }
    explain_reason(e,
                   "object %s belongs to %s, and " SEGMENT_POSIX_DIR
                   " is sticky: %s may not remove the files of others",
                   name_of(failed), names_user(st.st_uid), names_user(geteuid()));
    const struct object_perms perms = perms_of(failed, &st);
    explain_hint_owner(e, &perms, "remove it: shmctl-tool rm ");
    explain_hint(e, "%s", name_of(failed));
}

/* --- ftruncate, fstat --- */

static void truncate_einval(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(e, "no file can have %ju bytes: the size of a file is a signed 64-bit number",
                   failed->size);
    explain_hint(e, "request less");
}

static void truncate_efbig(const struct failed_call *failed, struct explanation *e)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    if (limit.rlim_cur != RLIM_INFINITY && failed->size > limit.rlim_cur) {
        explain_reason(e, "%ju bytes exceed this process's limit for a file: %ju (RLIMIT_FSIZE)",
                       failed->size, (uintmax_t)limit.rlim_cur);
        explain_hint(e, "raise the limit with ulimit -f, if the hard limit allows");
    } else {
        explain_reason(e, "%ju bytes exceed the largest possible file on a tmpfs", failed->size);
        explain_hint(e, "request less");
    }
}

static void truncate_eperm(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(
        e, "a seal on object %s forbids this change of its size (F_SEAL_SHRINK, F_SEAL_GROW)",
        name_of(failed));
    explain_hint(e, "create another object: a seal cannot be removed");
}

static void truncate_etxtbsy(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(e, "a process executes object %s as a program, so no process may change it",
                   name_of(failed));
    explain_hint(e, "find that process: fuser " SEGMENT_POSIX_DIR "%s", name_of(failed));
}

static void truncate_eintr(__attribute__((unused)) const struct failed_call *f,
                           struct explanation *e)
{
    explain_reason(e, "a signal interrupted the call; the size is unchanged");
    explain_hint(e, "try again");
}

static void truncate_eio(__attribute__((unused)) const struct failed_call *f, struct explanation *e)
{
    explain_reason(e, "the file system failed to read or write (EIO)");
    explain_hint(e, "look for its messages in the kernel's log: dmesg");
}

static void bad_descriptor(const struct failed_call *failed, struct explanation *e)
{
    const char *what = failed->call == CALL_FTRUNCATE ? "writing" : "this mapping";
    explain_reason(e, "the program passed a descriptor that is not open, or not open for %s", what);
    explain_hint(e, "open the object with O_RDWR, and keep it open until this call");
}

/* No failure of the kernel's: the object is smaller than the size that the program requested. */
static void too_small(const struct failed_call *failed, struct explanation *e)
{
    struct stat st;
    if (failed->error) {
        explain_reason(e, "%s", strerror(failed->error));
        return;
    }
    const uint64_t size = find(failed, &st) ? (uint64_t)st.st_size : 0;
    explain_reason(e, "the object has %" PRIu64 " bytes, but %ju were requested", size,
                   failed->size);
    if (size)
        explain_hint(e, "request at most its size, or enlarge it: shmctl-tool resize %ju %s",
                     failed->size, name_of(failed));
    else
        explain_hint(e,
                     "its creator may be about to set its size: try again, or set the size "
                     "yourself: shmctl-tool resize %ju %s",
                     failed->size, name_of(failed));
}

/* --- mmap --- */

static void mmap_eexist(const struct failed_call *failed, struct explanation *e)
{
    if (explain_address_taken(e, (uintptr_t)failed->addr, failed->size, "MAP_FIXED"))
        return;
    explain_reason(e, "another mapping overlaps the range from %p with a length of %ju bytes",
                   failed->addr, failed->size);
    explain_hint(e,
                 "let the kernel choose the address, or replace the mapping: MAP_FIXED (,remap)");
}

static void mmap_enodev(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(e,
                   "%s is in " SEGMENT_POSIX_DIR
                   ", but it is not a regular file, and only those can be mapped",
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
        explain_reason(e, "object %s has 0 bytes, but a mapping needs at least 1", name_of(failed));
        explain_hint(e, "set its size: shmctl-tool resize SIZE %s", name_of(failed));
    } else if (address % page) {
        explain_reason(
            e, "address 0x%" PRIx64 " is not a multiple of the page size, %" PRIu64 " bytes",
            address, page);
        explain_hint_nearest(e, address, page);
        explain_hint(e, ", or round down: ,rnd");
    } else {
        explain_reason(e, "the kernel does not accept this address and size");
    }
}

static void mmap_enomem(const struct failed_call *failed, struct explanation *e)
{
    if (explain_address_space_limit(e, failed->size))
        return;
    explain_reason(e,
                   "no room for %s: the address space has no gap of this size, or the process has "
                   "too many mappings (vm.max_map_count)",
                   explain_size(failed->size));
    explain_hint(e, "%s", failed->addr ? "let the kernel choose the address" : "map less");
}

static void mmap_eperm(const struct failed_call *failed, struct explanation *e)
{
    if (explain_address_too_low(e, failed->addr))
        return;
    if (failed->prot & PROT_EXEC) {
        explain_reason(e, SEGMENT_POSIX_DIR
                       " is mounted noexec, so its files may not be mapped with PROT_EXEC");
        explain_hint(e, "map it without PROT_EXEC (,exec), or use a System V segment");
    } else {
        explain_reason(
            e, "a seal on object %s forbids writing, or a security policy forbids mapping it",
            name_of(failed));
    }
}

static void mmap_eacces(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(e, "object %s was not opened for what the mapping needs: %s", name_of(failed),
                   failed->prot & PROT_WRITE ? "reading and writing (O_RDWR)" : "reading");
    explain_hint(e, "attach it read-only: %s,ro", name_of(failed));
}

static void mmap_eagain(__attribute__((unused)) const struct failed_call *f, struct explanation *e)
{
    struct rlimit limit;
    getrlimit(RLIMIT_MEMLOCK, &limit);
    explain_reason(e,
                   "this process locks all that it maps (mlockall(2)), and would exceed its limit "
                   "of locked memory: %ju bytes (RLIMIT_MEMLOCK)",
                   (uintmax_t)limit.rlim_cur);
    explain_hint(e, "raise the limit with ulimit -l, if the hard limit allows");
}

static void mmap_eoverflow(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(e, "%ju bytes are more pages than this 32-bit system can count", failed->size);
    explain_hint(e, "map less");
}

static void munmap_einval(const struct failed_call *failed, struct explanation *e)
{
    explain_reason(e, "%p is not the start of a page, or %ju is not a valid size", failed->addr,
                   failed->size);
    explain_hint(e, "pass munmap the address that mmap returned");
}

/* --- fchmod, fchown --- */

static void chmod_eperm(const struct failed_call *failed, struct explanation *e)
{
    struct stat st;
    if (!find(failed, &st)) {
        explain_reason(e, "only the owner and root may change it");
        return;
    }
    explain_reason(e, "object %s belongs to %s, not to %s", name_of(failed), names_user(st.st_uid),
                   names_user(geteuid()));
    const struct object_perms perms = perms_of(failed, &st);
    explain_hint_owner(e, &perms, "change it");
}

static void chown_eperm(const struct failed_call *failed, struct explanation *e)
{
    struct stat st;
    if (find(failed, &st) && st.st_uid == geteuid()) {
        explain_reason(e, "an object is a file: its owner may change its group to another group of "
                          "the owner, and only root may change its owner");
        explain_hint(e, "grant access by the mode instead: shmctl-tool set -m MODE %s",
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
    {CALL_SHM_OPEN, ENOSPC, directory_full},
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
    {CALL_FTRUNCATE, ENOSPC, directory_full},
    {CALL_FTRUNCATE, EPERM, truncate_eperm},
    {CALL_FSTAT, 0, too_small},
    {CALL_OPENDIR, EMFILE, open_emfile},
    {CALL_OPENDIR, ENFILE, open_enfile},
    {CALL_FTRUNCATE, EBADF, bad_descriptor},
    {CALL_FTRUNCATE, EINTR, truncate_eintr},
    {CALL_FTRUNCATE, EIO, truncate_eio},
    {CALL_FTRUNCATE, EROFS, read_only},
    {CALL_FTRUNCATE, ETXTBSY, truncate_etxtbsy},
    {CALL_MMAP, EACCES, mmap_eacces},
    {CALL_MMAP, EAGAIN, mmap_eagain},
    {CALL_MMAP, EBADF, bad_descriptor},
    {CALL_MMAP, ENFILE, open_enfile},
    {CALL_MMAP, EOVERFLOW, mmap_eoverflow},
    {CALL_MMAP, ETXTBSY, truncate_etxtbsy},
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
