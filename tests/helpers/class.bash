# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# tests/helpers/class.bash -- a class to grade: a short lab, and submissions whose failures are
# known
#
# The lab is lab 01 with five of its twelve tests, so that grading a class takes less time.

# make_lab: create lab 90 in $IPCLAB_LABS.
make_lab() {
    local lab=$IPCLAB_LABS/90-class kept='put: creates|put: the segment is|put: a shorter|get: without|rm: leaves'
    mkdir -p "$IPCLAB_LABS"
    cp -R "$top_srcdir/labs/01-first-segment" "$lab"
    chmod -R u+w "$lab"
    awk -v kept="^@test \"($kept)" '/^@test/ { out = $0 !~ kept } !out { print } /^}/ { out = 0 }' \
        "$top_srcdir/labs/01-first-segment/check.bats" >"$lab/check.bats"
    grep -Ev "^check = . " "$top_srcdir/labs/01-first-segment/lab.conf" >"$lab/lab.conf"
    grep -E "^check = . ($kept)" "$top_srcdir/labs/01-first-segment/lab.conf" >>"$lab/lab.conf"
}

# make_tiny_lab: create lab 92 in $IPCLAB_LABS. Its check runs one program, so it takes a second.
make_tiny_lab() {
    local lab=$IPCLAB_LABS/92-tiny
    mkdir -p "$lab"
    printf '%s\n' 'title = Tiny' 'minutes = 1' \
        'check = 1 say: it says yes' 'check = 1 leave: nothing is left' >"$lab/lab.conf"
    # shellcheck disable=SC2016 # for the check to expand
    printf '%s\n' 'load "$IPCLAB_LIB/check"' \
        '@test "say: it says yes" {' '    student ./note' '    must_print yes Say' '}' \
        '@test "leave: nothing is left" {' '    must_leave_nothing Leave' '}' >"$lab/check.bats"
}

# say NAME [LINE]: create a submission of lab 92 that runs LINE, and says yes.
say() {
    mkdir -p -- "$class/$1"
    printf '%s\n' '#!/bin/sh' "${2-}" 'echo yes' >"$class/$1/note"
    chmod +x "$class/$1/note"
}

# add NAME FAILED PART...: create a submission from these parts of the lab; FAILED lists the tests
# that it fails ("2 3", or nothing).
add() {
    local part
    mkdir -p "$class/$1"
    for part in "${@:3}"; do cp -R "$IPCLAB_LABS/90-class/$part/." "$class/$1"; done
    rm -f "$class/$1/expect"
    chmod -R u+w "$class/$1"
    printf '%s,%s\n' "$1" "$2" >>"$class.truth"
}

# add_hostile NAME FAILED LINE: add the solution, but its get runs LINE, and fails after that.
add_hostile() {
    add "$1" "$2" solution
    cp "$helpers/hostile" "$class/$1"
    sed -i "1a if [[ \${1-} == get ]]; then $3; exit 1; fi" "$class/$1/note"
}

# who_failed CSV: print lines STUDENT,FAILED from grades.csv, sorted.
who_failed() {
    tail -n +2 "$1" | sed -E 's/^"([^"]*)",[^"]*,"([0-9 ]*)",.*/\1,\2/' | sort
}
