/* SPDX-License-Identifier: MIT */
/*
 * posix.c - see posix.h.
 *
 * Objects are identified by device and inode, as /proc/PID/maps and fstat(2) report them, because
 * names do not identify them: two objects may have had the same name one after the other, one may
 * be mounted at two places, and any user may give a file elsewhere the same name.
 */
#include "config.h"

#include "lib/proc/posix.h"

#include "lib/segment/segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char deleted[] = " (deleted)";
#define DELETED (sizeof deleted - 1)

/*
 * A tmpfs counts its inodes exactly, including those whose names were removed. One is its root; if
 * it is the only one, there is no object. A tmpfs without a limit (nr_inodes=0) does not count, and
 * other file systems count otherwise: then the answer is false.
 */
static bool is_empty(void)
{
    struct statvfs st;
    return statvfs(SEGMENT_POSIX_DIR, &st) == 0 && st.f_files && st.f_files - st.f_ffree <= 1;
}

void procfs_find_posix(struct procfs *fs, bool descriptors)
{
    struct stat st;
    if (stat(SEGMENT_POSIX_DIR, &st) || is_empty())
        return;
    fs->posix = true;
    fs->posix_device = st.st_dev;
    fs->descriptors = descriptors;
}

/* "/dev/shm/demo (deleted)" becomes "/demo"; NULL for an object that still has its name. */
static char *old_name(const char *path, size_t length)
{
    const size_t folder = sizeof SEGMENT_POSIX_DIR - 1;
    if (length <= folder + DELETED || memcmp(path, SEGMENT_POSIX_DIR "/", folder + 1) ||
        memcmp(path + length - DELETED, deleted, DELETED))
        return NULL;
    return strndup(path + folder, length - folder - DELETED);
}

int procfs_add_file(const struct procfs *fs, const struct procfs_map *map,
                    struct procfs_attaches *out)
{
    if (!fs->posix || map->device != fs->posix_device)
        return 0;
    struct procfs_attach *item = procfs_attaches_add(out);
    if (!item)
        return -1;
    item->device = map->device;
    item->inode = map->inode;
    item->start = map->start;
    item->end = map->end;
    item->offset = map->offset;
    item->name = old_name(map->path, map->path_length);
    memcpy(item->perms, map->perms, sizeof item->perms);
    return 0;
}

static bool is_known(const struct procfs_attaches *out, size_t first, const struct stat *st)
{
    for (size_t i = first; i < out->count; i++)
        if (out->items[i].device == st->st_dev && out->items[i].inode == st->st_ino)
            return true;
    return false;
}

/*
 * Adds the descriptor NAME of the folder DIR, if it is one of an object. Links that are no paths
 * are pipes and sockets; AT_STATX_DONT_SYNC (statx(2)) keeps a file server that does not answer
 * from blocking us.
 */
static int add_descriptor(const struct procfs *fs, int dir, const char *name,
                          struct procfs_attaches *out, size_t first)
{
    struct stat st, link;
    char path[PATH_MAX];
    const ssize_t length = readlinkat(dir, name, path, sizeof path);
    if (length <= 0 || path[0] != '/' || fstatat(dir, name, &st, AT_STATX_DONT_SYNC) ||
        st.st_dev != fs->posix_device || !S_ISREG(st.st_mode) || is_known(out, first, &st) ||
        fstatat(dir, name, &link, AT_SYMLINK_NOFOLLOW))
        return 0;
    struct procfs_attach *item = procfs_attaches_add(out);
    if (!item)
        return -1;
    item->device = st.st_dev;
    item->inode = st.st_ino;
    item->fd = (int)strtol(name, NULL, 10);
    item->name = old_name(path, (size_t)length);
    /* The link's own mode shows how it was opened (proc_pid_fd(5)). */
    snprintf(item->perms, sizeof item->perms, "%c%c-", link.st_mode & S_IRUSR ? 'r' : '-',
             link.st_mode & S_IWUSR ? 'w' : '-');
    return 0;
}

int procfs_add_descriptors(const struct procfs *fs, pid_t pid, struct procfs_attaches *out,
                           size_t first)
{
    char path[32];
    int result = 0;
    const struct dirent *entry;
    snprintf(path, sizeof path, "%d/fd", pid);
    const int fd = openat(fs->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return -1;
    while (result == 0 && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            result = add_descriptor(fs, fd, entry->d_name, out, first);
    const int error = errno;
    closedir(dir);
    errno = error;
    return result;
}

int procfs_attach_stat(const struct procfs *fs, const struct procfs_attach *attach, struct stat *st)
{
    char path[80];
    if (attach->fd >= 0)
        snprintf(path, sizeof path, "%d/fd/%d", attach->pid, attach->fd);
    else
        snprintf(path, sizeof path, "%d/map_files/%" PRIx64 "-%" PRIx64, attach->pid, attach->start,
                 attach->end);
    if (fstatat(fs->dir, path, st, 0))
        return -1;
    if (st->st_dev == attach->device && st->st_ino == attach->inode)
        return 0;
    errno = ESTALE; /* the descriptor was closed, and its number used again */
    return -1;
}
