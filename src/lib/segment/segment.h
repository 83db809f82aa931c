/* SPDX-License-Identifier: MIT */
/*
 * segment.h - the operations on a segment, the same for each kind.
 *
 * A kind is a table of functions in a file of its own (shm_sysv.c, shm_posix.c). Programs get the
 * table from segment_kind_of() and call through it, so a new kind is a new file and one line in
 * segment.c. Every function returns 0, or -1 with errno set and the failed call in
 * calls_last_failure(). The table gives a reason for each operation that a kind does not support
 * (unsupported[]), and programs refuse such an operation before they do anything.
 */
#ifndef IPCLAB_SEGMENT_H
#define IPCLAB_SEGMENT_H

#include "lib/base/operand.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Where shm_open(3) keeps its objects, on Linux with every C library (shm_overview(7)). */
#define SEGMENT_POSIX_DIR "/dev/shm"

struct segment_kind;

/* Room for a name: its slash, the longest name of a file, and NUL. */
#define SEGMENT_NAME_SIZE (OPERAND_NAME_MAX + 2)

/* An existing segment, found but not attached. */
struct segment {
    const struct segment_kind *kind;
    int id; /* System V */
    const char
        *name; /* POSIX: with its slash, not made safe; from segment_name(). Otherwise NULL */
};

/* The status, as far as it is known. */
enum segment_status {
    SEGMENT_DEST = 1,       /* removed, and destroyed at the last detach */
    SEGMENT_LOCKED = 2,     /* SHM_LOCK: kept out of swap */
    SEGMENT_HUGETLB = 4,    /* in huge pages */
    SEGMENT_NORESERVE = 8,  /* no swap space is reserved */
    SEGMENT_DELETED = 16,   /* its name was removed; a process still maps it or has it open */
    SEGMENT_SEMAPHORE = 32, /* the file of a named semaphore (sem_overview(7)) */
    SEGMENT_COUNTED = 64,   /* nattch and nopen were counted in /proc, not by the kernel */
    SEGMENT_AT_LEAST = 128, /* likewise, and some processes could not be read */
};

/*
 * What IPC_STAT of shmctl(2) or fstat(2) reports; sizes in bytes, times in seconds since the Epoch,
 * 0 for never. For a kind without `tracks_attaches`, the kernel keeps no key, creator, last user,
 * atime, dtime and nattch: they are 0, and the program counts nattch itself (procfs.h).
 */
struct segment_info {
    struct segment segment;
    /* As /proc/PID/maps shows its mappings; device 0 stands for the kernel's own, where the inode
     * is the id. */
    dev_t device;
    uint64_t inode;
    key_t key;
    uid_t uid, cuid; /* -1: not known */
    gid_t gid, cgid;
    mode_t mode;     /* permissions only, 0..0777 */
    unsigned status; /* enum segment_status */
    uint64_t size;
    uint64_t nattch;  /* attaches, not processes: one that attaches twice counts twice */
    uint64_t nopen;   /* processes that have it open and do not map it */
    pid_t cpid, lpid; /* 0: none, or a process of another PID namespace */
    time_t atime, dtime, ctime;
    bool has_rss, has_swap;
    uint64_t rss, swap; /* bytes in memory, in swap; without has_swap, rss is the sum of both */
};

struct segment_list {
    struct segment_info *items;
    size_t count, capacity;
    size_t hidden; /* segments that the kernel would not describe to us */
};

/* How to create or open a segment. */
struct segment_request {
    const struct operand
        *name;      /* OPERAND_KEY, OPERAND_FTOK or OPERAND_POSIX; NULL for IPC_PRIVATE */
    uint64_t size;  /* bytes; of an existing one: its least size */
    mode_t mode;    /* 0..0777 */
    bool exclusive; /* fail if it exists */
    bool open;      /* never create */
    bool noreserve;
    bool huge;
    unsigned huge_log; /* with huge: the page size is 2^huge_log; 0: the default one */
};

/* How to map a segment, and where it was mapped. */
struct segment_mapping {
    struct segment segment;
    uintptr_t address; /* the address requested, 0 for the kernel's choice; then the actual one */
    struct segment_info info; /* filled in; the mapping ends at the end of the page that the last
                                 byte of the segment is in */
    bool ro, rnd, remap, exec;
};

/* Called with each member of the kernel's structure, under the name in its manual page.
 */
typedef void segment_field(void *arg, const char *name, const char *value);

/* The operations that some kinds do not support; see unsupported[]. */
enum segment_ability {
    SEGMENT_HUGE_PAGES,     /* create: request.huge */
    SEGMENT_NO_RESERVE,     /* create: request.noreserve */
    SEGMENT_LOCK,           /* lock() */
    SEGMENT_RESIZE,         /* resize() */
    SEGMENT_REMAP_ANYWHERE, /* map: remap without an address, which the kernel then refuses */
    SEGMENT_ABILITIES,
};

struct segment_kind {
    const char *name;     /* "sysv" */
    const char *noun;     /* the manual pages' word for one: "segment" */
    const char *key_noun; /* the word for what names one: "key" */
    const char *remover;  /* the command that removes it, without its operand: "ipcrm -m" */
    bool tracks_attaches; /* the kernel records the creator and the last user, and counts attaches:
                             see segment_info */
    const char *unsupported[SEGMENT_ABILITIES]; /* NULL: supported; otherwise the reason */
    bool (*takes)(const struct operand *name);  /* does NAME name one of this kind? */
    void (*print)(const struct segment *segment, char *text,
                  size_t size); /* as an operand: "5", "/demo" */
    void (*label)(const struct segment_info *info, char *label,
                  size_t size); /* "5 (key 0x000004d2)"; made safe */
    /*
     * Explains why an access to the byte at ADDRESS of a mapping got SIGBUS or EFAULT: writes a
     * sentence to TEXT and a hint, or "", to HINT, of 512 bytes each. A signal handler may call it:
     * it allocates no memory and writes to no stream.
     */
    void (*explain_sigbus)(const struct segment_mapping *mapping, uintptr_t address, char text[512],
                           char hint[512]);
    int (*open)(const struct operand *name,
                struct segment *out); /* finds it; an id is not checked */
    int (*create)(const struct segment_request *request, struct segment *out, bool *created);
    int (*map)(struct segment_mapping *mapping);
    int (*unmap)(struct segment_mapping *mapping);
    int (*stat)(const struct segment *segment, struct segment_info *out);
    int (*fields)(const struct segment *segment, segment_field *each, void *arg);
    int (*list)(struct segment_list *out, bool want_rss); /* appends, in the kernel's order */
    int (*set)(const struct segment *segment, const struct operand_change *change);
    int (*lock)(const struct segment *segment, bool on); /* NULL with unsupported[SEGMENT_LOCK] */
    int (*resize)(const struct segment *segment,
                  uint64_t size); /* NULL with unsupported[SEGMENT_RESIZE] */
    /*
     * Does any process have it open or attached? The kernel answers, whatever /proc shows: 0 none,
     * 1 at least one, -1 unknown. NULL for a kind with `tracks_attaches`: its nattch answers that.
     */
    int (*held)(const struct segment_info *info);
    /*
     * Removes it. LEFT, when not NULL, gets what remains until the last detach; it is all zero,
     * with a kind of NULL, when nothing does or nothing is known. Its nattch is valid only for a
     * kind with `tracks_attaches`.
     */
    int (*remove)(const struct segment *segment, struct segment_info *left);
};

extern const struct segment_kind segment_sysv, segment_posix;

/* The kind whose objects are named like this, or NULL. A NULL NAME stands for IPC_PRIVATE. */
const struct segment_kind *segment_kind_of(const struct operand *name);

/* Writes the shell command that removes it, "ipcrm -m 5", quoted for any characters in its name; ""
 * when no command can. */
void segment_remove_command(const struct segment_info *info, char *text, size_t size);

/*
 * A copy of NAME that is kept until the program ends, the same one for the same name, so that items
 * of a list need no room for names. "", which names nothing, when there is no memory.
 */
const char *segment_name(const char *name);

/* All kinds, NULL at the end. */
extern const struct segment_kind *const segment_kinds[];

/* Appends an item, all zero, and returns it; NULL with errno ENOMEM. */
struct segment_info *segment_list_add(struct segment_list *list);
void segment_list_free(struct segment_list *list);

#endif
