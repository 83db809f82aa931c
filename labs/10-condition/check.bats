#!/usr/bin/env bats
#
# Lab 10: does every item come, once and in order, whoever waits, whoever is woken, and whoever is killed?
#
# The check has a hand in the buffer: probe.c holds the mutex, wakes sleepers for no reason, and dies as an owner; it says
# on what of the buffer a process sleeps. So the order of events is the check's, and no luck is needed.

# shellcheck disable=SC2154 # what the libraries have
# shellcheck disable=SC2030,SC2031 # each test is a shell of its own

load "$IPCLAB_LIB/check"
load "$IPCLAB_LIB/waiting"

buffer="Your turn: buffer"
condition="Your turn: condition"
closing="Your turn: close"
robust="Your turn: robust"

# in_the_box NAME: a file of the check's scratch directory, as /tmp/hand/NAME, executable.
in_the_box() {
    in_box tee "/tmp/hand/$1" <"$IPCLAB_SCRATCH/$1" >/dev/null
    in_box chmod +x "/tmp/hand/$1"
}

setup_file() {
    local name
    cc -D_GNU_SOURCE -O1 -o "$IPCLAB_SCRATCH/probe" "$BATS_TEST_DIRNAME/probe.c" -pthread
    cc -O1 -fPIC -shared -o "$IPCLAB_SCRATCH/fatal.so" "$BATS_TEST_DIRNAME/fatal.c" -ldl
    in_box mkdir -p /tmp/hand
    in_the_box probe
    in_the_box fatal.so
    for name in buffer.h main.c; do
        in_box rm -rf "$name"
        in_box tee "$name" <"$BATS_TEST_DIRNAME/starter/$name" >/dev/null
    done
}

setup() {
    printf -v key '0x%x' "$((0x1ab0000 + RANDOM))"
}

# --- what the check's hand does ------------------------------------------------

probe() {
    "$IPCLAB_SCRATCH/probe" "$@"
}

# new_buffer SLOTS: sets $id.
new_buffer() {
    student ./buffer make "$key" "$1"
    must_exit 0 "$buffer"
    id=$(segment_of "$key") || wrong "after $(shown "$command") there is no segment of key $key" "there is one" "$buffer"
}

# state: what is in the buffer, in words.
state_of_buffer() {
    probe state "$id"
}

# used: how many items are there, by the items themselves.
items_there() {
    local words
    read -ra words < <(probe state "$id")
    printf '%s\n' "${words[@]:7}" | grep -cvx -e -
}

# owner_start: a process takes the mutex and holds it.
owner_start() {
    student_start owner /tmp/hand/probe hold "$key"
    await has_printed owner held || {
        look_at owner
        wrong "the check's own process cannot lock the mutex: $output" "it is free, or its owner dead" "$1"
    }
}

# owner_does LINE: and has done it.
owner_does() {
    local before
    before=$(grep -cx did "$IPCLAB_SCRATCH/owner.out") || :
    tell owner "$1"
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
    tell owner release
    student_wait owner
}

# --- who sleeps where ----------------------------------------------------------

# By name: the PIDs of those that are below a shell.
declare -gA stopped=()

# place NAME: on what of the buffer its program sleeps.
place() {
    local pid
    if pid=${stopped[$1]-} && [[ -n $pid ]] || pid=$(student_pid "$1"); then probe where "$id" "$pid"; else echo ended; fi
}

# settled NAME: set $place to where it sleeps and has slept at two looks, or to ended or busy.
settled() {
    local pid before ticks
    has_ended "$1" && place=ended && return 0
    # It may end between.
    pid=$(student_pid "$1") && before=$(switches "$pid") && ticks=$(cpu_ticks "$1") || return 1
    place=$(probe where "$id" "$pid")
    case $place in
    mutex | not_full | not_empty) [[ $place == "$(probe where "$id" "$pid")" && $before == "$(switches "$pid")" ]] ;;
    *) ((before > 100 || ticks > 50)) && place=busy ;;
    esac
}

in_words() {
    case $1 in
    mutex) echo "sleeps in pthread_mutex_lock() or takes the mutex again" ;;
    not_full | not_empty) echo "sleeps on $1" ;;
    busy) echo "looks again and again (busy waiting)" ;;
    *) echo "neither ends nor sleeps on anything of the buffer" ;;
    esac
}

# must_sleep NAME PLACE WHY SECTION
must_sleep() {
    place=unknown
    await settled "$1" || :
    [[ $place != "$2" ]] || return 0
    look_at "$1"
    if [[ $place == ended ]]; then
        student_wait "$1"
        wrong "$(shown "$command") printed $(shown "$output") and $(how_it_ended), although $3" \
            "it $(in_words "$2")" "$4"
    fi
    wrong "$(shown "$command") $(in_words "$place"), while $3" "it $(in_words "$2")" "$4"
}

# all_in_the_box: each that was started runs in the box by now, or has ended.
all_in_the_box() {
    local name
    for name in "${!student_jobs[@]}"; do
        student_pid "$name" >/dev/null || has_ended "$name" || return 1
    done
}

# stuck: all that run sleep, and nobody is on his way.
stuck() {
    all_in_the_box && all_rest
}

ended_or_stuck() {
    has_ended "$1" || stuck
}

# must_get_through NAME WHY SECTION: it ends, well; if it does not, it is told as soon as all that run sleep.
must_get_through() {
    local at
    await ended_or_stuck "$1" || :
    if ! has_ended "$1"; then
        at=$(place "$1")
        look_at "$1"
        wrong "$(shown "$command") $(in_words "$at") for ever, although $2; in the buffer: $(state_of_buffer)" \
            "it goes on, and ends" "$3"
    fi
    student_wait "$1"
    must_exit 0 "$3"
}

# must_do INPUT WHY SECTION ARG...: ./buffer with these words ends, well.
must_do() {
    student_start it ./buffer "${@:4}"
    [[ -z $1 ]] || tell it "$1"
    tell_end it
    must_get_through it "$2" "$3"
}

put() {
    must_do "$1" "$2" "$3" put "$key"
}

get() {
    must_do "" "$2" "$3" get "$key" "$1"
}

# must_be_there NUMBERS WHEN SECTION: in the slots.
must_be_there() {
    local now
    now=$(state_of_buffer)
    [[ ${now#* items } == "$1" ]] || wrong "$2 the numbers in the slots are ${now#* items } (- for none)" "$1" "$3"
}

# --- buffer --------------------------------------------------------------------

@test "buffer: the mutex and the conditions are for processes" {
    local kinds
    must_build "$buffer"
    in_box rm -f /tmp/hand/kinds
    student env LD_PRELOAD=/tmp/hand/fatal.so IPCLAB_KINDS=/tmp/hand/kinds ./buffer make "$key" 3
    command="./buffer make $key 3"
    must_exit 0 "$buffer"
    id=$(segment_of "$key") || wrong "after $(shown "$command") there is no segment of key $key" "there is one" "$buffer"
    kinds=$(in_box cat /tmp/hand/kinds 2>/dev/null | sort -r | paste -sd';' | sed 's/;/; /g') || :
    [[ $kinds != *'not robust'* ]] || wrong "the mutex is not robust, by its attributes: who waits for it when its owner \
is killed waits for ever" "PTHREAD_MUTEX_ROBUST" "$robust"
    [[ $kinds == "mutex: robust, shared; condition: shared; condition: shared" ]] ||
        wrong "by their attributes, what $(shown "$command") makes is: ${kinds:-nothing}" \
            "one mutex and two conditions, all PTHREAD_PROCESS_SHARED: else they work between the threads of one process \
only" "$buffer"
    [[ $(state_of_buffer) == "used 0 next 1 closed 0 items - - -" ]] ||
        wrong "after $(shown "$command") the buffer has: $(state_of_buffer)" "used 0 next 1 closed 0 items - - -" "$buffer"
}

@test "buffer: items come in order, round and round" {
    local word text='' i
    new_buffer 3
    for i in 1 2 3 4 5 6 7; do
        word="$(random_word)  $i"
        text+=$word$'\n'
    done
    text=${text%$'\n'}
    student_start g ./buffer get "$key" 7
    must_do "$text" "there is a get that makes room" "$buffer" put "$key"
    must_get_through g "seven items have been put" "$buffer"
    must_print "$text" "$buffer"
    [[ $(state_of_buffer) == "used 0 next 8 closed 0 items - - -" ]] ||
        wrong "after seven items were put and got the buffer has: $(state_of_buffer)" \
            "used 0 next 8 closed 0 items - - -" "$buffer"
}

@test "buffer: who has to wait sleeps" {
    new_buffer 2
    student_start g ./buffer get "$key" 1
    must_sleep g not_empty "the buffer is empty" "$buffer"
    put one "there is room" "$buffer"
    must_get_through g "an item has been put" "$buffer"
    must_print one "$buffer"
    put $'two\nthree' "there is room" "$buffer"
    student_start p ./buffer put "$key"
    tell p four
    must_sleep p not_full "the buffer is full" "$buffer"
    must_be_there "2 3" "while a put waits" "$buffer"
    get 1 "there are two items" "$buffer"
    must_print two "$buffer"
    tell_end p
    must_get_through p "an item has been taken" "$buffer"
    must_be_there "4 3" "after the put that waited" "$buffer"
}

# Three of each; what each get has printed is a file of its own.
# shellcheck disable=SC2016 # for the other bash
crowd='rm -f /tmp/got.*
for i in 1 2 3; do ./buffer get "$1" >/tmp/got.$i & done
for i in a b c; do seq -f "$i %g" 30 | ./buffer put "$1" & puts+=" $!"; done
wait $puts && ./buffer close "$1" && wait'

many_of_either() {
    local got
    student_start crowd bash -c "$crowd" crowd "$key"
    await ended_or_stuck crowd || :
    if ! has_ended crowd; then
        look_at crowd
        command="./buffer put $key"
        wrong "of three that put, and three that get, none goes on: all sleep; in the buffer: $(state_of_buffer)" \
            "all end" "$condition"
    fi
    student_wait crowd
    command="./buffer get $key"
    must_exit 0 "$buffer"
    got=$(in_box sh -c 'cat /tmp/got.* | sort')
    [[ $got == "$(for i in a b c; do seq -f "$i %g" 30; done | sort)" ]] ||
        wrong "of 90 items that three put, $(sort -u <<<"$got" | grep -c .) different ones came, in $(grep -c . \
            <<<"$got") lines" "each of them, once" "$buffer"
    # shellcheck disable=SC2016 # for awk
    got=$(in_box sh -c 'for i in 1 2 3; do awk "\$2 <= last[\$1] { print } { last[\$1] = \$2 }" /tmp/got.$i; done')
    [[ -z $got ]] || wrong "one get printed $(shown "${got%%$'\n'*}") after a later item of the same put" \
        "the items of each in their order" "$buffer"
}

@test "buffer: any number of either" {
    local round
    for round in $(rounds 3); do
        new_buffer 3
        disturbed "$round" many_of_either
        ipcrm -m "$id"
    done
}

# --- condition -----------------------------------------------------------------

# woken_and_settled NAME SWITCHES: it has run since it had switched so often, and come to rest.
woken_and_settled() {
    local pid now
    has_ended "$1" || [[ -s $IPCLAB_SCRATCH/$1.out ]] || {
        pid=$(student_pid "$1") && now=$(switches "$pid") && ((now > $2)) && settled "$1"
    }
}

# must_sleep_on NAME PLACE WHY: it is woken there for no reason, and sleeps again.
must_sleep_on() {
    local before
    must_sleep "$1" "$2" "$3" "$condition"
    before=$(switches "$(student_pid "$1")")
    probe wake "$id" "$2"
    await woken_and_settled "$1" "$before" || :
    if has_ended "$1" || [[ -s $IPCLAB_SCRATCH/$1.out || $(state_of_buffer) != "$4" ]]; then
        look_at "$1"
        wrong "$(shown "$command") was woken, went on, although $3, and printed $(shown "$output"); in the buffer: \
$(state_of_buffer)" "it looks again, and sleeps again: in the buffer: $4" "$condition"
    fi
    must_sleep "$1" "$2" "$3, and it was woken for no reason" "$condition"
}

@test "condition: a wake-up alone is no reason to go on" {
    new_buffer 2
    student_start g ./buffer get "$key" 1
    must_sleep_on g not_empty "the buffer is empty" "used 0 next 1 closed 0 items - -"
    put one "there is room" "$condition"
    must_get_through g "an item has been put" "$condition"
    put $'two\nthree' "there is room" "$condition"
    student_start p ./buffer put "$key"
    tell p four
    must_sleep_on p not_full "the buffer is full" "used 2 next 4 closed 0 items 2 3"
}

# below_a_shell NAME ARG...: ./buffer with these words, as the child of a shell: nsenter(1), which is the parent
# otherwise, stops when its child does.
below_a_shell() {
    # shellcheck disable=SC2016 # for the other shell
    student_start "$1" bash -c './buffer "$@"; exit' buffer "${@:2}"
    # shellcheck disable=SC2034 # what messages call it
    student_commands[$1]="./buffer ${*:2}"
}

# stop_asleep NAME PLACE WHY: when it sleeps there it is stopped; its PID is kept in stopped[NAME].
sleeps_below() {
    local pid child
    pid=$(student_pid "$1") || return 1
    read -r child _ 2>/dev/null <"/proc/$pid/task/$pid/children" || [[ -n $child ]] || return 1
    stopped[$1]=$child
    [[ $(probe where "$id" "$child") == "$2" ]]
}

stop_asleep() {
    await sleeps_below "$1" "$2" || must_sleep "$1" "$2" "$3" "$condition"
    kill -s STOP "${stopped[$1]}"
    await is_stopped "${stopped[$1]}"
}

@test "condition: as many are woken as can go on" {
    local name
    new_buffer 2
    for name in a b; do
        below_a_shell "$name" get "$key" 1
        stop_asleep "$name" not_empty "the buffer is empty"
    done
    put $'one\ntwo' "there is room for both" "$condition"
    kill -s CONT "${stopped[@]}"
    for name in a b; do
        must_get_through "$name" "two slept, and two items were put, one right after the other" "$condition"
    done
    put $'three\nfour' "there is room for both" "$condition"
    for name in a b; do
        below_a_shell "$name" put "$key"
        tell "$name" "$name"
        tell_end "$name"
        stop_asleep "$name" not_full "the buffer is full"
    done
    get 2 "there are two items" "$condition"
    kill -s CONT "${stopped[@]}"
    for name in a b; do
        must_get_through "$name" "two slept, and two items were taken, one right after the other" "$condition"
    done
}

# changes_nothing WHAT SLEEPER PLACE ARG...: with the mutex held by another, ./buffer ARG waits for it, and has changed
# nothing and woken nobody. SLEEPER sleeps on PLACE; empty if nobody does.
changes_nothing() {
    local before now
    before=$(state_of_buffer)
    student_start it ./buffer "${@:4}"
    [[ $4 != put ]] || tell it "$1"
    tell_end it
    await settled it || :
    now=$(state_of_buffer)
    look_at it
    [[ $now == "$before" ]] || wrong "$(shown "$command") changed the buffer while another process held the mutex, from \
$(shown "$before") to $(shown "$now")" "it has the mutex before it changes what others wait for" "$condition"
    must_sleep it mutex "another process holds the mutex" "$condition"
    look_at it
    [[ -z $2 || $(place "$2") == "$3" ]] || wrong "$(shown "$command") woke $(shown "${student_commands[$2]}"), and has \
changed nothing yet: another process holds the mutex" "first the mutex, then the change, then the signal" "$condition"
}

@test "condition: what is waited for changes under the mutex only" {
    new_buffer 1
    student_start g ./buffer get "$key" 1
    must_sleep g not_empty "the buffer is empty" "$condition"
    owner_start "$condition"
    changes_nothing one g not_empty put "$key"
    owner_releases
    must_get_through it "the mutex has been given back" "$buffer"
    must_get_through g "an item has been put" "$condition"
    put two "there is room" "$condition"
    student_start p ./buffer put "$key"
    tell p three
    tell_end p
    must_sleep p not_full "the buffer is full" "$condition"
    owner_start "$condition"
    changes_nothing "" p not_full get "$key" 1
    owner_releases
    must_get_through it "the mutex has been given back" "$buffer"
    must_get_through p "an item has been taken" "$condition"
    get 1 "there is an item" "$condition"
    student_start g ./buffer get "$key"
    must_sleep g not_empty "the buffer is empty" "$condition"
    owner_start "$condition"
    changes_nothing "" g not_empty close "$key"
    owner_releases
    must_get_through it "the mutex has been given back" "$buffer"
    must_get_through g "the buffer was closed" "$condition"
}

# --- close ---------------------------------------------------------------------

@test "close: all who wait end" {
    local name
    new_buffer 1
    for name in a b c; do
        student_start "$name" ./buffer get "$key"
        must_sleep "$name" not_empty "the buffer is empty" "$closing"
    done
    must_do "" "nobody holds the mutex" "$closing" close "$key"
    for name in a b c; do
        must_get_through "$name" "the buffer was closed" "$closing"
        must_print "" "$closing"
    done
}

@test "close: nothing more is put, and what is there still comes" {
    local name
    new_buffer 2
    put $'one\ntwo' "there is room" "$closing"
    for name in a b; do
        student_start "$name" ./buffer put "$key"
        tell "$name" "$name"
        must_sleep "$name" not_full "the buffer is full" "$closing"
    done
    must_do "" "nobody holds the mutex" "$closing" close "$key"
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

@test "robust: the owner dies before it has changed anything" {
    new_buffer 2
    owner_start "$robust"
    owner_is_killed
    put one "the owner of the mutex is dead, and the mutex robust" "$robust"
    put two "another one has repaired it since" "$robust"
    owner_start "$robust"
    owner_is_killed
    get 1 "the owner of the mutex is dead, and the mutex robust" "$robust"
    must_print one "$robust"
    owner_start "$robust"
    owner_is_killed
    must_do "" "the owner of the mutex is dead, and the mutex robust" "$robust" close "$key"
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
    must_do "" "nobody holds the mutex" "$robust" close "$key"
    must_do "" "the buffer is closed" "$robust" get "$key"
    [[ $output == "$3" ]] || wrong "the owner of the mutex died in the middle of $4; then the line 'last' was put, and \
what came was $(shown "$output")" "$(shown "$3")" "$robust"
    ipcrm -M "$key"
}

@test "robust: what is half done is put right" {
    half_done "stored two" $'zero\none' $'one\ntwo\nlast' \
        "a put: the item (two) was stored, but next and used not changed"
    half_done "stored one" zero $'one\nlast' \
        "a put: the item (one) was stored, but next and used not changed"
    half_done counted $'zero\none' $'one\nlast' "a put: next and used were changed, but no item was stored"
    half_done emptied $'zero\none\ntwo' $'two\nlast' "a get: the item (one) was taken, but used not changed"
    half_done emptied $'zero\none' last "a get: the item (one) was taken, but used not changed"
}

@test "robust: the owner dies while others wait for the mutex" {
    new_buffer 2
    owner_start "$robust"
    student_start a ./buffer get "$key" 1
    student_start b ./buffer put "$key"
    tell b one
    tell_end b
    must_sleep a mutex "another process holds the mutex" "$robust"
    must_sleep b mutex "another process holds the mutex" "$robust"
    owner_is_killed
    must_get_through b "the owner of the mutex is dead" "$robust"
    must_get_through a "an item has been put" "$robust"
    must_print one "$robust"
}

@test "robust: pthread_cond_wait returns EOWNERDEAD, too" {
    new_buffer 2
    student_start g ./buffer get "$key" 1
    must_sleep g not_empty "the buffer is empty" "$robust"
    owner_start "$robust"
    owner_does "stored one"
    owner_does "signal not_empty"
    must_sleep g mutex "it was woken, and its mutex is held by another" "$robust"
    owner_is_killed
    must_get_through g "the owner of the mutex is dead, and there is an item" "$robust"
    must_print one "$robust"
    put two "the one who got EOWNERDEAD from pthread_cond_wait() has repaired it" "$robust"
    get 1 "there is an item" "$robust"
    must_print two "$robust"
}

# killed_at MOMENT WORD ARG...: ./buffer with these words, killed there (fatal.c); WORD is its input.
killed_at() {
    student_start it env LD_PRELOAD=/tmp/hand/fatal.so IPCLAB_FATAL="$1" ./buffer "${@:3}"
    tell it "$2"
    tell_end it
    student_wait it
    command="./buffer ${*:3}"
    ((status == 137 || status == 0)) || wrong "$(shown "$command") $(how_it_ended)" "it runs until it is killed" "$robust"
}

@test "robust: killed at any step" {
    local moment
    for moment in lock signal unlock; do
        new_buffer 2
        killed_at "$moment" one put "$key"
        put two "one was killed who put" "$robust"
        must_do "" "nobody holds the mutex" "$robust" close "$key"
        must_do "" "the buffer is closed" "$robust" get "$key"
        [[ $output == two || ($moment != lock && $output == $'one\ntwo') ]] ||
            wrong "one was killed who put 'one' (at its $moment), then 'two' was put; what came was $(shown "$output")" \
                "'one\\ntwo', or 'two' if the first had not been stored" "$robust"
        ipcrm -M "$key"
        new_buffer 2
        put $'one\ntwo' "there is room" "$robust"
        killed_at "$moment" "" get "$key" 1
        must_do "" "one was killed who got" "$robust" close "$key"
        must_do "" "the buffer is closed" "$robust" get "$key"
        [[ $output == $'one\ntwo' || ($moment != lock && $output == two) ]] ||
            wrong "one was killed who got 'one' (at its $moment); what came then was $(shown "$output")" \
                "'one\\ntwo', or 'two' if the first had been taken" "$robust"
        ipcrm -M "$key"
    done
}

# What it would have woken must not sleep on when another one has come.
@test "robust: nobody is left asleep by one who was killed" {
    local name
    new_buffer 2
    for name in a b; do
        student_start "$name" ./buffer get "$key" 1
        must_sleep "$name" not_empty "the buffer is empty" "$robust"
    done
    killed_at signal one put "$key"
    put two "one was killed who put" "$robust"
    for name in a b; do
        await ended_or_stuck "$name" || :
        has_ended "$name" || (($(items_there) == 0)) || {
            look_at "$name"
            wrong "$(shown "$command") sleeps for ever, although an item is there: one who put it was killed right before \
its signal, and another one has put since; in the buffer: $(state_of_buffer)" \
                "who is killed before its signal still holds the mutex; so the next one learns of it, and wakes all" "$robust"
        }
    done
}

# --- questions -----------------------------------------------------------------

@test "questions: conditions" {
    must_answer holds no "what the walk-through shows: is m locked while a process sleeps?" "Questions"
    must_answer remembered no "what the walk-through shows: a signal that nobody waits for" "Questions"
    must_answer certain no "POSIX on pthread_cond_wait: what is said of spurious wake-ups?" "Questions"
}

@test "questions: owners" {
    must_answer number "$(echo EOWNERDEAD | cc -E -include errno.h - | tail -n 1)" \
        "the number that errno.h has for it on this machine" "Questions"
    must_answer unrepaired enotrecoverable "what the walk-through shows: --not-recover" "Questions"
    must_answer also pthread_cond_wait "a function that takes the mutex again" "Questions"
}
