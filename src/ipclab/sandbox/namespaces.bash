# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/sandbox/namespaces.bash -- the namespaces that a check runs in, seen from outside
#
# Two boundaries confine student code. The outer one, made here, holds the check. Its IPC namespace
# makes all IPC objects vanish with it. Its PID namespace ends all processes of the check however
# the check ends, even by SIGKILL. Its mount namespace keeps the scratch directory in memory. The
# inner boundary is the sandbox (sandbox.bash). It shares the IPC namespace, so the check can
# observe what the student's programs do to it.

# namespaces_command ARRAY: set ARRAY to the words that, before a command, run it in new namespaces.
# Sets: namespaces_user ("yes" if that takes a user namespace, also for root of a container)
namespaces_command() {
    local -n command_words=$1
    [[ -n ${namespaces_user-} ]] || can_make_namespaces || :
    command_words=(unshare --ipc --pid --fork --kill-child --mount --mount-proc)
    [[ $namespaces_user == no ]] || command_words+=(--user --map-root-user)
}

# try_namespaces: make the namespaces, mount a file system in them, and make those of the sandbox, as
# a check will: AppArmor may let unshare(1) make them and give what runs there no capability.
try_namespaces() {
    local words
    namespaces_command words
    # shellcheck disable=SC2016 # for that shell
    "${words[@]}" sh -c 'mount -t tmpfs tmpfs "$1" && unshare --pid --fork --mount --net --uts true' \
        sh "${TMPDIR:-/tmp}"
}

# is_machine_root: true if this is root, and no user namespace makes it an ordinary user outside. The
# namespaces of such a root give student code no other user: no limit on processes holds for it, and it
# reads what only root may read.
is_machine_root() {
    ((EUID == 0)) && awk '$1 == 0 && $2 == 0 { found = 1 } END { exit !found }' /proc/self/uid_map
}

# can_make_namespaces: true if this machine lets us create such namespaces. It tries once, for that
# takes longer than the rest of the start. Root of a container needs a user namespace only where it
# lacks the capability to make the others, and may have one only where it is an ordinary user outside.
# Sets: namespaces_user, namespaces_work
can_make_namespaces() {
    if [[ -z ${namespaces_work-} ]]; then
        namespaces_work=yes
        namespaces_user=no
        ((EUID != 0)) || ! try_namespaces 2>/dev/null || return 0
        namespaces_user=yes
        is_machine_root || ! try_namespaces 2>/dev/null || return 0
        namespaces_work=no
        ((EUID != 0)) || namespaces_user=no
    fi
    [[ $namespaces_work == yes ]]
}

# student_uid: print the user ID that student code gets inside the sandbox.
#
# Root gives student code another user ID (IPCLAB_NOBODY), because setrlimit(2) does not limit root.
# RLIMIT_NPROC counts all processes of a user, so each check has a user ID of its own; otherwise two
# checks at the same time would use up each other's processes. Other users keep their own ID, as
# root of a user namespace, without capabilities. So does root of a user namespace that maps no
# other user (ours, or that of a container), which is an ordinary user outside.
student_uid() {
    local number
    # No other check uses this number now: PIDs are below 1 << 22, and the inode number of the PID
    # namespace tells PIDs of other namespaces apart.
    number=$(($(stat -L -c %i /proc/self/ns/pid) % 1000 * (1 << 22) + $$))
    awk -v euid="$EUID" -v wanted="${IPCLAB_NOBODY:-$((1000000000 + number % 1000000000))}" '
        $1 <= wanted && wanted < $1 + $3 { own = 1 }
        $1 <= 65534 && 65534 < $1 + $3 { nobody = 1 }
        END { print euid != 0 ? 0 : own ? wanted : nobody ? 65534 : 0 }' /proc/self/uid_map
}
