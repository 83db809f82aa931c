#!/usr/bin/env bats
#
# Lab 08: do readers share, is a writer in alone, and how many processes overtake one that waits?
#
# The check uses its own record.c, which prints when a process is in and when it has left, and continues when it reads a
# line; a process that waits is visible in semop(2). So the check determines the order of events. Only the tests with many
# processes at once depend on chance, with "disturbed".

# shellcheck disable=SC2034,SC2154 # variables of the libraries, and variables for them

load "$IPCLAB_LIB/check"
load "$IPCLAB_LIB/waiting"
load "$IPCLAB_LIB/take-turns"

setup_file() {
    local name
    for name in record.c record.h; do
        in_box rm -rf "$name"
        in_box tee "$name" <"$BATS_TEST_DIRNAME/starter/$name" >/dev/null
    done
}

setup() {
    trace_failures
    printf -v key '0x%x' "$((0x1ab0000 + RANDOM))"
    # The programs live as long as their test, which takes long on a busy machine.
    IPCLAB_LIMIT=${IPCLAB_LIMIT:-30}
}

# use PROGRAM: let this test be about PROGRAM, and run its setup.
use() {
    program=./$1 section='Your turn: '$1
    student "$program" "$key" setup
    must_exit 0 "$section"
    at_first=$(values)
}

# reader NAME, writer NAME: let a reader or a writer come, or come again.
reader() {
    comes "$1" reading read
}

writer() {
    comes "$1" writing write
}

# --- what both locks do ------------------------------------------------------

in_and_out() {
    local who
    writer w
    must_be_in w "no other process is in"
    reader r
    must_stay_out r "a writer is in"
    leaves w
    must_be_in r "the writer has left"
    leaves r
    for who in w r w; do
        comes "$who"
        must_be_in "$who" "no other process is in"
        leaves "$who"
        must_be_as_at_first "when $(quoted "${student_commands[$who]}") has left, and no process is in"
    done
}

readers_share() {
    local name
    for name in a b c; do
        reader "$name"
        must_be_in "$name" "only readers are in"
    done
    for name in b c a; do leaves "$name"; done
    must_be_as_at_first "when three readers have left, and no process is in"
}

# Two readers wait while a writer is in, and both are in at the same time when no writer is ahead of them any more.
writer_is_alone() {
    local name
    writer w
    must_be_in w "no other process is in"
    writer v
    must_stay_out v "another writer is in"
    for name in a b; do
        reader "$name"
        must_stay_out "$name" "a writer is in"
    done
    leaves w
    # The lock decides which of them is the first.
    await somebody_is_in_or_all_rest v a b || :
    somebody_is_in v a b || waits_for_ever v "the writer that was in has left"
    if is_in v; then
        leaves v
        readers_come_and_go
    else
        readers_come_and_go
        must_be_in v "the readers have left"
        leaves v
    fi
    must_be_as_at_first "when two writers and two readers have left"
}

readers_come_and_go() {
    local name
    for name in a b; do must_be_in "$name" "no writer is ahead of them any more"; done
    for name in a b; do leaves "$name"; done
}

the_last_one_lets_in() {
    reader a
    must_be_in a "no other process is in"
    reader b
    must_be_in b "only a reader is in"
    writer w
    must_stay_out w "two readers are in"
    leaves a
    must_stay_out w "one of two readers is still in"
    leaves b
    must_be_in w "the last reader has left"
    leaves w
    must_be_as_at_first "when two readers and a writer have left"
}

# --- many at once ------------------------------------------------------------

# A lock breaks this rule if two readers can decide at the same moment.
once_only="the last reader releases the room, exactly once: each reader finds out whether it is the first or the last, \
and acts on it, before another one can come or leave"

readers_at_once() {
    use "$1"
    disturbed 8 many_at_once "$once_only" "only readers are in, and none of them writes" "read 50" "read 50" "read 50"
}

# The value of the record is the number of writes.
all_at_once() {
    local round record
    for round in $(rounds 3); do
        use "$1"
        disturbed "$round" many_at_once "all enter, and release everything" "a writer is in alone" \
            "read 30" "write 15" "read 30" "write 15" "read 30"
        record=$(shmattach --get=u8@32 "$key")
        ((record == 30)) || fail "after 30 writes the record is $record" "30: a writer is in alone" "$section"
        student "$program" "$key" cleanup
        must_exit 0 "$section"
    done
}

# --- a stream ----------------------------------------------------------------

# How many processes that come later may enter ahead of one that waits; the sheet has the same number. The check knows which
# process comes later: it lets that process come only when the kernel shows that the other one sleeps. So there are no false
# alarms, however slow the machine is. And the check catches every lock under which a process starves, because the stream
# continues until more than this many have overtaken.
most=3

# stream STREAM WAITER VISITS: let two of STREAM (reader or writer) come in turn, so that one of them is always in or waits,
# and let a WAITER come VISITS times. Set $overtaken to the largest number of processes that overtook it on one visit.
stream() {
    local i holder=a other=b count swap
    overtaken=0
    "$1" a
    must_be_in a "no other process is in"
    for ((i = 0; i < $3; i++)); do
        "$2" w
        must_stay_out w "a $1 is in"
        count=0
        until is_in w || ((count > most)); do
            "$1" "$other"
            await observe_state "$other" "$(line "$other")" || :
            leaves "$holder"
            await somebody_is_in_or_all_rest w "$other" || :
            somebody_is_in w "$other" || waits_for_ever w "the process that was in has left"
            is_in w || count=$((count + 1))
            swap=$holder holder=$other other=$swap
        done
        ((count <= overtaken)) || overtaken=$count
        ((count <= most)) || return 0
        leaves w
        must_be_in "$holder" "the process that was in has left"
    done
}

@test "prefer: in and out, one process after the other" {
    must_build "Your turn"
    use prefer
    in_and_out
}

@test "prefer: readers share" {
    use prefer
    readers_share
}

@test "prefer: a writer is in alone" {
    use prefer
    writer_is_alone
}

@test "prefer: the last reader lets the writer in, not the first" {
    use prefer
    the_last_one_lets_in
}

# The readers overtake the writer as long as the check lets them come.
@test "prefer: readers enter although a writer waits" {
    local overtaken
    use prefer
    stream reader writer 1
    report_on w
    ((overtaken > most)) || fail "a reader waited, although another reader was in: it let a writer go first" \
        "as long as a reader is in, other readers enter: this lock prefers readers" "Your turn: prefer"
    must_stay_out w "a reader is in"
}

# Three readers come 50 times each. If a lock does not decide which reader is the last under a mutex, it fails within 5
# visits each in nine of ten runs, so the check overlooks it in one of 10^10. There are no false alarms: the order of events
# does not affect what must be true at the end.
@test "prefer: readers come and leave at the same moment" {
    readers_at_once prefer
}

@test "prefer: readers and writers at the same time" {
    all_at_once prefer
}

@test "fair: readers share" {
    use fair
    readers_share
}

@test "fair: a writer is in alone" {
    use fair
    writer_is_alone
}

@test "fair: the last reader lets the writer in, not the first" {
    use fair
    the_last_one_lets_in
}

# must_not_starve STREAM WAITER: fail if a stream of STREAM starves a WAITER.
must_not_starve() {
    local overtaken
    use fair
    stream "$1" "$2" 4
    report_on w
    ((overtaken <= most)) || fail "while $(quoted "$command") waited, $overtaken processes that came later entered ahead \
of it, and this can continue for ever: a stream of $1s starves a $2" "at most $most processes that come later enter ahead \
of one that waits" "Your turn: fair"
}

@test "fair: a stream of readers does not starve a writer" {
    must_not_starve reader writer
}

@test "fair: a stream of writers does not starve a reader" {
    must_not_starve writer reader
}

# Three readers come 50 times each. If a lock does not decide which reader is the last under a mutex, it fails within 5
# visits each in nine of ten runs, so the check overlooks it in one of 10^10. There are no false alarms: the order of events
# does not affect what must be true at the end.
@test "fair: readers come and leave at the same moment" {
    readers_at_once fair
}

@test "fair: readers and writers at the same time" {
    all_at_once fair
}

# --- questions ---------------------------------------------------------------

@test "questions: where processes wait" {
    must_answer room 2 "NCNT as semop-tool show prints it, with the lock of the walk-through" "Questions"
    must_answer counting 2 "NCNT as semop-tool show prints it, with the lock of the walk-through" "Questions"
    must_answer places "$(semop-tool limits --raw --noheadings | awk '$1 == "SEMVMX" { print $2 }')" \
        "the highest value of a semaphore on this machine: each reader acquires 1 of it" "Questions"
}

@test "questions: what can happen" {
    must_answer killed readers \
        "what you see when you try it: the number of readers stays 1, and which process releases room?" "Questions"
    must_answer undo yes \
        "what you see when you try it: the kernel releases room, and what becomes of the number of readers?" "Questions"
    must_answer circle 3 "the number of processes that semop-tool waiters --deadlock names when you try it" "Questions"
}
