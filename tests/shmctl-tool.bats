#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# shmctl-tool: each subcommand does what shmctl(2) says, to every operand, and
# tells what the kernel's own files tell.  How refusals are worded in general is
# for explain.bats, how calls are traced for calls.bats.

load helpers/common

setup() {
    trace_failures
    cd "$BATS_TEST_TMPDIR" || return
    no_such=2000000000 # an id that nothing has
}

# make ARGUMENT...: a new segment, its id in $id.
make() {
    id=$(shmcreate "$@")
}

# tool ARGUMENT...: it works, and says nothing on standard error.
tool() {
    run --separate-stderr shmctl-tool "$@"
    assert_success
    assert_equal "$stderr" ""
}

# refuses STATUS ARGUMENT...: it ends with STATUS, prints nothing on standard
# output, and every segment is as it was.
refuses() {
    local before
    before=$(</proc/sysvipc/shm)
    run --separate-stderr shmctl-tool "${@:2}"
    assert_failure "$1"
    assert_output ""
    assert_equal "$(</proc/sysvipc/shm)" "$before"
}

# nobody_is_refused ARGUMENT...: the same as user nobody.
nobody_is_refused() {
    local before
    before=$(</proc/sysvipc/shm)
    run --separate-stderr as_nobody shmctl-tool "$@"
    assert_failure 1
    assert_output ""
    assert_equal "$(</proc/sysvipc/shm)" "$before"
}

# assert_stderr_lines LINE...: standard error is these, no more.
assert_stderr_lines() {
    local expected
    expected=$(printf '%s\n' "$@")
    assert_equal "$stderr" "$expected"
}

# field NAME: of the last stat.
field() {
    awk -v name="$1" '$1 == name { print $2 }' <<<"$output"
}

# status_of ID: what shmstat has under STATUS.
status_of() {
    shmstat -n -o STATUS "$1"
}

# group_name GID: as the system calls it.
group_name() {
    getent group "$1" | cut -d: -f1
}

# --- stat --------------------------------------------------------------------

# stat_of ID: what shmctl-tool stat should print, from /proc/sysvipc/shm.  The
# generation of an id is all but its low 15 bits (ipc/util.h).
stat_of() {
    local key perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime
    read -r key _ perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime _ \
        < <(awk -v id="$1" '$2 == id' /proc/sysvipc/shm)
    cat <<END
segment $1
  shm_perm.__key   $(printf '0x%08x' $((key & 0xffffffff)))
  shm_perm.uid     $uid
  shm_perm.gid     $gid
  shm_perm.cuid    $cuid
  shm_perm.cgid    $cgid
  shm_perm.mode    $(printf '0%03o' "0$perms")
  shm_perm.__seq   $(($1 >> 15))
  shm_segsz        $size
  shm_atime        $atime
  shm_dtime        $dtime
  shm_ctime        $ctime
  shm_cpid         $cpid
  shm_lpid         $lpid
  shm_nattch       $nattch
END
}

# stat_each ID...: the same for several.
stat_each() {
    local one
    for one; do stat_of "$one"; done
}

# populate: segments in every state; their ids in ${all[@]}.
populate() {
    all=()
    make 4K && all+=("$id") # untouched
    make -k 0x4d2 -m 0640 65537 && all+=("$id")
    make -k 0xfedcba98 -m 0 1 && all+=("$id")
    make -k "ftok:$BATS_TEST_TMPDIR" -m 0777 --noreserve 5T && all+=("$id")
    make 1M && all+=("$id") # used and let go of
    shmattach --fill=1 "$id"
    make 2M && all+=("$id") # attached twice
    hold "$id" "$id"
    make 3M && all+=("$id") # removed, and attached
    hold "$id"
    ipcrm -m "$id"
    make 8K && all+=("$id") # locked
    shmctl-tool lock "$id"
    if [[ $IPCLAB_NAMESPACE == root ]]; then
        make 4K && all+=("$id") # someone else's
        shmctl-tool set -u 1234:5678 "$id"
        all+=("$(as_nobody shmcreate -m 0604 12K)")
    fi
}

@test "stat: every field is what /proc/sysvipc/shm has" {
    populate
    local one
    for one in "${all[@]}"; do
        tool stat "$one"
        assert_output "$(stat_of "$one")"
    done
}

@test "stat: many operands, in the order given" {
    populate
    tool stat "${all[@]}"
    assert_output "$(stat_each "${all[@]}")"
    tool stat "${all[1]}" "${all[0]}" "${all[1]}"
    assert_output "$(stat_each "${all[1]}" "${all[0]}" "${all[1]}")"
}

# time_words SECONDS: as ipcs has it.
time_words() {
    [[ $1 != 0 ]] || { echo "Not set" && return; }
    LC_ALL=C date -d "@$1" '+%a %b %e %H:%M:%S %Y'
}

@test "stat: every field is what ipcs -m -i has" {
    populate
    local one
    for one in "${all[@]}"; do
        tool stat "$one"
        LC_ALL=C ipcs -m -i "$one" | xargs -n 1 >peer # a word a line: its layout has changed over time
        assert_equal "$(xargs <peer)" "Shared memory Segment shmid=$one $(
            echo "uid=$(field shm_perm.uid) gid=$(field shm_perm.gid) cuid=$(field shm_perm.cuid)" \
                "cgid=$(field shm_perm.cgid) mode=$(printf '%#o' "$(field shm_perm.mode)")" \
                "access_perms=$(printf '%#o' $(($(field shm_perm.mode) & 0777)))" \
                "bytes=$(field shm_segsz) lpid=$(field shm_lpid) cpid=$(field shm_cpid) nattch=$(field shm_nattch)" \
                "att_time=$(time_words "$(field shm_atime)") det_time=$(time_words "$(field shm_dtime)")" \
                "change_time=$(time_words "$(field shm_ctime)")" | xargs
        )"
    done
}

@test "stat: an id of a later generation" {
    # A slot of the kernel's table is used again only after some others, and then
    # the id grows by 32768.
    perl -e 'for (1 .. 200) { $id = shmget(0, 1, 01600); shmctl($id, 0, 0) }'
    make 4K
    assert [ "$id" -gt 32767 ]
    tool stat "$id"
    assert_output "$(stat_of "$id")"
}

@test "stat: a field is refused or told, never guessed: nothing is printed for a segment that is not there" {
    refuses 1 stat "$no_such"
    assert_stderr_lines "shmctl-tool: $no_such: shmctl: EINVAL: there is no segment $no_such" \
        "hint: list the segments with shmstat"
}

@test "stat: full or closed standard output: exit 1 and a message" {
    make 4K
    run --separate-stderr bash -c "shmctl-tool stat $id >/dev/full"
    assert_failure 1
    assert_stderr_lines "shmctl-tool: standard output: write: No space left on device"
    run --separate-stderr bash -c "shmctl-tool stat $id >&-"
    assert_failure 1
    assert_stderr_lines "shmctl-tool: standard output: write: Bad file descriptor"
}

# --- set ---------------------------------------------------------------------

# owner_and_mode ID: all that set can change, and who made it, as the kernel has it.
owner_and_mode() {
    echo "$(kernel_says "$1" uid):$(kernel_says "$1" gid) $(kernel_says "$1" perms) by $(kernel_says "$1" cuid):$(kernel_says "$1" cgid)"
}

@test "set -m: changes the mode, and nothing else" {
    make 4K
    local row
    for row in '-m 0:0' '-m 640:640' '-m0604:604' '--mode=0777:777' '--mode 7:7' '-m 0600 -m 400:400'; do
        eval "tool set ${row%:*} $id"
        assert_output ""
        assert_equal "$row $(owner_and_mode "$id")" "$row 0:0 ${row#*:} by 0:0"
    done
}

@test "set -m: options may stand anywhere, -- ends them" {
    make 4K
    tool set "$id" -m 400
    assert_equal "$(kernel_says "$id" perms)" 400
    tool -m 440 set "$id"
    assert_equal "$(kernel_says "$id" perms)" 440
    tool set -m 444 -- "$id"
    assert_equal "$(kernel_says "$id" perms)" 444
    tool -m 404 -- set "$id"
    assert_equal "$(kernel_says "$id" perms)" 404
    refuses 2 set -m 600 -- -x
    assert_stderr_lines "shmctl-tool: -x: a segment is an id (5), a key (0x4d2), ftok:PATH[:PROJ] or /name"
}

@test "set -u: owner and group, by number and by name, and nothing else" {
    need_second_user
    make -m 0640 4K
    local group row
    group=$(group_name 65534)
    # Each begins where the one before ended.
    while read -r row expected; do
        tool set "--owner=$row" "$id"
        assert_output ""
        assert_equal "$row $(owner_and_mode "$id")" "$row $expected 640 by 0:0"
    done <<END
1234            1234:0
:5678           1234:5678
nobody          65534:5678
0               0:5678
12:34           12:34
nobody:$group   65534:65534
root:0          0:0
0:$group        0:65534
:root           0:0
4294967294      4294967294:0
:4294967294     4294967294:4294967294
END
}

@test "set -u: one's own number and name" {
    make -m 0640 4K
    local row
    for row in '-u 0' '-u root' '-u0:0' '-u root:root' '--owner :0' '--owner=:root'; do
        eval "tool set $row $id"
        assert_equal "$row $(owner_and_mode "$id")" "$row 0:0 640 by 0:0"
    done
}

@test "set -m -u: both at once" {
    need_second_user
    make 4K
    tool set -m 0660 -u 12:34 "$id"
    assert_equal "$(owner_and_mode "$id")" "12:34 660 by 0:0"
}

@test "set: keeps a lock and a removal" {
    make 4K
    hold "$id"
    shmctl-tool lock "$id"
    tool set -m 0640 "$id"
    assert_equal "$(kernel_says "$id" perms)" 2640
    ipcrm -m "$id"
    tool set -m 0600 "$id"
    assert_equal "$(kernel_says "$id" perms)" 3600
}

@test "set: what it gives is at once in force" {
    need_second_user
    make 4K
    run as_nobody shmattach "$id"
    assert_failure 1
    tool set -m 0606 "$id"
    as_nobody shmattach "$id"
    tool set -m 0600 -u nobody "$id"
    as_nobody shmattach "$id"
}

@test "set: the owner changes a segment whose mode forbids even the owner to read it" {
    need_second_user
    local made
    made=$(as_nobody shmcreate -m 0 4K)
    nobody_is_refused stat "$made"
    assert_stderr_lines \
        "shmctl-tool: $made: shmctl: EACCES: segment $made belongs to nobody:$(group_name 65534) with mode 0000, which grants nobody (the owner) no access; the call needs read access" \
        "hint: nobody or root can grant it: shmctl-tool set -m MODE $made"
    as_nobody shmctl-tool set -m 0400 "$made"
    run as_nobody shmctl-tool stat "$made"
    assert_success
    assert_output "$(stat_of "$made")"
}

@test "set: the creator keeps the right to change and remove what another owns" {
    need_second_user
    local made
    made=$(as_nobody shmcreate 4K)
    tool set -u 1234:1234 "$made"
    as_nobody shmctl-tool set -m 0660 "$made"
    assert_equal "$(owner_and_mode "$made")" "1234:1234 660 by 65534:65534"
    as_nobody shmctl-tool rm "$made"
    assert_equal "$(ids)" ""
}

@test "set: an owner with no number in this user namespace is refused, and the reason told" {
    unshare --user --map-root-user --ipc true || skip "this system allows no user namespaces"
    # shellcheck disable=SC2016 # for that bash to expand
    run --separate-stderr unshare --user --map-root-user --ipc bash -c \
        'shmctl-tool set -u 65534 "$(shmcreate -k 0x4d2 4K)"; status=$?; shmctl-tool rm 0x4d2; exit "$status"'
    assert_failure 1
    assert_output ""
    assert_regex "${stderr_lines[0]}" '^shmctl-tool: [0-9]+: shmctl: EINVAL: .*user namespace'
}

# --- lock, unlock ------------------------------------------------------------

@test "lock and unlock: the kernel, ipcs and shmstat say so" {
    local times
    make 4K
    for times in once again; do
        tool lock "$id"
        assert_output ""
        assert_equal "$times $(kernel_says "$id" perms) $(status_of "$id")" "$times 2600 locked"
        ipcs -m | awk -v id="$id" '$2 == id' | grep -q locked
    done
    for times in once again; do
        tool unlock "$id"
        assert_output ""
        assert_equal "$times $(kernel_says "$id" perms) $(status_of "$id")" "$times 600 "
    done
}

# --- rm ----------------------------------------------------------------------

@test "rm: by id, by key, by ftok" {
    touch file
    make 4K
    tool rm "$id"
    assert_output ""
    assert_equal "$(ids)" ""
    make -k 0x4d2 4K
    tool rm 0x4D2
    assert_equal "$(ids)" ""
    make -k 4294967295 4K
    tool rm 0xffffffff
    assert_equal "$(ids)" ""
    make -k ftok:file:A 4K
    tool rm ftok:file:65
    assert_equal "$(ids)" ""
}

@test "rm: decimal is an id, whatever key has that number" {
    make -k 2000000000 4K
    refuses 1 rm "$no_such"
    assert_equal "$(ids)" "$id"
}

@test "rm: many operands of all kinds" {
    local first
    touch file
    make 4K
    first=$id
    make -k 0x4d2 4K
    make -k ftok:file 4K
    make -k 0x4d3 4K
    tool rm ftok:file "$first" 0x4d2 -- "$id"
    assert_equal "$(ids)" ""
}

@test "rm: an attached segment exists until its last detach; its holders are named, and shmstat shows dest" {
    make -k 0x4d2 4K
    hold "$id"
    run --separate-stderr shmctl-tool rm 0x4d2
    assert_success
    assert_output ""
    assert_stderr_lines "shmctl-tool: 0x4d2: removed; it exists until its last detach: 1 attach, by $holder (shmattach --hold $id)"
    assert_equal "$(kernel_says "$id" perms) $(kernel_says "$id" key) $(status_of "$id")" "1600 0 dest"
    ipcs -m | awk -v id="$id" '$2 == id' | grep -q dest
    let_go
    assert_equal "$(ids)" ""
}

@test "rm: attaches are counted, processes are named once each" {
    local first
    make 4K
    hold "$id" "$id,ro"
    first=$holder
    hold_with "$helpers/holder" "$id"
    run --separate-stderr shmctl-tool rm "$id"
    assert_success
    local named=("$first (shmattach --hold $id $id,ro)" "$holder ($helpers/holder $id)")
    ((first < holder)) || named=("${named[1]}" "${named[0]}") # numbers begin anew some day
    assert_stderr_lines "shmctl-tool: $id: removed; it exists until its last detach: 3 attaches, by ${named[0]}, ${named[1]}"
    assert_equal "$(kernel_says "$id" nattch)" 3
}

@test "rm: a holder's command line is made safe to print" {
    make 4K
    # shellcheck disable=SC2016 # for that bash to expand
    hold_with bash -c 'exec -a "$0" "$@"' $'evil\e[31m\n' "$helpers/holder" "$id"
    run --separate-stderr shmctl-tool rm "$id"
    assert_stderr_lines "shmctl-tool: $id: removed; it exists until its last detach: 1 attach, by $holder (evil\\033[31m\\012 $id)"
}

@test "rm: holders whom the caller may not look into are counted" {
    need_second_user
    local made
    made=$(as_nobody shmcreate 4K)
    hold "$made"
    run --separate-stderr as_nobody shmctl-tool rm "$made"
    assert_success
    assert_output ""
    assert_stderr_lines "shmctl-tool: $made: removed; it exists until its last detach: 1 attach; you may not see by which process"
}

@test "rm: when there are too many holders to name, the others are counted" {
    local names others=0
    make 4K
    # shellcheck disable=SC2016 # for that bash to expand
    hold_with bash -c 'exec -a "$0" "$@"' "$(printf '%0150d' 0)" "$helpers/holder" --fork 19 "$id"
    run --separate-stderr shmctl-tool rm "$id"
    assert_success
    assert_regex "$stderr" "^shmctl-tool: $id: removed; it exists until its last detach: 20 attaches, by [0-9]+ \\(000"
    names=$(grep -o '(000' <<<"$stderr" | wc -l)
    [[ ! $stderr =~ ' and '([0-9]+)' more'$ ]] || others=${BASH_REMATCH[1]}
    assert_equal "$((names + others)) in all" "20 in all"
}

# --- one refusal among many --------------------------------------------------

@test "every subcommand: goes on after a refusal, does the others, and exits 1" {
    local row first
    while IFS='|' read -r row expected; do
        make -k 0x4d2 4K
        first=$id
        make 4K
        shmctl-tool lock "$first" "$id"
        eval "run --separate-stderr shmctl-tool $row $first $no_such $id 0x77 0x4d2"
        assert_failure 1
        assert_regex "$row|${stderr_lines[0]}" "\\|shmctl-tool: $no_such: shmctl: EINVAL: there is no segment $no_such\$"
        # Removed by its id, it has no key any more.
        [[ $row == rm ]] || assert_stderr_lines "${stderr_lines[0]}" "hint: list the segments with shmstat" \
            "shmctl-tool: 0x77: shmget: ENOENT: no segment has key 0x00000077" \
            "hint: list the segments with shmstat, or create one: shmcreate -k 0x77 SIZE"
        assert_equal "$row $(kernel_says "$first" perms) $(kernel_says "$id" perms)" "$row $expected $expected"
        [[ $row != stat ]] || assert_output "$(stat_each "$first" "$id" "$first")"
        [[ $row != rm ]] || assert_equal "$(ids)" ""
        clean_up
    done <<END
stat|2600
set -m 640|2640
lock|2600
unlock|600
rm|
END
}

@test "rm: the same twice is removed once and refused once" {
    make 4K
    run --separate-stderr shmctl-tool rm "$id" "$id"
    assert_failure 1
    assert_equal "${stderr_lines[0]}" "shmctl-tool: $id: shmctl: EINVAL: there is no segment $id"
    assert_equal "$(ids)" ""
}

# --- someone else's ----------------------------------------------------------

@test "as nobody: root's segment is refused, and owner and caller are named" {
    need_second_user
    local row
    make 4K
    nobody_is_refused stat "$id"
    assert_stderr_lines \
        "shmctl-tool: $id: shmctl: EACCES: segment $id belongs to root:root with mode 0600, which grants nobody (others) no access; the call needs read access" \
        "hint: root can grant it: shmctl-tool set -m MODE $id"
    shmctl-tool set -m 0666 "$id"
    while IFS='|' read -r row hint; do
        eval "nobody_is_refused $row $id"
        assert_stderr_lines \
            "shmctl-tool: $id: shmctl: EPERM: segment $id belongs to root and was created by root; nobody is neither" \
            "hint: root can $hint"
    done <<'END'
set -m 0777|change it
set -u nobody|change it
lock|lock and unlock it
unlock|lock and unlock it
rm|remove it
END
}

@test "as nobody: owner and creator are distinguished" {
    need_second_user
    make 4K
    shmctl-tool set -u 1234:5678 "$id"
    nobody_is_refused rm "$id"
    assert_stderr_lines \
        "shmctl-tool: $id: shmctl: EPERM: segment $id belongs to 1234 and was created by root; nobody is neither" \
        "hint: 1234 or root can remove it"
    nobody_is_refused stat "$id"
    assert_equal "${stderr_lines[0]}" \
        "shmctl-tool: $id: shmctl: EACCES: segment $id belongs to 1234:5678 with mode 0600, which grants nobody (others) no access; the call needs read access"
}

@test "as nobody: a readable segment is printed" {
    need_second_user
    make -m 0604 4K
    run --separate-stderr as_nobody shmctl-tool stat "$id"
    assert_success
    assert_output "$(stat_of "$id")"
}

@test "as nobody: one's own segment can be changed, locked and removed" {
    need_second_user
    local made
    made=$(as_nobody shmcreate 4K)
    as_nobody shmctl-tool set -m 0640 "$made"
    as_nobody shmctl-tool lock "$made"
    assert_equal "$(kernel_says "$made" perms)" 2640
    as_nobody shmctl-tool unlock "$made"
    as_nobody shmctl-tool rm "$made"
    assert_equal "$(ids)" ""
}

# --- bad command lines -------------------------------------------------------

# check_bad ROW...: each "ARGUMENTS => what is said of them", ARGUMENTS as typed.
check_bad() {
    local row
    for row; do
        eval "refuses 2 ${row%% => *}"
        assert_equal "[${row%% => *}] $stderr" "[${row%% => *}] shmctl-tool: ${row#* => }"
    done
}

@test "bad command lines: exit 2, one line that names operand and rule, nothing done" {
    local segment='a segment is an id (5), a key (0x4d2), ftok:PATH[:PROJ] or /name'
    local number='an id is a decimal number from 0 to 2147483647, with no leading 0'
    local hex='a key is 0x and one to eight hexadecimal digits'
    local private='key 0 is IPC_PRIVATE, which names no existing object: use its id'
    local proj='PROJ, after the last colon, is one character or a number from 1 to 255'
    local resize='a System V segment has the size it was created with: shmctl(2) has no command to change it; a POSIX object (/name) can be resized'
    local lock='a POSIX object cannot be locked: mlock(2) locks pages for the process that calls it, and only while that process has them mapped'
    local mode='a mode is octal, from 0 to 0777: 0600, 640'
    local owner='an owner is OWNER, OWNER:GROUP or :GROUP, each a name or a number'
    make -k 0x4d2 4K
    # $id comes first wherever the others are wrong: it must stay as it is.
    check_bad \
        " => missing operand SUBCOMMAND; see shmctl-tool --help" \
        "-- => missing operand SUBCOMMAND; see shmctl-tool --help" \
        "-m 600 => missing operand SUBCOMMAND; see shmctl-tool --help" \
        "$id => $id: no such subcommand; see --help" \
        "'' $id => : no such subcommand; see --help" \
        "RM $id => RM: no such subcommand; see --help" \
        "remove $id => remove: no such subcommand; see --help" \
        "\$'r\\e[m' $id => r\\033[m: no such subcommand; see --help" \
        "stat => missing operand SEGMENT; see shmctl-tool --help" \
        "set -m 600 => missing operand SEGMENT; see shmctl-tool --help" \
        "lock => missing operand SEGMENT; see shmctl-tool --help" \
        "unlock => missing operand SEGMENT; see shmctl-tool --help" \
        "rm => missing operand SEGMENT; see shmctl-tool --help" \
        "set $id => set: nothing to change: use --mode or --owner" \
        "stat -m 777 $id => stat: --mode and --owner are only valid with set" \
        "lock -u 0 $id => lock: --mode and --owner are only valid with set" \
        "unlock -u :0 $id => unlock: --mode and --owner are only valid with set" \
        "rm -m 0 $id => rm: --mode and --owner are only valid with set" \
        "rm $id '' => : $segment" \
        "rm $id x => x: $segment" \
        "rm $id ' 5' =>  5: $segment" \
        "rm $id 5x => 5x: $number" \
        "rm $id 05 => 05: $number" \
        "rm $id 2147483648 => 2147483648: $number" \
        "rm $id -- -1 => -1: $segment" \
        "rm $id -1 => -1: no such option; see --help" \
        "rm $id 0x => 0x: $hex" \
        "rm $id 0x123456789 => 0x123456789: $hex" \
        "rm $id 0x4d2g => 0x4d2g: $hex" \
        "rm $id 0x0 => 0x0: $private" \
        "rm $id 0x00000000 => 0x00000000: $private" \
        "rm $id ftok: => ftok:: ftok: needs a path: ftok:PATH[:PROJ]" \
        "rm $id ftok:/:0 => ftok:/:0: $proj" \
        "lock $id /name => /name: $lock" \
        "unlock $id /name => /name: $lock" \
        "resize 4K /name $id => $id: $resize" \
        "resize => missing operand SIZE; see shmctl-tool --help" \
        "resize 4K => missing operand SEGMENT; see shmctl-tool --help" \
        "resize 4Z /name => 4Z: a size is a whole number with K, M, G, T, P, E (powers of 1024; KiB, ... too) or KB, MB, ... (powers of 1000)" \
        "rm $id / => /: a POSIX name is a slash and 1 to 255 characters, none of them a slash" \
        "rm $id \$'5\\e[31m' => 5\\033[31m: $number" \
        "set -m '' $id => : $mode" \
        "set -m 8 $id => 8: $mode" \
        "set -m 1000 $id => 1000: $mode" \
        "set -m u+r $id => u+r: $mode" \
        "set -u '' $id => : $owner" \
        "set -u : $id => :: $owner" \
        "set -u root: $id => root:: $owner" \
        "set -u no-such-user $id => no-such-user: no such user" \
        "set -u :no-such-group $id => :no-such-group: no such group" \
        "set -u root:no-such-group $id => root:no-such-group: no such group" \
        "set -u -1 $id => -1: no such user" \
        "set -u 4294967295 $id => 4294967295: no such user" \
        "set -u 4294967296 $id => 4294967296: no such user" \
        "set -u 0x0 $id => 0x0: no such user" \
        "set -u :4294967295 $id => :4294967295: no such group" \
        "set -u 0:0:0 $id => 0:0:0: no such group" \
        "set $id -m => -m: this option needs an argument" \
        "set $id -u => -u: this option needs an argument" \
        "rm -f $id => -f: no such option; see --help" \
        "rm --force $id => --force: no such option; see --help"
    # More characters than any user's name has.
    check_bad "set -u $(printf '%070d' 0) $id => $(printf '%070d' 0): $owner"
    assert_equal "$(ids)" "$id"
}

@test "bad command lines: a long option is named as it was typed" {
    make 4K
    check_bad "set $id --mode => --mode: this option needs an argument" \
        "set $id --owner => --owner: this option needs an argument" \
        "rm $id --calls=yes => --calls=yes: this option takes no argument"
}

# --- help and version --------------------------------------------------------

@test "--help: fits a screen of 24 lines and 80 columns, and ends with an example that works" {
    local example
    run --separate-stderr shmctl-tool --help
    assert_success
    assert_equal "$stderr" ""
    assert [ "$(wc -l <<<"$output")" -le 24 ]
    assert [ "$(wc -L <<<"$output")" -le 80 ]
    assert_line --index 0 "Usage: shmctl-tool SUBCOMMAND [options] SEGMENT..."
    assert_line --index -1 --regexp '^Example: '
    # With a segment and a group that there are.
    make 4K
    example=${lines[-1]#Example: }
    example=${example//:staff/:0}
    run --separate-stderr bash -euc "${example//' 5'/ $id}"
    assert_success
    assert_equal "$output$stderr$(ids)" ""
}

@test "--help: names every subcommand and option" {
    local word
    run shmctl-tool --help
    for word in stat set lock unlock rm '-m, --mode' '-u, --owner' --calls --help --version; do
        assert_output --regexp "[ ,]${word}[[:space:],=]"
    done
}

@test "--version: program, package and version" {
    run --separate-stderr shmctl-tool --version
    assert_success
    assert_output "shmctl-tool (ipclab) $IPCLAB_VERSION"
    assert_equal "$stderr" ""
}

# --- a limit of the size of files --------------------------------------------

@test "RLIMIT_FSIZE: resize and output beyond it are told, exit 1; COMMAND has the signal's default" {
    shmcreate -n /small 4K >/dev/null
    run prlimit --fsize=4096 shmctl-tool resize 1M /small
    assert_failure 1
    assert_line --index 0 "shmctl-tool: /small: ftruncate: EFBIG: 1048576 bytes exceed this process's limit for a file: 4096 (RLIMIT_FSIZE)"
    assert_equal "$(stat -c %s /dev/shm/small)" 4096
    # shellcheck disable=SC2016 # for that shell
    for command in "shmctl-tool stat /small" "shmattach -r /small" "shmstat --help" "shmattach -d /small"; do
        run bash -c "prlimit --fsize=10 $command >out"
        assert_failure 1
        assert_output "${command%% *}: standard output: write: File too large"
    done
    run prlimit --fsize=10 shmattach /small -- sh -c 'exec cat /dev/zero >out'
    assert_failure $((128 + $(kill -l XFSZ)))
    # who ignored it has it so for COMMAND, too
    run env --ignore-signal=XFSZ prlimit --fsize=10 shmattach /small -- sh -c 'exec cat /dev/zero >out'
    assert_failure 1
}
