# SPDX-License-Identifier: MIT
# src/ipclab/check/formats/gradescope.jq -- print a check as the results.json of
# https://gradescope-autograders.readthedocs.io/en/latest/specs/
#
# The output is always one line. A check that did not complete gives no points, and .broken states
# the reason; .grader_failed is true if the reason is not the work, so that no points are no score.

# Limit an output to 8192 letters.
def cut: if length > 8192 then .[:8192] + "..." else . end;

def entry($number; $name; $status; $score; $max_score; $visibility; $output):
    {$name, $number, $status, $score, $max_score, $visibility, output: ($output | cut),
        output_format: "text", tags: [.task]};

# entries($broken): the entry of a test and, if a hidden test failed, another one with the
# explanation, for the instructor alone.
def entries($broken):
    "\(.index)" as $number
    | if $broken != "" then
        entry($number; .name; "failed"; 0; .of; "visible"; "not judged: \($broken)")
      elif .state == "passed" then entry($number; .name; "passed"; .of; .of; "visible"; "")
      # It affects neither the points nor their maximum.
      elif .state == "skipped" then
        entry($number; .name; "passed"; 0; 0; "visible"; "skipped: \(.explanation)")
      else
        entry($number; .name; "failed"; 0; .of; "visible"; .shown),
        (select(.hidden) | entry("\($number).1"; "\(.name) (for the instructor)"; "failed"; 0; 0;
            "hidden"; .explanation))
      end;

def points: if .broken == "" then .points else 0 end;

select(.event == "result" or .event == "not-begun")
| .broken as $broken
| {score: points, execution_time: (.seconds * 1000 | floor / 1000),
    output: ("\(points) of \(.of) points" + if $broken == "" then "" else ": \($broken)" end),
    output_format: "text", visibility: "visible", stdout_visibility: "hidden",
    tests: [.tests[] | entries($broken)], extra_data: {lab, of, $broken, grader_failed}}
| tojson
