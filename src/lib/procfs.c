/*
 * procfs.c - see procfs.h. Processes come and go while it reads: ENOENT and ESRCH are answers, not errors.
 */
#include "config.h"

#include "procfs.h"

#include "limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* A whole file of /proc; the buffer is kept from file to file. */
struct slurp {
    char *text; /* ended by NUL */
    size_t length, capacity;
};

/* Returns 0, or -1 with errno. /proc gives no sizes, so read until there is no more. */
static int slurp(const struct procfs *fs, pid_t pid, const char *name, struct slurp *out)
{
    char path[64];
    ssize_t got = 1;
    snprintf(path, sizeof path, "%d/%s", pid, name);
    int fd = openat(fs->dir, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    for (out->length = 0; got > 0; out->length += (size_t)got) {
        if (out->capacity - out->length < 8192) {
            size_t capacity = out->capacity ? 2 * out->capacity : 65536;
            char *text = realloc(out->text, capacity);
            if (!text) {
                got = -1;
                break;
            }
            out->text = text;
            out->capacity = capacity;
        }
        got = read(fd, out->text + out->length, out->capacity - out->length - 1);
        if (got < 0)
            break;
    }
    int error = errno;
    close(fd);
    if (got < 0) {
        errno = error;
        return -1;
    }
    out->text[out->length] = '\0';
    return 0;
}

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

static void add_device(struct procfs *fs, unsigned flags)
{
    struct stat st;
    int fd = memfd_create("ipclab", MFD_CLOEXEC | flags);
    if (fd < 0)
        return;
    if (fs->device_count < PROCFS_DEVICES && fstat(fd, &st) == 0)
        fs->devices[fs->device_count++] = st.st_dev;
    close(fd);
}

void procfs_find_devices(struct procfs *fs)
{
    struct limits_huge huge[LIMITS_HUGE_MAX];
    size_t count = limits_huge(huge, LIMITS_HUGE_MAX);
    fs->device_count = 0;
    add_device(fs, 0);
    for (size_t i = 0; i < count; i++)
        add_device(fs, MFD_HUGETLB | (unsigned)__builtin_ctzll(huge[i].page) << MAP_HUGE_SHIFT);
}

/* The number at *AT in BASE, up to something else; *AT moves there. The kernel wrote it: no checks. */
static uint64_t number_at(const char **at, unsigned base)
{
    uint64_t value = 0;
    for (;; (*at)++) {
        unsigned char c = (unsigned char)**at;
        if (c >= '0' && c <= '9')
            value = value * base + (c - '0');
        else if (base == 16 && c >= 'a' && c <= 'f')
            value = value * base + (c - 'a') + 10;
        else
            return value;
    }
}

/*
 * "7f1c-7f2c rw-s 00000000 00:01 5    /SYSV000004d2 (deleted)". The line ends at *end, a newline or NUL. Returns
 * false for a line of another shape.
 */
static bool parse_map(const char *line, const char *end, struct procfs_map *map)
{
    const char *at = line;
    map->line = line;
    map->line_length = (size_t)(end - line);
    map->start = number_at(&at, 16);
    if (at == line || *at++ != '-')
        return false;
    map->end = number_at(&at, 16);
    if (*at++ != ' ' || end - at < 5)
        return false;
    memcpy(map->perms, at, 4);
    map->perms[4] = '\0';
    at += 5;
    map->offset = number_at(&at, 16);
    if (*at++ != ' ')
        return false;
    unsigned major_number = (unsigned)number_at(&at, 16);
    if (*at++ != ':')
        return false;
    map->device = makedev(major_number, (unsigned)number_at(&at, 16));
    if (*at++ != ' ')
        return false;
    if (*at < '0' || *at > '9')
        return false;
    map->inode = number_at(&at, 10);
    while (at < end && *at == ' ')
        at++;
    map->path = at;
    map->path_length = (size_t)(end - at);
    return true;
}

static const char *line_end(const char *line)
{
    return strchrnul(line, '\n');
}

int procfs_each_map(const struct procfs *fs, pid_t pid, bool (*each)(void *arg, const struct procfs_map *map),
                    void *arg)
{
    struct slurp maps = {0};
    struct procfs_map map;
    int result = slurp(fs, pid, "maps", &maps);
    for (const char *line = maps.text; result == 0 && line && *line;) {
        const char *end = line_end(line);
        if (parse_map(line, end, &map) && !each(arg, &map))
            break;
        line = *end ? end + 1 : NULL;
    }
    int error = errno;
    free(maps.text);
    errno = error;
    return result;
}

/*
 * Is this mapping a segment of System V? Its name is what the kernel gives to one, but anybody can name a file
 * so: the device is one that no file of a user is on.
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

static struct procfs_attach *add_attach(struct procfs_attaches *out)
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
    *item = (struct procfs_attach){0};
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
 * smaps repeats each line of maps with "Name: value" lines under it (proc_pid_smaps(5)); what it says of the
 * attaches from FIRST on is added to them. Rss is 0 for huge pages, which are counted apart.
 */
static void add_rss(const struct procfs *fs, pid_t pid, struct slurp *buffer, struct procfs_attaches *out,
                    size_t first)
{
    struct procfs_attach *item = NULL;
    if (slurp(fs, pid, "smaps", buffer))
        return;
    for (const char *line = buffer->text; *line;) {
        const char *end = line_end(line);
        uint64_t kib;
        struct procfs_map map;
        if (line[0] < 'A' || line[0] > 'Z') {
            item = NULL;
            if (!parse_map(line, end, &map))
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
 * (Documentation/admin-guide/mm/pagemap.rst): what smaps counts as Rss, but of these mappings alone, where smaps walks and prints
 * all that the process has. Huge pages are on a device of their own. Returns whether all was found this way.
 */
static bool add_rss_by_page(const struct procfs *fs, pid_t pid, struct procfs_attaches *out, size_t first)
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
        good = size <= sizeof words && pread(fd, words, size, (off_t)(item->start / page * sizeof *words)) == (ssize_t)size;
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
 * A process whose first thread has ended shows no memory of its own in /proc/PID; another thread, which shares it, does.
 * Its TID, or 0. A folder of /proc/PID/task has a link from each thread's, so most are settled by one call.
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

/* Adds what PID has attached. Returns 0, or -1 with errno. */
static int scan_process(const struct procfs *fs, pid_t pid, bool with_rss, struct slurp *buffer,
                        struct procfs_attaches *out)
{
    const size_t first = out->count;
    pid_t reader = pid; /* whose files are read */
    if (slurp(fs, pid, "maps", buffer))
        return -1;
    if (!buffer->length && (reader = other_thread(fs, pid)) && slurp(fs, reader, "maps", buffer))
        return -1;
    /* Most processes have none: look for the name before taking lines apart. */
    for (const char *at = buffer->text; (at = memmem(at, (size_t)(buffer->text + buffer->length - at), "/SYSV", 5));
         at++) {
        const char *line = memrchr(buffer->text, '\n', (size_t)(at - buffer->text));
        struct procfs_map map;
        line = line ? line + 1 : buffer->text;
        if (!parse_map(line, line_end(line), &map) || map.path != at || !is_segment(fs, &map))
            continue;
        struct procfs_attach *item = add_attach(out);
        if (!item)
            return -1;
        *item = (struct procfs_attach){
            .pid = pid,
            .shmid = (int)map.inode,
            .start = map.start,
            .end = map.end,
            .huge = map.device != fs->devices[0],
        };
        memcpy(item->perms, map.perms, sizeof item->perms);
    }
    if (out->count == first)
        return 0;
    if (!procfs_same_ipc(fs, reader))
        out->count = first;
    else if (with_rss && !add_rss_by_page(fs, reader, out, first))
        add_rss(fs, reader, buffer, out, first);
    return 0;
}

static int by_place(const void *a, const void *b)
{
    const struct procfs_attach *x = a, *y = b;
    if (x->shmid != y->shmid)
        return x->shmid < y->shmid ? -1 : 1;
    if (x->pid != y->pid)
        return x->pid < y->pid ? -1 : 1;
    return (x->start > y->start) - (x->start < y->start);
}

static int scan_all(const struct procfs *fs, bool with_rss, struct slurp *buffer, struct procfs_attaches *out)
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
    int result = pid ? scan_process(fs, pid, with_rss, &buffer, out) : scan_all(fs, with_rss, &buffer, out);
    int error = errno;
    free(buffer.text);
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, by_place);
    errno = error == ENOENT ? ESRCH : error;
    return result;
}

void procfs_attaches_free(struct procfs_attaches *attaches)
{
    free(attaches->items);
    *attaches = (struct procfs_attaches){0};
}

const struct procfs_attach *procfs_attaches_of(const struct procfs_attaches *attaches, int shmid, size_t *count)
{
    size_t low = 0, high = attaches->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (attaches->items[middle].shmid < shmid)
            low = middle + 1;
        else
            high = middle;
    }
    for (high = low; high < attaches->count && attaches->items[high].shmid == shmid; high++)
        ;
    *count = high - low;
    return attaches->items ? attaches->items + low : NULL;
}

/* Field 3 of /proc/PID/stat is the state, field 4 the parent and field 22 the start, in clock ticks since boot (proc_pid_stat(5)). */
static void read_stat(const struct procfs *fs, pid_t pid, struct slurp *buffer, struct procfs_process *out)
{
    char state;
    long threads;
    uint64_t ticks;
    if (slurp(fs, pid, "stat", buffer))
        return;
    /* The name in front is the process's own choice and may hold anything, parentheses too. */
    const char *name = strchr(buffer->text, '('), *end = strrchr(buffer->text, ')');
    if (!name || !end || end < name ||
        sscanf(end + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %ld %*d %" SCNu64,
               &state, &out->parent, &threads, &ticks) != 4)
        return;
    out->exists = (state != 'Z' && state != 'X') || threads > 1; /* the first thread may end before the others */
    if (fs->boot)
        out->started = fs->boot + (time_t)(ticks / (uint64_t)sysconf(_SC_CLK_TCK));
    int length = snprintf(out->command, sizeof out->command, "[%.*s]", (int)(end - name - 1), name + 1);
    out->command_length = (size_t)length < sizeof out->command ? (size_t)length : sizeof out->command - 1;
}

static void read_command_line(const struct procfs *fs, pid_t pid, struct slurp *buffer, struct procfs_process *out)
{
    if (slurp(fs, pid, "cmdline", buffer) || !buffer->length)
        return;
    size_t length = buffer->length < sizeof out->command ? buffer->length : sizeof out->command - 1;
    while (length > 1 && !buffer->text[length - 1])
        length--;
    for (size_t i = 0; i < length; i++)
        out->command[i] = buffer->text[i] ? buffer->text[i] : ' ';
    out->command[length] = '\0';
    out->command_length = length;
}

void procfs_process(const struct procfs *fs, pid_t pid, struct procfs_process *out)
{
    struct slurp buffer = {0};
    *out = (struct procfs_process){.uid = (uid_t)-1};
    read_stat(fs, pid, &buffer, out);
    if (out->exists) {
        const char *line;
        read_command_line(fs, pid, &buffer, out);
        /* "Uid:" real effective saved filesystem; the owner of the folder is root's for a process that cannot dump */
        if (slurp(fs, pid, "status", &buffer) == 0 && (line = strstr(buffer.text, "\nUid:")))
            sscanf(line + 5, " %*u %u", &out->uid);
    }
    free(buffer.text);
}

void procfs_cgroup(const struct procfs *fs, pid_t pid, char *path, size_t size)
{
    struct slurp buffer = {0};
    path[0] = '\0';
    if (slurp(fs, pid, "cgroup", &buffer) == 0) {
        /* "0::/path" is version 2; else the first line, "12:name:/path" */
        const char *line = !strncmp(buffer.text, "0::", 3) ? buffer.text : strstr(buffer.text, "\n0::");
        line = line ? line + (*line == '\n') : buffer.text;
        const char *first = strchr(line, ':'), *at = first ? strchr(first + 1, ':') : NULL;
        if (at)
            snprintf(path, size, "%.*s", (int)(line_end(at) - at - 1), at + 1);
    }
    free(buffer.text);
}

/* A process that was asked about, in a tree of tsearch(3). */
struct seen {
    pid_t pid;
    struct procfs_process process;
};

static int by_pid(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    return (x->pid > y->pid) - (x->pid < y->pid);
}

const struct procfs_process *procfs_process_once(const struct procfs *fs, void **seen, pid_t pid)
{
    static const struct procfs_process unknown = {.uid = (uid_t)-1};
    const struct seen wanted = {.pid = pid};
    struct seen *const *found = tfind(&wanted, seen, by_pid);
    if (found)
        return &(*found)->process;
    struct seen *added = malloc(sizeof *added);
    if (!added)
        return &unknown;
    added->pid = pid;
    procfs_process(fs, pid, &added->process);
    if (!tsearch(added, seen, by_pid)) {
        free(added);
        return &unknown;
    }
    return &added->process;
}

void procfs_seen_free(void **seen)
{
    tdestroy(*seen, free);
    *seen = NULL;
}
