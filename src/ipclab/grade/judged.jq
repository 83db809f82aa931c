# src/ipclab/grade/judged.jq -- of a student's results.json what the reports need, on one line
#
# Run by grade-report.bash as jq -c on all of them, of which it holds one at a time. What only the
# instructor is told is no check of its own.

{student: (input_filename | split("/")[-2]), score, of: .extra_data.of, late: .extra_data.late,
    off: .extra_data.off, broken: .extra_data.broken,
    checks: [.tests[] | select(.visibility != "hidden")
        | {number, name, score, failed: (.status == "failed")}]}
