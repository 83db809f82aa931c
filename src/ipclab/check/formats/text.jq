# SPDX-License-Identifier: MIT
# src/ipclab/check/formats/text.jq -- print a check for a reader, test by test
#
# $all is not "" if every failure is explained, not only the first. $coloured is not "" on a
# terminal. $columns is that of the terminal, or 0.

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

# The text, and after it what explains more; below it on a terminal without the room.
def followed_by($more):
    if $columns > 0 and ("\(.) \($more)" | length) > $columns then ., $more else "\(.) \($more)" end;

def sum:
    "\(.points) of \(.of) points" as $points
    | if .failures == 0 then "\($points): all checks pass"
      else
        (.failures == 1 or $all != "") as $explained
        | ("\($points); \(.failures) of \(.tests | length) checks fail"
            | if $explained then . else followed_by("(--all explains every failure)") end),
          "hint: ipclab hint \(.number)"
      end;

if .event == "start" then "Lab \(.number): \(.title)", (select(.folder != "") | "in \(.folder)")
elif .event == "test" then test_lines
elif .event == "result" then (.tests[] | select(.state == "missing") | test_lines), sum
else empty end
