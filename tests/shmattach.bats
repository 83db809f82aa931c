#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# shmattach: where segments are mapped, how long they are held, what runs
# meanwhile, and what is refused.  What it does with their bytes is in
# shmattach-values.bats.

# What is in single quotes is for another shell to expand; each test is a
# subshell and means to be one.
# shellcheck disable=SC2016,SC2030,SC2031

load helpers/common

# Free in every process: below it lies at most a program that is not position
# independent, above it the sanitizers' shadow.
at=0x10000000
page=$(getconf PAGE_SIZE)

# hex NUMBER: as the programs write addresses.
hex() {
    printf '0x%x' "$1"
}

# mapped PID ID: "0xSTART-0xEND PROT" of each mapping of the segment, as the
# kernel lists them.
mapped() {
    awk -v id="$2" '$6 ~ /^\/SYSV/ && $5 == id {
        sub(/-/, "-0x", $1); print "0x" $1, substr($2, 1, 3) }' "/proc/$1/maps"
}

# attaches ID: how often it is attached now.
attaches() {
    kernel_says "$1" nattch
}

# --- where it is mapped ------------------------------------------------------

@test "the line of a held segment is what /proc/PID/maps and ipcs say" {
    local file=$BATS_TEST_TMPDIR/file size words key label
    touch "$file"
    while read -r size words key; do
        # shellcheck disable=SC2086 # none, or two words
        id=$(shmcreate $key "$size")
        label="key $(printf '0x%08x' $(($(kernel_says "$id" key) & 0xffffffff)))"
        [[ -n $key ]] || label=private
        hold "$id"
        assert_equal "$hold_line" "pid $holder: $id ($label) at $(mapped "$holder" "$id") ${words/_/ }"
        run ipcs -m -i "$id"
        assert_line --regexp "bytes=${size}[[:space:]].*nattch=1$"
        let_go
        assert_equal "$(attaches "$id")" 0
    done <<END
1 1_byte
10000 9.7_KiB -k 0x4d2
65536 64_KiB -k ftok:$file:A
3145728 3_MiB -k 4294967295
END
}

@test "with nothing asked, each operand has its line, in their order" {
    a=$(shmcreate 4K)
    b=$(shmcreate -k 0x4d2 $((3 * page)))
    file=$BATS_TEST_TMPDIR/file
    touch "$file"
    c=$(shmcreate -k "ftok:$file:x" 1)
    run --separate-stderr shmattach "$a@$at" 0x4d2 "ftok:$file:x"
    assert_success
    assert_equal "${#lines[@]}" 3
    assert_equal "${lines[0]}" "$a (private) at $at-$(hex $((at + page < at + 4096 ? at + 4096 : at + page))) rw- 4 KiB"
    [[ ${lines[1]} =~ ^"$b (key 0x000004d2) at "(0x[0-9a-f]+)-(0x[0-9a-f]+)" rw- "[0-9]+" KiB"$ ]]
    assert_equal $((BASH_REMATCH[2] - BASH_REMATCH[1])) $((3 * page))
    [[ ${lines[2]} =~ ^"$c (key 0x"[0-9a-f]{8}") at "(0x[0-9a-f]+)-(0x[0-9a-f]+)" rw- 1 byte"$ ]]
    assert_equal $((BASH_REMATCH[2] - BASH_REMATCH[1])) "$page"
    assert_equal "$stderr" ""
}

@test "@ADDRESS ,ro ,rnd ,exec: address and protection are as asked for" {
    id=$(shmcreate "$page")
    local range operand prot
    range="$at-$(hex $((at + page)))"
    while read -r operand prot; do
        hold "$id$operand"
        assert_equal "$(mapped "$holder" "$id")" "$range $prot"
        [[ $hold_line == *" at $range $prot "* ]]
        let_go
        run shmattach "$id$operand"
        assert_success
        assert_output "${hold_line#pid * }"
    done <<END
@$at rw-
@$at,ro r--
@$at,exec rwx
@$at,ro,exec r-x
@$at,exec,ro r-x
@$(hex $((at + 1))),rnd rw-
@$(hex $((at + page - 1))),rnd,ro r--
@$(hex $((at + 0x123))),ro,exec,rnd r-x
@$at,remap rw-
END
    for operand in ,ro ,exec ,rnd; do
        hold "$id$operand"
        assert_equal "$hold_line" "pid $holder: $id (private) at $(mapped "$holder" "$id") $(shmctl-tool stat "$id" | awk '$1 == "shm_segsz" { print $NF / 1024 }') KiB"
        let_go
    done
}

@test "an address that is not aligned, or taken, is refused and told why" {
    id=$(shmcreate "$page")
    run --separate-stderr shmattach "$id@$(hex $((at + 1)))"
    assert_failure 1
    assert_output ""
    [[ $stderr == *": shmat: EINVAL: "*"$at or $(hex $((at + page)))"* ]]
    run --separate-stderr shmattach "$id@$at" "$id@$at"
    assert_failure 1
    assert_equal "${#lines[@]}" 1
    [[ $stderr == *": shmat: EINVAL: "*"in use by $at-$(hex $((at + page))) rw-s /SYSV"* ]]
    run --separate-stderr shmattach "$id,remap"
    assert_failure 1
    [[ $stderr == *": shmat: EINVAL: SHM_REMAP "* ]]
}

@test ",remap replaces a whole mapping: by the same segment, by another" {
    local second status
    a=$(shmcreate $((page + 200)))
    b=$(shmcreate $((page + 100))) # as many pages, though fewer bytes
    for second in "$a" "$b"; do
        hold "$a@$at" "$second@$at,remap"
        assert_equal "$(mapped "$holder" "$second")" "$at-$(hex $((at + 2 * page))) rw-"
        assert_equal "$(attaches "$a") $(attaches "$second")" "$((second == a)) 1"
        status=0
        let_go || status=$?
        assert_equal "$(attaches "$a") $(attaches "$second")" "0 0"
        assert_equal "$second: $status" "$second: 0"
    done
    # In two pieces, the second piece first.
    b=$(shmcreate "$page")
    run --separate-stderr shmattach --hold=0 "$a@$at" "$b@$(hex $((at + page))),remap" "$b@$at,remap" </dev/null
    assert_equal "$stderr" ""
    assert_success
    run --separate-stderr shmattach --hold=0 "$a@$at" "$b@$at,remap" "$b@$(hex $((at + page))),remap" </dev/null
    assert_equal "$stderr" ""
    assert_success
    assert_equal "$(attaches "$a") $(attaches "$b")" "0 0"
}

@test ",remap replaces a part of a mapping" {
    a=$(shmcreate $((3 * page)))
    b=$(shmcreate "$page")
    hold "$a@$at" "$b@$(hex $((at + page))),remap"
    assert_equal "$(mapped "$holder" "$b")" "$(hex $((at + page)))-$(hex $((at + 2 * page))) rw-"
    run mapped "$holder" "$a"
    assert_output "$at-$(hex $((at + page))) rw-
$(hex $((at + 2 * page)))-$(hex $((at + 3 * page))) rw-"
    let_go
    assert_equal "$(attaches "$a") $(attaches "$b")" "0 0"

    # What is written through the first mapping's range goes where the second is.
    shmattach --fill=x@"$page":1 "$a@$at" "$b@$(hex $((at + page))),remap" 2>/dev/null || :
    run shmattach --get="u8@$page" "$a"
    assert_output 0
}

@test "one operand of several is refused: the others are done, and it exits 1" {
    a=$(shmcreate 4K)
    b=$(shmcreate 4K)
    run --separate-stderr shmattach --set=u8@0=7 "$a" 99999 "$b"
    assert_failure 1
    assert_output ""
    [[ $stderr == "shmattach: 99999: shmat: EINVAL: there is no segment 99999"* ]]
    run shmattach --get=u8@0 "$a" "$b"
    assert_output "7
7"
    run --separate-stderr shmattach "$a" 0xdead "$b"
    assert_failure 1
    assert_equal "${#lines[@]}" 2
    [[ $stderr == "shmattach: 0xdead: shmget: ENOENT: "* ]]

    run --separate-stderr shmattach --hold=0 "$a" 99999
    assert_failure 1
    assert_equal "${#lines[@]}" 1
    run --separate-stderr shmattach --hold 99999
    assert_failure 1
    assert_output ""
}

@test "the same segment twice is attached twice" {
    id=$(shmcreate 4K)
    hold "$id" "$id,ro"
    assert_equal "$(attaches "$id")" 2
    run mapped "$holder" "$id"
    assert_equal "${#lines[@]}" 2
    assert_regex "$(sort <<<"$output" | cut -d ' ' -f 2 | sort | xargs)" '^r-- rw-$'
    let_go
    assert_equal "$(attaches "$id")" 0
    run shmattach --increment=u32@0 "$id" "$id"
    assert_output "1
2"
}

# --- --maps ------------------------------------------------------------------

@test "--maps: the kernel's own lines, ours marked, two neighbours on each side" {
    local maps marked printed
    a=$(shmcreate "$page")
    b=$(shmcreate $((2 * page)))
    coproc HELD { exec shmattach --hold --maps "$a@$at" "$b" 3>&-; }
    local pid=$HELD_PID from to line=""
    exec {from}<&"${HELD[0]}" {to}>&"${HELD[1]}"
    eval "exec ${HELD[0]}<&- ${HELD[1]}>&-"
    read -r -t 30 -u "$from" line
    maps=$(<"/proc/$pid/maps")
    exec {to}>&-
    mapfile -t printed <&"$from"
    wait "$pid"

    # Two blocks, one a segment; the second begins with a line of its own.
    printf '%s\n' "${printed[@]}" >"$BATS_TEST_TMPDIR/printed"
    mapfile -t marked < <(sed -n 's/^> //p' "$BATS_TEST_TMPDIR/printed")
    assert_equal "${#marked[@]}" 2
    [[ ${marked[0]} =~ ^"${at#0x}-"[0-9a-f]+" rw-s 00000000 "[0-9a-f:]+" $a "[[:space:]]+"/SYSV00000000 (deleted)"$ ]]
    [[ ${marked[1]} =~ ^[0-9a-f]+-[0-9a-f]+" rw-s 00000000 "[0-9a-f:]+" $b "[[:space:]]+"/SYSV00000000 (deleted)"$ ]]
    run sed -n '1,/^pid /s/^[ >] //p' "$BATS_TEST_TMPDIR/printed"
    assert_output "$(grep -F -B 2 -A 2 -e "${marked[0]}" <<<"$maps")"
    run sed -n '/^pid /,$s/^[ >] //p' "$BATS_TEST_TMPDIR/printed"
    assert_output "$(grep -F -B 2 -A 2 -e "${marked[1]}" <<<"$maps")"
}

# --- --hold ------------------------------------------------------------------

# lasted SINCE MILLISECONDS: at least that long; never "at most".
lasted() {
    local since=${1/[.,]/} now=${EPOCHREALTIME/[.,]/}
    assert [ $(((now - since) / 1000)) -ge "$2" ]
}

@test "--hold=DURATION ends by itself, and not before" {
    id=$(shmcreate 4K)
    for duration in 0 1us 0.01 10ms 0.0001m; do
        run --separate-stderr shmattach --hold="$duration" "$id" </dev/null
        assert_success
        assert_regex "$output" "^pid [0-9]+: $id "
        assert_equal "$stderr" ""
    done
    since=$EPOCHREALTIME
    shmattach -H=0.2 "$id" </dev/null
    lasted "$since" 200
    assert_equal "$(attaches "$id")" 0
}

@test "--hold: a pipe on standard input ends it by ending, not by what comes through it" {
    id=$(shmcreate 4K)
    hold "$id"
    # More than a pipe holds, so it has been read when this returns.
    head -c 200000 /dev/zero >&"$hold_input"
    assert_equal "$(attaches "$id")" 1
    let_go
    assert_equal "$(attaches "$id")" 0
}

@test "--hold: no other standard input ends it" {
    id=$(shmcreate 4K)
    touch "$BATS_TEST_TMPDIR/empty"
    for input in /dev/null "$BATS_TEST_TMPDIR/empty"; do
        since=$EPOCHREALTIME
        run shmattach --hold=0.2 "$id" <"$input"
        assert_success
        lasted "$since" 200
    done
    since=$EPOCHREALTIME
    run bash -c 'shmattach --hold=0.2 "$1" <&-' bash "$id"
    assert_success
    lasted "$since" 200
}

@test "--hold: Ctrl-C on a terminal ends it well" {
    local id in out line
    id=$(shmcreate 4K)
    mkfifo "$BATS_TEST_TMPDIR"/{in,out}
    exec {in}<>"$BATS_TEST_TMPDIR/in" {out}<>"$BATS_TEST_TMPDIR/out"
    script -qec "shmattach --hold $id" /dev/null <&"$in" >&"$out" 3>&- &
    read -r -t 30 -u "$out" line
    assert_regex "$line" "^pid [0-9]+: $id "
    assert_equal "$(attaches "$id")" 1
    printf '\003' >&"$in"
    wait $!
    assert_equal "$(attaches "$id")" 0
}

@test "--hold does not hold when nothing could end it" {
    local call
    strace -qq -o /dev/null true || skip "this sandbox forbids ptrace(2)"
    id=$(shmcreate 4K)
    for call in signalfd4 timerfd_create; do
        run --separate-stderr env "ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0" timeout --signal=KILL 30 \
            strace -qq -o /dev/null -e inject="$call:error=EMFILE" shmattach --hold "$id" </dev/null
        assert_failure 1
        assert_equal "$stderr" "shmattach: --hold: wait: Too many open files"
        assert_equal "$(attaches "$id")" 0
    done
}

@test "--hold: the kernel detaches for a holder that is killed" {
    id=$(shmcreate 4K)
    shmattach --set=u32@0=42 "$id"
    hold "$id" "$id"
    assert_equal "$(attaches "$id")" 2
    kill -s KILL "$holder"
    run wait "$holder"
    let_go || :
    assert_equal "$(attaches "$id") $(kernel_says "$id" lpid)" "0 $holder"
    run shmattach --get=u32@0 "$id"
    assert_output 42
}

@test "--hold does not hold when it cannot say that it is ready" {
    id=$(shmcreate 4K)
    mkfifo "$BATS_TEST_TMPDIR/in"
    exec {in}<>"$BATS_TEST_TMPDIR/in" # a pipe that does not end
    run --separate-stderr timeout 30 bash -c 'shmattach --hold "$1" >/dev/full' bash "$id" <&"$in"
    assert_failure 1
    assert_equal "$stderr" "shmattach: standard output: write: No space left on device"
    assert_equal "$(attaches "$id")" 0
}

# --- signals in every mode ---------------------------------------------------

# start OPTION... OPERAND...: shmattach in the background.  Comes back when it is
# attached.  $pid; its input and output are pipes, whose other ends are $in, $out.
start() {
    local line="" dir
    dir=$(mktemp -d "$BATS_TEST_TMPDIR/XXXXXX")
    mkfifo "$dir"/{in,out,err}
    exec {in}<>"$dir/in" {out}<>"$dir/out"
    # A background command of a shell without job control ignores SIGINT.
    env "--${signals_are-default}-signal=INT,TERM" shmattach --calls "$@" <&"$in" >&"$out" 2>"$dir/err" 3>&- &
    pid=$!
    exec {err}<"$dir/err"
    until [[ $line == shmctl\(* ]]; do
        read -r -t 30 -u "$err" line || fail "not attached: shmattach $*"
    done
}

# ends_by SIGNAL STATUS: send it, and see that the process and all that it
# started end, with that status, and that nothing is attached.
ends_by() {
    local line status=0
    kill -s "$1" "$pid"
    # Its standard error ends when the last of them has ended.
    while ((status == 0)); do
        read -r -t 30 -u "$err" line || status=$?
    done
    if ((status > 128)); then
        kill -s KILL "$pid"
        fail "SIG$1 did not end it"
    fi
    status=0
    wait "$pid" || status=$?
    assert_equal "$status" "$2"
    assert_equal "$(attaches "$id")" 0
    exec {in}>&- {out}<&- {err}<&-
}

@test "SIGINT and SIGTERM end --read and --dump into a full pipe" {
    local signal mode
    id=$(shmcreate 16M) # more than a pipe can hold
    head -c 16M /dev/urandom | tr '\0\n' xy | shmattach --write "$id"
    for signal in INT TERM; do
        for mode in --read --dump; do
            start "$mode" "$id"
            read -r -t 30 -N 1 -u "$out" _
            ends_by "$signal" $((128 + $(kill -l "$signal")))
        done
    done
}

@test "SIGINT and SIGTERM end --write that waits for input" {
    id=$(shmcreate 16M)
    for signal in INT TERM; do
        start --write "$id"
        head -c 200000 /dev/zero >&"$in" # more than a pipe holds: it is reading
        ends_by "$signal" $((128 + $(kill -l "$signal")))
    done
}

@test "SIGINT and SIGTERM end --increment of either kind" {
    local signal how
    id=$(shmcreate 4K)
    for signal in INT TERM; do
        for how in plain atomic; do
            shmattach --set=u64@0=0 "$id"
            start --increment=u64@0 --times=$((1 << 62)) --how="$how" "$id"
            until (($(shmattach --get=u64@0 "$id"))); do :; done
            ends_by "$signal" $((128 + $(kill -l "$signal")))
        done
    done
}

@test "SIGINT and SIGTERM end --hold well, also where they are ignored" {
    local signal signals_are
    id=$(shmcreate 4K)
    for signal in INT TERM; do
        for signals_are in default ignore; do
            start --hold "$id"
            ends_by "$signal" 0
        done
    done
}

@test "SIGINT and SIGTERM end COMMAND by being passed on" {
    local signal
    id=$(shmcreate 4K)
    for signal in INT TERM; do
        start "$id" -- sh -c 'echo ready; exec sleep infinity'
        read -r -t 30 -u "$out" _
        assert_equal "$(attaches "$id")" 1
        ends_by "$signal" $((128 + $(kill -l "$signal")))
    done
}

# --- COMMAND -----------------------------------------------------------------

@test "COMMAND: runs while all are attached, and knows them from its environment" {
    a=$(shmcreate 10000)
    b=$(shmcreate -k 0x4d2 4K)
    run --separate-stderr shmattach "$a" 0x4d2,ro "$a" -- sh -c 'echo "$IPCLAB_SEGMENT|$IPCLAB_SIZE|$*"
        awk "NR > 1 { print \$2, \$7 }" /proc/sysvipc/shm; cat' name one "t w o" <<<input
    assert_success
    assert_output "$a $b $a|10000 4096 10000|one t w o
$a 2
$b 1
input"
    assert_equal "$stderr" ""
    assert_equal "$(attaches "$a") $(attaches "$b")" "0 0"
}

@test "COMMAND: its status is passed on; 125, 126, 127 as env(1) has them" {
    local expected command
    # A folder of PATH that may not be searched makes 126 out of 127.
    standard=$(getconf PATH)
    local PATH=$top_builddir/bin:$standard
    id=$(shmcreate 4K)
    touch "$BATS_TEST_TMPDIR/plain"
    while read -r expected command; do
        run --separate-stderr "-$expected" eval "shmattach $id -- $command"
        assert_equal "$output" ""
        case $command in
        sh*) assert_equal "$stderr" "" ;;
        *) assert_regex "$stderr" "^shmattach: $command: run: " ;;
        esac
        assert_equal "$(attaches "$id")" 0
    done <<END
0 sh -c :
7 sh -c 'exit 7'
126 sh -c 'exit 126'
255 sh -c 'exit 255'
137 sh -c 'kill -s KILL \$\$'
139 sh -c 'kill -s SEGV \$\$'
126 $BATS_TEST_TMPDIR/plain
126 /
127 $BATS_TEST_TMPDIR/none
127 no-such-command
END
    # The caller may have it that no child's status is kept.
    run timeout -s KILL 30 env --ignore-signal=CHLD shmattach "$id" -- sh -c 'exit 7'
    assert_failure 7
}

@test "COMMAND: is not run when a segment could not be attached: 125" {
    id=$(shmcreate 4K)
    run --separate-stderr shmattach "$id" 99999 -- touch "$BATS_TEST_TMPDIR/touched"
    assert_failure 125
    [[ $stderr == "shmattach: 99999: shmat: EINVAL: "* ]]
    assert [ ! -e "$BATS_TEST_TMPDIR/touched" ]
    assert_equal "$(attaches "$id")" 0
}

@test "COMMAND: gets no descriptor and no signal mask of ours" {
    id=$(shmcreate 4K)
    # As with no shmattach between; not by way of a shell, for some clear the mask.
    for look in "ls /proc/self/fd" "grep ^Sig[BI] /proc/self/status"; do
        # shellcheck disable=SC2086 # words
        run $look </dev/null
        plain=$output
        # shellcheck disable=SC2086 # words
        run shmattach "$id" -- $look </dev/null
        assert_success
        assert_output "$plain"
    done
}

# Says "ready PARENT", then "got NAME" for each of its arguments that comes, and
# exits with 7 after as many.  What comes before it waits is kept for it.
told='use POSIX ":signal_h"; $| = 1; my $all = POSIX::SigSet->new; my $before = POSIX::SigSet->new;
    $all->fillset; sigprocmask(SIG_BLOCK, $all, $before);
    $SIG{$_} = sub { print "got $_[0]\n" } for @ARGV;
    print "ready ", getppid, "\n"; sigsuspend($before) for @ARGV; exit 7'

@test "COMMAND: signals are passed on to it, and it may outlive them" {
    local signals=(HUP INT QUIT TERM USR1 USR2 ALRM CONT WINCH) line status=0
    id=$(shmcreate 4K)
    start "$id" -- perl -e "$told" "${signals[@]}"
    read -r -t 30 -u "$out" line
    assert_equal "$line" "ready $pid"
    for signal in "${signals[@]}"; do
        kill -s "$signal" "$pid"
        read -r -t 30 -u "$out" line
        assert_equal "$line" "got $signal"
    done
    wait "$pid" || status=$?
    assert_equal "$status" 7
    assert_equal "$(attaches "$id")" 0
}

@test "COMMAND: Ctrl-C on a terminal reaches it once" {
    local id in out line status=0
    id=$(shmcreate 4K)
    mkfifo "$BATS_TEST_TMPDIR"/{in,out}
    exec {in}<>"$BATS_TEST_TMPDIR/in" {out}<>"$BATS_TEST_TMPDIR/out"
    printf '%s' "$told" >"$BATS_TEST_TMPDIR/told"
    script -qec "stty -echo noflsh; shmattach $id -- perl $BATS_TEST_TMPDIR/told INT USR1; exit \$?" /dev/null \
        <&"$in" >&"$out" 3>&- &
    read -r -t 30 -u "$out" line
    assert_regex "$line" "^ready [0-9]+"
    local pid=${line//[^0-9]/}
    # Stopped meanwhile, it would send its own when the terminal's has been taken,
    # and the two could not become one.
    kill -s STOP "$pid"
    printf '\003' >&"$in"
    read -r -t 30 -u "$out" line
    assert_equal "${line%$'\r'}" "got INT"
    kill -s CONT "$pid"
    kill -s USR1 "$pid"
    read -r -t 30 -u "$out" line
    assert_equal "${line%$'\r'}" "got USR1"
    wait $! || status=$?
    assert_equal "$status" 7
}

# --- the command line --------------------------------------------------------

@test "-- ends the options, or begins COMMAND when operands stand before it" {
    id=$(shmcreate 4K)
    shmattach --set=str@0=hello "$id"
    run shmattach -r=0:5 -- "$id"
    assert_output hello
    run shmattach "$id" -r=0:5
    assert_output hello
    run shmattach -- "$id"
    assert_output --regexp "^$id \(private\) at "
    run shmattach "$id" -- echo --read -x -- --help
    assert_output -- "--read -x -- --help"
    run shmattach -- "$id" -- echo -- "$id"
    assert_output -- "-- $id"
    run --separate-stderr shmattach --calls "$id" -- echo --calls
    assert_output -- --calls
    assert_regex "$stderr" "^shmat\($id, NULL, 0\) = 0x"
}

@test "a wrong command line: one line that names what is wrong, exit 2, nothing done" {
    local words rule wrong=()
    id=$(shmcreate 4K)
    other=$(shmcreate 4K)
    shmattach --set=u64@0=42 "$id"
    while IFS='|' read -r words rule; do
        run --separate-stderr eval "shmattach $words <<<input"
        if [[ $status/$output/${#stderr_lines[@]} != 2//1 || $stderr != "shmattach: ${rule# }"* ]]; then
            wrong+=("$words: $status: $output$stderr")
        fi
    done <<END
                            | missing operand SEGMENT; see shmattach --help
--                          | missing operand SEGMENT; see shmattach --help
--read                      | missing operand SEGMENT; see shmattach --help
$id --                      | missing COMMAND after --; see shmattach --help
-- $id --                   | missing COMMAND after --; see shmattach --help
--read --write $id          | --write: only one action is allowed
-g u8@0 -s u8@0=1 $id       | u8@0=1: only one action is allowed
-r -r $id                   | --read: only one action is allowed
--fill=1 $id -- echo no     | --fill: not allowed with -- COMMAND
--hold $id -- echo no       | --hold: not allowed with -- COMMAND
--times=3 $id               | --times: only valid with --increment
--times=3 --read $id        | --times: only valid with --increment
--how=atomic $id            | --how: only valid with --increment
--how=atomic -g u8@0 $id    | --how: only valid with --increment
--maps --read $id           | --maps: only valid with --hold, or with no action
--maps $id -- echo no       | --maps: only valid with --hold, or with no action
-i u8@0 --how=fast $id      | fast: use plain or atomic
-i u8@0 --times=0 $id       | 0: invalid count: use 1 to
-i u8@0 --times=-1 $id      | -1: invalid count: use 1 to
-i u8@0 --times=1e3 $id     | 1e3: invalid count: use 1 to
-i u8@0 --times=9223372036854775808 $id | 9223372036854775808: invalid count: use 1 to
--bogus $id                 | --bogus: no such option
-q $id                      | -q: no such option
--maps=1 $id                | --maps=1:
--get                       | --get: this option needs an argument
-g                          | -g: this option needs an argument
--times                     | --times: this option needs an argument
--hold=1x $id               | 1x: a duration is
--hold=-1 $id               | -1: a duration is
-H=1x $id                   | 1x: a duration is
-r=0:x $id                  | 0:x: a range is
$id 5x                      | 5x: an id is
$id ''                      | : a segment is
007                         | 007: an id is
0x0                         | 0x0: key 0 is IPC_PRIVATE
0x123456789                 | 0x123456789: a key is
/name,remap                 | /name,remap: MAP_FIXED (,remap) replaces what is mapped at an address: give one
$id,rw                      | $id,rw: a segment may be followed by
$id,ro,ro                   | $id,ro,ro: an option is repeated
$id@4096                    | $id@4096: an address is
$id@0x                      | $id@0x: an address is
$id@0x10000000000000000     | $id@0x10000000000000000: an address is
--set=u8@0=1 $id 5x         | 5x: an id is
--set=u8@0=1 $id $other,ro  | $other,ro: cannot write: ,ro
--increment=u8@0 $id,ro     | $id,ro: cannot write: ,ro
--fill=1 $id,ro             | $id,ro: cannot write: ,ro
--write $id,ro              | $id,ro: cannot write: ,ro
--write 99999,ro            | 99999,ro: cannot write: ,ro
--write $id $other          | --write: standard input can fill only one segment
--write 99999 $id           | --write: standard input can fill only one segment
END
    assert_equal "$(printf '%s\n' "${wrong[@]}")" ""
    run shmattach --get=u64@0 "$id"
    assert_output 42
    assert_equal "$(attaches "$id") $(attaches "$other")" "0 0"
}

@test "as another user: what only looks needs read permission, no more" {
    need_second_user
    id=$(shmcreate -m 644 4K)
    shmattach --set=str@0=hello "$id"
    run as_nobody shmattach --read=0:5 "$id"
    assert_success
    assert_output hello
    run as_nobody shmattach --get=str@0 "$id"
    assert_output hello
    run as_nobody shmattach --dump=0:5 "$id"
    assert_line --index 0 --regexp '^00000000  68 65 6c 6c 6f .*\|hello\|$'
    run as_nobody shmattach "$id,ro"
    assert_output --regexp " r-- 4 KiB$"

    for words in --write --fill=1 --set=u8@0=1 --increment=u8@0 --hold; do
        run --separate-stderr as_nobody shmattach "$words" "$id" <<<input
        assert_failure 1
        assert_output ""
        [[ $stderr == "shmattach: $id: shmat: EACCES: "*"root"*"0644"*"nobody"* ]]
        [[ $stderr == *"hint: "*"$id,ro"* ]]
    done
    run as_nobody shmattach "$id" -- echo no
    assert_failure 125
    run shmattach --read=0:5 "$id"
    assert_output hello

    shmctl-tool set -m 600 "$id"
    run --separate-stderr as_nobody shmattach --read "$id"
    assert_failure 1
    assert_output ""
    [[ $stderr == "shmattach: $id: shmat: EACCES: "*"0600"* ]]
}

@test "a detach that fails is reported, and the action is done all the same" {
    id=$(shmcreate 4K)
    run --separate-stderr with_fault shmdt=EINVAL shmattach --set=u8@0=7 "$id"
    assert_failure 1
    [[ $stderr == "shmattach: $id: shmdt: EINVAL: "* ]]
    run shmattach --get=u8@0 "$id"
    assert_output 7
    assert_equal "$(attaches "$id")" 0
}

@test "--help fits on a screen, names every option, and its example works" {
    run --separate-stderr shmattach --help
    assert_success
    assert_equal "$stderr" ""
    assert [ "${#lines[@]}" -le 24 ]
    assert [ "$(wc -l <<<"$output")" -le 24 ]
    run awk 'length > 80' <<<"$output"
    assert_output ""
    run shmattach --help
    for option in read write dump fill get set increment times how hold maps calls help version; do
        assert_output --partial -- "--$option"
    done
    local last=${lines[-1]}
    [[ $last == "Example: "*" 5"* ]]
    id=$(shmcreate 4K)
    last=${last#Example: }
    run bash -c "${last// 5/ $id}"
    assert_success
    assert_output hello
}

@test "--version" {
    run shmattach --version
    assert_success
    assert_output "shmattach (ipclab) $IPCLAB_VERSION"
}
