# SPDX-License-Identifier: MIT
# src/ipclab/grade/judged.jq -- extract from a student's results.json what the reports need
#
# grade-report.bash runs it as jq -c on the files of all students; jq holds one of them at a time.
# Entries that only the instructor can see explain other checks, and are no checks themselves.

{student: (input_filename | split("/")[-2]), score, of: .extra_data.of, late: .extra_data.late,
    off: .extra_data.off, broken: .extra_data.broken, note: (.extra_data.note // ""),
    checks: [.tests[] | select(.visibility != "hidden")
        | {number, name, score, failed: (.status == "failed")}]}
