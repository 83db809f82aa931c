# SPDX-License-Identifier: MIT
# src/ipclab/check/formats/tap.jq -- print a check as TAP, test by test

def test_lines:
    if .state == "passed" then "ok \(.index) \(.name)"
    elif .state == "skipped" then "ok \(.index) \(.name) # skip"
    else "not ok \(.index) \(.name)", (.shown | split("\n")[] | "# " + .) end;

if .event == "start" then "1..\(.count)"
elif .event == "test" then test_lines
elif .event == "result" then
    (.tests[] | select(.state == "missing") | test_lines), "# \(.points) of \(.of) points"
else empty end
