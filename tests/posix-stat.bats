#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# shmstat and POSIX objects: who maps one and who only has it open, known by device
# and inode and not by name; objects whose names are gone; orphans; semaphores.

# shellcheck disable=SC2016 # what is in single quotes is for another shell to expand

load helpers/common

setup() {
    trace_failures
    cd "$BATS_TEST_TMPDIR" || return
}

# fields LIST [OPTION...]: as words, without what is said of processes that cannot be read.
fields() {
    shmstat --raw -n -o "$@" 2>/dev/null
}

# --- one table -----------------------------------------------------------------

@test "columns: as ever without POSIX objects, KIND and SEGMENT with them" {
    local id
    id=$(shmcreate -k 0x4d2 4K)
    assert_equal "$(shmstat | head -n 1 | xargs)" "KEY ID OWNER PERMS SIZE NATTCH STATUS"
    shmcreate -n /demo 64K
    run shmstat
    assert_line --index 0 --regexp '^KIND +KEY +SEGMENT +OWNER +PERMS +SIZE +NATTCH +STATUS'
    assert_line --index 1 --regexp "^sysv +0x000004d2 +$id +$(id -un) +rw------- +4K +0 *\$"
    assert_line --index 2 --regexp "^posix +/demo +$(id -un) +rw------- +64K +0 (counted|at-least)\$"
    assert_equal "${#lines[@]}" 3
    assert_equal "$(shmstat --sysv | head -n 1 | xargs)" "KEY ID OWNER PERMS SIZE NATTCH STATUS"
    assert_equal "$(fields SEGMENT --sysv)" "$id"
    assert_equal "$(fields SEGMENT --posix)" /demo
    assert_equal "$(shmstat --posix | head -n 1 | xargs)" "KIND SEGMENT OWNER PERMS SIZE NATTCH STATUS"
    run shmstat --json
    assert_equal "$(jq -c '.segments[] | [.kind, .segment, .size, .nattch]' <<<"$output")" \
        "[\"sysv\",\"$id\",4096,0]"$'\n''["posix","/demo",65536,0]'
}

@test "agreement: what stat(1) and ls(1) say of the files" {
    local i
    for i in {1..40}; do
        shmcreate -n "/object$i" -m "0$((i % 8))$((i * 3 % 8))0" $((i * 4096 + i)) >/dev/null
        head -c $((i % 5 * 4096)) /dev/urandom >>/dev/shm/object"$i" || :
    done 2>/dev/null
    [[ $IPCLAB_NAMESPACE != root ]] || shmctl-tool set -u nobody:daemon /object{3,5,7}
    assert_equal "$(fields NAME,OWNER,GROUP,MODE,SIZE,RSS,CTIME --posix --time-format=raw)" \
        "$(cd /dev/shm && stat -c '/%n %U %G 0%03a %s %b %Z' -- * |
            awk '{ while (length($4) > 4) sub(/^0/, "", $4); $6 *= 512; print }' | LC_ALL=C sort)"
}

@test "what is no object is not listed: folders, links, pipes" {
    mkdir /dev/shm/folder && ln -s demo /dev/shm/link && mkfifo /dev/shm/pipe && touch /dev/shm/folder/file
    shmcreate -n /demo 4K
    assert_equal "$(fields SEGMENT)" /demo
}

@test "a named semaphore is shown as one" {
    head -c 32 /dev/zero >/dev/shm/sem.mine
    shmcreate -n /demo 4K
    assert_equal "$(fields KIND,NAME,SIZE --posix)" $'posix /demo 4096\nsemaphore /sem.mine 32'
    run shmstat --detail /sem.mine
    assert_line --partial "a named semaphore, created by sem_open(3)"
    assert_line --regexp '^  value +0$'
    shmattach --set=u8@0=3 /sem.mine
    run shmstat --detail /sem.mine
    assert_line --regexp '^  value +3$'
}

@test "names are made safe, and the commands that remove them are safe for a shell" {
    local name names=("/it's" '/a b' '/$(touch bad)' '/x;touch bad' $'/new\nline' $'/\e[31mred' '/back\slash' '/"q"' '/-rf' '/é')
    for name in "${names[@]}"; do shmcreate -n "$name" 4K >/dev/null; done
    assert_equal "$(fields SEGMENT --posix | wc -l)" "${#names[@]}"
    run shmstat --posix
    assert_equal "${#lines[@]}" $((${#names[@]} + 1))
    refute_output --partial $'\e'
    assert_line --partial '/new\012line'
    shmstat --posix -n -o REMOVE | sh
    assert [ ! -e bad ]
    assert_equal "$(shm_files)" ""
}

@test "--limits: the size and use of /dev/shm" {
    run unshare --mount bash -c 'mount -t tmpfs -o size=1M,nr_inodes=100 tmpfs /dev/shm
        shmcreate -n /demo 64K >/dev/null; shmattach --fill=1 /demo; shmstat --limits --raw -n'
    assert_line --regexp '^/dev/shm 1048576 65536 6.25 '
    assert_line --regexp '^nr_inodes 100 2 2.00 '
    run shmstat --limits --json
    assert_equal "$(jq '.limits[] | select(.resource == "/dev/shm") | .limit' <<<"$output")" \
        $(($(stat -f -c '%b * %S' /dev/shm)))
}

# --- who has it -----------------------------------------------------------------

@test "-p: those who map it, with address and protection, and those who only have it open" {
    local mapper reader opener
    shmcreate -n /demo 8K
    hold /demo
    mapper=$holder
    [[ $hold_line =~ (0x[0-9a-f]+-0x[0-9a-f]+) ]]
    local range=${BASH_REMATCH[1]}
    hold /demo,ro
    reader=$holder
    hold_with bash -c 'exec 9</dev/shm/demo; echo ready; read -r _ || :'
    opener=$holder
    assert_equal "$(fields NATTCH /demo)" 2
    run fields PID,PROT,ADDRESS -p /demo
    assert_line "$mapper rw- $range"
    assert_line --regexp "^$reader r-- 0x[0-9a-f]+-0x[0-9a-f]+$"
    assert_line "$opener r-- fd\\x209"
    assert_equal "${#lines[@]}" 4
    assert_equal "$(fields SEGMENT --pid="$opener")" /demo
    assert_equal "$(fields NATTCH --pid="$mapper")" 2
    run shmstat --detail /demo
    assert_line --regexp '^  attaches        2 (\(counted\)|at least)$'
    assert_line --regexp "^    held open by  $opener \(bash "
    assert_line "      open        as descriptor 9, r--"
}

@test "-p: known by device and inode: a file of the same name elsewhere, or an older object, is another" {
    local other
    mkdir elsewhere
    head -c 4096 /dev/zero >elsewhere/demo
    shmcreate -n /demo 4K
    hold /demo
    mv /dev/shm/demo /dev/shm/renamed
    shmcreate -n /demo 4K
    hold_with "$helpers/holder" --file "$PWD/elsewhere/demo"
    other=$holder
    assert_equal "$(fields SEGMENT,NATTCH --posix)" $'/demo 0\n/renamed 1'
    run fields PID -p
    refute_line "$other"
}

@test "-p: a process that maps it in another mount namespace, at another path, is found" {
    shmcreate -n /demo 4K
    mkdir place
    hold_with unshare --mount bash -c 'mount --bind /dev/shm place && mount -t tmpfs tmpfs /dev/shm &&
        exec "$0" --file "$PWD/place/demo"' "$helpers/holder"
    assert_equal "$(fields NATTCH /demo)" 1
    run fields PID -p /demo
    assert_line "$holder"
}

@test "an object whose name is gone is shown while somebody maps it or holds it open" {
    local mapper
    shmcreate -n /demo 64K
    shmcreate -n /open 4K
    hold /demo
    mapper=$holder
    hold_with bash -c 'exec 9<>/dev/shm/open; echo ready; read -r _ || :'
    run shmctl-tool rm /demo /open
    assert_success
    assert_line --index 0 --regexp "^shmctl-tool: /demo: removed; it exists until its last detach: 1 attach, by $mapper \(shmattach --hold /demo\)$"
    assert_line --index 1 --regexp "^shmctl-tool: /open: removed; it exists while it is open, by $holder \(bash "
    assert_equal "$(shm_files)" ""
    run fields SEGMENT,SIZE,NATTCH,STATUS,REMOVE
    assert_line --regexp '^/demo\\x20\(deleted\) 65536 1 deleted,(counted|at-least) -$'
    run fields SEGMENT,SIZE,PID,ADDRESS -p
    assert_line '/open\x20(deleted) 4096 - -'
    assert_line "/open\\x20(deleted) - $holder fd\\x209"
    # One of the same name is another.
    shmcreate -n /demo 4K
    run fields SEGMENT,SIZE,NATTCH
    assert_line '/demo 4096 0'
    assert_line '/demo\x20(deleted) 65536 1'
    let_go
    let_go "$mapper"
    assert_equal "$(fields SEGMENT -p)" /demo
}

@test "a file that is called (deleted) and is there is not taken for a deleted one" {
    shmcreate -n '/demo (deleted)' 4K
    hold '/demo (deleted)'
    assert_equal "$(fields NAME,NATTCH,REMOVE)" "/demo\\x20(deleted) 1 -"
    let_go
    assert_equal "$(fields NAME,NATTCH,REMOVE)" "/demo\\x20(deleted) 0 shmctl-tool\\x20rm\\x20'/demo\\x20(deleted)'"
}

@test "a child of fork has what its parent has, and each is counted" {
    shmcreate -n /demo 4K
    hold_with "$helpers/holder" --file /dev/shm/demo --fork 3
    assert_equal "$(fields NATTCH /demo)" 4
    read -ra processes <<<"${hold_line#ready }"
    assert_equal "$(fields PID -p /demo | grep -v '^-' | sort -n | xargs)" "$(printf '%s\n' "${processes[@]}" | sort -n | xargs)"
}

@test "what no listed object explains: folders in /dev/shm, and removed objects that only a descriptor holds" {
    run shmstat --posix -n
    assert_output ""
    mkdir /dev/shm/job
    head -c 200K /dev/zero >/dev/shm/job/data
    shmcreate -n /demo 4K
    run --separate-stderr shmstat --posix -n -r -o NAME
    assert_output /demo
    assert_equal "$stderr" "shmstat: 200 KiB of the 200 KiB in use in /dev/shm are not listed: they are in folders (du /dev/shm), or in removed objects that a process has open (shmstat -p)"
    rm -r /dev/shm/job
    hold_with bash -c 'exec 7<>/dev/shm/open; head -c 100K /dev/zero >&7; rm /dev/shm/open; echo ready; read -r _ || :'
    run --separate-stderr shmstat --posix -n -r -o NAME
    [[ $stderr == "shmstat: 100 KiB of the 100 KiB in use"* ]] || fail "$stderr"
    run --separate-stderr shmstat --posix -p -n -r -o NAME,PID
    assert_line --partial "$holder"
    [[ $stderr != *"not listed"* ]] || fail "$stderr"
}

@test "names of 255 characters, the longest that shm_open(3) takes" {
    local name
    name=/$(printf 'n%.0s' {1..255})
    shmcreate -n "$name" 4K
    shmattach --set=u8@0=7 "$name"
    assert_equal "$(fields SEGMENT --posix)" "$name"
    shmstat --posix -n -o REMOVE | sh
    assert_equal "$(shm_files)" ""
    run shmcreate -n "${name}n" 4K
    assert_failure 2
}

# counted_or_not: the word for a count that no process here escapes, or the one for other counts.
counted_or_not() {
    local maps
    ! is_contained || { echo at-least; return; }
    for maps in /proc/[0-9]*/maps; do
        { : <"$maps"; } 2>/dev/null || [[ ! -e $maps ]] || { echo at-least; return; }
    done
    echo counted
}

@test "STATUS: counted where all processes could be read, at-least where not" {
    shmcreate -n /demo 4K
    assert_equal "$(shmattach /demo -- shmstat -n --raw -o NATTCH,STATUS /demo)" "1 $(counted_or_not)"
    if unshare --pid --fork --mount-proc true 2>/dev/null; then
        # A process of the namespace outside may have it, too.
        run unshare --pid --fork --mount-proc shmattach /demo -- shmstat -n --raw -o NATTCH,STATUS /demo
        assert_output "1 at-least"
    fi
    need_second_user
    run as_nobody shmstat -n --raw -o NATTCH,STATUS /demo
    assert_output "0 at-least"
}

# --- orphans ----------------------------------------------------------------------

@test "--orphans: what nobody maps or holds; --older-than counts from the last change" {
    local mapped
    shmcreate -n /nobody 4K
    shmcreate -n /mapped 4K
    shmcreate -n /open 4K
    hold /mapped
    mapped=$holder
    hold_with bash -c 'exec 9</dev/shm/open; echo ready; read -r _ || :'
    assert_equal "$(fields SEGMENT --orphans)" /nobody
    assert_equal "$(shmstat --orphans -n -o REMOVE)" "shmctl-tool rm /nobody"
    assert_equal "$(fields SEGMENT --older-than=1h)" ""
    let_go "$mapped"
    assert_equal "$(fields SEGMENT --orphans)" $'/mapped\n/nobody'
    shmstat --orphans -n -o REMOVE | sh
    assert_equal "$(shm_files)" open
}

# Neither sees the other's process, but the kernel knows.
@test "--orphans: what a process has that may not be read is not proposed" {
    need_second_user
    shmcreate -n /mine 4K -m 0666
    shmcreate -n /theirs 4K
    shmctl-tool set -u nobody /mine /theirs
    hold /mine
    run --separate-stderr as_nobody shmstat --orphans -n --raw -o SEGMENT
    assert_success
    assert_output /theirs
    # Of others' objects it says nothing to him.
    shmcreate -n /roots 4K
    run --separate-stderr as_nobody shmstat --orphans -n --raw -o SEGMENT
    assert_output /theirs
    assert_regex "$stderr" '^shmstat: [0-9]+ processes? could not be read and may have it open: POSIX objects that seem to be orphans are not listed$'
}

@test "--orphans disturbs nobody: an object that is opened at the same time stays what it was" {
    local pid
    shmcreate -n /demo 4K
    (for _ in {1..50}; do shmstat --orphans >/dev/null 2>&1 || exit 1; done) 3>&- &
    pid=$!
    for _ in {1..50}; do shmattach --increment=u32@0 /demo >/dev/null || fail "could not be attached"; done
    wait "$pid"
    assert_equal "$(shmattach --get=u32@0 /demo)" 50
}

# --- cost ---------------------------------------------------------------------------

@test "without POSIX objects no process is read for the list; with them, only for NATTCH" {
    # shellcheck disable=SC2030 # each test has its own
    local -x ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 # it does not work under another tracer
    shmcreate 4K
    run strace -qq -f -e trace=openat shmstat
    refute_output --partial /maps
    shmcreate -n /demo 4K
    run strace -qq -f -e trace=openat shmstat
    assert_output --partial '/maps"'
    refute_output --partial '/fd"'
    run strace -qq -f -e trace=openat shmstat -o SEGMENT,SIZE
    refute_output --partial /maps
    run strace -qq -f -e trace=openat shmstat --sysv
    refute_output --partial /maps
}

@test "a /dev/shm that cannot be read is an error, not a list without objects" {
    strace -qq -o witness true || skip "this sandbox forbids ptrace(2)"
    # shellcheck disable=SC2031 # each test has its own
    local -x ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 # it does not work under another tracer
    local call error name
    shmcreate -n /there 4K >/dev/null
    while read -r call error name; do
        run --separate-stderr strace -qq -o witness -P /dev/shm -e "inject=$call:error=$error" shmstat --posix -n
        assert_failure 1
        assert_regex "$stderr" "^shmstat: segments: $name: $error: "
    done <<END
getdents64 EIO readdir
openat EMFILE opendir
openat ENFILE opendir
END
}
