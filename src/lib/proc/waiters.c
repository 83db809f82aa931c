/* SPDX-License-Identifier: MIT */
/*
 * waiters.c - see waiters.h.
 *
 * /proc/PID/task/TID/syscall (proc_pid_syscall(5)) has the number of the system call that a task is
 * blocked in and its arguments: for semop(2) and its like the set's id, where its operations are in
 * its memory, and how many. How to read the line is in call.c; futexes are in futex.c.
 */
#include "config.h"

#include "lib/proc/waiters.h"

#include "lib/base/array.h"
#include "lib/proc/call.h"
#include "lib/proc/futex.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* More operations than any SEMOPM in use: an argument that claims more counts no operations. */
#define OPS_MAX 65536

static struct procfs_waiter *append(struct procfs_waiters *list)
{
    if (array_reserve(&list->items, &list->capacity, list->count + 1))
        return NULL;
    return &list->items[list->count++];
}

/* Reads the operations of the task and not of the process: in a process whose first thread has
 * ended, only the other threads still have memory. */
static void read_ops(struct procfs_waiter *waiter)
{
    if (waiter->count == 0 || waiter->count > OPS_MAX ||
        !(waiter->ops = calloc(waiter->count, sizeof *waiter->ops)))
        return;
    const size_t size = waiter->count * sizeof *waiter->ops;
    const struct iovec local = {waiter->ops, size},
                       remote = {(void *)(uintptr_t)waiter->address, size};
    if (process_vm_readv(waiter->tid, &local, 1, &remote, 1, 0) != (ssize_t)size) {
        free(waiter->ops);
        waiter->ops = NULL;
    }
}

/*
 * Where syscall may not be read, wchan often may, because it asks for less (ptrace(2), access
 * modes): it names the kernel's function that the task sleeps in.
 */
static bool sleeps_in_semop(const struct procfs *fs, const char *task)
{
    char path[64], function[64];
    snprintf(path, sizeof path, "%s/wchan", task);
    return procfs_read_short(fs, path, function, sizeof function) > 0 &&
           strstr(function, "semtimedop");
}

/* How often a task has gone to sleep (proc_pid_status(5)): the number does not change while it
 * sleeps. */
static uint64_t read_switches(const struct procfs *fs, pid_t pid, pid_t tid)
{
    char path[64], text[4096];
    uint64_t switches = 0;
    snprintf(path, sizeof path, "%d/task/%d/status", pid, tid);
    const char *line = procfs_read_short(fs, path, text, sizeof text) > 0
                           ? strstr(text, "\nvoluntary_ctxt_switches:")
                           : NULL;
    if (line)
        sscanf(line, " voluntary_ctxt_switches: %" SCNu64, &switches);
    return switches;
}

bool procfs_waiter_unchanged(const struct procfs *fs, const struct procfs_waiter *waiter)
{
    char path[64], text[256];
    struct procfs_waiter now = {.pid = waiter->pid, .tid = waiter->tid, .set = -1};
    snprintf(path, sizeof path, "%d/task/%d/syscall", waiter->pid, waiter->tid);
    return procfs_read_short(fs, path, text, sizeof text) > 0 &&
           procfs_parse_call(text, waiter->in, &now) && now.set == waiter->set &&
           now.address == waiter->address && now.count == waiter->count &&
           read_switches(fs, waiter->pid, waiter->tid) == waiter->switches;
}

/*
 * TASK may not be read. If it sleeps in semop(2), it is a waiter of whom the operations are
 * unknown; otherwise it is counted. Returns 0, or -1 with errno ENOMEM.
 */
static int add_unreadable(const struct procfs *fs, const char *task, pid_t pid, pid_t tid,
                          struct procfs_waiters *out)
{
    if (!(out->in & PROCFS_WAIT_SEMOP) || !sleeps_in_semop(fs, task)) {
        out->unreadable++;
        return 0;
    }
    if (!procfs_same_ipc(fs, tid))
        return 0;
    struct procfs_waiter *added = append(out);
    if (added)
        *added = (struct procfs_waiter){.pid = pid, .tid = tid, .in = PROCFS_WAIT_SEMOP, .set = -1};
    return added ? 0 : -1;
}

/* Does the call wait for what other processes can reach: a set of our IPC namespace, or a futex in
 * a shared mapping, whose place it fills in? */
static bool is_shared(const struct procfs *fs, struct procfs_waiter *waiter)
{
    return waiter->in == PROCFS_WAIT_FUTEX ? procfs_locate_futex(fs, waiter)
                                           : procfs_same_ipc(fs, waiter->tid);
}

/* Does errno mean that a process ended while this read its files? Any other is an error of ours. */
static bool has_ended(void)
{
    return errno == ENOENT || errno == ESRCH;
}

/* Adds the task of the folder TASK, "PID" or "PID/task/TID", if it is a waiter. Returns 0, or -1
 * with errno set: ENOMEM, or that of open(2) or read(2). A task that has ended or that we may not
 * read is no error. */
static int add_task(const struct procfs *fs, const char *task, pid_t pid, pid_t tid,
                    struct procfs_waiters *out)
{
    char path[64], text[256];
    struct procfs_waiter waiter = {.pid = pid, .tid = tid, .set = -1};
    snprintf(path, sizeof path, "%s/syscall", task);
    if (procfs_read_short(fs, path, text, sizeof text) < 0) {
        if (errno == EACCES || errno == EPERM)
            return add_unreadable(fs, task, pid, tid, out);
        return has_ended() ? 0 : -1;
    }
    if (!procfs_parse_call(text, out->in, &waiter))
        return 0;
    waiter.switches = read_switches(fs, pid, tid); /* before anything else is read of it */
    errno = 0;
    if (!is_shared(fs, &waiter)) {
        out->unreadable += errno && !has_ended(); /* that could not be found out */
        return 0;
    }
    struct procfs_waiter *added = append(out);
    if (!added)
        return -1;
    *added = waiter;
    if (waiter.in == PROCFS_WAIT_SEMOP)
        read_ops(added);
    return 0;
}

bool procfs_shows_call(const struct procfs *fs, pid_t pid)
{
    char path[64], text[256];
    snprintf(path, sizeof path, "%d/syscall", pid);
    return procfs_read_short(fs, path, text, sizeof text) >= 0;
}

/* Each folder in it adds a link to a folder, and /proc/PID/task has one folder for each thread
 * (proc_pid_task(5)). */
size_t procfs_task_count(const struct procfs *fs, pid_t pid)
{
    char path[32];
    struct stat st;
    snprintf(path, sizeof path, "%d/task", pid);
    if (fstatat(fs->dir, path, &st, 0) || st.st_nlink < 2)
        return 0;
    return st.st_nlink - 2;
}

static void close_keeping_errno(DIR *dir)
{
    const int error = errno;
    closedir(dir);
    errno = error;
}

static int add_threads(const struct procfs *fs, pid_t pid, struct procfs_waiters *out)
{
    char path[64];
    int result = 0;
    const struct dirent *entry;
    snprintf(path, sizeof path, "%d/task", pid);
    const int fd = openat(fs->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return has_ended() ? 0 : -1;
    while (result == 0 && (errno = 0, entry = readdir(dir))) {
        const pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (tid <= 0)
            continue;
        snprintf(path, sizeof path, "%d/task/%d", pid, tid);
        result = add_task(fs, path, pid, tid, out);
    }
    if (result == 0 && errno && !has_ended())
        result = -1;
    close_keeping_errno(dir);
    return result;
}

/* Most processes have one thread and are no waiters: they cost four system calls each. */
static int add_process(const struct procfs *fs, const char *name, struct procfs_waiters *out)
{
    const pid_t pid = (pid_t)strtol(name, NULL, 10);
    if (procfs_task_count(fs, pid) > 1)
        return add_threads(fs, pid, out);
    return add_task(fs, name, pid, pid, out);
}

static bool waits_for_children(long number)
{
    return number == SYS_wait4 || number == SYS_waitid || number == SYS_rt_sigtimedwait;
}

bool procfs_waits_for_child(const struct procfs *fs, pid_t pid, pid_t child)
{
    char path[64], text[256], only[16];
    if (procfs_task_count(fs, pid) != 1)
        return false;
    snprintf(path, sizeof path, "%d/syscall", pid);
    if (procfs_read_short(fs, path, text, sizeof text) <= 0 ||
        !waits_for_children(strtol(text, NULL, 10)))
        return false;
    snprintf(path, sizeof path, "%d/task/%d/children", pid, pid);
    snprintf(only, sizeof only, "%d ", child);
    return procfs_read_short(fs, path, text, sizeof text) > 0 && !strcmp(text, only);
}

static int by_place(const void *a, const void *b)
{
    const struct procfs_waiter *x = a, *y = b;
    if (x->set != y->set)
        return x->set < y->set ? -1 : 1;
    if (x->pid != y->pid)
        return x->pid < y->pid ? -1 : 1;
    return (x->tid > y->tid) - (x->tid < y->tid);
}

int procfs_find_waiters(const struct procfs *fs, unsigned in, struct procfs_waiters *out)
{
    const struct dirent *entry;
    int result = 0;
    out->in = in;
    const int fd = openat(fs->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return -1;
    while (result == 0 && (errno = 0, entry = readdir(dir)))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            result = add_process(fs, entry->d_name, out);
    if (result == 0 && errno)
        result = -1;
    close_keeping_errno(dir);
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, by_place);
    return result;
}

void procfs_waiters_free(struct procfs_waiters *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].ops);
    free(list->items);
    *list = (struct procfs_waiters){0};
}
