/*
 * explain_posix.c - why the calls of POSIX objects are refused. The rules are those of shm_open(3),
 * ftruncate(2), mmap(2), chmod(2) and chown(2), of the C library for names, and of the kernel for
 * files on a tmpfs.
 */
#include "config.h"

#include "lib/explain/rows.h"

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
#include <sys/statvfs.h>
#include <unistd.h>

/* What the file of the refused object is; false when there is none. */
static bool find(const struct refusal *r, struct stat *st)
{
    char path[sizeof SEGMENT_POSIX_DIR + SEGMENT_NAME_SIZE];
    snprintf(path, sizeof path, SEGMENT_POSIX_DIR "%s", r->path);
    return lstat(path, st) == 0;
}

/* The name as it may be printed; one at a time. */
static const char *name_of(const struct refusal *r)
{
    static char safe[256];
    return text_safe(safe, sizeof safe, r->path, strlen(r->path));
}

static struct owned owned(const struct refusal *r, const struct stat *st)
{
    return (struct owned){"object",   0,          st->st_uid,         st->st_uid,
                          st->st_gid, st->st_gid, st->st_mode & 0777, r->path};
}

/* --- shm_open --- */

static void open_eexist(const struct refusal *r, struct explanation *e)
{
    struct stat st;
    if (!find(r, &st)) {
        say(e->what, "this name was taken, and has been removed since");
        say(e->hint, "try again");
        return;
    }
    say(e->what, "this name is taken by an object of %s", size_words((uint64_t)st.st_size));
    say(e->what, ", owner %s", names_user(st.st_uid));
    say(e->hint, "leave out O_EXCL (--exclusive) to open it, or remove it first: shmctl-tool rm %s",
        name_of(r));
}

static void open_enoent(const struct refusal *r, struct explanation *e)
{
    if (access(SEGMENT_POSIX_DIR, F_OK)) {
        say(e->what, "there is no " SEGMENT_POSIX_DIR ", where the C library keeps POSIX objects");
        say(e->hint, "as root: mount -t tmpfs tmpfs " SEGMENT_POSIX_DIR);
        return;
    }
    say(e->what, "there is no POSIX object %s", name_of(r));
    say(e->hint, "shmstat --posix lists those that exist; shmcreate -n %s SIZE creates one",
        name_of(r));
}

/* Two rules of the kernel come before the mode for who opens with O_CREAT, which we never do to
 * what exists. */
static void open_eacces(const struct refusal *r, struct explanation *e)
{
    struct stat st;
    static const char *const wanted[] = {"read", "write", "read and write"};
    if (!find(r, &st)) {
        say(e->what, "%s may not create files in " SEGMENT_POSIX_DIR, names_user(geteuid()));
        say(e->hint,
            "it should be for everybody, and sticky; as root: chmod 1777 " SEGMENT_POSIX_DIR);
        return;
    }
    const struct owned o = owned(r, &st);
    const unsigned given = say_shut_out(e, &o);
    say(e->what, "; %s was asked for", wanted[r->flags & O_ACCMODE]);
    if (given & 4 && (r->flags & O_ACCMODE) == O_RDWR)
        say(e->hint, "attach it to read only: %s,ro; or ", name_of(r));
    hint_owner(e, &o, "grant more: chmod MODE " SEGMENT_POSIX_DIR);
    say(e->hint, "%s", name_of(r));
}

static void open_einval(const struct refusal *r, struct explanation *e)
{
    struct stat st;
    if (find(r, &st) && S_ISDIR(st.st_mode)) {
        say(e->what, "%s is a directory in " SEGMENT_POSIX_DIR, name_of(r));
    } else {
        say(e->what, "the C library does not take this name: it has %zu characters",
            strlen(r->path));
        say(e->hint, "a name has a slash and at most 253 characters; some libraries take more");
    }
}

static void open_eloop(const struct refusal *r, struct explanation *e)
{
    say(e->what,
        "%s is a symbolic link in " SEGMENT_POSIX_DIR ", and shm_open follows none (O_NOFOLLOW)",
        name_of(r));
    say(e->hint, "see where it leads: ls -l " SEGMENT_POSIX_DIR "%s", name_of(r));
}

static void open_enxio(const struct refusal *r, struct explanation *e)
{
    say(e->what, "%s is a socket or a pipe in " SEGMENT_POSIX_DIR ", and no object", name_of(r));
    say(e->hint, "see what it is: ls -l " SEGMENT_POSIX_DIR "%s", name_of(r));
}

static void open_emfile(const struct refusal *r, struct explanation *e)
{
    struct rlimit limit;
    (void)r;
    getrlimit(RLIMIT_NOFILE, &limit);
    say(e->what, "this process has as many descriptors open as it may: %ju (RLIMIT_NOFILE)",
        (uintmax_t)limit.rlim_cur);
    say(e->hint, "ulimit -n raises it, where the hard limit allows");
}

static void open_enfile(const struct refusal *r, struct explanation *e)
{
    uint64_t max = 0;
    (void)r;
    limits_read("/proc/sys/fs/file-max", &max);
    say(e->what, "the system has as many files open as it allows: %" PRIu64, max);
    say(e->hint, "raise it as root: sysctl fs.file-max=%" PRIu64, 2 * max);
}

static void folder_full(const struct refusal *r, struct explanation *e)
{
    struct statvfs fs;
    (void)r;
    if (statvfs(SEGMENT_POSIX_DIR, &fs) == 0 && fs.f_files && !fs.f_ffree)
        say(e->what, SEGMENT_POSIX_DIR " has as many files as it may: %ju (nr_inodes)",
            (uintmax_t)fs.f_files);
    else
        say(e->what, SEGMENT_POSIX_DIR " is full");
    say(e->hint, "shmstat --limits shows its size and use, shmstat --orphans what nobody needs");
}

static void read_only(const struct refusal *r, struct explanation *e)
{
    (void)r;
    say(e->what, SEGMENT_POSIX_DIR " is mounted read-only");
    say(e->hint, "as root: mount -o remount,rw " SEGMENT_POSIX_DIR);
}

/* --- shm_unlink --- */

/* The folder is sticky (inode(7)): its owner, the object's and root may take a file out of it. */
static void unlink_eacces(const struct refusal *r, struct explanation *e)
{
    struct stat st;
    if (!find(r, &st)) {
        say(e->what, "only the owner and root may remove it");
        return;
    }
    say(e->what,
        "object %s belongs to %s, and " SEGMENT_POSIX_DIR
        " is sticky: %s may remove nothing of others",
        name_of(r), names_user(st.st_uid), names_user(geteuid()));
    const struct owned o = owned(r, &st);
    hint_owner(e, &o, "remove it: shmctl-tool rm ");
    say(e->hint, "%s", name_of(r));
}

/* --- ftruncate, fstat --- */

static void truncate_einval(const struct refusal *r, struct explanation *e)
{
    say(e->what, "no file has %zu bytes: its size is a signed number of 64 bits", r->size);
    say(e->hint, "ask for less");
}

static void truncate_efbig(const struct refusal *r, struct explanation *e)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    if (limit.rlim_cur != RLIM_INFINITY && r->size > limit.rlim_cur) {
        say(e->what, "%zu bytes are more than this process may give a file: %ju (RLIMIT_FSIZE)",
            r->size, (uintmax_t)limit.rlim_cur);
        say(e->hint, "ulimit -f raises it, where the hard limit allows");
    } else {
        say(e->what, "%zu bytes are more than a file on a tmpfs may have", r->size);
        say(e->hint, "ask for less");
    }
}

static void truncate_eperm(const struct refusal *r, struct explanation *e)
{
    say(e->what, "object %s is sealed against this change of its size (F_SEAL_SHRINK, F_SEAL_GROW)",
        name_of(r));
    say(e->hint, "a seal cannot be taken back: make another object");
}

/* Not refused by the kernel: what exists is smaller than what was asked for. */
static void too_small(const struct refusal *r, struct explanation *e)
{
    struct stat st;
    if (r->error) {
        say(e->what, "%s", strerror(r->error));
        return;
    }
    const uint64_t size = find(r, &st) ? (uint64_t)st.st_size : 0;
    say(e->what, "the object of this name has %" PRIu64 " bytes, and %zu were asked for", size,
        r->size);
    if (size)
        say(e->hint, "ask for at most its size, or make it longer: shmctl-tool resize %zu %s",
            r->size, name_of(r));
    else
        say(e->hint,
            "who creates one sets its size by a second call: if that is still to come, try again; "
            "else "
            "shmctl-tool resize %zu %s",
            r->size, name_of(r));
}

/* --- mmap --- */

static void mmap_eexist(const struct refusal *r, struct explanation *e)
{
    char clash[256];
    if (explain_find_clash((uintptr_t)r->addr, r->size, clash))
        say(e->what, "address %p is taken by %s", r->addr, clash);
    else
        say(e->what, "something is mapped between %p and the %zu bytes after it", r->addr, r->size);
    say(e->hint, "leave the address to the kernel, or replace the mapping: MAP_FIXED (,remap)");
}

static void mmap_enodev(const struct refusal *r, struct explanation *e)
{
    say(e->what, "%s is in " SEGMENT_POSIX_DIR ", but it is no file with bytes to map", name_of(r));
    say(e->hint, "see what it is: ls -ld " SEGMENT_POSIX_DIR "%s", name_of(r));
}

static void mmap_einval(const struct refusal *r, struct explanation *e)
{
    struct stat st;
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), address = (uintptr_t)r->addr;
    if (find(r, &st) && !S_ISREG(st.st_mode)) {
        mmap_enodev(r, e);
    } else if (r->size == 0) {
        say(e->what, "object %s has 0 bytes, and a mapping has at least one", name_of(r));
        say(e->hint, "give it a size: shmctl-tool resize SIZE %s", name_of(r));
    } else if (address % page) {
        say(e->what, "address 0x%" PRIx64 " is not a multiple of the page size, %" PRIu64 " bytes",
            address, page);
        say(e->hint, "the nearest that are: 0x%" PRIx64 " and 0x%" PRIx64 "; or ,rnd rounds down",
            address - address % page, address - address % page + page);
    } else {
        say(e->what, "the kernel does not accept this address and size");
    }
}

static void mmap_enomem(const struct refusal *r, struct explanation *e)
{
    struct rlimit limit;
    getrlimit(RLIMIT_AS, &limit);
    if (limit.rlim_cur != RLIM_INFINITY) {
        say(e->what, "%s more would pass this process's limit for its address space",
            size_words(r->size));
        say(e->what, ", %s (RLIMIT_AS)", size_words(limit.rlim_cur));
        say(e->hint, "ulimit -v unlimited raises it, where the hard limit allows");
    } else {
        say(e->what,
            "no room for %s: in the address space, or one mapping too many (vm.max_map_count)",
            size_words(r->size));
        say(e->hint, "%s", r->addr ? "leave the address to the kernel" : "map less");
    }
}

static void mmap_eperm(const struct refusal *r, struct explanation *e)
{
    uint64_t lowest = 0;
    limits_read("/proc/sys/vm/mmap_min_addr", &lowest);
    if (r->addr && (uintptr_t)r->addr < lowest) {
        say(e->what,
            "address %p is below the lowest that may be mapped, 0x%" PRIx64 " (vm.mmap_min_addr)",
            r->addr, lowest);
        say(e->hint,
            "page 0 is kept empty so that a NULL pointer is caught; choose a higher address");
    } else if (r->prot & PROT_EXEC) {
        say(e->what,
            SEGMENT_POSIX_DIR " is mounted noexec, so nothing of it may be mapped to execute");
        say(e->hint, "map it without PROT_EXEC (,exec), or use a System V segment");
    } else {
        say(e->what, "object %s is sealed against writing, or a security policy forbids to map it",
            name_of(r));
    }
}

static void munmap_einval(const struct refusal *r, struct explanation *e)
{
    say(e->what, "%p is not the start of a page, or %zu is no size", r->addr, r->size);
    say(e->hint, "munmap takes the address that mmap returned");
}

/* --- fchmod, fchown --- */

static void chmod_eperm(const struct refusal *r, struct explanation *e)
{
    struct stat st;
    if (!find(r, &st)) {
        say(e->what, "only the owner and root may change it");
        return;
    }
    say(e->what, "object %s belongs to %s, and %s is another", name_of(r), names_user(st.st_uid),
        names_user(geteuid()));
    const struct owned o = owned(r, &st);
    hint_owner(e, &o, "change it");
}

static void chown_eperm(const struct refusal *r, struct explanation *e)
{
    struct stat st;
    if (find(r, &st) && st.st_uid == geteuid()) {
        say(e->what, "an object is a file: its owner may give it to a group of his own, and only "
                     "root to another user");
        say(e->hint,
            "a System V segment may be given away; or let others in by the mode: shmctl-tool set "
            "-m MODE %s",
            name_of(r));
    } else {
        chmod_eperm(r, e);
    }
}

static void chown_einval(const struct refusal *r, struct explanation *e)
{
    (void)r;
    say_no_such_owner(e);
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
