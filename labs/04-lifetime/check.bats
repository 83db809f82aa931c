#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031 # each test runs in its own shell: the variables that student sets are for that test
#
# Lab 04: does tally clean up on every way out, and does sweep remove the orphans and nothing else?
#
# The FILEs that tally counts are FIFOs here: a child reads for as long as the check wants, and the segment shows the
# check how far the child is. So every signal comes at a known moment, and no test waits for time to pass.

load "$IPCLAB_LIB/check"
load tally
load sweep

key=0x1ab04
task="Your turn: tally"
ways="Your turn: every way out"
moment="Your turn: at any moment"
sweeping="Your turn: sweep"

setup() {
    trace_failures
    must_be_free "$key"
}

@test "tally: counts each file and the total; without a file it complains" {
    must_build "$task"
    in_box sh -c 'seq 1200 >"two  words"; seq 7 >seven; : >empty; printf "no newline at the end" >open; seq 100000 >long'
    student ./tally seven "two  words" empty open long seven
    must_exit 0 "$task"
    must_print "7 seven"$'\n'"1200 two  words"$'\n'"0 empty"$'\n'"0 open"$'\n'"100000 long"$'\n'"7 seven"$'\n'"101214 total" \
        "$task"
    must_leave_nothing "$ways"
    student ./tally
    must_exit 2 "$task"
    must_complain "$task"
    must_leave_nothing "$ways"
}

@test "tally: keeps its numbers in a private segment with the agreed key" {
    local a b id
    a=$(some_lines) b=$(some_lines)
    start_tally 2
    feed 2 "$b"
    must_count 2 "$b"
    feed 1 "$a"
    must_count 1 "$a"
    id=$(segment_of "$key")
    [[ $(segment_field "$id" perms) == *600 ]] ||
        fail "the mode of segment $id is $(segment_field "$id" perms)" "600" "$task"
    (($(objects | wc -l) == 1)) || fail "tally created: $(objects | paste -sd,)" "one segment, and nothing else" "$task"
}

@test "tally: the end of one child does not affect the others" {
    local a b c
    a=$(some_lines) b=$(some_lines) c=$(some_lines)
    start_tally 3
    feed 2 "$b"
    must_count 2 "$b"
    finish 2
    await no_reader 2 || fail "a child did not end at the end of its FILE" "it ends there" "$task"
    segment_of "$key" >/dev/null || fail "one child of three had ended, and no segment had key $key any more" \
        "the segment keeps its key until the last child has ended" "$ways"
    feed 1 "$a"
    feed 3 "$c"
    must_count 3 "$c"
    must_count 1 "$a"
    finish 1
    finish 3
    student_wait tally
    must_exit 0 "$ways"
    must_print "$a $pipe.1"$'\n'"$b $pipe.2"$'\n'"$c $pipe.3"$'\n'"$((a + b + c)) total" "$ways"
    must_leave_nothing "$ways"
}

no_reader() {
    ! reader_of "$1" >/dev/null
}

@test "tally: counts the other files if it cannot read one" {
    in_box sh -c 'seq 5 >five; seq 6 >six'
    student ./tally five nowhere six
    must_exit 1 "$ways"
    must_print "5 five"$'\n'"6 six"$'\n'"11 total" "$ways"
    must_leave_nothing "$ways"
}

@test "tally: a second tally exits and does not harm the first" {
    local a first
    a=$(some_lines)
    in_box sh -c 'seq 5 >five'
    start_tally 1
    feed 1 "$a"
    must_count 1 "$a"
    first=$(segment_of "$key")
    student ./tally five
    must_exit 1 "$task"
    must_complain "$task"
    [[ $(segment_of "$key") == "$first" ]] || fail "a second tally removed the segment of the first one" \
        "only the tally that created the segment removes it" "$task"
    counted 1 "$a" || fail "a second tally changed the number of the first one from $a to $(slot 1)" \
        "only the tally that created the segment writes to it" "$task"
    finish 1
    student_wait tally
    must_exit 0 "$task"
    must_print "$a $pipe.1"$'\n'"$a total" "$task"
    must_leave_nothing "$ways"
}

# crash_one SIGNAL: end the second of three children by SIGNAL, while the others still count.
crash_one() {
    local a b c victim
    a=$(some_lines) b=$(some_lines) c=$(some_lines)
    start_tally 3
    feed 1 "$a"
    feed 2 1
    must_count 2 1
    must_count 1 "$a"
    victim=$(reader_of 2) || fail "no child of tally reads FILE 2" "one child for each FILE" "$task"
    kill -s "$1" "$victim"
    await no_reader 2
    feed 3 "$c"
    must_count 3 "$c"
    feed 1 "$b"
    must_count 1 "$((a + b))"
    finish 3
    finish 1
    student_wait tally
    must_end "$ways"
    must_leave_nothing "$ways"
    must_exit 1 "$ways"
    must_print "$((a + b)) $pipe.1"$'\n'"$c $pipe.3"$'\n'"$((a + b + c)) total" "$ways"
    [[ -n $stderr ]] || fail "SIG$1 ended a child, and tally did not report it" "a message on standard error" "$ways"
}

@test "ways: a crashed child costs only its own number" {
    crash_one SEGV
    crash_one KILL
}

# stop_it SIGNAL: send SIGNAL to tally while its children count.
stop_it() {
    local a b
    a=$(some_lines) b=$(some_lines)
    start_tally 3
    feed 1 "$a"
    feed 2 "$b"
    must_count 1 "$a"
    must_count 2 "$b"
    student_kill tally "$1"
    student_wait tally
    must_end "$ways"
    must_leave_nothing "$ways"
    must_end_by "$1" "$ways"
    must_print "$a $pipe.1"$'\n'"$b $pipe.2"$'\n'"0 $pipe.3"$'\n'"$((a + b)) total" "$ways"
}

@test "ways: SIGINT" {
    stop_it INT
}

@test "ways: SIGTERM" {
    stop_it TERM
}

@test "ways: Ctrl-C, which reaches the children too" {
    local pids
    start_tally 2
    feed 2 1
    must_count 2 1
    mapfile -t pids < <(box_pids)
    kill -s INT "${pids[@]}"
    student_wait tally
    must_end "$ways"
    must_leave_nothing "$ways"
    must_end_by INT "$ways"
}

@test "ways: no process reads its output" {
    in_box sh -c 'seq 5 >five'
    # shellcheck disable=SC2016 # for the shell in the box
    student bash -c 'exec > >(exit); wait $!; exec ./tally five'
    must_end "$ways"
    ((status != 0)) || fail "tally could not write its output (SIGPIPE), and exited with 0" "another status" "$ways"
    must_leave_nothing "$ways"
}

# --- at any moment -----------------------------------------------------------

@test "moment: a signal as soon as the segment exists" {
    inject TERM shmget "right after shmget had created the segment"
    inject INT shmat "right after shmat had attached the segment"
}

@test "moment: a signal while it starts the children" {
    inject INT fork:1 "right after the first of two forks"
    inject TERM fork:2 "right after the last fork"
}

@test "moment: a signal just before it waits" {
    inject TERM wait "after the program's last check for a signal and just before it waited for a child"
    inject INT wait "after the program's last check for a signal and just before it waited for a child"
}

@test "moment: a handler calls only async-signal-safe functions" {
    local name call
    build_injector
    for name in INT TERM; do
        start_tally 1 IPCLAB_INJECT_LOG="$inject_log" LD_PRELOAD="$inject_library"
        feed 1 1
        must_count 1 1
        student_kill tally "$name"
        student_wait tally
        must_end "$moment"
        must_have_loaded
        call=$(sed -n 's/^handler [0-9]* //p' <<<"$injected" | sort -u | paste -sd, | sed 's/,/, /g')
        [[ -z $call ]] || fail "the handler of SIG$name called: $call" \
            "only functions that signal-safety(7) lists: it may have interrupted the same function" "$moment"
    done
}

# --- sweep -------------------------------------------------------------------

@test "sweep: removes the orphans, whatever their keys and modes" {
    local ids
    # shellcheck disable=SC2016 # for the shell in the box
    mapfile -t ids < <(in_box sh -c 'for i in 1 2 3; do
        shmcreate 4K && shmcreate --key=0x1ab4$i 4K && shmcreate --key=0xfedcba9$i --mode=0 4K; done')
    sweep_all
    must_go "${ids[@]}"
    must_leave_nothing "$sweeping"
    sweep_all
    must_exit 0 "$sweeping"
    must_print "" "$sweeping"
}

@test "sweep: keeps a segment that is attached" {
    local used removed id
    used=$(orphan) removed=$(orphan --key=0x1ab41) id=$(orphan)
    in_box shmattach --set=str@0=precious "$removed"
    hold one "$used"
    hold two "$used"
    hold three "$removed"
    ipcrm -m "$removed"
    sweep_all
    must_stay "$removed" "a process has it attached, and the kernel destroys it at the last detach"
    must_stay "$used" "two processes have it attached"
    [[ $(segment_field "$used" perms) == 600 ]] || fail "$(quoted "$command") removed segment $used: it will disappear at the last \
detach" "sweep leaves it alone: two processes have it attached" "$sweeping"
    must_go "$id"
}

@test "sweep: keeps a segment whose creator is alive" {
    local id creator other
    living_creator creator
    id=$(student_output creator) other=$(orphan)
    creator=$(segment_field "$id" cpid)
    sweep_all
    must_stay "$id" "no process has it attached yet, but process $creator, which created it, is alive"
    must_go "$other"
    end_input creator
    student_wait creator
    sweep_all
    must_go "$id"
}

@test "sweep: keeps a segment whose creator is in another PID namespace" {
    local id other
    # The check creates this segment in another PID namespace, so the student sees 0 as its creator.
    id=$(shmcreate 4K) other=$(orphan)
    shmctl-tool set --owner="$IPCLAB_UID" "$id"
    sweep_all
    must_stay "$id" "its creator is shown as 0, a process of another PID namespace, which may be alive"
    must_go "$other"
}

@test "sweep: keeps semaphore sets and message queues" {
    local id before
    in_box semop-tool create 1 >/dev/null
    in_box ipcmk -Q >/dev/null
    before=$(objects)
    id=$(orphan)
    sweep_all
    [[ $(objects | grep -v ^shm) == "$before" ]] || fail "before $(quoted "$command") there were: \
$(paste -sd, <<<"$before"); after it: $(objects | paste -sd,)" "sweep removes only segments" "$sweeping"
    must_go "$id"
}

@test "sweep: keeps segments of other users, without a message" {
    local id other
    # An ordinary user cannot create a segment that another user owns; then this is one more segment with a hidden creator.
    id=$(shmcreate --mode=0666 4K) other=$(orphan)
    sweep_all
    must_stay "$id" "user $(segment_field "$id" uid) owns it"
    must_go "$other"
    [[ -z $stderr ]] || fail "$(quoted "$command") complained about segments that are none of its business" \
        "it ignores the segments of other users, and prints no message about them" "$sweeping"
}

clock_reaches() {
    ((EPOCHSECONDS >= $1))
}

# This is the only test here in which time matters, as the sheet demands. If the machine was too slow for a meaningful
# result, the test tries again with more seconds.
@test "sweep: keeps a segment used less than SECONDS ago" {
    local old used young seconds
    for seconds in 2 4 8; do
        old=$(orphan) used=$(orphan)
        await clock_reaches "$((EPOCHSECONDS + seconds))"
        in_box shmattach --get=u8@0 "$used" >/dev/null
        young=$(orphan)
        local since=$EPOCHSECONDS
        sweep "$seconds"
        must_end "$sweeping"
        ((EPOCHSECONDS - since >= seconds - 1)) || break
        clean_up
    done
    ((EPOCHSECONDS - since < seconds)) || fail "the machine is too slow for this test" "less than 8 seconds for sweep" "$sweeping"
    must_stay "$young" "it was created less than $seconds seconds ago"
    must_stay "$used" "a process had it attached less than $seconds seconds ago, even if its creation was before that"
    must_go "$old"
}

@test "sweep: without a valid number of seconds it complains and exits with 2" {
    local id arguments
    id=$(orphan)
    for arguments in "" "soon" "1x" "0 0"; do
        # shellcheck disable=SC2086 # words
        sweep $arguments
        must_exit 2 "$sweeping"
        must_complain "$sweeping"
        must_stay "$id" "the command line was wrong, so it removes nothing"
    done
}

# --- questions ---------------------------------------------------------------

@test "questions: nattch" {
    must_answer nattch-forked 4 "a child of fork has the mappings of its parent, and each counts" "Questions"
    must_answer nattch-after-exec 3 "execve removes all mappings of the process that calls it" "Questions"
}

@test "questions: key, mode, signals and limits" {
    must_answer key-removed 0x00000000 "the key that ipcs prints: hold a segment with shmattach --hold, remove it, and look" "Questions"
    must_answer mode 666 "the result of an experiment: (umask 077; shmcreate --mode=0666 4K)" "Questions"
    must_answer no-chance sigkill "the one that signal(7) says cannot be caught, blocked, or ignored" "Questions"
    must_answer most-segments "$(</proc/sys/kernel/shmmni)" "SHMMNI, as shmstat --limits prints it" "Questions"
}
