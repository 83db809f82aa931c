/* SPDX-License-Identifier: MIT */
/*
 * owner.c - see owner.h.
 */
#include "config.h"

#include "lib/pshared/owner.h"

#include "lib/proc/procfs.h"
#include "lib/segment/segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct search {
    const struct procfs *fs;
    const struct pshared_file *file;
    pid_t tid; /* as the owner calls itself */
    struct pshared_owner *out;
    bool maps;   /* the last process whose map this read maps the file */
    pid_t found; /* 0: not found so far */
};

/* A process may be the owner that could not be read, unless it has ended. */
static void note_failure(struct search *search)
{
    if (errno && errno != ENOENT && errno != ESRCH)
        search->out->doubt = PROCFS_UNREADABLE;
}

/* How task PATH of /proc ("12", "12/task/13") calls itself, and on how many levels of PID
 * namespaces it has a number; 0 if that cannot be read. */
static pid_t own_number(struct search *search, const char *path, int *levels)
{
    char status[4096], name[64];
    pid_t number = 0;
    *levels = 0;
    snprintf(name, sizeof name, "%s/status", path);
    if (procfs_read_short(search->fs, name, status, sizeof status) < 0) {
        note_failure(search);
        return 0;
    }
    const char *line = strstr(status, "\nNSpid:");
    if (!line) { /* a kernel before 4.1 */
        *levels = (line = strstr(status, "\nPid:")) != NULL;
        return line ? (pid_t)strtol(line + 5, NULL, 10) : 0;
    }
    const char *const end = procfs_line_end(line + 1);
    char *next;
    for (line += 7; line < end; line = next) {
        const pid_t value = (pid_t)strtol(line, &next, 10);
        if (next == line || next > end)
            break;
        number = value;
        ++*levels;
    }
    return number;
}

static bool is_file(void *arg, const struct procfs_map *map)
{
    struct search *search = arg;
    search->maps = map->device == search->file->device && map->inode == search->file->inode;
    return !search->maps;
}

/* A task of PID calls itself as the owner does: is it the owner? We map the file in order to look,
 * so that we do proves nothing about ourselves. */
static bool is_owner(struct search *search, pid_t pid)
{
    search->maps = false;
    if (pid == getpid()) {
        search->out->doubt = PROCFS_ELSEWHERE;
        return false;
    }
    if (search->file->by_namespace && procfs_other_ipc(search->fs, pid))
        return false;
    if (procfs_each_map(search->fs, pid, is_file, search)) {
        note_failure(search);
        return false;
    }
    return search->maps;
}

/* Looks at the threads of PID, which has numbers in several namespaces. */
static bool find_in_process(struct search *search, pid_t pid)
{
    char path[64];
    bool found = false;
    const struct dirent *entry;
    snprintf(path, sizeof path, "%d/task", pid);
    const int fd = openat(search->fs->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    while (dir && !found && (errno = 0, entry = readdir(dir))) {
        int levels;
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%d/task/%.20s", pid, entry->d_name);
        found = own_number(search, path, &levels) == search->tid && is_owner(search, pid);
    }
    if (!dir || (!found && errno))
        note_failure(search);
    if (dir)
        closedir(dir);
    return found;
}

static bool find_in_namespace(void *arg, pid_t pid)
{
    struct search *search = arg;
    char path[16];
    int levels;
    snprintf(path, sizeof path, "%d", pid);
    own_number(search, path, &levels);
    if (levels > 1 && find_in_process(search, pid))
        search->found = pid;
    return !search->found;
}

/* Looks at all processes that call themselves otherwise than we call them. */
static pid_t find_in_namespaces(struct search *search)
{
    if (procfs_each_process(search->fs, find_in_namespace, search))
        search->out->doubt = PROCFS_UNREADABLE;
    return search->found;
}

/* The process here that has a thread TID, if that thread calls itself so, too. */
static pid_t find_here(struct search *search)
{
    char path[32];
    int levels;
    snprintf(path, sizeof path, "%d", search->tid);
    if (own_number(search, path, &levels) != search->tid)
        return 0;
    errno = 0;
    const pid_t pid = procfs_tgid(search->fs, search->tid);
    if (!pid)
        note_failure(search);
    return pid && is_owner(search, pid) ? pid : 0;
}

struct counting {
    const struct procfs *fs;
    const struct pshared_file *file;
    uint64_t maps; /* of FILE, by the processes that we see and may read */
};

static bool count_map(void *arg, const struct procfs_map *map)
{
    struct counting *counting = arg;
    /* mprotect(2) splits a map; the first part begins at offset 0. */
    counting->maps += map->device == counting->file->device &&
                      map->inode == counting->file->inode && map->offset == 0;
    return true;
}

static bool count_maps(void *arg, pid_t pid)
{
    const struct counting *counting = arg;
    if (procfs_same_ipc(counting->fs, pid))
        procfs_each_map(counting->fs, pid, count_map, arg);
    return true;
}

bool pshared_all_seen(const struct procfs *fs, const struct pshared_file *file)
{
    const struct segment segment = {.kind = &segment_sysv, .id = (int)file->inode};
    struct segment_info info;
    struct counting counting = {.fs = fs, .file = file};
    return file->by_namespace && segment_sysv.stat(&segment, &info) == 0 &&
           procfs_each_process(fs, count_maps, &counting) == 0 && counting.maps >= info.nattch;
}

void pshared_find_owner(const struct procfs *fs, const struct pshared_file *file, pid_t tid,
                        struct pshared_owner *out)
{
    struct search search = {.fs = fs, .file = file, .tid = tid, .out = out};
    *out = (struct pshared_owner){.pid = tid};
    pid_t pid = find_here(&search);
    if (!pid)
        pid = find_in_namespaces(&search);
    if (pid) {
        out->pid = pid;
        procfs_process(fs, pid, &out->process);
        out->life = out->process.life;
        out->doubt = out->process.doubt;
    } else if (fs->partial) {
        out->doubt = fs->partial;
    } else if (!out->doubt && (!fs->contained || pshared_all_seen(fs, file))) {
        out->life = PROCFS_GONE;
    } else if (!out->doubt) {
        out->doubt = PROCFS_ELSEWHERE;
    }
}

void pshared_find_owner_at(const void *at, pid_t tid, struct pshared_owner *out)
{
    struct procfs fs;
    struct pshared_file file;
    *out = (struct pshared_owner){.pid = tid, .doubt = PROCFS_UNREADABLE};
    procfs_open(&fs, "/proc");
    if (pshared_file_at(&fs, at, &file))
        pshared_find_owner(&fs, &file, tid, out);
    procfs_close(&fs);
}
