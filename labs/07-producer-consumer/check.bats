#!/usr/bin/env bats
#
# Lab 07: does every item come through once and in order, does everybody wait who has to, and nobody who has not?
#
# How that is found out is in lib/bounded.bash; here is how the check is a producer and a consumer itself, by hand, with
# semop-tool and shmattach.

# shellcheck disable=SC2154,SC2034 # what the libraries have, and what is for them
# shellcheck disable=SC2030,SC2031 # each test is a shell of its own: what student sets there is for that test

load "$IPCLAB_LIB/check"
load "$IPCLAB_LIB/gate"
load "$IPCLAB_LIB/step"
load "$IPCLAB_LIB/waiting"
load "$IPCLAB_LIB/bounded"

setup_file() {
    step_build
    in_box rm -rf buffer.h
    in_box tee buffer.h <"$BATS_TEST_DIRNAME/starter/buffer.h" >/dev/null
}

setup() {
    printf -v key '0x%x' "$((0x1ab0000 + RANDOM))"
    buffer=$key
}

# --- the check as setup, producer and consumer -------------------------------

# new_segment, new_set KEY VALUES: the student's own, so that they can be removed.
new_segment() {
    in_box shmcreate --key="$1" "${2-4096}" >/dev/null
}

new_set() {
    in_box semop-tool create --key="$1" --init="${2-0,0,0}" 3 >/dev/null
}

# new_buffer SLOTS: made here, so that no test needs the student's setup but those that are about it.
new_buffer() {
    slots=$1
    new_segment "$key" $((64 + slots * 64))
    shmattach --set="u32@0=$slots" "$key"
    new_set "$key" "$slots,0,1"
}

# operate OPS...: one call after the other; it should never have to wait, and does not for ever.
operate() {
    semop-tool op --timeout="$(box_time)s" "$key" "$@" 2>/dev/null
}

# count_of in|out
count_of() {
    local -A at=([in]=8 [out]=16)
    shmattach --get="u64@${at[$1]}" "$key"
}

# item N: the text in its slot.
item() {
    shmattach --get="str@$((64 + $1 % slots * 64))" "$key"
}

# insert TEXT, extract: what is done between P and V.
insert() {
    local in
    in=$(count_of in)
    shmattach --set="str@$((64 + in % slots * 64))=$1" "$key"
    shmattach --set="u64@8=$((in + 1))" "$key"
}

extract() {
    shmattach --set="u64@16=$(($(count_of out) + 1))" "$key"
}

# put TEXT..., take: as a producer and a consumer do it.
put() {
    local text
    for text; do
        operate 0-1 2-1
        insert "$text"
        operate 2+1,1+1
    done
}

take() {
    operate 1-1 2-1
    extract
    operate 2+1,0+1
}

# hold: take the mutex; put_held TEXT, take_held: what is left of put and take then.
hold() {
    operate 2-1
}

put_held() {
    operate 0-1
    insert "$1"
    operate 2+1,1+1
}

take_held() {
    operate 1-1
    extract
    operate 2+1,0+1
}

# --- what there is -----------------------------------------------------------

# values: EMPTY, FULL and MUTEX, "2,0,1"; empty if there is no set.
values() {
    semop-tool show --raw --noheadings -o VALUE "$key" 2>/dev/null | paste -sd,
}

# must_be_as_new SLOTS WHEN SECTION: there is a segment and a set, as after setup.
must_be_as_new() {
    local id now
    id=$(segment_of "$key") || wrong "$2 there is no segment with the key $key" "one with that key" "$3"
    now="$(segment_field "$id" size) bytes, mode $(segment_field "$id" perms | tail -c 4)"
    [[ $now == "$((64 + $1 * 64)) bytes, mode 600" ]] ||
        wrong "$2 the segment has $now" "$((64 + $1 * 64)) bytes, mode 600" "$3"
    now=$(shmattach --get=u32@0 "$key")
    [[ $now == "$1" ]] || wrong "$2 the segment has slots $now" "slots $1" "$3"
    must_hold "$1,0,1" "$2" "$3"
    must_count 0 0 "$2" "$3"
}

# --- setup -------------------------------------------------------------------

@test "setup: makes a segment and three semaphores" {
    must_build "Your turn: setup"
    student ./setup "$key" 3
    must_exit 0 "Your turn: setup"
    must_print "" "Your turn: setup"
    must_be_as_new 3 "after $(shown "$command")" "Your turn: setup"
    [[ $(objects | wc -l) == 2 ]] || wrong "after $(shown "$command") there is: $(objects | paste -sd,)" \
        "a segment and a set" "Your turn: setup"
}

# must_refuse WHAT LEFT: with WHAT there, setup complains, and there is what was there before.
must_refuse() {
    local before
    before=$(objects | paste -sd,)
    student ./setup "$key" 2
    must_exit 1 "Your turn: setup"
    must_complain "Your turn: setup"
    [[ $(objects | paste -sd,) == "$before" ]] ||
        wrong "there was $1 ($before); after $(shown "$command") there is: $(objects | paste -sd,)" \
            "what was there stays, and nothing is left besides" "Your turn: setup"
}

@test "setup: leaves alone what is there already" {
    new_buffer 2
    put "$(random_word)"
    must_refuse "a buffer of this key"
    must_hold 1,1,1 "there was a buffer with one item; after $(shown "$command")" "Your turn: setup"
    must_count 1 0 "there was a buffer with one item; after $(shown "$command")" "Your turn: setup"
    shmctl-tool rm "$key" 2>/dev/null
    must_refuse "a set of this key"
    semop-tool rm "$key" 2>/dev/null
    new_segment "$key"
    must_refuse "a segment of this key"
}

@test "setup: two at the same moment" {
    two_setups
}

@test "setup: nobody meets it half made" {
    nobody_meets_it_half_made
}

# --- producer, consumer, and all together --------------------------------------

@test "producer: puts its lines in, where the others are" {
    puts_its_lines_in
}

@test "producer: waits for an empty slot, asleep, and without the mutex" {
    producer_waits
}

@test "producer: nobody is at the buffer without the mutex" {
    producer_needs_the_mutex
}

@test "producer: what is counted is in its slot, whenever the mutex is free" {
    counted_is_there
}

@test "consumer: takes the items out, in their order" {
    takes_the_items_out
}

@test "consumer: waits for an item, asleep, and without the mutex" {
    consumer_waits
}

@test "consumer: nobody is at the buffer without the mutex" {
    consumer_needs_the_mutex
}

@test "consumer: has copied the item before it gives anything back" {
    copied_before
}

@test "together: every item once, and in order" {
    every_item_once
}

# In a shell of its own, because nsenter(1), which is the parent otherwise, stops when its child does.
# must_not_be_disturbed PROGRAM LINE [COUNT]: it waits; it is stopped and continued; it waits on, and does its work when it can.
must_not_be_disturbed() {
    local pid
    # shellcheck disable=SC2016 # for the other shell
    student_start a bash -c '"$@"; exit' a "./$1" "$key" ${3:+"$3"}
    tell a new
    await is_anybody_waiting || { look_at a && wrong "$(shown "./$1 $key") does not wait in semop(2)$(besides)" \
        "it waits there" "Your turn: together"; }
    pid=$(semop-tool waiters --raw --noheadings -o PID)
    kill -s STOP "$pid"
    await is_stopped "$pid"
    kill -s CONT "$pid"
    await settled_again a || :
    if ! is_anybody_waiting; then
        tell_end a
        student_wait a
        command="./$1 $key"
        wrong "$(shown "$command") was stopped (as by ^Z) and continued (fg) while it waited, and $(how_it_ended)" \
            "it waits on" "Your turn: together"
    fi
    if [[ $1 == producer ]]; then take; else put new; fi
    must_get_on a "$2" "it was stopped and continued, and then what it waited for was there" "Your turn: together"
    tell_end a
    student_wait a
    must_exit 0 "Your turn: together"
}

settled_again() {
    is_anybody_waiting || has_ended "$1"
}

@test "together: a stop and a continue do not disturb those who wait" {
    new_buffer 1
    must_not_be_disturbed consumer "0 new" 1
    put old
    must_not_be_disturbed producer "2 new"
    must_hold 0,1,1 "after that" "Your turn: together"
}

# --- cleanup -----------------------------------------------------------------

@test "cleanup: removes both, or what there is" {
    new_buffer 2
    new_segment $((key + 1))
    new_set $((key + 1))
    student ./cleanup "$key"
    must_exit 0 "Your turn: cleanup"
    [[ $(objects | wc -l) == 2 && -z $(values) ]] && ! segment_of "$key" >/dev/null ||
        wrong "there was a buffer, and a segment and a set of another key; after $(shown "$command") there is: \
$(objects | paste -sd,)" "the other segment and the other set" "Your turn: cleanup"
    student ./cleanup "$key"
    must_exit 1 "Your turn: cleanup"
    must_complain "Your turn: cleanup"
    ipcrm -S $((key + 1)) -M $((key + 1))
    new_segment "$key"
    student ./cleanup "$key"
    must_exit 0 "Your turn: cleanup"
    must_leave_nothing "Your turn: cleanup"
    new_set "$key"
    student ./cleanup "$key"
    must_exit 0 "Your turn: cleanup"
    must_leave_nothing "Your turn: cleanup"
}

@test "cleanup: whoever waits is told" {
    new_buffer 1
    student_start c ./consumer "$key"
    must_wait c "0 " "the buffer is empty" "Your turn: cleanup"
    student ./cleanup "$key"
    must_exit 0 "Your turn: cleanup"
    student_wait c
    must_exit 1 "Your turn: cleanup"
    must_complain "Your turn: cleanup"
    must_leave_nothing "Your turn: cleanup"
}

# --- questions ---------------------------------------------------------------

@test "questions: counts" {
    must_answer values 5,0,1 "what semop-tool show says after ./setup KEY 5, in the order of buffer.h" "Questions"
    must_answer least 1 "5, less one for each process that has taken something and has not given back the other yet" "Questions"
    must_answer lost 4 "EMPTY + FULL when all rest again: 5, less what is neither any more" "Questions"
    must_answer pages $(((64 + 1000 * 64 + $(getconf PAGESIZE) - 1) / $(getconf PAGESIZE))) \
        "the size in bytes, by getconf PAGESIZE, rounded up" "Questions"
}

@test "questions: rules" {
    must_answer deadlock full "the one of the two words in which buffer_put waits" "Questions"
    must_answer undo 2 "the one that is given back by whoever has taken it" "Questions"
    must_answer needed no "a look at which of the numbers in and out each of them writes" "Questions"
}
