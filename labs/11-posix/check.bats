#!/usr/bin/env bats
#
# Lab 11: does the buffer behave as in lab 07, and does it handle what POSIX does differently: names, sizes, modes and
# removal?
#
# lib/bounded.bash tests the first. other.c is the check's own producer and consumer; it works outside the box, on the
# files that represent the POSIX objects.

# shellcheck disable=SC2154,SC2034 # variables that the libraries set or read
# shellcheck disable=SC2030,SC2031 # each test runs in a shell of its own: what student sets there is for that test

load "$IPCLAB_LIB/check"
load "$IPCLAB_LIB/stepper"
load "$IPCLAB_LIB/waiting"
load "$IPCLAB_LIB/bounded-buffer"

# Programs stop before and after each call.
stepper_mode=steps

sleeps_in="sem_wait(3)"

# The student can write to this directory and not replace it. So the check may name files in it, if it follows no link:
# stat(1) does not, nor does other.c.
shm=/proc/$IPCLAB_BOX/root/dev/shm

setup_file() {
    stepper_build
    cc -std=c17 -D_GNU_SOURCE -pthread -O1 -o "$given_dir/other" "$BATS_TEST_DIRNAME/other.c" -lrt
    in_box rm -rf buffer.h
    in_box tee buffer.h <"$BATS_TEST_DIRNAME/starter/buffer.h" >/dev/null
}

setup() {
    trace_failures
    buffer=/lab11.$RANDOM
}

# is_blocked NAME: the program sleeps in futex(2), as sem_wait(3) does. lib/waiting.bash calls this.
is_blocked() {
    local pid where
    pid=$(student_pid "$1") && look_where "$pid"
    [[ $where == *futex* ]]
}

# --- how the check uses the buffer; lib/bounded.bash calls these -------------

# other VERB [OPERAND...]: run other.c outside the box. made VERB [OPERAND...]: run it in the box, to create objects
# that belong to the student.
other() {
    OTHER_LIMIT=$(printf '%.0f' "$(box_time)") "$given_dir/other" "$shm" "$buffer" "$@" 2>/dev/null
}

made() {
    in_box "$given_there/other" /dev/shm "$buffer" "$@"
}

new_buffer() {
    slots=$1
    made new "$slots"
}

values() { other values; }

count_of() { other "$1"; }

item() { other item "$1"; }

put() { other put "$@"; }

take() { other take; }

hold() { other hold; }

put_held() { other put_held "$1"; }

take_held() { other take_held; }

# names: the names of all POSIX objects, such as "/x /x.mutex"; those of semaphores as sem_open(3) expects them.
names() {
    objects | sed 's,^/dev/shm/sem\.,/,; s,^/dev/shm/,/,' | sort | xargs
}

# all_names: the four names of the buffer.
all_names() {
    echo "$buffer $buffer.empty $buffer.full $buffer.mutex"
}

# must_be_there WHEN SECTION: these four names exist, and no others.
must_be_there() {
    local there
    there=$(names)
    [[ $there == "$(all_names)" ]] ||
        fail "$1 these objects exist: ${there:-none}" "a segment and three named semaphores: $(all_names)" "$2"
}

# must_have_mode WHEN: all four objects have mode 660.
must_have_mode() {
    local file mode
    for file in "$shm$buffer" "$shm/sem.${buffer#/}".{empty,full,mutex}; do
        mode=$(stat -c %a "$file")
        [[ $mode == 660 ]] || fail "$1 ${file##*/} in /dev/shm has mode $mode" "660: the umask must not change it" \
            "Your turn: setup"
    done
}

must_be_as_new() {
    local now
    must_be_there "$2" "$3"
    now=$(stat -c %s "$shm$buffer")
    [[ $now == "$((64 + $1 * 64))" ]] || fail "$2 the segment has $now bytes" "$((64 + $1 * 64)) bytes" "$3"
    now=$(other slots)
    [[ $now == "$1" ]] || fail "$2 the segment has slots $now" "slots $1" "$3"
    must_hold "$1,0,1" "$2" "$3"
    must_count 0 0 "$2" "$3"
    must_have_mode "$2"
}

# --- setup -------------------------------------------------------------------

@test "setup: creates a segment and three semaphores" {
    must_build "Your turn: setup"
    student ./setup "$buffer" 3
    must_exit 0 "Your turn: setup"
    must_print "" "Your turn: setup"
    must_be_as_new 3 "after $(quoted "$command")" "Your turn: setup"
}

@test "setup: the mode does not depend on the umask" {
    local mask
    for mask in 077 022; do
        # shellcheck disable=SC2016 # the other shell expands it
        student bash -c 'umask "$1"; exec ./setup "$2" 3' setup "$mask" "$buffer"
        command="./setup $buffer 3"
        must_exit 0 "Your turn: setup"
        must_have_mode "after $(quoted "$command") where the umask was $mask,"
        clean_up
    done
}

# must_refuse WHAT: if WHAT exists, setup prints a message and changes nothing.
must_refuse() {
    local before
    before=$(names)
    student ./setup "$buffer" 2
    must_exit 1 "Your turn: setup"
    must_complain "Your turn: setup"
    [[ $(names) == "$before" ]] ||
        fail "$1 existed ($before); after $(quoted "$command") these objects exist: $(names)" \
            "setup leaves what existed, and adds nothing to it" "Your turn: setup"
}

@test "setup: leaves existing objects alone" {
    local suffix
    new_buffer 2
    put "$(random_word)"
    must_refuse "a buffer of this name"
    must_hold 1,1,1 "a buffer with one item existed; after $(quoted "$command")" "Your turn: setup"
    must_count 1 0 "a buffer with one item existed; after $(quoted "$command")" "Your turn: setup"
    for suffix in .empty .full .mutex; do
        clean_up
        made semaphore "$suffix"
        must_refuse "a semaphore of this name"
    done
}

@test "setup: two at the same moment" {
    two_setups
}

@test "setup: no process uses a half-made buffer" {
    nobody_meets_it_half_made
}

# --- producer, consumer, and all together --------------------------------------

@test "producer: leaves the names for later processes" {
    new_buffer 3
    student ./producer "$buffer" <<<"apple"
    must_exit 0 "Your turn: producer"
    must_be_there "after $(quoted "$command")" "Your turn: producer"
    student ./consumer "$buffer" 1
    must_exit 0 "Your turn: consumer"
    must_print "0 apple" "Your turn: consumer"
    must_be_there "after $(quoted "$command")" "Your turn: consumer"
}

@test "producer: puts its lines in, after the items of others" {
    puts_its_lines_in
}

# Use the last slot of a buffer that has 313 pages.
@test "producer: uses all slots, not only those in the first page" {
    new_buffer 20000
    other seek 19999
    student ./producer "$buffer" <<<"far away"
    must_exit 0 "Your turn: producer"
    must_have_items "after a producer of one item in a buffer of 20000 slots" "Your turn: producer" "far away"
    student ./consumer "$buffer" 1
    must_exit 0 "Your turn: consumer"
    must_print "19999 far away" "Your turn: consumer"
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

# --- cleanup -----------------------------------------------------------------

@test "cleanup: removes all four names, or those that exist" {
    local suffix
    new_buffer 2
    student ./cleanup "$buffer"
    must_exit 0 "Your turn: cleanup"
    must_leave_nothing "Your turn: cleanup"
    student ./cleanup "$buffer"
    must_exit 1 "Your turn: cleanup"
    must_complain "Your turn: cleanup"
    made segment
    student ./cleanup "$buffer"
    must_exit 0 "Your turn: cleanup"
    must_leave_nothing "Your turn: cleanup"
    for suffix in .empty .mutex; do
        made semaphore "$suffix"
        student ./cleanup "$buffer"
        must_exit 0 "Your turn: cleanup"
        must_leave_nothing "Your turn: cleanup"
    done
}

@test "cleanup: processes keep an open buffer, and its name is free" {
    new_buffer 1
    student_start a ./consumer "$buffer" 1
    must_wait a "0 " "the buffer is empty" "Your turn: cleanup"
    student ./cleanup "$buffer"
    must_exit 0 "Your turn: cleanup"
    must_wait a "0 " "its buffer is empty, and has lost only its name" "Your turn: cleanup"
    student ./setup "$buffer" 2
    must_exit 0 "Your turn: cleanup"
    must_be_as_new 2 "after cleanup and setup again" "Your turn: cleanup"
    put "$(random_word)"
    must_wait a "0 " "the new item is in another buffer, which now has the name" "Your turn: cleanup"
    must_hold 1,1,1 "after one item" "Your turn: cleanup"
}

# --- questions ---------------------------------------------------------------

which_kind="one of sysv, posix, both, neither: try both kinds"

@test "questions: segments" {
    must_answer umask posix "$which_kind" "Questions"
    must_answer empty posix "$which_kind" "Questions"
    must_answer resized posix "$which_kind" "Questions"
    must_answer later posix "$which_kind; one of them checks the permission once, the other twice" "Questions"
    must_answer stays both "$which_kind" "Questions"
    must_answer reboot neither "$which_kind" "Questions"
}

@test "questions: semaphores" {
    must_answer half-made sysv "$which_kind" "Questions"
    must_answer list sysv "$which_kind" "Questions"
    must_answer undo sysv "$which_kind" "Questions"
    must_answer woken sysv "$which_kind" "Questions"
    must_answer stopped sysv "$which_kind" "Questions"
    must_answer kernel sysv "$which_kind; strace shows it" "Questions"
}

@test "questions: this machine" {
    must_answer file /dev/shm/sem.letters.full "the path of a file that exists after ./setup /letters 5" "Questions"
    must_answer bytes "$(($(getconf LONG_BIT) / 2))" "the size that ls -l prints for this file" "Questions"
    must_answer highest "$(getconf SEM_VALUE_MAX)" "the value that getconf prints on this machine" "Questions"
}
