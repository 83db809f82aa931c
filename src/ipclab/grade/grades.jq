# SPDX-License-Identifier: MIT
# src/ipclab/grade/grades.jq -- print grades.csv: a line for each student, with a column for each
# check
#
# grade-report.bash runs it as jq -nr on the output of judged.jq. $checks holds the names of the
# checks, one per line.

# A spreadsheet takes a cell that begins with one of these characters for a formula, even in quotes.
# OWASP (CSV injection) advises an apostrophe before it. One more, where the cell has one already,
# keeps two names apart.
def safe:
    if type == "string" and test("^'*[-=+@\t\r\n＝＋－＠]") then "'" + . else . end;

(["student", "score", "max_score", "seconds_late", "percent_off", "failed", "reason", "note"]
    + [$checks | split("\n")[] | select(. != "")]),
(inputs
    | [.student, .score, .of, .late, .off, ([.checks[] | select(.failed).number] | join(" ")),
        .broken, .note]
    + [.checks[].score])
| map(safe)
| @csv
