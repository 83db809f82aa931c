# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# labs/lib/box-namespaces.bash -- the box where it has namespaces of its own (box.bash)
#
# All objects of the IPC namespace are the student's or the check's, and all processes of the PID
# namespace are the student's.

# The paths of the box, as the student's programs see them.
# shellcheck disable=SC2034 # for box.bash and the tests
lab_there=/lab tmp_there=/tmp given_there=/ipclab/given tools_there=/ipclab/bin \
    perturb_there=/ipclab/lib/perturb.so

# What, before a command, runs it in the box.
# shellcheck disable=SC2034
box_door=("$IPCLAB_ENTER_BOX" "${IPCLAB_BOX-}" "$IPCLAB_UID")

# What, before a command of the check's own, lets it reach the student's objects and processes.
# shellcheck disable=SC2034
beside_box=()

# is_boxed PID: it is a process of the student's programs.
is_boxed() {
    [[ /proc/$1/ns/pid -ef /proc/$IPCLAB_BOX/ns/pid ]]
}

# box_pids: prints the PIDs, as seen from outside, of all processes in the box except its init.
box_pids() {
    local directory
    for directory in /proc/[0-9]*; do
        [[ ${directory#/proc/} == "$IPCLAB_BOX" ]] || ! is_boxed "${directory#/proc/}" ||
            echo "${directory#/proc/}"
    done
}

# waiting_pids: prints the PID of each process that waits in semop(2).
waiting_pids() {
    semop-tool waiters --raw --noheadings -o PID 2>/dev/null
}

# sysv_objects: prints "shm 5", "sem 7", ... for each System V object.
sysv_objects() {
    local kind id
    for kind in shm sem msg; do
        {
            read -r _ # the heading
            while read -r _ id _; do echo "$kind $id"; done
        } <"/proc/sysvipc/$kind"
    done
}

# posix_objects: prints "/dev/shm/NAME" for each POSIX object. It reads the directory from outside,
# because every test calls this, and entering the box takes two programs. Student code can write to
# the directory but not replace it, and a link in it is not followed, only named.
posix_objects() {
    local path files=()
    files=("/proc/$IPCLAB_BOX/root/dev/shm"/{.[!.],..?,}*)
    for path in "${files[@]}"; do
        [[ ! -L $path && ! -e $path ]] || echo "/dev/shm/${path##*/}"
    done
}

# remove_posix_objects: their names may hold blanks and newlines.
remove_posix_objects() {
    in_box find /dev/shm -mindepth 1 -delete
}

# is_free_key KEY: no object that others made has this key.
is_free_key() {
    :
}
