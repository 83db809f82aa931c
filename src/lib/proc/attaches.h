/* SPDX-License-Identifier: MIT */
/*
 * attaches.h - the list of attaches, sorted by what is attached.
 */
#ifndef IPCLAB_PROC_ATTACHES_H
#define IPCLAB_PROC_ATTACHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * One mapping of a segment or object by one process. A process that attached twice has two. A
 * process that has an object open and does not map it has one with a descriptor and no addresses.
 */
struct procfs_attach {
    pid_t pid;
    dev_t device;   /* 0 for a System V segment, */
    uint64_t inode; /* whose id this is */
    uint64_t start, end, offset;
    int fd; /* -1: a mapping */
    /* The name that an object had, "/demo", when that name was removed; otherwise NULL. Not made
     * safe. */
    char *name;
    char perms[5]; /* of a mapping "rw-s", of a descriptor "rw-" */
    bool has_rss;
    uint64_t rss; /* bytes of it that this process has in its page tables */
    bool huge;    /* in huge pages */
};

struct procfs_attaches {
    struct procfs_attach *items; /* by device, inode, pid, address; see procfs_attaches_of() */
    size_t count, capacity;
    size_t unreadable; /* processes that we may not look into */
};

/* Appends an item, all zero except its descriptor, -1; NULL with errno ENOMEM. */
struct procfs_attach *procfs_attaches_add(struct procfs_attaches *attaches);

void procfs_attaches_sort(struct procfs_attaches *attaches);
void procfs_attaches_free(struct procfs_attaches *attaches);

/*
 * The attaches of one segment or object in a sorted list; *COUNT is how many there are. For a
 * System V segment DEVICE is 0 and INODE its id.
 */
const struct procfs_attach *procfs_attaches_of(const struct procfs_attaches *attaches, dev_t device,
                                               uint64_t inode, size_t *count);

#endif
