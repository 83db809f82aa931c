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
#include <sys/select.h>
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
    GATE_TEXT(what, "shm_open %.80s", name);
    if (gate_stop(&(struct step){.kind = STEP_CALL, .pc = CALLER, .errors = errors}, "%s", what) ==
        ORDER_FAIL)
        return gate_failed();
    return gate_returned(real(name, flags, mode));
}

EXPORTED int shm_unlink(const char *name)
{
    char what[BOARD_TEXT];
    REAL(int, shm_unlink, (const char *));
    GATE_TEXT(what, "shm_unlink %.80s", name);
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

static bool none_is_ready(const struct pollfd *files, nfds_t count)
{
    enum { MOST = 64 };
    struct pollfd copies[MOST];
    REAL(int, poll, (struct pollfd *, nfds_t, int));
    count = count < MOST ? count : MOST;
    memcpy(copies, files, count * sizeof *files);
    return real(copies, count, 0) == 0;
}

static bool nothing_to_read(const void *argument)
{
    return none_is_ready(&(struct pollfd){.fd = *(const int *)argument, .events = POLLIN}, 1);
}

static bool no_room(const void *argument)
{
    return none_is_ready(&(struct pollfd){.fd = *(const int *)argument, .events = POLLOUT}, 1);
}

static bool never_waits(int fd)
{
    return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}

/* The SYNC_ID of FD; 0: it is no pipe and no socket. */
static uint64_t pipe_id(int fd)
{
    struct stat file;
    return fstat(fd, &file) == 0 && (S_ISFIFO(file.st_mode) || S_ISSOCK(file.st_mode))
               ? SYNC_PIPE(file.st_ino)
               : 0;
}

static enum board_order stop_at_pipe(uint64_t pc, const char *what, uint64_t pipe, const int *fd,
                                     bool (*waits)(const void *))
{
    return gate_stop(&(struct step){.kind = STEP_CALL,
                                    .object = OBJECT_ANY,
                                    .interrupts = INTERRUPTS_UNLESS_RESTARTED,
                                    .sync_id = pipe,
                                    .pc = pc,
                                    .would_wait = never_waits(*fd) ? NULL : waits,
                                    .argument = fd},
                     "%s %d", what, *fd);
}

EXPORTED ssize_t read(int fd, void *buffer, size_t size)
{
    REAL(ssize_t, read, (int, void *, size_t));
    const uint64_t pipe = gate_active() ? pipe_id(fd) : 0;
    if (!pipe && bytes_tracked(CALLER))
        access_stop(STEP_STORE, buffer, size, CALLER);
    if (!pipe)
        return real(fd, buffer, size);
    if (stop_at_pipe(CALLER, "read", pipe, &fd, nothing_to_read) == ORDER_EINTR)
        return gate_interrupted();
    const ssize_t result = real(fd, buffer, size);
    if (result > 0) {
        gate_moved(pipe, board_mix((uint64_t)fd, (uint64_t)result));
        gate_learn_bytes(buffer, (size_t)result);
    }
    gate_returned((int)result);
    return result;
}

EXPORTED ssize_t write(int fd, const void *buffer, size_t size)
{
    REAL(ssize_t, write, (int, const void *, size_t));
    const uint64_t pipe = gate_active() ? pipe_id(fd) : 0;
    if (bytes_tracked(CALLER) && access_stop(STEP_LOAD, buffer, size, CALLER))
        gate_learn_bytes(buffer, size);
    if (!pipe)
        return real(fd, buffer, size);
    if (stop_at_pipe(CALLER, "write", pipe, &fd, no_room) == ORDER_EINTR)
        return gate_interrupted();
    const ssize_t result = real(fd, buffer, size);
    if (result > 0)
        gate_moved(pipe, board_mix_bytes((uint64_t)fd, buffer, (size_t)result));
    gate_returned((int)result);
    return result;
}

struct polled {
    const struct pollfd *files;
    nfds_t count;
};

static bool none_polled_is_ready(const void *argument)
{
    const struct polled *polled = argument;
    return none_is_ready(polled->files, polled->count);
}

EXPORTED int poll(struct pollfd *files, nfds_t count, int most)
{
    const struct polled polled = {files, count};
    const struct timespec time = {most / 1000, most % 1000 * 1000000L};
    REAL(int, poll, (struct pollfd *, nfds_t, int));
    if (!gate_active())
        return real(files, count, most);
    const enum board_order order =
        gate_stop(&(struct step){.kind = STEP_CALL,
                                 .object = OBJECT_ANY,
                                 .interrupts = INTERRUPTS_ALWAYS,
                                 .pc = CALLER,
                                 .timed = most > 0,
                                 .would_wait = most ? none_polled_is_ready : NULL,
                                 .argument = &polled},
                  "poll");
    if (order == ORDER_EINTR)
        return gate_interrupted();
    if (order == ORDER_LATE)
        clock_pass(&time);
    const int result = real(files, count, 0);
    for (nfds_t i = 0; i < count; i++)
        gate_learn((uint64_t)files[i].revents);
    return gate_returned(result);
}

/* --- select(2): the sets are changed by looking, so copies are --- */

struct selected {
    int count;
    fd_set *sets[3]; /* NULL: none */
};

static int look_at_sets(const struct selected *selected, fd_set copies[3])
{
    REAL(int, select, (int, fd_set *, fd_set *, fd_set *, struct timeval *));
    struct timeval now = {0, 0};
    for (size_t i = 0; i < 3; i++)
        if (selected->sets[i])
            copies[i] = *selected->sets[i];
    return real(selected->count, selected->sets[0] ? &copies[0] : NULL,
                selected->sets[1] ? &copies[1] : NULL, selected->sets[2] ? &copies[2] : NULL, &now);
}

static bool none_selected_is_ready(const void *argument)
{
    fd_set copies[3];
    return look_at_sets(argument, copies) == 0;
}

EXPORTED int select(int count, fd_set *restrict reads, fd_set *restrict writes,
                    fd_set *restrict others, struct timeval *restrict most)
{
    const struct selected selected = {count, {reads, writes, others}};
    fd_set copies[3];
    REAL(int, select, (int, fd_set *, fd_set *, fd_set *, struct timeval *));
    if (!gate_active())
        return real(count, reads, writes, others, most);
    const bool waits = !most || most->tv_sec || most->tv_usec;
    const enum board_order order =
        gate_stop(&(struct step){.kind = STEP_CALL,
                                 .object = OBJECT_ANY,
                                 .interrupts = INTERRUPTS_ALWAYS,
                                 .pc = CALLER,
                                 .timed = most && waits,
                                 .would_wait = waits ? none_selected_is_ready : NULL,
                                 .argument = &selected},
                  "select");
    if (order == ORDER_EINTR)
        return gate_interrupted();
    if (order == ORDER_LATE)
        clock_pass(&(struct timespec){most->tv_sec, most->tv_usec * 1000});
    const int result = look_at_sets(&selected, copies);
    for (size_t i = 0; i < 3; i++)
        if (selected.sets[i] && result >= 0) {
            *selected.sets[i] = copies[i];
            gate_learn_bytes(&copies[i], sizeof copies[i]);
        }
    return gate_returned(result);
}
