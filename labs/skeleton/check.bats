#!/usr/bin/env bats
#
# Lab @NUMBER@: TODO: what it finds out, in one line

load "$IPCLAB_LIB/check"

# Each test is a statement, and its name TASK: STATEMENT. The first one builds what there is to build (must_build "Your
# turn"); each further one works when only the first was run before it. labs/lib has the functions, each with its comment.

@test "make: TODO: it does what the sheet says" {
    student ./program
    must_exit 0 "Your turn: make"
    wrong "TODO: what was seen" "TODO: what must be" "Your turn: make"
}

@test "questions: the page" {
    must_answer page "$(getconf PAGESIZE)" "the number that getconf prints on this machine" "Questions"
}
