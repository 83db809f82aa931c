/* SPDX-License-Identifier: MIT */
/*
 * count.c - what the kernel does not record about POSIX objects, and /proc shows: how many
 * processes map them, and which objects exist without a name.
 */
#include "config.h"

#include "shmstat/shmstat.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void count_one(const struct procfs *fs, struct segment_info *info,
                      const struct procfs_attaches *attaches)
{
    size_t count;
    const struct procfs_attach *own =
        procfs_attaches_of(attaches, info->device, info->inode, &count);
    info->nattch = info->nopen = 0;
    for (size_t i = 0; i < count; i++) {
        info->nattch += own[i].fd < 0;
        info->nopen += own[i].fd >= 0;
    }
    info->status |=
        attaches->unreadable || fs->partial || fs->contained ? SEGMENT_AT_LEAST : SEGMENT_COUNTED;
}

void stat_count(const struct procfs *fs, struct segment_list *list,
                const struct procfs_attaches *attaches)
{
    for (size_t i = 0; i < list->count; i++)
        if (!list->items[i].segment.kind->tracks_attaches)
            count_one(fs, &list->items[i], attaches);
}

/*
 * Describes an object without a name from its attaches. If no process lets its file be examined,
 * the mappings still show a size, in whole pages; the owner stays unknown.
 */
static void describe_deleted(const struct procfs *fs, const struct procfs_attach *attaches,
                             size_t count, struct segment_info *info)
{
    struct stat st;
    *info = (struct segment_info){
        .segment = {.kind = &segment_posix},
        .device = attaches->device,
        .inode = attaches->inode,
        .uid = (uid_t)-1,
        .gid = (gid_t)-1,
        .cuid = (uid_t)-1,
        .cgid = (gid_t)-1,
        .status = SEGMENT_DELETED | (strncmp(attaches->name, "/sem.", 5) ? 0 : SEGMENT_SEMAPHORE),
    };
    info->segment.name = segment_name(attaches->name);
    for (size_t i = 0; i < count; i++) {
        const uint64_t reach = attaches[i].offset + attaches[i].end - attaches[i].start;
        if (reach > info->size)
            info->size = reach;
    }
    for (size_t i = 0; i < count; i++)
        if (procfs_attach_stat(fs, &attaches[i], &st) == 0) {
            info->uid = st.st_uid;
            info->gid = st.st_gid;
            info->mode = st.st_mode & 0777;
            info->size = (uint64_t)st.st_size;
            info->ctime = st.st_ctime;
            info->has_rss = true;
            info->rss = (uint64_t)st.st_blocks * 512;
            return;
        }
}

/* A file that exists may be called "x (deleted)". */
static bool is_listed(const struct segment_list *list, const struct procfs_attach *attach)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].device == attach->device && list->items[i].inode == attach->inode)
            return true;
    return false;
}

int stat_add_deleted(const struct procfs *fs, const struct procfs_attaches *attaches,
                     struct segment_list *list)
{
    for (size_t i = 0, count; i < attaches->count; i += count) {
        const struct procfs_attach *own = procfs_attaches_of(attaches, attaches->items[i].device,
                                                             attaches->items[i].inode, &count);
        if (!own->name || is_listed(list, own))
            continue;
        struct segment_info *info = segment_list_add(list);
        if (!info)
            return -1;
        describe_deleted(fs, own, count, info);
    }
    return 0;
}
