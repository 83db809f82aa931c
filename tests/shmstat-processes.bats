#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# shmstat --processes and --pid: who has what attached, where, and what must not
# be taken for it.  What is true is read from /proc/PID/maps and smaps, by other
# means than shmstat's.

load helpers/common

# Far from where the kernel puts anything of its own accord.
address=0x700000000000

# attaches OPTION...: "ID PID USER PROT ADDRESS" of each attach shmstat shows.
attaches() {
    shmstat -p -n -r -o ID,PID,USER,PROT,ADDRESS "$@" 2>/dev/null | awk '$2 != "-"'
}

# triples [OPTION...]: "ID PID START" of each, sorted.
triples() {
    attaches "$@" | awk '{ sub(/-.*/, "", $5); print $1, $2, $5 }' | sort
}

# true_triples PID...: the same from the kernel's own lines.
true_triples() {
    local pid
    for pid; do
        awk -v pid="$pid" '$6 ~ "^/SYSV" { sub(/-.*/, "", $1); print $5, pid, "0x" $1 }' "/proc/$pid/maps"
    done | sort
}

# smaps_says PID START NAME: that line of smaps, in bytes, for the mapping that starts there.
smaps_says() {
    awk -v start="${2#0x}-" -v name="$3:" '
        index($1, start) == 1 { here = 1; next }
        /^[0-9a-f]+-/ { here = 0 }
        here && $1 == name { print $2 * 1024 }' "/proc/$1/smaps"
}

# hold_segments [OPTION...] ID...: helpers/holder, whose processes go to $processes.
hold_segments() {
    hold_with "$helpers/holder" "$@"
    [[ $hold_line == 'ready '* ]] || fail "no holder: $hold_line"
    read -ra processes <<<"${hold_line#ready }"
}

# --- one row for each attach -------------------------------------------------

@test "an attach: address, protection, process, user, command and RSS are those of /proc" {
    local id row pid user prot range rss command
    id=$(shmcreate 64K)
    hold_segments "$id@$address"
    run --separate-stderr shmstat -p -r -n -o PID,USER,PROT,ADDRESS,RSS,COMMAND
    assert_success
    assert_equal "${#lines[@]}" 2
    row=${lines[1]//\\x20/ }
    read -r pid user prot range rss command <<<"$row"
    assert_equal "$pid" "$holder"
    assert_equal "$user" "$(ps -o user= -p "$holder")"
    assert_equal "$range" "$address-0x700000010000"
    assert_equal "$prot ${range//0x/}" "$(awk '$6 ~ "^/SYSV" { print substr($2, 1, 3), $1 }' "/proc/$holder/maps")"
    assert_equal "$rss" "$(smaps_says "$holder" "$address" Rss)"
    assert [ "$rss" -gt 0 ]
    assert_equal "$command" "$(tr '\0' ' ' <"/proc/$holder/cmdline" | sed 's/ $//')"
}

@test "an attach: read-only is r--, and what was not touched has no RSS" {
    local id
    id=$(shmcreate 64K)
    hold_segments "$id,ro"
    run bash -c 'shmstat -p -r -n -o PID,PROT,RSS 2>/dev/null | grep -v ^-'
    assert_output "$holder r-- 0"
    assert_equal 0 "$(smaps_says "$holder" "$(true_triples "$holder" | cut -d' ' -f3)" Rss)"
}

# 64M are more than are counted page by page.
@test "an attach: the RSS of a small and of a large mapping is that of smaps" {
    local small large
    small=$(shmcreate 64K) large=$(shmcreate 64M)
    shmattach --fill=1@0:5000 "$small"
    shmattach --fill=1@1M:9M "$large"
    hold_segments "$small@$address" "$large@0x700010000000"
    run --separate-stderr shmstat -p -r -n -o PID,ADDRESS,RSS
    assert_line "$holder $address-0x700000010000 $(smaps_says "$holder" "$address" Rss)"
    assert_line "$holder 0x700010000000-0x700014000000 $(smaps_says "$holder" 0x700010000000 Rss)"
    assert [ "$(smaps_says "$holder" 0x700010000000 Rss)" -gt 0 ]
}

@test "an attach: shmattach's own, executable" {
    local id
    id=$(shmcreate -m 0700 4K)
    hold "$id@$address,exec"
    run attaches
    assert_output "$id $holder root rwx $address-0x700000001000"
    assert_regex "$hold_line" "^pid $holder: $id .* at $address-0x700000001000 rwx "
}

@test "a process that attached twice is two rows, by address, and NATTCH counts both" {
    local id
    id=$(shmcreate 4K)
    hold_segments "$id@0x700000100000" "$id@$address,ro"
    run attaches
    assert_output "$id $holder root r-- $address-0x700000001000
$id $holder root rw- 0x700000100000-0x700000101000"
    run shmstat -n -r -o NATTCH,SIZE
    assert_output "2 4096"
}

@test "attaches stand under their own segment" {
    local a b
    a=$(shmcreate -k 0x4d2 4K)
    b=$(shmcreate 8K)
    shmcreate 12K
    hold_segments "$b" "$a"
    run --separate-stderr shmstat -p -o KEY,ID,SIZE,PID
    assert_success
    # In the order of the list, with a branch before each process.
    assert_equal "$(awk 'NR > 1 { print $1, $NF }' <<<"$output")" "0x000004d2 4K
└─ $holder
0x00000000 8K
└─ $holder
0x00000000 12K"
}

# --- who inherits, and who does not ------------------------------------------

@test "forked children inherit: a row and a count each" {
    local id
    id=$(shmcreate 4K)
    hold_segments --fork 3 "$id@$address"
    assert_equal "${#processes[@]}" 4
    assert_equal "$(kernel_says "$id" nattch)" 4
    run triples
    assert_output "$(true_triples "${processes[@]}")"
    assert_equal "${#lines[@]}" 4
    run shmstat -n -r -o NATTCH
    assert_output 4
}

@test "a child that runs another program has detached: it is no longer shown" {
    local id
    id=$(shmcreate 4K)
    hold_segments --exec "$id"
    assert_equal "${#processes[@]}" 2
    assert [ -d "/proc/${processes[1]}" ]
    assert_equal "$(kernel_says "$id" nattch)" 1
    run attaches
    assert_equal "${#lines[@]}" 1
    assert_regex "$output" "^$id $holder "
    run --separate-stderr shmstat -n --pid "${processes[1]}"
    assert_success
    assert_output ""
}

@test "threads have one address space: one row" {
    local id
    id=$(shmcreate 4K)
    hold_segments --threads 4 "$id@$address"
    assert_equal "$(find "/proc/$holder/task" -mindepth 1 -maxdepth 1 | wc -l)" 5
    run triples
    assert_output "$id $holder $address"
    run shmstat -n -r -o NATTCH
    assert_output 1
}

@test "a process whose first thread has ended still has it attached" {
    local id
    id=$(shmcreate 4K)
    hold_segments --leader-exits "$id@$address"
    assert_equal "$(kernel_says "$id" nattch)" 1
    run triples
    assert_output "$id $holder $address"
}

@test "a process whose first thread has ended is not gone" {
    local id
    id=$(shmcreate 4K)
    hold_segments --leader-exits "$id"
    run --separate-stderr shmstat -d "$id"
    assert_line --regexp "^ +last used by +$holder \("
    refute_line --regexp "^ +last used by +$holder \(gone\)"
}

@test "a removed segment that is still attached is shown with its holders" {
    local id
    id=$(shmcreate -k 0x4d2 4K)
    hold_segments --fork 1 "$id@$address"
    ipcrm -m "$id"
    run triples
    assert_output "$(true_triples "${processes[@]}")"
    assert_equal "${#lines[@]}" 2
    run shmstat -n -r -o ID,NATTCH,STATUS
    assert_output "$id 2 dest"
}

@test "SIGKILL of a holder: gone from the list, and the segment stays" {
    local id
    id=$(shmcreate 4K)
    hold_segments "$id"
    run attaches
    assert_equal "${#lines[@]}" 1
    kill -s KILL "$holder"
    status=0
    let_go || status=$?
    assert_equal "$status" 137
    run attaches
    assert_output ""
    run shmstat -n -r -o ID,NATTCH,LPID
    assert_output "$id 0 $holder"
}

@test "huge pages: STATUS says hugetlb, with whatever other columns" {
    [[ $IPCLAB_NAMESPACE == root ]] || skip "needs SHM_HUGETLB, which only root may use"
    [[ -d /sys/kernel/mm/hugepages ]] || skip "this kernel has no huge pages"
    local id
    # No page is reserved, none is touched: it works where there are none to spare.
    id=$(shmcreate --huge --noreserve 1)
    hold_segments "$id,ro"
    run --separate-stderr shmstat -p -n -r -o ID,STATUS,RSS
    assert_line --index 0 "$id hugetlb 0"
    run --separate-stderr shmstat -p -n -r -o ID,STATUS
    assert_line --index 0 "$id hugetlb"
    run --separate-stderr shmstat -d "$id"
    assert_line --regexp '^ +status +hugetlb'
    run triples
    assert_output "$(true_triples "$holder")"
}

# --- what is no attach of ours -----------------------------------------------

# Inode numbers of a new tmpfs and ids of a new IPC namespace both begin at 0 or 1,
# so there one can be made to equal the other.  These tests look into such
# namespaces from where they are.

# look_into PID COMMAND...: in the IPC namespace of PID.
look_into() {
    nsenter --ipc="/proc/$1/ns/ipc" -- "${@:2}"
}

# look_alike kept|deleted [@ADDRESS]: a process that has a file mapped whose name
# is that of a segment, and whose inode number is the id of one; with ADDRESS it
# has that segment attached as well.  Sets $imitated to the id.
#
# A path in maps begins at the reader's root, or at the root of a file system that
# is no longer mounted anywhere.
look_alike() {
    # shellcheck disable=SC2016 # for that bash
    hold_with unshare --ipc --mount bash -c '
        for i in {1..20}; do id=$(shmcreate 4K); done
        dir=$(mktemp -d) && mount -t tmpfs none "$dir" || exit
        for i in {1..20}; do
            head -c 4096 /dev/zero >"$dir/SYSV00000000"
            (($(stat -c %i "$dir/SYSV00000000") != id)) || break
            mv "$dir/SYSV00000000" "$dir/$i"
        done
        [[ -e $dir/SYSV00000000 ]] || echo "no such inode"
        exec 4<>"$dir/SYSV00000000" || exit
        [[ $1 == kept ]] || rm "$dir/SYSV00000000"
        umount -l "$dir" && rmdir "$dir" || exit
        exec "$2" --file /proc/self/fd/4 ${3:+"$id$3"}
    ' bash "$1" "$helpers/holder" "${2-}"
    [[ $hold_line != 'no such inode' ]] || skip "the inode numbers of this kernel's tmpfs do not begin at 1"
    [[ $hold_line == 'ready '* ]] || fail "no look-alike: $hold_line"
    imitated=$(look_into "$holder" shmstat -n -r -o ID | tail -n 1)
}

@test "a file with a segment's name and its id for inode number is not taken for it" {
    local form
    for form in kept deleted; do
        look_alike "$form"
        # The premise: but for the device the line is that of a segment.
        run grep SYSV "/proc/$holder/maps"
        assert_equal "${#lines[@]}" 1
        assert_regex "$output" " rw-s 00000000 [0-9a-f:]+ $imitated +/SYSV00000000( \(deleted\))?\$"

        run --separate-stderr look_into "$holder" shmstat -p -n -r -o ID,PID "$imitated"
        assert_success
        assert_output "$imitated -"
        run --separate-stderr look_into "$holder" shmstat -n --pid "$holder"
        assert_success
        assert_output ""
    done
}

@test "a process that has both, such a file and the segment, has one attach" {
    look_alike deleted "@$address"
    run grep -c " $imitated *SYSV\| $imitated  */SYSV" "/proc/$holder/maps"
    assert_output 2
    run --separate-stderr look_into "$holder" shmstat -p -n -r -o ID,NATTCH,PID,ADDRESS "$imitated"
    assert_output "$imitated 1 - -
$imitated - $holder $address-0x700000001000"
}

@test "another IPC namespace's segment of the same id is not taken for ours" {
    local one other
    # shellcheck disable=SC2016 # for that bash
    hold_with unshare --ipc bash -c 'exec "$1" "$(shmcreate 4K)@$2"' bash "$helpers/holder" "$address"
    one=$holder
    # shellcheck disable=SC2016 # for that bash
    hold_with unshare --ipc bash -c 'exec "$1" "$(shmcreate 4K)@$2"' bash "$helpers/holder" "$address"
    other=$holder
    # The premise: maps do not tell them apart.
    assert_equal "$(true_triples "$one")" "0 $one $address"
    assert_equal "$(true_triples "$other")" "0 $other $address"

    run --separate-stderr look_into "$one" shmstat -p -n -r -o ID,PID
    assert_output "0 -"$'\n'"0 $one"
    run --separate-stderr look_into "$other" shmstat -p -n -r -o ID,PID
    assert_output "0 -"$'\n'"0 $other"
    run --separate-stderr look_into "$one" shmstat -n --pid "$other"
    assert_output ""
    run --separate-stderr shmstat -p -n
    assert_output ""
}

# --- what may not be read ----------------------------------------------------

# unreadable: how many processes there are whose maps we may not read.
unreadable() {
    local dir count=0
    for dir in /proc/[0-9]*; do
        # One that has ended meanwhile is none of them.
        if LC_ALL=C head -c 1 "$dir/maps" 2>&1 >/dev/null | grep -q 'Permission denied'; then
            count=$((count + 1))
        fi
    done
    echo "$count"
}

# among_ourselves SCRIPT [ARG...]: bash runs it where there are no processes but
# its own, with the functions of these tests; as `run --separate-stderr` does.
among_ourselves() {
    local functions
    unshare --pid --fork --mount-proc true 2>/dev/null || [[ $IPCLAB_NAMESPACE == root ]] ||
        skip "needs a PID namespace of its own, and this user may not mount its /proc"
    functions=$(declare -f hold hold_with hold_segments as_nobody need_second_user unreadable fail)
    mkdir "$BATS_TEST_TMPDIR/inside"
    run --separate-stderr env BATS_TEST_TMPDIR="$BATS_TEST_TMPDIR/inside" helpers="$helpers" \
        unshare --pid --fork --mount-proc bash -c "set -e; holders=(); declare -A hold_inputs; $functions; $1" \
        bash "${@:2}" 3>&-
}

@test "--pid of a process in another IPC namespace: said, with the command that enters it" {
    need_second_user # only root can enter it
    hold_with unshare --ipc sh -c 'ipcmk -M 4096 >/dev/null; echo ready; read -r _'
    run --separate-stderr shmstat --pid="$holder" -n
    assert_success
    assert_output ""
    assert_equal "$stderr" "shmstat: process $holder is in another IPC namespace; to list its segments: nsenter --target $holder --ipc shmstat --pid=$holder"
    run nsenter --target "$holder" --ipc shmstat -n -r -o SIZE --bytes
    assert_output 4096
}

@test "where memfd_create(2) is forbidden, who is attached is seen all the same" {
    local id before
    strace -qq -o /dev/null true || skip "this sandbox forbids ptrace(2)"
    id=$(shmcreate 4K)
    hold "$id"
    before=$(ids)
    run --separate-stderr env "ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0" \
        strace -qq -o /dev/null -e inject=memfd_create:error=EPERM shmstat -p -n -r -o ID,PID "$id"
    assert_success
    assert_output "$id -
$id $holder"
    assert_equal "$(ids)" "$before"
}

@test "where every process may be read, nothing is said of it" {
    local id
    id=$(shmcreate 4K)
    # shellcheck disable=SC2016 # for that bash
    among_ourselves 'hold_segments --fork 2 "$1"; shmstat -p -n -r -o ID,NATTCH; shmstat -d "$1"' "$id"
    assert_success
    assert_equal "$stderr" ""
    assert_line --index 0 "$id 3"
    assert_line --regexp '^ +attaches +3$'
    refute_line --partial "not seen"
}

@test "as root: what could not be read is what root may not read" {
    need_second_user
    local count message=
    shmcreate 4K
    count=$(unreadable)
    run --separate-stderr shmstat -p
    assert_success
    ((count != 1)) || message="shmstat: 1 process could not be read: their attaches are not shown"
    ((count < 2)) || message="shmstat: $count processes could not be read: their attaches are not shown"
    assert_equal "$stderr" "$message"
}

@test "as nobody: others' processes are counted and not shown, and that is said" {
    need_second_user
    local id mine
    id=$(shmcreate -m 0666 4K)
    # shellcheck disable=SC2016 # for that bash
    among_ourselves '
        hold_segments --fork 2 "$1"
        hold_with as_nobody shmattach --hold "$1"
        mine=${hold_line#pid }
        echo "mine ${mine%%:*}"
        as_nobody shmstat -p -n -r -o ID,NATTCH,PID,USER
        as_nobody shmstat -d "$1"
        as_nobody bash -c "$(declare -f unreadable); echo unreadable \$(unreadable)"
    ' "$id"
    assert_success
    mine=$(sed -n 's/^mine //p' <<<"$output")
    assert_line "$id 4 - -"
    assert_line "$id - $mine $(id -nu 65534)"
    assert_equal "$(grep -c "^$id " <<<"$output")" 2
    assert_line --regexp "^ +attached by +$mine \(shmattach --hold $id\)\$"
    # The script, the shell that waits for the one of nobody, and three holders.
    assert_line "unreadable 5"
    assert_equal "$stderr" "shmstat: 5 processes could not be read: their attaches are not shown"
    assert_line --regexp "^ +not seen +3 \(you may not read 5 processes\)\$"
}

@test "processes that come and go while it reads are no error, and not unreadable" {
    local id
    id=$(shmcreate 4K)
    # shellcheck disable=SC2016 # for that bash
    among_ourselves '
        hold_segments "$1"
        while :; do shmattach "$1"; /bin/true; done >/dev/null &
        for round in {1..40}; do
            shmstat -p -n -r -o ID,PID,RSS | grep "^$1 $holder [0-9]" || echo "round $round: not there"
        done
        kill %2 && wait %2 || :' "$id"
    assert_success
    assert_equal "${#lines[@]}" 40
    refute_line --partial "not there"
    # In a PID namespace of its own it cannot know that nobody outside has it attached.
    assert_equal "$(grep -v 'of processes in another PID namespace, or that came or went' <<<"$stderr")" ""
}

# --- one process -------------------------------------------------------------

@test "--pid: only what that process has attached; NATTCH still counts all" {
    local a b c
    a=$(shmcreate 4K)
    b=$(shmcreate 8K)
    c=$(shmcreate 12K)
    hold_segments "$a" "$b"
    hold_segments "$b" "$c" "$b"
    run --separate-stderr shmstat -n -r -o ID,NATTCH --pid "$holder"
    assert_success
    assert_output "$b 3"$'\n'"$c 1"
    assert_equal "$stderr" ""
    run triples --pid="$holder"
    assert_output "$(true_triples "$holder")"
    assert_equal "${#lines[@]}" 3
    run --separate-stderr shmstat -n -r -o ID --pid "$holder" "$a" "$b"
    assert_output "$b"
}

@test "--pid: a process that has nothing attached" {
    shmcreate 4K
    run --separate-stderr shmstat -n --pid $$
    assert_success
    assert_output ""
    assert_equal "$stderr" ""
    run --separate-stderr shmstat --pid $$ --json
    assert_equal "$(jq -c . <<<"$output")" '{"segments":[]}'
}

@test "--pid: a process that does not exist is an error" {
    shmcreate 4K
    # The kernel's limit for pid_max, so no process ever has it.
    run --separate-stderr shmstat -n --pid 4194304
    assert_equal "$status" 1
    assert_output ""
    assert_regex "${stderr,,}" '^shmstat: 4194304: .*no such process$'
    assert_equal "${#stderr_lines[@]}" 1
}

@test "--pid: a process that may not be read is an error" {
    need_second_user
    local id
    id=$(shmcreate 4K)
    hold_segments "$id"
    run --separate-stderr as_nobody shmstat -n --pid "$holder"
    assert_equal "$status" 1
    assert_output ""
    assert_regex "$stderr" "^shmstat: $holder: .*ermission denied"
}

# --- formats -----------------------------------------------------------------

@test "--json: the attaches are children of their segment" {
    local a b
    a=$(shmcreate -k 0x4d2 64K)
    b=$(shmcreate 8K)
    hold_segments "$a@$address,ro" "$a@0x700000100000"
    run bash -c 'shmstat -p --json 2>/dev/null | jq -c ".segments[] | [.id, .nattch, .pid, (.children | length)]"'
    assert_success
    assert_output "[$a,2,null,2]"$'\n'"[$b,0,null,0]"
    run bash -c 'shmstat -p --json 2>/dev/null |
        jq -c ".segments[0].children[] | [.id, .pid, .user, .prot, .address, .rss]"'
    assert_output "[null,$holder,\"root\",\"r--\",\"$address-0x700000010000\",$(smaps_says "$holder" "$address" Rss)]
[null,$holder,\"root\",\"rw-\",\"0x700000100000-0x700000110000\",$(smaps_says "$holder" 0x700000100000 Rss)]"
}

@test "--json --detail --processes: the children say who they are" {
    local id
    id=$(shmcreate 4K)
    hold_segments "$id@$address"
    run bash -c 'shmstat -d -p -J 2>/dev/null | jq -c ".segments[0].children[0] | [.pid, .address]"'
    assert_output "[$holder,\"$address-0x700000001000\"]"
}

@test "--export: each line has the id, for there is no tree" {
    local id
    id=$(shmcreate -k 0x4d2 4K)
    hold_segments "$id"
    run --separate-stderr shmstat -p -e -o KEY,ID,PID,PROT
    assert_output "KEY=\"0x000004d2\" ID=\"$id\" PID=\"\" PROT=\"\"
KEY=\"\" ID=\"$id\" PID=\"$holder\" PROT=\"rw-\""
}

@test "columns: by default what it is, who, where and how much" {
    run --separate-stderr shmstat -p
    assert_equal "$(xargs <<<"$output")" "KEY ID SIZE NATTCH PID USER PROT ADDRESS RSS COMMAND"
}

@test "a hostile command line never reaches the terminal as it is" {
    local id option hostile=$'\e]0;title\a\n\r"\'\\$(touch evil)\xe4\xc2\x9b\u202e'
    id=$(shmcreate 4K)
    # shellcheck disable=SC2016 # for that bash
    hold_with bash -c 'exec -a "$1" "$2" "$3"' bash "$hostile" "$helpers/holder" "$id"
    for option in -p -pJ -pr -pe -d; do
        timeout 60 shmstat "$option" >"$BATS_TEST_TMPDIR/out" 2>/dev/null
        # UTF-8, and no control but newlines.
        run perl -0777 -ne 'exit !(utf8::decode($_) && !/[^\n\P{Cc}]|\p{Bidi_Control}/)' "$BATS_TEST_TMPDIR/out"
        assert_success
        run cat "$BATS_TEST_TMPDIR/out"
        assert_output --partial '033]0;title'
    done
    run bash -c 'shmstat -pJ 2>/dev/null | jq -r .segments[0].children[0].command'
    assert_output --partial '\033]0;title\007\012\015"'
}

# --- many --------------------------------------------------------------------

@test "40 processes with 3 attaches each: every one is shown, and no other" {
    local segments wanted pids=()
    for _ in {1..30}; do shmcreate 4K; done
    mapfile -t segments < <(ids)
    for _ in {1..40}; do
        mapfile -t wanted < <(shuf -n 3 -e "${segments[@]}")
        hold_segments "${wanted[@]}"
        pids+=("$holder")
    done
    run triples
    assert_equal "${#lines[@]}" 120
    run diff <(true_triples "${pids[@]}") <(triples)
    assert_success
    run diff <(true_triples "${pids[7]}") <(triples --pid "${pids[7]}")
    assert_success
    # As many rows as the kernel counts attaches.
    run diff <(awk 'NR > 1 && $7 { print $2, $7 }' /proc/sysvipc/shm | sort) \
        <(attaches | awk '{ count[$1]++ } END { for (id in count) print id, count[id] }' | sort)
    assert_success
}
