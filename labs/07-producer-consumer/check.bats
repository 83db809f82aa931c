#!/usr/bin/env bats
#
# Lab 07: does every item come through once and in order, and does each process wait exactly when it has to?
#
# lib/bounded.bash contains most of the tests. The functions here let the check itself act as a producer and as a consumer,
# with semop-tool and shmattach.

# shellcheck disable=SC2154,SC2034 # variables of the libraries, and variables for them
# shellcheck disable=SC2030,SC2031 # each test runs in a shell of its own, and student sets variables only for that test

load "$IPCLAB_LIB/check"
load "$IPCLAB_LIB/stepper"
load "$IPCLAB_LIB/waiting"
load "$IPCLAB_LIB/bounded-buffer"

# Programs stop before and after each call.
stepper_mode=steps

setup_file() {
    stepper_build
    in_box rm -rf buffer.h
    in_box tee buffer.h <"$BATS_TEST_DIRNAME/starter/buffer.h" >/dev/null
}

setup() {
    trace_failures
    printf -v key '0x%x' "$((0x1ab0000 + RANDOM))"
    buffer=$key
}

# --- the check as setup, producer and consumer -------------------------------

# new_segment KEY [SIZE], new_set KEY [VALUES]: create an object that belongs to the student, whose programs can remove it.
new_segment() {
    in_box shmcreate --key="$1" "${2-4096}" >/dev/null
}

new_set() {
    in_box semop-tool create --key="$1" --init="${2-0,0,0}" 3 >/dev/null
}

# new_buffer SLOTS: create a buffer. Only the tests of setup need the student's setup.
new_buffer() {
    slots=$1
    new_segment "$key" $((64 + slots * 64))
    shmattach --set="u32@0=$slots" "$key"
    new_set "$key" "$slots,0,1"
}

# operate OPS...: perform one call after the other. None should have to wait, and none waits for ever.
operate() {
    semop-tool op --timeout="$(box_time)s" "$key" "$@" 2>/dev/null
}

# count_of in|out: print this number.
count_of() {
    local -A at=([in]=8 [out]=16)
    shmattach --get="u64@${at[$1]}" "$key"
}

# item N: print the text in the slot of item N.
item() {
    shmattach --get="str@$((64 + $1 % slots * 64))" "$key"
}

# insert TEXT, extract: what a producer and a consumer do between P and V.
insert() {
    local in
    in=$(count_of in)
    shmattach --set="str@$((64 + in % slots * 64))=$1" "$key"
    shmattach --set="u64@8=$((in + 1))" "$key"
}

extract() {
    shmattach --set="u64@16=$(($(count_of out) + 1))" "$key"
}

# put TEXT..., take: put items in, and take one out, as a producer and a consumer do.
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

# hold: acquire the mutex; put_held TEXT, take_held: perform the rest of put and take.
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

# --- the state of the buffer -------------------------------------------------

# values: print EMPTY, FULL and MUTEX, as "2,0,1", or nothing if there is no set.
values() {
    semop-tool show --raw --noheadings -o VALUE "$key" 2>/dev/null | paste -sd,
}

# must_be_as_new SLOTS WHEN SECTION: fail unless there are a segment and a set, as after setup.
must_be_as_new() {
    local id now
    id=$(segment_of "$key") || fail "$2 no segment has the key $key" "a segment with this key" "$3"
    now="$(segment_field "$id" size) bytes, mode $(segment_field "$id" perms | tail -c 4)"
    [[ $now == "$((64 + $1 * 64)) bytes, mode 600" ]] ||
        fail "$2 the segment has $now" "$((64 + $1 * 64)) bytes, mode 600" "$3"
    now=$(shmattach --get=u32@0 "$key")
    [[ $now == "$1" ]] || fail "$2 the segment has slots $now" "slots $1" "$3"
    must_hold "$1,0,1" "$2" "$3"
    must_count 0 0 "$2" "$3"
}

# --- setup -------------------------------------------------------------------

@test "setup: creates a segment and three semaphores" {
    must_build "Your turn: setup"
    student ./setup "$key" 3
    must_exit 0 "Your turn: setup"
    must_print "" "Your turn: setup"
    must_be_as_new 3 "after $(quoted "$command")" "Your turn: setup"
    [[ $(objects | wc -l) == 2 ]] || fail "after $(quoted "$command") these IPC objects exist: $(objects | paste -sd,)" \
        "a segment and a set" "Your turn: setup"
}

# must_refuse WHAT: fail unless setup complains, because WHAT exists, and leaves exactly the existing objects.
must_refuse() {
    local before
    before=$(objects | paste -sd,)
    student ./setup "$key" 2
    must_exit 1 "Your turn: setup"
    must_complain "Your turn: setup"
    [[ $(objects | paste -sd,) == "$before" ]] ||
        fail "$1 existed ($before); after $(quoted "$command") these IPC objects exist: $(objects | paste -sd,)" \
            "$before: existing objects stay, and setup leaves no others behind" "Your turn: setup"
}

@test "setup: leaves existing objects alone" {
    new_buffer 2
    put "$(random_word)"
    must_refuse "a buffer with this key"
    must_hold 1,1,1 "a buffer with one item existed; after $(quoted "$command")" "Your turn: setup"
    must_count 1 0 "a buffer with one item existed; after $(quoted "$command")" "Your turn: setup"
    shmctl-tool rm "$key" 2>/dev/null
    must_refuse "a set with this key"
    semop-tool rm "$key" 2>/dev/null
    new_segment "$key"
    must_refuse "a segment with this key"
}

@test "setup: two at the same moment" {
    two_setups
}

@test "setup: no process uses a half-made buffer" {
    nobody_meets_it_half_made
}

# --- producer, consumer, and all together --------------------------------------

@test "producer: puts its lines in, after the items of others" {
    puts_its_lines_in
}

@test "producer: sleeps until a slot is free, without the mutex" {
    producer_waits
}

@test "producer: uses the buffer only with the mutex" {
    producer_needs_the_mutex
}

@test "producer: whenever the mutex is free, each counted item is in its slot" {
    counted_is_there
}

@test "consumer: takes the items out in order" {
    takes_the_items_out
}

@test "consumer: sleeps until there is an item, without the mutex" {
    consumer_waits
}

@test "consumer: uses the buffer only with the mutex" {
    consumer_needs_the_mutex
}

@test "consumer: copies the item before releasing anything" {
    copied_before
}

@test "together: every item once, and in order" {
    every_item_once
}

# must_not_be_disturbed PROGRAM LINE [COUNT]: stop and continue the program while it waits. Fail unless it continues to wait,
# and then prints LINE when it can proceed. It runs in a shell of its own, as on a terminal, where a shell is the parent
# that sees it stop.
must_not_be_disturbed() {
    local pid
    # shellcheck disable=SC2016 # for the other shell
    student_start a bash -c '"$@"; exit' a "./$1" "$key" ${3:+"$3"}
    send_line a new
    await is_anybody_waiting || { report_on a && fail "$(quoted "./$1 $key") does not wait in semop(2)$(extra_detail)" \
        "it sleeps there" "Your turn: together"; }
    pid=$(waiting_pids)
    kill -s STOP "$pid"
    await is_stopped "$pid"
    kill -s CONT "$pid"
    await settled_again a || :
    if ! is_anybody_waiting; then
        end_input a
        student_wait a
        command="./$1 $key"
        fail "$(quoted "$command") was stopped (as by ^Z) and continued (fg) while it waited, and $(how_it_ended)" \
            "it continues to wait" "Your turn: together"
    fi
    if [[ $1 == producer ]]; then take; else put new; fi
    must_proceed a "$2" "it was stopped and continued, and then another process let it proceed" "Your turn: together"
    end_input a
    student_wait a
    must_exit 0 "Your turn: together"
}

settled_again() {
    is_anybody_waiting || has_ended "$1"
}

@test "together: a stop and a continue do not disturb a process that waits" {
    new_buffer 1
    must_not_be_disturbed consumer "0 new" 1
    put old
    must_not_be_disturbed producer "2 new"
    must_hold 0,1,1 "after that" "Your turn: together"
}

# --- cleanup -----------------------------------------------------------------

@test "cleanup: removes both objects, or the one that exists" {
    new_buffer 2
    new_segment $((key + 1))
    new_set $((key + 1))
    student ./cleanup "$key"
    must_exit 0 "Your turn: cleanup"
    [[ $(objects | wc -l) == 2 && -z $(values) ]] && ! segment_of "$key" >/dev/null ||
        fail "a buffer existed, and a segment and a set with another key; after $(quoted "$command") these IPC objects \
exist: $(objects | paste -sd,)" "the segment and the set with the other key" "Your turn: cleanup"
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

@test "cleanup: a process that waits ends with a message" {
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
    must_answer values 5,0,1 "what semop-tool show prints after ./setup KEY 5, in the order of buffer.h" "Questions"
    must_answer least 1 "5, minus one for each process that is between its first P and its last V" "Questions"
    must_answer lost 4 "EMPTY + FULL when no process uses the buffer: 5, minus the slots that neither of the two counts any \
more" "Questions"
    must_answer pages $(((64 + 1000 * 64 + $(getconf PAGESIZE) - 1) / $(getconf PAGESIZE))) \
        "the size in bytes, divided by getconf PAGESIZE, rounded up" "Questions"
}

@test "questions: rules" {
    must_answer deadlock full "the state of the buffer in which buffer_put has to wait" "Questions"
    must_answer undo 2 "the semaphore that the same process decrements and increments" "Questions"
    must_answer needed no "yes or no; look at which of the numbers in and out each of the two processes writes" "Questions"
}
