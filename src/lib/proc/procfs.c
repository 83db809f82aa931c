/* SPDX-License-Identifier: MIT */
/*
 * procfs.c - see procfs.h. Processes start and end during the scan, so ENOENT and ESRCH are answers
 * and not errors.
 */
#include "config.h"

#include "lib/proc/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Is this mapping one of a System V segment? The kernel names them /SYSV and the key, but any user
 * can give a file that name; the device decides, because no user's file is on it.
 */
static bool is_segment(const struct procfs *fs, const struct procfs_map *map)
{
    if (map->path_length < 13 || map->inode > INT_MAX || memcmp(map->path, "/SYSV", 5))
        return false;
    for (size_t i = 0; i < fs->device_count; i++)
        if (fs->devices[i] == map->device)
            return true;
    return false;
}

/* The attach that begins at START, among those from *NEXT on, or NULL; *NEXT moves past it. */
static struct procfs_attach *attach_at(struct procfs_attaches *out, size_t *next, uint64_t start)
{
    while (*next < out->count && out->items[*next].start < start)
        ++*next; /* detached since we read maps */
    if (*next == out->count || out->items[*next].start != start)
        return NULL;
    return &out->items[(*next)++];
}

/* Adds a line "Name: value kB" of smaps to ITEM. Rss is 0 for huge pages, which have lines of their
 * own. */
static void add_value(struct procfs_attach *item, const char *line)
{
    uint64_t kib;
    if (sscanf(line, "Rss: %" SCNu64, &kib) == 1) {
        item->has_rss = true;
        item->rss = kib * 1024;
    } else if (sscanf(line, "Shared_Hugetlb: %" SCNu64, &kib) == 1 ||
               sscanf(line, "Private_Hugetlb: %" SCNu64, &kib) == 1) {
        item->rss += kib * 1024;
    }
}

/*
 * smaps repeats each line of maps and puts "Name: value" lines under it (proc_pid_smaps(5)). Adds
 * the values to the attaches from FIRST on, which are PID's, in order of address.
 */
static void add_rss(const struct procfs *fs, pid_t pid, struct file_buffer *buffer,
                    struct procfs_attaches *out, size_t first)
{
    struct procfs_attach *item = NULL; /* whose values the lines are; NULL: of no attach */
    if (procfs_read_file(fs, pid, "smaps", buffer))
        return;
    for (const char *line = buffer->text; *line; line = procfs_next_line(line)) {
        struct procfs_map map;
        const bool is_value = line[0] >= 'A' && line[0] <= 'Z';
        if (is_value && item)
            add_value(item, line);
        else if (!is_value)
            item = procfs_parse_map(line, procfs_line_end(line), &map)
                       ? attach_at(out, &first, map.start)
                       : NULL;
    }
}

/* The words read at once: for 32 MiB of pages of 4 KiB. */
#define PAGEMAP_WORDS 8192

/*
 * /proc/PID/pagemap has 8 bytes for each page; the highest bit says that the page is in the page
 * tables (Documentation/admin-guide/mm/pagemap.rst), which is what smaps counts as Rss. This reads
 * these mappings only, whereas the kernel walks and prints all of a process's mappings for smaps.
 * Returns whether it found the figures of all attaches from FIRST on.
 */
static bool add_rss_by_page(const struct procfs *fs, pid_t pid, struct procfs_attaches *out,
                            size_t first)
{
    static uint64_t words[PAGEMAP_WORDS];
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    char path[32];
    bool good = true;
    snprintf(path, sizeof path, "%d/pagemap", pid);
    const int fd = openat(fs->dir, path, O_RDONLY | O_CLOEXEC);
    for (size_t i = first; fd >= 0 && good && i < out->count; i++) {
        struct procfs_attach *item = &out->items[i];
        const size_t size = (size_t)((item->end - item->start) / page) * sizeof *words;
        good = size <= sizeof words &&
               pread(fd, words, size, (off_t)(item->start / page * sizeof *words)) == (ssize_t)size;
        uint64_t pages = 0;
        for (size_t k = 0; good && k < size / sizeof *words; k++)
            pages += words[k] >> 63;
        item->has_rss = good;
        item->rss = pages * page;
    }
    if (fd >= 0)
        close(fd);
    return fd >= 0 && good;
}

/*
 * A process whose first thread has ended shows no memory in /proc/PID; its other threads, which
 * share the memory, do. Returns the TID of one, or 0. Each thread's folder in /proc/PID/task adds a
 * link to that folder, so one call settles it for most processes.
 */
static pid_t other_thread(const struct procfs *fs, pid_t pid)
{
    char path[32];
    struct stat st;
    pid_t tid = 0;
    const struct dirent *entry;
    snprintf(path, sizeof path, "%d/task", pid);
    if (fstatat(fs->dir, path, &st, 0) || st.st_nlink <= 3)
        return 0;
    const int fd = openat(fs->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    while (dir && (!tid || tid == pid) && (entry = readdir(dir)))
        tid = (pid_t)strtol(entry->d_name, NULL, 10);
    if (dir)
        closedir(dir);
    return tid == pid ? 0 : tid;
}

/* The attaches of one process that is being scanned. */
struct scan {
    const struct procfs *fs;
    bool same_ipc,
        looked;   /* in our IPC namespace; whether we looked, which the first segment needs */
    pid_t reader; /* the task whose files are read */
    struct procfs_attaches *out;
    bool failed; /* there is no memory */
};

/* In another IPC namespace, the same ids name other segments. */
static bool in_our_namespace(struct scan *scan)
{
    if (!scan->looked)
        scan->same_ipc = procfs_same_ipc(scan->fs, scan->reader);
    scan->looked = true;
    return scan->same_ipc;
}

static bool add_map(void *arg, const struct procfs_map *map)
{
    struct scan *scan = arg;
    struct procfs_attach *item;
    if (!is_segment(scan->fs, map)) {
        scan->failed = procfs_add_file(scan->fs, map, scan->out) < 0;
    } else if (in_our_namespace(scan)) {
        scan->failed = !(item = procfs_attaches_add(scan->out));
        if (scan->failed)
            return false;
        item->inode = map->inode;
        item->start = map->start;
        item->end = map->end;
        item->huge = map->device != scan->fs->devices[0];
        memcpy(item->perms, map->perms, sizeof item->perms);
    }
    return !scan->failed;
}

/* Adds the attaches of PID, and, where that is wanted, the objects it has open. Returns 0, or -1
 * with errno. */
static int scan_process(const struct procfs *fs, pid_t pid, bool with_rss,
                        struct file_buffer *buffer, struct procfs_attaches *out)
{
    struct scan scan = {.fs = fs, .reader = pid, .out = out};
    const size_t first = out->count;
    int result = procfs_each_shared_map(fs, pid, add_map, &scan);
    if (result == 0 && (scan.reader = other_thread(fs, pid)))
        result = procfs_each_shared_map(fs, scan.reader, add_map, &scan);
    if (result < 0 || scan.failed)
        return -1;
    if (result == 0)
        return 0; /* a kernel thread, or a zombie */
    if (with_rss && out->count > first && !add_rss_by_page(fs, scan.reader, out, first))
        add_rss(fs, scan.reader, buffer, out, first);
    result = fs->posix && fs->descriptors ? procfs_add_descriptors(fs, scan.reader, out, first) : 0;
    for (size_t i = first; i < out->count; i++)
        out->items[i].pid = pid;
    return result;
}

static int scan_all(const struct procfs *fs, bool with_rss, struct file_buffer *buffer,
                    struct procfs_attaches *out)
{
    const struct dirent *entry;
    int fd = openat(fs->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return -1;
    /* A process that ends during the scan has nothing attached; one that we may not read is
     * counted; any other error is ours. */
    while (errno = 0, (entry = readdir(dir))) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
            continue;
        if (scan_process(fs, (pid_t)strtol(entry->d_name, NULL, 10), with_rss, buffer, out) == 0)
            continue;
        if (errno == EACCES || errno == EPERM)
            out->unreadable++;
        else if (errno != ENOENT && errno != ESRCH)
            break;
    }
    const int error = errno;
    closedir(dir);
    errno = error;
    return entry || error ? -1 : 0;
}

int procfs_attaches(const struct procfs *fs, pid_t pid, bool with_rss, struct procfs_attaches *out)
{
    struct file_buffer buffer = {0};
    int result =
        pid ? scan_process(fs, pid, with_rss, &buffer, out) : scan_all(fs, with_rss, &buffer, out);
    int error = errno;
    free(buffer.text);
    procfs_attaches_sort(out);
    errno = error == ENOENT ? ESRCH : error;
    return result;
}
