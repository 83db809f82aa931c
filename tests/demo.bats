#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The demo: all of it in namespaces, and as much as can be without.

load helpers/common

demo=$top_srcdir/tests/helpers/demo

setup() {
    trace_failures
    cd "$BATS_TEST_TMPDIR" || return
}

# own_objects: the objects of this file that there are, and nothing if there are none.
own_objects() {
    ids
    set_ids
    shm_files
}

@test "demo: in namespaces, four acts, and it sees no other objects" {
    local id
    id=$(shmcreate 4K)
    run -0 bash "$demo"
    assert_line '$ ipclab hint'
    assert_line --partial "14 of 14 points"
    assert_line '# And nothing is left.'
    refute_line --partial "No private namespaces"
    assert_equal "$(own_objects)" "$id"
}

@test "demo: with Docker's rights, it says at once what cannot be, runs three acts, and leaves others' objects" {
    local id
    # The key of the demo in namespaces.
    id=$(shmcreate -k 0x4d2 4K)
    run -0 "$helpers/in-docker" bash "$demo"
    assert_line --index 0 --regexp '^# No private namespaces can be made here: .*(container|CAP_SYS_ADMIN)'
    assert_line --index 1 --regexp '^hint: with root.s rights: '
    assert_line '# And nothing is left of ours.'
    assert_line '# A robust mutex survives SIGKILL: the kernel tells the next one that its owner died.'
    assert_line --regexp '^\$ ipclab (check|hint)$'
    assert_equal "$(own_objects)" "$id"
}

# interrupt_at PATTERN SIGNAL: run the demo without namespaces, and end it at the line PATTERN.
interrupt_at() {
    local line pid status=0
    mkfifo out
    # A shell without job control starts what is in the background deaf to SIGINT and SIGQUIT.
    "$helpers/in-docker" env --default-signal=INT,QUIT bash "$demo" >out 2>&1 3>&- &
    pid=$!
    while IFS= read -r line; do
        # shellcheck disable=SC2053 # a pattern
        [[ $line != $1 ]] || kill -s "$2" "$pid"
    done <out
    wait "$pid" || status=$?
    rm out
    ((status > 128)) || fail "the demo ended with $status"
}

@test "demo: without namespaces, it removes its objects on every way out" {
    local files=("$TMPDIR"/ipclab-demo.*)
    # While a process holds the segment; two are in a deadlock; a mutex is locked in a POSIX object.
    interrupt_at '$ shmstat --processes*' TERM
    assert_equal "$(own_objects)" ""
    interrupt_at '$ semop-tool waiters --deadlock*' HUP
    assert_equal "$(own_objects)" ""
    interrupt_at '$ shmsync stat*' QUIT
    assert_equal "$(own_objects)" ""
    # Whoever reads it goes.
    "$helpers/in-docker" bash "$demo" 2>&1 3>&- | sed '/shmstat --processes/q' >/dev/null
    assert_equal "$(own_objects)" ""
    files=("$TMPDIR"/ipclab-demo.*)
    [[ ! -e ${files[0]} ]]
}
