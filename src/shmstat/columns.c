/* SPDX-License-Identifier: MIT */
/*
 * columns.c - the columns of shmstat: a function for each, and the table at the end.
 */
#include "config.h"

#include "shmstat/shmstat.h"

#include "lib/base/names.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/*
 * The columns of a segment are empty in the rows of its processes, which are below it. The raw and
 * export formats have no tree, so they repeat the id in each row.
 */
static bool in_segment_row(const struct stat_row *row)
{
    return !row->attach;
}

static void put_bytes(uint64_t bytes, const struct table_style *style, char *cell, size_t size)
{
    if (table_exact(style))
        snprintf(cell, size, "%" PRIu64, bytes);
    else
        text_size(cell, size, bytes);
}

static void put_pid(pid_t pid, char *cell, size_t size)
{
    if (pid > 0)
        snprintf(cell, size, "%d", pid);
}

/* The command line of PID, if the process that had this PID at WHEN still has it. */
static void put_command(const struct stat_row *row, pid_t pid, time_t when, char *cell, size_t size)
{
    struct procfs_process process;
    if (pid <= 0)
        return;
    procfs_process(row->fs, pid, &process);
    if (procfs_life_at(row->fs, &process, when, NULL) == PROCFS_ALIVE)
        snprintf(cell, size, "%s", process.command);
}

time_t stat_last_use(const struct segment_info *info)
{
    return info->atime > info->dtime ? info->atime : info->dtime;
}

static bool identifies(const struct stat_row *row, const struct table_style *style)
{
    return in_segment_row(row) || style->format == TABLE_RAW || style->format == TABLE_EXPORT;
}

static void put_segment(const struct segment_info *info, char *cell, size_t size)
{
    info->segment.kind->print(&info->segment, cell, size);
    if (info->status & SEGMENT_DELETED)
        snprintf(cell + strlen(cell), size - strlen(cell), " (deleted)");
}

COLUMN_GETTER(struct stat_row, get_kind)
{
    if (in_segment_row(row))
        snprintf(cell, size, "%s",
                 row->status & SEGMENT_SEMAPHORE ? "semaphore" : row->info->segment.kind->name);
}

COLUMN_GETTER(struct stat_row, get_segment)
{
    if (identifies(row, style))
        put_segment(row->info, cell, size);
}

COLUMN_GETTER(struct stat_row, get_id)
{
    if (identifies(row, style) && !row->info->segment.name)
        put_segment(row->info, cell, size);
}

COLUMN_GETTER(struct stat_row, get_name)
{
    if (identifies(row, style) && row->info->segment.name)
        put_segment(row->info, cell, size);
}

COLUMN_GETTER(struct stat_row, get_key)
{
    if (in_segment_row(row) && row->info->segment.kind->tracks_attaches)
        snprintf(cell, size, "0x%.8x", (unsigned)row->info->key);
}

COLUMN_GETTER(struct stat_row, get_owner)
{
    if (in_segment_row(row) && row->info->uid != (uid_t)-1)
        snprintf(cell, size, "%s", names_user(row->info->uid));
}

COLUMN_GETTER(struct stat_row, get_group)
{
    if (in_segment_row(row) && row->info->gid != (gid_t)-1)
        snprintf(cell, size, "%s", names_group(row->info->gid));
}

COLUMN_GETTER(struct stat_row, get_creator)
{
    if (in_segment_row(row) && row->info->cuid != (uid_t)-1)
        snprintf(cell, size, "%s", names_user(row->info->cuid));
}

COLUMN_GETTER(struct stat_row, get_cgroup)
{
    if (in_segment_row(row) && row->info->cgid != (gid_t)-1)
        snprintf(cell, size, "%s", names_group(row->info->cgid));
}

COLUMN_GETTER(struct stat_row, get_perms)
{
    if (in_segment_row(row) && row->info->uid != (uid_t)-1)
        text_perms(cell, size, row->info->mode);
}

COLUMN_GETTER(struct stat_row, get_mode)
{
    if (in_segment_row(row) && row->info->uid != (uid_t)-1)
        snprintf(cell, size, "0%.3o", (unsigned)row->info->mode);
}

COLUMN_GETTER(struct stat_row, get_size)
{
    if (in_segment_row(row))
        put_bytes(row->info->size, style, cell, size);
}

COLUMN_GETTER(struct stat_row, get_pages)
{
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    if (in_segment_row(row))
        snprintf(cell, size, "%" PRIu64, (row->info->size + page - 1) / page);
}

COLUMN_GETTER(struct stat_row, get_rss)
{
    if (!in_segment_row(row)) {
        if (row->attach->has_rss)
            put_bytes(row->attach->rss, style, cell, size);
    } else if (row->info->has_rss) {
        put_bytes(row->info->rss, style, cell, size);
    }
}

COLUMN_GETTER(struct stat_row, get_swap)
{
    if (in_segment_row(row) && row->info->has_swap)
        put_bytes(row->info->swap, style, cell, size);
}

COLUMN_GETTER(struct stat_row, get_nattch)
{
    if (in_segment_row(row) && (row->info->segment.kind->tracks_attaches ||
                                row->status & (SEGMENT_COUNTED | SEGMENT_AT_LEAST)))
        snprintf(cell, size, "%" PRIu64, row->info->nattch);
}

COLUMN_GETTER(struct stat_row, get_status)
{
    if (in_segment_row(row))
        stat_status(row->status, cell, size);
}

COLUMN_GETTER(struct stat_row, get_cpid)
{
    if (in_segment_row(row))
        put_pid(row->info->cpid, cell, size);
}

COLUMN_GETTER(struct stat_row, get_ccommand)
{
    if (in_segment_row(row))
        put_command(row, row->info->cpid, row->info->ctime, cell, size);
}

COLUMN_GETTER(struct stat_row, get_lpid)
{
    if (in_segment_row(row))
        put_pid(row->info->lpid, cell, size);
}

COLUMN_GETTER(struct stat_row, get_lcommand)
{
    if (in_segment_row(row))
        put_command(row, row->info->lpid, stat_last_use(row->info), cell, size);
}

COLUMN_GETTER(struct stat_row, get_atime)
{
    if (in_segment_row(row))
        text_time(cell, size, row->info->atime, style->now, style->time);
}

COLUMN_GETTER(struct stat_row, get_dtime)
{
    if (in_segment_row(row))
        text_time(cell, size, row->info->dtime, style->now, style->time);
}

COLUMN_GETTER(struct stat_row, get_ctime)
{
    if (in_segment_row(row))
        text_time(cell, size, row->info->ctime, style->now, style->time);
}

COLUMN_GETTER(struct stat_row, get_remove)
{
    if (in_segment_row(row) && stat_use(row->fs, row->info, NULL) == PROCFS_GONE)
        segment_remove_command(row->info, cell, size);
}

COLUMN_GETTER(struct stat_row, get_pid)
{
    if (row->attach)
        put_pid(row->attach->pid, cell, size);
}

COLUMN_GETTER(struct stat_row, get_user)
{
    if (row->process && row->process->uid != (uid_t)-1)
        snprintf(cell, size, "%s", names_user(row->process->uid));
}

COLUMN_GETTER(struct stat_row, get_command)
{
    if (row->process)
        snprintf(cell, size, "%s", row->process->command);
}

COLUMN_GETTER(struct stat_row, get_address)
{
    if (row->attach && row->attach->fd >= 0)
        snprintf(cell, size, "fd %d", row->attach->fd);
    else if (row->attach)
        snprintf(cell, size, "0x%" PRIx64 "-0x%" PRIx64, row->attach->start, row->attach->end);
}

COLUMN_GETTER(struct stat_row, get_prot)
{
    if (row->attach)
        snprintf(cell, size, "%.3s", row->attach->perms);
}

void stat_key(const void *any, const struct table_style *style, char *cell, size_t size)
{
    const struct stat_row *row = any;
    (void)style;
    snprintf(cell, size, "%jx.%" PRIu64 ".%d.%" PRIx64, (uintmax_t)row->info->device,
             row->info->inode, row->attach ? row->attach->pid : 0,
             row->attach ? row->attach->start : 0);
}

const struct column stat_columns[] = {
    {"KIND", 0, get_kind, "sysv, posix, or semaphore (a named one)"},
    {"SEGMENT", COLUMN_TREE | COLUMN_FOREIGN, get_segment, "id or name"},
    {"NAME", COLUMN_FOREIGN, get_name, "name of a POSIX object"},
    {"KEY", 0, get_key, "key; 0x00000000 is IPC_PRIVATE"},
    {"ID", COLUMN_NUMBER | COLUMN_TREE, get_id, "id of a System V segment"},
    {"OWNER", 0, get_owner, "owner"},
    {"GROUP", 0, get_group, "owner's group"},
    {"CREATOR", 0, get_creator, "creator"},
    {"CGROUP", 0, get_cgroup, "its creator's group"},
    {"PERMS", 0, get_perms, "permissions, as ls prints them"},
    {"MODE", 0, get_mode, "permissions, octal"},
    {"SIZE", COLUMN_NUMBER | COLUMN_RIGHT, get_size, "size in bytes"},
    {"PAGES", COLUMN_NUMBER | COLUMN_RIGHT, get_pages, "size in pages"},
    {"RSS", COLUMN_NUMBER | COLUMN_RIGHT, get_rss,
     "size in memory; for a process: in its page tables"},
    {"SWAP", COLUMN_NUMBER | COLUMN_RIGHT, get_swap, "size in swap"},
    {"NATTCH", COLUMN_NUMBER | COLUMN_RIGHT, get_nattch, "number of attaches"},
    {"STATUS", 0, get_status, "dest, locked, hugetlb, noreserve, deleted, counted, at-least"},
    {"CPID", COLUMN_NUMBER | COLUMN_RIGHT, get_cpid, "PID of its creator"},
    {"CCOMMAND", COLUMN_FOREIGN | COLUMN_TRUNC, get_ccommand,
     "the creator's command line, if it is running"},
    {"LPID", COLUMN_NUMBER | COLUMN_RIGHT, get_lpid, "PID of the last process to attach or detach"},
    {"LCOMMAND", COLUMN_FOREIGN | COLUMN_TRUNC, get_lcommand,
     "that process's command line, if it is running"},
    {"ATIME", COLUMN_TIME, get_atime, "time of the last attach"},
    {"DTIME", COLUMN_TIME, get_dtime, "time of the last detach"},
    {"CTIME", COLUMN_TIME, get_ctime, "time of creation, or of the last change of owner or mode"},
    {"REMOVE", 0, get_remove, "command that removes it"},
    {"PID", COLUMN_NUMBER | COLUMN_RIGHT, get_pid, "with -p: process that has attached it"},
    {"USER", 0, get_user, "with -p: its user"},
    {"PROT", 0, get_prot, "with -p: protection of the mapping"},
    {"ADDRESS", 0, get_address, "with -p: where it is mapped"},
    {"COMMAND", COLUMN_FOREIGN | COLUMN_TRUNC, get_command, "with -p: its command line"},
};

const size_t stat_column_count = sizeof stat_columns / sizeof *stat_columns;

static bool is_one_of(size_t column, const char *const *names)
{
    for (; *names; names++)
        if (!strcmp(stat_columns[column].name, *names))
            return true;
    return false;
}

bool stat_needs_rss(size_t column)
{
    static const char *const names[] = {"RSS", "SWAP", NULL};
    return is_one_of(column, names);
}

bool stat_needs_count(size_t column)
{
    static const char *const names[] = {"NATTCH", NULL};
    return is_one_of(column, names);
}

bool stat_needs_process(size_t column)
{
    static const char *const names[] = {"PID", "USER", "PROT", "ADDRESS", "COMMAND", NULL};
    return is_one_of(column, names);
}

void stat_status(unsigned status, char *cell, size_t size)
{
    static const struct {
        unsigned bit;
        const char *word;
    } words[] = {
        {SEGMENT_DEST, "dest"},         {SEGMENT_LOCKED, "locked"},
        {SEGMENT_HUGETLB, "hugetlb"},   {SEGMENT_NORESERVE, "noreserve"},
        {SEGMENT_DELETED, "deleted"},   {SEGMENT_COUNTED, "counted"},
        {SEGMENT_AT_LEAST, "at-least"},
    };
    size_t used = 0;
    *cell = '\0';
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (status & words[i].bit && used < size)
            used +=
                (size_t)snprintf(cell + used, size - used, "%s%s", used ? "," : "", words[i].word);
}

enum procfs_life stat_creator_life(const struct procfs *fs, const struct segment_info *info,
                                   enum procfs_doubt *doubt)
{
    struct procfs_process process;
    procfs_process(fs, info->cpid, &process);
    /* CTIME is the time of creation, or later: IPC_SET moves it. */
    return procfs_life_at(fs, &process, info->ctime, doubt);
}

bool stat_in_use(const struct segment_info *info)
{
    return info->nattch || info->nopen;
}

enum procfs_life stat_use(const struct procfs *fs, const struct segment_info *info,
                          enum procfs_doubt *doubt)
{
    if (doubt)
        *doubt = PROCFS_NO_DOUBT;
    if (stat_in_use(info))
        return PROCFS_ALIVE;
    if (info->segment.kind->tracks_attaches)
        return stat_creator_life(fs, info, doubt);
    const int held = info->segment.kind->held(info);
    if (held >= 0)
        return held ? PROCFS_ALIVE : PROCFS_GONE;
    return info->status & SEGMENT_COUNTED ? PROCFS_GONE : PROCFS_NOT_KNOWN;
}
