# shellcheck shell=bash
# src/ipclab/sandbox/shell.bash -- shell: a private IPC namespace to work in, and further terminals that join it
#
# Its first process (shell-init) holds the namespaces; with it, all that was made in them goes. Who is an ordinary user
# is root of a user namespace in there: on the machine, they are still themselves.

# Where running shells are noted: a file each, named by the PID of the first process, that holds its lab and what its
# start time was (field 22 of /proc/PID/stat), for PIDs are used again.
shells=${XDG_RUNTIME_DIR:-${XDG_STATE_HOME:-$HOME/.local/state}}/ipclab/shells

# started_at PID
started_at() {
    local stat
    read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
    # shellcheck disable=SC2086 # words; the name in parentheses may hold blanks, so it goes first
    set -- ${stat##*) }
    echo "${20}"
}

# running_shell [LAB]: the PID of the first process of the newest one, of that lab if it is given; fails if none runs.
# Notes of those that ended are removed.
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

# join_shell [LAB]
join_shell() {
    local pid words folder status
    pid=$(running_shell "${1-}") || die 1 "no shell of ipclab is running to join" "hint: ipclab shell, in another terminal"
    words=(nsenter --target "$pid" --ipc --pid --mount)
    ((EUID == 0)) || words+=(--user --preserve-credentials)
    read -r IPCLAB_SHELL _ <"$shells/$pid"
    export IPCLAB_SHELL
    if ! work_folder_here >/dev/null && lab_named "$IPCLAB_SHELL" >/dev/null; then
        folder=$(work_folder "$IPCLAB_SHELL")
        [[ ! -d $folder ]] || cd -- "$folder" || exit 1
    fi
    trap '' INT QUIT TSTP
    env --default-signal=INT,QUIT,TSTP "${words[@]}" --wdns="$PWD" -- "$BASH" --rcfile "$ipclab_library/sandbox/shellrc" -i
    status=$?
    # With the first one, the kernel ends all that is in its PID namespace.
    ((status != 137)) ||
        echo "ipclab: the shell that this one had joined has ended, and all that was made in it is gone; this is your own machine again" >&2
    exit "$status"
}

do_shell() { # [NN]
    local lab='' folder words
    if [[ -n ${1-} ]] || work_folder_here >/dev/null; then
        choose_lab "${1-}"
        folder=$(work_folder "$lab")
        [[ ! -d $folder ]] || cd -- "$folder" || exit 1
    fi
    # So that there is always something to note.
    export IPCLAB_SHELL=${lab:-none}
    [[ -z ${option[join]} ]] || join_shell "$lab"
    can_make_namespaces || die 1 "no private namespaces can be made here" "hint: ipclab doctor"
    mkdir -p "$shells" || exit 1
    namespaces_command words
    # Not mounted by unshare: the first process has to see its PID outside before.
    exec "${words[@]/--mount-proc/--propagation=private}" "$BASH" "$ipclab_library/sandbox/shell-init" "$shells"
}
