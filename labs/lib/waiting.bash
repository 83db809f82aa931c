# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# labs/lib/waiting.bash -- does a program wait, and does it proceed? For a check.bats in which several
# programs wait for one another: load "$IPCLAB_LIB/waiting", after check.
#
# A program that proceeds prints a line at once; one that waits sleeps in semop(2). So the check can see
# the state of each program, and it decides the order of events:
#
#   student_start a ./pool 0x4d2 1 0
#   must_proceed a got "one is free" "Your turn: pool"
#   student_start b ./pool 0x4d2 1 0
#   must_wait b got "process a holds the only one" "Your turn: pool"
#   must_finish a "Your turn: pool"
#   must_proceed b got "process a has released it" "Your turn: pool"

# shellcheck disable=SC2154 # box.bash sets them

state=unknown

# The call in which programs sleep, for messages. A check.bats with another call sets this, and
# defines an is_blocked of its own.
sleeps_in="semop(2)"

# extra_detail: prints what a message adds when a program still waits; a check.bats may define its own.
extra_detail() {
    :
}

# report_on NAME: messages are about this program from now on.
report_on() {
    # shellcheck disable=SC2034 # for fail
    command=${student_commands[$1]} timed_out='' stuck=''
    read_back "$IPCLAB_SCRATCH/$1"
}

has_ended() {
    ! kill -0 "${student_jobs[$1]}" 2>/dev/null
}

# switches PID: prints its number of context switches, voluntary and involuntary.
switches() {
    awk '/ctxt_switches/ { sum += $2 } END { print sum + 0 }' "/proc/$1/status" 2>/dev/null
}

# is_busy NAME: it has run far more than a process that sleeps until woken ever needs.
is_busy() {
    local pid times ticks
    # It may end in the middle of this.
    pid=$(student_pid "$1") && times=$(switches "$pid") && ticks=$(cpu_ticks "$1") || return 1
    ((times > 400 || ticks > 50))
}

# has_printed NAME LINE
has_printed() {
    local lines line
    mapfile -t lines <"$IPCLAB_SCRATCH/$1.out"
    for line in "${lines[@]}"; do
        [[ $line != "$2" ]] || return 0
    done
    return 1
}

# observe_state NAME LINE: sets $state: through (it has printed LINE), ended, waits, busy or unknown.
# Fails if the state is unknown.
observe_state() {
    if has_printed "$1" "$2"; then
        state=through
    elif has_ended "$1"; then
        state=ended
    elif is_blocked "$1"; then
        state=waits
    elif is_busy "$1"; then
        state=busy
    else
        state=unknown
        return 1
    fi
}

# proceeds NAME LINE: its state is known, and is not a wait that can still end: if it waits, this looks
# once more when all processes rest.
proceeds() {
    observe_state "$1" "$2" || return 1
    [[ $state != waits ]] || { all_rest && observe_state "$1" "$2"; }
}

# must_wait NAME LINE WHY SECTION: it sleeps in $sleeps_in, because of WHY, instead of printing LINE.
must_wait() {
    await observe_state "$1" "$2" || :
    [[ $state != waits ]] || return 0
    report_on "$1"
    case $state in
    through) fail "$(quoted "$command") printed $(quoted "$2"), although $3" "it waits" "$4" ;;
    ended)
        student_wait "$1"
        fail "$(quoted "$command") $(how_it_ended), although $3" "it waits" "$4"
        ;;
    busy)
        fail "$(quoted "$command") polls: it has run $(switches "$(student_pid "$1")") \
times while it waits (busy waiting)" "it sleeps in $sleeps_in until the kernel wakes it" "$4"
        ;;
    *) fail "$(quoted "$command") neither proceeds nor sleeps in $sleeps_in, while $3" "it sleeps there" "$4" ;;
    esac
}

# must_proceed NAME LINE WHY SECTION: it prints LINE, because of WHY.
must_proceed() {
    await proceeds "$1" "$2" || :
    [[ $state != through ]] || return 0
    report_on "$1"
    case $state in
    ended)
        student_wait "$1"
        fail "$(quoted "$command") $(how_it_ended), although $3" "it proceeds and prints $(quoted "$2")" "$4"
        ;;
    waits)
        fail "$(quoted "$command") still waits in $sleeps_in, although $3$(extra_detail)" \
            "it proceeds and prints $(quoted "$2")" "$4"
        ;;
    *) fail "$(quoted "$command") did not print $(quoted "$2"), although $3" "it prints that, at once" "$4" ;;
    esac
}

# must_finish NAME SECTION: ends its input, and expects exit status 0.
must_finish() {
    end_input "$1"
    student_wait "$1"
    must_exit 0 "$2"
}

# resting: prints "PID SWITCHES" for each process in the box, if each sleeps until another process acts:
# in semop(2) or futex(2), in reading its input, or in waiting for a child. Fails otherwise, and where
# the kernel does not say (wchan).
resting() {
    local pid where
    for pid in $(box_pids); do
        look_where "$pid"
        case $where in
        *semtimedop* | *futex* | *pipe_read* | *do_wait*) echo "$pid $(switches "$pid")" ;;
        *) return 1 ;;
        esac
    done
}

# all_rest: all processes rest at the same time, so that none is left to wake another. A process seen at
# rest twice that has not run in between was at rest when the first look ended; this holds for each.
all_rest() {
    local once again
    once=$(resting) && again=$(resting) && [[ -n $once && $once == "$again" ]]
}

# is_anybody_waiting: some process waits in semop(2).
is_anybody_waiting() {
    [[ -n $(waiting_pids) ]]
}

# is_stopped PID
is_stopped() {
    local stat
    read -r stat <"/proc/$1/stat" && [[ ${stat##*) } == T* ]]
}
