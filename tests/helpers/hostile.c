/* SPDX-License-Identifier: MIT */
/*
 * hostile.c - what a submission might do to the machine that checks it; tests/ipclab-sandbox.bats
 * has it done.
 *
 *   $ hostile fork | segment | segments | memory | kill | read PATH | write PATH | disk PATH |
 *             files PATH | type TEXT | descriptors | namespace | clone
 *
 * It is bounded itself, so that a sandbox which fails costs a test and not the machine: 5,000
 * processes and 10 seconds. It says on standard error what it got done; exit status 1 if that was
 * nothing.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { most_processes = 5000, most_files = 30000, most_seconds = 10, mebibyte = 1 << 20 };

static int refused(const char *what)
{
    fprintf(stderr, "hostile: %s: %s\n", what, strerror(errno));
    return 1;
}

/* Every process forks for as long as it can; the count is shared by them all. */
static int fork_bomb(const char *unused)
{
    int *count =
        mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    (void)unused;
    if (count == MAP_FAILED)
        return refused("mmap");
    while (__atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST) < most_processes) {
        const pid_t child = fork();
        if (child < 0)
            break;
        if (!child)
            alarm(most_seconds);
    }
    fprintf(stderr, "hostile: %d forks: %s\n", *count, strerror(errno));
    pause();
    return 0;
}

static int huge_segment(const char *unused)
{
    const int id = shmget(IPC_PRIVATE, (size_t)100 << 30, IPC_CREAT | 0600);
    (void)unused;
    return id < 0 ? refused("a segment of 100 GiB") : 0;
}

/* Many smaller ones, each filled and let go of: no limit of one process's addresses stops that. 1
 * GiB at most. */
static int many_segments(const char *unused)
{
    (void)unused;
    for (int i = 0; i < 16; i++) {
        const int id = shmget(IPC_PRIVATE, (size_t)64 * mebibyte, IPC_CREAT | 0600);
        void *memory = id < 0 ? (void *)-1 : shmat(id, NULL, 0);
        if (memory == (void *)-1)
            return refused("segments of 1 GiB in all");
        memset(memory, 1, (size_t)64 * mebibyte);
        shmdt(memory);
    }
    return 0;
}

/* Says which cgroup of the memory controller this process is in (cgroups(7)). */
static void name_cgroup(void)
{
    char line[PATH_MAX];
    FILE *file = fopen("/proc/self/cgroup", "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, "0::", 3) || strstr(line, ":memory:"))
            fprintf(stderr, "hostile: cgroup %s", strrchr(line, ':') + 1);
    if (file)
        fclose(file);
}

/* Eight processes that fill 64 MiB each, and keep it: no limit of one process stops that. */
static int fill_memory(const char *unused)
{
    int status, killed = 0;
    (void)unused;
    name_cgroup();
    for (int i = 0; i < 8; i++)
        if (!fork()) {
            char *memory = malloc((size_t)64 * mebibyte);
            if (memory)
                memset(memory, 1, (size_t)64 * mebibyte);
            raise(SIGSTOP);
        }
    for (int i = 0; i < 8; i++)
        killed += waitpid(-1, &status, WUNTRACED) > 0 && WIFSIGNALED(status);
    fprintf(stderr, "hostile: %d of 8 killed\n", killed);
    return 0;
}

static int kill_all(const char *unused)
{
    (void)unused;
    return kill(-1, SIGKILL) ? refused("kill -9 -1") : 0;
}

static int read_file(const char *path)
{
    char line[4096];
    FILE *file = fopen(path, "r");
    if (!file)
        return refused(path);
    while (fgets(line, sizeof line, file))
        fputs(line, stdout);
    fclose(file);
    return 0;
}

static int write_file(const char *path)
{
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file < 0)
        return refused(path);
    (void)!write(file, "hostile\n", 8);
    close(file);
    return 0;
}

/* 1 GiB in many files, for there is a limit to one. */
static int fill_disk(const char *path)
{
    static char block[mebibyte];
    char name[4096];
    memset(block, 1, sizeof block);
    for (int i = 0; i < 1024; i++) {
        snprintf(name, sizeof name, "%s/hostile.%d", path, i);
        const int file = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0666);
        /* The last one is written in part, and only the one after it is refused. */
        if (file < 0 || write(file, block, sizeof block) < 0)
            return refused(name);
        close(file);
    }
    return 0;
}

/* Empty ones, which take inodes and no room. */
static int make_files(const char *path)
{
    char name[4096];
    for (int i = 0; i < most_files; i++) {
        snprintf(name, sizeof name, "%s/hostile.%d", path, i);
        const int file = open(name, O_WRONLY | O_CREAT, 0666);
        if (file < 0)
            return refused(name);
        close(file);
    }
    return 0;
}

/* Types TEXT and Enter on the terminal of whoever runs the check: TIOCSTI, ioctl_tty(2). */
static int type_text(const char *text)
{
    int typed = 0;
    const int terminal = open("/dev/tty", O_RDWR);
    if (terminal < 0)
        refused("/dev/tty");
    for (int fd = 0; fd < 64; fd++)
        for (const char *at = text; *at; at++)
            typed += !ioctl(fd, TIOCSTI, at);
    fprintf(stderr, "hostile: typed %d characters\n", typed);
    return !typed;
}

/* Names the open descriptors, but for the three streams and the one that reads the directory. */
static int list_descriptors(const char *unused)
{
    DIR *directory = opendir("/proc/self/fd");
    const struct dirent *entry;
    (void)unused;
    while (directory && (entry = readdir(directory)))
        if (atoi(entry->d_name) > 2 && atoi(entry->d_name) != dirfd(directory))
            fprintf(stderr, "hostile: descriptor %s\n", entry->d_name);
    fprintf(stderr, "hostile: session %d, process %d\n", getsid(0), getpid());
    return 1;
}

static int new_namespace(const char *unused)
{
    (void)unused;
    return unshare(CLONE_NEWUSER) ? refused("unshare") : 0;
}

/* clone(2), as vfork(2) uses it, but with a user namespace. */
static int clone_namespace(const char *unused)
{
    (void)unused;
    const long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (child < 0)
        return refused("clone");
    if (!child)
        _exit(0);
    waitpid((pid_t)child, NULL, 0);
    return 0;
}

static const struct {
    const char *name;
    int (*act)(const char *path);
} acts[] = {
    {"fork", fork_bomb},
    {"segment", huge_segment},
    {"segments", many_segments},
    {"memory", fill_memory},
    {"kill", kill_all},
    {"read", read_file},
    {"write", write_file},
    {"disk", fill_disk},
    {"files", make_files},
    {"type", type_text},
    {"descriptors", list_descriptors},
    {"namespace", new_namespace},
    {"clone", clone_namespace},
};

int main(int argc, char *argv[])
{
    alarm(most_seconds);
    for (size_t i = 0; argc > 1 && i < sizeof acts / sizeof *acts; i++)
        if (!strcmp(argv[1], acts[i].name))
            return acts[i].act(argc > 2 ? argv[2] : "");
    fprintf(stderr,
            "hostile: fork | segment | segments | memory | kill | read PATH | write PATH | disk "
            "PATH | files PATH | "
            "type TEXT | descriptors | namespace | clone\n");
    return 2;
}
