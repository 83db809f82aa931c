# src/ipclab/check/result.jq -- a check's result, made once, from the TAP that bats prints
#
# Run by check.bash as jq -nR: the input is TAP, line by line.  Arguments, all of them strings but
# $began and $times:
#   $lab $title $folder   the lab, its title, and the work folder ("" if the reader is in it)
#   $checks $hidden       "POINTS NAME" of each test, and the names of the hidden ones
#   $times                how many times in a row the tests run
#   $limit                the limit in seconds, or ""
#   $instructor           not "" if hidden checks are explained, too
#   $began                when the check began, in seconds since 1970
#   $broken               why there was no check at all (the input is empty then), or ""
#
# Output, an object each:
#   {"event": "start", ...}      at once
#   {"event": "test", ...}       a test, as soon as all that it says has come
#   {"event": "result", ...}     everything; .tests has each test in the order of lab.conf
# The last one is "not-begun" instead where bats never printed its plan.  All formats/*.jq are
# filters of these objects.

# printable: no character in it that a terminal acts on, or that XML cannot hold.  jq has made
# U+FFFD of every byte that is not UTF-8.  (A gsub takes quadratic time in jq 1.6.)
def printable:
    explode
    | map(if . == 10 then . elif . < 32 or (. >= 127 and . < 160) or . == 8232 or . == 8233
            or (. >= 65533 and . <= 65535) then 63 else . end)
    | implode;

def planned_tests:
    ($hidden | split("\n")) as $hidden
    | [$checks | split("\n")[] | select(. != "")] as $checks
    | [range($times) as $round | range($checks | length) as $i | $checks[$i]
        | sub("^[0-9]*[ \t]*"; "") as $name
        | {index: ($round * ($checks | length) + $i + 1), $name, task: ($name | split(":")[0]),
            state: "missing", failed: true, first: false, points: 0,
            of: (capture("^(?<points>[0-9]*)").points | tonumber? // 0),
            hidden: any($hidden[]; . == $name), explanation: "", shown: "",
            round: ($round + 1), rounds: $times, begins_round: ($i == 0)}];

# explanation_of(LINES): why a test failed, without what only bats says: where in our files that
# was.  If it says nothing else, the check itself is at fault, and that is all there is to go by.
def explanation_of($lines):
    [$lines[] | select(test("^[( ](from function|in test file) |^  `.*failed|^$") | not)]
    | if . == [] then ["the check itself failed:"] + $lines else . end
    | join("\n") | printable;

# explain(TEXT): a test with this explanation, and what of it the student is shown.
def explain($text):
    .explanation = $text
    | .shown = if .hidden and $instructor == ""
        then "this check is hidden: what it tries, and what it saw, is not shown"
        else $text end;

# finished(LINES): a test of which all lines have come.
def finished($lines):
    if .state == "passed" then .points = .of
    elif .state == "skipped" then explain($lines | join("\n") | printable)
    else explain(explanation_of($lines)) end;

# --- one line of TAP after the other ------------------------------------------
#
# The state: .tests; .current and .lines, the index of the test whose lines come now, and those;
# .explained, whether a failure has come; .planned; .stray, lines that belong to no test; and .done,
# the tests that the line that came last has completed.

# complete: the test whose lines came until now.
def complete:
    if .current == null then .
    else
        .lines as $lines
        | .current as $i
        | .tests[$i] |= finished($lines)
        | .tests[$i].first = (.tests[$i].failed and (.explained | not))
        | .explained = (.explained or .tests[$i].failed)
        | .done = [.tests[$i]]
        | .current = null
    end;

# begin(LINE): the test of "ok 3 NAME" or "not ok 3 NAME", maybe with "# skip REASON" at its end.
def begin($line):
    ($line | capture("^(?<not>not )?ok (?<number>[0-9]+) (?<name>.*?)( # skip ?(?<reason>.*))?$"))
        as $said
    | ($line | contains(" # skip")) as $skipped
    | .current = ($said.number | tonumber) - 1
    | .lines = if $said.reason then [$said.reason] else [] end
    # A test that lab.conf does not list has no points.
    | ($said.number | tonumber) as $index
    | .tests[.current] |= (. // {$index, name: $said.name, of: 0, points: 0, rounds: 1})
    | (if $skipped then "skipped" elif $said.not then "failed" else "passed" end) as $state
    | .tests[.current] += {$state, failed: ($state == "failed")};

def take($line):
    .done = []
    | if $line == null then complete
      elif $line | test("^(not )?ok [0-9]+ ") then complete | begin($line)
      elif .current != null and ($line | startswith("# ")) then .lines += [$line[2:]]
      elif $line | startswith("1..") then .planned = true
      else .stray += [$line] end;

# --- the whole ----------------------------------------------------------------

# why_broken: why this check did not come to its end; "" if it did.
def why_broken($seconds):
    (.stray | join(" ") | printable) as $stray
    | if $broken != "" then $broken
      elif $limit != "" and $seconds >= ($limit | tonumber) then
        "the check took longer than \($limit) seconds, and was ended"
      elif .planned | not then "the check could not begin: \($stray)"
      elif any(.tests[]; .state == "missing") then "the check ended before its end: \($stray)"
      else "" end;

# explain_missing: the tests that did not run.
def explain_missing:
    (["observed: the check ended before this test"] + [.stray | select(. != []) | join(" ")]
        | join("\n") | printable) as $text
    | reduce range(.tests | length) as $i (.;
        if .tests[$i].state == "missing" then
            .tests[$i] |= explain($text)
            | .tests[$i].first = (.explained | not)
            | .explained = true
        else . end);

# A skipped test counts for neither side.
def result($count; $seconds):
    explain_missing
    | why_broken($seconds) as $why
    | .tests[:$count] as $tests
    | [$tests[] | select(.failed)] as $failed
    | {event: (if .planned then "result" else "not-begun" end), $lab,
        number: ($lab | split("-")[0]), points: ([$tests[].points] | add // 0),
        of: ([$tests[] | select(.state != "skipped").of] | add // 0), passed: ($failed == []),
        failures: ($failed | length), failing: ($failed[0].task // ""),
        seconds: (if $broken == "" then $seconds else 0 end), broken: $why, $tests};

planned_tests as $tests
| {event: "start", $lab, number: ($lab | split("-")[0]), $title, $folder, count: ($tests | length)},
    foreach (inputs, null) as $line (
        {$tests, current: null, lines: [], explained: false, planned: false, stray: [], done: []};
        take($line);
        (.done[] | {event: "test"} + .),
        if $line == null then result($tests | length; now - $began) else empty end)
