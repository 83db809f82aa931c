# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# labs/lib/take-turns.bash -- which program enters, which waits, which leaves? For a check.bats of
# programs that share something, in the order that the check chooses: load "$IPCLAB_LIB/take-turns",
# after check and waiting.
#
# Such a program tries to enter at once, prints that it is in ("reading 1", with the number of its
# visit), and stays until it reads a line; then it leaves, prints "left 1", and enters again at the
# next line.
#
#   program=./fair section='Your turn: fair'
#   comes a reading read                    (./fair KEY read)
#   must_be_in a "no other process is in"
#   comes b writing write
#   must_stay_out b "a reader is in"
#   leaves a
#   must_be_in b "the reader has left"
#   leaves b
#   comes a                                 (again)

# shellcheck disable=SC2154 # the other libraries and check.bats set key, program, section, at_first, state

declare -gA visit=() inside=()

# values: prints the values of the semaphores of $key, "1,1,0".
values() {
    semop-tool show --raw --noheadings -o VALUE "$key" 2>/dev/null | paste -sd,
}

# extra_detail: for the messages of waiting.bash. $at_first has the values before any program entered.
extra_detail() {
    echo "; the semaphores are $(values), and were $at_first at first"
}

# must_be_as_at_first WHEN: with no program inside, the semaphores have their first values.
must_be_as_at_first() {
    local now
    now=$(values)
    [[ $now == "$at_first" ]] || fail "$1, the semaphores are $now" \
        "$at_first, as after setup: each semaphore is released as often as it is acquired" "$section"
}

# comes NAME [INSIDE ARG...]: starts it, with the word INSIDE that it prints when it is in; or lets it
# enter again. must_be_in and must_stay_out then check the outcome.
comes() {
    local name=$1
    visit[$name]=$((${visit[$name]-0} + 1))
    if ((${visit[$name]} == 1)); then
        inside[$name]=$2
        student_start "$name" "$program" "$key" "${@:3}"
    else
        send_line "$name" ""
    fi
}

# line NAME: prints the line by which the program says that it is in.
line() {
    echo "${inside[$1]} ${visit[$1]}"
}

is_in() {
    has_printed "$1" "$(line "$1")"
}

# somebody_is_in NAME...: at least one of them is in.
somebody_is_in() {
    local name
    for name in "$@"; do
        ! is_in "$name" || return 0
    done
    return 1
}

# For await, where possibly none of them can enter.
somebody_is_in_or_all_rest() {
    somebody_is_in "$@" || all_rest
}

# must_be_in NAME WHY
must_be_in() {
    must_proceed "$1" "$(line "$1")" "$2" "$section"
}

# must_stay_out NAME WHY
must_stay_out() {
    must_wait "$1" "$(line "$1")" "$2" "$section"
}

# waits_for_ever NAME WHAT: fails, and reports which process waits for which.
waits_for_ever() {
    report_on "$1"
    # shellcheck disable=SC2034 # for fail
    timed_out="it waits for ever" stuck=$(semop-tool waiters --deadlock 2>/dev/null) || :
    fail "$(quoted "$command") waits in semop(2) for ever, although $2$(extra_detail)" "it proceeds" "$section"
}

# leaves NAME: lets it leave, which no other process may prevent.
leaves() {
    send_line "$1" ""
    await proceeds "$1" "left ${visit[$1]}" || :
    [[ $state != waits ]] || waits_for_ever "$1" "it was ${inside[$1]} and only leaves"
    must_proceed "$1" "left ${visit[$1]}" "it was ${inside[$1]} and only leaves" "$section"
}

# --- many at once ------------------------------------------------------------

# shellcheck disable=SC2016 # for the other bash
crowd='for how in "${@:3}"; do "$1" "$2" $how || echo "\"$how\" exited with $?" >&2 & done; wait'

crowd_is_through() {
    has_ended crowd || said_something || all_rest
}

said_something() {
    [[ -s $IPCLAB_SCRATCH/crowd.err ]]
}

# many_at_once EXPECTED SOUND HOW...: runs a program with the arguments of each HOW, for example
# "read 40", all at the same time. All must end (EXPECTED says so in words), without a message (SOUND
# says so), and leave the semaphores with their first values.
many_at_once() {
    local expected=$1 sound=$2 these
    these="of these at the same time, $(quoted "$(printf '%s, ' "${@:3}" | sed 's/, $//')"),"
    student_start crowd bash -c "$crowd" crowd "$program" "$key" "${@:3}"
    await crowd_is_through || :
    if ! has_ended crowd && ! said_something; then
        # shellcheck disable=SC2034 # for fail
        timed_out="it waits for ever" stuck=$(semop-tool waiters --deadlock 2>/dev/null) || :
        fail "$these some wait in semop(2) for ever$(extra_detail)" "$expected" "$section"
    fi
    ! said_something || end_students
    student_wait crowd
    command="$program $key"
    [[ -z $stderr ]] || fail "$these one printed $(quoted "${stderr%%$'\n'*}")" "$sound" "$section"
    [[ $(values) == "$at_first" ]] || fail \
        "$these all have ended, and the semaphores are $(values); they were $at_first at first" "$expected" "$section"
}
