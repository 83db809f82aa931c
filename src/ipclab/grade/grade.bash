# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/grade/grade.bash -- grade: check the work of a class, each student in a sandbox
#
# GNU parallel distributes the checks over CPUs and machines. Each check prints its results.json as
# one line, which keep stores as OUT/STUDENT/results.json, by rename(2). A file there is therefore
# complete, and --resume can rely on it: an interruption only costs the checks that were not
# finished.

# end_grade: end parallel, which ends its checks (--pdeathsig, in job_command), and remove the
# files.
end_grade() {
    [[ -z $parallel_pid ]] || kill -s KILL "$parallel_pid" 2>/dev/null
    parallel_pid=
    [[ -z $scratch ]] || rm -rf "$scratch"
}
parallel_pid=''

# open_scratch: create a directory that end_grade removes.
# Sets: scratch
open_scratch() {
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/ipclab-grade.XXXXXX" 2>/dev/null) ||
        die 1 "cannot create a directory in ${TMPDIR:-/tmp}" \
            "hint: is the disk full? df ${TMPDIR:-/tmp}"
    on_exit end_grade
}

# --- running the checks ------------------------------------------------------

# job_command LAB: print the shell command that parallel runs for each line of the plan. It ends
# when parallel ends.
job_command() {
    local folder='{3}'
    # On another machine, parallel has copied the folder to the current directory.
    # shellcheck disable=SC2016 # for that shell to expand
    is_local || folder='"$(case $PARALLEL_SSHLOGIN in :) echo {3} ;; *) echo ./{3/} ;; esac)"'
    printf 'exec env IPCLAB_PROGRESS=/dev/null IPCLAB_WALL=%q IPCLAB_WALL_TOLD=yes ' "$IPCLAB_WALL"
    # Here the job inherits the seed: without namespaces, student code can read the command lines of
    # other users.
    if is_local; then
        printf 'IPCLAB_CLASS={3//} '
    else
        printf 'IPCLAB_SEED=%q ' "${option[seed]}"
    fi
    # parallel gives the checks its own TMPDIR, which a student's user cannot pass.
    [[ $IPCLAB_BOX_KIND != folder ]] || ! is_local || printf 'TMPDIR=%q ' "${TMPDIR:-/tmp}"
    printf 'setpriv --pdeathsig TERM '
    printf 'ipclab check --format=gradescope --limit=%d %s %s' "${option[limit]:-600}" \
        "${1%%-*}" "$folder"
}

# is_local: true if all checks run on this machine.
is_local() {
    [[ -z ${option[sshlogin]//[:,]/} ]]
}

# run_jobs LAB: run a check for each line of standard input.
run_jobs() {
    # Without --trim n, --colsep takes the blanks off the end of a path.
    local words=(--plain --will-cite --colsep '\t' --trim n --tagstring $'{1}\t{2}'
        --tmpdir "$scratch")
    [[ -z ${option[jobs]} ]] || words+=(--jobs "${option[jobs]}")
    # The bar shows the path of a folder, and a terminal could act on its bytes.
    [[ ! -t 2 ]] || LC_ALL=C grep -q $'[^\t -~]' "$scratch/todo" || words+=(--bar)
    [[ -z ${option[sshlogin]} ]] || words+=(--sshlogin "${option[sshlogin]}")
    is_local || words+=(--transferfile '{3//}/./{3/}' --workdir ... --cleanup)
    # Keep parallel from storing what it knows of other machines in the home folder.
    IPCLAB_SEED=${option[seed]} PARALLEL_HOME=$scratch PARALLEL_SHELL=$BASH exec setpriv --pdeathsig KILL \
        parallel "${words[@]}" "$(job_command "$1")"
}

# leave_out_the_dead: take the machines that do not answer off the list, unless none does. What is
# not the plain name of a machine, such as a group or a command with options, stays.
# Sets: option[sshlogin]
leave_out_the_dead() {
    local login name logins left=''
    IFS=, read -ra logins <<<"${option[sshlogin]}"
    for login in "${logins[@]}"; do
        name=${login#*/}
        if [[ $name =~ ^[A-Za-z0-9_.@-]+$ && $name != -* ]] &&
            ! ssh -o BatchMode=yes -o ConnectTimeout=10 "$name" true </dev/null >/dev/null 2>&1; then
            echo "ipclab: $name does not answer; the other machines do its checks" >&2
        else
            left+=${left:+,}$login
        fi
    done
    [[ -z $left ]] || option[sshlogin]=$left
}

# to_do: print the lines of the plan that still have to be checked.
to_do() {
    local student submitted folder
    while IFS=$'\t' read -r student submitted folder _; do
        [[ $folder == - ]] || is_graded "$student" ||
            printf '%s\t%s\t%s\n' "$student" "$submitted" "$folder" || return
    done <"$scratch/plan"
}

# check_all LAB: run all checks that remain, and keep each result as it comes.
check_all() {
    local student submitted result results
    replace "$scratch/todo" to_do || no_room "$scratch/todo"
    [[ -s $scratch/todo ]] || return 0
    exec {results}< <(run_jobs "$1" <"$scratch/todo")
    parallel_pid=$!
    while IFS=$'\t' read -r student submitted result <&"$results"; do
        keep "$student" "$submitted" false < <(printf '%s\n' "$result") || :
    done
    exec {results}<&-
    wait "$parallel_pid"
    parallel_pid=
}

# keep_the_rest LAB: store a result for each student who has none.
# Sets: lost (how many checks were ended from outside)
keep_the_rest() {
    local student submitted folder reason
    while IFS=$'\t' read -r student submitted folder reason; do
        if [[ $folder == - ]]; then
            keep_without "$1" "$student" "$submitted" "$reason"
        elif ! is_graded "$student"; then
            lost=$((lost + 1))
            keep_without "$1" "$student" "$submitted" "the check was killed twice"
        fi
    done <"$scratch/plan"
}

do_grade() { # NN [DIR...]
    local lab lost=0
    [[ -n ${1-} ]] || usage_error "grade: missing lab number"
    choose_lab "$1"
    shift
    require_students grade "$@"
    choose_late "$lab"
    ready_to_check grade "${walls_for_grade[@]}"
    [[ $IPCLAB_WALL != none ]] || die 1 "grade: the wall none does not confine what students hand in" \
        "hint: --wall=landlock, or --wall=container in a container that you throw away"
    require_tools parallel
    # Without namespaces, checks would only wait for one another (await_turn).
    [[ $IPCLAB_BOX_KIND != folder ]] || option[jobs]=1
    [[ -n ${option[out]} ]] || option[out]=grades-${lab%%-*}
    open_scratch
    make_plan "$@"
    open_out "$lab"
    check_all "$lab"
    # Try again where there is no result: the machine may have run out of something.
    is_local || [[ -z $(to_do) ]] || leave_out_the_dead
    check_all "$lab"
    keep_the_rest "$lab"
    report_grades "$lab"
    ((lost == 0)) || die 1 "$lost checks were killed" "hint: --resume tries them again"
}
