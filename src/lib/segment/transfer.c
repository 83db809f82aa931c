/* SPDX-License-Identifier: MIT */
/*
 * transfer.c - see transfer.h.
 *
 * The segment is mapped, so the kernel copies once, directly between it and the pipe or file, where
 * cat(1) copies twice. vmsplice(2) would not copy at all, but give the reader the pages themselves:
 * it would then see later stores too, even after this program has ended.
 *
 * A chunk is small enough to be still in the cache when the reader gets it.
 */
#include "config.h"

#include "lib/segment/transfer.h"

#include "lib/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK ((uint64_t)256 * 1024)

/* The longest run of NULs that is printed one by one. */
#define NUL_RUN 8

/* Maps the pages of a chunk by one call, which saves a page fault for every page or sixteen. */
static void populate(const char *data, uint64_t length, int advice)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)data & ~(page - 1);
    madvise((void *)start, (uintptr_t)data + (size_t)length - start,
            advice); /* EINVAL before Linux 5.14: then pages fault */
}

static bool is_pipe(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

int transfer_out(const char *data, uint64_t length, int fd, transfer_progress *progress)
{
    uint64_t done = 0, ready = 0;
    if (is_pipe(fd))
        fcntl(fd, F_SETPIPE_SZ,
              1024 * 1024); /* fewer switches between writer and reader; may be refused */
    while (done < length) {
        const uint64_t chunk = length - done < CHUNK ? length - done : CHUNK;
        if (done + chunk > ready) {
            populate(data + done, chunk, MADV_POPULATE_READ);
            ready = done + chunk;
        }
        const ssize_t put = write(fd, data + done, (size_t)chunk);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -1;
        done += (uint64_t)put;
        progress(done, length);
    }
    return 0;
}

int transfer_in(char *data, uint64_t length, int fd, uint64_t *got, transfer_progress *progress)
{
    bool streaming = false; /* a short input must not allocate the pages of a whole chunk */
    *got = 0;
    while (*got < length) {
        const uint64_t chunk = length - *got < CHUNK ? length - *got : CHUNK;
        if (streaming)
            populate(data + *got, chunk, MADV_POPULATE_WRITE);
        const ssize_t taken = read(fd, data + *got, (size_t)chunk);
        if (taken < 0 && errno == EINTR)
            continue;
        if (taken <= 0) {
            progress(length, length);
            return (int)taken;
        }
        streaming = (uint64_t)taken == chunk;
        *got += (uint64_t)taken;
        progress(*got, length);
    }
    return 0;
}

int transfer_left(int fd, uint64_t limit, uint64_t *left, bool *more)
{
    char sink[65536];
    struct stat st;
    const off_t at = lseek(fd, 0, SEEK_CUR);

    *left = 0;
    *more = false;
    if (at >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        *left = st.st_size > at ? (uint64_t)(st.st_size - at) : 0;
        return 0;
    }
    while (*left <= limit) {
        const ssize_t taken = read(fd, sink, sizeof sink);
        if (taken < 0 && errno != EINTR)
            return -1;
        if (taken == 0)
            return 0;
        *left += taken > 0 ? (uint64_t)taken : 0;
    }
    *left = limit;
    *more = true;
    return 0;
}

/* The end of the piece that begins at AT: before a newline, a tab or a long run of NULs, which are
 * printed separately. */
static uint64_t piece_end(const char *data, uint64_t at, uint64_t length)
{
    uint64_t nuls = 0;
    for (; at < length && data[at] != '\n' && data[at] != '\t'; at++) {
        nuls = data[at] ? 0 : nuls + 1;
        if (nuls > NUL_RUN)
            return at - NUL_RUN;
    }
    return at;
}

int transfer_safe(const char *data, uint64_t length, FILE *to)
{
    for (uint64_t at = 0; at < length && !ferror(to);) {
        const uint64_t end = piece_end(data, at, length);
        if (end > at) {
            text_safe_print(data + at, (size_t)(end - at), to);
            at = end;
        } else if (data[at]) {
            fputc(data[at++], to);
        } else {
            while (at < length && !data[at])
                at++;
            fprintf(to, "[%ju NUL bytes]", (uintmax_t)(at - end));
        }
    }
    return ferror(to) ? -1 : 0;
}
