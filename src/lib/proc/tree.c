/* SPDX-License-Identifier: MIT */
/*
 * tree.c - see tree.h.
 */
#include "config.h"

#include "lib/proc/tree.h"

#include "lib/base/array.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* The first room for a file, and the least that is read into: so most files take few calls. */
#define FIRST_SIZE 65536
#define READ_SIZE  8192

static void read_ipc_ns(const struct procfs *fs, const char *process, char *out, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "%s/ns/ipc", process);
    const ssize_t length = readlinkat(fs->dir, path, out, size - 1);
    out[length > 0 ? length : 0] = '\0';
}

static time_t read_boot(const struct procfs *fs)
{
    char line[256];
    intmax_t boot = 0;
    const int fd = openat(fs->dir, "stat", O_RDONLY | O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "btime %jd", &boot) == 1)
            break;
    if (file)
        fclose(file);
    return (time_t)boot;
}

/* A /proc of our own PID namespace calls us by one number, the one that we know; that of a parent
 * namespace lists one number for each level, and that of a sibling does not show us
 * (proc_pid_status(5): NSpid). A kernel before 4.1 has no such line. */
static bool is_foreign(const struct procfs *fs)
{
    char status[4096];
    const char *line;
    int first, second;
    if (procfs_read_short(fs, "self/status", status, sizeof status) < 0)
        return errno == ENOENT || errno == ESRCH;
    if (!(line = strstr(status, "\nNSpid:")))
        return false;
    return sscanf(line + 7, "%d%*[ \t]%d", &first, &second) != 1 || first != getpid();
}

/* Does hidepid hide processes of other users from us? A process that may use ptrace(2) on all
 * others sees all (fs/proc/base.c: has_pid_permissions()). */
static bool hides_processes(const struct procfs *fs)
{
    char status[4096];
    const char *line;
    unsigned long long capabilities = 0;
    struct file_buffer mounts = {0};
    bool hidden = false;
    if (procfs_read_short(fs, "self/status", status, sizeof status) > 0 &&
        (line = strstr(status, "\nCapEff:")))
        sscanf(line + 8, "%llx", &capabilities);
    if (capabilities & 1ULL << CAP_SYS_PTRACE)
        return false;
    if (procfs_read_file(fs, getpid(), "mountinfo", &mounts))
        mounts.length = 0;
    for (line = mounts.length ? mounts.text : ""; *line; line = procfs_next_line(line)) {
        const char *end = procfs_line_end(line);
        const char *option = memmem(line, (size_t)(end - line), "hidepid=", 8);
        if (option && memmem(line, (size_t)(end - line), " /proc ", 7))
            hidden = !strchr("0o", option[8]); /* 0, off */
    }
    free(mounts.text);
    return hidden;
}

/* The kernel says when it was booted by the same clocks that we can read (fs/proc/stat.c:
 * getboottime64()); if the two differ, something else wrote that file. */
static bool is_stepped(time_t boot)
{
    struct timespec now, since;
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &since);
    const time_t ours = now.tv_sec - since.tv_sec;
    return boot < ours - 2 || boot > ours + 2;
}

int procfs_open(struct procfs *fs, const char *root)
{
    struct statfs st;
    struct stat own;
    *fs = (struct procfs){.dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                          .partial = PROCFS_NO_TREE};
    if (fs->dir < 0)
        return -1;
    fs->live = fstatfs(fs->dir, &st) == 0 && st.f_type == PROC_SUPER_MAGIC;
    if (!fs->live) /* a saved tree shows all, and something else at /proc nothing */
        fs->partial = strcmp(root, "/proc") ? PROCFS_NO_DOUBT : PROCFS_NO_TREE;
    else if (is_foreign(fs))
        fs->partial = PROCFS_FOREIGN;
    else
        fs->partial = hides_processes(fs) ? PROCFS_HIDDEN : PROCFS_NO_DOUBT;
    read_ipc_ns(fs, "self", fs->ipc_ns, sizeof fs->ipc_ns);
    /* include/linux/proc_ns.h: PROC_PID_INIT_INO, the number of the first PID namespace */
    fs->contained =
        fs->live && (fstatat(fs->dir, "self/ns/pid", &own, 0) || own.st_ino != 0xEFFFFFFC);
    fs->boot = read_boot(fs);
    fs->stepped = fs->live && is_stepped(fs->boot);
    return 0;
}

void procfs_close(struct procfs *fs)
{
    if (fs->dir >= 0)
        close(fs->dir);
    fs->dir = -1;
}

int procfs_each_process(const struct procfs *fs, bool (*visit)(void *arg, pid_t pid), void *arg)
{
    const struct dirent *entry;
    bool more = true;
    const int fd = openat(fs->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return -1;
    while (more && (errno = 0, entry = readdir(dir))) {
        const pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        more = pid <= 0 || visit(arg, pid);
    }
    const int error = more ? errno : 0;
    closedir(dir);
    errno = error;
    return error ? -1 : 0;
}

bool procfs_same_ipc(const struct procfs *fs, pid_t pid)
{
    char process[16], ns[64];
    if (!fs->ipc_ns[0])
        return true;
    snprintf(process, sizeof process, "%d", pid);
    read_ipc_ns(fs, process, ns, sizeof ns);
    return !strcmp(ns, fs->ipc_ns);
}

bool procfs_other_ipc(const struct procfs *fs, pid_t pid)
{
    char process[16], ns[64];
    snprintf(process, sizeof process, "%d", pid);
    read_ipc_ns(fs, process, ns, sizeof ns);
    return *ns && *fs->ipc_ns && strcmp(ns, fs->ipc_ns);
}

/* /proc gives no sizes, so this reads until the file ends. */
static int read_all(int fd, struct file_buffer *out)
{
    ssize_t got;
    out->length = 0;
    do {
        const size_t room = out->capacity ? READ_SIZE : FIRST_SIZE;
        if (array_reserve(&out->text, &out->capacity, out->length + room))
            return -1;
        got = read(fd, out->text + out->length, out->capacity - out->length - 1);
        if (got < 0)
            return -1;
        out->length += (size_t)got;
    } while (got > 0);
    out->text[out->length] = '\0';
    return 0;
}

int procfs_read_file(const struct procfs *fs, pid_t pid, const char *name, struct file_buffer *out)
{
    char path[64];
    snprintf(path, sizeof path, "%d/%s", pid, name);
    const int fd = openat(fs->dir, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    const int result = read_all(fd, out), error = errno;
    close(fd);
    errno = error;
    return result;
}

ssize_t procfs_read_short(const struct procfs *fs, const char *path, char *text, size_t size)
{
    *text = '\0';
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

const char *procfs_line_end(const char *line)
{
    return strchrnul(line, '\n');
}

const char *procfs_next_line(const char *line)
{
    const char *end = procfs_line_end(line);
    return *end ? end + 1 : end;
}
