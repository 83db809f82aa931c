/*
 * shm_sysv.c - segments the kernel's way: shmget(2), shmat(2), shmdt(2), shmctl(2).
 */
#include "config.h"

#include "lib/calls/calls.h"
#include "lib/calls/calls_shm.h"
#include "lib/calls/calls_sysv.h"
#include "lib/segment/segment.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool sysv_takes(const struct operand *name)
{
    return name->kind == OPERAND_ID || name->kind == OPERAND_KEY || name->kind == OPERAND_FTOK;
}

static struct segment sysv_segment(int id)
{
    return (struct segment){.kind = &segment_sysv, .id = id};
}

static void sysv_print(const struct segment *segment, char *text, size_t size)
{
    snprintf(text, size, "%d", segment->id);
}

static void sysv_label(const struct segment_info *info, char *label, size_t size)
{
    if (info->key == IPC_PRIVATE)
        snprintf(label, size, "%d (private)", info->segment.id);
    else
        snprintf(label, size, "%d (key 0x%.8x)", info->segment.id, (unsigned)info->key);
}

/* The key that NAME stands for; no name is IPC_PRIVATE. */
static int key_of(const struct operand *name, key_t *key)
{
    *key = IPC_PRIVATE;
    if (!name)
        return 0;
    *key = name->key;
    return name->kind == OPERAND_FTOK ? calls_ftok(name->path, name->proj, key) : 0;
}

/* A size of 0 and no flags open whatever the key names and ask for no permission yet (shmget(2)).
 */
static int sysv_open(const struct operand *name, struct segment *out)
{
    key_t key;
    int id = name->id;
    if (name->kind != OPERAND_ID) {
        if (key_of(name, &key) || (id = calls_shmget(key, 0, 0)) < 0)
            return -1;
    }
    *out = sysv_segment(id);
    return 0;
}

static int get_flags(const struct segment_request *request)
{
    int flags = (int)request->mode;
    if (request->noreserve)
        flags |= SHM_NORESERVE;
    if (request->huge)
        flags |= SHM_HUGETLB | (int)(request->huge_log << SHM_HUGE_SHIFT);
    return flags;
}

/*
 * shmget(IPC_CREAT) does not say whether it created or found. So create with IPC_EXCL, and when the
 * key is taken, open. Between the two another may remove the segment; then creating is tried again.
 * Each round that fails saw somebody else succeed, so it ends; the bound is against a caller who is
 * played with.
 */
static int sysv_create(const struct segment_request *request, struct segment *out, bool *created)
{
    key_t key;
    int id = -1, flags = get_flags(request);
    size_t size = (size_t)request->size;

    if (key_of(request->name, &key))
        return -1;
    for (int tries = 0; tries < 1000; tries++) {
        if (!request->open) {
            *created = true;
            id = calls_shmget(key, size, flags | IPC_CREAT | (key == IPC_PRIVATE ? 0 : IPC_EXCL));
            if (id >= 0 || errno != EEXIST || request->exclusive)
                break;
        }
        *created = false;
        id = calls_shmget(key, size, flags);
        if (id >= 0 || errno != ENOENT || request->open)
            break;
    }
    *out = sysv_segment(id);
    return id < 0 ? -1 : 0;
}

static int map_flags(const struct segment_mapping *mapping)
{
    return (mapping->ro ? SHM_RDONLY : 0) | (mapping->rnd ? SHM_RND : 0) |
           (mapping->remap ? SHM_REMAP : 0) | (mapping->exec ? SHM_EXEC : 0);
}

/* The bits of shm_perm.mode above the permissions. <linux/shm.h> and shmctl(2) have the first two.
 */
static unsigned status_of(unsigned mode)
{
    return (mode & SHM_DEST ? SEGMENT_DEST : 0) | (mode & SHM_LOCKED ? SEGMENT_LOCKED : 0) |
           (mode & SHM_HUGETLB ? SEGMENT_HUGETLB : 0) |
           (mode & SHM_NORESERVE ? SEGMENT_NORESERVE : 0);
}

static void info_from(int id, const struct shmid_ds *ds, struct segment_info *out)
{
    const struct ipc_perm *perm = &ds->shm_perm;
    *out = (struct segment_info){
        .segment = sysv_segment(id),
        .inode = (uint64_t)id,
        .key = perm->__key,
        .uid = perm->uid,
        .gid = perm->gid,
        .cuid = perm->cuid,
        .cgid = perm->cgid,
        .mode = perm->mode & 0777,
        .status = status_of(perm->mode),
        .size = ds->shm_segsz,
        .nattch = ds->shm_nattch,
        .cpid = ds->shm_cpid,
        .lpid = ds->shm_lpid,
        .atime = ds->shm_atime,
        .dtime = ds->shm_dtime,
        .ctime = ds->shm_ctime,
    };
}

/* What it is is asked for after the attach: from then on the segment cannot go away, nor its id to
 * another. */
static int sysv_map(struct segment_mapping *mapping)
{
    struct shmid_ds ds;
    void *at = calls_shmat(mapping->segment.id, (void *)mapping->address, map_flags(mapping));
    if (at == (void *)-1)
        return -1;
    mapping->address = (uintptr_t)at;
    if (calls_shmctl(mapping->segment.id, IPC_STAT, &ds) < 0) {
        CALLS_KEEPING_FAILURE
        {
            calls_shmdt(at);
        }
        return -1;
    }
    info_from(mapping->segment.id, &ds, &mapping->info);
    return 0;
}

static int sysv_unmap(struct segment_mapping *mapping)
{
    return calls_shmdt((void *)mapping->address);
}

/*
 * IPC_STAT wants read permission, SHM_STAT_ANY does not: it tells what /proc/sysvipc/shm shows to
 * everyone. It takes an index, but the kernel cuts the index out of a whole id (ipc/util.h,
 * ipcid_to_idx()) and returns the id that it found there, so an id that was reused is noticed. The
 * failure that is reported stays IPC_STAT's.
 */
static int stat_any(int id, struct shmid_ds *ds)
{
    if (calls_shmctl(id, IPC_STAT, ds) >= 0)
        return 0;
    CALLS_KEEPING_FAILURE
    {
        if (errno == EACCES && calls_shmctl(id, SHM_STAT_ANY, ds) == id)
            return 0;
    }
    return -1;
}

static int sysv_stat(const struct segment *segment, struct segment_info *out)
{
    struct shmid_ds ds;
    if (stat_any(segment->id, &ds))
        return -1;
    info_from(segment->id, &ds, out);
    return 0;
}

static int sysv_fields(const struct segment *segment, segment_field *each, void *arg)
{
    struct shmid_ds ds;
    char value[32];
    if (calls_shmctl(segment->id, IPC_STAT, &ds) < 0)
        return -1;
    const struct ipc_perm *perm = &ds.shm_perm;
#define FIELD(name, format, ...) \
    snprintf(value, sizeof value, format, __VA_ARGS__), each(arg, name, value)
    FIELD("shm_perm.__key", "0x%.8x", (unsigned)perm->__key);
    FIELD("shm_perm.uid", "%u", perm->uid);
    FIELD("shm_perm.gid", "%u", perm->gid);
    FIELD("shm_perm.cuid", "%u", perm->cuid);
    FIELD("shm_perm.cgid", "%u", perm->cgid);
    FIELD("shm_perm.mode", "0%.3o", (unsigned)perm->mode);
    FIELD("shm_perm.__seq", "%u", (unsigned)perm->__seq);
    FIELD("shm_segsz", "%zu", ds.shm_segsz);
    FIELD("shm_atime", "%jd", (intmax_t)ds.shm_atime);
    FIELD("shm_dtime", "%jd", (intmax_t)ds.shm_dtime);
    FIELD("shm_ctime", "%jd", (intmax_t)ds.shm_ctime);
    FIELD("shm_cpid", "%d", ds.shm_cpid);
    FIELD("shm_lpid", "%d", ds.shm_lpid);
    FIELD("shm_nattch", "%ju", (uintmax_t)ds.shm_nattch);
#undef FIELD
    return 0;
}

/*
 * Walks the kernel's table with CMD (SHM_STAT_ANY, or SHM_STAT before Linux 4.17, which hides what
 * we may not read). Slots may be empty and segments go while we walk (EINVAL, EIDRM): neither is an
 * error.
 */
static int list_by_call(struct segment_list *list, int cmd)
{
    struct shm_info totals;
    size_t before = list->count;
    int last = calls_shmctl(0, SHM_INFO, &totals);

    if (last < 0)
        return -1;
    for (int index = 0; index <= last; index++) {
        struct shmid_ds ds;
        int id = calls_shmctl(index, cmd, &ds);
        if (id < 0) {
            if (errno == EACCES)
                list->hidden++;
            else if (errno != EINVAL && errno != EIDRM)
                return -1;
            continue;
        }
        struct segment_info *item = segment_list_add(list);
        if (!item)
            return -1;
        info_from(id, &ds, item);
    }
    /* A kernel that does not know the command answers EINVAL to every index. */
    if (list->count == before && totals.used_ids > 0 && !list->hidden) {
        errno = EINVAL;
        return -1;
    }
    return 0;
}

/* A line of /proc/sysvipc/shm (ipc/shm.c, sysvipc_shm_proc_show()). */
static bool parse_line(const char *line, struct segment_info *out)
{
    struct segment_info info = {.segment = sysv_segment(0), .has_rss = true, .has_swap = true};
    unsigned mode;
    intmax_t atime, dtime, ctime;
    int fields = sscanf(
        line, "%d %d %o %" SCNu64 " %d %d %" SCNu64 " %u %u %u %u %jd %jd %jd %" SCNu64 " %" SCNu64,
        &info.key, &info.segment.id, &mode, &info.size, &info.cpid, &info.lpid, &info.nattch,
        &info.uid, &info.gid, &info.cuid, &info.cgid, &atime, &dtime, &ctime, &info.rss,
        &info.swap);
    if (fields != 16)
        return false;
    info.inode = (uint64_t)info.segment.id;
    info.mode = mode & 0777;
    info.status = status_of(mode);
    info.atime = (time_t)atime;
    info.dtime = (time_t)dtime;
    info.ctime = (time_t)ctime;
    *out = info;
    return true;
}

static int list_by_proc(struct segment_list *list)
{
    char *line = NULL;
    size_t size = 0;
    int result = 0;
    FILE *file = fopen("/proc/sysvipc/shm", "re");
    if (!file)
        return -1;
    while (result == 0 && getline(&line, &size, file) >= 0) {
        struct segment_info info, *item;
        if (!parse_line(line, &info)) /* the heading */
            continue;
        if ((item = segment_list_add(list)))
            *item = info;
        else
            result = -1;
    }
    free(line);
    fclose(file);
    return result;
}

/* RSS and SWAP cost the kernel a walk through each segment's pages, so the file is read only when
 * asked for. */
static void add_rss(struct segment_list *list, size_t first)
{
    struct segment_list proc = {0};
    size_t next = first;
    list_by_proc(&proc);
    /* Both lists come in the order of the kernel's table; what is in one only has come or gone
     * between. */
    for (size_t i = 0; i < proc.count; i++) {
        for (size_t at = next; at < list->count; at++) {
            struct segment_info *item = &list->items[at];
            if (item->segment.id != proc.items[i].segment.id)
                continue;
            item->has_rss = item->has_swap = true;
            item->rss = proc.items[i].rss;
            item->swap = proc.items[i].swap;
            next = at + 1;
            break;
        }
    }
    segment_list_free(&proc);
}

/*
 * Confined containers exist that refuse the shmctl commands and show /proc/sysvipc, and the other
 * way round. The sources in order of worth: SHM_STAT comes last because it leaves out what we may
 * not read.
 */
static int sysv_list(struct segment_list *list, bool want_rss)
{
    const size_t first = list->count, hidden = list->hidden;
    if (list_by_call(list, SHM_STAT_ANY) == 0 && list->hidden == hidden) {
        if (want_rss)
            add_rss(list, first);
        return 0;
    }
    struct failed_call failure = *calls_last_failure();
    list->count = first;
    list->hidden = hidden;
    if (list_by_proc(list) == 0)
        return 0;
    list->count = first;
    if (list_by_call(list, SHM_STAT) == 0)
        return 0;
    list->count = first;
    list->hidden = hidden;
    calls_set_failure(&failure);
    return -1;
}

/*
 * IPC_SET writes owner, group and mode together, so what is not to change is read first; an owner
 * may change a segment that its own mode forbids it to read.
 */
static int sysv_set(const struct segment *segment, const struct operand_change *change)
{
    struct shmid_ds ds;
    if (stat_any(segment->id, &ds))
        return -1;
    if (change->uid != (uid_t)-1)
        ds.shm_perm.uid = change->uid;
    if (change->gid != (gid_t)-1)
        ds.shm_perm.gid = change->gid;
    if (change->has_mode)
        ds.shm_perm.mode = (unsigned short)change->mode;
    else
        ds.shm_perm.mode &= 0777;
    return calls_shmctl(segment->id, IPC_SET, &ds);
}

static int sysv_lock(const struct segment *segment, bool on)
{
    return calls_shmctl(segment->id, on ? SHM_LOCK : SHM_UNLOCK, NULL);
}

/* Who holds it is asked after the removal: nobody can attach any more by the key, and the list is
 * not longer. */
static int sysv_remove(const struct segment *segment, struct segment_info *left)
{
    if (calls_shmctl(segment->id, IPC_RMID, NULL) < 0)
        return -1;
    if (left && sysv_stat(segment, left))
        *left = (struct segment_info){0};
    return 0;
}

/* A page of a file that is as long as it was made: only huge pages can be missing. */
static void sysv_no_page(const struct segment_mapping *mapping, uintptr_t address, char text[512],
                         char hint[512])
{
    (void)mapping;
    (void)address;
    strcpy(text, "the kernel has no page to put behind this part of the segment");
    strcpy(hint, "a segment in huge pages with nothing reserved (shmcreate --huge --noreserve) "
                 "needs free ones: "
                 "shmstat --limits");
}

const struct segment_kind segment_sysv = {
    .name = "sysv",
    .noun = "segment",
    .handle = "key",
    .remover = "ipcrm -m",
    .accounted = true,
    .cannot =
        {
            [SEGMENT_RESIZE] = "a System V segment has the size it was created with: shmctl(2) has "
                               "no command to change it; "
                               "a POSIX object (/name) can be resized",
        },
    .takes = sysv_takes,
    .print = sysv_print,
    .label = sysv_label,
    .no_page = sysv_no_page,
    .open = sysv_open,
    .create = sysv_create,
    .map = sysv_map,
    .unmap = sysv_unmap,
    .stat = sysv_stat,
    .fields = sysv_fields,
    .list = sysv_list,
    .set = sysv_set,
    .lock = sysv_lock,
    .remove = sysv_remove,
};
