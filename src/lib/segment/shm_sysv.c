/* SPDX-License-Identifier: MIT */
/*
 * shm_sysv.c - segments the kernel's way: shmget(2), shmat(2), shmdt(2), shmctl(2).
 */
#include "config.h"

#include "lib/calls/calls.h"
#include "lib/calls/calls_sysv.h"
#include "lib/calls/calls_shm.h"
#include "lib/run/create.h"
#include "lib/segment/limits.h"
#include "lib/segment/segment.h"
#include "lib/sysv/sysv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool shm_takes(const struct operand *name)
{
    return name->kind == OPERAND_ID || name->kind == OPERAND_KEY || name->kind == OPERAND_FTOK;
}

static struct segment shm_segment(int id)
{
    return (struct segment){.kind = &segment_sysv, .id = id};
}

static void shm_print(const struct segment *segment, char *text, size_t size)
{
    snprintf(text, size, "%d", segment->id);
}

static void shm_label(const struct segment_info *info, char *label, size_t size)
{
    if (info->key == IPC_PRIVATE)
        snprintf(label, size, "%d (private)", info->segment.id);
    else
        snprintf(label, size, "%d (key 0x%.8x)", info->segment.id, (unsigned)info->key);
}

/* The bits of shm_perm.mode above the permissions; shmctl(2) documents the first two. */
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
        .segment = shm_segment(id),
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

/*
 * Since Linux 6.7 the page cache counts a huge page as the small pages that it consists of, and
 * shm_add_rss_swap() (ipc/shm.c) multiplies by their number again. No other segment has more in
 * memory than its size, so this is undone where it shows. A count that is still too large is no
 * count.
 */
static void correct_rss(struct segment_info *info)
{
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), huge = limits_meminfo("Hugepagesize"),
                   room = huge > page ? (info->size + huge - 1) / huge * huge : info->size + page;
    if (info->rss <= room)
        return;
    info->rss /= huge > page ? huge / page : 1;
    info->has_rss = info->rss <= room;
}

/* Takes a line of /proc/sysvipc/shm apart (ipc/shm.c, sysvipc_shm_proc_show()); false for the
 * heading. */
static bool parse_line(const char *line, struct segment_info *out)
{
    struct segment_info info = {.segment = shm_segment(0), .has_rss = true, .has_swap = true};
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
    if (info.rss > info.size)
        correct_rss(&info);
    *out = info;
    return true;
}

/* A size of 0 and no flags open any segment that the key names, whatever its permissions
 * (shmget(2)). */
static int get(key_t key)
{
    return calls_shmget(key, 0, 0);
}

static int control(int id, int cmd, union sysv_ds *ds)
{
    return calls_shmctl(id, cmd, ds);
}

static int last_index(size_t *count)
{
    struct shm_info totals;
    const int last = calls_shmctl(0, SHM_INFO, &totals);
    *count = last < 0 ? 0 : (size_t)totals.used_ids;
    return last;
}

static int add(void *items, int id, const union sysv_ds *ds)
{
    struct segment_info *item = segment_list_add(items);
    if (item)
        info_from(id, &ds->shm, item);
    return item ? 0 : -1;
}

static int add_line(void *items, const char *line)
{
    struct segment_info info, *item;
    if (!parse_line(line, &info)) /* the heading */
        return 0;
    if ((item = segment_list_add(items)))
        *item = info;
    return item ? 0 : -1;
}

static const struct sysv_kind shm = {
    .proc = "/proc/sysvipc/shm",
    .stat = SHM_STAT,
    .stat_any = SHM_STAT_ANY,
    .get = get,
    .control = control,
    .last_index = last_index,
    .add = add,
    .add_line = add_line,
};

static struct sysv_list list_of(struct segment_list *list)
{
    return (struct sysv_list){list, &list->count, &list->hidden};
}

/* In a program of 32 bits the kernel cuts shm_segsz to size_t (ipc/shm.c,
 * copy_compat_shmid_to_user()); /proc has the whole size. */
#if SIZE_MAX < UINT64_MAX
static const bool size_is_cut = true;
#else
static const bool size_is_cut = false;
#endif

static void read_whole_size(struct segment_info *info)
{
    struct segment_list all = {0};
    const struct sysv_list by_proc = list_of(&all);
    if (!size_is_cut)
        return;
    CALLS_KEEPING_FAILURE
    {
        sysv_list_by_proc(&shm, &by_proc);
    }
    for (size_t i = 0; i < all.count; i++)
        if (all.items[i].segment.id == info->segment.id)
            info->size = all.items[i].size;
    segment_list_free(&all);
}

static int shm_find(const struct operand *name, struct segment *out)
{
    int id;
    if (sysv_find(&shm, name, &id))
        return -1;
    *out = shm_segment(id);
    return 0;
}

/* --- creating --- */

static int get_flags(const struct segment_request *request)
{
    int flags = (int)request->mode;
    if (request->noreserve)
        flags |= SHM_NORESERVE;
    if (request->huge)
        flags |= SHM_HUGETLB | (int)(request->huge_log << SHM_HUGE_SHIFT);
    return flags;
}

struct sysv_creation {
    const struct segment_request *request;
    key_t key;
};

static int create_id(void *arg)
{
    const struct sysv_creation *creation = arg;
    return calls_shmget(creation->key, creation->request->size,
                        get_flags(creation->request) | IPC_CREAT |
                            (creation->key == IPC_PRIVATE ? 0 : IPC_EXCL));
}

static int open_id(void *arg, bool *gone)
{
    const struct sysv_creation *creation = arg;
    const int id =
        calls_shmget(creation->key, creation->request->size, get_flags(creation->request));
    *gone = id < 0 && errno == ENOENT;
    return id;
}

static void discard(int id)
{
    calls_shmctl(id, IPC_RMID, NULL);
}

static int shm_create(const struct segment_request *request, struct segment *out, bool *created)
{
    struct sysv_creation arg = {.request = request};
    const struct creation creation = {.open_only = request->open,
                                      .exclusive = request->exclusive,
                                      .create = create_id,
                                      .open = open_id,
                                      .discard = discard,
                                      .arg = &arg};
    if (sysv_key(request->name, &arg.key))
        return -1;
    const int id = create_or_open(&creation, created);
    *out = shm_segment(id);
    return id < 0 ? -1 : 0;
}

/* --- mapping --- */

static int map_flags(const struct segment_mapping *mapping)
{
    return (mapping->ro ? SHM_RDONLY : 0) | (mapping->rnd ? SHM_RND : 0) |
           (mapping->remap ? SHM_REMAP : 0) | (mapping->exec ? SHM_EXEC : 0);
}

/* Calls IPC_STAT after the attach: from then on the segment cannot be destroyed, and its id cannot
 * be used again. */
static int shm_map(struct segment_mapping *mapping)
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
    read_whole_size(&mapping->info);
    return 0;
}

static int shm_unmap(struct segment_mapping *mapping)
{
    return calls_shmdt((void *)mapping->address);
}

static int shm_stat(const struct segment *segment, struct segment_info *out)
{
    union sysv_ds ds;
    if (sysv_stat(&shm, segment->id, &ds))
        return -1;
    info_from(segment->id, &ds.shm, out);
    read_whole_size(out);
    return 0;
}

static int shm_fields(const struct segment *segment, segment_field *each, void *arg)
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
 * RSS and SWAP cost the kernel a walk through each segment's pages, so the file is read only when
 * asked for. Both lists come in the order of the kernel's table; a segment in one of them only was
 * created or removed between.
 */
static void add_rss(struct segment_list *list, size_t first)
{
    struct segment_list proc = {0};
    const struct sysv_list by_proc = list_of(&proc);
    size_t next = first;
    sysv_list_by_proc(&shm, &by_proc);
    for (size_t i = 0; i < proc.count; i++) {
        const struct segment_info *from = &proc.items[i];
        size_t k = next;
        while (k < list->count && list->items[k].segment.id != from->segment.id)
            k++;
        if (k == list->count)
            continue;
        struct segment_info *item = &list->items[k];
        item->has_rss = from->has_rss;
        item->has_swap = true;
        item->rss = from->rss;
        item->swap = from->swap;
        next = k + 1;
    }
    segment_list_free(&proc);
}

static int shm_list(struct segment_list *list, bool want_rss)
{
    const size_t first = list->count;
    const struct sysv_list all = list_of(list);
    if (size_is_cut && sysv_list_by_proc(&shm, &all) == 0)
        return 0;
    if (sysv_list(&shm, &all))
        return -1;
    if (want_rss && list->count > first && !list->items[first].has_rss)
        add_rss(list, first);
    return 0;
}

static int shm_set(const struct segment *segment, const struct operand_change *what)
{
    return sysv_change(&shm, segment->id, what);
}

static int shm_lock(const struct segment *segment, bool on)
{
    return calls_shmctl(segment->id, on ? SHM_LOCK : SHM_UNLOCK, NULL);
}

/* Describes it after the removal, when no other process can find it by its key any more. */
static int shm_remove(const struct segment *segment, struct segment_info *left)
{
    if (calls_shmctl(segment->id, IPC_RMID, NULL) < 0)
        return -1;
    if (left && shm_stat(segment, left))
        *left = (struct segment_info){0};
    return 0;
}

/* A segment keeps its size, so only huge pages can be missing. */
static void shm_explain_sigbus(const struct segment_mapping *mapping, uintptr_t address,
                               char text[512], char hint[512])
{
    (void)mapping;
    (void)address;
    strcpy(text, "the kernel has no page for this part of the segment");
    strcpy(hint, "a segment in huge pages with nothing reserved (shmcreate --huge --noreserve) "
                 "needs free ones: "
                 "shmstat --limits");
}

const struct segment_kind segment_sysv = {
    .name = "sysv",
    .noun = "segment",
    .key_noun = "key",
    .remover = "ipcrm -m",
    .tracks_attaches = true,
    .unsupported =
        {
            [SEGMENT_RESIZE] = "a System V segment has the size it was created with: shmctl(2) has "
                               "no command to change it; "
                               "a POSIX object (/name) can be resized",
        },
    .takes = shm_takes,
    .print = shm_print,
    .label = shm_label,
    .explain_sigbus = shm_explain_sigbus,
    .open = shm_find,
    .create = shm_create,
    .map = shm_map,
    .unmap = shm_unmap,
    .stat = shm_stat,
    .fields = shm_fields,
    .list = shm_list,
    .set = shm_set,
    .lock = shm_lock,
    .remove = shm_remove,
};
