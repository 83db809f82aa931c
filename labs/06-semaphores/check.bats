#!/usr/bin/env bats
#
# Lab 06: do processes hold never more units than there are, and never fewer than they could; and does no process pass the
# barrier alone?
#
# Nearly all tests use a handshake: a program that holds units prints so, and holds until its input ends; a program that
# waits is visible in semop(2). So the check determines the order of events, and needs no luck.

# shellcheck disable=SC2154 # variables of the libraries

load "$IPCLAB_LIB/check"
load "$IPCLAB_LIB/waiting"

setup() {
    trace_failures
    printf -v key '0x%x' "$((0x1ab0000 + RANDOM))"
}

# --- the values of the set ---------------------------------------------------

# values: print the values of the semaphores, as "2,1", or nothing if there is no set.
values() {
    semop-tool show --raw --noheadings -o VALUE "$key" 2>/dev/null | paste -sd,
}

# besides: what lib/waiting.bash adds to its messages.
extra_detail() {
    echo "; the semaphores are $(values)"
}

# must_hold VALUES WHEN SECTION: fail unless these are the values now.
must_hold() {
    local now
    now=$(values)
    [[ $now == "$1" ]] || fail "$2 the semaphores are ${now:-removed}" "$1" "$3"
}

# --- pool --------------------------------------------------------------------

@test "pool: acquires, holds, and releases" {
    must_build "Your turn: pool"
    student_start a ./pool "$key" 3,2 0 1 0
    must_proceed a got "all units that it wants are free" "Your turn: pool"
    must_hold 1,1 "while $(quoted "${student_commands[a]}") holds," "Your turn: pool"
    must_finish a "Your turn: pool"
    must_print $'got\ngave' "Your turn: pool"
    student ./pool -n "$key" 3,2 0 0 0 1 1
    must_exit 0 "Your turn: pool"
    must_print $'got\ngave' "Your turn: pool"
}

@test "pool: sleeps while it waits, and continues when there are enough units" {
    student_start a ./pool "$key" 1 0
    must_proceed a got "a unit is free" "Your turn: pool"
    student_start b ./pool "$key" 1 0
    must_wait b got "another process holds the only unit" "Your turn: pool"
    must_finish a "Your turn: pool"
    must_proceed b got "the only unit has been released" "Your turn: pool"
    must_finish b "Your turn: pool"
}

# holders: the names of the programs that hold units. None of them releases a unit before the check ends its input.
holders() {
    local name
    for name in "${!student_jobs[@]}"; do
        ! has_printed "$name" got || echo "$name"
    done
}

# all_have_settled COUNT [HELD]: COUNT programs hold or wait; and HELD of them hold, if given.
all_have_settled() {
    local held waiting
    held=$(holders | wc -l)
    [[ $held == "${2-$held}" ]] || return 1
    waiting=$(waiting_pids | wc -l)
    ((held + waiting >= $1))
}

all_hold_or_rest() {
    all_have_settled "$@" || all_rest
}

never_more_than_three() {
    local i most names
    for i in 1 2 3 4 5; do student_start "c$i" ./pool "$key" 3 0; done
    for i in 5 4 3 2 1; do
        most=$((i < 3 ? i : 3))
        await all_have_settled "$i" || :
        mapfile -t names < <(holders)
        report_on c1
        ((${#names[@]} <= most)) ||
            fail "of the 3 units of a pool, processes hold ${#names[@]} at the same time" "at most 3" "Your turn: pool"
        # A program that has been woken may not have printed "got" yet.
        await all_hold_or_rest "$i" "$most" || :
        mapfile -t names < <(holders)
        ((${#names[@]} == most)) ||
            fail "of the 3 units of a pool, processes hold ${#names[@]}, although $i processes want one each" \
                "they hold as many as possible: $most" "Your turn: pool"
        must_finish "${names[0]}" "Your turn: pool"
    done
}

@test "pool: all units can be held at the same time, and never more" {
    disturbed 6 never_more_than_three
}

# Programs that acquire one unit after the other hold one each when both units are released, one by one.
@test "pool: acquires several units at once" {
    local name
    for name in 0 1; do
        student_start "holds_$name" ./pool "$key" 1,1 "$name"
        must_proceed "holds_$name" got "a unit of each kind is free" "Your turn: pool"
    done
    student_start a ./pool "$key" 1,1 0 1
    must_wait a got "no unit is free" "Your turn: pool"
    student_start b ./pool "$key" 1,1 1 0
    must_wait b got "no unit is free" "Your turn: pool"
    must_finish holds_0 "Your turn: pool"
    must_finish holds_1 "Your turn: pool"
    await one_gets_or_none_can || :
    if [[ $who == none ]]; then
        report_on a
        # shellcheck disable=SC2034 # for fail, too
        timed_out="it waits for ever" stuck=$(semop-tool waiters --deadlock 2>/dev/null) || :
        fail "$(quoted "$command") holds one unit and waits for the other, $(quoted "${student_commands[b]}") the other way \
round: a deadlock" "a process that waits holds nothing: it acquires all units in one list" "Your turn: pool"
    fi
    must_proceed "$who" got "a unit of each kind has been released" "Your turn: pool"
    must_finish "$who" "Your turn: pool"
    [[ $who == a ]] && who=b || who=a
    must_proceed "$who" got "a unit of each kind has been released" "Your turn: pool"
    must_finish "$who" "Your turn: pool"
}

# who_has_got: set $who to the program that holds; fail, and set it to "none", if neither does.
who_has_got() {
    for who in a b; do
        ! has_printed "$who" got || return 0
    done
    who=none
    return 1
}

one_gets_or_none_can() {
    who_has_got || { all_rest && { who_has_got || :; }; }
}

@test "pool: -n does not wait, -t waits for a limited time" {
    local how
    student_start a ./pool "$key" 1,1 1
    must_proceed a got "a unit is free" "Your turn: pool"
    for how in "-n" "-t 0.2"; do
        # shellcheck disable=SC2086 # two words
        student ./pool $how "$key" 1,1 0 1
        must_exit 124 "Your turn: pool"
        must_print "" "Your turn: pool"
        must_hold 1,0 "after $(quoted "$command"), which acquired nothing," "Your turn: pool"
    done
    student ./pool -n "$key" 1,1 0
    must_exit 0 "Your turn: pool"
    must_print $'got\ngave' "Your turn: pool"
    student_start b ./pool -t 3600 "$key" 1,1 1
    must_wait b got "another process holds the only unit" "Your turn: pool"
    must_finish a "Your turn: pool"
    must_proceed b got "the unit has been released, and the hour is not over" "Your turn: pool"
}

# goes_on NAME: the program waits again, or has ended, or has printed "got".
goes_on() {
    is_anybody_waiting || has_ended "$1" || has_printed "$1" got
}

# was_disturbed NAME: fail with a message.
was_disturbed() {
    end_input "$1"
    student_wait "$1"
    command="./pool $key 1 0"
    fail "$(quoted "$command") was stopped (as by ^Z) and continued (fg) while it waited, and $(how_it_ended)" \
        "it continues to wait" "Your turn: pool"
}

# In a shell of its own, as on a terminal, where a shell is the parent that sees it stop.
@test "pool: a stop and a continue do not disturb it" {
    local pid
    student_start a ./pool "$key" 1 0
    must_proceed a got "a unit is free" "Your turn: pool"
    # shellcheck disable=SC2016 # for the other shell
    student_start b bash -c './pool "$1" 1 0; exit' b "$key"
    await goes_on b || :
    pid=$(waiting_pids)
    [[ -n $pid ]] || must_wait b got "another process holds the only unit" "Your turn: pool"
    kill -s STOP "$pid"
    await is_stopped "$pid"
    kill -s CONT "$pid"
    await goes_on b || :
    is_anybody_waiting || was_disturbed b
    must_finish a "Your turn: pool"
    await proceeds b got || :
    must_finish b "Your turn: pool"
    must_print $'got\ngave' "Your turn: pool"
}

@test "pool: complains and exits with 1 when the set is removed" {
    student_start a ./pool "$key" 1 0
    must_proceed a got "a unit is free" "Your turn: pool"
    student_start b ./pool "$key" 1 0
    must_wait b got "another process holds the only unit" "Your turn: pool"
    semop-tool rm "$key" 2>/dev/null
    student_wait b
    must_exit 1 "Your turn: pool"
    must_complain "Your turn: pool"
}

# --- undo --------------------------------------------------------------------

@test "undo: the holder is killed" {
    student_start a ./pool "$key" 3,1 0 0 1
    must_proceed a got "all units that it wants are free" "Your turn: undo"
    student_start b ./pool "$key" 3,1 1
    must_wait b got "another process holds the only unit" "Your turn: undo"
    student_kill b
    student_wait b
    must_hold 1,0 "after SIGKILL of $(quoted "$command"), which waited," "Your turn: undo"
    student_kill a
    student_wait a
    must_hold 3,1 "after SIGKILL of $(quoted "$command"), which held," "Your turn: undo"
}

@test "undo: a process that waits gets what the killed one held" {
    student_start a ./pool "$key" 2 0 0
    must_proceed a got "all units that it wants are free" "Your turn: undo"
    student_start b ./pool "$key" 2 0
    must_wait b got "another process holds both units" "Your turn: undo"
    student_kill a
    student_wait a
    must_proceed b got "the process that held both units was killed" "Your turn: undo"
    must_hold 1 "while $(quoted "${student_commands[b]}") holds," "Your turn: undo"
}

@test "undo: nothing is released twice" {
    local how
    student_start a ./pool "$key" 3,2 0 1 0
    must_proceed a got "all units that it wants are free" "Your turn: undo"
    must_finish a "Your turn: undo"
    must_hold 3,2 "after $(quoted "$command"), which released its units and ended," "Your turn: undo"
    for how in TERM INT; do
        student_start a ./pool "$key" 3,2 0 1 0
        must_proceed a got "all units that it wants are free" "Your turn: undo"
        student_kill a "$how"
        student_wait a
        must_hold 3,2 "after SIG$how to $(quoted "$command")" "Your turn: undo"
    done
}

# --- open --------------------------------------------------------------------

@test "open: a process that comes later changes nothing" {
    local name
    for name in a b; do
        student_start "$name" ./pool "$key" 2,1 0
        must_proceed "$name" got "a unit of kind 0 is free" "Your turn: open"
    done
    must_hold 0,1 "while two processes hold one unit of kind 0 each," "Your turn: open"
    student_start c ./pool "$key" 2,1 0
    must_wait c got "other processes hold all units of kind 0" "Your turn: open"
    student_kill a
    student_wait a
    must_proceed c got "a process that held a unit of kind 0 was killed" "Your turn: open"
    must_hold 0,1 "after one of the holders was killed, and another process acquired its unit," "Your turn: open"
}

# half_made: make a set that stays as it is between semget(2) and semctl(2) of a creator; set $id, and $key to its key.
half_made() {
    id=$(in_box ipcmk --semaphore 2 --mode 0600 | tr -dc 0-9)
    key=$(awk -v id="$id" '$2 == id { printf "0x%x", $1 < 0 ? $1 + 4294967296 : $1 }' /proc/sysvipc/sem)
}

operated_on() {
    awk -v id="$1" '$2 == id { exit $9 == 0 }' /proc/sysvipc/sem
}

# must_be_wary NAME: fail unless the program neither waits for a semaphore of the half-made set nor operates on one.
must_be_wary() {
    local observed
    await observe_state "$1" got || :
    if [[ $state == waits || $state == through ]] || operated_on "$id"; then
        report_on "$1"
        [[ $state == waits ]] && observed="waits for a semaphore of set $id" || observed="operated on set $id"
        fail "$(quoted "$command") $observed, which its creator has not initialised (its sem_otime is 0)" \
            "it waits for the creator, at most a second, then complains and exits with 1" "Your turn: open"
    fi
    student_wait "$1"
    must_exit 1 "Your turn: open"
    must_complain "Your turn: open"
}

@test "open: a set that is never initialised" {
    local id
    half_made
    student_start a ./pool "$key" 2,1 0
    student_start b ./pool -n "$key" 2,1 0
    student_start c ./barrier "$key" 2
    must_be_wary a
    must_be_wary b
    must_be_wary c
    must_hold 0,0 "after that" "Your turn: open"
}

@test "open: a slow creator" {
    local id
    half_made
    student_start a ./pool "$key" 2,1 0
    semop-tool set "$id" --all=2,1
    semop-tool op "$id" 0-1,0+1
    must_proceed a got "the creator has now initialised the set" "Your turn: open"
    must_hold 1,1 "while $(quoted "${student_commands[a]}") holds," "Your turn: open"
}

# Each of them prints "got", or how it ended.
# shellcheck disable=SC2016 # for the other bash
crowd='exec 4<&0; for i in 1 2 3 4 5 6; do { ./pool -n "$1" 6 0 <&4 || echo "exited with $?"; } & done; wait'

crowd_has_said() {
    (($(student_output crowd | wc -l) >= 6))
}

all_at_once() {
    local got
    student_start crowd bash -c "$crowd" crowd "$key"
    await crowd_has_said || :
    report_on crowd
    command="six times ./pool -n $key 6 0"
    got=$(student_output crowd | grep -cx got) || :
    [[ $got == 6 ]] ||
        fail "of $(quoted "$command") at the same moment, $got acquired a unit; the others: $(student_output crowd |
            grep -vx got | sort | uniq -c | xargs)" "each acquires one: there are six units" "Your turn: open"
    must_hold 0 "while six processes hold all six units," "Your turn: open"
    end_input crowd
    student_wait crowd
    must_hold 6 "after all have released their units" "Your turn: open"
}

@test "open: six processes come at the same moment" {
    local round
    for round in $(rounds 3); do
        disturbed "$round" all_at_once
        semop-tool rm "$key"
    done
}

# --- barrier -----------------------------------------------------------------

# stuck_with NAME: print the operation in which the program waits; "0=0" waits for zero.
stuck_with() {
    semop-tool waiters --raw --noheadings -o PID,STUCK 2>/dev/null | sed -n "s/^$(student_pid "$1") //p"
}

waits_for_zero() {
    [[ $(stuck_with "$1") == *=0 ]] || all_rest
}

# must_wait_for_zero NAME LINE WHY: fail unless the program waits, in an operation that waits for zero.
must_wait_for_zero() {
    must_wait "$1" "$2" "$3" "Your turn: barrier"
    await waits_for_zero "$1" || :
    [[ $(stuck_with "$1") == *=0 ]] && return 0
    report_on "$1"
    fail "$(quoted "$command") waits in the operation $(stuck_with "$1"), while $3$(extra_detail)" \
        "it has come to the barrier, and waits for zero (SEM=0)" "Your turn: barrier"
}

@test "barrier: no process passes before all have come" {
    local round names name early
    for name in a b c; do student_start "$name" ./barrier "$key" 3; done
    round=0
    for names in "a b c" "c a b"; do
        round=$((round + 1))
        early=("${names% ?}")
        # shellcheck disable=SC2048 # words
        for name in ${early[*]}; do
            send_line "$name" ""
            must_wait_for_zero "$name" "passed $round" "in round $round not all three processes have come"
        done
        send_line "${names##* }" ""
        for name in $names; do
            must_proceed "$name" "passed $round" "all three processes have come to round $round" "Your turn: barrier"
        done
    done
    for name in a b c; do must_finish "$name" "Your turn: barrier"; done
}

# shellcheck disable=SC2016 # for the other bash
runners='for i in 1 2 3 4; do yes | head -n "$2" | ./barrier "$1" 4 >>$TMPDIR/passed & done; wait'

runners_are_through() {
    has_ended runners || all_rest
}

# out_of_step ROUNDS: print what is wrong with the common record, if anything.
out_of_step() {
    in_box cat "$tmp_there/passed" | awk -v n=4 -v rounds="$1" '
        $2 != int((NR - 1) / n) + 1 {
            print "line " NR " of the common output of the four processes is \"" $0 "\", in round " int((NR - 1) / n) + 1
            exit told = 1
        }
        END { if (!told && NR < n * rounds) print "the four processes printed " NR " of " n * rounds " lines" }'
}

# must_be_in_step ROUNDS: fail unless all four lines of a round are before the first line of the next round in the common
# record. They are, because each process first prints that it has passed, and then comes again.
must_be_in_step() {
    local fault
    fault=$(out_of_step "$1")
    [[ -z $fault ]] || fail "$fault" "no process is a round ahead" "Your turn: barrier"
}

again_and_again() {
    in_box rm -f "$tmp_there/passed"
    student_start runners bash -c "$runners" runners "$key" 100
    await runners_are_through || :
    if ! has_ended runners; then
        report_on runners
        command="./barrier $key 4"
        fail "of four $(quoted "$command") these wait for ever: $(semop-tool waiters --raw --noheadings -o PID,STUCK |
            awk '{ print "process " $1 " in " $2 }' | paste -sd, | sed 's/,/, /g'); the semaphores are $(values), and \
the last line that any of the four printed is '$(in_box tail -n 1 "$tmp_there/passed")'" \
            "a fast process that comes to the next round does not hold up a slow one that has to leave this round" \
            "Your turn: barrier"
    fi
    student_wait runners
    command="./barrier $key 4"
    must_be_in_step 100
}

@test "barrier: works again and again, for fast and slow processes" {
    local round
    for round in $(rounds 2); do
        disturbed "$round" again_and_again
        semop-tool rm "$key"
    done
}

@test "barrier: between rounds, one process may leave and another come" {
    local names name number=0
    declare -A round=()
    for names in "a b" "b a" "b c" "c d"; do
        for name in $names; do
            [[ -n ${student_jobs[$name]-} ]] || student_start "$name" ./barrier "$key" 2
        done
        number=$((number + 1))
        for name in $names; do
            round[$name]=$((${round[$name]-0} + 1))
            send_line "$name" ""
            [[ $name == "${names##* }" ]] ||
                must_wait_for_zero "$name" "passed ${round[$name]}" "only one of two processes has come"
        done
        for name in $names; do
            must_proceed "$name" "passed ${round[$name]}" "both processes have come (others have ended)" "Your turn: barrier"
        done
        # The process that is not in the next pair leaves.
        case $number in
        2) must_finish a "Your turn: barrier" ;;
        3) must_finish b "Your turn: barrier" ;;
        esac
    done
}

# --- questions ---------------------------------------------------------------

# asked_kernel VALUES OPS: print the value of semaphore 0 of a set with these values after OPS, which does not wait.
asked_kernel() {
    local id
    id=$(semop-tool create --init="$1" 2)
    semop-tool op --nowait "$id" "$2" 2>/dev/null || :
    semop-tool show --raw --noheadings -o VALUE "$id" | head -n 1
    semop-tool rm "$id"
}

@test "questions: values" {
    must_answer highest "$(semop-tool limits --raw --noheadings | awk '$1 == "SEMVMX" { print $2 }')" \
        "SEMVMX, as semop-tool limits prints it on this machine" "Questions"
    must_answer half "$(asked_kernel 2,0 0-1,1-1)" "what semop-tool show prints after you have tried it" "Questions"
    must_answer forgotten 5 "what you see when you try it: what does SETVAL do to the undo of other processes?" "Questions"
}

@test "questions: rules" {
    must_answer permission read "one of the two words; semop(2) names it where it explains sem_op 0" "Questions"
    must_answer removed eidrm "the name of an errno: see ERRORS in semop(2)" "Questions"
}
