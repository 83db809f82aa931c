# SPDX-License-Identifier: MIT
# src/ipclab/check/formats/json.jq -- print a check as one JSON object

select(.event == "result")
| {lab, points, of, passed,
    tests: [.tests[] | {name, state, points, of, text: (if .failed then .shown else "" end)}]}
