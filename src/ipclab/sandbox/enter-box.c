/* SPDX-License-Identifier: MIT */
/*
 * enter-box.c - run a command as the student, in the box
 *
 *   $ enter-box PID UID [NAME=VALUE...] -- COMMAND [ARG...]
 *   $ enter-box --folder UID RULES DIRECTORY [NAME=VALUE...] -- COMMAND [ARG...]
 *   $ enter-box --keep COMMAND [ARG...] -- LAST [ARG...]
 *
 * A box of namespaces is known by PID, its init (sandbox.bash). UID is the user of the command; 0
 * keeps our own. The command gets these variables and no others, /lab as its directory, and of the
 * check nothing but descriptors 0, 1 and 2: no terminal, no capability, no way to a user namespace.
 * Everything that enters the box comes this way, several times a second, so one program does what
 * nsenter(1), setsid(1), setpriv(1) and env(1) would do in four.
 *
 * Where there are no namespaces, the box is a folder (folder.bash, folder.c). --keep holds the
 * processes of such a box together (keep.c).
 *
 * Exit status: that of the command, or its signal; 126 and 127 as env(1); 125 if the box could not
 * be entered.
 */
#define _GNU_SOURCE

#include "ipclab/sandbox/folder.h"
#include "ipclab/sandbox/keep.h"
#include "ipclab/sandbox/student.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Joins the namespaces of the process PID, and its root directory: setns(2) puts us at the root of
 * the mount namespace, which is another one if ipclab runs in a chroot. All files are opened first:
 * after the first setns(2) /proc is another. */
static void join_namespaces(const char *pid)
{
    static const char *const names[] = {"ns/pid", "ns/net", "ns/uts", "ns/mnt", "root"};
    enum { count = sizeof names / sizeof *names, root = count - 1 };
    int files[count];
    char path[64];
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "/proc/%.20s/%s", pid, names[i]);
        files[i] = open(path, O_RDONLY | O_CLOEXEC);
        if (files[i] < 0)
            give_up(path);
    }
    for (int i = 0; i < root; i++)
        if (setns(files[i], 0))
            give_up("setns");
    if (fchdir(files[root]) || chroot("."))
        give_up("root");
    for (int i = 0; i < count; i++)
        close(files[i]);
}

static void run_in_namespaces(uid_t uid, char **variables, char **command)
{
    /* A session of its own has no controlling terminal. */
    if (setsid() < 0)
        give_up("setsid");
    become_the_student(uid);
    if (chdir("/lab"))
        give_up("/lab");
    run_command(variables, command);
}

static int enter_namespaces(char **operands, char **command)
{
    join_namespaces(operands[0]);
    /* The calling process stays in its PID namespace; its children are in the new one. */
    const pid_t pid = fork();
    if (pid < 0)
        give_up("fork");
    if (!pid)
        run_in_namespaces((uid_t)strtoul(operands[1], NULL, 10), operands + 2, command);
    return end_as(pid);
}

int main(int argc, char **argv)
{
    int end = 1;
    while (end < argc && strcmp(argv[end], "--") != 0)
        end++;
    if (end < 3 || end + 1 >= argc) {
        fputs("usage: enter-box PID UID [NAME=VALUE...] -- COMMAND [ARG...]\n"
              "       enter-box --folder UID RULES DIRECTORY [NAME=VALUE...] -- COMMAND [ARG...]\n"
              "       enter-box --keep COMMAND [ARG...] -- LAST [ARG...]\n",
              stderr);
        return cannot_enter;
    }
    argv[end] = NULL;
    if (strcmp(argv[1], "--keep") == 0)
        return keep_box(argv + 2, argv + end + 1);
    close_all_but_the_streams();
    if (strcmp(argv[1], "--folder") != 0)
        return enter_namespaces(argv + 1, argv + end + 1);
    if (end < 5)
        return cannot_enter;
    return enter_folder(argv + 2, argv + end + 1);
}
