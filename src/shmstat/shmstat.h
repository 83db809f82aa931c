/* SPDX-License-Identifier: MIT */
/*
 * shmstat.h - what the files of shmstat share: the options, the snapshot, the columns, and the two
 * outputs that are not a list.
 */
#ifndef IPCLAB_SHMSTAT_H
#define IPCLAB_SHMSTAT_H

#include "lib/cli/listing.h"
#include "lib/base/operand.h"
#include "lib/proc/procfs.h"
#include "lib/segment/segment.h"
#include "lib/cli/table.h"

/* What the command line asks for. */
struct options {
    struct listing listing;
    const struct segment_kind *only; /* NULL: all kinds */
    bool processes, detail, limits, orphans, has_user, has_older;
    uid_t user;
    pid_t pid; /* 0: any */
    struct timespec older;
    char **names; /* the operands as typed, ended by NULL */
    struct operand *operands;
};

/* The segments and their attaches at one moment. */
struct snapshot {
    struct procfs fs;
    struct segment_list segments;
    struct procfs_attaches attaches;
    bool has_posix, has_sysv; /* in the list */
    /* Not listed as orphans: POSIX objects, because a process that could not be read may use them,
     * and segments, because it is not known whether their creator lives, for this reason. */
    size_t withheld, doubtful;
    enum procfs_doubt doubt;
    void *processes; /* those read so far (procfs_process_once()) */
};

/*
 * Collects what OPTIONS select in *SNAPSHOT, which stat_release() frees, and reports what was
 * refused. Returns an exit status.
 */
int stat_collect(struct options *options, struct snapshot *snapshot);
void stat_release(struct snapshot *snapshot);

/* Is NEEDS true of a chosen column? */
bool stat_wants(const struct options *options, bool (*needs)(size_t column));

/* A row of the list: a segment, or under it one attach of a process. */
struct stat_row {
    const struct procfs *fs;
    const struct segment_info *info;
    const struct procfs_attach *attach;   /* NULL in a segment's own row */
    const struct procfs_process *process; /* the attach's, NULL likewise */
    unsigned status;                      /* of INFO, and SEGMENT_HUGETLB if a mapping shows it */
};

extern const struct column stat_columns[];
extern const size_t stat_column_count;

/* The key of a row for --watch: the segment, and for a process its PID and address. */
column_getter stat_key;

/* Does this column need /proc/sysvipc/shm, which is slow to read? */
bool stat_needs_rss(size_t column);

/* Does it need NATTCH, which has to be counted for POSIX objects? */
bool stat_needs_count(size_t column);

/* Is it a column of processes, which needs --processes? */
bool stat_needs_process(size_t column);

/* Writes the names of STATUS, "dest,locked", to CELL (SIZE bytes); "" for none. */
void stat_status(unsigned status, char *cell, size_t size);

/* Prints everything about one segment. ATTACHES are its COUNT attaches; UNREADABLE is the number of
 * processes that could not be read. */
void stat_print_detail(const struct stat_row *row, const struct procfs_attach *attaches,
                       size_t count, size_t unreadable, const struct table_style *style);

/*
 * Sets nattch and nopen of the segments in LIST whose attaches the kernel does not count, from
 * ATTACHES, and SEGMENT_COUNTED or SEGMENT_AT_LEAST in their status.
 */
void stat_count(const struct procfs *fs, struct segment_list *list,
                const struct procfs_attaches *attaches);

/* Appends to LIST the objects in ATTACHES whose names are removed. Returns 0, or -1 with ENOMEM. */
int stat_add_deleted(const struct procfs *fs, const struct procfs_attaches *attaches,
                     struct segment_list *list);

/* Prints the table of limits to TO. Returns 0, or -1 with errno and calls_last_failure(). */
int stat_print_limits(const struct procfs *fs, const struct table_style *style, FILE *to);

/* Does the creator of this segment live? If that is not known, *DOUBT says why; DOUBT may be NULL.
 */
enum procfs_life stat_creator_life(const struct procfs *fs, const struct segment_info *info,
                                   enum procfs_doubt *doubt);

/* When it was attached or detached last; 0 for never. */
time_t stat_last_use(const struct segment_info *info);

/* Does a process have it attached or open, as far as INFO says? */
bool stat_in_use(const struct segment_info *info);

/*
 * PROCFS_GONE if this is an orphan: no process uses it, and the creator of a System V segment has
 * ended. Nothing records who created a POSIX object. The kernel tells its owner whether a process
 * has it open (fcntl(2): F_SETLEASE); for other users' objects, that is certain only if every
 * process that can have it open was read.
 */
enum procfs_life stat_use(const struct procfs *fs, const struct segment_info *info,
                          enum procfs_doubt *doubt);

#endif
