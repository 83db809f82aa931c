# SPDX-License-Identifier: MIT
# src/ipclab/check/result.jq -- turn the TAP that Bats prints into the result of a check
#
# check.bash runs it as jq -nR; the input is TAP, line by line. The arguments are strings, except
# for the numbers $times and $began:
#   $lab $title $folder   the lab, its title, and the work folder ("" if the user is in it)
#   $checks $hidden       a line POINTS NAME for each test, and the names of the hidden ones
#   $times                how many times in a row the tests run
#   $limit                the limit in seconds, or ""
#   $instructor           not "" if hidden tests are explained too
#   $began                when the check began, in seconds since 1970
#   $broken               why no check ran (the input is then empty), or ""
#   $conceal              a line PATH for each path that no text may hold, or ""
#
# The output is a sequence of objects, which the filters in formats/ print:
#   {"event": "start", ...}    at once
#   {"event": "test", ...}     a test, as soon as all its lines have come
#   {"event": "result", ...}   the whole result; .tests holds all tests in the order of lab.conf
# If Bats never printed its plan, or could not read check.bats, the last event is "not-begun" instead
# of "result".

# visible: put a ? in place of each character that a terminal acts on or that XML cannot hold; so
# too of those that change the direction of writing. jq has replaced bytes that are not UTF-8 with
# U+FFFD. (In jq 1.6, gsub takes quadratic time.)
def visible:
    explode
    | map(if . == 10 then . elif . < 32 or (. >= 127 and . < 160) or (. >= 8232 and . <= 8238)
            or (. >= 8294 and . <= 8297) or . == 8206 or . == 8207
            or (. >= 65533 and . <= 65535) then 63 else . end)
    | implode;

# The paths of $conceal, as visible would have left them, the longest first: one may begin with
# another.
def own_paths: [$conceal | split("\n")[] | select(length > 1) | visible] | sort_by(-length);

# printable: make a text fit for the terminal of the instructor, and for the eyes of the student.
def printable:
    reduce own_paths[] as $path (visible; split($path) | join("..."));

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

# explanation_of(LINES): why a test failed, without the lines in which Bats gives the position in
# check.bats. If there are no other lines, check.bats itself is wrong, and its author needs those.
def explanation_of($lines):
    [$lines[] | select(test("^[( ](from function|in test file) |^  `.*failed|^$") | not)]
    | if . == [] then ["the check itself failed:"] + $lines else . end
    | join("\n") | printable;

# explain(TEXT): give a test this explanation, and .shown, the part for the student.
def explain($text):
    .explanation = $text
    | .shown = if .hidden and $instructor == ""
        then "this check is hidden, so its explanation is not shown"
        else $text end;

# finished(LINES): a test after its last line.
def finished($lines):
    if .state == "passed" then .points = .of
    elif .state == "skipped" then explain($lines | join("\n") | printable)
    else explain(explanation_of($lines)) end;

# --- reading TAP ---------------------------------------------------------------
#
# The state: .tests; .current, the index of the test that is being read, or null, and .lines, its
# lines; .explained, true after the first failure; .planned, true after the plan; .stray, lines that
# belong to no test; and .done, the tests that the last line completed.

# complete: finish the current test.
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

# begin($line): begin the test of "ok 3 NAME" or "not ok 3 NAME", perhaps with "# skip REASON".
def begin($line):
    ($line | capture("^(?<not>not )?ok (?<number>[0-9]+) (?<name>.*?)( # skip ?(?<reason>.*))?$"))
        as $said
    | ($line | contains(" # skip")) as $skipped
    | .current = ($said.number | tonumber) - 1
    | .lines = if $said.reason then [$said.reason] else [] end
    # A test that lab.conf does not list gets no points.
    | ($said.number | tonumber) as $index
    | .tests[.current] |= (. // {$index, name: $said.name, of: 0, points: 0, rounds: 1})
    | (if $skipped then "skipped" elif $said.not then "failed" else "passed" end) as $state
    | .tests[.current] += {$state, failed: ($state == "failed")};

# read_line($line): null after the last line.
def read_line($line):
    .done = []
    | if $line == null then complete
      # Bats 1.11 plans one test, and fails it, when it cannot read check.bats. It is no test
      # of the student's work.
      elif $line == "not ok 1 bats-gather-tests" then .planned = false
      elif $line | test("^(not )?ok [0-9]+ ") then complete | begin($line)
      elif .current != null and ($line | startswith("# ")) then .lines += [$line[2:]]
      elif $line | startswith("1..") then .planned = true
      else .stray += [$line] end;

# --- the result ----------------------------------------------------------------

# why_broken($seconds): why the check did not complete; "" if it did.
def why_broken($seconds):
    (.stray | join(" ") | printable) as $stray
    | if $broken != "" then $broken
      elif $limit != "" and $seconds >= ($limit | tonumber) then
        "the check reached its time limit of \($limit) s"
      elif .planned | not then "the check could not start: \($stray)"
      elif any(.tests[]; .state == "missing") then "the check ended early: \($stray)"
      else "" end;

# grader_failed(SECONDS): true if the check did not complete, and neither its limit nor the state of
# the submission ($broken) is the reason.
def grader_failed($seconds):
    $broken == "" and ($limit == "" or $seconds < ($limit | tonumber))
    and ((.planned | not) or any(.tests[]; .state == "missing"));

# explain_missing: explain the tests that did not run.
def explain_missing:
    (["observed: the check ended before this test"] + [.stray | select(. != []) | join(" ")]
        | join("\n") | printable) as $text
    | reduce range(.tests | length) as $i (.;
        if .tests[$i].state == "missing" then
            .tests[$i] |= explain($text)
            | .tests[$i].first = (.explained | not)
            | .explained = true
        else . end);

# result($count; $seconds): a skipped test affects neither the points nor their maximum.
def result($count; $seconds):
    grader_failed($seconds) as $grader_failed
    | explain_missing
    | why_broken($seconds) as $why
    | .tests[:$count] as $tests
    | [$tests[] | select(.failed)] as $failed
    | {event: (if .planned then "result" else "not-begun" end), $lab,
        number: ($lab | split("-")[0]), points: ([$tests[].points] | add // 0),
        of: ([$tests[] | select(.state != "skipped").of] | add // 0), passed: ($failed == []),
        failures: ($failed | length), failing: ($failed[0].task // ""),
        seconds: (if $broken == "" then $seconds else 0 end), broken: $why,
        $grader_failed, $tests};

planned_tests as $tests
| {event: "start", $lab, number: ($lab | split("-")[0]), $title, $folder, count: ($tests | length)},
    foreach (inputs, null) as $line (
        {$tests, current: null, lines: [], explained: false, planned: false, stray: [], done: []};
        read_line($line);
        (.done[] | {event: "test"} + .),
        if $line == null then result($tests | length; now - $began) else empty end)
