# SPDX-License-Identifier: MIT
# src/ipclab/grade/summary.jq -- print how many students passed, and who failed each check
#
# grade-report.bash runs it as jq -nr on the output of judged.jq. $number is that of the lab; $most
# is the maximum of names for each check, 0 for all.

def right_justified: ("     " + tostring)[-([5, (tostring | length)] | max):];

def names:
    (if $most == 0 then . else .[:$most] end | join(" "))
    + if $most > 0 and length > $most then " and \(length - $most) more" else "" end;

[inputs] as $all
| [$all[] | select(.broken != "").student] as $broken
| [$all[] | select(.broken == "")] as $judged
| ([$judged[] | select(any(.checks[]; .failed))] | length) as $failed
| "lab \($number): \($all | length) graded: \(($judged | length) - $failed) passed,"
    + " \($failed) failed a check, \($broken | length) could not be judged",
  (select($broken != []) | "not judged: \($broken | join(" "))"),
  ([$all[] | select(.note != "")] | select(. != [])
    | "lateness \(.[0].note): \([.[].student] | names)"),
  ([$judged[] | .student as $student | .checks[] | {$student, number, name, failed}]
    | group_by(.number | tonumber)[]
    | .[0] as $check
    | [.[] | select(.failed).student]
    | select(. != [])
    | "\(length | right_justified)  \($check.number). \($check.name): \(names)")
