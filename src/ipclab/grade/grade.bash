# shellcheck shell=bash
# src/ipclab/grade/grade.bash -- grade: check the work of a whole class, each in a sandbox of its own
#
# GNU parallel spreads the checks over cores and machines; each prints its results.json as one line, which is kept here, in
# OUT/STUDENT/results.json, by rename(2): what is there is complete, and that is what --resume goes by. So whatever ends a
# check, or all of this, costs what was not done yet, and nothing else.

# end_grade: on every way out. With parallel, its checks end (--pdeathsig, in job).
end_grade() {
    [[ -z $jobs_pid ]] || kill -s KILL "$jobs_pid" 2>/dev/null
    jobs_pid=
    [[ -z $scratch ]] || rm -rf "$scratch"
}
jobs_pid=''

# open_scratch: make $scratch, a directory that goes on every way out.
open_scratch() {
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/ipclab-grade.XXXXXX") || exit 1
    on_exit end_grade
}

# ready_to_grade
ready_to_grade() {
    ready_to_check
    require_tools parallel
}

# --- where results are kept --------------------------------------------------

# open_out LAB: make ${option[out]}, or, for --resume, see that it is what an earlier run of this lab has left.
open_out() {
    local before folder
    if [[ -z ${option[resume]} ]]; then
        is_empty "${option[out]}" || die 1 "$(printable "${option[out]}") is there already, and nothing of it is overwritten" \
            "hint: --resume goes on with it, --out names another place"
    else
        read -r before 2>/dev/null <"${option[out]}/.graded" || die 1 "$(printable "${option[out]}") has nothing to go on with"
        [[ $before == "$1" ]] || die 1 "$(printable "${option[out]}") has grades of $(printable "$before"), not of $1"
    fi
    option[out]=$(realpath -m -- "${option[out]}")
    # What a student has put there must not be taken for a result.
    while IFS=$'\t' read -r _ _ folder; do
        [[ ${option[out]}/ != "$folder"/* && $folder/ != "${option[out]}"/* ]] ||
            die 2 "$(printable "${option[out]}"): the results must not be among the work that is graded"
    done <"$scratch/plan"
    mkdir -p -- "${option[out]}" && echo "$1" >"${option[out]}/.graded" || exit 1
}

# is_graded STUDENT: there is a result, and not only because the machine failed.
is_graded() {
    [[ -f ${option[out]}/$1/results.json ]] && ! grep -q '^ *"lost": true' "${option[out]}/$1/results.json"
}

# late_by SUBMITTED: how many seconds after the deadline; null where that is not asked or not known.
late_by() {
    if [[ -z $deadline || $1 == - ]]; then
        echo null
    else
        echo $(($1 > deadline ? $1 - deadline : 0))
    fi
}

# keep STUDENT SUBMITTED LOST: standard input is the result of that student; what is late loses its share here. Fails if that
# is no whole result, or cannot be written.
keep() {
    local late off=0 directory=${option[out]}/$1
    late=$(late_by "$2")
    [[ $late == null ]] || off=$(late_off "$late")
    mkdir -p -- "$directory" && jq --argjson late "$late" --argjson off "$off" --argjson lost "$3" '
        .score = .score * (100 - $off) / 100
        | if $off > 0 then .output += "\n\($late) seconds late: \($off)% of the points are taken off" else . end
        | .extra_data += {$late, $off, $lost}' >"$directory/results.json.new" 2>/dev/null &&
        [[ -s $directory/results.json.new ]] && mv -T -- "$directory/results.json.new" "$directory/results.json"
}

# keep_without LAB STUDENT SUBMITTED LOST REASON: a result without points, for there was no check, or none that ended.
keep_without() {
    make_result "$1" "" "$(chosen_checks "$1" '')" 0 "$5" </dev/null | print_events gradescope |
        keep "$2" "$3" "$4" ||
        die 1 "$(printable "${option[out]}/$2/results.json") cannot be written"
}

# --- the checks --------------------------------------------------------------

# job LAB: what parallel has run for each line of the plan, in the words of its shell. It ends with parallel.
job() {
    local folder='{3}'
    # Elsewhere it was copied to the current folder.
    # shellcheck disable=SC2016 # for that shell to expand
    is_local || folder='"$(case $PARALLEL_SSHLOGIN in :) echo {3} ;; *) echo ./{3/} ;; esac)"'
    printf 'exec env IPCLAB_PROGRESS=/dev/null IPCLAB_SEED=%q setpriv --pdeathsig TERM ' "${option[seed]:-ipclab}"
    printf 'ipclab check --format=gradescope --limit=%d %s %s' "${option[limit]:-600}" "${1%%-*}" "$folder"
}

# is_local: all of it happens on this machine.
is_local() {
    [[ -z ${option[sshlogin]//[:,]/} ]]
}

# run_jobs LAB: those on standard input.
run_jobs() {
    local words=(--plain --will-cite --colsep '\t' --tagstring $'{1}\t{2}' --tmpdir "$scratch")
    [[ -z ${option[jobs]} ]] || words+=(--jobs "${option[jobs]}")
    [[ ! -t 2 ]] || words+=(--bar)
    [[ -z ${option[sshlogin]} ]] || words+=(--sshlogin "${option[sshlogin]}")
    is_local || words+=(--transferfile '{3//}/./{3/}' --workdir ... --cleanup)
    # It keeps nothing in the home folder; what it needs to know of other machines it finds out anew.
    PARALLEL_HOME=$scratch PARALLEL_SHELL=$BASH exec setpriv --pdeathsig KILL parallel "${words[@]}" "$(job "$1")"
}

# to_do: the lines of the plan that are to be checked.
to_do() {
    local student submitted folder
    while IFS=$'\t' read -r student submitted folder; do
        [[ $folder == - ]] || is_graded "$student" || printf '%s\t%s\t%s\n' "$student" "$submitted" "$folder"
    done <"$scratch/plan"
}

# check_all LAB: all that is to do, and keep each result as it comes.
check_all() {
    local student submitted result
    to_do >"$scratch/todo"
    [[ -s $scratch/todo ]] || return 0
    exec {results}< <(run_jobs "$1" <"$scratch/todo")
    jobs_pid=$!
    while IFS=$'\t' read -r student submitted result <&"$results"; do
        keep "$student" "$submitted" false <<<"$result" || :
    done
    exec {results}<&-
    wait "$jobs_pid"
    jobs_pid=
}

# keep_the_rest LAB: those who have no result get one that says so.
keep_the_rest() {
    local student submitted folder
    while IFS=$'\t' read -r student submitted folder; do
        if [[ $folder == - ]]; then
            keep_without "$1" "$student" "$submitted" false "there is no work of this student"
        elif ! is_graded "$student"; then
            lost=$((lost + 1))
            keep_without "$1" "$student" "$submitted" true "the check was ended from outside, twice"
        fi
    done <"$scratch/plan"
}

do_grade() { # NN [DIR...]
    local lab lost=0
    [[ -n ${1-} ]] || usage_error "grade: which lab?"
    choose_lab "$1"
    shift
    whose_work grade "$@"
    choose_late "$lab"
    ready_to_grade
    [[ -n ${option[out]} ]] || option[out]=grades-${lab%%-*}
    open_scratch
    make_plan "$@"
    open_out "$lab"
    check_all "$lab"
    # Once more what had no result: the machine may have been short of something.
    check_all "$lab"
    keep_the_rest "$lab"
    report_grades "$lab"
    ((lost == 0)) || die 1 "$lost checks were ended from outside" "hint: --resume tries them again"
}
