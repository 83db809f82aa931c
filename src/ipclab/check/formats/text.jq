# src/ipclab/check/formats/text.jq -- a check for the reader, a test as soon as it is complete
#
# $all: not "" if each failure is explained, not only the first; $coloured: not "" on a terminal.

def painted($colour):
    if $coloured == "" then . else "\u001b[\($colour)m\(.)\u001b[m" end;

def indented:
    split("\n")[] | "          " + .;

def word:
    {passed: ["ok", 32], skipped: ["skip", 33]}[.state] // ["FAIL", 31];

# Of many times, what passes is a line each time.
def test_lines:
    (select(.rounds > 1 and .begins_round) | "time \(.round) of \(.rounds)"),
    (select(.rounds == 1 or .state != "passed")
        | word as [$word, $colour]
        | "  \($word | painted($colour))\("    "[$word | length:])  \(.name)",
          (select(.state == "skipped" or (.failed and (.first or $all != "")))
            | .shown | indented));

def sum:
    "\(.points) of \(.of) points"
    + if .failures == 0 then ": all checks pass"
      else "; \(.failures) of \(.tests | length) checks fail"
        + (if .failures == 1 or $all != "" then ""
           else ", the first is explained (--all: each)" end)
        + "\nhint: ipclab hint \(.number)"
      end;

if .event == "start" then "Lab \(.number): \(.title)", (select(.folder != "") | "in \(.folder)")
elif .event == "test" then test_lines
elif .event == "result" then (.tests[] | select(.state == "missing") | test_lines), sum
else empty end
