# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# labs/lib/box-folder.bash -- the box where it is a folder, without namespaces (box.bash)
#
# The IPC objects and the processes of the whole machine are in view, so this finds those that are
# the student's or the check's. Processes: IPCLAB_BOX is the process that keeps all others of the
# check (enter-box --keep); the student's are its descendants in a session that is not its own.
#
# Objects: those that are new since the check began, and whose creator is the student's user. If no
# other program runs as that user (the check runs as root), that is all. Otherwise other programs of
# the same user make objects, too, so a living process outside the check must not have made the
# segment, have attached or detached it last, have operated on the set or the queue last, or have the
# file of a POSIX object open. The kernel notes no more. So an object is taken for the student's, and
# removed, that another program of the same user made while the check ran, if that program has ended
# since, or if it is a set or a queue on which no process has operated yet.

# shellcheck disable=SC2034 # for box.bash and the tests
lab_there=$IPCLAB_SCRATCH/lab tmp_there=$IPCLAB_SCRATCH/tmp given_there=$IPCLAB_SCRATCH/given \
    tools_there=$IPCLAB_SCRATCH/bin perturb_there=$IPCLAB_SCRATCH/lib/perturb.so

# shellcheck disable=SC2034
box_door=("$IPCLAB_ENTER_BOX" --folder "$IPCLAB_UID" "${IPCLAB_RULES:--}" "$lab_there")

# The user whose objects are the student's. If it is another one than ours, what the check runs for
# itself acts as that user, too: root of a container may lack the rights to attach the student's segments
# and to look into the student's processes. The tools do by themselves (folder.bash).
# shellcheck disable=SC2034
object_owner=$EUID beside_box=()
if ((IPCLAB_UID)); then
    object_owner=$IPCLAB_UID
    beside_box=(setpriv --reuid="$IPCLAB_UID" --regid="$IPCLAB_UID" --clear-groups --inh-caps=-all --)
fi
[[ ! -d $IPCLAB_SCRATCH/tools ]] || PATH=$IPCLAB_SCRATCH/tools:$PATH

# The objects that were there before the check began: "shm 5", "/dev/shm/NAME".
declare -gA was_there=()
if [[ -f $IPCLAB_SCRATCH/before ]]; then
    while IFS= read -r -d '' object; do was_there[$object]=yes; done <"$IPCLAB_SCRATCH/before"
fi

# --- processes ---------------------------------------------------------------

# stat_of PID: sets $parent and $session.
stat_of() {
    local stat
    read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
    # The name, in parentheses, may hold anything.
    read -r _ parent _ session _ <<<"${stat##*) }"
}

# is_boxed PID: it is a process of the student's programs, if it descends from the check.
is_boxed() {
    local parent session
    stat_of "$1" && [[ $session != "$box_session" ]]
}

box_session=
if [[ -n ${IPCLAB_BOX-} ]] && stat_of "$IPCLAB_BOX"; then box_session=$session; fi

# box_pids: prints the PID of each process of the student's programs, in a tree whose children are
# those of every thread.
box_pids() {
    local pid pids=("$IPCLAB_BOX") file found words parent session
    while ((${#pids[@]})); do
        found=()
        for pid in "${pids[@]}"; do
            for file in "/proc/$pid/task/"*/children; do
                # The file has no newline, so read fails even when it has read PIDs.
                words=()
                read -ra words 2>/dev/null <"$file" || :
                found+=("${words[@]}")
            done 2>/dev/null
        done
        for pid in "${found[@]}"; do
            # A process that has ended and that its parent has not yet waited for counts, as in a namespace.
            ! stat_of "$pid" || [[ $session == "$box_session" ]] || echo "$pid"
        done
        pids=("${found[@]}")
    done
}

# is_foreign PID: it is a living process that does not descend from the check.
is_foreign() {
    local pid=$1 parent session
    until [[ $pid == "$IPCLAB_BOX" ]]; do
        stat_of "$pid" || return 1
        pid=$parent
        ((pid > 1)) || return 0
    done
    return 1
}

# no_foreign PID...
no_foreign() {
    local pid
    for pid; do
        [[ $pid == 0 ]] || ! is_foreign "$pid" || return 1
    done
}

# waiting_pids: prints the PID of each of the student's processes that waits in semop(2).
waiting_pids() {
    comm -12 <(semop-tool waiters --raw --noheadings -o PID 2>/dev/null | sort) <(box_pids | sort)
}

# --- objects -----------------------------------------------------------------

# all_sysv: prints KIND, ID, the user who made it, and the processes that the kernel notes, for each
# System V object of the machine.
all_sysv() {
    local id user one two
    while read -r _ id _ _ one two _ _ _ user _; do echo "shm $id $user $one $two"; done </proc/sysvipc/shm
    while read -r _ id _ _ _ _ user _; do echo "sem $id $user"; done </proc/sysvipc/sem
    while read -r _ id _ _ _ one two _ _ user _; do echo "msg $id $user $one $two"; done </proc/sysvipc/msg
}

# all_posix: prints "/dev/shm/NAME", and a zero byte, for each POSIX object of the machine.
all_posix() {
    local path
    for path in /dev/shm/{.[!.],..?,}*; do
        [[ ! -L $path && ! -e $path ]] || printf '%s\0' "$path"
    done
}

# note_objects: writes down what is there before the check.
note_objects() {
    {
        all_sysv | awk '{ printf "%s %s%c", $1, $2, 0 }'
        all_posix
    } >"$IPCLAB_SCRATCH/before.new" && mv "$IPCLAB_SCRATCH/before.new" "$IPCLAB_SCRATCH/before"
}

# is_ours KIND ID USER [PID...]: the student or the check made this System V object.
is_ours() {
    local users=("${@:4}")
    [[ -z ${was_there[$1 $2]-} && $3 == "$object_owner" ]] || return 1
    ((IPCLAB_UID == 0)) || return 0
    [[ $1 != sem ]] ||
        mapfile -t users < <(semop-tool show --raw --noheadings -o LPID "$2" 2>/dev/null | grep -x '[0-9]*')
    no_foreign "${users[@]}"
}

sysv_objects() {
    local kind id rest
    while read -r kind id rest; do
        # The headings have a name for an id.
        # shellcheck disable=SC2086 # words
        [[ $id != *[0-9] ]] || ! is_ours "$kind" "$id" $rest || echo "$kind $id"
    done < <(all_sysv)
}

# users_of FILE: prints the PID of each process that has the file mapped or open. Names with
# newlines have no users.
users_of() {
    {
        grep -lsF -- " $1" /proc/[0-9]*/maps
        find /proc/[0-9]*/fd -maxdepth 1 -type l -printf '%h %l\n' 2>/dev/null | grep -F -- " $1"
    } | sed 's|^/proc/\([0-9]*\)/.*|\1|' | sort -u
}

# is_our_file FILE
is_our_file() {
    local users
    [[ -z ${was_there[$1]-} && $(stat -c %u -- "$1" 2>/dev/null) == "$object_owner" ]] || return 1
    ((IPCLAB_UID == 0)) || return 0
    mapfile -t users < <(users_of "$1")
    no_foreign "${users[@]}"
}

# our_files: prints "/dev/shm/NAME", and a zero byte, for each POSIX object of the student's.
our_files() {
    local path
    while IFS= read -r -d '' path; do
        ! is_our_file "$path" || printf '%s\0' "$path"
    done < <(all_posix)
}

posix_objects() {
    our_files | tr '\0' '\n'
}

# rm(1) follows no link.
remove_posix_objects() {
    our_files | xargs -0 -r rm -rf --
}

is_free_key() {
    local kind key id
    for kind in shm sem msg; do
        while read -r key id _; do
            [[ $id != *[0-9] ]] || ((key != $1 && key + 4294967296 != $1)) || [[ -z ${was_there[$kind $id]-} ]] ||
                return 1
        done <"/proc/sysvipc/$kind"
    done
}
