/*
 * blocked.c - see blocked.h.
 *
 * /proc/PID/task/TID/syscall (proc_pid_syscall(5)) has the number of the system call that a task is
 * blocked in and its arguments: for semop(2) and its like the set's id, where its operations are in
 * its memory, and how many. Futexes are in blocked_futex.c.
 */
#include "config.h"

#include "lib/proc/waiters.h"

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

/* More operations than any SEMOPM anybody has set: what claims more is no list. */
#define OPS_MAX 65536

/*
 * 32-bit programs use the newer call with 64-bit times; its number is the same on every
 * architecture and is free on those of 64 bits.
 */
#define SEMTIMEDOP_TIME64 420

static bool is_semop(long number)
{
#ifdef SYS_semop
    if (number == SYS_semop)
        return true;
#endif
#ifdef SYS_semtimedop
    if (number == SYS_semtimedop)
        return true;
#endif
    return number == SEMTIMEDOP_TIME64;
}

/* The fourth argument is a timeout, or NULL; to the call without one it is whatever the register
 * held. */
static bool has_timeout(long number)
{
#ifdef SYS_semop
    return number != SYS_semop;
#else
    return true;
#endif
}

/* Reads a short file of /proc into TEXT, ended by NUL. Returns its length, or -1 with errno. */
static ssize_t read_short(const struct procfs *fs, const char *path, char *text, size_t size)
{
    const int fd = openat(fs->dir, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    const ssize_t length = read(fd, text, size - 1);
    const int error = errno;
    close(fd);
    errno = error;
    text[length > 0 ? length : 0] = '\0';
    return length;
}

static struct blocked_task *add(struct blocked_list *list)
{
    if (list->count == list->capacity) {
        const size_t capacity = list->capacity ? 2 * list->capacity : 64;
        struct blocked_task *items = reallocarray(list->items, capacity, sizeof *items);
        if (!items)
            return NULL;
        list->items = items;
        list->capacity = capacity;
    }
    struct blocked_task *task = &list->items[list->count++];
    *task = (struct blocked_task){.set = -1};
    return task;
}

/* By the task and not the process: a first thread that has ended has no memory any more, though the
 * others go on. */
static void read_ops(struct blocked_task *task)
{
    if (task->count == 0 || task->count > OPS_MAX ||
        !(task->ops = calloc(task->count, sizeof *task->ops)))
        return;
    const size_t size = task->count * sizeof *task->ops;
    const struct iovec here = {task->ops, size}, there = {(void *)(uintptr_t)task->address, size};
    if (process_vm_readv(task->tid, &here, 1, &there, 1, 0) != (ssize_t)size) {
        free(task->ops);
        task->ops = NULL;
    }
}

/*
 * Where syscall may not be read, wchan often may (it asks for less, see ptrace(2) on access modes):
 * the function of the kernel that the task sleeps in.
 */
static bool sleeps_in_semop(const struct procfs *fs, const char *task)
{
    char path[64], function[64];
    snprintf(path, sizeof path, "%s/wchan", task);
    return read_short(fs, path, function, sizeof function) > 0 && strstr(function, "semtimedop");
}

/* Is it semop(2) or its like? Fills in what the call tells. */
static bool parse_semop(const char *text, struct blocked_task *out)
{
    long number;
    out->in = BLOCKED_SEMOP;
    uint64_t timeout;
    if (sscanf(text, "%ld %i 0x%" SCNx64 " 0x%zx 0x%" SCNx64, &number, &out->set, &out->address,
               &out->count, &timeout) != 5 ||
        !is_semop(number))
        return false;
    out->timed = has_timeout(number) && timeout;
    return true;
}

/* "running", "-1 SP PC", or "NUMBER 0xARG ... 0xSP 0xPC": is it one of the calls IN? Fills in what
 * the call tells. */
static bool parse_call(const char *text, unsigned in, struct blocked_task *out)
{
    if (*text < '0' || *text > '9')
        return false;
    return (in & BLOCKED_SEMOP && parse_semop(text, out)) ||
           (in & BLOCKED_FUTEX && blocked_parse_futex(text, out));
}

/* How often a task has gone to sleep (proc_pid_status(5)): one that sleeps on does not do so again.
 */
static uint64_t read_switches(const struct procfs *fs, pid_t pid, pid_t tid)
{
    char path[64], text[4096];
    uint64_t switches = 0;
    snprintf(path, sizeof path, "%d/task/%d/status", pid, tid);
    const char *line = read_short(fs, path, text, sizeof text) > 0
                           ? strstr(text, "\nvoluntary_ctxt_switches:")
                           : NULL;
    if (line)
        sscanf(line, " voluntary_ctxt_switches: %" SCNu64, &switches);
    return switches;
}

bool blocked_still(const struct procfs *fs, const struct blocked_task *task)
{
    char path[64], text[256];
    struct blocked_task now = {.pid = task->pid, .tid = task->tid, .set = -1};
    snprintf(path, sizeof path, "%d/task/%d/syscall", task->pid, task->tid);
    return read_short(fs, path, text, sizeof text) > 0 && parse_call(text, task->in, &now) &&
           now.set == task->set && now.address == task->address && now.count == task->count &&
           read_switches(fs, task->pid, task->tid) == task->switches;
}

/* In which file, and where in it, the futex is; false for memory that is not shared after all. */
static bool fill_in(const struct procfs *fs, struct blocked_task *call)
{
    if (call->in == BLOCKED_FUTEX)
        return blocked_locate(fs, call);
    return procfs_same_ipc(fs, call->tid);
}

/* TASK is "PID" or "PID/task/TID". Returns 0, or -1 with errno ENOMEM. */
static int look_at(const struct procfs *fs, const char *task, pid_t pid, pid_t tid,
                   struct blocked_list *out)
{
    char path[64], text[256];
    struct blocked_task *found, call = {.pid = pid, .tid = tid, .set = -1};

    snprintf(path, sizeof path, "%s/syscall", task);
    if (read_short(fs, path, text, sizeof text) < 0) {
        if (errno != EACCES && errno != EPERM)
            return 0; /* gone */
        if (!(out->in & BLOCKED_SEMOP) || !sleeps_in_semop(fs, task)) {
            out->unreadable++;
            return 0;
        }
        if (!procfs_same_ipc(fs, tid))
            return 0;
        if (!(found = add(out)))
            return -1;
        found->pid = pid;
        found->tid = tid;
        found->in = BLOCKED_SEMOP;
        return 0;
    }
    if (!parse_call(text, out->in, &call))
        return 0;
    call.switches = read_switches(fs, pid, tid); /* before anything else is read of it */
    if (!fill_in(fs, &call))
        return 0;
    if (!(found = add(out)))
        return -1;
    *found = call;
    if (call.in == BLOCKED_SEMOP)
        read_ops(found);
    return 0;
}

/* A folder has a link from each folder in it, and /proc/PID/task one folder a thread
 * (proc_pid_task(5)). */
size_t blocked_tasks_of(const struct procfs *fs, pid_t pid)
{
    char path[32];
    struct stat st;
    snprintf(path, sizeof path, "%d/task", pid);
    if (fstatat(fs->dir, path, &st, 0) || st.st_nlink < 2)
        return 0;
    return st.st_nlink - 2;
}

static int look_at_threads(const struct procfs *fs, pid_t pid, struct blocked_list *out)
{
    char path[64];
    int result = 0;
    const struct dirent *entry;
    snprintf(path, sizeof path, "%d/task", pid);
    const int fd = openat(fs->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    while (dir && result == 0 && (entry = readdir(dir))) {
        const pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (tid <= 0)
            continue;
        snprintf(path, sizeof path, "%d/task/%d", pid, tid);
        result = look_at(fs, path, pid, tid, out);
    }
    if (dir)
        closedir(dir);
    return result;
}

/* Most processes have one thread, and are not blocked here: four system calls each. */
static int look_at_process(const struct procfs *fs, const char *name, struct blocked_list *out)
{
    const pid_t pid = (pid_t)strtol(name, NULL, 10);
    if (blocked_tasks_of(fs, pid) > 1)
        return look_at_threads(fs, pid, out);
    return look_at(fs, name, pid, pid, out);
}

static bool waits_for_children(long number)
{
    return number == SYS_wait4 || number == SYS_waitid || number == SYS_rt_sigtimedwait;
}

bool blocked_on_child(const struct procfs *fs, pid_t pid, pid_t child)
{
    char path[64], text[256], only[16];
    if (blocked_tasks_of(fs, pid) != 1)
        return false;
    snprintf(path, sizeof path, "%d/syscall", pid);
    if (read_short(fs, path, text, sizeof text) <= 0 || !waits_for_children(strtol(text, NULL, 10)))
        return false;
    snprintf(path, sizeof path, "%d/task/%d/children", pid, pid);
    snprintf(only, sizeof only, "%d ", child);
    return read_short(fs, path, text, sizeof text) > 0 && !strcmp(text, only);
}

static int by_place(const void *a, const void *b)
{
    const struct blocked_task *x = a, *y = b;
    if (x->set != y->set)
        return x->set < y->set ? -1 : 1;
    if (x->pid != y->pid)
        return x->pid < y->pid ? -1 : 1;
    return (x->tid > y->tid) - (x->tid < y->tid);
}

int blocked_find(const struct procfs *fs, unsigned in, struct blocked_list *out)
{
    const struct dirent *entry;
    int result = 0;
    out->in = in;
    const int fd = openat(fs->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return -1;
    while (result == 0 && (entry = readdir(dir)))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            result = look_at_process(fs, entry->d_name, out);
    closedir(dir);
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, by_place);
    return result;
}

void blocked_free(struct blocked_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].ops);
    free(list->items);
    *list = (struct blocked_list){0};
}
