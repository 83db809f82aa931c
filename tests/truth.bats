#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Every process here lives, and every object is in use. Whatever hides that from a program, the program calls no process gone,
# prints no command that destroys, and rules out no deadlock.

load helpers/common

setup() {
    trace_failures
    cd "$BATS_TEST_TMPDIR" || return
    started=()
}

teardown() {
    local pid
    for pid in "${started[@]}"; do kill -KILL "$pid" 2>/dev/null || :; done
    clean_up
}

# The commands that ask whether a process lives.
questions=(
    "shmstat --orphans -n -o SEGMENT,REMOVE"
    "shmstat -n -o SEGMENT,CCOMMAND,LCOMMAND,REMOVE"
    "shmstat --detail"
    "semop-tool show --orphans"
    "semop-tool show -n -o ID,LSTATE,ORPHAN,REMOVE"
    "semop-tool waiters -n -o PID,LSTATE"
    "semop-tool waiters --deadlock"
    "shmsync stat -n -o NAME,OWNER,OSTATE /m"
    "shmsync waiters --deadlock /m"
)

# populate: a segment and a set whose creator lives, an object that is mapped, a mutex that is held, and a waiter for the
# semaphore and for the mutex.
populate() {
    # shellcheck disable=SC2016 # for perl
    hold_with perl -e '$| = 1; shmget(0x77, 4096, 01666) // die; $set = semget(0x77, 1, 01666) // die;
        semop($set, pack("s*", 0, $_, 0)) or die for 1, -1; print "ready\n"; <STDIN>'
    creator=$holder
    shmcreate -n /o -m 666 4K
    hold /o
    shmcreate -n /m -m 666 4K
    chmod 666 /dev/shm/o /dev/shm/m
    shmsync init /m mutex:n >/dev/null
    hold_with shmsync lock /m n -- sh -c 'echo ready; read -r _'
    start semop-tool op 0x77 0-1
    start shmsync lock /m n -- true
    await waiting
}

waiting() {
    [[ $(semop-tool waiters -n -r -o PID) && $(shmsync waiters -n -r -o PID /m) ]]
}

# await COMMAND...: until it succeeds; fails in the end.
await() {
    local tries
    for ((tries = 0; tries < 1000; tries++)); do
        ! "$@" || return 0
    done
    fail "never: $*"
}

# A process that had the input of a holder open would keep the holder there.
start() {
    (
        for input in "${hold_inputs[@]}"; do exec {input}>&-; done
        exec "$@"
    ) </dev/null >/dev/null 2>&1 3>&- &
    started+=($!)
}

# must_not_lie COMMAND...: what it printed is no false fact.
must_not_lie() {
    local lie
    for lie in ipcrm "shmctl-tool rm" "0+1" destroy "gone" "Abandoned" "(0 blocked" "counted"; do
        [[ $output$stderr != *"$lie"* ]] || fail "$*: \"$lie\":"$'\n'"$output"$'\n'"$stderr"
    done
}

# all_true COMMAND...: behind COMMAND, no question is answered falsely.
all_true() {
    local question
    for question in "${questions[@]}"; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr "$@" $question
        ((status < 126)) || fail "$* $question: status $status: $stderr"
        must_not_lie "$@" "$question"
    done
}

# in_mounts COMMANDS USER: what follows, in a mount namespace after COMMANDS, as USER.
in_mounts() {
    # shellcheck disable=SC2016 # for the other shell
    unshare --mount bash -c "$1"'; exec "$@"' - "${@:2}"
}

# with_descriptors COUNT COMMAND...: with so many, some of which are open. The loader fails with 127 where it has none left.
with_descriptors() {
    local status=0
    prlimit --nofile="$1" -- "${@:2}" || status=$?
    return $((status == 127 ? 1 : status))
}

as() {
    PATH=$TMPDIR/bin:$PATH setpriv --reuid="$1" --regid="$1" --clear-groups --inh-caps=-all -- "${@:2}"
}

@test "the creator is proved gone: the commands are there" {
    populate
    let_go "$creator"
    run shmstat --orphans -n -r -o KEY,REMOVE --sysv
    assert_line --regexp '^0x00000077 ipcrm'
    kill -KILL "${started[0]}"
    wait "${started[0]}" || :
    run semop-tool show --orphans -n -r -o KEY,ORPHAN
    assert_line --regexp '^0x00000077 (yes|likely)$'
}

@test "everything can be read" {
    populate
    all_true env
    run semop-tool waiters --deadlock
    assert_output "No deadlock (1 blocked task)."
}

@test "too few descriptors" {
    local count
    populate
    for count in {4..20}; do all_true with_descriptors "$count"; done
}

@test "another PID namespace, with its own /proc, with that of outside, and with none" {
    unshare --pid --fork --mount-proc true 2>/dev/null || skip "this user may not mount /proc (unshare --mount-proc)"
    populate
    all_true unshare --pid --fork --mount-proc
    run unshare --pid --fork --mount-proc semop-tool waiters --deadlock
    assert_failure 4
    all_true unshare --pid --fork
    all_true in_mounts "mount -t tmpfs tmpfs /proc"
}

@test "a process that has the owner's number in another PID namespace is not the owner" {
    local elsewhere=(unshare --pid --fork --mount-proc) id
    "${elsewhere[@]}" true 2>/dev/null || skip "this user may not mount /proc (unshare --mount-proc)"
    id=$(shmcreate 4K)
    shmsync init "$id" mutex:n >/dev/null
    # Both are process 1 of their namespaces.
    hold_with "${elsewhere[@]}" shmsync lock "$id" n -- sh -c 'echo ready; read -r _'
    run "${elsewhere[@]}" shmsync stat -n -r -o OWNER,OSTATE,COMMAND "$id"
    assert_output "1 ? -"
    run shmsync stat -n -r -o OSTATE "$id"
    assert_output alive
}

@test "shmsync lock: an owner that another PID namespace has no number for is not gone" {
    local elsewhere=(unshare --pid --fork --kill-child --mount-proc)
    "${elsewhere[@]}" true 2>/dev/null || skip "this user may not mount /proc (unshare --mount-proc)"
    shmcreate -n /m 4K
    shmsync init /m mutex:n >/dev/null
    hold_with shmsync lock /m n -- sh -c 'echo ready; read -r _'
    start bash -c 'exec "$@" 2>warning' bash "${elsewhere[@]}" shmsync lock /m n -- true
    await mutex_waiting
    run cat warning
    assert_output ""
}

mutex_waiting() {
    [[ $(shmsync stat -n -o WAITERS /m 2>/dev/null) -eq 1 ]]
}

@test "the boot time of /proc/stat moved" {
    local step
    populate
    for step in 3600 -3600 86400; do
        awk -v step="$step" '/^btime/ { $2 += step } 1' /proc/stat >stat
        all_true in_mounts "mount --bind '$PWD/stat' /proc/stat"
    done
}

@test "another user, and a /proc that hides processes (hidepid)" {
    need_second_user
    as_nobody true # copies the programs
    populate
    all_true as 65534
    all_true in_mounts "mount -t proc -o hidepid=2 proc /proc" setpriv --reuid=65534 --regid=65534 --clear-groups \
        --inh-caps=-all -- env PATH="$TMPDIR/bin:$PATH"
    run --separate-stderr in_mounts "mount -t proc -o hidepid=2 proc /proc" setpriv --reuid=65534 --regid=65534 --clear-groups \
        --inh-caps=-all -- env PATH="$TMPDIR/bin:$PATH" shmstat --orphans --sysv
    assert_equal "$stderr" "shmstat: 1 segment may be an orphan and is not listed: it is not known whether the creator lives (/proc hides it (hidepid))"
}

# The errors of a full table, of no memory and of a broken disk, one at each call in turn.
@test "any system call that reads fails" {
    local call errors=(ENFILE EMFILE ENOMEM EIO) question count k
    populate
    for question in "${questions[0]}" "${questions[2]}" "${questions[3]}" "${questions[6]}" "${questions[8]}"; do
        for call in openat read getdents64; do
            # shellcheck disable=SC2086 # words
            "${traced[@]}" -o trace -e trace="$call" $question >/dev/null 2>&1 || :
            count=$(wc -l <trace)
            # Behind the loader: the positions lie closer where they differ more. Others are tried each time.
            for ((k = 8 + RANDOM % 4; k <= count; k += 1 + k / 4)); do
                # shellcheck disable=SC2086 # words
                run --separate-stderr "${traced[@]}" -o trace -e trace="$call" \
                    -e inject="$call:error=${errors[k % 4]}:when=$k" $question
                must_not_lie "$question: $call $k fails with ${errors[k % 4]}"
            done
        done
    done
}
