#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# shmsync and what a segment may hold: nothing, a header, half of one, something
# else.  Every bit of it is for pshared-test; here it is processes.

load helpers/common

setup() {
    trace_failures
    cd "$BATS_TEST_TMPDIR" || return
    serial=0
}

kinds=(sysv posix)

new() { # KIND [SIZE]
    serial=$((serial + 1))
    if [[ $1 == posix ]]; then
        seg=$(shmcreate --name "/header.$serial" "${2-4K}")
    else
        seg=$(shmcreate "${2-4K}")
    fi
}

# refused ARGUMENT...: one line, no crash, exit 1.
refused() {
    run --separate-stderr timeout 60 shmsync "$@"
    assert_failure 1
    assert_equal "$output" ""
    assert_equal "$(wc -l <<<"$stderr")" 1
}

@test "200 inits at once of one name: exactly one makes it" {
    local i pids made taken status
    for kind in "${kinds[@]}"; do
        new "$kind"
        pids=() made=0 taken=0
        for ((i = 0; i < 200; i++)); do
            shmsync init "$seg" mutex:m >/dev/null 2>"err.$i" 3>&- &
            pids+=($!)
        done
        for ((i = 0; i < 200; i++)); do
            status=0
            wait "${pids[i]}" || status=$?
            case $status in
            0) made=$((made + 1)) ;;
            1) grep -q "this name is taken" "err.$i" && taken=$((taken + 1)) ;;
            esac
        done
        assert_equal "$made $taken" "1 199"
        shmsync lock "$seg" m -- true
    done
}

@test "60 inits at once of 60 names: all are there" {
    local i
    for kind in "${kinds[@]}"; do
        new "$kind" 16K
        for ((i = 0; i < 60; i++)); do shmsync init "$seg" "sem:s$i=$i" >/dev/null 3>&- & done
        wait
        assert_equal "$(shmsync stat -n -r -o NAME "$seg" 2>/dev/null | sort)" "$(seq -f 's%g' 0 59 | sort)"
        assert_equal "$(shmsync stat -n -o STATE "$seg" s42 2>/dev/null)" "value 42"
    done
}

@test "init that is killed at any moment: the next one gets on" {
    local i pid
    for kind in "${kinds[@]}"; do
        for ((i = 0; i < 40; i++)); do
            new "$kind"
            shmsync init "$seg" mutex:m cond:c rwlock:r >/dev/null 2>&1 3>&- &
            pid=$!
            # so many steps of ours later; no matter how far it has come
            for ((step = 0; step < i * 60; step++)); do :; done
            kill -KILL "$pid" 2>/dev/null || :
            wait "$pid" 2>/dev/null || :
            run timeout 60 shmsync init "$seg" mutex:n
            assert_success
            shmsync lock "$seg" n -- true
            shmctl-tool rm "$seg"
        done
    done
}

@test "a segment that is empty: init makes it, everything else says that there is nothing" {
    for kind in "${kinds[@]}"; do
        new "$kind"
        refused stat "$seg"
        assert_equal "$stderr" "shmsync: $seg: the segment has no objects yet; use shmsync init"
        refused post "$seg" s
        shmsync init "$seg" >/dev/null
        shmsync stat "$seg"
    done
}

@test "a segment that is something else's: refused, and not a byte is changed" {
    for kind in "${kinds[@]}"; do
        for offset in 0 8 56 100 127 128 2047; do
            new "$kind"
            shmattach --set "u8@$offset=5" "$seg"
            before=$(shmattach --read "$seg" | md5sum)
            refused init "$seg" mutex:m
            assert_equal "$stderr" "shmsync: $seg: the segment holds other data, which was not changed"
            refused stat "$seg"
            assert_equal "$(shmattach --read "$seg" | md5sum)" "$before"
            shmctl-tool rm "$seg"
        done
    done
}

@test "a segment that is too small, and the smallest" {
    for kind in "${kinds[@]}"; do
        new "$kind" 511
        refused init "$seg"
        assert_equal "$stderr" "shmsync: $seg: the segment is too small: objects need at least 512 bytes"
        new "$kind" 512
        assert_equal "$(shmsync init "$seg" mutex:m)" 256
        run shmsync init "$seg" mutex:n
        assert_failure 1
        assert_line --partial "the directory is full: a segment of 512 bytes has room for 1 objects"
    done
}

@test "a header of another C library, version, ABI or byte order, or damaged: each is told" {
    local offset value what
    for kind in "${kinds[@]}"; do
        while IFS='|' read -r offset value what; do
            new "$kind"
            shmsync init "$seg" mutex:m >/dev/null
            shmattach --set "$offset=$value" "$seg"
            refused stat "$seg"
            [[ $stderr == "shmsync: $seg: $what"* ]] || fail "$offset: $stderr"
            refused init "$seg" mutex:n
            refused post "$seg" m
            run shmsync lock "$seg" m -- echo never
            assert_failure 125
            refute_line never
            run --separate-stderr shmsync waiters -n "$seg"
            # What is not ours may have waiters all the same.
            assert_equal "$status" "$([[ $what == *"other data"* ]] && echo 0 || echo 1)"
            assert_equal "$output" ""
        done <<'END'
u64@0|0x49504c4353594d31|its header was written by a machine of the other byte order
u64@0|1|the segment holds other data
u64@16|8192|its size was 8192 bytes when it was initialised and is 4096 now
u32@24|9|its header was written by another version
u32@28|200|its header is damaged
u32@32|64|its header is damaged
u32@36|4|its objects were made by a program of another ABI
u16@50|24|its objects were made by a program of another ABI
str@80|musl 1.2|its objects belong to musl 1.2, and this program uses glibc
END
    done
}

@test "a POSIX segment that was cut short or has grown since: refused" {
    new posix
    shmsync init "$seg" mutex:m >/dev/null
    shmctl-tool resize 8K "$seg"
    refused stat "$seg"
    assert_regex "$stderr" "its size was 4096 bytes when it was initialised and is 8192 now"
    shmctl-tool resize 1K "$seg"
    refused post "$seg" m
    assert_regex "$stderr" "is 1024 now"
    shmctl-tool resize 100 "$seg"
    refused stat "$seg"
    assert_regex "$stderr" "the segment is too small"
}

@test "a name in a directory is nobody's way to the terminal, nor an entry a way out" {
    for kind in "${kinds[@]}"; do
        new "$kind"
        shmsync init "$seg" mutex:m cond:c >/dev/null
        # the name of the first entry: 24 bytes into it, which is 128 bytes into the segment
        printf '\e[2J' | shmattach --write=152 "$seg"
        run --separate-stderr shmsync stat -n -r -o NAME "$seg"
        assert_failure 1
        assert_equal "$output" c
        assert_equal "$stderr" "${stderr//$'\e'/}"
        [[ $stderr == *"the directory is damaged: shmsync did not write entry 0"* ]] || fail "$stderr"
        run shmsync init "$seg" mutex:n
        assert_failure 1
        assert_line --partial "directory is damaged"
    done
}

@test "a POSIX name that would move a terminal is escaped in what is said and drawn" {
    local name=$'/a\e[2J"'
    shmcreate --name "$name" 4K >/dev/null
    run shmsync stat "$name"
    assert_failure 1
    assert_output 'shmsync: /a\033[2J": the segment has no objects yet; use shmsync init'
    shmsync init "$name" sem:s=0 >/dev/null
    run shmsync stat "$name"
    assert_equal "$output" "${output//$'\e'/}"
    shmsync down "$name" s 3>&- &
    until run shmsync waiters --graph && [[ $output == *sem* ]]; do :; done
    assert_equal "$output" "${output//$'\e'/}"
    assert_line --partial '"sem s of segment /a\\033[2J\""'
    shmsync post "$name" s
    wait $!
}

@test "ThreadSanitizer has nothing to say of the header, the directory and the lock" {
    local program=$top_builddir/tests/pshared-threads
    [[ -x $program ]] || skip "this compiler has no ThreadSanitizer"
    # It wants its shadow at fixed addresses, which a random layout may have taken.
    run env TSAN_OPTIONS=exitcode=99 timeout 120 "$program"
    [[ $output != *"unexpected memory mapping"* ]] ||
        run env TSAN_OPTIONS=exitcode=99 timeout 120 setarch -R "$program"
    assert_success
    assert_output 'done'
}
