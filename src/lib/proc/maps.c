/* SPDX-License-Identifier: MIT */
/*
 * maps.c - see maps.h.
 */
#include "config.h"

#include "lib/proc/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Reads the digits of BASE at *AT and moves *AT past them. The kernel wrote them, so they are not
 * checked. */
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

bool procfs_parse_map(const char *line, const char *end, struct procfs_map *map)
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

int procfs_each_map(const struct procfs *fs, pid_t pid,
                    bool (*each)(void *arg, const struct procfs_map *map), void *arg)
{
    struct file_buffer maps = {0};
    struct procfs_map map;
    const int result = procfs_read_file(fs, pid, "maps", &maps);
    for (const char *line = maps.text; result == 0 && *line; line = procfs_next_line(line))
        if (procfs_parse_map(line, procfs_line_end(line), &map) && !each(arg, &map))
            break;
    const int error = errno;
    free(maps.text);
    errno = error;
    return result;
}

/* --- shared mappings only --- */

/*
 * PROCMAP_QUERY (<linux/fs.h> since Linux 6.11) finds the next mapping of a kind. The kernel need
 * not print, nor we read, a line for each library that a process has loaded.
 */
struct map_query {
    uint64_t size, flags, address;
    uint64_t start, end, map_flags, page_size, offset, inode;
    uint32_t device_major, device_minor;
    uint32_t name_size, build_id_size;
    uint64_t name, build_id;
};
#define MAP_QUERY _IOWR('f', 17, struct map_query)
enum {
    QUERY_READABLE = 1,
    QUERY_WRITABLE = 2,
    QUERY_EXECUTABLE = 4,
    QUERY_SHARED = 8,
    QUERY_NEXT = 16
};

static void map_from(const struct map_query *query, const char *name, struct procfs_map *map)
{
    *map = (struct procfs_map){
        .start = query->start,
        .end = query->end,
        .offset = query->offset,
        .device = makedev(query->device_major, query->device_minor),
        .inode = query->inode,
        .path = name,
        .path_length = query->name_size ? query->name_size - 1 : 0,
    };
    snprintf(map->perms, sizeof map->perms, "%c%c%cs",
             query->map_flags & QUERY_READABLE ? 'r' : '-',
             query->map_flags & QUERY_WRITABLE ? 'w' : '-',
             query->map_flags & QUERY_EXECUTABLE ? 'x' : '-');
}

/* Returns 1; 0 when the process has no memory; -1 with errno ENOTTY where the kernel has no such
 * query. */
static int each_by_query(int fd, bool (*each)(void *arg, const struct procfs_map *map), void *arg)
{
    char name[4096];
    struct procfs_map map;
    struct map_query query = {.size = sizeof query, .flags = QUERY_SHARED | QUERY_NEXT};
    for (;;) {
        query.name = (uint64_t)(uintptr_t)name;
        query.name_size = sizeof name;
        if (ioctl(fd, MAP_QUERY, &query))
            return errno == ENOENT ? 1 : errno == ESRCH ? 0 : -1;
        map_from(&query, name, &map);
        if (!each(arg, &map))
            return 1;
        query.address = query.end;
    }
}

static int each_by_text(const struct procfs *fs, pid_t pid,
                        bool (*each)(void *arg, const struct procfs_map *map), void *arg)
{
    struct file_buffer maps = {0};
    struct procfs_map map;
    const int result = procfs_read_file(fs, pid, "maps", &maps) ? -1 : maps.length > 0;
    const int error = errno;
    for (const char *line = maps.text; result > 0 && *line; line = procfs_next_line(line)) {
        const char *end = procfs_line_end(line), *perms = memchr(line, ' ', (size_t)(end - line));
        if (perms && end - perms > 5 && perms[4] == 's' && procfs_parse_map(line, end, &map) &&
            !each(arg, &map))
            break;
    }
    free(maps.text);
    errno = error;
    return result;
}

int procfs_each_shared_map(const struct procfs *fs, pid_t pid,
                           bool (*each)(void *arg, const struct procfs_map *map), void *arg)
{
    char path[32];
    snprintf(path, sizeof path, "%d/maps", pid);
    const int fd = openat(fs->dir, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    const int result = each_by_query(fd, each, arg);
    close(fd);
    return result < 0 ? each_by_text(fs, pid, each, arg) : result;
}
