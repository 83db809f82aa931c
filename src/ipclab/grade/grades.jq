# src/ipclab/grade/grades.jq -- grades.csv: who, how much, how late, what failed, and a column for
# each check
#
# Run by grade-report.bash as jq -nr on what judged.jq prints; $checks has a name of a check a line.

(["student", "score", "max_score", "seconds_late", "percent_off", "failed", "reason"]
    + [$checks | split("\n")[] | select(. != "")]),
(inputs
    | [.student, .score, .of, .late, .off, ([.checks[] | select(.failed).number] | join(" ")),
        .broken]
    + [.checks[].score])
| @csv
