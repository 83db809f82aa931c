# shellcheck shell=bash
# src/ipclab/sandbox/sandbox.bash -- the sandbox that student code runs in, made from within the
# check's namespaces (namespaces.bash)
#
# It is a PID namespace in which the check cannot be seen, without a network, the system read-only,
# and of the home folders nothing but a copy of this work folder, in memory, as /lab.

# What of the system is in the sandbox, where there is such a thing.
sandbox_system=(/usr /bin /sbin /lib /lib32 /lib64 /libx32 /etc /opt /nix)

# The most memory that the sandbox's files and all segments together may take; two for /lab and
# /tmp, one for /dev/shm.
sandbox_files=$((64 * 1024 * 1024))
sandbox_segments=$((256 * 1024 * 1024))

# limit_segments: what a segment of 100 GiB meets. The limit is that of the namespace; a kernel
# before 6.0 does not let the root of a user namespace change it, and then RLIMIT_AS is all there is.
limit_segments() {
    echo $((sandbox_segments / $(getconf PAGESIZE))) 2>/dev/null >/proc/sys/kernel/shmall || :
}

# no_user_namespaces: in one of its own, student code would get an IPC namespace of its own, and
# that has no limits. Only where the outer namespaces have one of users can that be forbidden
# without forbidding it to others.
no_user_namespaces() {
    [[ -z ${IPCLAB_OWN_USER_NAMESPACE-} ]] ||
        echo 0 2>/dev/null >/proc/sys/user/max_user_namespaces || :
}

# make_sandbox: bubblewrap makes it where that works, otherwise (and for IPCLAB_SANDBOX=unshare)
# unshare does.
make_sandbox() {
    if [[ ${IPCLAB_SANDBOX-} != unshare ]] && bwrap --ro-bind / / true 2>/dev/null; then
        make_sandbox_by_bwrap
    else
        make_sandbox_by_unshare
    fi
}

# open_sandbox: make it; it is there for as long as this process, whatever it becomes by exec, has
# its input open.
# Sets: IPCLAB_BOX, exported, to the PID of its init.
open_sandbox() {
    local line
    mkfifo "$IPCLAB_SCRATCH/box.in" "$IPCLAB_SCRATCH/box.out"
    # shellcheck disable=SC2034 # it is there to be open
    exec {sandbox_input}<>"$IPCLAB_SCRATCH/box.in"
    make_sandbox <"$IPCLAB_SCRATCH/box.in" >"$IPCLAB_SCRATCH/box.out" 2>"$IPCLAB_SCRATCH/box.err" &
    IPCLAB_BOX=
    while IFS= read -r line; do
        [[ $line != *'"child-pid": '* ]] || IPCLAB_BOX=$(tr -dc 0-9 <<<"${line#*: }")
        [[ $line != ready ]] || break
    done <"$IPCLAB_SCRATCH/box.out"
    [[ -n $IPCLAB_BOX && $line == ready ]] ||
        die 1 "the sandbox could not be made: $(<"$IPCLAB_SCRATCH/box.err"); see ipclab doctor"
    export IPCLAB_BOX
}

# What the init of the sandbox runs: it ends with its input, and bash collects what it inherits. As
# PID 1 no signal from within can end it.
sandbox_init='echo ready; exec >&- 2>&- 5>&-; read -r _'

make_sandbox_by_bwrap() {
    local path words=(--unshare-pid --unshare-net --unshare-uts --hostname ipclab
        --die-with-parent --as-pid-1)
    for path in "${sandbox_system[@]}"; do
        if [[ -L $path ]]; then
            words+=(--symlink "$(readlink "$path")" "$path")
        elif [[ -d $path ]]; then
            words+=(--ro-bind "$path" "$path")
        fi
    done
    words+=(--proc /proc --dev /dev
        --size "$sandbox_files" --perms 1777 --tmpfs /dev/shm
        --size "$sandbox_files" --perms 1777 --tmpfs /tmp
        --size "$sandbox_files" --perms 1777 --tmpfs /lab
        --perms 755 --dir /ipclab --perms 755 --dir /ipclab/bin --perms 755 --dir /ipclab/lib
        --ro-bind "$IPCLAB_TOOLS" /ipclab/bin
        --ro-bind "$IPCLAB_PERTURB_SO" /ipclab/lib/perturb.so
        --remount-ro /dev --remount-ro / --chdir /lab --info-fd 5)
    # It closes the descriptor that it has told itself on.
    exec bwrap "${words[@]}" -- "$BASH" -c "$sandbox_init" 5>&1
}

make_sandbox_by_unshare() {
    export sandbox_init
    exec unshare --pid --fork --kill-child --mount --net --uts \
        "$BASH" "$ipclab_library/sandbox/sandbox-init" \
        "$IPCLAB_SCRATCH/root" "$sandbox_files" "${sandbox_system[@]}"
}

# fill_sandbox FOLDER: copy what is in the work folder into the sandbox, as the student.
fill_sandbox() {
    local errors=$IPCLAB_SCRATCH/copy.err
    (cd "$1" && find . -mindepth 1 -maxdepth 1 -print0 |
        tar --null --exclude-vcs -cf - --files-from=-) 2>"$errors" |
        in_box tar --no-same-owner -xf - 2>>"$errors" ||
        die 1 "$1 could not be copied: $(head -n 1 "$errors")" \
            "hint: a work folder may take $((sandbox_files >> 20)) MiB in all"
}
