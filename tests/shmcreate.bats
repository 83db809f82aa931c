#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# shmcreate: what it makes, what it prints, and that it leaves nothing behind
# when it cannot do all that was asked.  How refusals are worded is for
# explain.bats, how calls are traced for calls.bats.

load helpers/common

setup() {
    trace_failures
    cd "$BATS_TEST_TMPDIR" || return
}

# Limits of this namespace that a test lowered, with what they were.
declare -gA limits_before=()

# limit NAME VALUE: set kernel.NAME for the rest of the test.
limit() {
    local file=/proc/sys/kernel/$1
    [[ -v limits_before[$1] ]] || limits_before[$1]=$(<"$file")
    (echo "$2" >"$file") 2>/dev/null || skip "this kernel lets no user namespace set kernel.$1"
}

# The writing end of a pipe that a shmcreate in the background reads from.
input=

teardown() {
    local name
    [[ -z $input ]] || exec {input}>&- # or one that still waits would stay
    for name in "${!limits_before[@]}"; do echo "${limits_before[$name]}" >"/proc/sys/kernel/$name"; done
    clean_up
}

# create ARGUMENT...: it works and prints a bare id, now in $id.
create() {
    run --separate-stderr shmcreate "$@"
    assert_success
    assert_output --regexp '^[0-9]+$'
    id=$output
}

# assert_quiet: nothing on standard error.
assert_quiet() {
    assert_equal "$stderr" ""
}

# refuses STATUS ARGUMENT...: it ends with STATUS, prints nothing on standard
# output, and every segment is as it was.
refuses() {
    local before
    before=$(</proc/sysvipc/shm)
    run --separate-stderr shmcreate "${@:2}"
    assert_failure "$1"
    assert_output ""
    assert_equal "$(</proc/sysvipc/shm)" "$before"
}

# assert_says TEXT: the first line of standard error is this.
assert_says() {
    # shellcheck disable=SC2154 # set by run
    assert_equal "${stderr_lines[0]}" "$1"
}

# assert_json KEY ID SIZE CREATED: $output is that, with the right types and no more.
assert_json() {
    jq -e --arg key "$1" --argjson id "$2" --argjson size "$3" --argjson created "$4" \
        '. == {segments: [{key: $key, id: $id, size: $size, created: $created}]}' <<<"$output"
}

# bytes_of ID COUNT: the segment's first bytes, not by our own hand.
bytes_of() {
    perl -e 'shmread($ARGV[0], $bytes, 0, $ARGV[1]) or die "shmread: $!"; print $bytes' "$1" "$2"
}

# assert_bytes ID FILE: the segment holds what FILE does.
assert_bytes() {
    bytes_of "$1" "$(stat -c %s "$2")" | cmp - "$2"
}

# --- the id ------------------------------------------------------------------

@test "create: prints the bare id of a new segment, and nothing else" {
    create 64K
    assert_quiet
    assert_equal "$(ids)" "$id"
    assert_equal "$(kernel_says "$id" key) $(kernel_says "$id" size) $(kernel_says "$id" nattch)" "0 65536 0"
    ipcs -m -i "$id" | grep -q 'bytes=65536'
}

@test "create: stdin and stderr may be closed" {
    run bash -c 'shmcreate 4K <&- 2>&-'
    assert_success
    assert_output --regexp '^[0-9]+$'
    assert_equal "$(ids)" "$output"
}

@test "create: SIZE in every notation becomes as many bytes" {
    local row text bytes
    for row in 1:1 4096:4096 12B:12 4K:4096 4k:4096 4KiB:4096 4kib:4096 4KB:4000 1M:1048576 2MiB:2097152 \
        2MB:2000000 1G:1073741824 1GiB:1073741824 1GB:1000000000 1T:1099511627776 1TB:1000000000000; do
        text=${row%:*} bytes=${row#*:}
        create --noreserve "$text"
        assert_equal "$text: $(kernel_says "$id" size)" "$text: $bytes"
    done
}

@test "create: options may follow SIZE, long ones may be cut short, -- ends them" {
    create 4K -k 5
    assert_equal "$(kernel_says "$id" key)" 5
    create --excl --key 6 -- 4K
    assert_equal "$(kernel_says "$id" key)" 6
    refuses 2 -- -x
    assert_equal "$stderr" "shmcreate: -x: a size is a whole number with K, M, G, T, P, E (powers of 1024; KiB, ... too) or KB, MB, ... (powers of 1000)"
}

# --- -k, --key ---------------------------------------------------------------

@test "-k: without it the key is IPC_PRIVATE, and each call makes a new segment" {
    local first
    create 4K
    first=$id
    create 4K
    assert_not_equal "$id" "$first"
    assert_equal "$(kernel_says "$first" key) $(kernel_says "$id" key)" "0 0"
}

@test "-k: 0 and 0x0 are IPC_PRIVATE too" {
    local key
    for key in 0 0x0 0x00000000; do
        create -k "$key" 4K
        assert_quiet
        assert_equal "$(kernel_says "$id" key)" 0
    done
    assert_equal "$(ids | wc -l)" 3
}

@test "-k: hexadecimal and decimal, short and long, with and without a blank" {
    local row
    # The kernel prints keys as signed numbers.
    for row in '-k 0x4d2:1234' '-k 1235:1235' '-k0x4D4:1236' '--key=0X4d5:1237' '--key 1238:1238' '--key=0x7fffffff:2147483647' \
        '-k 2147483648:-2147483648' '-k 0x80000001:-2147483647' '-k 4294967294:-2' '-k 0xffffffff:-1'; do
        eval "create ${row%:*} 4K"
        assert_quiet
        assert_equal "$row $(kernel_says "$id" key)" "$row ${row##*:}"
    done
}

# ftok_key FILE PROJ: what ftok(3) makes, PROJ as a number, in the kernel's notation.
ftok_key() {
    local device inode
    read -r device inode < <(stat -L -c '%d %i' "$1")
    # To a signed number of 32 bits.
    echo $((((($2 & 0xff) << 24 | (device & 0xff) << 16 | (inode & 0xffff)) ^ 0x80000000) - 0x80000000))
}

@test "-k ftok: the key is made of PROJ, device and inode, PROJ being 1 unless given" {
    local row operand path proj
    touch file with:colon '?'
    ln -s file link
    mkdir folder
    while read -r operand path proj; do
        create -k "ftok:$operand" 4K
        assert_quiet
        assert_equal "$operand $(kernel_says "$id" key)" "$operand $(ftok_key "$path" "$proj")"
        ipcrm -m "$id" # or link and file, which are one, may meet
    done <<'END'
file            file            1
file:1          file            1
file:A          file            65
file:7          file            7
file:255        file            255
file:z          file            122
link:2          link            2
folder/:3       folder          3
/:4             /               4
/proc/version:5 /proc/version   5
with:colon:6    with:colon      6
?:?             ?               63
END
}

@test "-k ftok: agrees with the ftok(3) of another program" {
    touch file
    create -k ftok:file:Q 4K
    assert_equal "$(kernel_says "$id" key)" \
        "$(perl -MIPC::SysV=ftok -e 'print unpack "l", pack "L", ftok("file", ord "Q") & 0xffffffff')"
}

@test "-k ftok: a path that leads nowhere is refused, and nothing is made" {
    touch file
    refuses 1 -k ftok:none 4K
    assert_says "shmcreate: ftok:none: ftok: ENOENT: ftok makes the key from the device and inode of none: No such file or directory"
    refuses 1 -k ftok:file/below:A 4K
    assert_says "shmcreate: ftok:file/below:A: ftok: ENOTDIR: ftok makes the key from the device and inode of file/below: Not a directory"
}

# --- a key that exists; -x, -o -----------------------------------------------

@test "existing key: is opened, and standard error says so" {
    local first
    create -k 0x4d2 64K
    first=$id
    create -k 1234 4K
    assert_equal "$id" "$first"
    assert_equal "$stderr" "shmcreate: 1234: this key already names segment $first, which was opened"
    create -k 1234 64K
    assert_equal "$id" "$first"
    create -k 1234 0
    assert_equal "$id" "$first"
    assert_equal "$(kernel_says "$first" size)" 65536
}

@test "existing key: one that is too small is refused, and stays" {
    create -k 0x4d2 4K
    refuses 1 -k 0x4d2 4097
    assert_says "shmcreate: 0x4d2: shmget: EINVAL: segment $id has 4096 bytes, but 4097 were requested"
}

@test "existing key: a removed segment that still exists no longer has it" {
    local first
    create -k 0x4d2 4K
    first=$id
    hold "$first"
    ipcrm -m "$first"
    create -x -k 0x4d2 4K
    assert_quiet
    assert_not_equal "$id" "$first"
}

@test "-x: makes a new one, and refuses one that exists" {
    local option key=80
    for option in -x --exclusive; do
        create "$option" -k "$((++key))" 4K
        assert_quiet
        refuses 1 -k "$key" "$option" 4K
        assert_says "shmcreate: $key: shmget: EEXIST: this key already names segment $id (4 KiB, owner root)"
    done
}

@test "-x: IPC_PRIVATE is always new" {
    create -x 4K
    assert_quiet
    create -x -k 0 4K
    assert_quiet
    assert_equal "$(ids | wc -l)" 2
}

@test "-o: opens what exists, whatever its size, and says nothing" {
    local first option size
    create -k 0x4d2 64K
    first=$id
    for option in -o --open; do
        for size in 0 1 64K; do
            create "$option" -k 0x4d2 "$size"
            assert_equal "$id" "$first"
            assert_quiet
        done
    done
    refuses 1 -o -k 0x4d2 65537
    assert_says "shmcreate: 0x4d2: shmget: EINVAL: segment $first has 65536 bytes, but 65537 were requested"
}

@test "-o: never creates" {
    refuses 1 -o -k 0x4d2 4K
    assert_says "shmcreate: 0x4d2: shmget: ENOENT: no segment has key 0x000004d2"
}

@test "-o: asks for no permission but what -m says" {
    need_second_user
    create -k 0x4d2 -m 0004 4K
    run --separate-stderr as_nobody shmcreate -o -k 0x4d2 4K
    assert_success
    assert_output "$id"
    run --separate-stderr as_nobody shmcreate -o -m 0004 -k 0x4d2 4K
    assert_success
    assert_output "$id"
    run --separate-stderr as_nobody shmcreate -o -m 0006 -k 0x4d2 4K
    assert_failure 1
    assert_output ""
    assert_says "shmcreate: 0x4d2: shmget: EACCES: segment $id belongs to root:root with mode 0004, which grants nobody (others) read access only; the call requested 0006"
}

@test "someone else's segment: is not opened without the permission" {
    need_second_user
    create -k 0x4d2 4K
    run --separate-stderr as_nobody shmcreate -k 0x4d2 4K
    assert_failure 1
    assert_output ""
    assert_says "shmcreate: 0x4d2: shmget: EACCES: segment $id belongs to root:root with mode 0600, which grants nobody (others) no access; the call requested 0600"
}

# --- -m, --mode --------------------------------------------------------------

@test "-m: 0600 without it, and umask changes nothing" {
    local mask made
    for mask in 000 022 077 777; do
        made=$(umask "$mask" && shmcreate 4K)
        assert_equal "$mask $(kernel_says "$made" perms)" "$mask 600"
        made=$(umask "$mask" && shmcreate -m 0666 4K)
        assert_equal "$mask $(kernel_says "$made" perms)" "$mask 666"
    done
}

@test "-m: octal, with and without a leading 0, short and long" {
    local row
    for row in '-m 0:0' '-m 0000:0' '-m 644:644' '-m 0640:640' '-m0444:444' '--mode=0777:777' '--mode 7:7'; do
        eval "create ${row%:*} 4K"
        assert_equal "$row $(kernel_says "$id" perms)" "$row ${row#*:}"
    done
}

@test "-m: is for new segments; what is opened keeps its own" {
    create -k 0x4d2 -m 0640 4K
    create -k 0x4d2 -m 0600 4K
    assert_equal "$(kernel_says "$id" perms)" 640
}

@test "-m: the segment belongs to the caller" {
    need_second_user
    run --separate-stderr as_nobody shmcreate 4K
    assert_success
    assert_equal "$(kernel_says "$output" uid) $(kernel_says "$output" cuid) $(kernel_says "$output" gid)" "65534 65534 65534"
}

# --- --noreserve, --huge -----------------------------------------------------

# mapping_says NAME: attaches segment $id, and puts into $said what smaps has
# under NAME for it.
mapping_says() {
    hold "$id"
    said=$(awk -v name="$1:" '/^[0-9a-f]+-/ { ours = / \/SYSV/ } ours && $1 == name { $1 = ""; print substr($0, 2) }' \
        "/proc/$holder/smaps")
    let_go
}

# The kernel shows the flag nowhere, only what comes of it.
@test "--noreserve: makes a segment that is larger than memory and swap, which otherwise is refused" {
    local kib
    kib=$(awk '$1 == "MemTotal:" || $1 == "SwapTotal:" { kib += $2 } END { print 2 * kib }' /proc/meminfo)
    create --noreserve "${kib}K"
    assert_equal "$(kernel_says "$id" size)" $((kib * 1024))
    if [[ $(</proc/sys/vm/overcommit_memory) == 1 ]]; then
        create "${kib}K" # for here nothing is ever counted
    else
        refuses 1 "${kib}K"
        assert_regex "$stderr" "^shmcreate: ${kib}K: shmget: ENOMEM: "
    fi
}

# huge_sizes: the sizes of huge page that this machine has, in KiB.
huge_sizes() {
    local folder
    for folder in /sys/kernel/mm/hugepages/hugepages-*kB; do
        [[ -d $folder ]] || continue
        folder=${folder##*-}
        echo "${folder%kB}"
    done
}

# The kernel asks for CAP_IPC_LOCK on the machine, not in a namespace.
need_huge_pages() {
    [[ $IPCLAB_NAMESPACE == root ]] || skip "needs CAP_IPC_LOCK on the machine itself"
}

@test "--huge --noreserve: pages of the size asked for, with none of them free" {
    need_huge_pages
    local kib
    for kib in $(huge_sizes); do
        create --huge="${kib}K" --noreserve 4K
        assert_quiet
        mapping_says KernelPageSize
        assert_equal "$said" "$kib kB"
    done
    # Without a size it is the machine's own choice.
    kib=$(awk '$1 == "Hugepagesize:" { print $2 }' /proc/meminfo)
    if [[ -n $kib ]]; then
        create --huge --noreserve 4K
        mapping_says KernelPageSize
        assert_equal "$said" "$kib kB"
    fi
    create 4K
    mapping_says KernelPageSize
    assert_equal "$said" "$(($(getconf PAGESIZE) / 1024)) kB"
}

@test "--huge: without --noreserve the pages must be free; the message says how many are missing" {
    need_huge_pages
    local kib folder free total
    for kib in $(huge_sizes); do
        folder=/sys/kernel/mm/hugepages/hugepages-${kib}kB
        total=$(<"$folder/nr_hugepages")
        free=$(($(<"$folder/free_hugepages") - $(<"$folder/resv_hugepages")))
        refuses 1 --huge="${kib}K" "$((kib * (free + 2)))K"
        assert_regex "${stderr_lines[0]}" "^shmcreate: $((kib * (free + 2)))K: shmget: ENOMEM: $((free + 2)) huge pages of $((kib >> 10 ? kib >> 20 ? kib >> 20 : kib >> 10 : kib)) [KMG]iB are needed, but $free are free and not reserved\$"
        assert_equal "${stderr_lines[1]}" "hint: add huge pages as root: echo $((total + 2)) > $folder/nr_hugepages"
        ((free == 0)) || create --huge="${kib}K" 4K
    done
}

@test "--huge: a size of page that the machine has not is refused" {
    need_huge_pages
    refuses 1 --huge=4K --noreserve 4K
    assert_says "shmcreate: 4K: shmget: EINVAL: this machine has no huge pages of 4 KiB"
    refuses 1 --huge=8E --noreserve 4K
    assert_says "shmcreate: 4K: shmget: EINVAL: this machine has no huge pages of 8 EiB"
}

@test "--huge --noreserve -i: with no page to be had it is exit 1, and nothing is left" {
    need_huge_pages
    local kib folder
    printf hello >data
    for kib in $(huge_sizes); do
        folder=/sys/kernel/mm/hugepages/hugepages-${kib}kB
        (($(<"$folder/free_hugepages") == $(<"$folder/resv_hugepages"))) || continue
        refuses 1 --huge="${kib}K" --noreserve -i data 4K
        assert_equal "$stderr" "shmcreate: data: read: EFAULT: the kernel has no page for this part of the segment"
    done
}

# --- -i, --input -------------------------------------------------------------

@test "-i: input of exactly SIZE fills it, from a file, a pipe and standard input" {
    head -c 300000 /dev/urandom >data
    local option
    for option in '-i data' '-idata' '--input=data' '--input data'; do
        eval "create $option 300000"
        assert_quiet
        assert_bytes "$id" data
        assert_equal "$(kernel_says "$id" nattch)" 0
    done
    create -i - 300000 <data
    assert_bytes "$id" data
    create -i - 300000 < <(cat data)
    assert_bytes "$id" data
}

@test "-i: shorter input leaves the rest zero; no input leaves all zero" {
    printf hello >data
    create -i data 8
    printf 'hello\0\0\0' >expected
    assert_bytes "$id" expected
    create -i /dev/null 4K
    head -c 4096 /dev/zero >expected
    assert_bytes "$id" expected
}

@test "-i -: begins where standard input stands" {
    local made
    printf 'a line\nhello' >data
    made=$({ read -r _ && shmcreate -i - 5; } <data)
    printf hello >expected
    assert_bytes "$made" expected
}

@test "-i: a file called - is ./-" {
    printf hello >./-
    create -i ./- 5
    assert_bytes "$id" ./-
}

@test "-i: fills a segment that it opens, and leaves what is beyond the input" {
    printf 0123456789 >data
    create -k 0x4d2 -i data 10
    printf abc >data
    create -k 0x4d2 -i data 10
    printf abc3456789 >expected
    assert_bytes "$id" expected
}

@test "-i: input that does not fit is an error, and the new segment is removed" {
    printf 0123456789 >data
    refuses 1 -i data 7
    assert_equal "$stderr" "shmcreate: data: 3 bytes did not fit; the first 7 were written"
    refuses 1 -i - 9 < <(cat data)
    assert_equal "$stderr" "shmcreate: -: 1 bytes did not fit; the first 9 were written"
    refuses 1 -k 0x4d2 --json -i data 5
    assert_equal "$stderr" "shmcreate: data: 5 bytes did not fit; the first 5 were written"
}

@test "-i: the message says by how much a file is too long" {
    printf 0123456789 >data
    refuses 1 -i data 2
    assert_equal "$stderr" "shmcreate: data: 8 bytes did not fit; the first 2 were written"
    truncate -s 1T data
    refuses 1 -i data 2
    assert_equal "$stderr" "shmcreate: data: $(((1 << 40) - 2)) bytes did not fit; the first 2 were written"
}

@test "-i: endless input is an error, not an endless wait" {
    run --separate-stderr timeout 60 shmcreate -i /dev/zero 4K
    assert_failure 1
    assert_equal "$output$stderr" "shmcreate: /dev/zero: more than 67108864 bytes did not fit; the first 4096 were written"
    assert_equal "$(ids)" ""
}

@test "-i: input that does not fit into a segment that was opened: that one stays" {
    printf 0123456789 >data
    create -k 0x4d2 6
    run --separate-stderr shmcreate -k 0x4d2 -i data 6
    assert_failure 1
    assert_output ""
    assert_says "shmcreate: 0x4d2: this key already names segment $id, which was opened"
    assert_equal "${stderr_lines[1]}" "shmcreate: data: 4 bytes did not fit; the first 6 were written"
    assert_equal "$(ids) $(bytes_of "$id" 6)" "$id 012345"
    run --separate-stderr shmcreate -o -k 0x4d2 -i none 4
    assert_failure 1
    assert_equal "$(ids)" "$id"
}

@test "-i: a FILE that cannot be opened or read: exit 1, and nothing is left" {
    touch closed
    chmod 000 closed
    mkdir folder
    refuses 1 -i none 4K
    assert_equal "$stderr" "shmcreate: none: open: No such file or directory"
    refuses 1 -i closed/below 4K
    assert_equal "$stderr" "shmcreate: closed/below: open: Not a directory"
    refuses 1 -i folder 4K
    assert_equal "$stderr" "shmcreate: folder: read: Is a directory"
    refuses 1 -i "" 4K
    assert_equal "$stderr" "shmcreate: : open: No such file or directory"

    # Root may read everything, unless it gives that up.
    run --separate-stderr setpriv --bounding-set=-dac_override,-dac_read_search -- shmcreate -i closed 4K
    assert_failure 1
    assert_output ""
    assert_equal "$stderr" "shmcreate: closed: open: Permission denied"
    assert_equal "$(ids)" ""
}

@test "-i -: closed standard input: exit 1, and nothing is left" {
    run --separate-stderr bash -c 'shmcreate -i - 4K <&-'
    assert_failure 1
    assert_output ""
    assert_equal "$stderr" "shmcreate: -: read: Bad file descriptor"
    assert_equal "$(ids)" ""
}

@test "-i: a segment whose mode keeps its own creator out cannot be filled: exit 1, and nothing is left" {
    run --separate-stderr setpriv --bounding-set=-ipc_owner -- shmcreate -m 0 -i /dev/null 4K
    assert_failure 1
    assert_output ""
    assert_regex "${stderr_lines[0]}" '^shmcreate: 4K: shmat: EACCES: segment [0-9]+ belongs to root:root with mode 0000, which grants root \(the owner\) no access; the call requested read and write$'
    assert_equal "$(ids)" ""
}

# --- signals -----------------------------------------------------------------

# start_waiting ARGUMENT...: a shmcreate in the background, reading from the
# other end of $input; comes back when it has made its segment ($made) and
# attached it.  A shell's background commands are deaf to SIGINT and SIGQUIT, so
# those are restored first; or $signals says how env(1) sets them.
start_waiting() {
    local lines line end=$((SECONDS + 60))
    mkfifo in
    env "${signals:---default-signal}" shmcreate "$@" <in >out 2>err 3>&- &
    waiting=$!
    exec {input}>in
    while :; do
        mapfile -t lines </proc/sysvipc/shm
        for line in "${lines[@]:1}"; do
            read -r _ made _ _ _ _ nattch _ <<<"$line"
            ((nattch == 0)) || return 0
        done
        ((SECONDS < end)) || fail "no segment was attached: $(<err)"
    done
}

# ended_by SIGNAL: sends it, and the process must end by it.
ended_by() {
    local status=0
    kill -s "$1" "$waiting"
    wait "$waiting" || status=$?
    exec {input}>&-
    assert_equal "$1: $((status - 128))" "$1: $(kill -l "$1")"
}

@test "signals: while it waits for input they end it, and the half-made segment goes" {
    local name
    ulimit -c 0
    # not SIGXFSZ, which is ignored: what it stands for is an error, EFBIG
    for name in INT TERM HUP QUIT PIPE ALRM USR1 USR2 ABRT XCPU VTALRM PROF IO PWR SYS STKFLT RTMIN RTMAX; do
        start_waiting -k 0x4d2 -i - 4K
        printf 'half of it' >&"$input"
        ended_by "$name"
        assert_equal "$name $(ids)$(<out)$(<err)" "$name "
        rm in
    done
}

@test "signals: a segment that was opened stays" {
    local first
    create -k 0x4d2 4K
    first=$id
    start_waiting -k 0x4d2 -i - 4K
    assert_equal "$made" "$first"
    ended_by TERM
    assert_equal "$(ids)$(<out)" "$first"
    assert_equal "$(<err)" "shmcreate: 0x4d2: this key already names segment $first, which was opened"
}

@test "signals: while a FIFO is opened they end it too" {
    local maker status=0 end=$((SECONDS + 60))
    mkfifo pipe
    env --default-signal shmcreate -i pipe 4K >out 2>err 3>&- &
    maker=$!
    until [[ -n $(ids) ]]; do ((SECONDS < end)) || fail "no segment was made"; done
    kill -s INT "$maker"
    wait "$maker" || status=$?
    assert_equal "$status $(ids)$(<out)$(<err)" "130 "
}

@test "signals: one that is ignored stays ignored" {
    local status=0 signals=--ignore-signal=HUP
    start_waiting -i - 4K
    printf hello >&"$input"
    kill -s HUP "$waiting"
    exec {input}>&-
    wait "$waiting" || status=$?
    assert_equal "$status $(<err)" "0 "
    assert_equal "$(bytes_of "$(<out)" 5)" hello
}

@test "-i: a FIFO is read to its end" {
    local maker status=0
    mkfifo pipe
    shmcreate -i pipe 10 >out 2>err 3>&- &
    maker=$!
    exec {input}>pipe
    printf hello >&"$input"
    printf world >&"$input"
    exec {input}>&-
    wait "$maker" || status=$?
    assert_equal "$status $(<err)" "0 "
    assert_equal "$(bytes_of "$(<out)" 10)" helloworld
}

# --- standard output ---------------------------------------------------------

# Whoever cannot read the id cannot remove the segment either.
@test "standard output: full or closed: exit 1, a message, and nothing is left" {
    local format
    for format in '' --json; do
        run --separate-stderr bash -c "shmcreate $format 4K >/dev/full"
        assert_failure 1
        assert_equal "$stderr" "shmcreate: standard output: write: No space left on device"
        assert_equal "$(ids)" ""
        run --separate-stderr bash -c "shmcreate $format 4K >&-"
        assert_failure 1
        assert_equal "$stderr" "shmcreate: standard output: write: Bad file descriptor"
        assert_equal "$(ids)" ""
    done
}

@test "standard output: full, and the segment was opened: it stays" {
    create -k 0x4d2 4K
    run --separate-stderr bash -c 'shmcreate -o -k 0x4d2 4K >/dev/full'
    assert_failure 1
    assert_equal "$stderr" "shmcreate: standard output: write: No space left on device"
    assert_equal "$(ids)" "$id"
}

@test "standard output: a pipe without a reader: nothing is left" {
    local reader writer status=0
    mkfifo pipe
    exec {reader}<>pipe
    exec {writer}>pipe
    exec {reader}<&-
    env --default-signal shmcreate 4K 1>&"$writer" 2>err || status=$?
    assert_equal "$((status - 128)) $(ids)$(<err)" "$(kill -l PIPE) "
    status=0
    env --ignore-signal=PIPE shmcreate 4K 1>&"$writer" 2>err || status=$?
    assert_equal "$status $(ids)$(<err)" "1 shmcreate: standard output: write: Broken pipe"
    exec {writer}>&-
}

@test "--help and --version: full standard output is an error" {
    local option
    for option in --help --version; do
        run --separate-stderr bash -c "shmcreate $option >/dev/full"
        assert_failure 1
        assert_equal "$stderr" "shmcreate: standard output: write: No space left on device"
    done
}

# --- --json ------------------------------------------------------------------

@test "--json: key, id, size and whether it was created, by type" {
    run --separate-stderr shmcreate --json -k 0x4d2 64K
    assert_success
    assert_quiet
    assert_json 0x000004d2 "$(ids)" 65536 true

    # The size is the segment's, not the one asked for.
    run --separate-stderr shmcreate --json -k 0x4d2 1
    assert_success
    assert_equal "$stderr" "shmcreate: 0x4d2: this key already names segment $(ids), which was opened"
    assert_json 0x000004d2 "$(ids)" 65536 false

    run --separate-stderr shmcreate -o --json -k 0x4d2 1
    assert_quiet
    assert_json 0x000004d2 "$(ids)" 65536 false
    ipcrm -m "$(ids)"

    run --separate-stderr shmcreate --json --noreserve 3G
    assert_json 0x00000000 "$(ids)" 3221225472 true
    ipcrm -m "$(ids)"

    run --separate-stderr shmcreate --json -k 0xfedcba98 1
    assert_json 0xfedcba98 "$(ids)" 1 true
}

@test "--json: a segment that may be opened but not read is printed all the same" {
    need_second_user
    create -k 0x4d2 4K
    run --separate-stderr as_nobody shmcreate -o --json -k 0x4d2 0
    assert_success
    assert_json 0x000004d2 "$id" 4096 false
}

# --- SIZE at its ends --------------------------------------------------------

@test "SIZE: 0 is refused for a new segment" {
    refuses 1 0
    assert_says "shmcreate: 0: shmget: EINVAL: a new segment needs at least 1 byte (SHMMIN), but 0 were requested"
    refuses 1 -k 0x4d2 0
    assert_says "shmcreate: 0x4d2: shmget: EINVAL: a new segment needs at least 1 byte (SHMMIN), but 0 were requested"
}

@test "SIZE: SHMMAX is the largest" {
    limit shmmax 1000000
    create 1000000
    assert_equal "$(kernel_says "$id" size)" 1000000
    refuses 1 1000001
    assert_says "shmcreate: 1000001: shmget: EINVAL: 1000001 bytes exceed SHMMAX, the limit for one segment: 1000000"
}

@test "SIZE: the largest that 64 bits hold reaches the kernel whole" {
    refuses 1 18446744073709551615
    assert_regex "$stderr" "^shmcreate: 18446744073709551615: shmget: EINVAL: 18446744073709551615 bytes exceed SHMMAX, the limit for one segment: $(</proc/sys/kernel/shmmax)"
}

# --- bad command lines -------------------------------------------------------

# check_bad ROW...: each "ARGUMENTS => what is said of them", ARGUMENTS as typed.
check_bad() {
    local row
    for row; do
        eval "refuses 2 ${row%% => *}"
        assert_equal "[${row%% => *}] $stderr" "[${row%% => *}] shmcreate: ${row#* => }"
    done
    assert_equal "$(ids)" ""
}

@test "bad command lines: exit 2, one line that names operand and rule, nothing done" {
    local size='a size is a whole number with K, M, G, T, P, E (powers of 1024; KiB, ... too) or KB, MB, ... (powers of 1000)'
    local key='a key is 0x and one to eight hexadecimal digits, a decimal number below 4294967296, or ftok:PATH[:PROJ]'
    local hex='a key is 0x and one to eight hexadecimal digits'
    local proj='PROJ, after the last colon, is one character or a number from 1 to 255'
    local mode='a mode is octal, from 0 to 0777: 0600, 640'
    local page='the size of a huge page is a power of 2: 2M, 1G'
    local open='give a key, not IPC_PRIVATE, which always creates a segment (-k 0x4d2), or a name (-n /NAME)'
    local rows=(
        " => missing operand SIZE; see shmcreate --help"
        "-k 5 => missing operand SIZE; see shmcreate --help"
        "-- => missing operand SIZE; see shmcreate --help"
        "4K 4K => 4K: unexpected operand; see shmcreate --help"
        "4K '' => : unexpected operand; see shmcreate --help"
        "'' => : $size"
        "x => x: $size"
        "-- -1 => -1: $size"
        "-1 => -1: no such option; see --help"
        "0x1000 => 0x1000: $size"
        "4Q => 4Q: $size"
        "4KKB => 4KKB: $size"
        "'4 K' => 4 K: $size"
        "' 4K' =>  4K: $size"
        "1.5K => 1.5K: $size"
        "1,000 => 1,000: $size"
        "18446744073709551616 => 18446744073709551616: this size does not fit in 64 bits"
        "16E => 16E: this size does not fit in 64 bits"
        "\$'4\\e[31mK' => 4\\033[31mK: $size"
        "\$'4\\n' => 4\\012: $size"
        "-k '' 4K => : $key"
        "-k x 4K => x: $key"
        "-k -1 4K => -1: $key"
        "-k 010 4K => 010: $key"
        "-k 4294967296 4K => 4294967296: $key"
        "-k 0x 4K => 0x: $hex"
        "-k 0x123456789 4K => 0x123456789: $hex"
        "-k 0xg 4K => 0xg: $hex"
        "-k /name 4K => /name: $key"
        "-k ftok: 4K => ftok:: ftok: needs a path: ftok:PATH[:PROJ]"
        "-k ftok:/: 4K => ftok:/:: $proj"
        "-k ftok:/:: 4K => ftok:/::: $proj"
        "-k ftok:/:0 4K => ftok:/:0: $proj"
        "-k ftok:/:256 4K => ftok:/:256: $proj"
        "-k ftok:/:AB 4K => ftok:/:AB: $proj"
        "-m '' 4K => : $mode"
        "-m 8 4K => 8: $mode"
        "-m 1000 4K => 1000: $mode"
        "-m 01777 4K => 01777: $mode"
        "-m u=rw 4K => u=rw: $mode"
        "-m -1 4K => -1: $mode"
        "--huge=3M 4K => 3M: $page"
        "--huge=0 4K => 0: $page"
        "--huge=2048 4K => 2048: $page"
        "--huge=x 4K => x: $page"
        "--huge= 4K => : $page"
        "--huge 2M 4K => 4K: unexpected operand; see shmcreate --help"
        "-o 4K => --open: $open"
        "-o -k 0 4K => --open: $open"
        "-o -k 0x0 4K => --open: $open"
        "-o -x -k 5 4K => --open: not allowed with --exclusive"
        "-k => -k: this option needs an argument"
        "4K -m => -m: this option needs an argument"
        "4K -i => -i: this option needs an argument"
        "-q 4K => -q: no such option; see --help"
        "-xq 4K => -q: no such option; see --help"
        "--nothing 4K => --nothing: no such option; see --help"
        "--h 4K => --h: no such option; see --help"
    )
    check_bad "${rows[@]}"
}

@test "bad command lines: a long option is named as it was typed" {
    check_bad "4K --key => --key: this option needs an argument" \
        "--json=x 4K => --json=x: this option takes no argument" \
        "--exclusive=yes 4K => --exclusive=yes: this option takes no argument"
}

# --- many at once ------------------------------------------------------------

# crowd ARGUMENT...: two hundred shmcreate at once, each writing out.N and
# status.N.  All wait at a gate, which opens by a byte for each.
crowd() {
    local gate i status pids=()
    mkfifo gate
    exec {gate}<>gate
    for ((i = 0; i < 200; i++)); do
        {
            read -rN 1 _ <&"$gate"
            status=0
            shmcreate "$@" >"out.$i" 2>"err.$i" || status=$?
            echo "$status" >"status.$i"
        } 3>&- &
        pids+=("$!")
    done
    printf '%.0s.' {1..200} >&"$gate"
    wait "${pids[@]}"
    exec {gate}>&-
}

# count FILE...: how often each content occurs, the most frequent first.
count() {
    sort "$@" | uniq -c | sort -rn | awk '{ $1 = $1; print }'
}

@test "two hundred -x at once on one key: exactly one wins" {
    crowd -x -k 0x4d2 4K
    assert_equal "$(count status.*)" $'199 1\n1 0'
    assert_equal "$(cat out.*)" "$(ids)"
    assert_equal "$(ids | wc -l)" 1
    assert_equal "$(grep -h '^shmcreate' err.* | count)" \
        "199 shmcreate: 0x4d2: shmget: EEXIST: this key already names segment $(ids) (4 KiB, owner root)"
}

@test "two hundred at once on one key without -x: all print the same id, one of them made it" {
    crowd -k 0x4d2 4K
    assert_equal "$(count status.*)" "200 0"
    assert_equal "$(count out.*)" "200 $(ids)"
    assert_equal "$(ids | wc -l)" 1
    assert_equal "$(count err.*)" "199 shmcreate: 0x4d2: this key already names segment $(ids), which was opened"
}

@test "the segment goes between finding its key taken and opening it: it is made anew" {
    # That the key is taken is injected, so the open finds nothing for real.
    ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 run --separate-stderr strace -o trace -e trace=shmget \
        -e inject=shmget:error=EEXIST:when=1 shmcreate -k 0x4d2 4K
    assert_success
    assert_output "$(ids)"
    assert_quiet
    assert_equal "$(awk '{ print $NF == "(INJECTED)" ? "injected" : $0 ~ /ENOENT/ ? "ENOENT" : "done" }' trace | head -n 3 | xargs)" \
        "injected ENOENT done"
}

# --- help, version, trace ----------------------------------------------------

@test "--help: fits a screen of 24 lines and 80 columns, and ends with an example that works" {
    run --separate-stderr shmcreate --help
    assert_success
    assert_quiet
    assert [ "${#lines[@]}" -le 24 ]
    assert [ "$(wc -l <<<"$output")" -le 24 ]
    assert [ "$(wc -L <<<"$output")" -le 80 ]
    assert_line --index 0 "Usage: shmcreate [options] SIZE"
    assert_line --index -1 --regexp '^Example: '
    run --separate-stderr bash -euc "${lines[-1]#Example: }"
    assert_success
    assert_line --partial 'bytes=65536'
    assert_quiet
    assert_equal "$(ids)" ""
}

@test "--help: names every option" {
    local option
    run shmcreate --help
    for option in '-k, --key' '-x, --exclusive' '-o, --open' '-m, --mode' --huge --noreserve '-i, --input' --json --calls --help --version; do
        assert_output --partial " $option"
    done
}

@test "--version: program, package and version" {
    run --separate-stderr shmcreate --version
    assert_success
    assert_output "shmcreate (ipclab) $IPCLAB_VERSION"
    assert_quiet
}

@test "--calls: what was called, on standard error; the id alone on standard output" {
    run --separate-stderr shmcreate --calls -k 0x4d2 64K
    assert_success
    assert_output "$(ids)"
    assert_equal "$stderr" "shmget(0x4d2, 65536, IPC_CREAT|IPC_EXCL|0600) = $(ids)"
}
