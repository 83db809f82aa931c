/* SPDX-License-Identifier: MIT */
/*
 * tree.h - an open /proc, or a saved tree like it, and its files.
 */
#ifndef IPCLAB_PROC_TREE_H
#define IPCLAB_PROC_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#define PROCFS_DEVICES 16

/* Why something about a process is not known. */
enum procfs_doubt {
    PROCFS_NO_DOUBT,
    PROCFS_NO_TREE,    /* there is no /proc to read */
    PROCFS_FOREIGN,    /* it is the /proc of another PID namespace, so its numbers are not ours */
    PROCFS_ELSEWHERE,  /* the kernel gives the number 0: a process of another PID namespace */
    PROCFS_HIDDEN,     /* the process exists, and /proc does not show it (hidepid) */
    PROCFS_UNREADABLE, /* its files cannot be read: the errno says why */
    PROCFS_CLOCK,      /* the times of the process and of the object cannot be compared */
};

/* An open /proc, and which objects to find in it. */
struct procfs {
    int dir;
    bool live; /* a real /proc, and not a saved tree: kill(2) can be asked, too */
    /* PROCFS_FOREIGN or PROCFS_HIDDEN if the tree does not show every process of our own PID
     * namespace; PROCFS_NO_TREE if it is not open. */
    enum procfs_doubt partial;
    bool contained;  /* our PID namespace is not the machine's first, so processes outside it that
                      * share  objects with us are not in any /proc of ours */
    bool stepped;    /* BOOT is not what our clocks say, so no start time is certain */
    char ipc_ns[64]; /* the reader's "ipc:[4026531839]"; "" for a kernel without such namespaces */
    time_t boot;     /* seconds since the Epoch; 0 when not known */
    /* The devices that segments live on: the kernel's own tmpfs, and a hugetlbfs for each size of
     * huge page (devices.h). */
    dev_t devices[PROCFS_DEVICES];
    size_t device_count;
    /* Whether to find POSIX objects, mapped or (DESCRIPTORS) only open, on the device of their
     * folder (posix.h). */
    bool posix, descriptors;
    dev_t posix_device;
};

/* Opens ROOT, "/proc" or a tree like it. Returns 0, or -1 with errno (open(2)); then FS may still
 * be given to procfs_process(), which knows nothing. */
int procfs_open(struct procfs *fs, const char *root);
void procfs_close(struct procfs *fs);

/*
 * Calls VISIT(ARG, PID) for each process that the tree shows, until VISIT returns false. Returns 0,
 * or -1 with errno if the tree could not be listed to its end.
 */
int procfs_each_process(const struct procfs *fs, bool (*visit)(void *arg, pid_t pid), void *arg);

/*
 * Is task PID in the IPC namespace of the process that opened FS? True where this kernel has no
 * such namespaces; false where the link may not be read.
 */
bool procfs_same_ipc(const struct procfs *fs, pid_t pid);

/* Is it certainly in another one? False where the link may not be read. */
bool procfs_other_ipc(const struct procfs *fs, pid_t pid);

/* The text of a file, ended by NUL. Start with all zero; reuse it from file to file, then free()
 * the text. */
struct file_buffer {
    char *text;
    size_t length, capacity;
};

/* Reads the whole file /proc/PID/NAME into *OUT. Returns 0, or -1 with errno. */
int procfs_read_file(const struct procfs *fs, pid_t pid, const char *name, struct file_buffer *out);

/*
 * Reads the start of the file PATH, relative to /proc, into TEXT of SIZE bytes, and ends it with
 * NUL. Returns its length, or -1 with errno; TEXT is then "".
 */
ssize_t procfs_read_short(const struct procfs *fs, const char *path, char *text, size_t size);

/* Where the line at LINE ends: at its newline, or at the NUL. */
const char *procfs_line_end(const char *line);

/* Where the next line begins; at the NUL when there is none. */
const char *procfs_next_line(const char *line);

#endif
