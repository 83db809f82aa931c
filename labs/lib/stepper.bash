# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# labs/lib/stepper.bash -- run the student's programs call by call, in the order that the check chooses
#
# Two programs that run by themselves show a race now and then; stepped through it call by call,
# they show it every time.
#
#   stepper_build                       (in setup_file; needs cc)
#   stepper_start a ./server board      as student_start, but the program stops at each of its calls
#   stepper_next a                      sets $call: where program a has stopped, or "end" if it has ended
#   stepper_go a                        lets it continue to its next stop
#   stepper_free a                      lets it run without further stops
#
# A program stops before each call ($call is "semop"); with stepper_mode=steps it stops before and
# after each call ($call is "before semop 0-1" or "after semop 0-1"), which shows what goes wrong
# between two calls: a program that has released something and still uses it. stepper.c lists the
# calls of each mode.

declare -gA stepper_at=() stepper_gos=() stepper_part=()
call=
stepper_mode=calls

stepper_build() {
    cc -O1 -fPIC -shared -o "$given_dir/stepper.so" "${BASH_SOURCE[0]%/*}/stepper.c" -ldl
}

# must_load NAME: the program that has just been started has loaded stepper.so. Without it the program
# would run through, and the check would not know what it has missed.
must_load() {
    local call
    stepper_next "$1" || :
    [[ $call != loaded ]] || return 0
    [[ $call == end ]] || student_kill "$1" || :
    student_wait "$1"
    ((status != 126 && status != 127)) ||
        fail "$(quoted "$command") $(how_it_ended)" "the check can run it" "Your turn"
    fail "the check cannot stop $(quoted "$command") at its calls: it did not load the check's library" \
        "a program that is not statically linked (-static) and that has the loader of the system" "Your turn"
}

stepper_start() {
    local name=$1 at go
    shift
    give "$name.at" 622
    give "$name.go" 644
    exec {at}<>"$given_dir/$name.at" {go}<>"$given_dir/$name.go"
    stepper_at[$name]=$at stepper_gos[$name]=$go stepper_part[$name]=
    student_start "$name" env LD_PRELOAD="$given_there/stepper.so" IPCLAB_STEPPER="$given_there/$name" \
        IPCLAB_STEPPER_MODE="$stepper_mode" "$@"
    # shellcheck disable=SC2004,SC2034 # of labs/lib/box.bash: how messages name the program
    student_commands[$name]="$*"
    must_load "$name"
}

# stepper_next NAME: sets $call. Fails if the time limit passes before the program has stopped or
# ended.
stepper_next() {
    local end=$((SECONDS + $(printf '%.0f' "$(box_time)") + 1)) ended=
    call=
    while ((SECONDS < end)); do
        ! stepper_read "$1" 0.02 || return 0
        [[ -z $ended ]] || { call=end && return 0; }
        # It may have stopped once more before it ended.
        [[ -d /proc/${student_jobs[$1]} ]] || ended=yes
    done
    return 1
}

# stepper_read NAME SECONDS: sets $call if the program has stopped, or does within SECONDS; fails
# otherwise. read may time out in the middle of a line; it then keeps the part for the next time.
stepper_read() {
    local piece=
    if IFS= read -r -t "$2" piece <&"${stepper_at[$1]}"; then
        call=${stepper_part[$1]-}$piece
        stepper_part[$1]=
    else
        stepper_part[$1]+=$piece
        return 1
    fi
}

stepper_go() {
    printf x >&"${stepper_gos[$1]}"
}

# stepper_go_until NAME CALL...: lets it continue until it is about to make one of these calls, or
# ends; sets $call.
stepper_go_until() {
    local name=$1
    shift
    while stepper_next "$name"; do
        [[ $call != end && " $* " != *" $call "* ]] || return 0
        stepper_go "$name"
    done
    return 1
}

# stepper_go_to NAME REGEX: lets it continue until $call matches, or it ends. Fails if the time
# limit passes first.
stepper_go_to() {
    while stepper_next "$1"; do
        [[ $call != end && ! $call =~ $2 ]] || return 0
        stepper_go "$1"
    done
    return 1
}

# Without its FIFOs a program does not stop; the bytes are for stops that it has already made, or is
# about to make.
stepper_free() {
    rm -f "$given_dir/$1".{at,go}
    printf '%64s' '' >&"${stepper_gos[$1]}"
}
