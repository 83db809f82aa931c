# shellcheck shell=bash
# labs/lib/turns.bash -- who comes in, who waits, who leaves? For a check.bats of programs that share something, and by
# the order of the check: load "$IPCLAB_LIB/turns", after check and waiting.
#
# Such a program comes at once, prints that it is in ("reading 1", the number being that of its visit), and stays until
# it reads a line; then it leaves, prints "left 1", and comes again with the next line.
#
#   program=./fair section='Your turn: fair'
#   comes a reading read                    (./fair KEY read)
#   must_be_in a "nobody else is there"
#   comes b writing write
#   must_stay_out b "a reader is there"
#   leaves a
#   must_be_in b "the reader has left"
#   leaves b
#   comes a                                 (again)

# shellcheck disable=SC2154 # what the other libraries and check.bats have: key, program, section, at_first, state

declare -gA visit=() inside=()

# values: those of the semaphores of $key, "1,1,0".
values() {
    semop-tool show --raw --noheadings -o VALUE "$key" 2>/dev/null | paste -sd,
}

# besides: for the messages of lib/waiting.bash. $at_first is what they were when nobody had come.
besides() {
    echo "; the semaphores are $(values), and $at_first at first"
}

# must_be_as_at_first WHEN: the semaphores, when nobody is there.
must_be_as_at_first() {
    local now
    now=$(values)
    [[ $now == "$at_first" ]] || wrong "$1, the semaphores are $now" \
        "$at_first, as after setup: as often as one is taken it is given back" "$section"
}

# comes NAME [INSIDE ARG...]: it starts, and is what INSIDE says when it is in; or comes again. must_be_in and
# must_stay_out tell what comes of it.
comes() {
    local name=$1
    visit[$name]=$((${visit[$name]-0} + 1))
    if ((${visit[$name]} == 1)); then
        inside[$name]=$2
        student_start "$name" "$program" "$key" "${@:3}"
    else
        tell "$name" ""
    fi
}

# line NAME: what it prints when it is in.
line() {
    echo "${inside[$1]} ${visit[$1]}"
}

is_in() {
    has_printed "$1" "$(line "$1")"
}

# somebody_is_in NAME...: one of them at least.
somebody_is_in() {
    local name
    for name in "$@"; do
        ! is_in "$name" || return 0
    done
    return 1
}

# For await, where it may be that none of them can come in.
somebody_is_in_or_all_rest() {
    somebody_is_in "$@" || all_rest
}

# must_be_in NAME WHY
must_be_in() {
    must_get_on "$1" "$(line "$1")" "$2" "$section"
}

# must_stay_out NAME WHY
must_stay_out() {
    must_wait "$1" "$(line "$1")" "$2" "$section"
}

# waits_for_ever NAME WHAT: that is wrong; says who waits for whom.
waits_for_ever() {
    look_at "$1"
    # shellcheck disable=SC2034 # for wrong
    timed_out="it waits for ever" stuck=$(semop-tool waiters --deadlock 2>/dev/null) || :
    wrong "$(shown "$command") waits in semop(2) for ever, although $2$(besides)" "it goes on" "$section"
}

# leaves NAME: and nobody keeps it from doing so.
leaves() {
    tell "$1" ""
    await gets_on "$1" "left ${visit[$1]}" || :
    [[ $state != waits ]] || waits_for_ever "$1" "it was ${inside[$1]} and only leaves"
    must_get_on "$1" "left ${visit[$1]}" "it was ${inside[$1]} and only leaves" "$section"
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

# many_at_once EXPECTED SOUND HOW...: each HOW, "read 40" for instance, is arguments of a program; they run at the
# same time, by themselves. All come to an end, which is what EXPECTED says in words, without a message, which is
# SOUND, and the semaphores are then what they were.
many_at_once() {
    local expected=$1 sound=$2 these
    these="of these at the same time, $(shown "$(printf '%s, ' "${@:3}" | sed 's/, $//')"),"
    student_start crowd bash -c "$crowd" crowd "$program" "$key" "${@:3}"
    await crowd_is_through || :
    if ! has_ended crowd && ! said_something; then
        # shellcheck disable=SC2034 # for wrong
        timed_out="it waits for ever" stuck=$(semop-tool waiters --deadlock 2>/dev/null) || :
        wrong "$these some wait in semop(2) for ever$(besides)" "$expected" "$section"
    fi
    ! said_something || end_students
    student_wait crowd
    command="$program $key"
    [[ -z $stderr ]] || wrong "$these one says $(shown "${stderr%%$'\n'*}")" "$sound" "$section"
    [[ $(values) == "$at_first" ]] || wrong "$these all have ended: and the semaphores are $(values), and $at_first at \
first" "$expected" "$section"
}
