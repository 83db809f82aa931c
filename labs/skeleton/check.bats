#!/usr/bin/env bats
#
# Lab @NUMBER@: TODO: what the check finds out, in one line

load "$IPCLAB_LIB/check"

# Each test checks one statement, and its name is TASK: STATEMENT. The first test builds the programs, if there are any
# to build (must_build "Your turn"); every other test must work if only the first has run before it. The functions are
# in labs/lib; a comment describes each of them.

@test "make: TODO: it does what the sheet says" {
    student ./program
    must_exit 0 "Your turn: make"
    fail "TODO: what the test observed" "TODO: what it expected" "Your turn: make"
}

@test "questions: the page" {
    must_answer page "$(getconf PAGESIZE)" "the number that getconf prints on this machine" "Questions"
}
