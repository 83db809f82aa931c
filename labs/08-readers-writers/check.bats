#!/usr/bin/env bats
#
# Lab 08: do readers share, is nobody there with a writer, and who is overtaken how often?
#
# record.c, which the check brings along, says when it is in and when it has left, and goes on when it is told; who
# waits is seen in semop(2). So the order of events is the check's. What needs chance, the many at once, has it by
# disturbed.

# shellcheck disable=SC2034,SC2154 # what the libraries have, and what is for them

load "$IPCLAB_LIB/check"
load "$IPCLAB_LIB/waiting"
load "$IPCLAB_LIB/turns"

setup_file() {
    local name
    for name in record.c record.h; do
        in_box rm -rf "$name"
        in_box tee "$name" <"$BATS_TEST_DIRNAME/starter/$name" >/dev/null
    done
}

setup() {
    printf -v key '0x%x' "$((0x1ab0000 + RANDOM))"
    # They live as long as their test, which is long where the machine has much else to do.
    IPCLAB_LIMIT=${IPCLAB_LIMIT:-30}
}

# use PROGRAM: that this test is about it; sets it up.
use() {
    program=./$1 section='Your turn: '$1
    student "$program" "$key" setup
    must_exit 0 "$section"
    at_first=$(values)
}

# reader NAME, writer NAME: one who is to come, or to come again.
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
    must_be_in w "nobody else is there"
    reader r
    must_stay_out r "somebody is writing"
    leaves w
    must_be_in r "the writer has left"
    leaves r
    for who in w r w; do
        comes "$who"
        must_be_in "$who" "nobody else is there"
        leaves "$who"
        must_be_as_at_first "when $(shown "${student_commands[$who]}") has left, and nobody is there"
    done
}

readers_share() {
    local name
    for name in a b c; do
        reader "$name"
        must_be_in "$name" "only readers are there"
    done
    for name in b c a; do leaves "$name"; done
    must_be_as_at_first "when three readers have left, and nobody is there"
}

# Two readers behind a writer: the second of them, too, and together when he has left.
nobody_with_a_writer() {
    local name
    writer w
    must_be_in w "nobody else is there"
    writer v
    must_stay_out v "another one is writing"
    for name in a b; do
        reader "$name"
        must_stay_out "$name" "somebody is writing"
    done
    leaves w
    # Who is first is the lock's matter.
    await somebody_is_in_or_all_rest v a b || :
    somebody_is_in v a b || waits_for_ever v "the writer before has left"
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
    for name in a b; do must_be_in "$name" "no writer is before them any more"; done
    for name in a b; do leaves "$name"; done
}

the_last_one_lets_in() {
    reader a
    must_be_in a "nobody else is there"
    reader b
    must_be_in b "only a reader is there"
    writer w
    must_stay_out w "two readers are there"
    leaves a
    must_stay_out w "one of two readers is still there"
    leaves b
    must_be_in w "the last reader has left"
    leaves w
    must_be_as_at_first "when two readers and a writer have left"
}

# --- many at once ------------------------------------------------------------

# What is wrong with a lock that lets two decide at once, or none.
once_only="the last reader gives the room back, and once only: who is the first and who is the last is decided before \
another one can come or leave"

readers_at_once() {
    use "$1"
    disturbed 8 many_at_once "$once_only" "only readers are there, and nothing is written" "read 50" "read 50" "read 50"
}

# The record tells how many have written.
all_at_once() {
    local round record
    for round in $(rounds 3); do
        use "$1"
        disturbed "$round" many_at_once "all come in, and all is given back" "nobody is there with a writer" \
            "read 30" "write 15" "read 30" "write 15" "read 30"
        record=$(shmattach --get=u8@32 "$key")
        ((record == 30)) || wrong "after 30 writes the record is $record" "30: a writer is alone" "$section"
        student "$program" "$key" cleanup
        must_exit 0 "$section"
    done
}

# --- a stream ----------------------------------------------------------------

# The bound: how many that came later may go in before one who waits. The sheet has the number. Who came later is known:
# the check tells him to come when the kernel has said that the other one sleeps. So there is no false alarm, however
# slow the machine is; and a lock that starves is caught, for the stream goes on until this many have overtaken.
most=3

# stream STREAM WAITER VISITS: two of STREAM (reader or writer) come in turn, so that one of them is always there or
# waits; and a WAITER wants to come in between, VISITS times. Sets $overtaken to the most for any visit.
stream() {
    local i holder=a other=b count swap
    overtaken=0
    "$1" a
    must_be_in a "nobody else is there"
    for ((i = 0; i < $3; i++)); do
        "$2" w
        must_stay_out w "a $1 is there"
        count=0
        until is_in w || ((count > most)); do
            "$1" "$other"
            await settle "$other" "$(line "$other")" || :
            leaves "$holder"
            await somebody_is_in_or_all_rest w "$other" || :
            somebody_is_in w "$other" || waits_for_ever w "the one who was there has left"
            is_in w || count=$((count + 1))
            swap=$holder holder=$other other=$swap
        done
        ((count <= overtaken)) || overtaken=$count
        ((count <= most)) || return 0
        leaves w
        must_be_in "$holder" "the one before has left"
    done
}

@test "prefer: in and out, one after the other" {
    must_build "Your turn"
    use prefer
    in_and_out
}

@test "prefer: readers share" {
    use prefer
    readers_share
}

@test "prefer: nobody is there with a writer" {
    use prefer
    nobody_with_a_writer
}

@test "prefer: the last reader lets the writer in, not the first" {
    use prefer
    the_last_one_lets_in
}

# As long as the check goes on with it.
@test "prefer: readers come in although a writer waits" {
    local overtaken
    use prefer
    stream reader writer 1
    look_at w
    ((overtaken > most)) || wrong "a reader waited, although another one was reading: it let a writer go first" \
        "as long as anybody reads, readers come in; this lock prefers them" "Your turn: prefer"
    must_stay_out w "a reader is there"
}

# Three come 50 times each. If who is the last is not decided with the lock held, that goes wrong within 5 times each
# in nine of ten runs, so it is overlooked in one of 10^10. No false alarm: what must be true at the end depends on no
# order.
@test "prefer: readers come and leave at the same moment" {
    readers_at_once prefer
}

@test "prefer: readers and writers at once" {
    all_at_once prefer
}

@test "fair: readers share" {
    use fair
    readers_share
}

@test "fair: nobody is there with a writer" {
    use fair
    nobody_with_a_writer
}

@test "fair: the last reader lets the writer in, not the first" {
    use fair
    the_last_one_lets_in
}

# must_not_starve STREAM WAITER
must_not_starve() {
    local overtaken
    use fair
    stream "$1" "$2" 4
    look_at w
    ((overtaken <= most)) || wrong "while $(shown "$command") waited, $overtaken that came later went in before \
it, and so it goes on: a stream of $1s starves a $2" "of those who come later, at most $most go in before one who \
waits" "Your turn: fair"
}

@test "fair: a stream of readers does not starve a writer" {
    must_not_starve reader writer
}

@test "fair: a stream of writers does not starve a reader" {
    must_not_starve writer reader
}

# Three come 50 times each. If who is the last is not decided with the lock held, that goes wrong within 5 times each
# in nine of ten runs, so it is overlooked in one of 10^10. No false alarm: what must be true at the end depends on no
# order.
@test "fair: readers come and leave at the same moment" {
    readers_at_once fair
}

@test "fair: readers and writers at once" {
    all_at_once fair
}

# --- questions ---------------------------------------------------------------

@test "questions: who waits where" {
    must_answer room 2 "what NCNT of semop-tool show says, with a lock as in the walk-through" "Questions"
    must_answer counting 2 "what NCNT of semop-tool show says, with a lock as in the walk-through" "Questions"
    must_answer places "$(semop-tool limits --raw --noheadings | awk '$1 == "SEMVMX" { print $2 }')" \
        "the highest value of a semaphore on this machine: each reader takes one of so many places" "Questions"
}

@test "questions: what can happen" {
    must_answer killed readers \
        "what you see when you try it: the number of readers stays 1, and who gives the room back?" "Questions"
    must_answer undo yes \
        "what you see when you try it: the kernel gives the room back, and what becomes of the number?" "Questions"
    must_answer circle 3 "how many processes semop-tool waiters --deadlock names, when you try it" "Questions"
}
