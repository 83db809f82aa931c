/* SPDX-License-Identifier: MIT */
/*
 * files.c - POSIX shared memory and pipes as steps.
 */
#include "config.h"

#include "interleave/runtime/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static void stop_call(uint64_t pc, const char *what)
{
    gate_stop(&(struct step){.kind = STEP_CALL, .object = OBJECT_ANY, .pc = pc}, "%s", what);
}

/* --- shared memory --- */

EXPORTED int shm_open(const char *name, int flags, mode_t mode)
{
    char what[BOARD_TEXT];
    REAL(int, shm_open, (const char *, int, mode_t));
    static const int errors[] = {EMFILE, ENFILE, 0}; /* shm_open(3) */
    snprintf(what, sizeof what, "shm_open %.80s", name);
    if (gate_stop(&(struct step){.kind = STEP_CALL, .pc = CALLER, .errors = errors}, "%s", what) ==
        ORDER_FAIL)
        return gate_failed();
    return gate_returned(real(name, flags, mode));
}

EXPORTED int shm_unlink(const char *name)
{
    char what[BOARD_TEXT];
    REAL(int, shm_unlink, (const char *));
    snprintf(what, sizeof what, "shm_unlink %.80s", name);
    stop_call(CALLER, what);
    return gate_returned(real(name));
}

EXPORTED int ftruncate(int fd, off_t length)
{
    REAL(int, ftruncate, (int, off_t));
    stop_call(CALLER, "ftruncate");
    return gate_returned(real(fd, length));
}

/* Memory that only processes of one family share has no name, so interleave could not map it: a
 * file without a name (memfd_create(2)) takes its place. Returns -1 with errno. */
static int make_anonymous(size_t length)
{
    REAL(int, ftruncate, (int, off_t));
    const int fd = memfd_create("anonymous", MFD_CLOEXEC);
    if (fd < 0 || real(fd, (off_t)length) == 0)
        return fd;
    close(fd);
    errno = ENOMEM;
    return -1;
}

/* mmap(2) of /dev/zero, device 1:5, is anonymous, too: null(4). */
static bool is_zero_device(int fd)
{
    struct stat file;
    return fstat(fd, &file) == 0 && S_ISCHR(file.st_mode) && file.st_rdev == makedev(1, 5);
}

static void *map_stopped(uint64_t pc, void *address, size_t length, int protection, int flags,
                         int fd, off_t offset, void *(*real)(void *, size_t, int, int, int, off_t))
{
    if (!gate_active() || !(flags & MAP_SHARED)) {
        void *const own = real(address, length, protection, flags, fd, offset);
        if (own != MAP_FAILED && flags & MAP_FIXED)
            region_remove(own, length);
        return own;
    }
    const bool anonymous = flags & MAP_ANONYMOUS || is_zero_device(fd);
    static const int errors[] = {ENOMEM, 0}; /* mmap(2) */
    if (gate_stop(&(struct step){.kind = STEP_CALL, .pc = pc, .errors = errors}, "%s",
                  anonymous ? "mmap anonymous" : "mmap") == ORDER_FAIL)
        return (void *)(intptr_t)gate_failed();
    const int file = anonymous ? make_anonymous(length) : fd;
    void *const at =
        real(address, length, protection, flags & ~MAP_ANONYMOUS, file, anonymous ? 0 : offset);
    if (at != MAP_FAILED)
        region_add(at, length, gate_file(file, anonymous), anonymous ? 0 : (uint64_t)offset);
    gate_learn((uint64_t)(uintptr_t)at);
    gate_result(at == MAP_FAILED ? "fails" : "mapped");
    if (anonymous && file >= 0)
        close(file);
    return at;
}

EXPORTED void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    REAL(void *, mmap, (void *, size_t, int, int, int, off_t));
    return map_stopped(CALLER, address, length, protection, flags, fd, offset, real);
}

EXPORTED void *mmap64(void *address, size_t length, int protection, int flags, int fd,
                      off64_t offset)
{
    REAL(void *, mmap, (void *, size_t, int, int, int, off_t));
    return map_stopped(CALLER, address, length, protection, flags, fd, offset, real);
}

EXPORTED int munmap(void *address, size_t length)
{
    enum { PAGE = 4096 }; /* of a larger one, munmap(2) takes no part */
    REAL(int, munmap, (void *, size_t));
    const int result = real(address, length);
    if (result == 0)
        region_remove(address, (length + PAGE - 1) / PAGE * PAGE);
    return result;
}

EXPORTED void *mremap(void *address, size_t old, size_t new, int flags, ...)
{
    uint64_t id, offset;
    va_list rest;
    REAL(void *, mremap, (void *, size_t, size_t, int, ...));
    if (gate_active() && region_find(address, &id, &offset))
        gate_refuse("it moves shared memory by mremap(2)");
    va_start(rest, flags);
    void *const there = va_arg(rest, void *);
    va_end(rest);
    return real(address, old, new, flags, there);
}

/* --- pipes: a read that would wait --- */

static bool nothing_to_read(const void *argument)
{
    struct pollfd file = {.fd = *(const int *)argument, .events = POLLIN};
    int (*real)(struct pollfd *, nfds_t, int);
    next_function("poll", (void *)&real);
    return real(&file, 1, 0) == 0;
}

/* The SYNC_ID of FD; 0: it is no pipe and no socket. */
static uint64_t pipe_id(int fd)
{
    struct stat file;
    return fstat(fd, &file) == 0 && (S_ISFIFO(file.st_mode) || S_ISSOCK(file.st_mode))
               ? SYNC_PIPE(file.st_ino)
               : 0;
}

EXPORTED ssize_t read(int fd, void *buffer, size_t size)
{
    REAL(ssize_t, read, (int, void *, size_t));
    const uint64_t pipe = gate_active() ? pipe_id(fd) : 0;
    if (!pipe)
        return real(fd, buffer, size);
    const enum board_order order =
        gate_stop(&(struct step){.kind = STEP_CALL,
                                 .object = OBJECT_ANY,
                                 .interrupts = INTERRUPTS_UNLESS_RESTARTED,
                                 .sync_id = pipe,
                                 .pc = CALLER,
                                 .would_wait = nothing_to_read,
                                 .argument = &fd},
                  "read %d", fd);
    if (order == ORDER_EINTR)
        return gate_interrupted();
    const ssize_t result = real(fd, buffer, size);
    if (result > 0) {
        gate_moved(pipe, board_mix((uint64_t)fd, (uint64_t)result));
        gate_learn_bytes(buffer, (size_t)result);
    }
    gate_returned((int)result);
    return result;
}

static uint64_t hash_written(int fd, const void *buffer, size_t size)
{
    uint64_t hash = board_mix(1, (uint64_t)fd);
    for (size_t i = 0; i < size; i++)
        hash = board_mix(hash, ((const unsigned char *)buffer)[i]);
    return hash;
}

EXPORTED ssize_t write(int fd, const void *buffer, size_t size)
{
    REAL(ssize_t, write, (int, const void *, size_t));
    const uint64_t pipe = gate_active() ? pipe_id(fd) : 0;
    if (bytes_tracked(CALLER) && access_stop(STEP_LOAD, buffer, size, CALLER))
        gate_learn_bytes(buffer, size);
    if (!pipe)
        return real(fd, buffer, size);
    gate_stop(
        &(struct step){.kind = STEP_CALL, .object = OBJECT_ANY, .sync_id = pipe, .pc = CALLER},
        "write %d", fd);
    const ssize_t result = real(fd, buffer, size);
    if (result > 0)
        gate_moved(pipe, hash_written(fd, buffer, (size_t)result));
    gate_returned((int)result);
    return result;
}
