# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/sandbox/shell.bash -- shell: a shell in a private IPC namespace, which other terminals
# can join
#
# The first process of the namespaces (shell-init) holds them. When it ends, the kernel ends all
# other processes in them and removes all IPC objects. An ordinary user is root of a user namespace
# inside; outside, they stay themselves.
#
# The shell keeps the terminal, and with it job control, unlike what a check runs: here the user
# types the commands and runs their own programs, as in any shell; and the namespaces are no wall
# around foreign code, for the user's files are theirs to write in them.

# The directory of notes on running shells. A note is named by the PID of shell-init, and holds the
# lab and the start time of that process (field 22 of /proc/PID/stat), because PIDs are reused.
shells=${XDG_RUNTIME_DIR:-${XDG_STATE_HOME:-$HOME/.local/state}}/ipclab/shells

# started_at PID: print the start time of the process. Returns 1 if it does not exist.
started_at() {
    local stat
    read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
    # shellcheck disable=SC2086 # split into words, after the name, which may contain blanks
    set -- ${stat##*) }
    echo "${20}"
}

# running_shell [LAB]: print the PID of the newest shell (of LAB), and remove the notes of shells
# that have ended. Returns 1 if no shell is running.
running_shell() {
    local note pid lab started
    while read -r note; do
        pid=${note##*/}
        read -r lab started <"$note" || continue
        if [[ $(started_at "$pid") != "$started" ]]; then
            rm -f "$note"
        elif [[ -z ${1-} || $lab == "$1" ]]; then
            echo "$pid" && return
        fi
    done < <(ls -t -- "$shells"/* 2>/dev/null)
    return 1
}

# join_shell [LAB]: run a shell in the namespaces of a running one, and exit with its status.
join_shell() {
    local pid words folder status
    pid=$(running_shell "${1-}") ||
        die 1 "no ipclab shell is running" "hint: run ipclab shell in another terminal"
    words=(nsenter --target "$pid" --ipc --pid --mount)
    ((EUID == 0)) || words+=(--user --preserve-credentials)
    read -r IPCLAB_SHELL _ <"$shells/$pid"
    export IPCLAB_SHELL
    if ! work_folder_here >/dev/null && lab_named "$IPCLAB_SHELL" >/dev/null; then
        folder=$(work_folder "$IPCLAB_SHELL")
        [[ ! -d $folder ]] || cd -- "$folder" || exit 1
    fi
    trap '' INT QUIT TSTP
    env --default-signal=INT,QUIT,TSTP "${words[@]}" --wdns="$PWD" -- \
        "$BASH" --rcfile "$ipclab_library/sandbox/shellrc" -i
    status=$?
    # When shell-init ends, the kernel kills all processes of its PID namespace.
    ((status != 137)) || printf 'ipclab: %s\n' >&2 \
        "the first shell has ended, so its IPC objects are gone and you are outside again"
    exit "$status"
}

do_shell() { # [NN]
    local lab='' folder words
    if [[ -n ${1-} ]] || work_folder_here >/dev/null; then
        choose_lab "${1-}"
        folder=$(work_folder "$lab")
        [[ ! -d $folder ]] || cd -- "$folder" || exit 1
    fi
    export IPCLAB_SHELL=${lab:-none}
    [[ -z ${option[join]} ]] || join_shell "$lab"
    require_namespaces
    mkdir -p "$shells" || exit 1
    namespaces_command words
    # shell-init mounts /proc, not unshare, because it first reads its outer PID there.
    exec "${words[@]/--mount-proc/--propagation=private}" \
        "$BASH" "$ipclab_library/sandbox/shell-init" "$shells"
}
