/*
 * count.c - what the kernel does not keep of POSIX objects, and the processes show: how
 * many map them, and which ones live on without a name.
 */
#include "config.h"

#include "shmstat/shmstat.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void count_one(struct segment_info *info, const struct procfs_attaches *attaches)
{
    size_t count;
    const struct procfs_attach *at =
        procfs_attaches_of(attaches, info->device, info->inode, &count);
    info->nattch = info->nopen = 0;
    for (size_t i = 0; i < count; i++) {
        info->nattch += at[i].fd < 0;
        info->nopen += at[i].fd >= 0;
    }
    info->status |= attaches->unreadable ? SEGMENT_AT_LEAST : SEGMENT_COUNTED;
}

void stat_count(struct segment_list *list, const struct procfs_attaches *attaches)
{
    for (size_t i = 0; i < list->count; i++)
        if (!list->items[i].segment.kind->accounted)
            count_one(&list->items[i], attaches);
}

/*
 * Where the file cannot be looked at, its mappings show how far it reached, in whole pages; nothing
 * shows whose it is.
 */
static void describe(const struct procfs *fs, const struct procfs_attach *at, size_t count,
                     struct segment_info *info)
{
    struct stat st;
    *info = (struct segment_info){
        .segment = {.kind = &segment_posix},
        .device = at->device,
        .inode = at->inode,
        .uid = (uid_t)-1,
        .gid = (gid_t)-1,
        .cuid = (uid_t)-1,
        .cgid = (gid_t)-1,
        .status = SEGMENT_DELETED | (strncmp(at->name, "/sem.", 5) ? 0 : SEGMENT_SEMAPHORE),
    };
    info->segment.name = segment_name(at->name);
    for (size_t i = 0; i < count; i++) {
        const uint64_t reach = at[i].offset + at[i].end - at[i].start;
        if (reach > info->size)
            info->size = reach;
    }
    for (size_t i = 0; i < count; i++)
        if (procfs_attach_stat(fs, &at[i], &st) == 0) {
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

/* A file may be called "x (deleted)" and be there. */
static bool is_listed(const struct segment_list *list, const struct procfs_attach *at)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].device == at->device && list->items[i].inode == at->inode)
            return true;
    return false;
}

int stat_add_deleted(const struct procfs *fs, const struct procfs_attaches *attaches,
                     struct segment_list *list)
{
    for (size_t i = 0, count; i < attaches->count; i += count) {
        const struct procfs_attach *at = procfs_attaches_of(attaches, attaches->items[i].device,
                                                            attaches->items[i].inode, &count);
        if (!at->name || is_listed(list, at))
            continue;
        struct segment_info *info = segment_list_add(list);
        if (!info)
            return -1;
        describe(fs, at, count, info);
    }
    return 0;
}
