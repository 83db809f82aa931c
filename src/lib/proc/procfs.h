/*
 * procfs.h - who has a segment attached, and what is known of a process; all from /proc or a copy
 * of it.
 */
#ifndef IPCLAB_PROCFS_H
#define IPCLAB_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#define PROCFS_DEVICES 16

/* An open /proc. */
struct procfs {
    int dir;
    char ipc_ns[64]; /* "ipc:[4026531839]" of the reader; "" when this kernel has no such namespaces
                      */
    time_t boot;     /* seconds since the Epoch */
    /* The devices that segments live on: the kernel's own tmpfs, and a hugetlbfs for each size of
     * huge page. */
    dev_t devices[PROCFS_DEVICES];
    size_t device_count;
    /* POSIX objects are looked for, mapped or (descriptors) only open, on the device of their
     * folder. */
    bool posix, descriptors;
    dev_t posix_device;
};

/* A line of /proc/PID/maps (proc_pid_maps(5)). PATH is not ended by NUL and is anybody's text. */
struct procfs_map {
    uint64_t start, end;
    char perms[5]; /* "rw-s" */
    uint64_t offset;
    dev_t device;
    uint64_t inode;
    const char *path;
    size_t path_length;
    const char *line;
    size_t line_length; /* without its newline */
};

/*
 * One mapping of a segment or object by one process. A process that attached twice has two. A
 * process that has an object open and does not map it has one with the descriptor in place of
 * addresses.
 */
struct procfs_attach {
    pid_t pid;
    dev_t device;   /* of a System V segment 0, */
    uint64_t inode; /* and this is its id */
    uint64_t start, end, offset;
    int fd;     /* -1: a mapping */
    char *name; /* of an object whose name is gone, "/demo": what it was called; else NULL. Not made
                   safe. */
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

struct procfs_process {
    bool exists;       /* a zombie does not: it has let go of everything */
    pid_t parent;      /* 0 if unknown */
    uid_t uid;         /* effective */
    time_t started;    /* seconds since the Epoch, 0 if unknown */
    char command[512]; /* its command line, arguments separated by blanks; [name] if it has none.
                          Not made safe. */
    size_t command_length;
};

/* ROOT is "/proc", or a tree like it. Returns 0, or -1 with errno. */
int procfs_open(struct procfs *fs, const char *root);
void procfs_close(struct procfs *fs);

/*
 * Fills fs->devices with those of this machine. A segment is a file on the kernel's internal
 * mounts, the same that memfd_create(2) uses (mm/shmem.c: shm_mnt; fs/hugetlbfs:
 * hugetlb_file_setup()), so an empty memfd tells the device and no segment need be made; only where
 * that call is forbidden is one made, and removed at once.
 */
void procfs_find_devices(struct procfs *fs);

/*
 * POSIX objects are to be looked for as well, those that a process only has open too if
 * DESCRIPTORS. Where no object is there at all, of any name or none, nothing is looked for and
 * nothing costs any time.
 */
void procfs_find_posix(struct procfs *fs, bool descriptors);

/*
 * All attaches of segments of our IPC namespace, by process PID, or by all when PID is 0. With_rss
 * reads smaps of the processes that have one. A process that ends while we look has nothing
 * attached; one we may not read is counted. Returns 0, or -1 with errno (ENOMEM; ESRCH or EACCES
 * for the one PID asked for).
 */
int procfs_attaches(const struct procfs *fs, pid_t pid, bool with_rss, struct procfs_attaches *out);
void procfs_attaches_free(struct procfs_attaches *attaches);

/*
 * Where the attaches of one segment begin in the sorted list, and how many there are: of a System V
 * one DEVICE is 0 and INODE its id.
 */
const struct procfs_attach *procfs_attaches_of(const struct procfs_attaches *attaches, dev_t device,
                                               uint64_t inode, size_t *count);

/*
 * What fstat(2) says of the object behind an attach, by the links that /proc/PID has to it. Returns
 * 0, or -1 with errno: the links of mappings are for root only.
 */
int procfs_attach_stat(const struct procfs *fs, const struct procfs_attach *attach,
                       struct stat *st);

/* What is known of PID. Never fails: what cannot be read is not there. */
void procfs_process(const struct procfs *fs, pid_t pid, struct procfs_process *out);

/*
 * The same, read once however often it is asked for: *SEEN keeps the answers, NULL at first. Valid
 * until procfs_seen_free().
 */
const struct procfs_process *procfs_process_once(const struct procfs *fs, void **seen, pid_t pid);
void procfs_seen_free(void **seen);

/* The process that task (thread) TID is of; 0 if it is gone. A zombie is. */
pid_t procfs_tgid(const struct procfs *fs, pid_t tid);

/* Is PID in the IPC namespace of whoever opened FS? Yes where this kernel has none; no where it
 * cannot be read. */
bool procfs_same_ipc(const struct procfs *fs, pid_t pid);

/* PID's cgroup path (the v2 one if there is one) into PATH, "" if unknown. Not made safe. */
void procfs_cgroup(const struct procfs *fs, pid_t pid, char *path, size_t size);

/* Calls EACH with every mapping of PID in order until it returns false. Returns 0, or -1 with
 * errno. */
int procfs_each_map(const struct procfs *fs, pid_t pid,
                    bool (*each)(void *arg, const struct procfs_map *map), void *arg);

/*
 * The same of the shared mappings only, and quicker; MAP has no line. Returns 1; 0 when PID has no
 * memory of its own, as a kernel thread or a zombie; -1 with errno.
 */
int procfs_each_shared_map(const struct procfs *fs, pid_t pid,
                           bool (*each)(void *arg, const struct procfs_map *map), void *arg);

#endif
