/* SPDX-License-Identifier: MIT */
/*
 * collect.c - takes a snapshot: the list of segments, who has attached them, and which of them the
 * options select.
 */
#include "config.h"

#include "shmstat/shmstat.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

bool stat_wants(const struct options *options, bool (*needs)(size_t column))
{
    for (size_t i = 0; i < options->listing.chosen_count; i++)
        if (needs(options->listing.chosen[i]))
            return true;
    return false;
}

static bool wants_rss(const struct options *options)
{
    return options->detail || stat_wants(options, stat_needs_rss);
}

/* Only the whole list has RSS and SWAP, so named segments copy theirs from it. */
static void copy_rss(struct segment_list *named)
{
    struct segment_list all = {0};
    segment_sysv.list(&all, true);
    for (size_t i = 0; i < named->count; i++)
        for (size_t k = 0; k < all.count; k++)
            if (named->items[i].segment.kind->tracks_attaches &&
                all.items[k].segment.id == named->items[i].segment.id) {
                named->items[i].has_rss = all.items[k].has_rss;
                named->items[i].has_swap = all.items[k].has_swap;
                named->items[i].rss = all.items[k].rss;
                named->items[i].swap = all.items[k].swap;
            }
    segment_list_free(&all);
}

static int collect_named(const struct options *options, struct segment_list *list)
{
    int status = EXIT_DONE;
    for (size_t i = 0; options->names[i]; i++) {
        const struct segment_kind *kind = segment_kind_of(&options->operands[i]);
        struct segment segment;
        struct segment_info info, *item;
        if (kind->open(&options->operands[i], &segment) || kind->stat(&segment, &info))
            status = report_worse(status, report_refused(options->names[i]));
        else if ((item = segment_list_add(list)))
            *item = info;
        else
            status = report_worse(status, report_error(options->names[i], "list"));
    }
    if (wants_rss(options))
        copy_rss(list);
    return status;
}

static int collect_all(const struct options *options, struct segment_list *list)
{
    int status = EXIT_DONE;
    for (size_t i = 0; segment_kinds[i]; i++)
        if ((!options->only || options->only == segment_kinds[i]) &&
            segment_kinds[i]->list(list, wants_rss(options)))
            status = report_refused("segments");
    if (list->hidden)
        report_note("this kernel hides %zu segment%s from you", list->hidden,
                    list->hidden == 1 ? "" : "s");
    return status;
}

static bool attached_by_pid(const struct snapshot *snapshot, const struct segment_info *info)
{
    size_t count;
    procfs_attaches_of(&snapshot->attaches, info->device, info->inode, &count);
    return count > 0;
}

/* The last detach, or the creation if there was none. */
static time_t idle_since(const struct segment_info *info)
{
    return info->dtime ? info->dtime : info->ctime;
}

static bool is_orphan(struct snapshot *snapshot, const struct segment_info *info)
{
    enum procfs_doubt doubt;
    const enum procfs_life use = stat_use(&snapshot->fs, info, &doubt);
    if (use == PROCFS_NOT_KNOWN && !info->segment.kind->tracks_attaches) {
        snapshot->withheld++;
    } else if (use == PROCFS_NOT_KNOWN) {
        snapshot->doubtful++;
        snapshot->doubt = doubt;
    }
    return use == PROCFS_GONE;
}

static bool is_wanted(const struct options *options, struct snapshot *snapshot,
                      const struct segment_info *info)
{
    if (options->has_user && info->uid != options->user)
        return false;
    if (options->pid && !attached_by_pid(snapshot, info))
        return false;
    if (options->has_older && (stat_in_use(info) || options->listing.style.now - idle_since(info) <=
                                                        options->older.tv_sec))
        return false;
    return !options->orphans || is_orphan(snapshot, info);
}

static const char *may_be_orphans(size_t count)
{
    return count == 1 ? " may be an orphan and is" : "s may be orphans and are";
}

/* Says once for each kind how many may be orphans, and why that is not known. */
static void report_doubts(const struct snapshot *snapshot)
{
    const size_t unreadable = snapshot->attaches.unreadable;
    if (snapshot->doubtful)
        report_note("%zu segment%s not listed: it is not known whether the creator lives (%s)",
                    snapshot->doubtful, may_be_orphans(snapshot->doubtful),
                    procfs_doubt_text(snapshot->doubt));
    if (snapshot->withheld && unreadable)
        report_note("%zu process%s could not be read and may have %s open: POSIX objects that "
                    "seem to be orphans are not listed",
                    unreadable, unreadable == 1 ? "" : "es",
                    snapshot->withheld == 1 ? "it" : "them");
    else if (snapshot->withheld)
        report_note("%zu POSIX object%s not listed: /proc does not show every process that may "
                    "have %s open; run this as root, outside containers",
                    snapshot->withheld, may_be_orphans(snapshot->withheld),
                    snapshot->withheld == 1 ? "it" : "them");
}

static void filter(const struct options *options, struct snapshot *snapshot)
{
    struct segment_list *list = &snapshot->segments;
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (is_wanted(options, snapshot, &list->items[i]))
            list->items[kept++] = list->items[i];
    list->count = kept;
    report_doubts(snapshot);
}

static bool shows_attaches(const struct options *options)
{
    return options->processes || options->pid || options->detail;
}

/* Do the options select POSIX objects, and need the number of their attaches? */
static bool counts_attaches(const struct options *options)
{
    bool posix = !options->names[0] && (!options->only || !options->only->tracks_attaches);
    for (size_t i = 0; options->names[i] && !posix; i++)
        posix = !segment_kind_of(&options->operands[i])->tracks_attaches;
    return posix && (shows_attaches(options) || options->orphans || options->has_older ||
                     stat_wants(options, stat_needs_count));
}

/* With --pid the snapshot has the attaches of one process, so the others are read as well. */
static int count_attaches(const struct options *options, struct snapshot *snapshot)
{
    struct procfs_attaches all = {0};
    int result = 0;
    if (options->pid)
        result = procfs_attaches(&snapshot->fs, 0, false, &all);
    stat_count(&snapshot->fs, &snapshot->segments, options->pid ? &all : &snapshot->attaches);
    procfs_attaches_free(&all);
    return result;
}

/*
 * Reading every process costs more than the list. So it is done only if the attaches are shown, or
 * if they are counted and there are POSIX objects (procfs_find_posix()).
 */
static int collect_attaches(const struct options *options, struct snapshot *snapshot)
{
    char pid[24];
    const bool shows = shows_attaches(options), counts = counts_attaches(options);
    if (counts)
        procfs_find_posix(&snapshot->fs, shows || options->orphans || options->has_older);
    if (shows)
        procfs_find_devices(&snapshot->fs);
    if (!shows && !snapshot->fs.posix)
        return EXIT_DONE;
    if (procfs_attaches(&snapshot->fs, options->pid, shows && wants_rss(options),
                        &snapshot->attaches) == 0 &&
        (!snapshot->fs.posix || options->names[0] ||
         stat_add_deleted(&snapshot->fs, &snapshot->attaches, &snapshot->segments) == 0) &&
        (!snapshot->fs.posix || count_attaches(options, snapshot) == 0))
        return EXIT_DONE;
    snprintf(pid, sizeof pid, "%d", options->pid);
    return report_error(options->pid ? pid : "/proc", "read attaches");
}

static void note_kinds(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->segments.count; i++) {
        const bool sysv = snapshot->segments.items[i].segment.kind->tracks_attaches;
        snapshot->has_sysv |= sysv;
        snapshot->has_posix |= !sysv;
    }
}

/* Says how much of /dev/shm no listed object explains, if that is worth a line. */
static void note_unlisted(const struct segment_list *list)
{
    const uint64_t least = 65536;
    char unlisted[32], used[32];
    struct statvfs st;
    uint64_t listed = 0;
    for (size_t i = 0; i < list->count; i++)
        listed += list->items[i].segment.kind->tracks_attaches ? 0 : list->items[i].rss;
    if (statvfs(SEGMENT_POSIX_DIR, &st))
        return;
    const uint64_t in_use = (uint64_t)(st.f_blocks - st.f_bfree) * st.f_frsize;
    if (in_use >= listed + least)
        report_note("%s of the %s in use in /dev/shm are not listed: they are in folders (du "
                    "/dev/shm), or in removed objects that a process has open (shmstat -p)",
                    text_size_words(unlisted, sizeof unlisted, in_use - listed),
                    text_size_words(used, sizeof used, in_use));
}

int stat_collect(struct options *options, struct snapshot *snapshot)
{
    *snapshot = (struct snapshot){0};
    options->listing.style.now = time(NULL);
    int status = procfs_open(&snapshot->fs, "/proc") ? report_error("/proc", "open") : EXIT_DONE;
    if (options->pid && procfs_other_ipc(&snapshot->fs, options->pid))
        report_note("process %d is in another IPC namespace; to list its segments: nsenter "
                    "--target %d --ipc shmstat --pid=%d",
                    options->pid, options->pid, options->pid);
    status = report_worse(status, options->names[0] ? collect_named(options, &snapshot->segments)
                                                    : collect_all(options, &snapshot->segments));
    status = report_worse(status, collect_attaches(options, snapshot));
    if (!options->names[0] && options->only != &segment_sysv)
        note_unlisted(&snapshot->segments);
    filter(options, snapshot);
    note_kinds(snapshot);
    return status;
}

void stat_release(struct snapshot *snapshot)
{
    segment_list_free(&snapshot->segments);
    procfs_attaches_free(&snapshot->attaches);
    procfs_seen_free(&snapshot->processes);
    procfs_close(&snapshot->fs);
}
