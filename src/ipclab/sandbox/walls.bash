# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/sandbox/walls.bash -- the walls that student code can run behind, and the choice
#
# Each wall has a function can_NAME, which tries what a check will use and prints the reason if that
# fails; a line in wall_box, the kind of its box; and one in wall_lacks, what it does not hold.
# namespaces confines anybody's code. landlock confines code where the kernel has Landlock and no
# namespaces can be made. container is for a container that is thrown away: the container is the
# wall, and student code has a user of its own in it. none is for one's own code.

# The walls from which a check chooses by itself, the best first, and those from which grade does.
# shellcheck disable=SC2034 # for the subcommands
walls_for_check=(namespaces landlock none)
# shellcheck disable=SC2034
walls_for_grade=(namespaces)

declare -A wall_box=([namespaces]=namespaces [landlock]=folder [container]=folder [none]=folder)
declare -A wall_lacks=(
    [namespaces]=''
    [landlock]="no private IPC namespace: objects are the machine's own; no bound on the disk"
    [container]=''
    [none]="nothing but a folder, and objects are the machine's own; run only your own code")

# can_wall NAME: true if a check can run behind this wall here. why_not_wall NAME: print the reason
# why it cannot, on one line.
can_wall() {
    "can_$1" >/dev/null 2>&1
}

why_not_wall() {
    "can_$1" 2>&1 | grep . | tail -n 1
}

# best_wall [NAME...]: find the first of these walls that can be had, by default those from which
# check chooses. Returns 1 if there is none. In no subshell, which would forget what was tried.
# Sets: wall
best_wall() {
    (($#)) || set -- "${walls_for_check[@]}"
    for wall; do
        ! can_wall "$wall" || return 0
    done
    wall=
    return 1
}

can_namespaces() {
    can_make_namespaces && return
    read_situation
    echo "$situation_sentence"
    return 1
}

# enter_folder_as RULES: run true(1) in a folder, as student code will run, with these rules of
# Landlock on standard input, or with "-" for none.
enter_folder_as() {
    "$IPCLAB_ENTER_BOX" --folder "$(student_uid)" "$1" / "PATH=$PATH" -- true
}

can_landlock() {
    printf 'x/\0' | enter_folder_as /dev/stdin
}

can_container() {
    if (($(student_uid) == 0)); then
        echo "only root can give student code a user of its own"
        return 1
    fi
    enter_folder_as -
}

can_none() {
    enter_folder_as -
}

# choose_wall SUBCOMMAND NAME...: choose the wall that --wall or IPCLAB_WALL names, or else the best
# of these. Exits if it cannot be had.
# Sets: IPCLAB_WALL, IPCLAB_BOX_KIND
choose_wall() {
    local named=${option[wall]:-${IPCLAB_WALL-}} wall
    if [[ -z $named ]]; then
        best_wall "${@:2}" || refuse_without_wall "$@"
        IPCLAB_WALL=$wall
    else
        is_wall "$named" || die 2 "IPCLAB_WALL=$(printable "$named"): use ${option_rule[wall]#use }"
        IPCLAB_WALL=$named
        can_wall "$IPCLAB_WALL" ||
            die 1 "cannot have the wall $IPCLAB_WALL here: $(why_not_wall "$IPCLAB_WALL")" \
                "$(wall_hints "$IPCLAB_WALL")"
    fi
    # shellcheck disable=SC2034 # for the subcommands
    IPCLAB_BOX_KIND=${wall_box[$IPCLAB_WALL]}
}

is_wall() {
    [[ $1 =~ ${option_pattern[wall]} ]]
}

# wall_hints NAME: print what helps to have this wall.
wall_hints() {
    if [[ $1 == namespaces ]]; then
        read_situation
        situation_hints
    else
        echo "hint: ipclab doctor"
    fi
}

# refuse_without_wall SUBCOMMAND NAME...
refuse_without_wall() {
    local hints
    hints=$(wall_hints "${*: -1}")
    [[ $1 != grade ]] || hints+=$'\n'"hint: in a container that you throw away: ipclab grade --wall=container"
    die 1 "$1: cannot have the wall ${*: -1} here: $(why_not_wall "${*: -1}")" "$hints"
}

# tell_wall: say on standard error, once, what the chosen wall does not hold.
tell_wall() {
    local lacks=${wall_lacks[$IPCLAB_WALL]}
    [[ -n $lacks && -z ${IPCLAB_WALL_TOLD-} ]] || return 0
    printf 'ipclab: wall %s: %s\n' "$IPCLAB_WALL" "$lacks" >&2
    export IPCLAB_WALL_TOLD=yes
}
