#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# shmsync waiters: who is blocked on which object, who holds it, and whether for
# ever; and one list and one graph with semop-tool waiters.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own

load helpers/common

setup() {
    trace_failures
    cd "$BATS_TEST_TMPDIR" || return
    started=()
    serial=0
}

teardown() {
    local pid
    for pid in "${started[@]}"; do kill -KILL "$pid" 2>/dev/null || :; done
    for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || :; done
    # What they ran has no parent now, and waits for what never comes.
    for pid in $(shmsync waiters -n -r -o PID 2>/dev/null) $(semop-tool waiters -n -r -o PID 2>/dev/null); do
        kill -KILL "$pid" 2>/dev/null || :
    done
    clean_up
}

kinds=(sysv posix)

# some_unread: there are tasks of which we may not read the call that they are blocked in.
some_unread() {
    local file
    for file in /proc/[0-9]*/syscall; do
        cat "$file" >/dev/null 2>&1 || [[ ! -e $file ]] || return 0
    done
    return 1
}

new() { # KIND OBJECT...
    serial=$((serial + 1))
    if [[ $1 == posix ]]; then
        seg=$(shmcreate --name "/wait.$serial" 4K)
    else
        seg=$(shmcreate 4K)
    fi
    shmsync init "$seg" "${@:2}" >/dev/null
}

start() {
    "$@" </dev/null >"out.${#started[@]}" 2>"err.${#started[@]}" 3>&- &
    last=$!
    started+=("$last")
}

# await COUNT: until so many are blocked on objects of $seg.
await() {
    local tries
    for ((tries = 0; tries < 3000; tries++)); do
        (($(shmsync waiters -n -r -o TID "$seg" | wc -l) != $1)) || return 0
    done
    fail "who waits: $(shmsync waiters "$seg" 2>&1)"
}

# told FILTER [ARGUMENT...]: what jq makes of each task in --json.
told() {
    shmsync waiters --json "${@:2}" | jq -r ".waiters[] | $1"
}

# shows EXPECTED COMMAND...: that is what it prints, at the latest at the hundredth
# look: one who waits for an rwlock looks up from it four times a second.
shows() {
    local tries
    for ((tries = 0; tries < 100; tries++)); do
        [[ $("${@:2}") != "$1" ]] || return 0
    done
    assert_equal "$("${@:2}")" "$1"
}

# await_text TEXT COMMAND...: until its output has that text; a task that waits for an rwlock may just
# look up from it, and is then no waiter at this moment.
await_text() {
    local tries
    for ((tries = 0; tries < 100; tries++)); do
        run "${@:2}"
        [[ $output != *"$1"* ]] || return 0
    done
    assert_output --partial "$1"
}

# told_sorted, told_count: the same in order, and how many.
told_sorted() { told "$@" | sort; }
told_count() { told .pid "$@" | wc -l; }

# opposite: two processes take the locks of "${one[@]}" and "${two[@]}" in opposite
# order, and are stuck.
opposite() {
    mkfifo a.ready b.ready a.go b.go
    # shellcheck disable=SC2016 # for sh
    start "${one[@]}" sh -c 'echo >a.ready; read x <a.go; exec "$@"' sh "${two[@]}" true
    # shellcheck disable=SC2016 # for sh
    start "${two[@]}" sh -c 'echo >b.ready; read x <b.go; exec "$@"' sh "${one[@]}" true
    read -r _ <a.ready
    read -r _ <b.ready
    echo >a.go
    echo >b.go
}

# --- the list ----------------------------------------------------------------

@test "nobody waits: a heading, an empty array, no deadlock, an empty picture" {
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m
        run shmsync waiters "$seg"
        assert_success
        assert_output "PID TID USER SEGMENT OBJECT KIND OWNER OSTATE COMMAND"
        assert_equal "$(shmsync waiters --json "$seg" | jq -c .)" '{"waiters":[]}'
        run shmsync waiters --deadlock "$seg"
        assert_success
        assert_output "No deadlock (0 blocked tasks)."
    done
}

@test "each kind of object: who waits on it, and who holds it where somebody can" {
    local holder
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m mutex:r,robust mutex:p,prio=inherit cond:c sem:s=0 rwlock:w barrier:b=2 mutex:free
        started=()
        mkfifo gate ready
        # shellcheck disable=SC2016 # for sh
        start shmsync lock "$seg" m -- shmsync lock "$seg" r -- shmsync lock "$seg" p -- shmsync wrlock "$seg" w -- \
            sh -c 'echo >ready; read x <gate'
        holder=$last
        read -r _ <ready
        for name in m r p; do start shmsync lock "$seg" "$name" -- true; done
        start shmsync rdlock "$seg" w -- true
        start shmsync down "$seg" s
        start shmsync arrive "$seg" b
        start shmsync wait --once "$seg" c free
        await 7
        shows "$(printf '%s\n' "$seg b barrier null" "$seg c cond null" "$seg m mutex alive" "$seg p mutex alive" \
            "$seg r mutex alive" "$seg s sem null" "$seg w rwlock alive" | sort)" \
            told_sorted '"\(.segment) \(.object) \(.kind) \(.ostate)"' "$seg"
        assert_equal "$(told 'select(.object == "m") | .owner' "$seg")" "$holder"
        assert_equal "$(told 'select(.object == "m") | .otid' -o OBJECT,OTID "$seg")" "$holder"
        # all segments are looked at when none is named
        shows 7 told_count
        shows "No deadlock (7 blocked tasks)." shmsync waiters --deadlock "$seg"
        echo >gate
        shmsync post "$seg" s
        shmsync arrive "$seg" b
        shmsync signal "$seg" c
        for pid in "${started[@]}"; do wait "$pid"; done
        rm gate ready
        started=()
    done
}

@test "another segment's waiters are not this one's, though the offsets are the same" {
    new sysv sem:s=0
    other=$seg
    new posix sem:s=0
    start shmsync down "$seg" s
    await 1
    assert_equal "$(told .segment "$other" "$seg")" "$seg"
    assert_equal "$(told .segment "$other")" ""
    shmsync post "$seg" s
    wait "$last"
}

@test "a segment that is refused is told, and the others are listed" {
    new sysv sem:s=0
    start shmsync down "$seg" s
    await 1
    run --separate-stderr shmsync waiters -n -r -o OBJECT "$seg" /none "$(shmcreate 4K)"
    assert_failure 1
    assert_output s
    assert_regex "$stderr" "/none: shm_open: ENOENT"
    shmsync post "$seg" s
    wait "$last"
}

# What was the header of shmsync says so no longer.
@test "a segment of another program: waiters by offset, and the owner of a mutex of the C library" {
    local kind mine
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m sem:s=0
        hold_with shmsync lock "$seg" m -- sh -c 'echo ready; read -r _'
        start shmsync lock "$seg" m -- true
        mine=$last
        start shmsync down "$seg" s
        await 2
        shmattach --set=u64@0=1 "$seg"
        run shmsync waiters -r -n -o PID,OBJECT,KIND,OWNER,OSTATE "$seg"
        assert_line --regexp "^$mine \\+[0-9]+ mutex $holder alive\$"
        assert_line --regexp "^$last \\+[0-9]+ futex - -\$"
        assert_equal "$(told .segment "$seg" | sort -u)" "$seg"
        assert_equal "$(told .segment | sort -u)" "$seg"
        kill -KILL "$mine" "$last"
        let_go || :
        shmctl-tool rm "$seg"
    done
}

# on_full COMMAND...: in a mount namespace whose /dev/shm is full, with a sparse object in it.
on_full() {
    # shellcheck disable=SC2016 # for bash
    unshare --mount bash -euc '
        mount -t tmpfs -o size=64k,mode=1777 tmpfs /dev/shm
        shmcreate -n /sparse 64K >/dev/null
        head -c 1M /dev/zero >/dev/shm/fill 2>/dev/null || :
        "$@"' bash "$@"
}

@test "a segment that lacks pages is skipped and counted, with the reason; the others are diagnosed" {
    local note='1 segment could not be read, and so not the waiters for its objects \(0\): /sparse: /dev/shm is full'
    new sysv sem:s=0
    start shmsync down "$seg" s
    await 1
    run --separate-stderr on_full shmsync waiters -n -r -o OBJECT
    assert_success
    assert_output s
    assert_regex "$stderr" "^shmsync: $note"
    # no task sleeps in it, so nothing is unknown
    run --separate-stderr on_full shmsync waiters --deadlock
    assert_success
    assert_output "No deadlock (1 blocked task)."
    assert_regex "$stderr" "^shmsync: $note"
    run --separate-stderr on_full shmsync waiters -n -r -o OBJECT /sparse "$seg"
    assert_failure 1
    assert_output s
    assert_regex "$stderr" "^shmsync: $note"
    run --separate-stderr on_full semop-tool waiters --deadlock --segment=/sparse
    assert_failure 1
    assert_regex "$stderr" "^semop-tool: $note"
    shmsync post "$seg" s
    wait "$last"
}

# hollow: makes an object with a waiter, and takes its pages away; prints what --deadlock says.
hollow() {
    local tries
    mount -t tmpfs -o size=64k,mode=1777 tmpfs /dev/shm
    shmcreate -n /hollow 4K
    shmsync init /hollow sem:s=0
    shmsync down /hollow s 3>&- &
    for ((tries = 0; tries < 3000; tries++)); do
        [[ -z $(shmsync waiters -n -r -o PID /hollow) ]] || break
    done
    truncate -s 0 /dev/shm/hollow
    truncate -s 4096 /dev/shm/hollow
    head -c 1M /dev/zero >/dev/shm/fill 2>/dev/null || :
    shmsync waiters --deadlock || echo "exit $?"
    kill -KILL $!
}

@test "--deadlock: a task that sleeps in a segment that lacks pages is one that is not known" {
    # bats' own traps are not for the process that is killed
    run --separate-stderr unshare --mount bash -c "$(declare -f hollow); hollow"
    assert_line "Not known: no deadlock among the waiters that could be read, but 1 could not."
    assert_line "exit 4"
    assert_regex "$stderr" "1 segment could not be read, and so not the waiters for its objects \(1\): /hollow: "
}

@test "an object that shrinks and grows while it is read ends no diagnosis" {
    local round
    shmcreate -n /blinks 64K >/dev/null
    perl -e 'for (;;) { truncate "/dev/shm/blinks", 0; truncate "/dev/shm/blinks", 65536 }' 3>&- &
    started+=("$!")
    for ((round = 0; round < 300; round++)); do
        run shmsync waiters -n -r -o PID
        assert_success
        run semop-tool waiters -n -r -o PID --segment=/blinks
        ((status < 2)) || fail "$status: $output"
    done
}

@test "no memory to map a segment: counted, and no word of no deadlock" {
    new sysv sem:s=0
    run --separate-stderr with_fault shmat=ENOMEM shmsync waiters --deadlock
    assert_failure 4
    assert_output "Not known: no deadlock among the waiters that could be read, but 1 could not."
    assert_regex "$stderr" "1 segment could not be read, .* \(1\): $seg: shmat: Cannot allocate memory"
}

# --- deadlocks ---------------------------------------------------------------

@test "two mutexes in opposite order: named with both owners, exit 3" {
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:one mutex:two,robust
        started=()
        one=(shmsync lock "$seg" one --)
        two=(shmsync lock "$seg" two --)
        opposite
        await 2
        run --separate-stderr shmsync waiters --deadlock "$seg"
        assert_failure 3
        assert_line "Deadlock:"
        assert_line --regexp "process [0-9]+ \(shmsync lock $seg two -- true\) waits for mutex two of segment $seg, which process ${started[1]} holds"
        assert_line --regexp "process [0-9]+ \(shmsync lock $seg one -- true\) waits for mutex one of segment $seg, which process ${started[0]} holds"
        assert_line "  Each waits for the next, and the last for the first: none of them can continue."
        run shmsync waiters --graph "$seg"
        assert_success
        assert_line --regexp "\"mutex one of segment $seg\" -> \"p${started[0]}\" \[color=red"
        # One is killed: its mutex is not robust, and what it holds is abandoned.
        kill -KILL "${started[0]}"
        wait "${started[0]}" || :
        run shmsync waiters --deadlock "$seg"
        # It left its mark in the other mutex, which may be that of a task that we may not read, or not see.
        if ((status == 4)) && [[ $kind == posix ]] && { some_unread || is_contained; }; then
            assert_line --partial "Not known: "
        else
            assert_success
        fi
        # The owner may be of a namespace outside, where another process has its number.
        if [[ $kind == sysv ]] || ! is_contained; then
            assert_line "Abandoned:"
            assert_line --regexp "mutex one of segment $seg, which process ${started[0]} held; that process is gone"
            assert_line "  If no other process will release it: shmsync destroy --force $seg one"
        fi
        shmsync destroy --force "$seg" one two
        wait "${started[1]}" || :
        rm ./*.ready ./*.go
        started=()
    done
}

@test "a process that locks what its own parent holds waits for itself" {
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m
        start shmsync lock "$seg" m -- shmsync lock "$seg" m -- true
        await 1
        run shmsync waiters --deadlock "$seg"
        assert_failure 3
        assert_line --partial "waits for mutex m of segment $seg, which process $last holds;"
        shmsync destroy --force "$seg" m
        wait "$last" || :
        started=()
    done
}

@test "a semaphore of System V and a mutex in one circle: found when both are given, from either side" {
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m
        started=()
        set=$(semop-tool create --init 1 1)
        one=(shmsync lock "$seg" m --)
        two=(semop-tool op -u "$set" 0-1 --)
        opposite
        await 1
        until [[ $(semop-tool waiters -n -r -o TID "$set" | wc -l) == 1 ]]; do :; done
        # Each alone sees half of it.
        run shmsync waiters --deadlock "$seg"
        assert_success
        run semop-tool waiters --deadlock "$set"
        assert_success
        for command in "shmsync waiters --set $set $seg" "semop-tool waiters --segment $seg $set"; do
            # shellcheck disable=SC2086 # words
            run --separate-stderr $command --deadlock
            assert_failure 3
            assert_line "Deadlock:"
            assert_line --partial "waits for mutex m of segment $seg, which process ${started[0]} holds"
            assert_line --partial "waits for semaphore 0 of set $set, which process ${started[1]} operated on last"
            assert_equal "$stderr" ""
            # shellcheck disable=SC2086 # words
            run $command --json
            assert_success
            assert_equal "$(jq -c '[.waiters[] | [.set, .segment]] | sort' <<<"$output")" \
                "[[null,\"$seg\"],[$set,null]]"
            # shellcheck disable=SC2086 # words
            run $command --graph
            assert_success
            assert_line --regexp "\"mutex m of segment $seg\" -> .*color=red"
            assert_line --regexp "\"semaphore 0 of set $set\" -> .*color=red"
        done
        semop-tool rm "$set"
        shmsync destroy --force "$seg" m
        for pid in "${started[@]}"; do wait "$pid" || :; done
        rm ./*.ready ./*.go
        started=()
    done
}

@test "an rwlock that a dead reader or writer left: abandoned, unless a living process has the segment" {
    local verb holder
    for verb in rdlock wrlock; do
        new sysv rwlock:w
        mkfifo ready never
        start shmsync "$verb" "$seg" w -- sh -c 'echo >ready; exec cat never'
        holder=$last
        read -r _ <ready
        start shmsync wrlock "$seg" w -- true
        start shmsync wrlock "$seg" w -- true
        await 2
        run shmsync waiters --deadlock "$seg"
        refute_line "Abandoned:"
        kill -KILL "$holder"
        wait "$holder" || :
        await_text "and 1 other task wait for rwlock w of segment $seg, which " shmsync waiters --deadlock "$seg"
        assert_line "Abandoned:"
        assert_line "  If no other process will release it: shmsync destroy --force $seg w"
        if [[ $verb == rdlock ]]; then
            assert_line --partial "which no process can release: each that has the segment attached waits for it."
            hold "$seg"
            run shmsync waiters --deadlock "$seg"
            refute_line "Abandoned:"
            let_go
        fi
        shmsync destroy --force "$seg" w
        rm ready never
    done
}

@test "no false alarm: two who take both in the same order, at full speed" {
    new sysv mutex:one mutex:two
    touch going
    for _ in 1 2 3; do
        # shellcheck disable=SC2016 # for bash
        start bash -c 'while [[ -e going ]]; do shmsync lock "$0" one -- shmsync lock "$0" two -- true; done' "$seg"
    done
    for ((i = 0; i < 40; i++)); do
        run shmsync waiters --deadlock "$seg"
        ((status == 0)) || fail "round $i: $output"
    done
    rm going
    for pid in "${started[@]}"; do wait "$pid"; done
}
