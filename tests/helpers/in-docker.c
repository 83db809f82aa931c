/* SPDX-License-Identifier: MIT */
/*
 * in-docker.c - run a command with the rights that Docker gives to the root of a container
 *
 *   $ in-docker COMMAND [ARG...]
 *
 * That is, with Docker's default capabilities, and with a filter that refuses what its default
 * seccomp profile refuses without CAP_SYS_ADMIN, as far as ipclab could want it: new namespaces,
 * setns(2) and mounts. https://docs.docker.com/engine/security/seccomp/
 *
 * Exit status: that of the command; 125 if it could not be run.
 */
#include "config.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service, net_raw,
 * sys_chroot, mknod, audit_write, setfcap */
static const unsigned capabilities = 0xa80425fb;

static const unsigned namespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                   CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;

#define LOAD(field) \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, field))
#define UNLESS(operation, value, skip) \
    BPF_JUMP(BPF_JMP | (operation) | BPF_K, (unsigned)(value), 0, skip)
#define REFUSE(number)    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (number))
#define REFUSE_CALL(call) UNLESS(BPF_JEQ, call, 1), REFUSE(EPERM)

/* It names the calls of one instruction set, which is enough for tests. The flags of clone3(2) are
 * in memory, which a filter cannot read; without it the C library uses clone(2). */
static int filter(void)
{
    struct sock_filter rules[] = {
        LOAD(nr),
        REFUSE_CALL(SYS_unshare),
        REFUSE_CALL(SYS_setns),
        REFUSE_CALL(SYS_mount),
        REFUSE_CALL(SYS_umount2),
        REFUSE_CALL(SYS_pivot_root),
        UNLESS(BPF_JEQ, SYS_clone3, 1),
        REFUSE(ENOSYS),
        UNLESS(BPF_JEQ, SYS_clone, 3),
        LOAD(args), /* its low half: little-endian machines only */
        UNLESS(BPF_JSET, namespaces, 1),
        REFUSE(EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int drop_capabilities(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    const struct __user_cap_data_struct low = {capabilities, capabilities, 0};
    struct __user_cap_data_struct data[2] = {low, {0, 0, 0}};
    for (int number = 0; prctl(PR_CAPBSET_READ, number) >= 0; number++)
        if ((number >= 32 || !(capabilities >> number & 1)) && prctl(PR_CAPBSET_DROP, number))
            return -1;
    return (int)syscall(SYS_capset, &header, data);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: in-docker COMMAND [ARG...]\n", stderr);
        return 125;
    }
    if (!filter() && !drop_capabilities())
        execvp(argv[1], argv + 1);
    fprintf(stderr, "in-docker: %s: %s\n", argv[1], strerror(errno));
    return 125;
}
