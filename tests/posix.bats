#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# POSIX objects: every verb of shmattach, shmctl-tool and shmcreate on both kinds
# from one table, so that a difference between the kinds is a listed one; then what
# only POSIX objects have.

# shellcheck disable=SC2016 # what is in single quotes is for another shell to expand

load helpers/common

setup() {
    trace_failures
    cd "$BATS_TEST_TMPDIR" || return
    at=0x10000000
    page=$(getconf PAGESIZE)
}

# The kernel counts ids up from 0 to 63, and from 32768 on when it begins anew; a
# number of five digits is not taken for another one.
long_ids() {
    perl -e 'for (1 .. 64) { my $id = shmget(0, 1, 01600); shmctl($id, 0, 0) }'
}

# bare COMMAND...: without the descriptors that bats has open, so that the next is 3.
bare() {
    "$@" 3>&- 4>&-
}

# make KIND: one page of that kind with "hello" at its start, in $seg.
make() {
    case $1 in
    sysv) seg=$(shmcreate 4K) ;;
    posix) seg=$(shmcreate -n /demo 4K) ;;
    esac
    printf 'hello\n' | shmattach --write "$seg"
}

# outcome KIND COMMAND: what COMMAND, in which SEG is one of that kind, prints, and
# its status; SEG stands in it wherever the id or name does.
outcome() {
    local status=0 output
    make "$1"
    output=$(SEG=$seg bash -c "${2//SEG/\$SEG}" 2>&1) || status=$?
    clean_up
    [[ $1 != sysv ]] || output=${output//$seg (private)/$seg}
    output=${output//"$seg"/SEG}
    printf '%s\n[%s]' "$output" "$status"
}

# --- both kinds ----------------------------------------------------------------

@test "both kinds: what does the same" {
    local command
    long_ids
    while IFS= read -r command; do
        [[ -n $command ]] || continue
        assert_equal "$command: $(outcome sysv "$command")" "$command: $(outcome posix "$command")"
    done <<END
shmattach --read=0:6 SEG
shmattach --read SEG | cksum
shmattach --read=4096 SEG | wc -c
shmattach --read=4097 SEG
shmattach --read=4000:97 SEG
echo other | shmattach --write=2 SEG; shmattach -r=0:8 SEG
head -c 5000 /dev/zero | shmattach --write SEG
shmattach --write SEG,ro
shmattach --dump=0:32 SEG
shmattach --fill=x@8:4 SEG; shmattach --dump=0:16 SEG
shmattach --fill=0xff SEG; shmattach --read SEG | cksum
shmattach --get=u8@0 SEG; shmattach --get=str@0 SEG
shmattach --get=u64@4089 SEG
shmattach --set=u64@8=5 SEG; shmattach --get=u64@8 SEG
shmattach --set=str@8=word SEG; shmattach --get=str@8 SEG
shmattach --increment=u32@16 --times=1000 SEG
shmattach --increment=u32@16 --times=1000 --how=atomic SEG
shmattach --increment=str@16 SEG
shmattach SEG@$at
shmattach SEG@$at,ro
shmattach SEG@${at%000}abc,rnd
shmattach SEG@$at SEG@$at,ro,remap
shmattach SEG@$at -- sh -c 'echo \$IPCLAB_SEGMENT \$IPCLAB_SIZE; exit 7'
shmattach SEG,ro -- sh -c 'shmattach --get=str@0 \$IPCLAB_SEGMENT'
shmattach SEG -- no-such-command
shmattach --hold=0 SEG@$at | sed 's/pid [0-9]*/pid N/'
shmattach SEG@$at SEG@$at 2>&1 | grep -c -F 'is in use by $at-$(printf '0x%x' $((at + page))) rw-s'
shmstat --raw -o SEGMENT,OWNER,GROUP,PERMS,MODE,SIZE,PAGES SEG
shmattach SEG -- shmstat -n -o NATTCH SEG
shmattach SEG SEG -- shmstat -n -o NATTCH SEG
shmattach SEG@$at,ro -- shmstat -p -n --raw -o SEGMENT,PROT,ADDRESS SEG 2>/dev/null
shmstat -n --raw -o OWNER,PERMS,SIZE --user=$(id -un) | head -n 1
shmstat --user=4294967294 -n
shmctl-tool set --mode=0640 SEG; shmstat -n -o MODE SEG
shmctl-tool set --mode=0640 --owner=:$(id -g) SEG; shmstat -n --raw -o GROUP,MODE SEG
shmctl-tool set SEG
shmctl-tool rm SEG; shmattach SEG 2>/dev/null
END
}

# A line: the command, what System V says, what POSIX says; .* may stand for anything.
@test "both kinds: what differs, and how" {
    local command sysv posix
    long_ids
    while IFS='|' read -r command sysv posix; do
        [[ -n $command ]] || continue
        sysv=${sysv% } sysv=${sysv# } posix=${posix# }
        assert_regex "$(outcome sysv "$command" | tr '\n' ' ')" "$sysv"
        assert_regex "$(outcome posix "$command" | tr '\n' ' ')" "$posix"
    done <<END
shmattach SEG,remap | SEG,remap: shmat: EINVAL: SHM_REMAP .* \[1\] | SEG,remap: MAP_FIXED .*: give one.* \[2\]
shmattach SEG@${at%000}abc | shmat: EINVAL: .* SHMLBA.* \[1\] | mmap: EINVAL: .* not a multiple of the page size.* \[1\]
shmattach SEG@$at SEG@$at | shmat: EINVAL: address $at is in use | mmap: EEXIST: address $at is in use
shmctl-tool stat SEG | segment SEG  .* shm_segsz +4096 | object SEG  .* st_size +4096
shmctl-tool lock SEG; shmctl-tool unlock SEG | ^ *\[0\] | cannot be locked: mlock.* \[2\]
shmctl-tool resize 8K SEG; shmstat -n -o SIZE SEG | has the size it was created with.* 4K \[0\] | ^ *8K \[0\]
shmctl-tool rm SEG; shmctl-tool rm SEG | SEG: shmctl: EINVAL: .* \[1\] | SEG: shm_unlink: ENOENT: there is no POSIX object SEG.* \[1\]
shmattach SEG -- sh -c 'shmctl-tool rm SEG 2>/dev/null; shmstat -n -o NATTCH,STATUS' | dest .*\[0\] | deleted,(counted|at-least) .*\[0\]
shmattach SEG -- sh -c 'shmctl-tool rm SEG 2>/dev/null; shmattach -r=0:5 SEG' | hello \[0\] | shm_open: ENOENT: .*\[1\]
shmstat -n --raw -o KIND,ID,NAME,KEY,CPID SEG | sysv SEG - 0x00000000 [0-9]+ \[0\] | posix - SEG - - \[0\]
shmstat -n -o NATTCH,STATUS SEG | ^ *0 *\[0\] | ^ *0 *(counted|at-least) *\[0\]
shmstat -n -o REMOVE SEG | ipcrm -m SEG *\[0\] | shmctl-tool rm SEG *\[0\]
END
}

@test "both kinds: mixed operands, and the data of one do not reach the other" {
    make sysv
    local id=$seg
    make posix
    shmattach --set=str@0=hello "$id" /demo
    run --separate-stderr shmattach "$id,ro" /demo
    assert_success
    assert_line --index 0 --regexp "^$id \(private\) at 0x.* r-- 4 KiB$"
    assert_line --index 1 --regexp "^/demo at 0x.* rw- 4 KiB$"
    run shmattach --get=str@0 "$id" /demo
    assert_output $'hello\nhello'
    shmattach --set=str@0=posix /demo
    run shmattach --get=str@0 "$id" /demo
    assert_output $'hello\nposix'
    run shmattach "$id" /demo -- sh -c 'echo "$IPCLAB_SEGMENT $IPCLAB_SIZE"'
    assert_output "$id /demo 4096 4096"
    run shmctl-tool lock "$id" /demo
    assert_failure 2
    assert_equal "$(shmstat -n -o STATUS "$id" | xargs)" ""
    shmctl-tool rm "$id" /demo
    assert_equal "$(ids; shm_files)" ""
}

# --- shmcreate -------------------------------------------------------------------

@test "shmcreate --name: the file is there, of that size, and its name is printed" {
    local size
    for size in 0 1 4096 10000 1M 64G; do
        run --separate-stderr shmcreate --name /demo "$size"
        assert_success
        assert_output /demo
        assert_equal "$stderr" ""
        assert_equal "$(stat -c %s /dev/shm/demo)" "$(numfmt --from=iec "$size")"
        shmctl-tool rm /demo
    done
    assert_equal "$(shm_files)" ""
}

@test "shmcreate: the umask applies to POSIX objects, and not to System V segments" {
    local mask mode id
    for mask in 000 022 027 077 777; do
        for mode in 0666 0640 0777 0; do
            id=$(umask "$mask" && shmcreate -m "$mode" 4K)
            (umask "$mask" && shmcreate -n /demo -m "$mode" 4K)
            assert_equal "$(kernel_says "$id" perms)" "$(printf '%o' $((0$mode)))"
            assert_equal "$(stat -c %a /dev/shm/demo)" "$(printf '%o' $((0$mode & ~0$mask)))"
            ipcrm -m "$id"
            shmctl-tool rm /demo
        done
    done
}

@test "shmcreate --name: opened if it is there; -x fails, -o never creates, a smaller one is refused" {
    shmcreate -n /demo 4K
    run --separate-stderr shmcreate -n /demo 100
    assert_success
    assert_output /demo
    assert_equal "$stderr" "shmcreate: /demo: this name already names object /demo, which was opened"
    assert_equal "$(stat -c %s /dev/shm/demo)" 4096
    run shmcreate -x -n /demo 4K
    assert_failure 1
    assert_line --index 0 "shmcreate: /demo: shm_open: EEXIST: this name already names an object (4 KiB, owner $(id -un))"
    run shmcreate -n /demo 8K
    assert_failure 1
    assert_line --index 0 "shmcreate: /demo: fstat: the object has 4096 bytes, but 8192 were requested"
    bash -c "${lines[1]##*: }" # as the hint says
    run --separate-stderr shmcreate -o -n /demo 8K
    assert_success
    assert_equal "$stderr" ""
    run shmcreate -o -n /other 4K
    assert_failure 1
    assert_line --index 0 "shmcreate: /other: shm_open: ENOENT: there is no POSIX object /other"
    assert_equal "$(shm_files)" demo
}

@test "shmcreate --name: of many at once with -x, one creates it" {
    local i
    for i in {1..50}; do
        (shmcreate -x -n /demo 4K 2>/dev/null || :) >"out.$i" 3>&- &
    done
    wait
    assert_equal "$(cat out.*)" /demo
}

@test "shmcreate --name --input: filled, and nothing half made is left" {
    seq 3 >three
    run --separate-stderr shmcreate -n /demo --input=three 4K
    assert_success
    assert_equal "$(shmattach --read=0:6 /demo)" "$(<three)"
    shmctl-tool rm /demo
    run shmcreate -n /demo --input=- 4 <three
    assert_failure 1
    run shmcreate -n /demo --input=nothing 4K
    assert_failure 1
    assert_equal "$(shm_files)" ""
    run bash -c 'shmcreate -n /demo 4K >/dev/full'
    assert_failure 1
    assert_equal "$(shm_files)" ""
}

@test "shmcreate --name --input: a signal takes it away again" {
    local pid fd status=0
    mkfifo in
    shmcreate -n /demo --input=in 4K 3>&- &
    pid=$!
    # To open the fifo waits for the other end, which is opened when the object is there.
    exec {fd}>in
    assert_equal "$(shm_files)" demo
    kill -s TERM "$pid"
    wait "$pid" || status=$?
    exec {fd}>&-
    assert_equal "$status" 143
    assert_equal "$(shm_files)" ""
}

@test "shmcreate --name: what it cannot do is refused with the reason, and nothing is done" {
    local row
    for row in '--huge -n /demo 4K => --huge: a POSIX object is a file on a tmpfs' \
        '--noreserve -n /demo 4K => --noreserve: a tmpfs reserves nothing' \
        '-n /demo -k 0x4d2 4K => --name: not allowed with --key' \
        '-n demo 4K => demo: a POSIX name is a slash' '-n / 4K => /: a POSIX name is a slash' \
        '-n /a/b 4K => /a/b: a POSIX name is a slash' '-n 5 4K => 5: a POSIX name is a slash' \
        '-o -x -n /demo 4K => --open: not allowed with --exclusive'; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr shmcreate ${row% => *}
        assert_failure 2
        assert_output ""
        assert_regex "$stderr" "^shmcreate: ${row#* => }"
        assert_equal "${#stderr_lines[@]}" 1
    done
    assert_equal "$(shm_files; ids)" ""
}

@test "shmcreate --name --json" {
    assert_equal "$(shmcreate -n /demo --json 4K | jq -c .segments)" '[{"name":"/demo","size":4096,"created":true}]'
    assert_equal "$(shmcreate -o -n /demo --json 0 | jq -c .segments)" '[{"name":"/demo","size":4096,"created":false}]'
}

# --- the calls and their refusals -------------------------------------------------

@test "--calls: as the C API has them" {
    run --separate-stderr bare shmcreate --calls -n /demo -m 0640 4K
    assert_equal "$stderr" 'shm_open("/demo", O_RDWR|O_CREAT|O_EXCL, 0640) = 3
ftruncate(3, 4096) = 0
close(3) = 0'
    run --separate-stderr bare shmattach --calls --get=u8@0 "/demo@$at"
    assert_equal "$stderr" "shm_open(\"/demo\", O_RDONLY, 000) = 3
fstat(3, {st_mode=S_IFREG|0640, st_uid=$(id -u), st_gid=$(id -g), st_size=4096, ...}) = 0
mmap($at, 4096, PROT_READ, MAP_SHARED|MAP_FIXED_NOREPLACE, 3, 0) = $at
close(3) = 0
munmap($at, 4096) = 0"
    run --separate-stderr bare shmattach --calls "/demo@$at,remap,exec"
    assert_regex "$stderr" "mmap\($at, 4096, PROT_READ\|PROT_WRITE\|PROT_EXEC, MAP_SHARED\|MAP_FIXED, 3, 0\) = $at"
    run --separate-stderr bare shmctl-tool --calls set -m 0600 -u ":$(id -g)" /demo
    assert_equal "$stderr" "shm_open(\"/demo\", O_RDONLY, 000) = 3
fchown(3, -1, $(id -g)) = 0
fchmod(3, 0600) = 0
close(3) = 0"
    run --separate-stderr bare shmctl-tool --calls resize 8K /demo
    assert_equal "$stderr" 'shm_open("/demo", O_RDWR, 000) = 3
ftruncate(3, 8192) = 0
close(3) = 0'
    run --separate-stderr bare shmctl-tool --calls rm /demo
    assert_equal "$stderr" 'shm_unlink("/demo") = 0'
    run --separate-stderr bare shmctl-tool --calls rm /demo
    assert_equal "${stderr_lines[0]}" 'shm_unlink("/demo") = -1 ENOENT (No such file or directory)'
}

# strace(1) sees the files that shm_open(3) opens and removes.
@test "--calls: strace sees the same" {
    # LeakSanitizer does not work under another tracer.
    ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 run --separate-stderr strace -qq -o trace -e trace=openat,ftruncate,mmap,munmap shmcreate -n /demo 64K
    assert_success
    run grep -c -e 'openat(AT_FDCWD, "/dev/shm/demo", O_RDWR|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0600)' \
        -e '^ftruncate(.*, 65536) ' trace
    assert_output 2
}

@test "refused: the rule and the facts, for each errno that the kernel can be made to give" {
    mkdir /dev/shm/folder && ln -s demo /dev/shm/link && mkfifo /dev/shm/pipe
    shmcreate -n /demo 4K
    shmcreate -n /empty 0
    local row
    while IFS= read -r row; do
        eval "run --separate-stderr ${row%% => *}"
        assert_failure 1
        assert_regex "${row%% => *}: ${stderr_lines[0]}" "${row#* => }"
        assert_regex "${stderr_lines[1]-hint: }" '^hint: '
    done <<'END'
shmattach /nothing => shm_open: ENOENT: there is no POSIX object /nothing
shmattach /folder => shm_open: EINVAL: /folder is a directory
shmattach -r /folder => mmap: ENODEV: /folder is in /dev/shm, but it is not a regular file
shmattach /link => shm_open: ELOOP: /link is a symbolic link
shmattach -r /pipe => mmap: EINVAL: /pipe is in /dev/shm, but it is not a regular file
shmattach /empty => mmap: EINVAL: object /empty has 0 bytes
shmattach /demo@0xfffffffffffff000 => mmap: (ENOMEM|EINVAL|EEXIST): .
shmctl-tool rm /nothing => shm_unlink: ENOENT: there is no POSIX object /nothing
shmctl-tool rm /folder => shm_unlink: E[A-Z]+: .
shmctl-tool resize 15E /demo => ftruncate: E(FBIG|INVAL): [0-9]+ bytes exceed|ftruncate: EINVAL: no file can have
bash -c 'ulimit -f 1; trap "" XFSZ; shmcreate -n /long 4K' => ftruncate: EFBIG: 4096 bytes exceed this process's limit for a file: 1024 \(RLIMIT_FSIZE\)
END
    assert_equal "$(shm_files | xargs)" "demo empty folder link pipe"
}

@test "refused: each errno that the kernel cannot be made to give, by injection" {
    local row
    shmcreate -n /demo 4K
    while IFS= read -r row; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr with_fault ${row%% => *}
        assert_failure 1
        assert_regex "${row%% => *}: ${stderr_lines[0]}" "${row#* => }"
        assert_regex "${stderr_lines[1]-}" '^hint: '
    done <<'END'
shm_open=EMFILE shmattach /demo => shm_open: EMFILE: this process has reached its limit of open descriptors: [0-9]+ \(RLIMIT_NOFILE\)
shm_open=ENFILE shmattach /demo => shm_open: ENFILE: the system has reached its limit of open files: [0-9]+
shm_open=ENAMETOOLONG shmattach /demo => shm_open: ENAMETOOLONG: the C library does not accept this name of 5 characters
shm_open=ENXIO shmattach /demo => shm_open: ENXIO: /demo is a socket or a pipe
shm_open=EIO shmattach /demo => shm_open: EIO: Input/output error
shm_open=ENOSPC shmcreate -n /new 4K => shm_open: ENOSPC: /dev/shm is full
ftruncate=ENOSPC shmcreate -n /new 4K => ftruncate: ENOSPC: /dev/shm is full
ftruncate=EPERM shmctl-tool resize 0 /demo => ftruncate: EPERM: a seal on object /demo forbids
ftruncate=EINVAL shmctl-tool resize 0 /demo => ftruncate: EINVAL: no file can have 0 bytes
fchmod=EROFS shmctl-tool set -m 600 /demo => fchmod: EROFS: /dev/shm is mounted read-only
fchown=EINVAL shmctl-tool set -u 1 /demo => fchown: EINVAL: the given owner or group is not mapped in this user
shm_unlink=EROFS shmctl-tool rm /demo => shm_unlink: EROFS: /dev/shm is mounted read-only
END
    # What could not get its size was taken away again.
    assert_equal "$(shm_files)" demo
}

@test "refused: /dev/shm full, of files and of bytes, read-only and noexec" {
    run unshare --mount bash -c 'mount -t tmpfs -o nr_inodes=2 tmpfs /dev/shm
        shmcreate -n /a 4K && shmcreate -n /b 4K'
    assert_failure 1
    assert_line --partial 'shm_open: ENOSPC: /dev/shm has reached its limit of files: 2 (nr_inodes)'
    run unshare --mount bash -c 'mount -t tmpfs -o size=64k tmpfs /dev/shm
        shmcreate -n /a 1M && shmattach --fill=1 /a'
    assert_failure 1
    assert_line --partial 'shmattach: SIGBUS: /dev/shm is full: there is no page'
    run unshare --mount bash -c 'mount -t tmpfs -o size=64k tmpfs /dev/shm
        head -c 1M /dev/zero | shmcreate -n /a --input=- 1M; ls /dev/shm'
    assert_output 'shmcreate: -: read: EFAULT: /dev/shm is full: there is no page for this part of the object'
    run unshare --mount bash -c 'mount -t tmpfs -o ro tmpfs /dev/shm; shmcreate -n /a 4K'
    assert_failure 1
    assert_line --partial 'shm_open: EROFS: /dev/shm is mounted read-only'
    run unshare --mount bash -c 'mount -t tmpfs -o noexec tmpfs /dev/shm; shmcreate -n /a 4K; shmattach /a,exec'
    assert_failure 1
    assert_line --partial 'mmap: EPERM: /dev/shm is mounted noexec'
}

@test "another user: shut out by the mode, and by the sticky folder" {
    need_second_user
    shmcreate -n /demo 4K
    run as_nobody shmattach /demo
    assert_failure 1
    assert_line --index 0 "shmattach: /demo: shm_open: EACCES: object /demo belongs to root:root with mode 0600, which grants nobody (others) no access; the call requested read and write"
    run as_nobody shmstat -n --raw -o SEGMENT,OWNER,SIZE /demo
    assert_success
    assert_output "/demo root 4096"
    run as_nobody shmctl-tool rm /demo
    assert_failure 1
    assert_line --index 0 "shmctl-tool: /demo: shm_unlink: EACCES: object /demo belongs to root, and /dev/shm is sticky: nobody may not remove the files of others"
    shmctl-tool set -m 0644 /demo
    run as_nobody shmattach /demo
    assert_line --index 1 --regexp '^hint: attach it read-only: /demo,ro; or root can grant more'
    run as_nobody shmattach /demo,ro
    assert_success
    run as_nobody shmctl-tool set -m 0666 /demo
    assert_failure 1
    assert_line --index 0 "shmctl-tool: /demo: fchmod: EPERM: object /demo belongs to root, not to nobody"
    shmctl-tool set -u nobody /demo
    run as_nobody shmctl-tool set -u root /demo
    assert_failure 1
    assert_line --index 0 --regexp 'fchown: EPERM: an object is a file: its owner may change its group'
    run as_nobody shmctl-tool rm /demo
    assert_success
}

# --- an object that is truncated under its mapping ----------------------------------

# The pipe is full long before the end, so the object is cut while it is being read.
@test "truncated while it is mapped: SIGBUS is caught and explained, exit 1" {
    head -c 4M /dev/urandom | shmcreate -n /demo --input=- 4M
    shmattach --dump /demo 2>stderr > >(read -r _; shmctl-tool resize 4K /demo; cat >/dev/null) && status=0 || status=$?
    assert_equal "$status" 1
    run cat stderr
    assert_line --index 0 "shmattach: SIGBUS: the object was truncated to 4096 bytes while it was mapped with 4194304"
    assert_line --index 1 "hint: map it again: a mapping does not follow the size of its object"
}

@test "truncated while it is mapped: a read that the kernel does is explained as well" {
    shmcreate -n /demo 8M
    shmattach --fill=1 /demo
    shmattach --read /demo 2>stderr > >(head -c 1 >/dev/null; shmctl-tool resize 4K /demo; cat >/dev/null) && status=0 || status=$?
    assert_equal "$status" 1
    run cat stderr
    assert_output "shmattach: /demo: read: EFAULT: the object was truncated to 4096 bytes while it was mapped with 8388608"
}

# --- other programs -----------------------------------------------------------------

@test "python3's multiprocessing.shared_memory creates: we list, read and write" {
    hold_with /usr/bin/python3 -c '
import sys
from multiprocessing import shared_memory
m = shared_memory.SharedMemory(name="theirs", create=True, size=5000)
m.buf[:5] = b"hello"
print("ready", flush=True)
sys.stdin.readline()
print(bytes(m.buf[:5]).decode(), file=open("got", "w"))
m.close()
m.unlink()'
    assert_equal "$(shmattach --read=0:5 /theirs)" hello
    run shmstat -n --raw -o KIND,NAME,SIZE,NATTCH /theirs
    assert_output "posix /theirs 5000 1"
    run shmstat -p -n --raw -o PID,PROT /theirs
    assert_line "$holder rw-"
    # It keeps its descriptor, too: one that maps is not told a second time.
    assert_equal "$(grep -c "^$holder " <<<"$output")" 1
    printf 'world' | shmattach --write /theirs
    let_go
    assert_equal "$(<got)" world
    assert_equal "$(shm_files)" ""
}

@test "python3's multiprocessing.shared_memory opens what we made" {
    shmcreate -n /ours 8K
    shmattach --set=str@0=hello /ours
    run /usr/bin/python3 -c '
from multiprocessing import resource_tracker, shared_memory
m = shared_memory.SharedMemory(name="ours")
resource_tracker.unregister(m._name, "shared_memory")
print(m.size, bytes(m.buf[:5]).decode())
m.buf[:5] = b"world"
m.close()'
    assert_success
    assert_output "8192 hello"
    assert_equal "$(shmattach --get=str@0 /ours)" world
}
