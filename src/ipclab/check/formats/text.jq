# SPDX-License-Identifier: MIT
# src/ipclab/check/formats/text.jq -- print a check for a reader, test by test
#
# $all is not "" if every failure is explained, not only the first. $coloured is not "" on a
# terminal.

def painted($colour):
    if $coloured == "" then . else "\u001b[\($colour)m\(.)\u001b[m" end;

def indented:
    split("\n")[] | "          " + .;

def word:
    {passed: ["ok", 32], skipped: ["skip", 33]}[.state] // ["FAIL", 31];

def skipped_points:
    if .state != "skipped" then "" elif .of == 1 then " (1 point)" else " (\(.of) points)" end;

# With --times, print one line for each round, and the failures.
def test_lines:
    (select(.rounds > 1 and .begins_round) | "round \(.round) of \(.rounds)"),
    (select(.rounds == 1 or .state != "passed")
        | word as [$word, $colour]
        | "  \($word | painted($colour))\("    "[$word | length:])  \(.name)\(skipped_points)",
          (select(.state == "skipped" or (.failed and (.first or $all != "")))
            | .shown | indented));

def sum:
    "\(.points) of \(.of) points"
    + if .failures == 0 then ": all checks pass"
      else "; \(.failures) of \(.tests | length) checks fail"
        + (if .failures == 1 or $all != "" then "" else " (--all explains every failure)" end)
        + "\nhint: ipclab hint \(.number)"
      end;

if .event == "start" then "Lab \(.number): \(.title)", (select(.folder != "") | "in \(.folder)")
elif .event == "test" then test_lines
elif .event == "result" then (.tests[] | select(.state == "missing") | test_lines), sum
else empty end
