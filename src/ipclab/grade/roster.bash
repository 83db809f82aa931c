# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/grade/roster.bash -- the students to grade: from folders, or from a roster
#
# The plan is a file of lines STUDENT, SUBMITTED (seconds since 1970, or -) and FOLDER (an absolute
# path, or -), separated by tabs. Reading it line by line takes the same memory for 2,000 students
# as for 2.

# is_student NAME: NAME can be a student, and the name of a directory for the results.
student_rule="use 1 to 200 bytes without / and control characters, not . or - first"
is_student() {
    local LC_ALL=C
    [[ -n $1 && ${#1} -le 200 && $1 != [.-]* && $1 != *[/[:cntrl:]]* ]] &&
        [[ $1 != grades.csv && $1 != summary.txt ]]
}

# plan_line STUDENT SUBMITTED FOLDER: print a line of the plan. If the time matters but is not
# known, use that of the newest file.
plan_line() {
    local folder=- submitted=$2
    [[ -z $3 || ! -d $3 ]] || folder=$(cd -- "$3" 2>/dev/null && pwd -P) || folder=-
    [[ -n $submitted || -z $deadline || $folder == - ]] || submitted=$(newest_file "$folder")
    [[ $folder != *[$'\t\n']* ]] ||
        die 2 "cannot grade $(printable "$3"): its path contains a tab or a newline"
    printf '%s\t%s\t%s\n' "$1" "${submitted:--}" "$folder"
}

# plan_roster FILE: print the plan of a roster. Its folders are relative to its directory.
plan_roster() {
    local roster=$1 here where line student folder submitted
    here=$(dirname -- "$roster")
    LC_ALL=C awk -f "$ipclab_library/grade/roster.awk" "$roster" \
        >"$scratch/roster" 2>"$scratch/errors" ||
        die 2 "$(printable "$roster"): $(printable "$(<"$scratch/errors")")"
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

# plan_folders FOLDER...: print the plan of these. The name of a folder is the name of the student.
plan_folders() {
    local folder student
    for folder; do
        [[ -d $folder ]] || die 2 "$(printable "$folder") is not a folder; nothing was graded"
        student=$(basename -- "$(realpath -- "$folder")")
        is_student "$student" ||
            die 2 "invalid student '$(printable "$student")': $student_rule"
        plan_line "$student" "" "$folder"
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
