#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Why a call failed.  The tests provoke every errno that shmget(2), shmat(2),
# shmdt(2) and shmctl(2) document: for real if this kernel can return it, otherwise
# by injection.  Each sentence must state the facts of the moment, and the command
# of a hint must help.

load helpers/common

setup() {
    trace_failures
    cd "$BATS_TEST_TMPDIR" || return
    PATH=$PATH:/usr/sbin:/sbin # for sysctl
    no_such=2000000000         # an id that nothing has
    at=0x700000000000          # where nothing is mapped
    page=$(getconf PAGESIZE)
}

# Limits of this namespace that a test lowered, and their previous values.
declare -gA limits_before=()

# limit NAME VALUE: set kernel.NAME for the rest of the test.
limit() {
    local file=/proc/sys/kernel/$1
    [[ -v limits_before[$1] ]] || limits_before[$1]=$(<"$file")
    (echo "$2" >"$file") 2>/dev/null || skip "this kernel lets no user namespace set kernel.$1"
}

teardown() {
    local name
    for name in "${!limits_before[@]}"; do echo "${limits_before[$name]}" >"/proc/sys/kernel/$name"; done
    clean_up
}

# make ARGUMENT...: a new segment, its id in $id.
make() {
    id=$(shmcreate "$@")
}

# refused PROGRAM ARGUMENT...: exit 1 with one failure; $said is the message from
# the operand on, $hint the hint ("" if there is none).
refused() {
    run --separate-stderr "$@"
    assert_failure 1
    # shellcheck disable=SC2154 # set by run
    said=${stderr_lines[0]#shm*: }
    hint=${stderr_lines[1]-}
    [[ -z $hint || $hint == 'hint: '* ]] || fail "no hint: $hint"
    hint=${hint#hint: }
    assert [ "${#stderr_lines[@]}" -le 2 ]
}

# assert_said TEXT, assert_hint TEXT
assert_said() {
    assert_equal "$said" "$1"
}
assert_hint() {
    assert_equal "$hint" "$1"
}

# follow COMMAND: the hint ends with this command, and it works.
follow() {
    assert_regex "$hint" " ${1//./\\.}\$"
    bash -euc "$1"
}

# works COMMAND...: succeeds now.
works() {
    run --separate-stderr "$@"
    assert_success
}

# without CAPABILITY[,...] COMMAND...: as root, without these capabilities.
without() {
    setpriv --bounding-set="-${1//,/,-}" -- "${@:2}"
}

# with_limit ULIMIT VALUE COMMAND...: with a soft limit, as ulimit(1) sets it.
with_limit() {
    (ulimit -S "$1" "$2" && "${@:3}")
}

# --- shmget ------------------------------------------------------------------

@test "shmget EACCES: caller, owner, mode, and the requested mode" {
    need_second_user
    make -k 0x4d2 -m 0640 4K
    refused as_nobody shmcreate -k 0x4d2 4K
    assert_said "0x4d2: shmget: EACCES: segment $id belongs to root:root with mode 0640, which grants nobody (others) no access; the call requested 0600"
    assert_hint "root can grant more: shmctl-tool set -m MODE $id"
    works shmctl-tool set -m 0646 "$id"
    works as_nobody shmcreate -k 0x4d2 4K
}

@test "shmget EEXIST: the segment, its size and owner, and what to do" {
    make -k 0x4d2 64K
    refused shmcreate -x -k 0x4d2 4K
    assert_said "0x4d2: shmget: EEXIST: this key already names segment $id (64 KiB, owner root)"
    assert_hint "leave out IPC_EXCL (--exclusive) to open it, or remove it first: ipcrm -m $id"
    works shmcreate -k 0x4d2 4K
    follow "ipcrm -m $id"
    works shmcreate -x -k 0x4d2 4K
}

@test "shmget EEXIST: sizes in words, an owner without a name" {
    need_second_user
    local size words
    while read -r size words; do
        make -k 0x4d2 --noreserve "$size"
        shmctl-tool set -u 1234 "$id"
        refused shmcreate -x -k 0x4d2 4K
        assert_said "0x4d2: shmget: EEXIST: this key already names segment $id ($words, owner 1234)"
        ipcrm -m "$id"
    done <<'END'
1       1 byte
700     700 bytes
1024    1 KiB
1536    1.5 KiB
1M      1 MiB
3G      3 GiB
1T      1 TiB
END
}

@test "shmget EINVAL: a new segment of 0 bytes" {
    refused shmcreate 0
    assert_said "0: shmget: EINVAL: a new segment needs at least 1 byte (SHMMIN), but 0 were requested"
    assert_hint "give a SIZE of at least 1; 0 only opens an existing segment"
    works shmcreate -k 0x4d2 1
    works shmcreate -k 0x4d2 0
}

@test "shmget EINVAL: more than SHMMAX, both numbers; the command of the hint helps" {
    limit shmmax 65536
    refused shmcreate 65537
    assert_said "65537: shmget: EINVAL: 65537 bytes exceed SHMMAX, the limit for one segment: 65536"
    assert_hint "request less, or raise the limit as root: sysctl kernel.shmmax=65537"
    works shmcreate 65536
    follow "sysctl kernel.shmmax=65537"
    works shmcreate 65537
}

@test "shmget EINVAL: more than the segment has, both numbers" {
    make -k 0x4d2 5000
    refused shmcreate -o -k 0x4d2 5001
    assert_said "0x4d2: shmget: EINVAL: segment $id has 5000 bytes, but 5001 were requested"
    assert_hint "a segment never grows: request at most its size, or remove it first: ipcrm -m $id"
    works shmcreate -o -k 0x4d2 5000
    follow "ipcrm -m $id"
    works shmcreate -k 0x4d2 5001
}

# A segment is a file inside the kernel, and a file's size is a signed number.
@test "shmget EINVAL: below SHMMAX and yet more than any file can have" {
    limit shmmax 18446744073692774399
    refused shmcreate --noreserve 8E
    assert_regex "$said" '^8E: shmget: EINVAL: .*9223372036854775807'
}

@test "shmget EINVAL: a size of huge page that this machine does not have" {
    refused with_fault shmget=EINVAL shmcreate --huge=4K 4K
    assert_said "4K: shmget: EINVAL: this machine has no huge pages of 4 KiB"
    assert_hint "list the sizes that it has: ls /sys/kernel/mm/hugepages"
}

@test "shmget ENOENT: the key, and how to create the segment" {
    make 4K
    refused shmcreate -o -k 1234 4K
    assert_said "1234: shmget: ENOENT: no segment has key 0x000004d2"
    assert_hint "list the segments with shmstat, or create one: shmcreate -k 0x4d2 SIZE"
    works shmstat
    works shmcreate -k 0x4d2 4K
    works shmcreate -o -k 1234 4K
}

# near KIB WORDS: "23.5 GiB" is KIB to a digit.
near() {
    awk -v kib="$1" -v words="$2" 'BEGIN {
        split(words, part, " ")
        unit = index("KMGTP", substr(part[2], 1, 1)) - 1
        value = part[1] * 1024 ^ (unit < 0 ? 0 : unit)
        exit !(value > kib * 0.9 && value < kib * 1.1 || kib == 0 && part[1] == 0)
    }'
}

meminfo() {
    awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo
}

@test "shmget ENOMEM: the requested size, and what the machine has" {
    local gib=$((($(meminfo MemTotal) + $(meminfo SwapTotal)) / 524288 + 1))
    local fault=none
    # If the kernel commits without limit, it refuses nothing.
    [[ $(</proc/sys/vm/overcommit_memory) != 1 ]] || fault=shmget=ENOMEM
    refused with_fault "$fault" shmcreate "${gib}G"
    if [[ $(</proc/sys/vm/overcommit_memory) == 2 ]]; then
        [[ $said =~ ^"${gib}G: shmget: ENOMEM: $gib GiB more would exceed the commit limit: "(.*)' of '(.*)' are committed (vm.overcommit_memory is 2)'$ ]]
        near "$(meminfo CommitLimit)" "${BASH_REMATCH[2]}"
    else
        [[ $said =~ ^"${gib}G: shmget: ENOMEM: no memory for $gib GiB: the machine has "(.*)' and '(.*)' of swap'$ ]] || fail "$said"
        near "$(meminfo MemTotal)" "${BASH_REMATCH[1]}"
        near "$(meminfo SwapTotal)" "${BASH_REMATCH[2]}"
    fi
    assert_hint "request less, or reserve no memory in advance: SHM_NORESERVE (--noreserve)"
    works shmcreate --noreserve "${gib}G"
}

@test "shmget ENOMEM: huge pages, how many are needed and free, and how many to add" {
    local kib folder free total
    for folder in /sys/kernel/mm/hugepages/hugepages-*kB; do
        [[ -d $folder ]] || continue
        kib=${folder##*-} kib=${kib%kB}
        free=$(($(<"$folder/free_hugepages") - $(<"$folder/resv_hugepages")))
        total=$(<"$folder/nr_hugepages")
        refused with_fault shmget=ENOMEM shmcreate --huge="${kib}K" $((kib * (free + 2) + 1))K
        [[ $said =~ ' ENOMEM: '([0-9]+)' huge pages of '([^,]*)' are needed, but '([0-9]+)' are free and not reserved'$ ]] || fail "$said"
        assert_equal "${BASH_REMATCH[1]} ${BASH_REMATCH[3]}" "$((free + 3)) $free"
        near "$kib" "${BASH_REMATCH[2]}"
        assert_hint "add huge pages as root: echo $((total + 3)) > $folder/nr_hugepages"
    done
}

@test "shmget ENOMEM: one huge page is singular" {
    refused with_fault shmget=ENOMEM shmcreate --huge=64P 1
    assert_said "1: shmget: ENOMEM: 1 huge page of 64 PiB is needed, but 0 are free and not reserved"
}

@test "shmget ENOSPC: SHMMNI, its value and use; the commands of the hint help" {
    limit shmmni 3
    make 4K
    make 4K
    make 4K
    refused shmcreate 4K
    assert_said "4K: shmget: ENOSPC: SHMMNI is reached: 3 of 3 allowed segments exist"
    assert_hint "remove the orphans that shmstat --orphans lists, or raise the limit as root: sysctl kernel.shmmni=6"
    run shmstat --orphans -n -o REMOVE
    assert_line "ipcrm -m $id"
    ipcrm -m "$id"
    works shmcreate 4K
    refused shmcreate 4K
    follow "sysctl kernel.shmmni=6"
    works shmcreate 4K
}

@test "shmget ENOSPC: SHMALL, its value and use, and the requested pages" {
    limit shmall 10
    make $((4 * page))
    refused shmcreate $((6 * page + 1))
    assert_said "$((6 * page + 1)): shmget: ENOSPC: SHMALL would be exceeded: 4 of 10 allowed pages are in use, and the call requests 7"
    assert_hint "remove the orphans that shmstat --orphans lists, or raise the limit as root: sysctl kernel.shmall=11"
    works shmcreate -k 0x4d2 $((6 * page))
    ipcrm -M 0x4d2
    follow "sysctl kernel.shmall=11"
    works shmcreate $((6 * page + 1))
}

@test "shmget EPERM: huge pages are not for everyone" {
    need_second_user
    [[ $(</proc/sys/vm/hugetlb_shm_group) != 65534 ]] || skip "vm.hugetlb_shm_group is nobody's group here"
    refused as_nobody shmcreate --huge --noreserve 4K
    assert_said "4K: shmget: EPERM: only root (CAP_IPC_LOCK) and group $(getent group "$(</proc/sys/vm/hugetlb_shm_group)" | cut -d: -f1) (vm.hugetlb_shm_group) may use SHM_HUGETLB; nobody is neither"
    assert_hint "leave out --huge, or as root: sysctl vm.hugetlb_shm_group=65534"
    works as_nobody shmcreate --noreserve 4K
}

@test "shmget: facts come from /proc if a sandbox refuses shmctl" {
    make -k 0x4d2 64K
    refused with_fault shmctl=EPERM shmcreate -x -k 0x4d2 4K
    assert_said "0x4d2: shmget: EEXIST: this key already names segment $id (64 KiB, owner root)"
    limit shmmni 1
    refused with_fault shmctl=ENOSYS shmcreate 4K
    assert_said "4K: shmget: ENOSPC: SHMMNI is reached: 1 of 1 allowed segments exist"
}

# --- an id without a segment -------------------------------------------------

@test "shmat, shmctl EINVAL: there is no such segment" {
    local command
    for command in shmattach 'shmctl-tool stat' 'shmctl-tool set -m 0' 'shmctl-tool lock' 'shmctl-tool unlock' \
        'shmctl-tool rm' shmstat; do
        eval "refused $command $no_such"
        assert_regex "$command|$said" "\\|$no_such: shm(at|ctl): EINVAL: there is no segment $no_such\$"
        assert_hint "list the segments with shmstat"
    done
}

@test "shmat, shmctl EINVAL: an id that may be meant as a key" {
    make -k 0x3039 4K
    refused shmattach 12345
    assert_said "12345: shmat: EINVAL: there is no segment 12345"
    assert_hint "as a key, 12345 is 0x00003039, which names segment $id"
    works shmattach 0x3039
    refused shmstat 12346
    assert_hint "list the segments with shmstat; keys begin with 0x, ids do not"
}

@test "semop, semctl EINVAL: an id that may be meant as a key" {
    local set
    set=$(semop-tool create -k 0x3039 1)
    run -1 semop-tool op -n 12345 0+1
    assert_line "hint: as a key, 12345 is 0x00003039, which names set $set"
}

@test "an id that is gone: systemd-logind may have removed the object of an ordinary user" {
    need_second_user
    # shellcheck disable=SC2016 # for the other shell
    local as_user='mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/$1 && exec setpriv --reuid="$2" --clear-groups shmattach 12345'
    run unshare --mount bash -c "$as_user" - seats 1000
    assert_line "hint: list the segments with shmstat; keys begin with 0x, ids do not; systemd-logind removes the objects of a user when the last session ends, unless logind.conf has RemoveIPC=no"
    run unshare --mount bash -c "$as_user" - seats 999
    assert_line "hint: list the segments with shmstat; keys begin with 0x, ids do not"
    run unshare --mount bash -c "$as_user" - other 1000
    assert_line "hint: list the segments with shmstat; keys begin with 0x, ids do not"
}

@test "shmget ENOSPC: SHMMNI as high as the kernel lets it be" {
    ((UID == 0)) || skip "needs the right to make an IPC namespace (unshare --ipc)"
    # shellcheck disable=SC2016 # for the other shell, and for perl
    run unshare --ipc bash -c '
        echo 20000 >/proc/sys/kernel/shmmni || exit 77
        fill() { perl -e "1 while defined shmget(0, 4096, 0600)"; shmcreate 4K; }
        fill; sysctl -q kernel.shmmni=32768 && fill
        sysctl -q kernel.shmmni=32769 2>&1'
    ((status != 77)) || skip "this kernel lets no user namespace set kernel.shmmni"
    assert_line "hint: remove the orphans that shmstat --orphans lists, or raise the limit as root: sysctl kernel.shmmni=32768"
    if [[ $output == *"sysctl: "* ]]; then
        assert_line "hint: remove the orphans that shmstat --orphans lists; the limit cannot be raised further, unless the kernel is booted with ipcmni_extend"
    fi
}

@test "shmat, shmctl EINVAL: a segment that was removed, and the one in its slot" {
    local gone later
    # On an aged machine the first id is of the last generation, after which they begin again.
    [[ -z ${IPCLAB_AGED-} ]] || ipcrm -m "$(shmcreate 1)"
    make 4K
    gone=$id
    ipcrm -m "$gone"
    refused shmattach "$gone"
    assert_said "$gone: shmat: EINVAL: there is no segment $gone"
    # The slot is the low 15 bits of the id; create segments until one uses it.
    later=$(perl -e 'for (1 .. 10000) {
            $id = shmget(0, 1, 01600);
            last if ($id & 32767) == ($ARGV[0] & 32767);
            shmctl($id, 0, 0)
        } print $id' "$gone")
    assert_not_equal "$later" "$gone"
    refused shmattach "$gone"
    assert_said "$gone: shmat: EINVAL: segment $gone was removed; segment $later now uses its slot in the table"
    refused shmctl-tool rm "$gone"
    assert_said "$gone: shmctl: EINVAL: segment $gone was removed; segment $later now uses its slot in the table"
    works shmattach "$later"
}

# --- shmat -------------------------------------------------------------------

@test "shmat EACCES: what each digit of the mode grants" {
    local digit gives
    while read -r digit gives; do
        make -m "0${digit}00" 4K
        refused without ipc_owner shmattach "$id"
        assert_said "$id: shmat: EACCES: segment $id belongs to root:root with mode 0${digit}00, which grants root (the owner) $gives; the call requested read and write"
        if ((digit & 4)); then
            assert_hint "attach it read-only: $id,ro; or root can grant more: shmctl-tool set -m MODE $id"
            works without ipc_owner shmattach "$id,ro"
        else
            assert_hint "root can grant more: shmctl-tool set -m MODE $id"
        fi
        works shmctl-tool set -m 0600 "$id"
        works without ipc_owner shmattach "$id"
    done <<'END'
0 no access
1 execute access only, which is useless alone
2 write access only
3 write access only
4 read access only
5 read access only
END
}

@test "shmat EACCES: the requested access" {
    local options asked
    make -m 0200 4K
    while IFS='|' read -r options asked; do
        refused without ipc_owner shmattach "$id$options"
        assert_said "$id$options: shmat: EACCES: segment $id belongs to root:root with mode 0200, which grants root (the owner) write access only; the call requested $asked"
    done <<'END'
|read and write
,ro|read
,exec|read and write and execute
,ro,exec|read and execute
END
    # Only execute is missing.
    shmctl-tool set -m 0600 "$id"
    refused without ipc_owner shmattach "$id,exec"
    assert_said "$id,exec: shmat: EACCES: segment $id belongs to root:root with mode 0600, which grants root (the owner) read and write access; the call requested read and write and execute"
    works without ipc_owner shmattach "$id"
    shmctl-tool set -m 0700 "$id"
    works without ipc_owner shmattach "$id,exec"
}

@test "shmat EACCES: the first class that fits decides: owner, creator, group, others" {
    need_second_user
    local theirs
    theirs=$(getent group 65534 | cut -d: -f1)
    make -m 0066 4K
    refused without ipc_owner shmattach "$id"
    assert_said "$id: shmat: EACCES: segment $id belongs to root:root with mode 0066, which grants root (the owner) no access; the call requested read and write"
    shmctl-tool set -u nobody "$id"
    refused without ipc_owner shmattach "$id"
    assert_said "$id: shmat: EACCES: segment $id belongs to nobody:root with mode 0066, which grants root (the creator) no access; the call requested read and write"
    assert_hint "nobody or root can grant more: shmctl-tool set -m MODE $id"
    shmctl-tool set -u 1234:65534 -m 0606 "$id"
    refused as_nobody shmattach "$id"
    assert_said "$id: shmat: EACCES: segment $id belongs to 1234:$theirs with mode 0606, which grants nobody (the group) no access; the call requested read and write"
    assert_hint "1234 or root can grant more: shmctl-tool set -m MODE $id"
    shmctl-tool set -u 1234:5678 -m 0660 "$id"
    refused as_nobody shmattach "$id"
    assert_said "$id: shmat: EACCES: segment $id belongs to 1234:5678 with mode 0660, which grants nobody (others) no access; the call requested read and write"
    shmctl-tool set -m 0666 "$id"
    works as_nobody shmattach "$id"
}

@test "shmat EACCES: a supplementary group" {
    need_second_user
    make -m 0606 4K
    shmctl-tool set -u 1234:5678 "$id"
    as_nobody true # puts the programs where they may be run
    refused setpriv --reuid=65534 --regid=65534 --groups=4444,5678 --inh-caps=-all -- "$TMPDIR/bin/shmattach" "$id"
    assert_said "$id: shmat: EACCES: segment $id belongs to 1234:5678 with mode 0606, which grants nobody (the group) no access; the call requested read and write"
}

@test "shmat EINVAL: an unaligned address, and the nearest aligned ones" {
    local address
    make 4K
    address=$(printf '0x%x' $((at + page + 1)))
    refused shmattach "$id@$address"
    assert_said "$id@$address: shmat: EINVAL: address $address is not a multiple of SHMLBA, $page bytes"
    assert_hint "$(printf 'use 0x%x or 0x%x, or round down: SHM_RND (,rnd)' $((at + page)) $((at + 2 * page)))"
    works shmattach "$id@$(printf '0x%x' $((at + page)))"
    works shmattach "$id@$(printf '0x%x' $((at + 2 * page)))"
    works shmattach "$id@$address,rnd"
    assert_output --partial "$(printf ' at 0x%x-' $((at + page)))"
}

# The kernel does not reveal which segments are in huge pages, so this is one of
# the rules that the address may break.
@test "shmat EINVAL: an address that is not a multiple of the huge page size" {
    [[ $IPCLAB_NAMESPACE == root ]] || skip "needs CAP_IPC_LOCK on the machine itself"
    [[ -d /sys/kernel/mm/hugepages/hugepages-2048kB ]] || skip "this machine has no huge pages of 2 MiB"
    make --huge=2M --noreserve 4K
    refused shmattach "$id@$(printf '0x%x' $((at + page)))"
    assert_regex "$said" ": shmat: EINVAL: .*huge page"
    works shmattach "$id@$at"
}

@test "shmat EINVAL: an address in use, and its mapping" {
    local size=$((16 * page)) there row address
    make -k 0x4d2 "$size"
    there=$(printf '%s-0x%x' "$at" $((at + size)))
    # The first page, the last, an overlap from below, and a rounded address.
    for row in "$at" "$(printf '0x%x' $((at + size - page)))" "$(printf '0x%x' $((at - size + page)))" "$(printf '0x%x' $((at + 1))),rnd"; do
        address=${row%,*}
        refused shmattach "$id@$at" "$id@$row"
        assert_said "$id@$row: shmat: EINVAL: address $address is in use by $there rw-s /SYSV000004d2 (deleted)"
        assert_hint "let the kernel choose the address, or replace the mapping: SHM_REMAP (,remap)"
        works shmattach "$id@$at" "$id"
    done
    works shmattach "$id@$at" "$id@$(printf '0x%x' $((at + size)))"
    works shmattach "$id@$at" "$id@$(printf '0x%x' $((at - size)))"
    works shmattach "$id@$at" "$id@$(printf '0x%x' $((at + page))),remap"
}

@test "shmat EINVAL: an address in use by a mapping other than a segment" {
    [[ $SANITIZERS == no ]] || skip "the sanitizers' own mappings are in the way"
    setarch -R true || skip "this sandbox forbids personality(2), so the address of the stack is unknown"
    make 4K
    # Without ASLR the stack always ends at the same address.
    local stack
    stack=$(setarch -R cat /proc/self/maps | sed -n 's/^[0-9a-f]*-\([0-9a-f]*\) .*\[stack\]$/\1/p')
    stack=$(printf '0x%x' $((0x$stack - page)))
    refused setarch -R shmattach "$id@$stack"
    assert_regex "$said" "^$id@$stack: shmat: EINVAL: address $stack is in use by 0x[0-9a-f]+-$(printf '0x%x' $((stack + page))) rw-p \\[stack\\]\$"
}

@test "shmat EINVAL: SHM_REMAP with no address" {
    make 4K
    refused shmattach "$id,remap"
    assert_said "$id,remap: shmat: EINVAL: SHM_REMAP replaces the mapping at an address, but the call has none"
    assert_hint "give an address: $id@0xADDRESS,remap"
    works shmattach "$id@$at,remap"
}

@test "shmat EINVAL: a segment that reaches beyond the address space" {
    local last
    last=$(printf '0x%x' $((-page)))
    make $((2 * page))
    refused shmattach "$id@$last"
    assert_said "$id@$last: shmat: EINVAL: the address space from address $last to its end is shorter than $((2 * page)) bytes"
    assert_hint ""
}

@test "shmat ENOMEM: the limit for the address space, and how to raise it" {
    [[ $SANITIZERS == no ]] || skip "the sanitizers need more address space than any limit here"
    make --noreserve 1G
    refused with_limit -v 204800 shmattach "$id"
    assert_said "$id: shmat: ENOMEM: 1 GiB more would exceed this process's address space limit, 200 MiB (RLIMIT_AS)"
    assert_hint "raise the limit, if the hard limit allows: ulimit -v unlimited"
    # shellcheck disable=SC2016 # for that bash to expand
    works bash -c 'ulimit -S -v 204800; ulimit -v unlimited; shmattach "$1"' bash "$id"
}

@test "shmat ENOMEM: an address without room for the segment" {
    local far
    far=$(printf '0x%x' $(((1 << 62) - page)))
    make 64K
    refused shmattach "$id@$far"
    assert_said "$id@$far: shmat: ENOMEM: 64 KiB do not fit into the address space at $far"
    assert_hint "let the kernel choose the address"
    works shmattach "$id"
}

@test "shmat ENOMEM: no room anywhere" {
    make --noreserve 1E
    refused shmattach "$id"
    assert_said "$id: shmat: ENOMEM: no room for 1 EiB: the address space has no gap of this size, memory for page tables ran out, or the process has too many mappings (vm.max_map_count)"
    assert_hint ""
}

@test "shmat EPERM: below the lowest address that may be mapped" {
    local lowest
    lowest=$(printf '0x%x' "$(</proc/sys/vm/mmap_min_addr)")
    ((lowest)) || skip "this machine lets everybody map page 0 (vm.mmap_min_addr)"
    make 4K
    # Page 0, which an address of 0 cannot name: it leaves the choice to the kernel.
    refused without sys_rawio shmattach "$id@0x800,rnd"
    assert_said "$id@0x800,rnd: shmat: EPERM: address 0x800 is below the lowest address that a process may map, $lowest (vm.mmap_min_addr)"
    assert_hint "choose a higher address; the kernel keeps page 0 unmapped to catch NULL pointers"
    works without sys_rawio shmattach "$id@$lowest"
}

# --- shmdt -------------------------------------------------------------------

@test "shmdt EINVAL: nothing is attached at the address" {
    make 4K
    refused with_fault shmdt=EINVAL shmattach "$id@$at"
    assert_said "$id@$at: shmdt: EINVAL: no segment is attached at $at"
    assert_hint "pass shmdt the address that shmat returned"
    assert_equal "$(kernel_says "$id" nattch)" 0
}

# --- shmctl ------------------------------------------------------------------

@test "shmctl EACCES: caller, owner, mode; the call needs read access" {
    make -m 0200 4K
    refused without ipc_owner shmctl-tool stat "$id"
    assert_said "$id: shmctl: EACCES: segment $id belongs to root:root with mode 0200, which grants root (the owner) write access only; the call needs read access"
    assert_hint "root can grant it: shmctl-tool set -m MODE $id"
    works without ipc_owner shmctl-tool set -m 0400 "$id"
    works without ipc_owner shmctl-tool stat "$id"
}

# Everything that a user has locked counts, so the test cannot know a sufficient limit.
@test "shmctl ENOMEM: the limit for locked memory, and how to raise it" {
    make 64K
    refused with_limit -l 32 without ipc_lock shmctl-tool lock "$id"
    assert_said "$id: shmctl: ENOMEM: 64 KiB more would exceed what root may lock, 32 KiB (RLIMIT_MEMLOCK)"
    assert_regex "$hint" '^raise the limit with ulimit -l, if the hard limit allows'
    works with_limit -l hard without ipc_lock shmctl-tool lock "$id"
}

@test "shmctl EPERM: a process that may lock nothing" {
    make 4K
    refused with_limit -l 0 without ipc_lock shmctl-tool lock "$id"
    assert_said "$id: shmctl: EPERM: this process may not lock memory (RLIMIT_MEMLOCK is 0)"
    assert_hint "raise the limit with ulimit -l, if the hard limit allows"
    works with_limit -l hard without ipc_lock shmctl-tool lock "$id"
    works with_limit -l 0 without ipc_lock shmctl-tool unlock "$id"
}

@test "shmctl EPERM: owner, creator and caller; who can do it instead" {
    need_second_user
    local command able
    make -m 0666 4K
    while IFS='|' read -r command able; do
        shmctl-tool set -u 0 "$id"
        eval "refused as_nobody shmctl-tool $command $id"
        assert_said "$id: shmctl: EPERM: segment $id belongs to root and was created by root; nobody is neither"
        assert_hint "root can $able"
        shmctl-tool set -u 1234 "$id"
        eval "refused as_nobody shmctl-tool $command $id"
        assert_said "$id: shmctl: EPERM: segment $id belongs to 1234 and was created by root; nobody is neither"
        assert_hint "1234 or root can $able"
        shmctl-tool set -u nobody "$id"
        eval "works as_nobody shmctl-tool $command $id"
    done <<'END'
set -m 0606|change it
lock|lock and unlock it
unlock|lock and unlock it
rm|remove it
END
}

@test "shmctl EPERM: the hint names the owner and the creator" {
    need_second_user
    local made
    made=$(as_nobody shmcreate -m 0666 4K)
    shmctl-tool set -u 1234 "$made"
    as_nobody true
    refused setpriv --reuid=4321 --regid=4321 --clear-groups --inh-caps=-all -- "$TMPDIR/bin/shmctl-tool" rm "$made"
    assert_said "$made: shmctl: EPERM: segment $made belongs to 1234 and was created by nobody; 4321 is neither"
    assert_hint "1234 or nobody or root can remove it"
    works as_nobody shmctl-tool rm "$made"
}

# --- ftok --------------------------------------------------------------------

@test "ftok: the file, and what is wrong with it" {
    mkdir closed
    touch closed/file file
    ln -s loop loop
    chmod 000 closed
    local path error what
    while read -r path error what; do
        refused without dac_override,dac_read_search shmcreate -k "ftok:$path:A" 4K
        assert_said "ftok:$path:A: ftok: $error: ftok makes the key from the device and inode of $path: $what"
        assert_hint "name an existing file in directories that you may search; ftok(3) creates none"
    done <<END
none ENOENT No such file or directory
file/below ENOTDIR Not a directory
closed/file EACCES Permission denied
loop ELOOP Too many levels of symbolic links
END
    touch none
    works shmcreate -k ftok:none:A 4K
}

@test "text that others control is safe to print" {
    refused shmcreate -k $'ftok:no\e[31m\n:A' 4K
    assert_said 'ftok:no\033[31m\012:A: ftok: ENOENT: ftok makes the key from the device and inode of no\033[31m\012: No such file or directory'
}

# --- by injection: errors that this kernel does not return -------------------

# Rows: FAULT|COMMAND|the reason after "CALL: ERRNO: "|the hint.  ID stands for a
# segment of root's with key 0x4d2 and 4096 bytes, NONE for an id without a segment.
# shellcheck disable=SC2016 # for zgrep's reader
injected() {
    local no_ipc='this kernel or sandbox has no System V IPC|check whether the kernel has CONFIG_SYSVIPC (zgrep SYSVIPC /proc/config.gz) and whether seccomp filters calls (grep Seccomp /proc/self/status)'
    local removed='segment ID was removed|list the segments with shmstat'
    local ours='the program passed a buffer outside its memory, which is a bug in the program|please report the bug'
    local unknown='this kernel does not know the command, or the command does not apply to this segment|'
    local overflow='the owner or the size of segment ID does not fit into struct shmid_ds|use a 64-bit program'
    local policy='a security policy forbids root to create segments|look for a seccomp filter or a security module: grep Seccomp /proc/self/status'
    cat <<END
shmget=EACCES|shmcreate -o -k 0x999 4K|the segment with this key does not grant the requested permissions|
shmget=EEXIST|shmcreate -x -k 0x999 4K|the segment with this key has just been removed|try again
shmget=EINVAL|shmcreate 4K|the kernel does not accept this size with these flags|
shmget=ENFILE|shmcreate 4K|a segment is a file inside the kernel, and the system has reached its limit of open files: $(</proc/sys/fs/file-max)|*
shmget=EPERM|shmcreate 4K|$policy
shmget=ENOSYS|shmcreate 4K|$no_ipc
shmget=ENOSYS|shmctl-tool rm 0x4d2|$no_ipc
shmget=EIO|shmcreate 4K|Input/output error|shmget(2) does not document this error; a security module or a sandbox may have caused it
shmat=EACCES|shmattach NONE|segment NONE does not grant the requested permissions|
shmat=EIDRM|shmattach ID|$removed
shmat=EINVAL|shmattach ID|the kernel does not accept this address with these flags|
shmat=ENOMEM|shmattach ID|no room for 4 KiB: the address space has no gap of this size, memory for page tables ran out, or the process has too many mappings (vm.max_map_count)|
shmat=EPERM|shmattach ID|a security policy forbids root to attach this segment|
shmat=EPERM|shmattach ID,exec|a security policy forbids executing code in a segment|attach it without SHM_EXEC (,exec)
shmat=ENOSYS|shmattach ID|$no_ipc
shmat=EIO|shmattach ID|Input/output error|shmat(2) does not document this error; a security module or a sandbox may have caused it
shmdt=EINVAL|shmattach ID@0x700000000000|no segment is attached at 0x700000000000|pass shmdt the address that shmat returned
shmdt=ENOSYS|shmattach ID|$no_ipc
shmdt=EIO|shmattach ID|Input/output error|shmdt(2) does not document this error; a security module or a sandbox may have caused it
shmctl:IPC_STAT=EACCES|shmctl-tool stat NONE|this process may not read segment NONE|
shmctl:IPC_STAT=EFAULT|shmctl-tool stat ID|$ours
shmctl:IPC_SET=EFAULT|shmctl-tool set -m 0 ID|$ours
shmctl:IPC_STAT=EIDRM|shmctl-tool stat ID|$removed
shmctl:IPC_STAT=EIDRM|shmattach ID|$removed
shmctl:IPC_SET=EIDRM|shmctl-tool set -m 0 ID|$removed
shmctl:IPC_RMID=EIDRM|shmctl-tool rm ID|$removed
shmctl:SHM_LOCK=EIDRM|shmctl-tool lock ID|$removed
shmctl:SHM_UNLOCK=EIDRM|shmctl-tool unlock ID|$removed
shmctl:SHM_LOCK=EINVAL|shmctl-tool lock ID|$unknown
shmctl:IPC_STAT=EOVERFLOW|shmctl-tool stat ID|$overflow
shmctl:IPC_STAT=EOVERFLOW|shmstat ID|$overflow
shmctl:IPC_RMID=EPERM|shmctl-tool rm NONE|only the owner, the creator and root may do this|
shmctl:IPC_STAT=ENOSYS|shmctl-tool stat ID|$no_ipc
shmctl:IPC_RMID=ENOSYS|shmctl-tool rm ID|$no_ipc
shmctl=ENOSYS|shmctl-tool rm ID|$no_ipc
shmctl:IPC_SET=ENOSPC|shmctl-tool set -m 0 ID|No space left on device|shmctl(2) does not document this error; a security module or a sandbox may have caused it
END
}

@test "injected: every other documented errno, and undocumented ones" {
    local fault command sentence expected operand call
    make -k 0x4d2 4K
    while IFS='|' read -r fault command sentence expected <&4; do
        command=${command//ID/$id} command=${command//NONE/$no_such}
        sentence=${sentence//ID/$id} sentence=${sentence//NONE/$no_such}
        operand=${command##* } call=${fault%%[:=]*}
        [[ $command != shmcreate*-k* ]] || operand=0x999
        eval "refused with_fault '$fault' $command"
        assert_equal "$fault $command|$said" "$fault $command|$operand: $call: ${fault#*=}: $sentence"
        [[ $expected == '*' ]] || assert_equal "$fault $command|$hint" "$fault $command|$expected"
        assert_equal "$(ids) $(kernel_says "$id" perms) $(kernel_says "$id" nattch)" "$id 600 0"
    done 4< <(injected)
}

@test "injected: ENFILE's hint stays within the possible limit" {
    local more
    refused with_fault shmget=ENFILE shmcreate 4K
    if [[ $hint =~ fs.file-max=([0-9]+)$ ]]; then
        more=${BASH_REMATCH[1]}
        # The largest is what 63 bits hold.
        assert_equal "$(printf '%s\n' "$more" 9223372036854775807 | sort -n | tail -n 1)" 9223372036854775807
        assert_not_equal "$more" "$(</proc/sys/fs/file-max)"
    fi
}

@test "injected: a failure without a rule does not blame the owner" {
    # Only a security module refuses the owner, so "root is neither" would be wrong
    # for root's own segment.
    make 4K
    refused with_fault shmctl:IPC_RMID=EPERM shmctl-tool rm "$id"
    refute_regex "$said" 'root is neither'
    assert_regex "$said" "^$id: shmctl: EPERM: .*policy"
}

# A sentence of its own, not the text of strerror(3), for every pair of call and
# errno in the manual pages.
@test "every documented errno has a sentence of its own" {
    local call error command words
    make -k 0x4d2 4K
    while read -r call command; do
        for error in $(case ${call%%:*} in
            shmget) echo EACCES EEXIST EINVAL ENFILE ENOENT ENOMEM ENOSPC EPERM ENOSYS ;;
            shmat) echo EACCES EIDRM EINVAL ENOMEM EPERM ENOSYS ;;
            shmdt) echo EINVAL ENOSYS ;;
            shmctl) echo EACCES EFAULT EIDRM EINVAL ENOMEM EOVERFLOW EPERM ENOSYS ;;
        esac); do
            eval "refused with_fault '$call=$error' $command"
            words=$(perl -MErrno -e '$! = Errno->$_ for @ARGV; print "$!"' "$error")
            assert_regex "$said" ": ${call%%:*}: $error: .{20}"
            refute_regex "$said" ": $words\$"
            refute_regex "$hint" 'does not document'
        done
    done <<END
shmget shmcreate -x -k 0x4d2 4K
shmat shmattach $id
shmdt shmattach $id
shmctl:IPC_RMID shmctl-tool rm $id
END
}

@test "ftruncate and mmap: what their pages document and no program here provokes is explained" {
    local call error words
    shmcreate -n /it 4K >/dev/null
    while IFS='|' read -r call error words; do
        if [[ $call == ftruncate ]]; then
            run with_fault "ftruncate=$error" shmctl-tool resize 8K /it
        else
            strace -qq -o witness true || continue # this sandbox forbids ptrace(2)
            # the mapping of the object is the one that is shared
            run "${traced[@]}" -o witness -P /dev/shm/it -e "inject=mmap:error=$error" shmattach --get u8@0 /it
        fi
        assert_failure 1
        assert_line --partial "/it: $call: $error: $words"
        refute_line --partial "does not document"
    done <<'END'
ftruncate|EBADF|the program passed a descriptor that is not open, or not open for writing
ftruncate|EINTR|a signal interrupted the call; the size is unchanged
ftruncate|EIO|the file system failed to read or write
ftruncate|EROFS|/dev/shm is mounted read-only
ftruncate|ETXTBSY|a process executes object /it as a program
mmap|EACCES|object /it was not opened for what the mapping needs: reading
mmap|EAGAIN|this process locks all that it maps
mmap|EBADF|the program passed a descriptor that is not open, or not open for this mapping
mmap|ENFILE|the system has reached its limit of open files
mmap|EOVERFLOW|4096 bytes are more pages than this 32-bit system can count
mmap|ETXTBSY|a process executes object /it as a program
END
}
