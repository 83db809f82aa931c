# shellcheck shell=bash
# src/ipclab/sandbox/namespaces.bash -- the namespaces that a check runs in, seen from outside
#
# Student code is behind two boundaries. The outer one, here, holds the check: an IPC namespace, so
# that objects vanish with it; a PID namespace, so that however the check ends, SIGKILL included,
# all its processes end; mounts of its own, so that its scratch directory is never on the disk. The
# inner one is the sandbox (sandbox.bash). Both share the IPC namespace: that is what the check looks
# at.

# namespaces_command ARRAY: make it the words in front of a command that run it in these namespaces.
namespaces_command() {
    local -n command_words=$1
    command_words=(unshare --ipc --pid --fork --kill-child --mount --mount-proc)
    ((EUID == 0)) || command_words+=(--user --map-root-user)
}

# can_make_namespaces: such namespaces can be made here.
can_make_namespaces() {
    local words
    namespaces_command words
    "${words[@]}" true 2>/dev/null
}

# student_uid: who student code runs as in the sandbox.
#
# As root, it is IPCLAB_NOBODY, for the limits of setrlimit(2) do not bind root; as anybody else,
# oneself without capabilities, in a user namespace. RLIMIT_NPROC counts all processes of a user, so
# each check has a user of its own: else two checks at a time would take processes from each other.
# Root of a user namespace that has nobody but itself (ours, or that of a container) is an ordinary
# user outside, and stays who it is.
student_uid() {
    local number
    # Which no other has as long as this check lives: a PID is below 1 << 22, and those of other
    # namespaces are elsewhere.
    number=$(($(stat -L -c %i /proc/self/ns/pid) % 1000 * (1 << 22) + $$))
    awk -v euid="$EUID" -v wanted="${IPCLAB_NOBODY:-$((1000000000 + number % 1000000000))}" '
        $1 <= wanted && wanted < $1 + $3 { own = 1 }
        $1 <= 65534 && 65534 < $1 + $3 { nobody = 1 }
        END { print euid != 0 ? 0 : own ? wanted : nobody ? 65534 : 0 }' /proc/self/uid_map
}
