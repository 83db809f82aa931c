# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/sandbox/memory.bash -- a limit on the memory of all processes of a check together
#
# setrlimit(2) limits each process by itself. Only a cgroup limits them together, and only root can
# create one: below /sys/fs/cgroup where that is of version 2 (cgroups(7)) and its memory controller
# reaches the children, otherwise below /sys/fs/cgroup/memory. Where there is none, the kernel
# still ends student code first when the machine runs out of memory (labs/lib/box.bash).

# Bytes of the processes, files and segments of one check.
check_memory=${IPCLAB_CHECK_MEMORY:-$((2 << 30))}

# The cgroup of the check that runs now.
cgroup=''

# make_cgroup: create a cgroup with that limit.
# Sets: cgroup (its directory; empty if there is none)
make_cgroup() {
    local parent limit
    cgroup=
    ((EUID == 0)) && [[ $check_memory != unlimited ]] || return 0
    for parent in /sys/fs/cgroup /sys/fs/cgroup/memory; do
        remove_old_cgroups "$parent"
        cgroup=$parent/ipclab.$$
        mkdir "$cgroup" 2>/dev/null || continue
        for limit in memory.max memory.limit_in_bytes; do
            # Without the controller the file is not there; cgroupfs lets nobody create it.
            [[ ! -e $cgroup/$limit ]] || ! echo "$check_memory" >"$cgroup/$limit" || return 0
        done 2>/dev/null
        remove_cgroup
    done
    cgroup=
}

# remove_old_cgroups PARENT: remove those that were left when SIGKILL ended an ipclab. The kernel
# refuses to remove a cgroup that has a process.
remove_old_cgroups() {
    local old
    for old in "$1"/ipclab.*; do
        [[ ! -d $old || -d /proc/${old##*.} ]] || rmdir "$old" 2>/dev/null || :
    done
}

# join_cgroup: put this shell, and what it will start, into the cgroup.
join_cgroup() {
    [[ -z $cgroup ]] || echo "$BASHPID" 2>/dev/null >"$cgroup/cgroup.procs" || :
}

# remove_cgroup: remove it, after its processes have ended.
remove_cgroup() {
    [[ -z $cgroup ]] || rmdir "$cgroup" 2>/dev/null || :
    cgroup=
}
