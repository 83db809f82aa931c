# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/grade/grade-report.bash -- the reports at the end of grade: grades.csv and summary.txt,
# made from the results.json of all students, in the order of the plan

# judged: print for each student what the reports need, on one line.
judged() {
    local student
    while IFS=$'\t' read -r student _; do
        printf '%s\0' "${option[out]}/$student/results.json"
    done <"$scratch/plan" | xargs -0 jq -c -f "$ipclab_library/grade/judged.jq"
}

# print_csv LAB: print grades.csv.
print_csv() {
    jq -nr --arg checks "$(check_names "$1")" -f "$ipclab_library/grade/grades.jq" \
        "$scratch/judged"
}

# print_summary LAB MOST: print how many students passed, and for each check at most MOST of the
# students who failed it (0 for all).
print_summary() {
    jq -nr --arg number "${1%%-*}" --argjson most "$2" -f "$ipclab_library/grade/summary.jq" \
        "$scratch/judged"
}

# report_grades LAB
report_grades() {
    local out=${option[out]}
    replace "$scratch/judged" judged || no_room "$scratch/judged"
    replace "$out/grades.csv" print_csv "$1" || no_room "$out/grades.csv"
    replace "$out/summary.txt" print_summary "$1" 0 || no_room "$out/summary.txt"
    print_summary "$1" 5
    out=$(printable "$out")
    echo "$out/grades.csv has a line for each student, summary.txt all names" >&2
    echo "$out/.graded has the seed of the random inputs: --seed=$(printable "${option[seed]}")" >&2
}
