# shellcheck shell=bash
# src/ipclab/sandbox/sandbox.bash -- where the student's code runs
#
# Two walls. The outer one holds the check: an IPC namespace, so that objects vanish with it; a PID namespace, so that
# however the check ends, SIGKILL included, all its processes end; mounts of its own, so that its scratch directory is
# never on the disk. The inner one, the box, holds what the student wrote: a PID namespace in which the check cannot be
# seen, no network, the system read-only, and of the home folders nothing but a copy of this work folder, in memory, as
# /lab. Both share the IPC namespace: that is what the check looks at.
#
# As root, student code runs as IPCLAB_NOBODY, for the limits of setrlimit(2) do not bind root; as anybody else, as oneself
# without capabilities, in a user namespace. RLIMIT_NPROC counts all processes of a user, so each check has a user of its
# own: else two checks at a time would take processes from each other.

# What of the system is in the box, where there is such a thing.
box_system=(/usr /bin /sbin /lib /lib32 /lib64 /libx32 /etc /opt /nix)

# The most memory that the box's files and all segments together may take; two for /lab and /tmp, one for /dev/shm.
box_files=$((64 * 1024 * 1024))
box_segments=$((256 * 1024 * 1024))

# outer_wall: set $wall to the words in front of a command that run it behind the outer wall.
outer_wall() {
    wall=(unshare --ipc --pid --fork --kill-child --mount --mount-proc)
    ((EUID == 0)) || wall+=(--user --map-root-user)
}

# student_uid: who student code runs as behind the wall. Root of a user namespace that has nobody but itself (ours, or that
# of a container) is an ordinary user outside, and stays who it is.
student_uid() {
    local number
    # Which no other has as long as this check lives: a PID is below 1 << 22, and those of other namespaces are elsewhere.
    number=$(($(stat -L -c %i /proc/self/ns/pid) % 1000 * (1 << 22) + $$))
    awk -v euid="$EUID" -v wanted="${IPCLAB_NOBODY:-$((1000000000 + number % 1000000000))}" '
        $1 <= wanted && wanted < $1 + $3 { own = 1 }
        $1 <= 65534 && 65534 < $1 + $3 { nobody = 1 }
        END { print euid != 0 ? 0 : own ? wanted : nobody ? 65534 : 0 }' /proc/self/uid_map
}

# can_wall: such namespaces can be made here.
can_wall() {
    local wall
    outer_wall
    "${wall[@]}" true 2>/dev/null
}

# --- behind the outer wall ---------------------------------------------------

# limit_segments: what a segment of 100 GiB meets. The limit is that of the namespace; a kernel before 6.0 does not let
# the root of a user namespace change it, and then RLIMIT_AS is all there is.
limit_segments() {
    echo $((box_segments / $(getconf PAGESIZE))) 2>/dev/null >/proc/sys/kernel/shmall || :
}

# no_user_namespaces: in one of its own, student code would get an IPC namespace of its own, and that has no limits. Only
# where the outer wall is a user namespace can that be forbidden without forbidding it to others.
no_user_namespaces() {
    [[ -z ${IPCLAB_OWN_USER_NAMESPACE-} ]] || echo 0 2>/dev/null >/proc/sys/user/max_user_namespaces || :
}

# box_maker: which function makes it: bubblewrap's where that works, unshare's otherwise (and for IPCLAB_SANDBOX=unshare).
box_maker() {
    if [[ ${IPCLAB_SANDBOX-} != unshare ]] && bwrap --ro-bind / / true 2>/dev/null; then
        echo box_by_bwrap
    else
        echo box_by_unshare
    fi
}

# open_box: make it and set IPCLAB_BOX to the PID of its init, which is there for as long as this process, whatever it
# becomes by exec, has its input open.
open_box() {
    local line
    mkfifo "$IPCLAB_SCRATCH/box.in" "$IPCLAB_SCRATCH/box.out"
    # shellcheck disable=SC2034 # it is there to be open
    exec {box_input}<>"$IPCLAB_SCRATCH/box.in"
    "$(box_maker)" <"$IPCLAB_SCRATCH/box.in" >"$IPCLAB_SCRATCH/box.out" 2>"$IPCLAB_SCRATCH/box.err" &
    IPCLAB_BOX=
    while IFS= read -r line; do
        [[ $line != *'"child-pid": '* ]] || IPCLAB_BOX=$(tr -dc 0-9 <<<"${line#*: }")
        [[ $line != ready ]] || break
    done <"$IPCLAB_SCRATCH/box.out"
    [[ -n $IPCLAB_BOX && $line == ready ]] ||
        die 1 "the sandbox could not be made: $(<"$IPCLAB_SCRATCH/box.err"); see ipclab doctor"
    export IPCLAB_BOX
}

# The init of the box: ends with its input, and bash collects what it inherits. As PID 1 no signal from within can end
# it. $1 is what to tell first.
box_init='echo ready; exec >&- 2>&- 5>&-; read -r _'

box_by_bwrap() {
    local path words=(--unshare-pid --unshare-net --unshare-uts --hostname ipclab --die-with-parent --as-pid-1)
    for path in "${box_system[@]}"; do
        if [[ -L $path ]]; then
            words+=(--symlink "$(readlink "$path")" "$path")
        elif [[ -d $path ]]; then
            words+=(--ro-bind "$path" "$path")
        fi
    done
    words+=(--proc /proc --dev /dev
        --size "$box_files" --perms 1777 --tmpfs /dev/shm
        --size "$box_files" --perms 1777 --tmpfs /tmp
        --size "$box_files" --perms 1777 --tmpfs /lab
        --perms 755 --dir /ipclab --perms 755 --dir /ipclab/bin --perms 755 --dir /ipclab/lib
        --ro-bind "$IPCLAB_TOOLS" /ipclab/bin --ro-bind "$IPCLAB_PERTURB_SO" /ipclab/lib/perturb.so
        --remount-ro /dev --remount-ro / --chdir /lab --info-fd 5)
    # It closes the descriptor that it has told itself on.
    exec bwrap "${words[@]}" -- "$BASH" -c "$box_init" 5>&1
}

box_by_unshare() {
    export box_init
    exec unshare --pid --fork --kill-child --mount --net --uts "$BASH" "$ipclab_library/sandbox/sandbox-init" \
        "$IPCLAB_SCRATCH/root" "$box_files" "${box_system[@]}"
}

# fill_box FOLDER: copy what is in the work folder into the box, as the student.
fill_box() {
    (cd "$1" && find . -mindepth 1 -maxdepth 1 -print0 | tar --null --exclude-vcs -cf - --files-from=-) \
        2>"$IPCLAB_SCRATCH/copy.err" | in_box tar --no-same-owner -xf - 2>>"$IPCLAB_SCRATCH/copy.err" ||
        die 1 "$1 could not be copied: $(head -n 1 "$IPCLAB_SCRATCH/copy.err")" \
            "hint: a work folder may take $((box_files >> 20)) MiB in all"
}
