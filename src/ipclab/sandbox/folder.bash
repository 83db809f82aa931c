# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/sandbox/folder.bash -- the box where no namespaces can be made: a folder
#
# $IPCLAB_SCRATCH holds lab (the copy of the work folder), tmp, given, bin (the tools) and lib; the
# student's programs run in lab by enter-box --folder. If the wall is landlock, or the kernel has it
# besides, they can read and write no other files of the user. enter-box --keep ends all processes
# of the check, and then clear-folder removes the objects and the directory.

# find_rules: print the rules of Landlock (folder.c), each with a zero byte at its end.
find_rules() {
    local path hidden
    find_hidden
    for path in "${sandbox_system[@]}"; do
        [[ -L $path || ! -d $path ]] || allow_around "$path"
    done
    printf 'd%s\0' "${sandbox_devices[@]/#//dev/}"
    printf 'r%s\0' /proc
    printf 'w%s\0' /dev/shm "$IPCLAB_SCRATCH/lab" "$IPCLAB_SCRATCH/tmp"
    printf 'x%s\0' "$IPCLAB_SCRATCH/"{given,bin,lib}
    printf 'f%s\0' "$IPCLAB_SCRATCH/given"
}

# allow_around PATH: print the rule for PATH or, if hidden folders are in it, those for what lies
# around them: the rules of Landlock add up, so that nothing in PATH could be taken back.
allow_around() {
    local path folder inside=
    for folder in "${hidden[@]}"; do
        [[ $folder != "$1" ]] || return 0
        [[ $folder != "$1"/* ]] || inside=yes
    done
    if [[ -z $inside ]]; then
        printf 'x%s\0' "$1"
        return
    fi
    for path in "$1"/{.[!.],}*; do
        [[ -L $path || ! -e $path ]] || allow_around "$path"
    done
}

# copy_tools: copy the tools, and the library that disturbs, because another user may not be able to
# reach them where they are.
copy_tools() {
    local tool
    for tool in "$IPCLAB_TOOLS"/{shm,sem,msg,inter,ipc}*; do
        [[ ! -f $tool || ! -x $tool || $tool == */ipclab ]] || cp -- "$tool" "$IPCLAB_SCRATCH/bin" || return
    done
    cp -- "$IPCLAB_PERTURB_SO" "$IPCLAB_SCRATCH/lib/perturb.so"
}

# make_tools: for the check's own use, make tools that act as the student's user: root of a container
# may lack the capabilities to read and to remove another user's objects.
make_tools() {
    local tool
    mkdir "$IPCLAB_SCRATCH/tools"
    for tool in "$IPCLAB_SCRATCH/bin/"* "$(type -P ipcrm)" "$(type -P ipcmk)"; do
        printf '#!/bin/sh\nexec setpriv --reuid=%d --regid=%d --clear-groups --inh-caps=-all -- %q "$@"\n' \
            "$IPCLAB_UID" "$IPCLAB_UID" "$tool" >"$IPCLAB_SCRATCH/tools/${tool##*/}" || return
        chmod 755 "$IPCLAB_SCRATCH/tools/${tool##*/}" || return
    done
}

# make_folder_box: make the directories, which another user has to pass.
make_folder_box() {
    chmod 711 "$IPCLAB_SCRATCH" &&
        mkdir -m 755 "$IPCLAB_SCRATCH/"{given,bin,lib} &&
        mkdir -m 700 "$IPCLAB_SCRATCH/"{lab,tmp} && copy_tools || return
    ((IPCLAB_UID == 0)) || { chown "$IPCLAB_UID:$IPCLAB_UID" "$IPCLAB_SCRATCH/"{lab,tmp} && make_tools; }
}

# open_folder: create the box.
# Sets, exported: IPCLAB_BOX (the process that keeps all others of the check), IPCLAB_RULES,
# IPCLAB_TASKS (if the user's other processes count for the limit of processes)
open_folder() {
    export IPCLAB_BOX=$PPID IPCLAB_RULES=-
    ((IPCLAB_UID != 0)) || IPCLAB_TASKS=$(ps -L --no-headers -u "$EUID" | wc -l)
    [[ -z ${IPCLAB_TASKS-} ]] || export IPCLAB_TASKS
    make_folder_box || die 1 "cannot make the box in $IPCLAB_SCRATCH"
    if [[ -n ${IPCLAB_LANDLOCK-} ]]; then
        IPCLAB_RULES=$IPCLAB_SCRATCH/rules
        find_rules >"$IPCLAB_RULES" || exit 1
    fi
    # In a shell of its own: box.bash reads what this writes.
    # shellcheck source=../../../labs/lib/box.bash disable=SC2153
    (source "$IPCLAB_LIB/box.bash" && note_objects) || exit 1
    cd "$IPCLAB_SCRATCH" || exit 1
}

# note_machine: for what runs as ourselves and in no box, note which objects the machine has.
# Sets, exported: IPCLAB_SCRATCH (a new directory), and what box.bash reads
note_machine() {
    export IPCLAB_SCRATCH IPCLAB_BOX_KIND=folder IPCLAB_UID=0 IPCLAB_BOX=$BASHPID
    IPCLAB_SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/ipclab-objects.XXXXXX") || return
    # shellcheck source=../../../labs/lib/box.bash
    (source "$IPCLAB_LIB/box.bash" && note_objects)
}
