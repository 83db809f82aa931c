/* SPDX-License-Identifier: MIT */
/*
 * own-mounts.c - run a command in a mount and an IPC namespace, also in a chroot
 *
 *   # own-mounts COMMAND [ARG...]
 *
 * unshare(1) makes the mounts private from the root directory on, which the kernel refuses if that
 * is no mount point (mount(2), EINVAL). unshare --propagation unchanged would do without, but then
 * a mount of the tests would appear on the machine, too. This goes to the root of the new
 * namespace, where setns(2) puts a process, makes all mounts private there, and returns into the
 * chroot. Only root may: it needs CAP_SYS_ADMIN and CAP_SYS_CHROOT.
 *
 * Exit status: that of the command; 125 if it could not be run.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* Files that are opened before unshare(2) would lead to the old namespace's mounts. */
static int enter_namespaces(void)
{
    if (unshare(CLONE_NEWNS | CLONE_NEWIPC))
        return -1;
    const int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int namespace = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    if (root < 0 || here < 0 || namespace < 0)
        return -1;
    if (setns(namespace, CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
        return -1;
    return fchdir(root) || chroot(".") || fchdir(here) ? -1 : 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: own-mounts COMMAND [ARG...]\n", stderr);
        return 125;
    }
    if (!enter_namespaces())
        execvp(argv[1], argv + 1);
    fprintf(stderr, "own-mounts: %s: %s\n", argv[1], strerror(errno));
    return 125;
}
