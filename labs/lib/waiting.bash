# shellcheck shell=bash
# labs/lib/waiting.bash -- does it wait, and does it go on? For a check.bats that has several programs wait for one
# another: load "$IPCLAB_LIB/waiting", after check.
#
# A program that goes on prints a line, at once; one that waits does so asleep in semop(2). So the state of each can be
# told, and the order of events is the check's:
#
#   student_start a ./pool 0x4d2 1 0
#   must_get_on a got "there is one" "Your turn: pool"
#   student_start b ./pool 0x4d2 1 0
#   must_wait b got "another one has the only one" "Your turn: pool"
#   must_finish a "Your turn: pool"
#   must_get_on b got "it has been given back" "Your turn: pool"

# shellcheck disable=SC2154 # what box.bash has

state=unknown

# What they sleep in, for the messages; a check.bats where it is another call says so, and has an is_blocked of its own.
sleeps_in="semop(2)"

# besides: what else there is to say when one still waits; a check.bats may have its own.
besides() {
    :
}

# look_at NAME: messages tell of this one from now on.
look_at() {
    # shellcheck disable=SC2034 # for wrong
    command=${student_commands[$1]} timed_out='' stuck=''
    read_back "$IPCLAB_SCRATCH/$1"
}

has_ended() {
    ! kill -0 "${student_jobs[$1]}" 2>/dev/null
}

# switches PID: how often it has given away the CPU, or lost it.
switches() {
    awk '/ctxt_switches/ { sum += $2 } END { print sum + 0 }' "/proc/$1/status" 2>/dev/null
}

# is_busy NAME: it has run far more than one who sleeps until woken ever needs.
is_busy() {
    local pid times ticks
    # It may end between.
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

# settle NAME LINE: set $state to what it has come to: through (it has printed LINE), ended, waits or busy.
settle() {
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

# gets_on NAME LINE: settled, and not in waiting, unless for ever: so it is looked at again when all rest.
gets_on() {
    settle "$1" "$2" || return 1
    [[ $state != waits ]] || { all_rest && settle "$1" "$2"; }
}

# must_wait NAME LINE WHY SECTION: it sleeps in $sleeps_in, because of WHY.
must_wait() {
    await settle "$1" "$2" || :
    [[ $state != waits ]] || return 0
    look_at "$1"
    case $state in
    through) wrong "$(shown "$command") printed $(shown "$2"), although $3" "it waits" "$4" ;;
    ended)
        student_wait "$1"
        wrong "$(shown "$command") $(how_it_ended), although $3" "it waits" "$4"
        ;;
    busy)
        wrong "$(shown "$command") asks again and again: it has been given the CPU $(switches "$(student_pid "$1")") \
times while it waits (busy waiting)" "it sleeps in $sleeps_in until the kernel wakes it" "$4"
        ;;
    *) wrong "$(shown "$command") neither goes on nor sleeps in $sleeps_in, while $3" "it waits there" "$4" ;;
    esac
}

# must_get_on NAME LINE WHY SECTION: it prints LINE, for WHY.
must_get_on() {
    await gets_on "$1" "$2" || :
    [[ $state != through ]] || return 0
    look_at "$1"
    case $state in
    ended)
        student_wait "$1"
        wrong "$(shown "$command") $(how_it_ended), although $3" "it goes on, and prints $(shown "$2")" "$4"
        ;;
    waits)
        wrong "$(shown "$command") still waits in $sleeps_in, although $3$(besides)" \
            "it goes on, and prints $(shown "$2")" "$4"
        ;;
    *) wrong "$(shown "$command") did not print $(shown "$2"), although $3" "it prints that, at once" "$4" ;;
    esac
}

# must_finish NAME SECTION: its input ends, and it does, well.
must_finish() {
    tell_end "$1"
    student_wait "$1"
    must_exit 0 "$2"
}

# resting: "PID SWITCHES" of all that run in the box, if each of them sleeps until another one does something: in
# semop(2) or futex(2), in reading its input, in waiting for a child. Fails if not, and where the kernel does not say (wchan).
resting() {
    local pid where
    for pid in $(box_pids); do
        where=
        read -r -d '' where 2>/dev/null <"/proc/$pid/wchan" || :
        case $where in
        *semtimedop* | *futex* | *pipe_read* | *do_wait*) echo "$pid $(switches "$pid")" ;;
        *) return 1 ;;
        esac
    done
}

# all_rest: they do so all at the same time, and nobody is left to wake them. Who has been seen at rest twice, and has
# not run between, was so when the first look was over; and that is true of each of them.
all_rest() {
    local once again
    once=$(resting) && again=$(resting) && [[ -n $once && $once == "$again" ]]
}

# is_anybody_waiting: in semop(2).
is_anybody_waiting() {
    [[ -n $(semop-tool waiters --raw --noheadings -o PID 2>/dev/null) ]]
}

# is_stopped PID
is_stopped() {
    local stat
    read -r stat <"/proc/$1/stat" && [[ ${stat##*) } == T* ]]
}
