/* SPDX-License-Identifier: MIT */
/*
 * calls_posix.c - see calls_posix.h.
 *
 *   $ shmcreate --calls -n /demo 64K
 *   shm_open("/demo", O_RDWR|O_CREAT|O_EXCL, 0600) = 3
 *   ftruncate(3, 65536) = 0
 *   close(3) = 0
 *   /demo
 */
#include "config.h"

#include "lib/calls/calls_posix.h"

#include "lib/calls/calls.h"
#include "lib/calls/trace.h"
#include "lib/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000 /* Linux 4.17, <asm-generic/mman-common.h> */
#endif

static void add_name(struct line *line, const char *name)
{
    char safe[NAME_MAX * TEXT_SAFE_EXPANSION + 8];
    line_add(line, "\"%s\"", text_safe(safe, sizeof safe, name, strlen(name)));
}

static void add_open_flags(struct line *line, int flags)
{
    static const struct symbol modes[] = {
        {O_RDONLY, "O_RDONLY"}, {O_WRONLY, "O_WRONLY"}, {O_RDWR, "O_RDWR"}, {0, NULL}};
    static const struct symbol bits[] = {
        {O_CREAT, "O_CREAT"}, {O_EXCL, "O_EXCL"}, {O_NONBLOCK, "O_NONBLOCK"}, {0, NULL}};
    int rest = flags & ~O_ACCMODE;
    line_add_symbol(line, modes, flags & O_ACCMODE);
    line_add_bits(line, bits, &rest, true);
    if (rest)
        line_add(line, "|0x%x", (unsigned)rest);
}

int calls_shm_open(const char *name, int flags, mode_t mode)
{
    const int fd = shm_open(name, flags, mode);
    if (fd < 0)
        calls_record_failure(
            (struct failed_call){.call = CALL_SHM_OPEN, .name = name, .flags = flags});
    if (calls_trace_to) {
        struct line line;
        line_begin(&line, "shm_open(");
        add_name(&line, name);
        line_add(&line, ", ");
        add_open_flags(&line, flags);
        line_add(&line, ", %s%.3o", mode ? "0" : "", (unsigned)mode);
        return line_finish_int(&line, fd);
    }
    return fd;
}

int calls_shm_unlink(const char *name)
{
    const int result = shm_unlink(name);
    if (result < 0)
        calls_record_failure((struct failed_call){.call = CALL_SHM_UNLINK, .name = name});
    if (calls_trace_to) {
        struct line line;
        line_begin(&line, "shm_unlink(");
        add_name(&line, name);
        return line_finish_int(&line, result);
    }
    return result;
}

static const char *type_of(mode_t mode)
{
    return S_ISREG(mode)    ? "S_IFREG"
           : S_ISDIR(mode)  ? "S_IFDIR"
           : S_ISFIFO(mode) ? "S_IFIFO"
           : S_ISSOCK(mode) ? "S_IFSOCK"
           : S_ISCHR(mode)  ? "S_IFCHR"
                            : "S_IFBLK";
}

int calls_fstat(int fd, const char *name, struct stat *st)
{
    const int result = fstat(fd, st);
    if (result < 0)
        calls_record_failure((struct failed_call){.call = CALL_FSTAT, .name = name});
    if (calls_trace_to) {
        struct line line;
        line_begin(&line, "fstat(%d, ", fd);
        if (result < 0)
            line_add(&line, "%p", (void *)st);
        else
            line_add(&line, "{st_mode=%s|0%.3o, st_uid=%u, st_gid=%u, st_size=%jd, ...}",
                     type_of(st->st_mode), (unsigned)st->st_mode & 07777, st->st_uid, st->st_gid,
                     (intmax_t)st->st_size);
        return line_finish_int(&line, result);
    }
    return result;
}

/* A SIZE beyond off_t becomes negative, which the kernel rejects with EINVAL. */
int calls_ftruncate(int fd, const char *name, uint64_t size)
{
    const int result = ftruncate(fd, (off_t)size);
    if (result < 0)
        calls_record_failure(
            (struct failed_call){.call = CALL_FTRUNCATE, .name = name, .size = size});
    if (calls_trace_to) {
        struct line line;
        line_begin(&line, "ftruncate(%d, %jd", fd, (intmax_t)(off_t)size);
        return line_finish_int(&line, result);
    }
    return result;
}

int calls_fchmod(int fd, const char *name, mode_t mode)
{
    const int result = fchmod(fd, mode);
    if (result < 0)
        calls_record_failure((struct failed_call){.call = CALL_FCHMOD, .name = name});
    if (calls_trace_to) {
        struct line line;
        line_begin(&line, "fchmod(%d, 0%.3o", fd, (unsigned)mode);
        return line_finish_int(&line, result);
    }
    return result;
}

int calls_fchown(int fd, const char *name, uid_t uid, gid_t gid)
{
    const int result = fchown(fd, uid, gid);
    if (result < 0)
        calls_record_failure((struct failed_call){.call = CALL_FCHOWN, .name = name});
    if (calls_trace_to) {
        struct line line;
        line_begin(&line, "fchown(%d, %d, %d", fd, (int)uid, (int)gid);
        return line_finish_int(&line, result);
    }
    return result;
}

static void add_prot(struct line *line, int prot)
{
    static const struct symbol bits[] = {
        {PROT_READ, "PROT_READ"}, {PROT_WRITE, "PROT_WRITE"}, {PROT_EXEC, "PROT_EXEC"}, {0, NULL}};
    if (!line_add_bits(line, bits, &prot, false))
        line_add(line, "PROT_NONE");
}

static void add_map_flags(struct line *line, int flags)
{
    static const struct symbol bits[] = {
        {MAP_SHARED, "MAP_SHARED"},
        {MAP_FIXED, "MAP_FIXED"},
        {MAP_FIXED_NOREPLACE, "MAP_FIXED_NOREPLACE"},
        {0, NULL},
    };
    line_add_bits(line, bits, &flags, false);
    if (flags)
        line_add(line, "|0x%x", (unsigned)flags);
}

void *calls_mmap(void *addr, uint64_t size, int prot, int flags, int fd, const char *name)
{
    const bool fits = (size_t)size == size;
    errno = EOVERFLOW;
    void *const at = fits ? mmap(addr, (size_t)size, prot, flags, fd, 0) : MAP_FAILED;
    if (at == MAP_FAILED)
        calls_record_failure((struct failed_call){.call = CALL_MMAP,
                                                  .name = name,
                                                  .addr = addr,
                                                  .size = size,
                                                  .prot = prot,
                                                  .flags = flags});
    if (calls_trace_to && fits) {
        struct line line;
        line_begin(&line, "mmap(");
        line_add_address(&line, addr);
        line_add(&line, ", %" PRIu64 ", ", size);
        add_prot(&line, prot);
        line_add(&line, ", ");
        add_map_flags(&line, flags);
        line_add(&line, ", %d, 0", fd);
        line_finish(&line, at == MAP_FAILED, "%p", at);
    }
    return at;
}

int calls_munmap(void *addr, size_t size, const char *name)
{
    const int result = munmap(addr, size);
    if (result < 0)
        calls_record_failure(
            (struct failed_call){.call = CALL_MUNMAP, .name = name, .addr = addr, .size = size});
    if (calls_trace_to) {
        struct line line;
        line_begin(&line, "munmap(");
        line_add_address(&line, addr);
        line_add(&line, ", %zu", size);
        return line_finish_int(&line, result);
    }
    return result;
}

void calls_close(int fd)
{
    const int error = errno, result = close(fd);
    if (calls_trace_to) {
        struct line line;
        line_begin(&line, "close(%d", fd);
        line_finish_int(&line, result);
    }
    errno = error;
}
