/*
 * segment.h - what a segment can do, whatever its kind.
 *
 * A kind is a table of functions in a file of its own (shm_sysv.c); programs ask segment_kind_of() and call
 * through the table, so a new kind is a new file and one line in segment.c. Every function returns 0, or -1 with
 * errno set and the call that was refused in calls_refusal().
 */
#ifndef IPCLAB_SEGMENT_H
#define IPCLAB_SEGMENT_H

#include "operand.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct segment_kind;

/* An existing segment, found but not attached. */
struct segment {
    const struct segment_kind *kind;
    int id;
};

/* STATUS as far as the kernel tells. */
enum segment_status {
    SEGMENT_DEST = 1,      /* removed, lives on until the last detach */
    SEGMENT_LOCKED = 2,    /* SHM_LOCK: kept out of swap */
    SEGMENT_HUGETLB = 4,   /* in huge pages */
    SEGMENT_NORESERVE = 8, /* no swap is reserved */
};

/* What shmctl(2)'s IPC_STAT says; sizes in bytes, times in seconds since the Epoch, 0 for never. */
struct segment_info {
    struct segment segment;
    key_t key;
    uid_t uid, cuid;
    gid_t gid, cgid;
    mode_t mode;     /* permissions only, 0..0777 */
    unsigned status; /* enum segment_status */
    uint64_t size;
    uint64_t nattch; /* attaches, not processes: one that attaches twice counts twice */
    pid_t cpid, lpid; /* 0: none, or a process of a PID namespace that is not ours */
    time_t atime, dtime, ctime;
    bool has_rss;
    uint64_t rss, swap; /* bytes in memory, in swap */
};

struct segment_list {
    struct segment_info *items;
    size_t count, capacity;
    size_t hidden; /* how many there are that the kernel would not describe to us */
};

/* How to create or open one. */
struct segment_request {
    const struct operand *name; /* OPERAND_KEY or OPERAND_FTOK; NULL for IPC_PRIVATE */
    uint64_t size;              /* bytes */
    mode_t mode;                /* 0..0777 */
    bool exclusive;             /* fail if there is one */
    bool open;                  /* never create */
    bool noreserve;
    bool huge;
    unsigned huge_log; /* with huge: the page size is 2^huge_log; 0: the default one */
};

/* How to map one, and where it went. */
struct segment_mapping {
    struct segment segment;
    uintptr_t address;        /* where it is wanted, 0 for the kernel's choice; then where it is */
    struct segment_info info; /* filled in; the mapping itself ends with the page that info.size ends in */
    bool ro, rnd, remap, exec;
};

/* Called with each member of the kernel's own structure, by the name that the manual page gives it. */
typedef void segment_field(void *arg, const char *name, const char *value);

struct segment_kind {
    const char *name;                                                   /* "sysv" */
    const char *remover;                                                /* the command in front of the id: "ipcrm -m" */
    bool (*takes)(const struct operand *name);                          /* is this how one of mine is named? */
    void (*label)(const struct segment_info *info, char *label, size_t size); /* "5 (key 0x000004d2)" */
    int (*open)(const struct operand *name, struct segment *out);       /* find it; an id is taken as it is */
    int (*create)(const struct segment_request *request, struct segment *out, bool *created);
    int (*map)(struct segment_mapping *mapping);
    int (*unmap)(struct segment_mapping *mapping);
    int (*stat)(const struct segment *segment, struct segment_info *out);
    int (*fields)(const struct segment *segment, segment_field *each, void *arg);
    int (*list)(struct segment_list *out, bool want_rss);               /* appends, in the kernel's order */
    int (*set)(const struct segment *segment, const struct operand_change *change);
    int (*lock)(const struct segment *segment, bool on);
    int (*remove)(const struct segment *segment);
};

extern const struct segment_kind segment_sysv;

/* The kind whose objects are named like this, NULL when there is none. */
const struct segment_kind *segment_kind_of(const struct operand *name);

/* All kinds, NULL at the end. */
extern const struct segment_kind *const segment_kinds[];

/* Appends an item, all zero, and returns it; NULL with errno ENOMEM. */
struct segment_info *segment_list_add(struct segment_list *list);
void segment_list_free(struct segment_list *list);

#endif
