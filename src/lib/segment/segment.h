/*
 * segment.h - what a segment can do, whatever its kind.
 *
 * A kind is a table of functions in a file of its own (shm_sysv.c, shm_posix.c); programs ask
 * segment_kind_of() and call through the table, so a new kind is a new file and one line in
 * segment.c. Every function returns 0, or -1 with errno set and the call that was refused in
 * calls_last_failure(). What a kind cannot do at all stands in its table with the reason
 * (unsupported[]), and programs refuse it before they do anything.
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
    int id;           /* System V */
    const char *name; /* POSIX: with its slash; anybody's text; from segment_name(). NULL else */
};

/* STATUS as far as the kernel tells. */
enum segment_status {
    SEGMENT_DEST = 1,       /* removed, lives on until the last detach */
    SEGMENT_LOCKED = 2,     /* SHM_LOCK: kept out of swap */
    SEGMENT_HUGETLB = 4,    /* in huge pages */
    SEGMENT_NORESERVE = 8,  /* no swap is reserved */
    SEGMENT_DELETED = 16,   /* its name is gone, and somebody maps it or holds it open still */
    SEGMENT_SEMAPHORE = 32, /* not memory to share but a named semaphore (sem_overview(7)) */
    SEGMENT_COUNTED =
        64, /* nattch and nopen were counted in /proc: it is not the kernel's own number */
    SEGMENT_AT_LEAST = 128, /* likewise, and there are processes that could not be read */
};

/*
 * What shmctl(2)'s IPC_STAT or fstat(2) says; sizes in bytes, times in seconds since the Epoch, 0
 * for never. Of a kind that is not `tracks_attaches`, the kernel keeps no key, creator, last user,
 * atime, dtime and nattch: they are 0, and whoever wants nattch counts it (procfs.h).
 */
struct segment_info {
    struct segment segment;
    /* What /proc/PID/maps has of its mappings; device 0 stands for the kernel's own, where the
     * inode is the id. */
    dev_t device;
    uint64_t inode;
    key_t key;
    uid_t uid, cuid; /* -1: not known */
    gid_t gid, cgid;
    mode_t mode;     /* permissions only, 0..0777 */
    unsigned status; /* enum segment_status */
    uint64_t size;
    uint64_t nattch;  /* attaches, not processes: one that attaches twice counts twice */
    uint64_t nopen;   /* processes that have it open and not attached */
    pid_t cpid, lpid; /* 0: none, or a process of a PID namespace that is not ours */
    time_t atime, dtime, ctime;
    bool has_rss, has_swap;
    uint64_t rss, swap; /* bytes in memory, in swap; without has_swap, rss is both together */
};

struct segment_list {
    struct segment_info *items;
    size_t count, capacity;
    size_t hidden; /* how many there are that the kernel would not describe to us */
};

/* How to create or open one. */
struct segment_request {
    const struct operand
        *name;      /* OPERAND_KEY, OPERAND_FTOK or OPERAND_POSIX; NULL for IPC_PRIVATE */
    uint64_t size;  /* bytes; of one that exists: the least that will do */
    mode_t mode;    /* 0..0777 */
    bool exclusive; /* fail if there is one */
    bool open;      /* never create */
    bool noreserve;
    bool huge;
    unsigned huge_log; /* with huge: the page size is 2^huge_log; 0: the default one */
};

/* How to map one, and where it went. */
struct segment_mapping {
    struct segment segment;
    uintptr_t address; /* where it is wanted, 0 for the kernel's choice; then where it is */
    struct segment_info
        info; /* filled in; the mapping itself ends with the page that info.size ends in */
    bool ro, rnd, remap, exec;
};

/* Called with each member of the kernel's own structure, by the name that the manual page gives it.
 */
typedef void segment_field(void *arg, const char *name, const char *value);

/* What only some kinds can do; unsupported[] has a reason for each that a kind cannot. */
enum segment_ability {
    SEGMENT_HUGE_PAGES,     /* create: request.huge */
    SEGMENT_NO_RESERVE,     /* create: request.noreserve */
    SEGMENT_LOCK,           /* lock() */
    SEGMENT_RESIZE,         /* resize() */
    SEGMENT_REMAP_ANYWHERE, /* map: remap without an address goes as far as the kernel, which
                             refuses it */
    SEGMENT_ABILITIES,
};

struct segment_kind {
    const char *name;     /* "sysv" */
    const char *noun;     /* what its own manual pages call one: "segment" */
    const char *key_noun; /* what leads to one: "key" */
    const char *remover;  /* the command in front of the id or name: "ipcrm -m" */
    bool tracks_attaches; /* the kernel keeps who created and who attached it, and counts attaches:
                       see segment_info */
    const char *unsupported[SEGMENT_ABILITIES]; /* NULL: it can; else why not */
    bool (*takes)(const struct operand *name);  /* is this how one of mine is named? */
    void (*print)(const struct segment *segment, char *text,
                  size_t size); /* as an operand has it: "5", "/demo" */
    void (*label)(const struct segment_info *info, char *label,
                  size_t size); /* "5 (key 0x000004d2)"; made safe */
    /*
     * Why there is no page behind the byte at ADDRESS of a mapping (SIGBUS, EFAULT): a sentence to
     * TEXT, what to do to HINT, "" for nothing; 512 bytes each. Fit for a signal handler: no memory
     * is allocated, no stream written.
     */
    void (*explain_sigbus)(const struct segment_mapping *mapping, uintptr_t address, char text[512],
                           char hint[512]);
    int (*open)(const struct operand *name,
                struct segment *out); /* find it; an id is taken as it is */
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
     * Whether any process at all has it open or attached, by the kernel's word and not by what can
     * be seen in /proc: 0 nobody, 1 somebody, -1 it does not say. NULL for an tracks_attaches kind,
     * whose nattch is that.
     */
    int (*held)(const struct segment_info *info);
    /*
     * Removes it. LEFT, where not NULL, gets what lives on: *left all zero with a kind of NULL when
     * nothing does, as far as the kernel tells; nattch is true for an tracks_attaches kind only. A
     * signal handler may call it with LEFT NULL.
     */
    int (*remove)(const struct segment *segment, struct segment_info *left);
};

extern const struct segment_kind segment_sysv, segment_posix;

/* The kind whose objects are named like this, NULL when there is none; no name at all is
 * IPC_PRIVATE's. */
const struct segment_kind *segment_kind_of(const struct operand *name);

/* The command that removes it, for a shell, whatever characters are in its name: "ipcrm -m 5". ""
 * when none does. */
void segment_remove_command(const struct segment_info *info, char *text, size_t size);

/*
 * A copy of NAME, the same one for the same name, that is there to the end of the program: so a
 * list of thousands has no room for names in it. "", which names nothing, when there is no memory.
 */
const char *segment_name(const char *name);

/* All kinds, NULL at the end. */
extern const struct segment_kind *const segment_kinds[];

/* Appends an item, all zero, and returns it; NULL with errno ENOMEM. */
struct segment_info *segment_list_add(struct segment_list *list);
void segment_list_free(struct segment_list *list);

#endif
