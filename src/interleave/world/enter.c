/* SPDX-License-Identifier: MIT */
/*
 * enter.c - the namespaces around all runs; see world.h.
 */
#include "config.h"

#include "interleave/world/world.h"

#include "lib/run/signals.h"
#include "lib/trace/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
/* LeakSanitizer looks at the memory of a process that it stops by ptrace(2); process 1 of a PID
 * namespace it cannot stop. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return 1;
}
#endif

static int write_file(const char *path, const char *text)
{
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    const ssize_t length = (ssize_t)strlen(text);
    const bool written = file >= 0 && write(file, text, (size_t)length) == length;
    if (file >= 0)
        close(file);
    return written ? 0 : -1;
}

/* An ordinary user keeps the own ids in the user namespace: user_namespaces(7). */
static int map_ids(uid_t uid, gid_t gid)
{
    char text[64];
    write_file("/proc/self/setgroups", "deny");
    snprintf(text, sizeof text, "%u %u 1", uid, uid);
    if (write_file("/proc/self/uid_map", text))
        return -1;
    snprintf(text, sizeof text, "%u %u 1", gid, gid);
    return write_file("/proc/self/gid_map", text);
}

/* For process 1. */
static int mount_own(const char *folder)
{
    return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
                   mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) ||
                   mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") ||
                   mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, "size=64m")
               ? -1
               : 0;
}

static pid_t inner;

/* The kernel ends every process of the namespace with its process 1: pid_namespaces(7). */
static void on_signal(int number)
{
    (void)number;
    kill(inner, SIGKILL);
}

/* Waits for process 1, and leaves as it left. */
__attribute__((noreturn)) static void watch(const char *folder)
{
    struct sigaction action = {.sa_handler = on_signal};
    int status = 0;
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < 4; i++)
        sigaction((const int[]){SIGINT, SIGTERM, SIGHUP, SIGQUIT}[i], &action, NULL);
    while (waitpid(inner, &status, 0) < 0 && errno == EINTR)
        ;
    umount2(folder, MNT_DETACH); /* this process shares the mounts of the one that has ended */
    rmdir(folder);
    keys_restore();
    exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int world_enter(const char **folder, const char **action)
{
    static char template[PATH_MAX];
    const char *temporary = getenv("TMPDIR");
    const uid_t uid = getuid();
    const gid_t gid = getgid();
    const int flags = CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNS;
    *action = "unshare";
    if (geteuid() == 0 ? unshare(flags) : unshare(flags | CLONE_NEWUSER) || map_ids(uid, gid))
        return -1;
    *action = "mkdtemp";
    snprintf(template, sizeof template, "%s/interleave.XXXXXX",
             temporary && temporary[0] == '/' ? temporary : "/tmp");
    if (!mkdtemp(template))
        return -1;
    *folder = template;
    *action = "fork";
    fflush(NULL);
    inner = fork();
    if (inner > 0)
        watch(template);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    *action = "mount";
    return inner < 0 ? -1 : mount_own(template);
}
