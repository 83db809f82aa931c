# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/grade/roster.bash -- the students to grade: from folders, or from a roster
#
# The plan is a file of lines STUDENT, SUBMITTED, FOLDER and REASON, separated by tabs. STUDENT is
# the text of a name (names.bash). SUBMITTED is the time of submission in seconds since 1970, or
# file: and the time of the newest file if there is no record of the submission, or - if the time
# does not matter. FOLDER is the absolute path of work to check, or - if there is none; REASON then states
# why. Reading the plan line by line takes the same memory for 2,000 students as for 2.

# whole_path PATH: print PATH as an absolute path without links above its last component, and
# without / at its end.
# Sets: whole ("" if the path does not exist)
whole_path() {
    local path=$1 above
    [[ $path == /* ]] || path=$PWD/$path
    while [[ $path == */ ]]; do path=${path%/}; done
    whole=
    case ${path##*/} in
    '' | . | ..) whole=$(cd -- "$path/" 2>/dev/null && pwd -P) ;;
    *)
        above=$(cd -- "${path%/*}/" 2>/dev/null && pwd -P) || return 0
        [[ ! -e $path && ! -L $path ]] || whole=${above%/}/${path##*/}
        ;;
    esac
}

# plan_line NAME SUBMITTED PATH: print a line of the plan for the work in PATH, or "" if there is
# none. If the time matters but is not known, use that of the newest file.
plan_line() {
    local key whole='' refused='' submitted=$2
    student_key "$1"
    [[ -z $3 ]] || whole_path "$3"
    if [[ -z $whole ]]; then
        refused="this student has not submitted work"
    elif [[ ${whole%/*} == *[$'\t\n']* ]]; then
        die 2 "cannot grade $(printable "$3"): its path contains a tab or a newline"
    elif [[ $whole == *[$'\t\n']* ]] || ! is_student "$1"; then
        refused="the name of the submission is invalid: $student_rule"
    else
        why_refused "$whole"
    fi
    [[ -n $submitted || -z $deadline || -n $refused ]] || submitted=$(newest_file "$whole")
    [[ -z $refused ]] || whole=-
    printf '%s\t%s\t%s\t%s\n' "$key" "${submitted:--}" "$whole" "${refused:--}" 2>/dev/null ||
        no_room "$scratch/plan"
}

# split_roster FILE: print its fields, as roster.awk does; its message goes to $scratch/errors.
split_roster() {
    LC_ALL=C awk -f "$ipclab_library/grade/roster.awk" "$1" 2>"$scratch/errors"
}

# plan_roster FILE: print the plan of a roster. Its folders are relative to its directory.
plan_roster() {
    local roster=$1 here where line student folder submitted
    here=$(dirname -- "$roster")
    replace "$scratch/roster" split_roster "$roster" || {
        [[ -s $scratch/errors ]] || no_room "$scratch/roster"
        die 2 "$(printable "$roster"): $(printable "$(<"$scratch/errors")")"
    }
    while IFS=$'\037' read -r line student folder submitted; do
        where="$(printable "$roster"), line $line"
        is_student "$student" ||
            die 2 "$where: invalid student '$(printable "$student")': $student_rule"
        [[ -z $folder || $folder == /* ]] || folder=$here/$folder
        if [[ -n $submitted ]]; then
            submitted=$(epoch "$submitted") || die 2 "$where: invalid time: $time_rule"
        fi
        plan_line "$student" "$submitted" "$folder"
    done <"$scratch/roster"
}

# plan_folders FOLDER...: print the plan of these. The name of a folder is the name of the student,
# and not the name of a folder that a link of the student leads to.
plan_folders() {
    local folder whole
    for folder; do
        whole_path "$folder"
        [[ -n $whole ]] || die 2 "$(printable "$folder") is not a folder; nothing was graded"
        plan_line "${whole##*/}" "" "$whole"
    done
}

# require_students SUBCOMMAND [FOLDER...]: exit unless either folders or --csv are given.
require_students() {
    [[ -z ${option[csv]} || $# == 1 ]] || usage_error "$1: use either folders or --csv"
    [[ -n ${option[csv]} || $# != 1 ]] || usage_error "$1: missing folders or --csv"
}

# make_plan FOLDER...: write $scratch/plan, from the folders or --csv. Exits if a student appears
# twice.
make_plan() {
    local twice
    : 2>/dev/null >"$scratch/plan" || no_room "$scratch/plan"
    if [[ -n ${option[csv]} ]]; then
        [[ -r ${option[csv]} && ! -d ${option[csv]} ]] ||
            die 2 "cannot read $(printable "${option[csv]}")"
        plan_roster "${option[csv]}" >"$scratch/plan"
    else
        plan_folders "$@" >"$scratch/plan"
    fi || exit
    twice=$(cut -f 1 "$scratch/plan" | sort | uniq -d | head -n 1)
    [[ -z $twice ]] ||
        die 2 "student $(printable "$twice") appears twice; each student needs a different name"
    [[ -s $scratch/plan ]] || die 2 "there are no students to grade"
}
