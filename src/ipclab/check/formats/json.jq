# src/ipclab/check/formats/json.jq -- a check as one JSON object

select(.event == "result")
| {lab, points, of, passed,
    tests: [.tests[] | {name, state, points, of, text: (if .failed then .shown else "" end)}]}
