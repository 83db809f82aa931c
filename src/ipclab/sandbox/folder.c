/* SPDX-License-Identifier: MIT */
/*
 * folder.c - enter a box that is a folder
 *
 * The rules are read from a file whose records end in a zero byte. Each is a letter and a path:
 *   x   read and execute     r   read     w   everything     d   read and write (a device)
 *   f   read and write the FIFOs that are in this directory now
 * A path that does not exist has no rule. Rules of Landlock add up: nothing below a path can be
 * taken back. landlock(7), linux/landlock.h, Documentation/userspace-api/landlock.rst.
 */
#define _GNU_SOURCE

#include "ipclab/sandbox/folder.h"

#include "ipclab/sandbox/student.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The headers of Debian 12 know only the first ABIs, so what this needs is defined here. The
 * numbers of the calls are the same on all architectures but alpha. */
enum { create_ruleset = 444, add_rule = 445, restrict_self = 446 };
enum { want_version = 1, path_beneath = 1 };

struct ruleset {
    uint64_t files, net, scoped;
};

struct beneath {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

/* LANDLOCK_ACCESS_FS_*. */
enum {
    execute = 1 << 0,
    write_file = 1 << 1,
    read_file = 1 << 2,
    read_dir = 1 << 3,
    refer = 1 << 13,
    truncate_file = 1 << 14,
    ioctl_dev = 1 << 15,
};

enum { of_files = execute | write_file | read_file | truncate_file | ioctl_dev };

/* What the kernel can refuse, by the version of its ABI. SIZE is that of its struct ruleset. */
static const struct abi {
    struct ruleset handled;
    size_t size;
} abis[] = {
    {{0x1fff, 0, 0}, sizeof(uint64_t)},     {{0x3fff, 0, 0}, sizeof(uint64_t)},
    {{0x7fff, 0, 0}, sizeof(uint64_t)},     {{0x7fff, 3, 0}, 2 * sizeof(uint64_t)},
    {{0xffff, 3, 0}, 2 * sizeof(uint64_t)}, {{0xffff, 3, 3}, sizeof(struct ruleset)},
};

struct wall {
    int ruleset;
    uint64_t handled;
};

static const struct abi *our_abi(void)
{
    const long version = syscall(create_ruleset, NULL, 0, want_version);
    const long known = sizeof abis / sizeof *abis;
    if (version < 1)
        give_up("Landlock");
    return abis + (version < known ? version : known) - 1;
}

static uint64_t rights_of(char letter)
{
    switch (letter) {
    case 'x': return execute | read_file | read_dir;
    case 'r': return read_file | read_dir;
    case 'w': return ~UINT64_C(0);
    case 'd': return read_file | write_file | truncate_file | ioctl_dev;
    default: return 0;
    }
}

/* Allows RIGHTS below the open FILE, and closes it. A file has no rights of directories. */
static void allow_file(const struct wall *wall, int file, uint64_t rights)
{
    struct stat about;
    if (fstat(file, &about))
        give_up("fstat");
    if (!S_ISDIR(about.st_mode))
        rights &= of_files;
    const struct beneath rule = {rights & wall->handled, file};
    if (rule.allowed && syscall(add_rule, wall->ruleset, path_beneath, &rule, 0))
        give_up("Landlock");
    close(file);
}

/* FIFOs alone: what else the check puts there the student may read and not write, though it is the
 * same user's. */
static void allow_fifos(const struct wall *wall, const char *path)
{
    DIR *directory = opendir(path);
    if (!directory)
        give_up(path);
    for (struct dirent *entry; (entry = readdir(directory));) {
        struct stat about;
        const int file = openat(dirfd(directory), entry->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (file >= 0 && !fstat(file, &about) && S_ISFIFO(about.st_mode))
            allow_file(wall, file, read_file | write_file);
        else if (file >= 0)
            close(file);
    }
    closedir(directory);
}

static void allow(const struct wall *wall, char letter, const char *path)
{
    if (letter == 'f') {
        allow_fifos(wall, path);
        return;
    }
    const int file = open(path, O_PATH | O_CLOEXEC);
    if (file >= 0)
        allow_file(wall, file, rights_of(letter));
    else if (errno != ENOENT)
        give_up(path);
}

/* Reads the rules before any of them holds. Returns a ruleset that is not yet in force. */
static int read_rules(const char *path)
{
    const struct abi *abi = our_abi();
    struct wall wall = {0, abi->handled.files};
    wall.ruleset = (int)syscall(create_ruleset, &abi->handled, abi->size, 0);
    FILE *rules = fopen(path, "re");
    if (wall.ruleset < 0 || !rules)
        give_up(wall.ruleset < 0 ? "Landlock" : path);
    char *line = NULL;
    size_t size = 0;
    while (getdelim(&line, &size, '\0', rules) > 1)
        allow(&wall, *line, line + 1);
    free(line);
    fclose(rules);
    return wall.ruleset;
}

static void run_in_folder(char **operands, char **command)
{
    const int rules = strcmp(operands[1], "-") != 0 ? read_rules(operands[1]) : -1;
    /* A session of its own has no controlling terminal, and tells the student's processes from the
     * check's. */
    if (setsid() < 0)
        give_up("setsid");
    become_the_student((uid_t)strtoul(operands[0], NULL, 10));
    /* The check has to see what the program waits for (/proc/PID/syscall), and is neither its
     * parent nor privileged. Yama, if its kernel.yama.ptrace_scope is 1, allows that to those whom
     * the process itself names. Without Yama this fails, and is not needed. prctl(2) */
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    if (chdir(operands[2]))
        give_up(operands[2]);
    if (rules >= 0 && syscall(restrict_self, rules, 0))
        give_up("Landlock");
    if (rules >= 0)
        close(rules);
    refuse_the_neighbours();
    run_command(operands + 3, command);
}

int enter_folder(char **operands, char **command)
{
    const pid_t pid = fork();
    if (pid < 0)
        give_up("fork");
    if (!pid)
        run_in_folder(operands, command);
    return end_as(pid);
}
