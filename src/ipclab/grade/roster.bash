# shellcheck shell=bash
# src/ipclab/grade/roster.bash -- whose work is to be graded: folders, or a roster
#
# A plan is a file of lines STUDENT, SUBMITTED (seconds since 1970, or -) and FOLDER (an absolute path, or -), with tabs
# between: it is read a line at a time, so that 2,000 students take no more memory than 2.

# student_rule: what a student may be called: it becomes the name of a directory.
student_rule='a student is 1 to 200 bytes without / or control characters, and begins with neither . nor -'

# is_student NAME
is_student() {
    local LC_ALL=C
    [[ -n $1 && ${#1} -le 200 && $1 != [.-]* && $1 != *[/[:cntrl:]]* && $1 != grades.csv && $1 != summary.txt ]]
}

# plan_line STUDENT TIME FOLDER: a line of the plan; where the time matters and is not given, the newest file's.
plan_line() {
    local folder=- submitted=$2
    [[ -z $3 || ! -d $3 ]] || folder=$(cd -- "$3" 2>/dev/null && pwd -P) || folder=-
    [[ -n $submitted || -z $deadline || $folder == - ]] || submitted=$(newest_file "$folder")
    [[ $folder != *[$'\t\n']* ]] || die 2 "$(printable "$3"): a path with a tab or a newline in it cannot be graded"
    printf '%s\t%s\t%s\n' "$1" "${submitted:--}" "$folder"
}

# plan_roster FILE: the plan of a roster; folders are relative to where it is.
plan_roster() {
    local roster=$1 here line student folder submitted
    here=$(dirname -- "$roster")
    LC_ALL=C awk -f "$ipclab_library/grade/roster.awk" "$roster" >"$scratch/roster" 2>"$scratch/said" || die 2 "$(printable "$roster"): $(printable "$(<"$scratch/said")")"
    while IFS=$'\037' read -r line student folder submitted; do
        is_student "$student" || die 2 "$(printable "$roster"), line $line: $(printable "$student"): $student_rule"
        [[ -z $folder || $folder == /* ]] || folder=$here/$folder
        if [[ -n $submitted ]]; then
            submitted=$(epoch "$submitted") ||
                die 2 "$(printable "$roster"), line $line: a time is like 2026-11-20 23:59, with +01:00 behind it for a time zone"
        fi
        plan_line "$student" "$submitted" "$folder"
    done <"$scratch/roster"
}

# plan_folders FOLDER...: the plan of these; a student is called as the folder.
plan_folders() {
    local folder student
    for folder; do
        [[ -d $folder ]] || die 2 "$(printable "$folder") is not a folder; nothing was graded"
        student=$(basename -- "$(realpath -- "$folder")")
        is_student "$student" || die 2 "$(printable "$folder"): $student_rule"
        plan_line "$student" "" "$folder"
    done
}

# whose_work SUBCOMMAND [FOLDER...]: it is said whose, in one of the two ways.
whose_work() {
    [[ -z ${option[csv]} || $# == 1 ]] || usage_error "$1: it is folders or --csv, not both"
    [[ -n ${option[csv]} || $# != 1 ]] || usage_error "$1: whose work? Name folders, or a roster by --csv"
}

# make_plan FOLDER...: in $scratch/plan, of the folders or of --csv; nobody twice.
make_plan() {
    local twice
    if [[ -n ${option[csv]} ]]; then
        [[ -r ${option[csv]} && ! -d ${option[csv]} ]] || die 2 "$(printable "${option[csv]}") cannot be read"
        plan_roster "${option[csv]}" >"$scratch/plan"
    else
        plan_folders "$@" >"$scratch/plan"
    fi || exit
    twice=$(cut -f 1 "$scratch/plan" | sort | uniq -d | head -n 1)
    [[ -z $twice ]] || die 2 "$(printable "$twice") is there twice: results are kept by the student's name"
    [[ -s $scratch/plan ]] || die 2 "there is nobody to grade"
}
