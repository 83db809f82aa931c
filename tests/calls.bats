#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# --calls prints each call of the C API as it returns, on standard error, with
# constants by name and structures spelt out.  The tests build the expected lines
# from the kernel's own files, and strace(1) is a second witness.

load helpers/common

setup() {
    trace_failures
    cd "$BATS_TEST_TMPDIR" || return
    no_such=2000000000 # an id that nothing has
    at=0x700000000000  # where nothing is mapped
}

# make ARGUMENT...: a new segment, its id in $id.
make() {
    id=$(shmcreate "$@")
}

# trace PROGRAM ARGUMENT...: runs it with --calls; $trace is its standard error
# without messages and hints.
trace() {
    run --separate-stderr "$1" --calls "${@:2}"
    trace=$(grep -vE "^($1|hint): " <<<"$stderr" || :)
}

# assert_trace LINE...: these calls and no others.
assert_trace() {
    local expected
    expected=$(printf '%s\n' "$@")
    assert_equal "$trace" "$expected"
}

# message_of ERRNO: the text of strerror(3), from another program.
message_of() {
    perl -MErrno -e '$! = Errno->$_ for @ARGV; print "$!"' "$1"
}

# shmid_ds ID: the struct, spelt out, from /proc/sysvipc/shm.  The generation of
# an id is all but its low 15 bits (ipc/util.h).
shmid_ds() {
    local key perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime
    read -r key _ perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime _ \
        < <(awk -v id="$1" '$2 == id' /proc/sysvipc/shm)
    key=$(printf '0x%x' $((key & 0xffffffff)))
    [[ $key != 0x0 ]] || key=IPC_PRIVATE
    echo "{shm_perm={__key=$key, uid=$uid, gid=$gid, cuid=$cuid, cgid=$cgid, mode=$(printf '%#.3o' "0$perms")," \
        "__seq=$(($1 >> 15))}, shm_segsz=$size, shm_atime=$atime, shm_dtime=$dtime, shm_ctime=$ctime," \
        "shm_cpid=$cpid, shm_lpid=$lpid, shm_nattch=$nattch}"
}

# --- the output -------------------------------------------------------------

@test "without --calls nothing is traced, and with it standard output and status are the same" {
    local program rest plain_status plain_output plain_stderr
    make -k 0x4d2 4K
    # No command changes an object.
    while read -r program rest <&4; do
        eval "run --separate-stderr $program $rest"
        plain_status=$status plain_output=$output plain_stderr=$stderr
        refute_regex "$plain_stderr" $'(^|\n)(shm(get|at|dt|ctl)|ftok)\\('
        eval "trace $program $rest"
        assert_regex "$program $rest: $trace" ': shm(get|at|dt|ctl)\('
        assert_equal "$program $rest: $status" "$program $rest: $plain_status"
        assert_equal "$output" "$plain_output"
        assert_equal "$(grep -vE '^(shm(get|at|dt|ctl)|ftok)\(' <<<"$stderr" || :)" "$plain_stderr"
    done 4<<'END'
shmcreate -k 0x4d2 4K
shmcreate -o -k 0x4d2 0
shmcreate -k 0x4d2 -x 4K
shmattach 0x4d2@0x700000000000,rnd
shmattach --get=u8@0 0x4d2
shmattach --set=u8@0=0 0x4d2
shmattach 2000000000
shmstat
shmstat -n -o ID,MODE 0x4d2
shmstat -l
shmstat --json
shmctl-tool stat 2000000000
shmctl-tool set -m 0600 0x4d2
shmctl-tool lock 2000000000
shmctl-tool unlock 0x4d2
shmctl-tool rm 2000000000 ftok:none
END
}

@test "the calls that explain a failure are not traced" {
    trace shmctl-tool rm "$no_such"
    assert_failure 1
    assert_trace "shmctl($no_such, IPC_RMID, NULL) = -1 EINVAL ($(message_of EINVAL))"
    trace shmcreate -o -k 0x4d2 4K
    assert_trace "shmget(0x4d2, 4096, 000) = -1 ENOENT ($(message_of ENOENT))"
    # The trace continues afterwards.
    make -k 0x4d3 4K
    trace shmctl-tool lock 0x4d2 0x4d3
    assert_trace "shmget(0x4d2, 0, 000) = -1 ENOENT ($(message_of ENOENT))" \
        "shmget(0x4d3, 0, 000) = $id" "shmctl($id, SHM_LOCK, NULL) = 0"
}

@test "a trace that cannot be written changes nothing" {
    run bash -c 'shmcreate --calls 4K 2>/dev/full'
    assert_success
    assert_output "$(ids)"
    run bash -c 'shmcreate --calls 4K 2>&-'
    assert_success
    assert_equal "$(ids | wc -l)" 2
}

# --- shmget ------------------------------------------------------------------

@test "shmget: keys, sizes, flags, permissions" {
    local row arguments expected
    # Each command creates a segment; ID stands for its id.
    while IFS='|' read -r arguments expected; do
        eval "trace shmcreate $arguments"
        assert_success
        assert_trace "${expected//ID/$output}"
        ipcrm -m "$output"
    done <<'END'
4K|shmget(IPC_PRIVATE, 4096, IPC_CREAT|0600) = ID
-x 1|shmget(IPC_PRIVATE, 1, IPC_CREAT|0600) = ID
-k 0 1|shmget(IPC_PRIVATE, 1, IPC_CREAT|0600) = ID
-k 0x4d2 64K|shmget(0x4d2, 65536, IPC_CREAT|IPC_EXCL|0600) = ID
-k 1235 -x 64K|shmget(0x4d3, 65536, IPC_CREAT|IPC_EXCL|0600) = ID
-k 0xffffffff -m 0777 1|shmget(0xffffffff, 1, IPC_CREAT|IPC_EXCL|0777) = ID
-k 0x80000000 -m 0007 1|shmget(0x80000000, 1, IPC_CREAT|IPC_EXCL|007) = ID
-m 0 1|shmget(IPC_PRIVATE, 1, IPC_CREAT) = ID
--noreserve 1T|shmget(IPC_PRIVATE, 1099511627776, IPC_CREAT|SHM_NORESERVE|0600) = ID
--noreserve -k 1 -m 0440 1|shmget(0x1, 1, IPC_CREAT|IPC_EXCL|SHM_NORESERVE|0440) = ID
END
}

@test "shmget: huge pages, whether this machine has them or not" {
    local row arguments expected
    while IFS='|' read -r arguments expected; do
        eval "with_fault shmget=EPERM trace shmcreate $arguments 4K"
        assert_failure 1
        assert_trace "shmget(IPC_PRIVATE, 4096, IPC_CREAT|${expected//;/|}) = -1 EPERM ($(message_of EPERM))"
    done <<'END'
--huge|SHM_HUGETLB;0600
--huge=2M|SHM_HUGETLB;SHM_HUGE_2MB;0600
--huge=1G|SHM_HUGETLB;SHM_HUGE_1GB;0600
--huge=4096|SHM_HUGETLB;12<<SHM_HUGE_SHIFT;0600
--huge=64K|SHM_HUGETLB;16<<SHM_HUGE_SHIFT;0600
--huge=16G|SHM_HUGETLB;34<<SHM_HUGE_SHIFT;0600
--huge=8E|SHM_HUGETLB;63<<SHM_HUGE_SHIFT;0600
--huge=2M --noreserve|SHM_HUGETLB;SHM_NORESERVE;SHM_HUGE_2MB;0600
--huge=1G -m 0|SHM_HUGETLB;SHM_HUGE_1GB
END
}

@test "shmget: opening, and both calls when a key exists" {
    local opened
    make -k 0x4d2 64K
    opened=") = $id"
    trace shmcreate -k 0x4d2 64K
    assert_trace "shmget(0x4d2, 65536, IPC_CREAT|IPC_EXCL|0600) = -1 EEXIST ($(message_of EEXIST))" \
        "shmget(0x4d2, 65536, 0600$opened"
    trace shmcreate -x -k 0x4d2 64K
    assert_failure 1
    assert_trace "shmget(0x4d2, 65536, IPC_CREAT|IPC_EXCL|0600) = -1 EEXIST ($(message_of EEXIST))"
    trace shmcreate -o -k 0x4d2 0
    assert_trace "shmget(0x4d2, 0, 000$opened"
    trace shmcreate -o -m 0400 -k 0x4d2 1
    assert_trace "shmget(0x4d2, 1, 0400$opened"
    trace shmcreate -o --noreserve -k 0x4d2 1
    assert_trace "shmget(0x4d2, 1, SHM_NORESERVE$opened"
}

@test "shmget: the largest size" {
    trace shmcreate 18446744073709551615
    assert_failure 1
    assert_trace "shmget(IPC_PRIVATE, 18446744073709551615, IPC_CREAT|0600) = -1 EINVAL ($(message_of EINVAL))"
}

# --- errno -------------------------------------------------------------------

@test "errno: the symbol and the system's words, for every error and every call" {
    local error
    make 4K
    for error in EACCES EEXIST EFAULT EIDRM EINVAL EIO ENFILE ENOENT ENOMEM ENOSPC ENOSYS EOVERFLOW EPERM; do
        with_fault "shmget=$error" trace shmcreate -x 4K
        assert_trace "shmget(IPC_PRIVATE, 4096, IPC_CREAT|0600) = -1 $error ($(message_of "$error"))"
        with_fault "shmat=$error" trace shmattach "$id"
        assert_trace "shmat($id, NULL, 0) = -1 $error ($(message_of "$error"))"
        with_fault "shmctl:SHM_LOCK=$error" trace shmctl-tool lock "$id"
        assert_trace "shmctl($id, SHM_LOCK, NULL) = -1 $error ($(message_of "$error"))"
        with_fault "shmdt=$error" trace shmattach "$id@$at"
        assert_equal "$(tail -n 1 <<<"$trace")" "shmdt($at) = -1 $error ($(message_of "$error"))"
    done
}

# --- shmat, shmdt ------------------------------------------------------------

@test "shmat: address and flags; then IPC_STAT and shmdt" {
    local operand address flags result
    make -k 0x4d2 -m 0777 64K
    while read -r operand address flags result; do
        trace shmattach "$id${operand#-}"
        assert_success
        assert_regex "$trace" "^shmat\\($id, $address, ${flags//|/\\|}\\) = $result"$'\n'"shmctl\\($id, IPC_STAT, \\{.*\\}\\) = 0"$'\n'"shmdt\\($result\\) = 0\$"
        # The program prints the same address.
        assert_regex "$output" " at 0x[0-9a-f]+-"
        output=${output#* at }
        assert_regex "$trace" "^[^=]* = ${output%%-*}"$'\n'
    done <<'END'
-                           NULL            0                                     0x[0-9a-f]+
,ro                         NULL            SHM_RDONLY                            0x[0-9a-f]+
,rnd                        NULL            SHM_RND                               0x[0-9a-f]+
,exec                       NULL            SHM_EXEC                              0x[0-9a-f]+
@0x700000000000             0x700000000000  0                                     0x700000000000
@0x700000000000,ro          0x700000000000  SHM_RDONLY                            0x700000000000
@0x700000000fff,rnd         0x700000000fff  SHM_RND                               0x700000000000
@0x700000000000,remap       0x700000000000  SHM_REMAP                             0x700000000000
@0x700000000000,exec        0x700000000000  SHM_EXEC                              0x700000000000
@0x700000000001,exec,rnd,ro 0x700000000001  SHM_RDONLY|SHM_RND|SHM_EXEC           0x700000000000
@0x700000000234,remap,rnd,exec,ro 0x700000000234 SHM_RDONLY|SHM_RND|SHM_REMAP|SHM_EXEC 0x700000000000
END
}

@test "shmat: programs that only look attach read-only" {
    local verb
    make 4K
    for verb in -r=0:1 -d=0:1 -g=u8@0; do
        trace shmattach "$verb" "$id@$at"
        assert_equal "$verb $(head -n 1 <<<"$trace")" "$verb shmat($id, $at, SHM_RDONLY) = $at"
    done
    for verb in -f=1 -s=u8@0=1 -i=u8@0; do
        trace shmattach "$verb" "$id@$at"
        assert_equal "$verb $(head -n 1 <<<"$trace")" "$verb shmat($id, $at, 0) = $at"
    done
}

@test "shmat: a key is looked up first" {
    make -k 0x4d2 4K
    trace shmattach "0x4d2@$at"
    assert_equal "$(head -n 2 <<<"$trace")" "shmget(0x4d2, 0, 000) = $id"$'\n'"shmat($id, $at, 0) = $at"
}

@test "shmat: a failure has the arguments and no result" {
    make 4K
    trace shmattach "$id@0x700000000001"
    assert_failure 1
    assert_trace "shmat($id, 0x700000000001, 0) = -1 EINVAL ($(message_of EINVAL))"
    trace shmattach "$no_such,ro,exec"
    assert_trace "shmat($no_such, NULL, SHM_RDONLY|SHM_EXEC) = -1 EINVAL ($(message_of EINVAL))"
}

@test "shmdt: a mapping that others have replaced cannot be detached, and that is no error" {
    local large next page
    page=$(getconf PAGESIZE)
    next=$(printf '0x%x' $((at + page)))
    make $((4 * page))
    large=$id
    make $((3 * page))
    # The second and the third replace the first, which is detached first.
    trace shmattach "$large@$at" "$id@$at,remap" "$large@$next,remap"
    assert_success
    assert_equal "$(grep shmdt <<<"$trace")" "shmdt($at) = 0"$'\n'"shmdt($at) = -1 EINVAL ($(message_of EINVAL))"$'\n'"shmdt($next) = 0"
}

# --- shmctl ------------------------------------------------------------------

@test "IPC_STAT: struct shmid_ds spelt out, as it is at that moment" {
    make -k 0xfedcba98 -m 0640 65537
    trace shmctl-tool stat "$id"
    assert_trace "shmctl($id, IPC_STAT, $(shmid_ds "$id")) = 0"
    # After use; then attached, locked and removed, which clears the key.
    shmattach --fill=1 "$id"
    trace shmctl-tool stat "$id"
    assert_trace "shmctl($id, IPC_STAT, $(shmid_ds "$id")) = 0"
    hold "$id" "$id"
    shmctl-tool lock "$id"
    ipcrm -m "$id"
    trace shmctl-tool stat "$id"
    assert_trace "shmctl($id, IPC_STAT, $(shmid_ds "$id")) = 0"
    assert_regex "$trace" '__key=IPC_PRIVATE, .* mode=03640, .*shm_nattch=2}'
}

@test "IPC_STAT: at the moment of the attach" {
    make -k 0x4d2 4K
    # shellcheck disable=SC2016 # for that bash to expand
    hold_with bash -c 'exec shmattach --calls --hold "$1" 2>trace' bash "$id@$at"
    assert_equal "$(<trace)" "shmat($id, $at, 0) = $at"$'\n'"shmctl($id, IPC_STAT, $(shmid_ds "$id")) = 0"
    assert_regex "$(<trace)" "shm_lpid=$holder, shm_nattch=1}"
    let_go
    assert_equal "$(tail -n 1 trace)" "shmdt($at) = 0"
}

@test "IPC_STAT: another generation, another owner" {
    need_second_user
    perl -e 'for (1 .. 200) { $id = shmget(0, 1, 01600); shmctl($id, 0, 0) }' # ids grow when slots come round
    make 4K
    assert [ "$id" -gt 32767 ]
    shmctl-tool set -u 1234:4294967294 "$id"
    trace shmctl-tool stat "$id"
    assert_trace "shmctl($id, IPC_STAT, $(shmid_ds "$id")) = 0"
    assert_regex "$trace" "uid=1234, gid=4294967294, cuid=0, cgid=0, mode=0600, __seq=$((id >> 15))}"
}

@test "IPC_STAT: a failure has the address of the buffer" {
    trace shmctl-tool stat "$no_such"
    assert_failure 1
    assert_regex "$trace" "^shmctl\\($no_such, IPC_STAT, 0x[0-9a-f]+\\) = -1 EINVAL \\($(message_of EINVAL)\\)\$"
}

@test "IPC_SET: the old values and the new ones" {
    local before
    make 4K
    before=$(shmid_ds "$id")
    trace shmctl-tool set -m 0604 "$id"
    assert_trace "shmctl($id, IPC_STAT, $before) = 0" "shmctl($id, IPC_SET, {shm_perm={uid=0, gid=0, mode=0604}}) = 0"
    shmctl-tool lock "$id"
    before=$(shmid_ds "$id")
    trace shmctl-tool set -u 0 "$id"
    assert_trace "shmctl($id, IPC_STAT, $before) = 0" "shmctl($id, IPC_SET, {shm_perm={uid=0, gid=0, mode=0604}}) = 0"
}

@test "IPC_SET: another owner and group" {
    need_second_user
    local before
    make 4K
    before=$(shmid_ds "$id")
    trace shmctl-tool set -u 1234:5678 -m 0 "$id"
    assert_trace "shmctl($id, IPC_STAT, $before) = 0" "shmctl($id, IPC_SET, {shm_perm={uid=1234, gid=5678, mode=000}}) = 0"
}

@test "IPC_SET: SHM_STAT_ANY when the mode forbids reading" {
    local before
    make -m 0 4K
    before=$(shmid_ds "$id")
    # The mode binds root without CAP_IPC_OWNER.
    run --separate-stderr setpriv --bounding-set=-ipc_owner -- shmctl-tool --calls set -m 0600 "$id"
    assert_success
    assert_regex "${stderr_lines[0]}" "^shmctl\\($id, IPC_STAT, 0x[0-9a-f]+\\) = -1 EACCES \\($(message_of EACCES)\\)\$"
    assert_equal "${stderr_lines[1]}" "shmctl($id, SHM_STAT_ANY, $before) = $id"
    assert_equal "${stderr_lines[2]}" "shmctl($id, IPC_SET, {shm_perm={uid=0, gid=0, mode=0600}}) = 0"
    assert_equal "${#stderr_lines[@]}" 3
}

@test "SHM_LOCK, SHM_UNLOCK, IPC_RMID: no third argument" {
    make -k 0x4d2 4K
    trace shmctl-tool lock "$id"
    assert_trace "shmctl($id, SHM_LOCK, NULL) = 0"
    trace shmctl-tool unlock 0x4d2
    assert_trace "shmget(0x4d2, 0, 000) = $id" "shmctl($id, SHM_UNLOCK, NULL) = 0"
    trace shmctl-tool rm "$id"
    # Then the program checks whether the segment still exists.
    assert_equal "$(head -n 1 <<<"$trace")" "shmctl($id, IPC_RMID, NULL) = 0"
    assert_regex "$(tail -n +2 <<<"$trace")" "^shmctl\\($id, IPC_STAT, 0x[0-9a-f]+\\) = -1 EINVAL \\($(message_of EINVAL)\\)\$"
}

@test "IPC_RMID: an attached segment" {
    make 4K
    hold "$id"
    trace shmctl-tool rm "$id"
    assert_trace "shmctl($id, IPC_RMID, NULL) = 0" "shmctl($id, IPC_STAT, $(shmid_ds "$id")) = 0"
}

# sum_pages COLUMN: over all segments, each in whole pages.
sum_pages() {
    awk -v name="$1" -v page="$(getconf PAGESIZE)" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) column = i }
        NR > 1 { pages += int(($column + page - 1) / page) }
        END { print pages + 0 }' /proc/sysvipc/shm
}

@test "SHM_INFO and SHM_STAT_ANY: the list, slot by slot" {
    local gone line slot=0
    make -k 0x4d2 -m 0640 65537
    shmattach --fill=1 "$id"
    make 4K
    gone=$id
    make -k 0xffffffff 5000
    ipcrm -m "$gone"
    trace shmstat
    assert_success
    mapfile -t lines <<<"$trace"
    assert_regex "${lines[0]}" "^shmctl\\(0, SHM_INFO, \\{used_ids=2, shm_tot=$(sum_pages size), shm_rss=$(sum_pages rss), shm_swp=$(sum_pages swap)\\}\\) = [0-9]+\$"
    assert_not_equal "$(sum_pages rss)" 0
    # The result is the highest slot in use; the program reads every slot up to it.
    assert_equal "$((${#lines[@]} - 2))" "${lines[0]##*= }"
    for line in "${lines[@]:1}"; do
        if [[ $line == *'= -1 '* ]]; then
            assert_regex "$line" "^shmctl\\($slot, SHM_STAT_ANY, 0x[0-9a-f]+\\) = -1 EINVAL \\($(message_of EINVAL)\\)\$"
        else
            assert_equal "$line" "shmctl($slot, SHM_STAT_ANY, $(shmid_ds "${line##*= }")) = ${line##*= }"
        fi
        slot=$((slot + 1))
    done
    assert_equal "$(grep -c '= -1' <<<"$trace")" "$((slot - 2))"
    assert_equal "$(sed -n 's/.*SHM_STAT_ANY.* = \([0-9]*\)$/\1/p' <<<"$trace")" "$(ids)"
}

@test "SHM_STAT: without SHM_STAT_ANY and /proc/sysvipc" {
    make -k 0x4d2 4K
    # shellcheck disable=SC2016 # for that bash to expand
    run --separate-stderr unshare --mount bash -c 'mount -t tmpfs none /proc/sysvipc && "$@"' bash \
        env LD_PRELOAD="$fault_library" IPCLAB_FAULT=shmctl:SHM_STAT_ANY=EINVAL shmstat --calls -n -o ID
    assert_success
    assert_output "$id"
    assert_equal "$(grep -c 'SHM_STAT_ANY, 0x[0-9a-f]*) = -1 EINVAL' <<<"$stderr")" "$((${stderr_lines[0]##*= } + 1))"
    assert_equal "$(tail -n 1 <<<"$stderr" | sed 's/([0-9]*,/(SLOT,/')" "shmctl(SLOT, SHM_STAT, $(shmid_ds "$id")) = $id"
}

@test "IPC_INFO and SHM_INFO: limits and totals" {
    make 5000
    trace shmstat -l
    local max all ids
    max=$(</proc/sys/kernel/shmmax) all=$(</proc/sys/kernel/shmall) ids=$(</proc/sys/kernel/shmmni)
    mapfile -t lines <<<"$trace"
    # SHMSEG, the most for one process, is not enforced and the same as SHMMNI; SHMMIN is 1.
    assert_regex "${lines[0]}" "^shmctl\\(0, IPC_INFO, \\{shmmax=$max, shmmin=1, shmmni=$ids, shmseg=$ids, shmall=$all\\}\\) = [0-9]+\$"
    assert_regex "${lines[1]}" "^shmctl\\(0, SHM_INFO, \\{used_ids=1, shm_tot=$(sum_pages size), shm_rss=0, shm_swp=0\\}\\) = [0-9]+\$"
}

# --- ftok --------------------------------------------------------------------

# ftok_lines OPERAND FILE PROJ WORD: the lines for an existing file; PROJ is the
# number and WORD its printed form.
ftok_lines() {
    local device inode key lost=
    read -r device inode < <(stat -L -c '%d %i' "$2")
    printf -v key '%x' $((($3 & 0xff) << 24 | (device & 0xff) << 16 | (inode & 0xffff)))
    printf 'ftok("%s", %s) = 0x%s\n' "$1" "$4" "$key"
    printf '  key 0x%08x = proj 0x%02x, st_dev 0x%x & 0xff = 0x%02x, st_ino 0x%x & 0xffff = 0x%04x\n' \
        "0x$key" "$3" "$device" $((device & 0xff)) "$inode" $((inode & 0xffff))
    ((device <= 0xff)) || lost=st_dev
    ((inode <= 0xffff)) || lost+=${lost:+ and }st_ino
    [[ -z $lost ]] || printf '  warning: ftok drops the upper bits of %s: another file can make the same key\n' "$lost"
}

# trace_ftok OPERAND: the trace of ftok:OPERAND without the shmget that follows
# and fails.
trace_ftok() {
    trace shmcreate -o -k "ftok:$1" 1
    assert_equal "$(grep -c '^shmget(0x[0-9a-f]*, 1, 000) = -1 ENOENT' <<<"$trace")" 1
    assert_equal "$(sed -n 's/^ftok.* = //p' <<<"$trace")" "$(sed -n 's/^shmget(\(0x[0-9a-f]*\),.*/\1/p' <<<"$trace")"
    trace=$(grep -v '^shmget' <<<"$trace")
}

@test "ftok: path, PROJ, and the bits that make the key" {
    local proj number word
    touch file
    trace_ftok file
    assert_trace "$(ftok_lines file file 1 1)"
    while read -r proj number word; do
        trace_ftok "file:$proj"
        assert_trace "$(ftok_lines file file "$number" "$word")"
    done <<'END'
A   65  'A'
~   126 '~'
1   1   1
9   9   9
65  65  'A'
255 255 255
127 127 127
32  32  32
'   39  39
\   92  92
"   34  '"'
END
}

@test "ftok: a warning if bits are lost, and none if all are kept" {
    local file seen=
    mkdir folder
    touch folder/file
    ln -s folder/file link
    # Inodes of /proc begin at 1 and those of its files at 0xf0000000; disks have
    # large device numbers, the kernel's own file systems mostly small ones.
    for file in / /proc /proc/version /sys /dev /dev/shm /dev/pts /dev/null "$PWD" folder/file link "$BASH"; do
        [[ -e $file ]] || continue
        trace_ftok "$file"
        assert_trace "$(ftok_lines "$file" "$file" 1 1)"
        case $trace in
        *'st_dev and st_ino:'*) seen+=both ;;
        *'of st_dev:'*) seen+=device ;;
        *'of st_ino:'*) seen+=inode ;;
        *) seen+=none ;;
        esac
    done
    assert_regex "$seen" inode\|both
    assert_regex "$seen" none
}

# A file system of its own, so that no machine lacks one: the first inodes of a
# tmpfs are small, and its device number is that of a mount.
@test "ftok: no warning for a file on a small tmpfs" {
    # shellcheck disable=SC2016 # for that bash to expand
    run --separate-stderr unshare --mount bash -euc '
        mount -t tmpfs -o size=1M none .
        cd .
        touch "$PWD/file"
        stat -c "%d %i" "$PWD/file"
        shmcreate --calls -o -k "ftok:$PWD/file" 1 || :'
    assert_success
    local device inode
    read -r device inode <<<"$output"
    assert [ "$inode" -le 65535 ]
    ((device <= 255)) || skip "this machine has so many mounts that the next one's number has more than 8 bits: $device"
    assert_equal "$(grep -c warning <<<"$stderr")" 0
    assert_equal "${stderr_lines[1]}" "$(printf '  key 0x01%02x%04x = proj 0x01, st_dev 0x%x & 0xff = 0x%02x, st_ino 0x%x & 0xffff = 0x%04x' "$device" "$inode" "$device" "$device" "$inode" "$inode")"
}

@test "ftok: a path is made safe to print" {
    touch $'od\td\n"file" \e[31m'
    trace_ftok $'od\td\n"file" \e[31m'
    assert_equal "$(head -n 1 <<<"$trace" | sed 's/) = .*//')" 'ftok("od\011d\012"file" \033[31m", 1'
    assert_equal "$(wc -l <<<"$trace")" "$(ftok_lines x $'od\td\n"file" \e[31m' 1 1 | wc -l)"
}

@test "ftok: refused" {
    touch file
    ln -s loop loop
    local path error
    while read -r path error; do
        trace shmcreate -k "ftok:$path:A" 4K
        assert_failure 1
        assert_trace "ftok(\"$path\", 'A') = -1 $error ($(message_of "$error"))"
    done <<END
none ENOENT
file/below ENOTDIR
loop ELOOP
$(printf '%0300d' 0) ENAMETOOLONG
END
    assert_equal "$(ids)" ""
}

# --- beside strace -----------------------------------------------------------

# alike: the calls of standard input in one form for both programs: without
# structures, addresses of buffers and padding, and "no permissions" spelt one way.
alike() {
    sed -nE -e 's/ +=/ =/
        s/\{.*\}/{...}/
        s/^(shmctl\([0-9]+, [A-Z_]+, )0x[0-9a-f]+/\1BUFFER/
        s/\|000\)/)/
        s/, 000\)/, 0000)/
        s/SHM_HUGE_2MB/21<<SHM_HUGE_SHIFT/
        s/SHM_HUGE_1GB/30<<SHM_HUGE_SHIFT/
        s/ \(INJECTED\)//
        /^shm(get|at|dt|ctl)\(/p'
}

# witnessed PROGRAM ARGUMENT...: --calls and strace must print the same calls.  After
# a failure strace also sees the calls that explain it, so the comparison ends
# there.
witnessed() {
    # LeakSanitizer cannot work under another tracer.
    ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 \
        strace -qq -o witness -e trace=%ipc,shmget,shmat,shmdt,shmctl "$1" --calls "${@:2}" >/dev/null 2>stated || :
    local count
    alike <stated >stated.alike
    count=$(wc -l <stated.alike)
    assert [ "$count" -gt 0 ]
    if grep -q "^$1: .*: shm[a-z]*: " stated; then
        alike <witness | head -n "$count" >witness.alike
    else
        alike <witness >witness.alike
    fi
    assert_equal "$*"$'\n'"$(<stated.alike)" "$*"$'\n'"$(<witness.alike)"
    cat stated.alike >>all
}

@test "strace sees the same calls, flags and results" {
    strace -qq -o witness true || skip "this sandbox forbids ptrace(2)"
    local row
    while read -r row <&4; do
        eval "witnessed $row"
    done 4<<'END'
shmcreate 4K
shmcreate -m 0 1
shmcreate -x -m 0666 --noreserve 1G
shmcreate -k 0x4d2 64K
shmcreate -k 0x4d2 64K
shmcreate -k 0x4d2 -x 64K
shmcreate -k 0x4d2 128K
shmcreate -o -k 0x4d2 0
shmcreate -o -k 0xffffffff -m 0600 0
shmcreate -k 0xffffffff -i /dev/null 5000
shmcreate --json -k 0x4d3 5000
shmcreate --huge --noreserve 4K
shmcreate --huge=2M --noreserve -m 0640 4K
shmcreate --huge=1G 4K
shmcreate --huge=4K 4K
shmattach 0x4d2
shmattach 0x4d2,ro 0x4d3@0x700000000000
shmattach 0x4d2@0x700000000123,rnd,exec
shmattach 0x4d2@0x700000000000 0x4d3@0x700000000000,remap,ro
shmattach --fill=1 0x4d2
shmattach --read=0:1 0x4d2
shmattach 2000000000@0x123,ro,rnd,exec,remap
shmattach 0x4d2 -- true
shmctl-tool stat 0x4d2 0x4d3
shmctl-tool stat 2000000000
shmctl-tool set -m 0640 -u 0 0x4d2
shmctl-tool set -u 4294967294 0x4d2
shmctl-tool lock 0x4d2
shmctl-tool unlock 0x4d2
shmstat
shmstat -d 0x4d2
shmstat -l
shmstat -o +RSS
shmctl-tool rm 0x4d2
shmctl-tool rm 0x4d2
END
    # These are all calls that the programs make (SHM_STAT has its own test).
    local word
    for word in shmget shmat shmdt 'shmctl.*'{IPC_STAT,IPC_SET,IPC_RMID,IPC_INFO,SHM_INFO,SHM_STAT_ANY,SHM_LOCK,SHM_UNLOCK} \
        IPC_PRIVATE IPC_CREAT IPC_EXCL SHM_{NORESERVE,HUGETLB,RDONLY,RND,REMAP,EXEC} '<<SHM_HUGE_SHIFT'; do
        assert_regex "$(<all)" "$word"
    done
}
