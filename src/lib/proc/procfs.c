/*
 * procfs.c - see procfs.h. Processes come and go while it reads: ENOENT and ESRCH are answers, not
 * errors.
 */
#include "config.h"

#include "lib/proc/tree.h"
#include "lib/proc/posix.h"

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

static void read_ipc_ns(const struct procfs *fs, const char *who, char *out, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "%s/ns/ipc", who);
    ssize_t length = readlinkat(fs->dir, path, out, size - 1);
    out[length > 0 ? length : 0] = '\0';
}

static time_t read_boot(const struct procfs *fs)
{
    char line[256];
    intmax_t boot = 0;
    int fd = openat(fs->dir, "stat", O_RDONLY | O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "btime %jd", &boot) == 1)
            break;
    if (file)
        fclose(file);
    return (time_t)boot;
}

int procfs_open(struct procfs *fs, const char *root)
{
    *fs = (struct procfs){.dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (fs->dir < 0)
        return -1;
    read_ipc_ns(fs, "self", fs->ipc_ns, sizeof fs->ipc_ns);
    fs->boot = read_boot(fs);
    return 0;
}

void procfs_close(struct procfs *fs)
{
    if (fs->dir >= 0)
        close(fs->dir);
    fs->dir = -1;
}

/*
 * Is this mapping a segment of System V? Its name is what the kernel gives to one, but anybody can
 * name a file so: the device is one that no file of a user is on.
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

struct procfs_attach *procfs_add(struct procfs_attaches *out)
{
    if (out->count == out->capacity) {
        size_t capacity = out->capacity ? 2 * out->capacity : 64;
        struct procfs_attach *items = reallocarray(out->items, capacity, sizeof *items);
        if (!items)
            return NULL;
        out->items = items;
        out->capacity = capacity;
    }
    struct procfs_attach *item = &out->items[out->count++];
    *item = (struct procfs_attach){.fd = -1};
    return item;
}

bool procfs_same_ipc(const struct procfs *fs, pid_t pid)
{
    char who[16], ns[64];
    if (!fs->ipc_ns[0])
        return true;
    snprintf(who, sizeof who, "%d", pid);
    read_ipc_ns(fs, who, ns, sizeof ns);
    return !strcmp(ns, fs->ipc_ns);
}

/*
 * smaps repeats each line of maps with "Name: value" lines under it (proc_pid_smaps(5)); what it
 * says of the attaches from FIRST on is added to them. Rss is 0 for huge pages, which are counted
 * apart.
 */
static void add_rss(const struct procfs *fs, pid_t pid, struct slurp *buffer,
                    struct procfs_attaches *out, size_t first)
{
    struct procfs_attach *item = NULL;
    if (procfs_slurp(fs, pid, "smaps", buffer))
        return;
    for (const char *line = buffer->text; *line;) {
        const char *end = procfs_line_end(line);
        uint64_t kib;
        struct procfs_map map;
        if (line[0] < 'A' || line[0] > 'Z') {
            item = NULL;
            if (!procfs_parse_map(line, end, &map))
                map.start = 0;
            while (first < out->count && out->items[first].start < map.start)
                first++; /* detached since we read maps */
            if (first < out->count && out->items[first].start == map.start)
                item = &out->items[first++];
        } else if (item && sscanf(line, "Rss: %" SCNu64, &kib) == 1) {
            item->has_rss = true;
            item->rss = kib * 1024;
        } else if (item && (sscanf(line, "Shared_Hugetlb: %" SCNu64, &kib) == 1 ||
                            sscanf(line, "Private_Hugetlb: %" SCNu64, &kib) == 1)) {
            item->rss += kib * 1024;
        }
        line = *end ? end + 1 : end;
    }
}

/* As many as are read in one go: 32 MiB of pages of 4 KiB. */
#define PAGEMAP_WORDS 8192

/*
 * /proc/PID/pagemap has 8 bytes for each page, whose highest bit says that it is in the page tables
 * (Documentation/admin-guide/mm/pagemap.rst): what smaps counts as Rss, but of these mappings
 * alone, where smaps walks and prints all that the process has. Huge pages are on a device of their
 * own. Returns whether all was found this way.
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
 * A process whose first thread has ended shows no memory of its own in /proc/PID; another thread,
 * which shares it, does. Its TID, or 0. A folder of /proc/PID/task has a link from each thread's,
 * so most are settled by one call.
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
        looked; /* in our IPC namespace? asked for once a segment of some namespace is found */
    pid_t reader;
    struct procfs_attaches *out;
    bool failed; /* for want of memory */
};

/* The ids of another namespace are others. */
static bool is_of_ours(struct scan *scan)
{
    if (!scan->looked)
        scan->same_ipc = procfs_same_ipc(scan->fs, scan->reader);
    scan->looked = true;
    return scan->same_ipc;
}

static bool take_map(void *arg, const struct procfs_map *map)
{
    struct scan *scan = arg;
    struct procfs_attach *item;
    if (!is_segment(scan->fs, map)) {
        scan->failed = procfs_add_file(scan->fs, map, scan->out) < 0;
    } else if (is_of_ours(scan)) {
        scan->failed = !(item = procfs_add(scan->out));
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

/* Adds what PID has attached, and what it has open where that is wanted. Returns 0, or -1 with
 * errno. */
static int scan_process(const struct procfs *fs, pid_t pid, bool with_rss, struct slurp *buffer,
                        struct procfs_attaches *out)
{
    struct scan scan = {.fs = fs, .reader = pid, .out = out};
    const size_t first = out->count;
    int result = procfs_each_shared_map(fs, pid, take_map, &scan);
    if (result == 0 && (scan.reader = other_thread(fs, pid)))
        result = procfs_each_shared_map(fs, scan.reader, take_map, &scan);
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

static int by_place(const void *a, const void *b)
{
    const struct procfs_attach *x = a, *y = b;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    if (x->inode != y->inode)
        return x->inode < y->inode ? -1 : 1;
    if (x->pid != y->pid)
        return x->pid < y->pid ? -1 : 1;
    return (x->start > y->start) - (x->start < y->start);
}

static int scan_all(const struct procfs *fs, bool with_rss, struct slurp *buffer,
                    struct procfs_attaches *out)
{
    const struct dirent *entry;
    int fd = openat(fs->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return -1;
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
            continue;
        if (scan_process(fs, (pid_t)strtol(entry->d_name, NULL, 10), with_rss, buffer, out) == 0)
            continue;
        if (errno == ENOMEM)
            break;
        if (errno != ENOENT && errno != ESRCH)
            out->unreadable++;
    }
    closedir(dir);
    return entry ? -1 : 0;
}

int procfs_attaches(const struct procfs *fs, pid_t pid, bool with_rss, struct procfs_attaches *out)
{
    struct slurp buffer = {0};
    int result =
        pid ? scan_process(fs, pid, with_rss, &buffer, out) : scan_all(fs, with_rss, &buffer, out);
    int error = errno;
    free(buffer.text);
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, by_place);
    errno = error == ENOENT ? ESRCH : error;
    return result;
}

void procfs_attaches_free(struct procfs_attaches *attaches)
{
    for (size_t i = 0; i < attaches->count; i++)
        free(attaches->items[i].name);
    free(attaches->items);
    *attaches = (struct procfs_attaches){0};
}

static bool is_before(const struct procfs_attach *attach, dev_t device, uint64_t inode)
{
    return attach->device != device ? attach->device < device : attach->inode < inode;
}

const struct procfs_attach *procfs_attaches_of(const struct procfs_attaches *attaches, dev_t device,
                                               uint64_t inode, size_t *count)
{
    size_t low = 0, high = attaches->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_before(&attaches->items[middle], device, inode))
            low = middle + 1;
        else
            high = middle;
    }
    for (high = low; high < attaches->count && attaches->items[high].device == device &&
                     attaches->items[high].inode == inode;
         high++)
        ;
    *count = high - low;
    return attaches->items ? attaches->items + low : NULL;
}
