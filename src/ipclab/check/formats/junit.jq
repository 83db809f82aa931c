# SPDX-License-Identifier: MIT
# src/ipclab/check/formats/junit.jq -- print a check as JUnit's XML
#
# @html escapes interpolated values, as XML requires in texts and attributes.

def testcase($lab):
    @html "  <testcase classname=\"\($lab)\" name=\"\(.name)\">"
    + if .state == "passed" then ""
      elif .state == "skipped" then "<skipped/>"
      else @html "<failure message=\"the check failed\">\(.shown)</failure>" end
    + "</testcase>";

select(.event == "result")
| "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
  @html "<testsuite name=\"\(.lab)\" tests=\"\(.tests | length)\" failures=\"\(.failures)\""
    + " skipped=\"\([.tests[] | select(.state == "skipped")] | length)\">",
  (.lab as $lab | .tests[] | testcase($lab)),
  "</testsuite>"
