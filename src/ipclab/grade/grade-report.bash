# shellcheck shell=bash
# src/ipclab/grade/grade-report.bash -- what grade tells in the end: one CSV, and who failed which check
#
# Both are made of the results.json that are kept, in the order of the plan, by a jq that holds one of them at a time.

# each_result FILTER OPTION...: jq's FILTER over all results, where student is whose it is.
each_result() {
    local student
    while IFS=$'\t' read -r student _; do printf '%s\0' "$opt_out/$student/results.json"; done <"$scratch/plan" |
        xargs -0 jq -r 'def student: input_filename | split("/")[-2];
            def judged: .tests | map(select(.visibility != "hidden")); '"$1"
}

# write_csv LAB: grades.csv: who, how much, how late, what failed, and a column for each check.
write_csv() {
    {
        check_names "$1" | jq -Rrs '["student", "score", "max_score", "seconds_late", "percent_off",
            "failed", "reason"] + (split("\n") | map(select(. != ""))) | @csv'
        each_result '[student, .score, .extra_data.of, .extra_data.late, .extra_data.off,
            (judged | map(select(.status == "failed") | .number) | join(" ")), .extra_data.broken]
            + (judged | map(.score)) | @csv'
    } >"$opt_out/grades.csv.new" && mv -T -- "$opt_out/grades.csv.new" "$opt_out/grades.csv" || exit 1
}

# print_summary LAB MOST: how many passed, and for each check who failed it: MOST names, 0 for all.
# shellcheck disable=SC2016 # the $ are jq's
print_summary() {
    each_result '[student, "", .extra_data.broken != "", (judged | all(.status == "passed"))],
        (student as $who | select(.extra_data.broken == "") | judged[] | [$who, .number, .name, .status]) | @tsv' |
        awk -F '\t' -v most="$2" -v lab="${1%%-*}" '
            $2 == "" {
                total++
                if ($3 == "true") { broken++; without = without " " $1 } else if ($4 == "true") passed++
                next
            }
            !($2 in name) { name[$2] = $3; number[++checks] = $2 }
            $4 == "failed" && (++failed[$2] <= most || !most) { who[$2] = who[$2] " " $1 }
            END {
                printf "lab %s: %d graded: %d passed, %d failed a check, %d could not be judged\n", lab, total, passed,
                    total - passed - broken, broken
                if (broken) print "not judged:" without
                for (i = 1; i <= checks; i++) {
                    n = number[i]
                    if (!failed[n]) continue
                    more = most && (failed[n] > most) ? sprintf(" and %d more", failed[n] - most) : ""
                    printf "%5d  %s. %s:%s%s\n", failed[n], n, name[n], who[n], more
                }
            }'
}

# report_grades LAB
report_grades() {
    write_csv "$1"
    print_summary "$1" 0 >"$opt_out/summary.txt"
    print_summary "$1" 5
    echo "$opt_out/grades.csv has a line for each, summary.txt all names" >&2
}
