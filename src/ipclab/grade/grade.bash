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
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/ipclab-grade.XXXXXX") || exit 1
    on_exit end_grade
}

# --- keeping results ---------------------------------------------------------

# open_out LAB: create the directory of --out or, for --resume, verify that an earlier run for this
# lab created it.
# Sets: option[out], to an absolute path
open_out() {
    local before folder out
    out=$(printable "${option[out]}")
    if [[ -z ${option[resume]} ]]; then
        is_empty "${option[out]}" || die 1 "$out already exists and will not be overwritten" \
            "hint: use --resume to continue there, or --out for another directory"
    else
        read -r before 2>/dev/null <"${option[out]}/.graded" ||
            die 1 "$out holds no results to continue"
        [[ $before == "$1" ]] || die 1 "$out holds results of $(printable "$before"), not of $1"
    fi
    option[out]=$(realpath -m -- "${option[out]}")
    # A file of a student must not pass for a result.
    while IFS=$'\t' read -r _ _ folder; do
        [[ ${option[out]}/ != "$folder"/* && $folder/ != "${option[out]}"/* ]] ||
            die 2 "$out overlaps with the work to grade"
    done <"$scratch/plan"
    mkdir -p -- "${option[out]}" && echo "$1" >"${option[out]}/.graded" || exit 1
}

# is_graded STUDENT: true if there is a result that is not due to a failure of the machine.
is_graded() {
    [[ -f ${option[out]}/$1/results.json ]] &&
        ! grep -q '^ *"lost": true' "${option[out]}/$1/results.json"
}

# late_by SUBMITTED: print how many seconds that is after the deadline; null without a deadline or a
# time of submission.
late_by() {
    if [[ -z $deadline || $1 == - ]]; then
        echo null
    else
        echo $(($1 > deadline ? $1 - deadline : 0))
    fi
}

# keep STUDENT SUBMITTED LOST: store the result on standard input, after deducting points for
# lateness. LOST is true if the machine failed, so that --resume checks again. Returns 1 if the
# input is not a complete result, or cannot be written.
keep() {
    local late off=0 directory=${option[out]}/$1 file
    file=$directory/results.json
    late=$(late_by "$2")
    [[ $late == null ]] || off=$(late_off "$late")
    mkdir -p -- "$directory" && jq --argjson late "$late" --argjson off "$off" \
        --argjson lost "$3" '
        .score = .score * (100 - $off) / 100
        | if $off > 0 then .output += "\n\($late) seconds late: \($off)% of the points deducted"
          else . end
        | .extra_data += {$late, $off, $lost}' >"$file.new" 2>/dev/null &&
        [[ -s $file.new ]] && mv -T -- "$file.new" "$file"
}

# keep_without LAB STUDENT SUBMITTED LOST REASON: store a result without points, because there was
# no check.
keep_without() {
    make_result "$1" "" "$(chosen_checks "$1" '')" 0 "$5" </dev/null | print_events gradescope |
        keep "$2" "$3" "$4" ||
        die 1 "cannot write $(printable "${option[out]}/$2/results.json")"
}

# --- running the checks ------------------------------------------------------

# job_command LAB: print the shell command that parallel runs for each line of the plan. It ends
# when parallel ends.
job_command() {
    local folder='{3}'
    # On another machine, parallel has copied the folder to the current directory.
    # shellcheck disable=SC2016 # for that shell to expand
    is_local || folder='"$(case $PARALLEL_SSHLOGIN in :) echo {3} ;; *) echo ./{3/} ;; esac)"'
    printf 'exec env IPCLAB_PROGRESS=/dev/null IPCLAB_SEED=%q setpriv --pdeathsig TERM ' \
        "${option[seed]:-ipclab}"
    printf 'ipclab check --format=gradescope --limit=%d %s %s' "${option[limit]:-600}" \
        "${1%%-*}" "$folder"
}

# is_local: true if all checks run on this machine.
is_local() {
    [[ -z ${option[sshlogin]//[:,]/} ]]
}

# run_jobs LAB: run a check for each line of standard input.
run_jobs() {
    local words=(--plain --will-cite --colsep '\t' --tagstring $'{1}\t{2}' --tmpdir "$scratch")
    [[ -z ${option[jobs]} ]] || words+=(--jobs "${option[jobs]}")
    [[ ! -t 2 ]] || words+=(--bar)
    [[ -z ${option[sshlogin]} ]] || words+=(--sshlogin "${option[sshlogin]}")
    is_local || words+=(--transferfile '{3//}/./{3/}' --workdir ... --cleanup)
    # Keep parallel from storing what it knows of other machines in the home folder.
    PARALLEL_HOME=$scratch PARALLEL_SHELL=$BASH exec setpriv --pdeathsig KILL \
        parallel "${words[@]}" "$(job_command "$1")"
}

# to_do: print the lines of the plan that still have to be checked.
to_do() {
    local student submitted folder
    while IFS=$'\t' read -r student submitted folder; do
        [[ $folder == - ]] || is_graded "$student" ||
            printf '%s\t%s\t%s\n' "$student" "$submitted" "$folder"
    done <"$scratch/plan"
}

# check_all LAB: run all checks that remain, and keep each result as it comes.
check_all() {
    local student submitted result results
    to_do >"$scratch/todo"
    [[ -s $scratch/todo ]] || return 0
    exec {results}< <(run_jobs "$1" <"$scratch/todo")
    parallel_pid=$!
    while IFS=$'\t' read -r student submitted result <&"$results"; do
        keep "$student" "$submitted" false <<<"$result" || :
    done
    exec {results}<&-
    wait "$parallel_pid"
    parallel_pid=
}

# keep_the_rest LAB: store a result for each student who has none.
# Sets: lost (how many checks were ended from outside)
keep_the_rest() {
    local student submitted folder
    while IFS=$'\t' read -r student submitted folder; do
        if [[ $folder == - ]]; then
            keep_without "$1" "$student" "$submitted" false "this student has not submitted work"
        elif ! is_graded "$student"; then
            lost=$((lost + 1))
            keep_without "$1" "$student" "$submitted" true "the check was killed twice"
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
    ready_to_check
    require_tools parallel
    [[ -n ${option[out]} ]] || option[out]=grades-${lab%%-*}
    open_scratch
    make_plan "$@"
    open_out "$lab"
    check_all "$lab"
    # Try again where there is no result: the machine may have run out of something.
    check_all "$lab"
    keep_the_rest "$lab"
    report_grades "$lab"
    ((lost == 0)) || die 1 "$lost checks were killed" "hint: --resume tries them again"
}
