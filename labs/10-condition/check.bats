#!/usr/bin/env bats
#
# Lab 10: does each item come out once and in order, whichever process waits, wakes up or is killed?
#
# The check uses the buffer too: probe.c holds the mutex, wakes sleeping processes for no reason, and dies as the owner.
# It also finds out which object of the buffer a process sleeps on. So the check determines the order of events, and
# does not depend on luck.

# shellcheck disable=SC2154 # variables that the libraries set
# shellcheck disable=SC2030,SC2031 # each test runs in a shell of its own

load "$IPCLAB_LIB/check"
load "$IPCLAB_LIB/waiting"

buffer="Your turn: buffer"
condition="Your turn: condition"
closing="Your turn: close"
robust="Your turn: robust"

setup_file() {
    local name
    cc -D_GNU_SOURCE -O1 -o "$given_dir/probe" "$BATS_TEST_DIRNAME/probe.c" -pthread
    cc -O1 -fPIC -shared -I"$IPCLAB_LIB" -o "$given_dir/fatal.so" "$BATS_TEST_DIRNAME/fatal.c" -ldl
    for name in buffer.h main.c; do
        in_box rm -rf "$name"
        in_box tee "$name" <"$BATS_TEST_DIRNAME/starter/$name" >/dev/null
    done
}

setup() {
    trace_failures
    printf -v key '0x%x' "$((0x1ab0000 + RANDOM))"
}

# --- the check's part in the buffer ---------------------------------------------

probe() {
    beside "$given_dir/probe" "$@"
}

# new_buffer SLOTS: make a buffer, and set $id.
new_buffer() {
    student ./buffer make "$key" "$1"
    must_exit 0 "$buffer"
    id=$(segment_of "$key") ||
        fail "after $(quoted "$command"), no segment has key $key" "a segment with this key" "$buffer"
}

# state_of_buffer: print what is in the buffer.
state_of_buffer() {
    probe state "$id"
}

# items_there: print the number of items in the slots.
items_there() {
    local words
    read -ra words < <(probe state "$id")
    printf '%s\n' "${words[@]:7}" | grep -cvx -e -
}

# owner_start SECTION: start a process that locks the mutex and holds it.
owner_start() {
    student_start owner "$given_there/probe" hold "$key"
    await has_printed owner held || {
        report_on owner
        fail "the check's own process cannot lock the mutex: $output" \
            "the mutex is unlocked, or its owner is dead" "$1"
    }
}

# owner_does LINE: make the owner do it, and wait until it is done.
owner_does() {
    local before
    before=$(grep -cx did "$IPCLAB_SCRATCH/owner.out") || :
    send_line owner "$1"
    await owner_has_done "$((before + 1))"
}

owner_has_done() {
    (($(grep -cx did "$IPCLAB_SCRATCH/owner.out") >= $1))
}

owner_is_killed() {
    student_kill owner
    wait "${student_jobs[owner]}" 2>/dev/null || :
    unset 'student_jobs[owner]'
}

owner_releases() {
    send_line owner release
    student_wait owner
}

# --- who sleeps where ----------------------------------------------------------

# By name: the PIDs of programs that run as children of a shell.
declare -gA stopped=()

# place NAME: print which object of the buffer the program sleeps on.
place() {
    local pid
    if pid=${stopped[$1]-} && [[ -n $pid ]] || pid=$(student_pid "$1"); then probe where "$id" "$pid"; else echo ended; fi
}

# settled NAME: set $place to the object that the program sleeps on, the same twice in a row, or to ended or busy.
settled() {
    local pid before ticks
    has_ended "$1" && place=ended && return 0
    # The program may end in between.
    pid=$(student_pid "$1") && before=$(switches "$pid") && ticks=$(cpu_ticks "$1") || return 1
    place=$(probe where "$id" "$pid")
    case $place in
    mutex | not_full | not_empty) [[ $place == "$(probe where "$id" "$pid")" && $before == "$(switches "$pid")" ]] ;;
    *) ((before > 100 || ticks > 50)) && place=busy ;;
    esac
}

in_words() {
    case $1 in
    mutex) echo "waits for the mutex" ;;
    not_full | not_empty) echo "sleeps on $1" ;;
    busy) echo "checks again and again (busy waiting)" ;;
    *) echo "neither ends nor sleeps on any object of the buffer" ;;
    esac
}

# must_sleep NAME PLACE WHY SECTION
must_sleep() {
    place=unknown
    await settled "$1" || :
    [[ $place != "$2" ]] || return 0
    report_on "$1"
    if [[ $place == ended ]]; then
        student_wait "$1"
        fail "$(quoted "$command") printed $(quoted "$output") and $(how_it_ended), although $3" \
            "it $(in_words "$2")" "$4"
    fi
    fail "$(quoted "$command") $(in_words "$place"), while $3" "it $(in_words "$2")" "$4"
}

# all_in_the_box: each program that was started runs in the box by now, or has ended.
all_in_the_box() {
    local name
    for name in "${!student_jobs[@]}"; do
        student_pid "$name" >/dev/null || has_ended "$name" || return 1
    done
}

# stuck: all running programs sleep, and none is still starting.
stuck() {
    all_in_the_box && all_rest
}

ended_or_stuck() {
    has_ended "$1" || stuck
}

# must_get_through NAME WHY SECTION: the program ends with status 0. Fail as soon as all running programs sleep.
must_get_through() {
    local at
    await ended_or_stuck "$1" || :
    if ! has_ended "$1"; then
        at=$(place "$1")
        report_on "$1"
        fail "$(quoted "$command") $(in_words "$at") for ever, although $2; the buffer contains: $(state_of_buffer)" \
            "it continues, and ends" "$3"
    fi
    student_wait "$1"
    must_exit 0 "$3"
}

# must_do INPUT WHY SECTION ARG...: ./buffer with these arguments ends with status 0.
must_do() {
    student_start it ./buffer "${@:4}"
    [[ -z $1 ]] || send_line it "$1"
    end_input it
    must_get_through it "$2" "$3"
}

put() {
    must_do "$1" "$2" "$3" put "$key"
}

get() {
    must_do "" "$2" "$3" get "$key" "$1"
}

# must_be_there NUMBERS WHEN SECTION: these items are in the slots.
must_be_there() {
    local now
    now=$(state_of_buffer)
    [[ ${now#* items } == "$1" ]] ||
        fail "$2, the item numbers in the slots are ${now#* items } (-: no item)" "$1" "$3"
}

# make_with_fatal NAME=VALUE: ./buffer make, with fatal.so and this setting of it.
make_with_fatal() {
    # shellcheck disable=SC2034 # for box.bash
    local library=$given_there/fatal.so library_settings=("$1")
    student ./buffer make "$key" 3
}

# --- buffer --------------------------------------------------------------------

@test "buffer: the mutex and the conditions are shared between processes" {
    local kinds
    must_build "$buffer"
    in_box rm -f "$tmp_there/kinds"
    make_with_fatal "IPCLAB_KINDS=$tmp_there/kinds"
    must_exit 0 "$buffer"
    id=$(segment_of "$key") ||
        fail "after $(quoted "$command"), no segment has key $key" "a segment with this key" "$buffer"
    kinds=$(in_box cat "$tmp_there/kinds" 2>/dev/null | sort -r | paste -sd';' | sed 's/;/; /g') || :
    [[ $kinds != *'not robust'* ]] || fail "by its attributes, the mutex is not robust: if its owner is killed, the \
processes that wait for it wait for ever" "PTHREAD_MUTEX_ROBUST" "$robust"
    [[ $kinds == "mutex: robust, shared; condition: shared; condition: shared" ]] ||
        fail "by their attributes, the objects that $(quoted "$command") makes are: ${kinds:-none}" \
            "one mutex and two conditions, all PTHREAD_PROCESS_SHARED: otherwise they work only between the threads of \
one process" "$buffer"
    [[ $(state_of_buffer) == "used 0 next 1 closed 0 items - - -" ]] ||
        fail "after $(quoted "$command"), the buffer contains: $(state_of_buffer)" \
            "used 0 next 1 closed 0 items - - -" "$buffer"
}

@test "buffer: items come out in order, again and again" {
    local word text='' i
    new_buffer 3
    for i in 1 2 3 4 5 6 7; do
        word="$(random_word)  $i"
        text+=$word$'\n'
    done
    text=${text%$'\n'}
    student_start g ./buffer get "$key" 7
    must_do "$text" "a get makes room" "$buffer" put "$key"
    must_get_through g "seven items have been put" "$buffer"
    must_print "$text" "$buffer"
    [[ $(state_of_buffer) == "used 0 next 8 closed 0 items - - -" ]] ||
        fail "after seven items were put and got, the buffer contains: $(state_of_buffer)" \
            "used 0 next 8 closed 0 items - - -" "$buffer"
}

@test "buffer: a process that has to wait sleeps" {
    new_buffer 2
    student_start g ./buffer get "$key" 1
    must_sleep g not_empty "the buffer is empty" "$buffer"
    put one "there is room" "$buffer"
    must_get_through g "an item has been put" "$buffer"
    must_print one "$buffer"
    put $'two\nthree' "there is room" "$buffer"
    student_start p ./buffer put "$key"
    send_line p four
    must_sleep p not_full "the buffer is full" "$buffer"
    must_be_there "2 3" "while a put waits" "$buffer"
    get 1 "there are two items" "$buffer"
    must_print two "$buffer"
    end_input p
    must_get_through p "an item has been taken" "$buffer"
    must_be_there "4 3" "after the put that had to wait" "$buffer"
}

# Three programs put and three get; each get prints to a file of its own.
# shellcheck disable=SC2016 # the other bash expands it
crowd='rm -f $TMPDIR/got.*
for i in 1 2 3; do ./buffer get "$1" >$TMPDIR/got.$i & done
for i in a b c; do seq -f "$i %g" 30 | ./buffer put "$1" & puts+=" $!"; done
wait $puts && ./buffer close "$1" && wait'

many_of_either() {
    local got
    student_start crowd bash -c "$crowd" crowd "$key"
    await ended_or_stuck crowd || :
    if ! has_ended crowd; then
        report_on crowd
        command="./buffer put $key"
        fail "while three programs put and three get, all of them sleep for ever; the buffer contains: \
$(state_of_buffer)" "all end" "$condition"
    fi
    student_wait crowd
    command="./buffer get $key"
    must_exit 0 "$buffer"
    # shellcheck disable=SC2016 # for that shell
    got=$(in_box sh -c 'cat $TMPDIR/got.* | sort')
    [[ $got == "$(for i in a b c; do seq -f "$i %g" 30; done | sort)" ]] ||
        fail "of 90 items that three programs put, $(sort -u <<<"$got" | grep -c .) different ones came out, in \
$(grep -c . <<<"$got") lines" "each item, once" "$buffer"
    # shellcheck disable=SC2016 # for awk
    got=$(in_box sh -c 'for i in 1 2 3; do awk "\$2 <= last[\$1] { print } { last[\$1] = \$2 }" $TMPDIR/got.$i; done')
    [[ -z $got ]] || fail "one get printed $(quoted "${got%%$'\n'*}") after a later item of the same put" \
        "the items of each put in their order" "$buffer"
}

@test "buffer: any number of processes put and get" {
    local round
    for round in $(rounds 3); do
        new_buffer 3
        disturbed "$round" many_of_either
        ipcrm -m "$id"
    done
}

# --- condition -----------------------------------------------------------------

# woken_and_settled NAME SWITCHES: the program has run since its count of switches was SWITCHES, and rests again.
woken_and_settled() {
    local pid now
    has_ended "$1" || [[ -s $IPCLAB_SCRATCH/$1.out ]] || {
        pid=$(student_pid "$1") && now=$(switches "$pid") && ((now > $2)) && settled "$1"
    }
}

# must_sleep_on NAME PLACE WHY STATE: wake the program there for no reason; it must sleep again, and the buffer must
# still contain STATE.
must_sleep_on() {
    local before
    must_sleep "$1" "$2" "$3" "$condition"
    before=$(switches "$(student_pid "$1")")
    probe wake "$id" "$2"
    await woken_and_settled "$1" "$before" || :
    if has_ended "$1" || [[ -s $IPCLAB_SCRATCH/$1.out || $(state_of_buffer) != "$4" ]]; then
        report_on "$1"
        fail "$(quoted "$command") was woken and continued, although $3; it printed $(quoted "$output"); the buffer \
contains: $(state_of_buffer)" "it checks again, and sleeps again; the buffer contains: $4" "$condition"
    fi
    must_sleep "$1" "$2" "$3 and it was woken for no reason" "$condition"
}

@test "condition: a wake-up alone is no reason to continue" {
    new_buffer 2
    student_start g ./buffer get "$key" 1
    must_sleep_on g not_empty "the buffer is empty" "used 0 next 1 closed 0 items - -"
    put one "there is room" "$condition"
    must_get_through g "an item has been put" "$condition"
    put $'two\nthree' "there is room" "$condition"
    student_start p ./buffer put "$key"
    send_line p four
    must_sleep_on p not_full "the buffer is full" "used 2 next 4 closed 0 items 2 3"
}

# below_a_shell NAME ARG...: start ./buffer with these arguments as the child of a shell, as on a terminal, where a shell
# is the parent that sees it stop.
below_a_shell() {
    # shellcheck disable=SC2016 # the other shell expands it
    student_start "$1" bash -c '"$0" run ./buffer "$@"; exit' "$given_there/probe" "${@:2}"
    # shellcheck disable=SC2034 # the name in messages
    student_commands[$1]="./buffer ${*:2}"
}

# sleeps_below NAME PLACE: the program sleeps there; store its PID in stopped[NAME].
sleeps_below() {
    local pid child
    pid=$(student_pid "$1") || return 1
    read -r child _ 2>/dev/null <"/proc/$pid/task/$pid/children" || [[ -n $child ]] || return 1
    stopped[$1]=$child
    [[ $(probe where "$id" "$child") == "$2" ]]
}

# stop_asleep NAME PLACE WHY: stop the program once it sleeps there.
stop_asleep() {
    await sleeps_below "$1" "$2" || must_sleep "$1" "$2" "$3" "$condition"
    kill -s STOP "${stopped[$1]}"
    await is_stopped "${stopped[$1]}"
}

@test "condition: as many processes are woken as can continue" {
    local name
    new_buffer 2
    for name in a b; do
        below_a_shell "$name" get "$key" 1
        stop_asleep "$name" not_empty "the buffer is empty"
    done
    put $'one\ntwo' "there is room for both" "$condition"
    kill -s CONT "${stopped[@]}"
    for name in a b; do
        must_get_through "$name" "two processes slept, and two items were put, one right after the other" "$condition"
    done
    put $'three\nfour' "there is room for both" "$condition"
    for name in a b; do
        below_a_shell "$name" put "$key"
        send_line "$name" "$name"
        end_input "$name"
        stop_asleep "$name" not_full "the buffer is full"
    done
    get 2 "there are two items" "$condition"
    kill -s CONT "${stopped[@]}"
    for name in a b; do
        must_get_through "$name" "two processes slept, and two items were taken, one right after the other" "$condition"
    done
}

# changes_nothing INPUT SLEEPER PLACE ARG...: while another process holds the mutex, ./buffer ARG waits for the mutex;
# so far it has changed nothing, and woken no process. SLEEPER sleeps on PLACE; it is empty if no program sleeps.
changes_nothing() {
    local before now
    before=$(state_of_buffer)
    student_start it ./buffer "${@:4}"
    [[ $4 != put ]] || send_line it "$1"
    end_input it
    await settled it || :
    now=$(state_of_buffer)
    report_on it
    [[ $now == "$before" ]] || fail "$(quoted "$command") changed the buffer while another process held the mutex, \
from $(quoted "$before") to $(quoted "$now")" "it locks the mutex before it changes the data that others wait for" \
        "$condition"
    must_sleep it mutex "another process holds the mutex" "$condition"
    report_on it
    [[ -z $2 || $(place "$2") == "$3" ]] || fail "$(quoted "$command") woke $(quoted "${student_commands[$2]}"), \
but has changed nothing yet: another process holds the mutex" \
        "it locks the mutex, then changes the data, then signals" "$condition"
}

@test "condition: a predicate changes only under the mutex" {
    new_buffer 1
    student_start g ./buffer get "$key" 1
    must_sleep g not_empty "the buffer is empty" "$condition"
    owner_start "$condition"
    changes_nothing one g not_empty put "$key"
    owner_releases
    must_get_through it "the mutex was unlocked" "$buffer"
    must_get_through g "an item has been put" "$condition"
    put two "there is room" "$condition"
    student_start p ./buffer put "$key"
    send_line p three
    end_input p
    must_sleep p not_full "the buffer is full" "$condition"
    owner_start "$condition"
    changes_nothing "" p not_full get "$key" 1
    owner_releases
    must_get_through it "the mutex was unlocked" "$buffer"
    must_get_through p "an item has been taken" "$condition"
    get 1 "there is an item" "$condition"
    student_start g ./buffer get "$key"
    must_sleep g not_empty "the buffer is empty" "$condition"
    owner_start "$condition"
    changes_nothing "" g not_empty close "$key"
    owner_releases
    must_get_through it "the mutex was unlocked" "$buffer"
    must_get_through g "the buffer was closed" "$condition"
}

# --- close ---------------------------------------------------------------------

@test "close: all waiting processes end" {
    local name
    new_buffer 1
    for name in a b c; do
        student_start "$name" ./buffer get "$key"
        must_sleep "$name" not_empty "the buffer is empty" "$closing"
    done
    must_do "" "no process holds the mutex" "$closing" close "$key"
    for name in a b c; do
        must_get_through "$name" "the buffer was closed" "$closing"
        must_print "" "$closing"
    done
}

@test "close: no more items go in, and the remaining ones come out" {
    local name
    new_buffer 2
    put $'one\ntwo' "there is room" "$closing"
    for name in a b; do
        student_start "$name" ./buffer put "$key"
        send_line "$name" "$name"
        must_sleep "$name" not_full "the buffer is full" "$closing"
    done
    must_do "" "no process holds the mutex" "$closing" close "$key"
    for name in a b; do
        await ended_or_stuck "$name" || :
        has_ended "$name" || must_get_through "$name" "the buffer was closed" "$closing"
        student_wait "$name"
        must_exit 1 "$closing"
        must_complain "$closing"
    done
    student ./buffer put "$key" <<<three
    must_exit 1 "$closing"
    must_do "" "the buffer is closed" "$closing" get "$key"
    must_print $'one\ntwo' "$closing"
}

# --- robust --------------------------------------------------------------------

@test "robust: the owner dies before it changes anything" {
    new_buffer 2
    owner_start "$robust"
    owner_is_killed
    put one "the owner of the mutex is dead, and the mutex is robust" "$robust"
    put two "another one has repaired it since" "$robust"
    owner_start "$robust"
    owner_is_killed
    get 1 "the owner of the mutex is dead, and the mutex is robust" "$robust"
    must_print one "$robust"
    owner_start "$robust"
    owner_is_killed
    must_do "" "the owner of the mutex is dead, and the mutex is robust" "$robust" close "$key"
    must_do "" "the buffer is closed" "$robust" get "$key"
    must_print two "$robust"
}

# half_done WHAT BEFORE PRINTED: with three slots and the lines BEFORE in it the owner does WHAT and dies; after that
# the line last is put, and all that comes is PRINTED.
half_done() {
    new_buffer 3
    put "$2" "there is room" "$robust"
    get 1 "there is an item" "$robust"
    owner_start "$robust"
    owner_does "$1"
    owner_is_killed
    put last "the owner of the mutex is dead" "$robust"
    must_do "" "no process holds the mutex" "$robust" close "$key"
    must_do "" "the buffer is closed" "$robust" get "$key"
    [[ $output == "$3" ]] || fail "the owner of the mutex died in the middle of $4; then the line 'last' was put, and \
get printed $(quoted "$output")" "$(quoted "$3")" "$robust"
    ipcrm -M "$key"
}

@test "robust: the next owner repairs a half-done change" {
    half_done "stored two" $'zero\none' $'one\ntwo\nlast' \
        "a put, which had stored the item (two) but not changed next and used"
    half_done "stored one" zero $'one\nlast' \
        "a put, which had stored the item (one) but not changed next and used"
    half_done counted $'zero\none' $'one\nlast' "a put, which had changed next and used but not stored an item"
    half_done emptied $'zero\none\ntwo' $'two\nlast' "a get, which had removed the item (one) but not changed used"
    half_done emptied $'zero\none' last "a get, which had removed the item (one) but not changed used"
}

@test "robust: the owner dies while others wait for the mutex" {
    new_buffer 2
    owner_start "$robust"
    student_start a ./buffer get "$key" 1
    student_start b ./buffer put "$key"
    send_line b one
    end_input b
    must_sleep a mutex "another process holds the mutex" "$robust"
    must_sleep b mutex "another process holds the mutex" "$robust"
    owner_is_killed
    must_get_through b "the owner of the mutex is dead" "$robust"
    must_get_through a "an item has been put" "$robust"
    must_print one "$robust"
}

@test "robust: pthread_cond_wait returns EOWNERDEAD as well" {
    new_buffer 2
    student_start g ./buffer get "$key" 1
    must_sleep g not_empty "the buffer is empty" "$robust"
    owner_start "$robust"
    owner_does "stored one"
    owner_does "signal not_empty"
    must_sleep g mutex "it was woken, and another process holds the mutex" "$robust"
    owner_is_killed
    must_get_through g "the owner of the mutex is dead, and there is an item" "$robust"
    must_print one "$robust"
    put two "the process that got EOWNERDEAD from pthread_cond_wait() has repaired it" "$robust"
    get 1 "there is an item" "$robust"
    must_print two "$robust"
}

# killed_at MOMENT WORD ARG...: ./buffer with these arguments and the input WORD is killed at MOMENT (see fatal.c).
killed_at() {
    # shellcheck disable=SC2034 # for box.bash
    local library=$given_there/fatal.so library_settings=("IPCLAB_FATAL=$1")
    student_start it ./buffer "${@:3}"
    send_line it "$2"
    end_input it
    student_wait it
    must_end "$robust"
    ((status == 137 || status == 0)) || fail "$(quoted "$command") $(how_it_ended)" "it runs until it is killed" "$robust"
}

@test "robust: a process is killed at any step" {
    local moment
    for moment in lock signal unlock; do
        new_buffer 2
        killed_at "$moment" one put "$key"
        put two "another put was killed" "$robust"
        must_do "" "no process holds the mutex" "$robust" close "$key"
        must_do "" "the buffer is closed" "$robust" get "$key"
        [[ $output == two || ($moment != lock && $output == $'one\ntwo') ]] ||
            fail "a put of 'one' was killed at its $moment, then 'two' was put; get printed $(quoted "$output")" \
                "'one\\ntwo', or 'two' if 'one' had not been stored" "$robust"
        ipcrm -M "$key"
        new_buffer 2
        put $'one\ntwo' "there is room" "$robust"
        killed_at "$moment" "" get "$key" 1
        must_do "" "a get was killed" "$robust" close "$key"
        must_do "" "the buffer is closed" "$robust" get "$key"
        [[ $output == $'one\ntwo' || ($moment != lock && $output == two) ]] ||
            fail "a get of 'one' was killed at its $moment; the next get printed $(quoted "$output")" \
                "'one\\ntwo', or 'two' if 'one' had been removed" "$robust"
        ipcrm -M "$key"
    done
}

# The process that the dead one would have woken must not stay asleep after another one has put an item.
@test "robust: a killed process leaves no other asleep" {
    local name
    new_buffer 2
    for name in a b; do
        student_start "$name" ./buffer get "$key" 1
        must_sleep "$name" not_empty "the buffer is empty" "$robust"
    done
    killed_at signal one put "$key"
    put two "another put was killed" "$robust"
    for name in a b; do
        await ended_or_stuck "$name" || :
        has_ended "$name" || (($(items_there) == 0)) || {
            report_on "$name"
            fail "$(quoted "$command") sleeps for ever, although the buffer contains an item: the put of 'one' was \
killed right before its signal, and another put followed; the buffer contains: $(state_of_buffer)" \
                "a process that is killed before its signal still holds the mutex, so the next owner gets \
EOWNERDEAD, and wakes all" "$robust"
        }
    done
}

# --- questions -----------------------------------------------------------------

@test "questions: conditions" {
    must_answer holds no "see the walk-through: is m locked while a process sleeps?" "Questions"
    must_answer remembered no "see the walk-through: a signal for which no process waits" "Questions"
    must_answer certain no "read about spurious wake-ups in the POSIX page of pthread_cond_wait" "Questions"
}

@test "questions: owners" {
    must_answer number "$(echo EOWNERDEAD | cc -E -include errno.h - | tail -n 1)" \
        "its number in errno.h on this machine" "Questions"
    must_answer unrepaired enotrecoverable "see the walk-through: --not-recover" "Questions"
    must_answer also pthread_cond_wait "a function that locks the mutex again" "Questions"
}
