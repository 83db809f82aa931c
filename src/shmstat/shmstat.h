/*
 * shmstat.h - what the files of shmstat share: the rows, the columns, the two views that are no
 * list.
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
    char **names; /* operands as they were typed, NULL at the end */
    struct operand *operands;
};

/* What is known at one moment. */
struct snapshot {
    struct procfs fs;
    struct segment_list segments;
    struct procfs_attaches attaches;
    bool has_posix, has_sysv; /* in the list */
    size_t withheld;          /* objects that may be orphans, if only all processes could be read */
    void *processes;          /* those looked up so far */
};

/*
 * Collects what OPTIONS ask for into *PICTURE, which is to be released, and tells what was refused.
 * Returns an exit status.
 */
int stat_collect(struct options *options, struct snapshot *snapshot);
void stat_release(struct snapshot *snapshot);

/* Is there a column among the chosen ones that NEEDS this? */
bool stat_wants(const struct options *options, bool (*needs)(size_t column));

/* A row of the list: a segment, or under it one attach of a process. */
struct stat_row {
    const struct procfs *fs;
    const struct segment_info *info;
    const struct procfs_attach *attach;   /* NULL in a segment's own row */
    const struct procfs_process *process; /* the attach's, NULL likewise */
    unsigned status;                      /* info->status and what its mappings show */
};

extern const struct column stat_columns[];
extern const size_t stat_column_count;

/* What makes a row the same one again: the segment, or its process and where it is mapped. */
column_getter stat_key;

/* Does this column need /proc/sysvipc/shm, which is dear? */
bool stat_needs_rss(size_t column);

/* Does it need NATTCH, which of some kinds has to be counted? */
bool stat_needs_count(size_t column);

/* Does it belong to a process, and so to --processes only? */
bool stat_needs_process(size_t column);

/* "dest,locked", "" for none. */
void stat_status(unsigned status, char *cell, size_t size);

/* Everything about one segment in words, a fact a line. ATTACHES are its own; UNREADABLE counts
 * processes. */
void stat_print_detail(const struct stat_row *row, const struct procfs_attach *attaches,
                       size_t count, size_t unreadable, const struct table_style *style);

/*
 * Fills in nattch and nopen of those in LIST whose kind is not accounted, from ATTACHES, and says
 * in their status that they were counted.
 */
void stat_count(struct segment_list *list, const struct procfs_attaches *attaches);

/* Appends to LIST the objects of ATTACHES whose names are gone. Returns 0, or -1 with errno ENOMEM.
 */
int stat_add_deleted(const struct procfs *fs, const struct procfs_attaches *attaches,
                     struct segment_list *list);

/* The table of limits. Returns 0, or -1 with errno and calls_refusal(). */
int stat_print_limits(const struct procfs *fs, const struct table_style *style, FILE *to);

/*
 * Is the process that created this segment gone? One of the same PID that was started after the
 * segment was made is another. A CPID of 0 is a process of another PID namespace, of which nothing
 * is known: not gone.
 */
bool stat_creator_gone(const struct procfs *fs, const struct segment_info *info);

#endif
