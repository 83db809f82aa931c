/* SPDX-License-Identifier: MIT */
/*
 * detail.c - shmstat --detail: everything about a segment, one fact a line.
 */
#include "config.h"

#include "shmstat/shmstat.h"

#include "lib/base/names.h"
#include "lib/pshared/glibc_layout.h"
#include "lib/pshared/pshared.h"

#include <fcntl.h>
#include <inttypes.h>
#include <semaphore.h>
#include <stdarg.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

__attribute__((format(printf, 2, 3))) static void print_field(const char *name, const char *format,
                                                              ...)
{
    va_list args;
    printf("  %-15s ", name);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

static void print_size(const struct segment_info *info)
{
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), pages = (info->size + page - 1) / page;
    char words[32];
    print_field("size", "%s (%" PRIu64 " bytes, %" PRIu64 " page%s of %" PRIu64 ")",
                text_size_words(words, sizeof words, info->size), info->size, pages,
                pages == 1 ? "" : "s", page);
    if (!info->has_rss)
        return;
    print_field(info->has_swap ? "in memory" : "allocated", "%s%s",
                text_size_words(words, sizeof words, info->rss),
                info->has_swap ? "" : ", in memory or in swap");
    if (info->has_swap)
        print_field("in swap", "%s", text_size_words(words, sizeof words, info->swap));
}

static const char *describe_rights(unsigned bits)
{
    static const char *const words[] = {"nothing", "nothing", "write",          "write",
                                        "read",    "read",    "read and write", "read and write"};
    return words[bits & 7];
}

static void print_owner(const struct segment_info *info)
{
    const unsigned mode = info->mode;
    if (info->uid == (uid_t)-1) {
        print_field("owner", "unknown: its name is removed, and only root may examine it");
        return;
    }
    print_field("owner", "%s:%s (%u:%u)", names_user(info->uid), names_group(info->gid), info->uid,
                info->gid);
    if (info->cuid != (uid_t)-1)
        print_field("creator", "%s:%s (%u:%u)", names_user(info->cuid), names_group(info->cgid),
                    info->cuid, info->cgid);
    print_field("permissions", "0%.3o: owner %s, group %s, others %s", mode,
                describe_rights(mode >> 6), describe_rights(mode >> 3), describe_rights(mode));
}

/* The process that had this PID at WHEN. */
static void print_process(const struct stat_row *row, const char *name, pid_t pid, time_t when)
{
    struct procfs_process process;
    enum procfs_doubt doubt;
    char safe[sizeof process.command * TEXT_SAFE_EXPANSION];
    if (pid <= 0) {
        print_field(name, "none, or in another PID namespace");
        return;
    }
    procfs_process(row->fs, pid, &process);
    switch (procfs_life_at(row->fs, &process, when, &doubt)) {
    case PROCFS_GONE: print_field(name, "%d (gone)", pid); break;
    case PROCFS_ALIVE:
        print_field(name, "%d (%s)", pid,
                    text_safe(safe, sizeof safe, process.command, process.command_length));
        break;
    case PROCFS_NOT_KNOWN:
        print_field(name, "%d (not known: %s)", pid, procfs_doubt_text(doubt));
        break;
    }
}

/* A process that was just seen to hold what this is about. */
static void print_holder(const struct stat_row *row, const char *name, pid_t pid)
{
    struct procfs_process process;
    char safe[sizeof process.command * TEXT_SAFE_EXPANSION];
    procfs_process(row->fs, pid, &process);
    if (process.command_length)
        print_field(name, "%d (%s)", pid,
                    text_safe(safe, sizeof safe, process.command, process.command_length));
    else if (process.life == PROCFS_GONE)
        print_field(name, "%d (gone)", pid);
    else
        print_field(name, "%d (not known: %s)", pid, procfs_doubt_text(process.doubt));
}

static void print_time(const char *name, time_t when, const struct table_style *style)
{
    char text[64], age[24];
    if (when == 0) {
        print_field(name, "never");
        return;
    }
    text_time(text, sizeof text, when, style->now,
              style->time == TEXT_TIME_SHORT ? TEXT_TIME_FULL : style->time);
    if (style->now >= when)
        print_field(name, "%s (%s ago)", text,
                    text_age(age, sizeof age, (uint64_t)(style->now - when)));
    else /* the clock was set back since */
        print_field(name, "%s (in %s)", text,
                    text_age(age, sizeof age, (uint64_t)(when - style->now)));
}

/* The file of a named semaphore is a sem_t (sem_overview(7)). Reading it changes nothing. */
static void print_semaphore(const struct segment_info *info)
{
    char path[sizeof SEGMENT_POSIX_DIR + SEGMENT_NAME_SIZE];
    sem_t semaphore;
    unsigned waiting = 0;
    snprintf(path, sizeof path, "%s%s", SEGMENT_POSIX_DIR, info->segment.name);
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    const bool whole = fd >= 0 && read(fd, &semaphore, sizeof semaphore) == sizeof semaphore;
    if (fd >= 0)
        close(fd);
    if (!whole || info->status & SEGMENT_DELETED)
        return;
    print_field("value", "%d", layout_sem(&semaphore));
    if (layout_waiting(PSHARED_SEM, &semaphore, &waiting))
        print_field("waiting", "%u task%s, or killed while waiting", waiting,
                    waiting == 1 ? "" : "s");
}

static void print_status(const struct stat_row *row)
{
    const unsigned status = row->status;
    if (status & SEGMENT_DEST)
        print_field("status", "removed (dest): exists until its last detach");
    if (status & SEGMENT_LOCKED)
        print_field("status", "locked: kept out of swap");
    if (status & SEGMENT_HUGETLB)
        print_field("status", "hugetlb: uses huge pages");
    if (status & SEGMENT_NORESERVE)
        print_field("status", "noreserve: no swap space is reserved for it");
    if (status & SEGMENT_DELETED)
        print_field("status",
                    "deleted: its name is removed; exists while a process has it open or mapped");
    if (status & SEGMENT_SEMAPHORE) {
        print_field("status", "a named semaphore, created by sem_open(3)");
        print_semaphore(row->info);
    }
}

/* The attaches that are not listed, of a segment that has COUNT in the list. */
static void print_not_seen(const struct stat_row *row, size_t count, size_t unreadable)
{
    const struct segment_info *info = row->info;
    char reason[128] = "in another PID namespace, or ended just now";
    if (unreadable)
        snprintf(reason, sizeof reason, "you may not read %zu process%s", unreadable,
                 unreadable == 1 ? "" : "es");
    else if (row->fs->partial)
        snprintf(reason, sizeof reason, "%s", procfs_doubt_text(row->fs->partial));
    else if (row->fs->contained)
        snprintf(reason, sizeof reason, "in another PID namespace");
    if (info->segment.kind->tracks_attaches && count < info->nattch)
        print_field("  not seen", "%" PRIu64 " (%s)", info->nattch - count, reason);
    else if (info->status & SEGMENT_AT_LEAST)
        print_field("  not seen", "perhaps more: %s", reason);
}

static void print_attaches(const struct stat_row *row, const struct procfs_attach *attaches,
                           size_t count, size_t unreadable)
{
    print_field("attaches", "%" PRIu64 "%s", row->info->nattch,
                row->info->status & SEGMENT_AT_LEAST  ? " at least"
                : row->info->status & SEGMENT_COUNTED ? " (counted)"
                                                      : "");
    for (size_t i = 0; i < count; i++) {
        char rss[32] = "?";
        const struct procfs_attach *attach = &attaches[i];
        if (attach->has_rss)
            text_size_words(rss, sizeof rss, attach->rss);
        if (attach->fd >= 0) {
            print_holder(row, "  held open by", attach->pid);
            print_field("    open", "as descriptor %d, %.3s", attach->fd, attach->perms);
            continue;
        }
        print_holder(row, "  attached by", attach->pid);
        print_field("    mapped", "at 0x%" PRIx64 "-0x%" PRIx64 " %.3s, %s in its page tables",
                    attach->start, attach->end, attach->perms, rss);
    }
    print_not_seen(row, count, unreadable);
}

/* The command only where it harms no process. */
static void print_removal(const struct stat_row *row)
{
    char command[SEGMENT_NAME_SIZE * 5 + 64];
    enum procfs_doubt doubt;
    const enum procfs_life use = stat_use(row->fs, row->info, &doubt);
    segment_remove_command(row->info, command, sizeof command);
    if (!*command)
        print_field("removed by", "the last process that closes or unmaps it");
    else if (use == PROCFS_GONE)
        print_field("removed by", "%s", command);
    else if (use == PROCFS_NOT_KNOWN)
        print_field("orphan", "not known: %s", procfs_doubt_text(doubt));
    else if (!stat_in_use(row->info))
        print_field("orphan", "no: %s",
                    row->info->segment.kind->tracks_attaches ? "its creator is alive"
                                                             : "a process has it open");
}

/* The id or name, and the key or file. */
static void print_handle(const struct segment_info *info)
{
    char name[SEGMENT_NAME_SIZE], safe[sizeof name * TEXT_SAFE_EXPANSION];
    info->segment.kind->print(&info->segment, name, sizeof name);
    text_safe(safe, sizeof safe, name, strlen(name));
    printf("%s %s%s\n", info->segment.kind->noun, safe,
           info->status & SEGMENT_DELETED ? " (deleted)" : "");
    if (info->segment.kind->tracks_attaches)
        print_field("key", "0x%.8x%s", (unsigned)info->key,
                    info->key ? "" : " (IPC_PRIVATE: no key leads to it)");
    else
        print_field("file", SEGMENT_POSIX_DIR "%s, device %x:%x, inode %" PRIu64, safe,
                    major(info->device), minor(info->device), info->inode);
}

/* Which processes created and last used it, and when. */
static void print_history(const struct stat_row *row, const struct table_style *style)
{
    const struct segment_info *info = row->info;
    char cgroup[512], safe[sizeof cgroup * TEXT_SAFE_EXPANSION];
    print_process(row, "created by", info->cpid, info->ctime);
    procfs_cgroup(row->fs, info->cpid, cgroup, sizeof cgroup);
    if (cgroup[0] && stat_creator_life(row->fs, info, NULL) == PROCFS_ALIVE)
        print_field("control group", "%s", text_safe(safe, sizeof safe, cgroup, strlen(cgroup)));
    print_process(row, "last used by", info->lpid, stat_last_use(info));
    print_time("last attach", info->atime, style);
    print_time("last detach", info->dtime, style);
}

void stat_print_detail(const struct stat_row *row, const struct procfs_attach *attaches,
                       size_t count, size_t unreadable, const struct table_style *style)
{
    const struct segment_info *info = row->info;

    print_handle(info);
    print_owner(info);
    print_size(info);
    print_status(row);
    if (info->segment.kind->tracks_attaches)
        print_history(row, style);
    if (info->ctime)
        print_time("last change", info->ctime, style);
    print_attaches(row, attaches, count, unreadable);
    print_removal(row);
}
