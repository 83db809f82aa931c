# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/sandbox/sandbox.bash -- the sandbox that student code runs in, made inside the
# namespaces of the check (namespaces.bash)
#
# The sandbox has a PID namespace, in which the check is invisible, and no network. The system is
# read-only. A copy of the work folder, in memory, as /lab, is the only user's folder in it.

# The parts of the system that the sandbox contains, where they exist.
sandbox_system=(/usr /bin /sbin /lib /lib32 /lib64 /libx32 /etc /opt /nix)

# Bytes that the files in each of /lab, /tmp and /dev/shm may take, and all segments together.
sandbox_files=$((64 * 1024 * 1024))
sandbox_segments=$((256 * 1024 * 1024))

# How many files each of them may hold.
sandbox_inodes=4000

# The devices. Not tty, by which student code would reach the terminal of the user.
sandbox_devices=(null zero full random urandom)

# limit_segments: limit the total size of segments (kernel.shmall), which belongs to the IPC
# namespace. A kernel before 6.0 does not let the root of a user namespace set it; then only
# RLIMIT_AS limits a segment.
limit_segments() {
    echo $((sandbox_segments / $(getconf PAGESIZE))) 2>/dev/null >/proc/sys/kernel/shmall || :
}

# no_user_namespaces: forbid new user namespaces. In one, student code could create an IPC
# namespace, which has no limits. The setting belongs to the user namespace, so without one of our
# own it would affect other users.
no_user_namespaces() {
    [[ -z ${IPCLAB_OWN_USER_NAMESPACE-} ]] ||
        echo 0 2>/dev/null >/proc/sys/user/max_user_namespaces || :
}

# The namespaces of the sandbox, as bwrap(1) makes them.
bwrap_namespaces=(--unshare-pid --unshare-net --unshare-uts --hostname ipclab --die-with-parent
    --as-pid-1 --new-session)

# make_sandbox: become the sandbox's init, by bwrap(1) if that works and IPCLAB_SANDBOX does not
# forbid it, and by unshare(1) otherwise. bwrap sets up the loopback interface in the new network
# namespace, which takes one capability more than unshare does.
make_sandbox() {
    if [[ ${IPCLAB_SANDBOX-} != unshare ]] &&
        bwrap "${bwrap_namespaces[@]}" --ro-bind / / --proc /proc true 2>/dev/null; then
        make_sandbox_by_bwrap
    else
        make_sandbox_by_unshare
    fi
}

# find_hidden: find the folders of labs, which hold solutions and wrong answers, below the system
# that the sandbox contains: those of this ipclab and the class (IPCLAB_HIDE), and those of others
# that are installed.
# Sets: hidden (their real paths)
find_hidden() {
    local path folder folders
    IFS=: read -ra folders <<<"${IPCLAB_HIDE-}"
    hidden=()
    for folder in "${folders[@]}" {/usr,/usr/local,/opt,/opt/*}/share/ipclab/labs; do
        folder=$(cd -- "$folder" 2>/dev/null && pwd -P) || continue
        [[ " ${hidden[*]} " != *" $folder "* ]] || continue
        for path in "${sandbox_system[@]}"; do
            [[ -L $path || $folder != "$path"/* ]] || hidden+=("$folder")
        done
    done
}

# open_namespaces: make the scratch directory one in memory, limit what belongs to the namespaces of
# the check, and create the sandbox.
open_namespaces() {
    # All files from here on vanish with the namespace.
    mount -t tmpfs -o size=256m,mode=711 tmpfs "$IPCLAB_SCRATCH" ||
        die 1 "cannot mount a scratch directory; see ipclab doctor"
    cd "$IPCLAB_SCRATCH" || exit 1 # the student code may not be able to read the current directory
    limit_segments
    no_user_namespaces
    open_sandbox
}

# open_sandbox: create the sandbox. Its init ends when its standard input ends, so the sandbox lives
# as long as this process, which keeps the input open, even across exec.
# In $IPCLAB_SCRATCH/given lies what the check gives to student code, which sees it as /ipclab/given
# and cannot change it: FIFOs, libraries and programs.
# Sets: IPCLAB_BOX (the PID of the init), exported.
open_sandbox() {
    local line hidden
    find_hidden
    mkdir -m 755 "$IPCLAB_SCRATCH/given"
    mkfifo "$IPCLAB_SCRATCH/box.in" "$IPCLAB_SCRATCH/box.out"
    # shellcheck disable=SC2034 # it only has to stay open
    exec {sandbox_input}<>"$IPCLAB_SCRATCH/box.in"
    make_sandbox <"$IPCLAB_SCRATCH/box.in" >"$IPCLAB_SCRATCH/box.out" 2>"$IPCLAB_SCRATCH/box.err" &
    IPCLAB_BOX=
    while IFS= read -r line; do
        [[ $line != *'"child-pid": '* ]] || IPCLAB_BOX=$(tr -dc 0-9 <<<"${line#*: }")
        [[ $line != ready ]] || break
    done <"$IPCLAB_SCRATCH/box.out"
    [[ -n $IPCLAB_BOX && $line == ready ]] ||
        die 1 "cannot create the sandbox: $(<"$IPCLAB_SCRATCH/box.err"); see ipclab doctor"
    export IPCLAB_BOX
}

# What the init of the sandbox runs. It ends when its standard input ends; bash reaps the processes
# that it inherits. No signal from inside can kill it, because it is PID 1.
sandbox_init='echo ready; exec >&- 2>&- 5>&-; read -r _'

# memory_options: print the mount options of a file system for student code.
memory_options() {
    echo "size=$sandbox_files,nr_inodes=$sandbox_inodes,mode=1777,nosuid,nodev"
}

# make_memory: mount $IPCLAB_SCRATCH/memory/{shm,tmp,lab}, because bwrap's own tmpfs has no limit on
# the number of files.
make_memory() {
    local name
    for name in shm tmp lab; do
        mkdir -p "$IPCLAB_SCRATCH/memory/$name" &&
            mount -t tmpfs -o "$(memory_options)" tmpfs "$IPCLAB_SCRATCH/memory/$name" || return
    done
}

# bwrap's /proc has a /proc/sys that is read-only only for those whom the modes of its files let
# write there; those of IPC let the root of the user namespace.
make_sandbox_by_bwrap() {
    local path words=("${bwrap_namespaces[@]}")
    make_memory || exit
    for path in "${sandbox_system[@]}"; do
        if [[ -L $path ]]; then
            words+=(--symlink "$(readlink "$path")" "$path")
        elif [[ -d $path ]]; then
            words+=(--ro-bind "$path" "$path")
        fi
    done
    for path in "${hidden[@]}"; do
        words+=(--size 4096 --tmpfs "$path" --remount-ro "$path")
    done
    words+=(--proc /proc --ro-bind /proc/sys /proc/sys --size 65536 --perms 755 --tmpfs /dev)
    for path in "${sandbox_devices[@]}"; do words+=(--dev-bind "/dev/$path" "/dev/$path"); done
    words+=(--symlink /proc/self/fd /dev/fd --symlink /proc/self/fd/0 /dev/stdin
        --symlink /proc/self/fd/1 /dev/stdout --symlink /proc/self/fd/2 /dev/stderr
        --bind "$IPCLAB_SCRATCH/memory/shm" /dev/shm
        --bind "$IPCLAB_SCRATCH/memory/tmp" /tmp
        --bind "$IPCLAB_SCRATCH/memory/lab" /lab
        --perms 755 --dir /ipclab --perms 755 --dir /ipclab/bin --perms 755 --dir /ipclab/lib
        --ro-bind "$IPCLAB_SCRATCH/given" /ipclab/given
        --ro-bind "$IPCLAB_TOOLS" /ipclab/bin
        --ro-bind "$IPCLAB_PERTURB_SO" /ipclab/lib/perturb.so
        --remount-ro /dev --remount-ro / --chdir /lab --info-fd 5)
    # bwrap closes descriptor 5 after writing the PID to it.
    exec bwrap "${words[@]}" -- "$BASH" -c "$sandbox_init" 5>&1
}

make_sandbox_by_unshare() {
    export sandbox_init IPCLAB_DEVICES="${sandbox_devices[*]}"
    exec unshare --pid --fork --kill-child --mount --net --uts \
        "$BASH" "$ipclab_library/sandbox/sandbox-init" \
        "$IPCLAB_SCRATCH/root" "$(memory_options)" "${#hidden[@]}" "${hidden[@]}" "${sandbox_system[@]}"
}

# fill_sandbox FOLDER: copy the work folder into the sandbox, as the student.
fill_sandbox() {
    local errors=$IPCLAB_SCRATCH/copy.err
    (cd "$1" && find . -mindepth 1 -maxdepth 1 -print0 |
        tar --null --exclude-vcs -cf - --files-from=-) 2>"$errors" |
        in_box tar --no-same-owner -xf - 2>>"$errors" ||
        die 1 "cannot copy $1: $(head -n 1 "$errors")" \
            "hint: a work folder may take at most $((sandbox_files >> 20)) MiB"
}
