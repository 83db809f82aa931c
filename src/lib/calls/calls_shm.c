/* SPDX-License-Identifier: MIT */
/*
 * calls_shm.c - see calls_shm.h.
 */
#include "config.h"

#include "lib/calls/calls_shm.h"

#include "lib/calls/calls.h"
#include "lib/calls/trace.h"

#include <errno.h>
#include <inttypes.h>

/* Six bits from SHM_HUGE_SHIFT hold the binary logarithm of the page size (shmget(2)). */
static void add_huge(struct line *line, int *flags)
{
    int log = (*flags >> SHM_HUGE_SHIFT) & SHM_HUGE_MASK;
    *flags &= ~(int)((unsigned)SHM_HUGE_MASK << SHM_HUGE_SHIFT);
    if (log == 21)
        line_add(line, "|SHM_HUGE_2MB");
    else if (log == 30)
        line_add(line, "|SHM_HUGE_1GB");
    else if (log)
        line_add(line, "|%d<<SHM_HUGE_SHIFT", log);
}

static void add_get_flags(struct line *line, int flags)
{
    static const struct symbol bits[] = {
        {IPC_CREAT, "IPC_CREAT"},
        {IPC_EXCL, "IPC_EXCL"},
        {SHM_HUGETLB, "SHM_HUGETLB"},
        {SHM_NORESERVE, "SHM_NORESERVE"},
        {0, NULL},
    };
    int rest = flags & ~0777;
    bool huge = flags & SHM_HUGETLB;
    bool printed = line_add_bits(line, bits, &rest, false);
    if (huge)
        add_huge(line, &rest);
    if (rest) {
        line_add(line, "%s0x%x", printed ? "|" : "", (unsigned)rest);
        printed = true;
    }
    if (!printed || flags & 0777)
        line_add(line, "%s%#.3o", printed ? "|" : "", (unsigned)flags & 0777);
}

static void add_at_flags(struct line *line, int flags)
{
    static const struct symbol bits[] = {
        {SHM_RDONLY, "SHM_RDONLY"},
        {SHM_RND, "SHM_RND"},
        {SHM_REMAP, "SHM_REMAP"},
        {SHM_EXEC, "SHM_EXEC"},
        {0, NULL},
    };
    bool printed = line_add_bits(line, bits, &flags, false);
    if (flags || !printed)
        line_add(line, "%s%s%x", printed ? "|" : "", flags ? "0x" : "", (unsigned)flags);
}

static void add_shmid_ds(struct line *line, const struct shmid_ds *ds)
{
    line_add(line, "{shm_perm=");
    line_add_perm(line, &ds->shm_perm);
    line_add(line, ", shm_segsz=%zu, shm_atime=%jd, shm_dtime=%jd, shm_ctime=%jd", ds->shm_segsz,
             (intmax_t)ds->shm_atime, (intmax_t)ds->shm_dtime, (intmax_t)ds->shm_ctime);
    line_add(line, ", shm_cpid=%d, shm_lpid=%d, shm_nattch=%ju}", ds->shm_cpid, ds->shm_lpid,
             (uintmax_t)ds->shm_nattch);
}

/* What the kernel read (IPC_SET) or, if FILLED, stored in BUF; otherwise the address. */
static void add_ctl_buf(struct line *line, int cmd, const void *buf, bool filled)
{
    if (cmd == IPC_RMID || cmd == SHM_LOCK || cmd == SHM_UNLOCK) {
        line_add(line, "NULL");
    } else if (cmd == IPC_SET) {
        const struct shmid_ds *ds = buf;
        line_add(line, "{shm_perm={uid=%u, gid=%u, mode=%#.3o}}", ds->shm_perm.uid,
                 ds->shm_perm.gid, (unsigned)ds->shm_perm.mode);
    } else if (!filled) {
        line_add(line, "%p", buf);
    } else if (cmd == IPC_INFO) {
        const struct shminfo *info = buf;
        line_add(line, "{shmmax=%lu, shmmin=%lu, shmmni=%lu, shmseg=%lu, shmall=%lu}", info->shmmax,
                 info->shmmin, info->shmmni, info->shmseg, info->shmall);
    } else if (cmd == SHM_INFO) {
        const struct shm_info *info = buf;
        line_add(line, "{used_ids=%d, shm_tot=%lu, shm_rss=%lu, shm_swp=%lu}", info->used_ids,
                 info->shm_tot, info->shm_rss, info->shm_swp);
    } else {
        add_shmid_ds(line, buf);
    }
}

int calls_shmget(key_t key, uint64_t size, int flags)
{
    const bool fits = (size_t)size == size;
    errno = EINVAL;
    const int id = fits ? shmget(key, (size_t)size, flags) : -1;
    if (id < 0)
        calls_record_failure(
            (struct failed_call){.call = CALL_SHMGET, .key = key, .size = size, .flags = flags});
    if (calls_trace_to && fits) {
        struct line line;
        line_begin(&line, "shmget(");
        line_add_key(&line, key);
        line_add(&line, ", %" PRIu64 ", ", size);
        add_get_flags(&line, flags);
        return line_finish_int(&line, id);
    }
    return id;
}

void *calls_shmat(int id, const void *addr, int flags)
{
    void *const at = shmat(id, addr, flags);
    const bool failed = at == (void *)-1;
    if (failed)
        calls_record_failure(
            (struct failed_call){.call = CALL_SHMAT, .id = id, .addr = addr, .flags = flags});
    if (calls_trace_to) {
        struct line line;
        line_begin(&line, "shmat(%d, ", id);
        line_add_address(&line, addr);
        line_add(&line, ", ");
        add_at_flags(&line, flags);
        line_finish(&line, failed, "%p", at);
    }
    return at;
}

int calls_shmdt(const void *addr)
{
    const int result = shmdt(addr);
    if (result < 0)
        calls_record_failure((struct failed_call){.call = CALL_SHMDT, .addr = addr});
    if (calls_trace_to) {
        struct line line;
        line_begin(&line, "shmdt(");
        line_add_address(&line, addr);
        return line_finish_int(&line, result);
    }
    return result;
}

int calls_shmctl(int id, int cmd, void *buf)
{
    static const struct symbol cmds[] = {
        {IPC_RMID, "IPC_RMID"},         {IPC_SET, "IPC_SET"},
        {IPC_STAT, "IPC_STAT"},         {IPC_INFO, "IPC_INFO"},
        {SHM_INFO, "SHM_INFO"},         {SHM_STAT, "SHM_STAT"},
        {SHM_STAT_ANY, "SHM_STAT_ANY"}, {SHM_LOCK, "SHM_LOCK"},
        {SHM_UNLOCK, "SHM_UNLOCK"},     {0, NULL},
    };
    const int result = shmctl(id, cmd, buf);
    if (result < 0)
        calls_record_failure((struct failed_call){.call = CALL_SHMCTL, .id = id, .cmd = cmd});
    if (calls_trace_to) {
        struct line line;
        line_begin(&line, "shmctl(%d, ", id);
        line_add_symbol(&line, cmds, cmd);
        line_add(&line, ", ");
        add_ctl_buf(&line, cmd, buf, result >= 0);
        return line_finish_int(&line, result);
    }
    return result;
}
