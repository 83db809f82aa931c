# SPDX-License-Identifier: MIT
# src/ipclab/grade/grades.jq -- print grades.csv: a line for each student, with a column for each
# check
#
# grade-report.bash runs it as jq -nr on the output of judged.jq. $checks holds the names of the
# checks, one per line.

(["student", "score", "max_score", "seconds_late", "percent_off", "failed", "reason"]
    + [$checks | split("\n")[] | select(. != "")]),
(inputs
    | [.student, .score, .of, .late, .off, ([.checks[] | select(.failed).number] | join(" ")),
        .broken]
    + [.checks[].score])
| @csv
