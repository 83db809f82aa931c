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

# write_csv LAB: write grades.csv.
write_csv() {
    local file=${option[out]}/grades.csv
    jq -nr --arg checks "$(check_names "$1")" -f "$ipclab_library/grade/grades.jq" \
        "$scratch/judged" >"$file.new" && mv -T -- "$file.new" "$file"
}

# print_summary LAB MOST: print how many students passed, and for each check at most MOST of the
# students who failed it (0 for all).
print_summary() {
    jq -nr --arg number "${1%%-*}" --argjson most "$2" -f "$ipclab_library/grade/summary.jq" \
        "$scratch/judged"
}

# report_grades LAB
report_grades() {
    judged >"$scratch/judged" && write_csv "$1" &&
        print_summary "$1" 0 >"${option[out]}/summary.txt" || exit 1
    print_summary "$1" 5
    echo "${option[out]}/grades.csv has a line for each student, summary.txt all names" >&2
}
