#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# semop-tool op and run: lists of operations are done whole or not at all; what
# is waited for comes, or the wait ends in one of the ways that it may; what was
# taken for a COMMAND is given back however that ends.  The syntax of the lists
# has semops-test.c.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own

load helpers/common

setup() {
    trace_failures
    cd "$BATS_TEST_TMPDIR" || return
    no_such=2000000000 # an id that nothing has
    started=()
}

# Whoever still waits is thrown out with the sets.
teardown() {
    local pid id
    [[ -z ${limits_before-} ]] || echo "$limits_before" >/proc/sys/kernel/sem
    for id in $(set_ids); do ipcrm -s "$id" || :; done
    for pid in "${started[@]}"; do
        kill -s KILL "$pid" 2>/dev/null || :
        wait "$pid" 2>/dev/null || :
    done
    clean_up
}

# at_most OPERATIONS: no list may have more (SEMOPM) for the rest of the test.
at_most() {
    local semmsl semmns semopm semmni
    read -r semmsl semmns semopm semmni </proc/sys/kernel/sem
    limits_before="$semmsl $semmns $semopm $semmni"
    (echo "$semmsl $semmns $1 $semmni" >/proc/sys/kernel/sem) 2>/dev/null ||
        skip "this kernel lets no user namespace set kernel.sem"
}

# --- sets, processes ---------------------------------------------------------

# new_set VALUE,...: $set is a new set with these values.
new_set() {
    local each
    IFS=, read -ra each <<<"$1"
    set=$(semop-tool create --init "$1" "${#each[@]}")
}

# values [SET]: of all its semaphores, by the kernel's own account.
values() {
    perl -MIPC::SysV=GETALL -e 'semctl($ARGV[0], 0, GETALL, my $all = "") or die "$!\n"; print "@{[unpack q(S*), $all]}\n"' "${1-$set}"
}

# assert_values VALUE...
assert_values() {
    assert_equal "values $(values)" "values $*"
}

# operate SEM N [FLAGS]: a semop(2) of another program on $set.
operate() {
    perl -e 'my $set = shift; semop($set, pack "Sss", @ARGV[0, 1], $ARGV[2] // 0) or die "$!\n"' "$set" "$@"
}

# waiting SEM: "NCNT ZCNT" of it, in $set.
waiting() {
    ipcs -s -i "$set" | awk -v sem="$1" '$1 == "semnum" { on = 1; next } on && $1 == sem { print $3, $4 }'
}

# await TEXT COMMAND...: until the COMMAND prints it.
await() {
    local said end=$((SECONDS + 60))
    until said=$("${@:2}") && [[ $said == "$1" ]]; do
        ((SECONDS < end)) || fail "${*:2}: never said $1, but $said"
    done
}

# start COMMAND...: in the background, deaf to nothing.  $pid; what it says goes
# to $out and $err.
start() {
    local n=${#started[@]}
    out=out.$n err=err.$n
    env --default-signal "$@" </dev/null >"$out" 2>"$err" 3>&- &
    pid=$!
    started+=("$pid")
}

# ends STATUS [PID]: that process ends with that status.
ends() {
    local status=0
    wait "${2-$pid}" || status=$?
    assert_equal "status $status" "status $1"
}

# by SIGNAL: the status of a process that it ended.
by() {
    echo $((128 + $(kill -l "$1")))
}

# state PID: in the kernel's letter; T is stopped.
state() {
    sed 's/.*) \(.\).*/\1/' "/proc/$1/stat"
}

# children PID: how many it has.
children() {
    pgrep -c -P "$1" || :
}

# --- what is said ------------------------------------------------------------

# op ARGUMENT...: it works, and says nothing at all.
op() {
    run --separate-stderr semop-tool op "$@"
    assert_success
    assert_output ""
    assert_equal "$stderr" ""
}

# blocked COMMAND...: exit 124 with one refusal, and no value is another.  $said
# is what is said, from the operand on.
blocked() {
    local before
    before=$(values)
    run --separate-stderr "$@"
    assert_failure 124
    assert_output ""
    assert_equal "$(values)" "$before"
    said=${stderr_lines[0]#semop-tool: }
}

# refused COMMAND...: exit 1 with one refusal, and no value is another.  $said is
# what is said, from the operand on, $hint what to do.
refused() {
    local before
    before=$(values)
    run --separate-stderr "$@"
    assert_failure 1
    assert_output ""
    # shellcheck disable=SC2154 # set by run
    said=${stderr_lines[0]#semop-tool: }
    hint=${stderr_lines[1]-}
    [[ -z $hint || $hint == 'hint: '* ]] || fail "no hint: $hint"
    hint=${hint#hint: }
    assert [ "${#stderr_lines[@]}" -le 2 ]
    assert_equal "$(values)" "$before"
}

# assert_said TEXT, assert_hint TEXT
assert_said() {
    assert_equal "$said" "$1"
}
assert_hint() {
    assert_equal "$hint" "$1"
}

# lists_done: the operations of the calls on standard input that were done, in
# the tool's own syntax, a call a line.
lists_done() {
    perl -ne '
        /^sem(?:timed)?op\(.*\) = 0$/ or next;
        print join(",", map {
            my ($sem, $sign, $n, $flags) = /sem_num=(\d+), sem_op=(-?)(\d+), sem_flg=(\S*)/;
            $sem . ($sign || ($n ? "+" : "=")) . $n . ($flags =~ /SEM_UNDO/ && "u") . ($flags =~ /IPC_NOWAIT/ && "n")
        } /\{sem_num[^}]*/g), "\n"'
}

# --- the command line --------------------------------------------------------

@test "op: a wrong command line: one line that names what is wrong, exit 2, nothing done" {
    local words rule
    new_set 1,2,3
    while IFS='|' read -r words rule; do
        words=${words%"${words##*[! ]}"}
        run --separate-stderr eval "semop-tool $words"
        assert_equal "$words: $status" "$words: 2"
        assert_equal "$words: $output" "$words: "
        assert_equal "$words: ${#stderr_lines[@]} line" "$words: 1 line"
        [[ $stderr == "semop-tool: ${rule# }"* ]] || fail "$words: $stderr"
    done <<END
op                            | missing operand SET
op --                         | missing operand SET
op $set                       | missing operand OPS
op -- $set                    | missing operand OPS
op $set -- true               | missing operand OPS
op $set 0-1 --                | missing COMMAND after --
op -- $set 0-1 --             | missing COMMAND after --
op --repeat 2 $set 0-1 -- true | --repeat: not valid with -- COMMAND
op --repeat 0 $set 0-1        | 0: invalid count: use 1 to
op --repeat=-1 $set 0-1       | -1: invalid count: use 1 to
op --repeat 9223372036854775808 $set 0-1 | 9223372036854775808: invalid count
op --repeat 1e3 $set 0-1      | 1e3: invalid count
op --repeat                   | --repeat: this option needs an argument
op -t 1x $set 0-1             | 1x: a duration is
op -t -1 $set 0-1             | -1: a duration is
op -q $set 0-1                | -q: no such option
op --wait $set 0-1            | --wait: no such option
op /name 0-1                  | /name: a set is an id
op x 0-1                      | x: a set is an id
op 0-1 $set                   | 0-1: 
op $set 0                     | 0: an operation is SEM-N
op $set ''                    | : an operation is SEM-N
op $set 0-1,                  | 0-1,: an operation is SEM-N
op $set '0-1 1-1'             | 0-1 1-1: an operation is SEM-N
op $set 0-0                   | 0-0: N is from 1 to 32767
op $set 0+32768               | 0+32768: N is from 1 to 32767
op $set 0=1                   | 0=1: = waits for zero
op $set 65536-1               | 65536-1: a semaphore's number is from 0
op $set 2..1-1                | 2..1-1: a range of semaphores is
op $set 0-1uu                 | 0-1uu: an operation is
op $set 3-1                   | 3-1: the set has 3 semaphores, numbered from 0
op $set 0-1 1-1,3+1           | 1-1,3+1: the set has 3 semaphores, numbered from 0
op $set 0-1 0..3=0            | 0..3=0: the set has 3 semaphores, numbered from 0
op $set 0-1 1-1 2-z           | 2-z: an operation is
op $set 0-1 65535+1 -- true   | 65535+1: the set has 3 semaphores
run $set no-file extra        | extra: unexpected operand
run not-a-set no-file         | not-a-set: a set is an id
run -q                        | -q: no such option
END
    assert_values 1 2 3
}

@test "op: more operations than SEMOPM: exit 2, and the lists before are not done either" {
    local most
    new_set 0
    most=$(cut -f3 /proc/sys/kernel/sem)
    op "$set" "0+1$(printf ',0+1%.0s' $(seq 2 "$most"))"
    assert_values "$most"
    run --separate-stderr semop-tool op "$set" 0+1 "0+1$(printf ',0+1%.0s' $(seq 1 "$most"))"
    assert_failure 2
    assert_regex "$stderr" ": more operations than one list may have \(SEMOPM\)"
    assert_values "$most"
    at_most 4
    op "$set" 0-1,0-1,0-1,0-1
    run --separate-stderr semop-tool op "$set" 0+1 0+1,0+1,0+1,0+1,0+1
    assert_failure 2
    assert_equal "$stderr" "semop-tool: 0+1,0+1,0+1,0+1,0+1: more operations than one list may have (SEMOPM): see semop-tool limits"
    assert_values $((most - 4))
}

@test "op: -- ends the options, or begins COMMAND when operands stand before it" {
    new_set 5
    op -- "$set" 0-1
    assert_values 4
    op "$set" 0-1 -n 0+1 --timeout=1h
    run semop-tool op "$set" 0-1 -- echo --nowait -u -- --help
    assert_success
    assert_output -- "--nowait -u -- --help"
    run semop-tool op -- "$set" 0-1 -- echo -- "$set"
    assert_output -- "-- $set"
    run --separate-stderr semop-tool op "$set" 0-1 -- echo --calls
    assert_equal "$output$stderr" --calls
}

# --- what a list does --------------------------------------------------------

@test "op: takes, gives, waits for zero; ranges; all of a list or nothing of it" {
    local ops status expected before
    while read -r before ops status expected; do
        new_set "$before"
        run semop-tool op -n "$set" "$ops"
        assert_equal "$ops: $status $(values)" "$ops: $status ${expected//,/ }"
        ipcrm -s "$set"
    done <<'END'
1,0,2 0-1 0 0,0,2
1,0,2 1+1 0 1,1,2
1,0,2 1=0 0 1,0,2
1,0,2 0-2 124 1,0,2
1,0,2 0=0 124 1,0,2
1,0,2 0-1,1+1,2-2 0 0,1,0
1,0,2 0+1,1-1 124 1,0,2
1,0,2 1+1,1-1 0 1,0,2
1,0,2 1-1,1+1 124 1,0,2
1,0,2 0-1,0=0,0+5 0 5,0,2
1,0,2 0=0,0-1 124 1,0,2
1,1,1 0..2-1 0 0,0,0
1,1,0 0..2-1 124 1,1,0
0,0,0 0..2=0,1+3 0 0,3,0
1,0,2 1+32767 0 1,32767,2
1,0,2 2-1,0+32767 1 1,0,2
7 0-7 0 0
END
}

@test "op: SET by id, key and ftok" {
    local set
    touch file
    set=$(semop-tool create -k ftok:file:Z --init 9 1)
    op "$set" 0-1
    op ftok:file:Z 0-1
    op "$(semop-tool show -n -r -o KEY)" 0-1
    assert_values 6
}

@test "op: several lists, one after the other, each a call of its own" {
    new_set 1,0
    run --separate-stderr semop-tool op --calls "$set" 0-1,1+1 1-1 0+2,0=0n 0=0
    # The third cannot be done; it says which were.
    assert_failure 124
    assert_equal "$(lists_done <<<"$stderr")" "0-1,1+1"$'\n'"1-1"
    assert_regex "$stderr" "semop-tool: 0\+2,0=0n: semop: EAGAIN: "
    assert_equal "${stderr_lines[-1]}" "semop-tool: the 2 lists before it were performed"
    assert_values 0 0
    run --separate-stderr semop-tool op -n "$set" 0+1 1-1
    assert_equal "${stderr_lines[-1]}" "semop-tool: the 1 list before it was performed"
    assert_values 1 0
}

@test "op: n makes one operation not wait, and the list fails as a whole" {
    new_set 1,0
    blocked semop-tool op "$set" 0-1,1-1n
    assert_said "0-1,1-1n: semop: EAGAIN: the call would block: semaphore 1 is 0, and 1-1n needs at least 1"
    blocked semop-tool op "$set" 0=0n
    # The one that blocks first decides: it has no n, so this waits.
    start semop-tool op "$set" 1-1,0-5n
    await "1 0" waiting 1
    operate 1 1
    ends 124
    assert_values 1 1
}

@test "op --nowait: exit 124, what it would wait for, and nothing is touched" {
    local before
    new_set 1,0
    before=$(ipcs -s -i "$set")
    blocked semop-tool op --nowait "$set" 0-1,1-3
    assert_said "0-1,1-3: semop: EAGAIN: the call would block: semaphore 1 is 0, and 1-3n needs at least 3"
    assert_equal "${stderr_lines[1]}" "hint: no operation was performed; see semop-tool show $set, semop-tool waiters $set"
    blocked semop-tool op -n "$set" 1=0,0=0,1+1
    assert_said "1=0,0=0,1+1: semop: EAGAIN: the call would block: semaphore 0 is 1, and 0=0n needs it to be 0"
    blocked semop-tool op -n "$set" 0+1,0-3
    assert_said "0+1,0-3: semop: EAGAIN: the call would block: semaphore 0 is 2, and 0-3n needs at least 3"
    # Who operated last, and when, is not touched either.
    assert_equal "$(ipcs -s -i "$set")" "$before"
    op -n "$set" 0-1
    assert_values 0 0
}

@test "op --timeout: exit 124 when the time is over, and nothing is touched" {
    local ops
    new_set 1,0
    blocked semop-tool op --timeout 50ms "$set" 0-1,1-1
    assert_said "0-1,1-1: semtimedop: EAGAIN: the timeout expired: semaphore 1 is 0, and 1-1 needs at least 1"
    assert_equal "${stderr_lines[1]}" "hint: no operation was performed; see semop-tool show $set, semop-tool waiters $set"
    for ops in 0=0 0-2 1-1,0-1 0+1,1-1,0-1 1=0,0=0,1+9; do
        blocked semop-tool op -t 0.01 "$set" "$ops"
    done
    # None is tried once.
    blocked semop-tool op -t 0 "$set" 1-1
    op -t 0 "$set" 0-1
    assert_values 0 0
    # A century is not over at once.
    start semop-tool op -t 36500d "$set" 0-1
    await "1 0" waiting 0
    operate 0 1
    ends 0
}

@test "op --timeout: --nowait beside it does not wait" {
    new_set 0
    blocked timeout 60 semop-tool op -n -t 1h "$set" 0-1
    assert_said "0-1: semtimedop: EAGAIN: the call would block: semaphore 0 is 0, and 0-1n needs at least 1"
}

# times_given: the times of the semtimedop calls on standard input, in nanoseconds.
times_given() {
    sed -nE 's/^semtimedop\(.*tv_sec=([0-9]+), tv_nsec=([0-9]+)\}\) = .*/\1 \2/p' | awk '{ printf "%d%09d\n", $1, $2 }'
}

@test "op --timeout: the time is for the whole, not for each list or round" {
    new_set 1,1
    run --separate-stderr semop-tool op --calls -t 1h --repeat 4 "$set" 0-1 0+1 1-1,1+1
    assert_success
    times_given <<<"$stderr" >given
    assert_equal "$(wc -l <given)" 12
    assert [ "$(head -n 1 given)" -le 3600000000000 ]
    assert [ "$(tail -n 1 given)" -gt 0 ]
    # Each has less left than the one before.
    assert_equal "$(sort -rnu given)" "$(<given)"
    run --separate-stderr semop-tool op --calls -t 1h "$set" 0-1 1-1 -- true
    assert_success
    # What is given back is waited for without end.
    assert_equal "$(times_given <<<"$stderr" | wc -l)" 2
    assert_equal "$(grep -c '^semop(' <<<"$stderr")" 2
}

# --- --undo ------------------------------------------------------------------

@test "op --undo alone: undone at its end, and it says so" {
    new_set 3,0
    run --separate-stderr semop-tool op --undo --calls "$set" 0-1,1+5 0-1
    assert_success
    assert_equal "$(lists_done <<<"$stderr")" "0-1u,1+5u"$'\n'"0-1u"
    assert_regex "$stderr" "semop-tool: --undo without -- COMMAND: the kernel undoes everything as soon as this program ends, which is now"
    assert_values 3 0
    # u is for the one operation.
    op "$set" 0-1u,1+5
    assert_values 3 5
    op "$set" 0+1u 0-1u 0-1
    assert_values 2 5
}

@test "op --undo: while it waits, what it did before is not undone yet" {
    new_set 1,0
    start semop-tool op -u "$set" 0-1 1-1
    await "1 0" waiting 1
    assert_values 0 0
    kill -s KILL "$pid"
    ends "$(by KILL)"
    assert_values 1 0
}

# --- waiting -----------------------------------------------------------------

@test "op: waits until others make it possible, for more and for zero" {
    new_set 0,2
    start semop-tool op "$set" 0-3,1=0
    await "1 0" waiting 0
    operate 0 2
    assert_equal "$(waiting 0)" "1 0"
    operate 0 1
    await "0 1" waiting 1
    assert_values 3 2
    operate 1 -2
    ends 0
    assert_values 0 0
    assert_equal "$(cat "$out" "$err")" ""
}

@test "op: SIGSTOP and SIGCONT do not end the wait, with and without a timeout" {
    local timeout
    new_set 1,0
    for timeout in "" "--timeout=1h"; do
        # shellcheck disable=SC2086 # may be none
        start semop-tool op --calls $timeout "$set" 0-1,1-1
        await "1 0" waiting 1
        kill -s STOP "$pid"
        await T state "$pid"
        assert_equal "$(waiting 1)" "0 0" # it was thrown out of the queue
        kill -s CONT "$pid"
        await "1 0" waiting 1
        assert_values 1 0
        operate 1 1
        ends 0
        assert_values 0 0
        assert_equal "$(grep -c '= -1 EINTR' "$err") $(grep -c '^sem[a-z]*op(.*) = 0$' "$err") $(grep -c '^semop-tool' "$err")" "1 1 0"
        [[ -z $timeout ]] || times_given <"$err" | sort -c -rnu
        operate 0 1
    done
}

@test "op: SIGINT, SIGTERM and SIGHUP end the wait, and nothing was done" {
    local signal timeout
    new_set 1,0
    for signal in INT TERM HUP; do
        for timeout in "" "--timeout=1h"; do
            # shellcheck disable=SC2086 # may be none
            start semop-tool op $timeout "$set" 0-1,1-1
            await "1 0" waiting 1
            kill -s "$signal" "$pid"
            ends "$(by "$signal")"
            assert_values 1 0
            assert_equal "$(cat "$out" "$err")" ""
        done
    done
}

@test "op: a signal that the caller ignores does not end the wait" {
    new_set 0
    start env --ignore-signal=HUP,INT semop-tool op "$set" 0-1 -- true
    await "1 0" waiting 0
    kill -s HUP "$pid"
    kill -s INT "$pid"
    operate 0 1
    ends 0
    assert_values 1
}

@test "op: the set is removed while it waits: exit 1, and why" {
    new_set 1,0
    start semop-tool op "$set" 0-1,1-1
    await "1 0" waiting 1
    start semop-tool op -t 1h "$set" 0=0
    await "0 1" waiting 0
    ipcrm -s "$set"
    ends 1 "${started[0]}"
    ends 1 "${started[1]}"
    assert_equal "$(<err.0)" "semop-tool: 0-1,1-1: semop: EIDRM: set $set was removed while this process waited
hint: no operation was performed; list the sets with semop-tool show"
    assert_equal "$(<err.1)" "semop-tool: 0=0: semtimedop: EIDRM: set $set was removed while this process waited
hint: no operation was performed; list the sets with semop-tool show"
}

# --- --repeat ----------------------------------------------------------------

@test "op --repeat: exactly so often, all of it" {
    local count
    for count in 1 2 1000 32767; do
        new_set 0
        op --repeat "$count" "$set" 0+1
        assert_values "$count"
    done
    new_set 0,0,32767
    op --repeat=500 "$set" 0+3,1+1 1+1,2-2 0-1
    assert_values 1000 1000 31767
    new_set 1
    op --repeat 200000 "$set" 0-1 0+1
    assert_values 1
}

@test "op --repeat: stops where it is refused, and says how far it came" {
    new_set 0,0
    run --separate-stderr semop-tool op --repeat 32768 "$set" 0+1
    assert_failure 1
    assert_equal "${stderr_lines[0]}" "semop-tool: 0+1: semop: ERANGE: semaphore 0 is 32767, and 1 more would exceed SEMVMX, the highest value: 32767"
    assert_equal "${stderr_lines[-1]}" "semop-tool: 32767 of 32768 rounds were completed before this one"
    assert_values 32767 0
    new_set 3,0
    run --separate-stderr semop-tool op -n --repeat 5 "$set" 1+1 0-1
    assert_failure 124
    assert_equal "${stderr_lines[-2]}" "semop-tool: 3 of 5 rounds were completed before this one"
    assert_equal "${stderr_lines[-1]}" "semop-tool: the 1 list before it was performed"
    assert_values 0 4
}

@test "op --repeat: shows on a terminal how far it is, and nothing elsewhere" {
    local text="" status=0 pid
    new_set 1
    mkfifo screen
    env --default-signal TERM=xterm script -qefc "exec semop-tool op --repeat 9000000000000000000 $set 0-1,0+1" /dev/null </dev/null >screen 2>&1 3>&- &
    pid=$!
    started+=("$pid")
    exec {screen}<screen
    # shellcheck disable=SC2034 # K is no variable
    IFS= read -r -t 120 -d K text <&"$screen" || fail "no progress"
    assert_regex "$text" $'^\r[0-9]+ of 9000000000000000000 rounds, 0%\e\\[$'
    ipcrm -s "$set"
    cat <&"$screen" >rest
    exec {screen}<&-
    wait "$pid" || status=$?
    assert_equal "$status" 1
    assert_regex "$(<rest)" $'\r\e\\[Ksemop-tool: 0-1,0\\+1: semop: E(IDRM|INVAL): ' # not behind it on its line
    new_set 1
    run --separate-stderr semop-tool op --repeat 200000 "$set" 0-1,0+1
    assert_equal "$output$stderr" ""
}

# --- COMMAND -----------------------------------------------------------------

@test "COMMAND: runs while all is taken, and knows the set; then it is given back" {
    local set
    set=$(semop-tool create -k 0x4d2 --init 3,0,5 3)
    # shellcheck disable=SC2016 # for that shell to expand
    run --separate-stderr semop-tool op 0x4d2 0-1,1+2 2-5 2=0 -- sh -c '
        echo "$IPCLAB_SET|$*"; semop-tool show -n -r -o VALUE "$IPCLAB_SET"; cat' name one "t w o" <<<input
    assert_success
    assert_output "$set|one t w o
2
2
0
input"
    assert_equal "$stderr" ""
    assert_values 3 0 5
}

@test "COMMAND: lists are given back in reverse order, and each list from its end" {
    new_set 5,0,5
    run --separate-stderr semop-tool op --calls "$set" 0-1,1+2n 2-5,2=0 0-1u,0-2 -- echo -n
    assert_success
    assert_equal "$(lists_done <<<"$stderr")" "0-1,1+2n
2-5,2=0
0-1u,0-2
0+2,0+1u
2+5
1-2,0+1"
    assert_values 5 0 5
    # Where there is nothing to give back, there is no call.
    run --separate-stderr semop-tool op --calls "$set" 1=0 -- true
    assert_equal "$(lists_done <<<"$stderr")" "1=0"
}

@test "COMMAND: its status is passed on, and however it ends, all is given back" {
    local option expected command
    local PATH=$top_builddir/bin:/usr/bin:/bin # no folder that may not be searched
    touch plain
    for option in "" -u; do
        while read -r expected command; do
            new_set 1,1
            run "-$expected" --separate-stderr eval "semop-tool op $option $set 0-1 1-1 -- $command"
            assert_equal "$output" ""
            case $command in
            sh*) assert_equal "$stderr" "" ;;
            *) assert_regex "$stderr" "^semop-tool: $command: run: " ;;
            esac
            assert_values 1 1
        done <<END
0 sh -c :
7 sh -c 'exit 7'
126 sh -c 'exit 126'
255 sh -c 'exit 255'
137 sh -c 'kill -s KILL \$\$'
143 sh -c 'kill -s TERM \$\$'
139 sh -c 'kill -s SEGV \$\$'
126 $BATS_TEST_TMPDIR/plain
126 /
127 $BATS_TEST_TMPDIR/none
127 no-such-command
END
    done
    # The caller may have it that no child's status is kept.
    run env --ignore-signal=CHLD semop-tool op "$set" 0-1 -- sh -c 'exit 7'
    assert_failure 7
    assert_values 1 1
}

@test "COMMAND: gets no descriptor and no signal mask of ours" {
    local look plain
    new_set 1
    # As with no semop-tool between; not by way of a shell, for some clear the mask.
    for look in "ls /proc/self/fd" "grep ^Sig[BI] /proc/self/status"; do
        # shellcheck disable=SC2086 # words
        run $look </dev/null
        plain=$output
        # shellcheck disable=SC2086 # words
        run semop-tool op -u "$set" 0-1 -- $look </dev/null
        assert_success
        assert_output "$plain"
    done
}

@test "COMMAND: with --undo it is given back once, not twice" {
    new_set 4,1
    run --separate-stderr semop-tool op --calls -u "$set" 0-3,1+1 -- true
    assert_success
    assert_equal "$(lists_done <<<"$stderr")" "0-3u,1+1u"$'\n'"1-1u,0+3u"
    assert_values 4 1
}

# gone PID: until that process has ended; its parent may not have waited for it.
gone() {
    local end=$((SECONDS + 60))
    while [[ -e /proc/$1/stat && $(state "$1") != Z ]] 2>/dev/null; do
        ((SECONDS < end)) || fail "$1 goes on: $(tr '\0' ' ' <"/proc/$1/cmdline")"
    done
}

@test "COMMAND: SIGKILL of semop-tool ends it, too; only --undo gives back" {
    local option status
    for option in --undo ""; do
        new_set 3,0
        # shellcheck disable=SC2086 # may be none
        hold_with semop-tool op $option "$set" 0-1,1+1 0-1 -- sh -c 'echo $$; exec cat'
        assert_values 1 1
        kill -s KILL "$holder"
        wait "$holder" || status=$?
        assert_equal "$status" "$(by KILL)"
        gone "$hold_line"
        if [[ -n $option ]]; then assert_values 3 0; else assert_values 1 1; fi
        let_go || :
    done
}

# Each is killed after so many steps of ours, no matter how far it has come: between the fork and
# the exec too.
@test "COMMAND: SIGKILL of semop-tool at any moment leaves no COMMAND" {
    local end=$((SECONDS + 60))
    new_set 1
    mkfifo never
    perl -e '
        for my $i (1 .. 150) {
            my $pid = fork || exec "semop-tool", "op", "-u", $ARGV[0], "0-1", "--", "cat", "$ARGV[1]/never";
            for (1 .. $i * 1000) { }
            kill KILL => $pid;
            waitpid $pid, 0;
        }' "$set" "$PWD"
    while grep -lsz "^$PWD/never" /proc/[0-9]*/cmdline; do
        ((SECONDS < end)) || fail "some are left"
    done
    assert_values 1
}

@test "COMMAND: is not run when a list is refused; what was taken is given back" {
    local expected words
    new_set 1,0
    while read -r expected words; do
        run --separate-stderr eval "semop-tool op $words -- touch touched"
        assert_equal "$words: $status" "$words: $expected"
        assert [ ! -e touched ]
        assert_values 1 0
    done <<END
124 -n $set 0-1 1-1
124 -t 0.02 $set 0-1 1-1
124 $set 0-1 0-1n
2 $set 0-1 2-1
END
}

@test "COMMAND: is not run when a list is refused for good: 125" {
    local words
    new_set 1,0
    while read -r words; do
        run --separate-stderr eval "semop-tool op $words -- touch touched"
        assert_equal "$words: $status" "$words: 125"
        assert [ ! -e touched ]
        assert_values 1 0
    done <<END
$set 0-1 0+32767 0+1
$set 0-1,0+32767,0+1
$no_such 0-1
0x99 0-1
END
    run --separate-stderr with_fault semop=ENOMEM semop-tool op "$set" 0-1 -- touch touched
    assert_failure 125
    assert [ ! -e touched ]
}

@test "COMMAND: a signal while it waits for the second list: the first is given back" {
    local signal option
    ulimit -c 0 # SIGQUIT, SIGABRT, SIGSYS
    for signal in INT TERM HUP QUIT PIPE ALRM USR1 USR2 ABRT XCPU VTALRM PROF IO PWR SYS STKFLT RTMIN RTMAX; do
        for option in "" --undo --timeout=1h; do
            [[ -z $option || $signal == @(TERM|HUP|ALRM|ABRT) ]] || continue # the others differ in nothing
            new_set 1,0
            # shellcheck disable=SC2086 # may be none
            start semop-tool op $option "$set" 0-1 1-1 -- touch touched
            await "1 0" waiting 1
            assert_values 0 0
            kill -s "$signal" "$pid"
            ends "$(by "$signal")"
            assert [ ! -e touched ]
            assert_values 1 0
            assert_equal "$(cat "$out" "$err")" ""
        done
    done
}

@test "COMMAND: SIGTERM is passed on to it, waited for, and then all is given back" {
    local in
    new_set 1
    # One that dies of it.
    start semop-tool op "$set" 0-1 -- sleep infinity
    await 0 values
    kill -s TERM "$pid"
    ends "$(by TERM)"
    assert_values 1

    # One that takes its time, and has a status of its own.
    mkfifo in
    exec {in}<>in
    cat >slow <<'END'
trap 'echo got; read _ <in; exit 7' TERM
echo ready
while :; do read _ <in; done
END
    start semop-tool op "$set" 0-1 -- sh slow
    await ready cat "$out"
    assert_values 0
    kill -s TERM "$pid"
    await $'ready\ngot' cat "$out"
    assert_values 0 # not before it has ended
    echo >&"$in"
    ends 7
    assert_values 1
    exec {in}>&-
}

# Says "ready PARENT", then "got NAME" for each of its arguments that comes, and
# exits with 7 after as many.  What comes before it waits is kept for it.
# shellcheck disable=SC2016 # for perl to expand
told='use POSIX ":signal_h"; $| = 1; my $all = POSIX::SigSet->new; my $before = POSIX::SigSet->new;
    $all->fillset; sigprocmask(SIG_BLOCK, $all, $before);
    $SIG{$_} = sub { print "got $_[0]\n" } for @ARGV;
    print "ready ", getppid, "\n"; sigsuspend($before) for @ARGV; exit 7'

@test "COMMAND: every signal is passed on, once each, and it may outlive them" {
    local signals=(HUP INT QUIT TERM USR1 USR2 ALRM CONT WINCH ABRT XCPU VTALRM PROF IO PWR SYS STKFLT RTMIN RTMAX)
    local signal expected
    new_set 1
    start semop-tool op "$set" 0-1 -- perl -e "$told" "${signals[@]}"
    expected="ready $pid"
    await "$expected" cat "$out"
    for signal in "${signals[@]}"; do
        assert_values 0
        kill -s "$signal" "$pid"
        expected+=$'\n'"got $signal"
        await "$expected" cat "$out"
    done
    ends 7
    assert_values 1
}

@test "COMMAND: SIGPIPE is for semop-tool, which gives back first, when COMMAND has ended" {
    new_set 1
    mkfifo in
    exec {in}<>in
    start semop-tool op "$set" 0-1 -- sh -c 'echo ready; read x <in'
    await ready cat "$out"
    kill -s PIPE "$pid"
    assert_values 0
    echo >&"$in"
    exec {in}>&-
    ends "$(by PIPE)"
    assert_values 1
}

@test "COMMAND: the set is removed meanwhile: 125, and what was not reversed" {
    local command
    for command in 'echo ready; cat' 'echo ready; cat; exit 7'; do
        new_set 1,1
        # shellcheck disable=SC2016 # for that shell
        hold_with bash -c 'exec "$@" 2>err' bash semop-tool op "$set" 0-1 1-1 -- sh -c "$command"
        ipcrm -s "$set"
        status=0
        let_go || status=$?
        assert_equal "$status" 125
        assert_equal "$(grep -v '^hint' err)" "semop-tool: 1-1: semop: EINVAL: there is no semaphore set $set
semop-tool: 1-1: was not reversed
semop-tool: 0-1: semop: EINVAL: there is no semaphore set $set
semop-tool: 0-1: was not reversed"
    done
}

@test "COMMAND: what it gave and another took is waited for; SIGTERM ends that, and says what is missing" {
    new_set 0
    start semop-tool op "$set" 0+1 -- semop-tool op "$set" 0-1
    await "1 0" waiting 0
    await 0 children "$pid"
    operate 0 1
    ends 0
    assert_values 0

    start semop-tool op "$set" 0+1 -- semop-tool op "$set" 0-1
    await "1 0" waiting 0
    await 0 children "$pid"
    kill -s STOP "$pid"
    await T state "$pid"
    kill -s CONT "$pid"
    await "1 0" waiting 0
    kill -s TERM "$pid"
    ends "$(by TERM)"
    assert_equal "$(<"$err")" "semop-tool: 0+1: semop: EINTR: a signal interrupted the wait; no operation was performed
semop-tool: 0+1: was not reversed"
    assert_values 0
}

@test "COMMAND: one signal ends the giving back of all lists, not of one" {
    new_set 0,0
    start semop-tool op "$set" 0+1 1+1 -- semop-tool op "$set" 0-1,1-1
    await "1 0" waiting 1
    await 0 children "$pid"
    kill -s TERM "$pid"
    await "0 0" waiting 1
    await "0 0" waiting 0
    ends "$(by TERM)"
    assert_equal "$(grep -c 'was not reversed' "$err")" 2
    assert_values 0 0
}

@test "COMMAND: a signal while it waits for the second list: what the first gave is not waited for" {
    new_set 0,0
    start semop-tool op "$set" 0+1 1-1 -- touch touched
    await "1 0" waiting 1
    operate 0 -1
    kill -s TERM "$pid"
    await "0 0" waiting 1
    await "0 0" waiting 0
    ends "$(by TERM)"
    assert_equal "$(tail -n 1 "$err")" "semop-tool: 0+1: was not reversed"
    assert [ ! -e touched ]
    assert_values 0 0
}

@test "COMMAND: with --calls into a pipe that nobody reads, what was taken is given back" {
    local reader writer status=0
    new_set 1
    mkfifo pipe
    exec {reader}<>pipe
    exec {writer}>pipe
    exec {reader}<&-
    env --default-signal semop-tool op --calls "$set" 0-1 0-1 -- touch touched 2>&"$writer" || status=$?
    exec {writer}>&-
    assert_equal "$status" "$(by PIPE)"
    assert [ ! -e touched ]
    assert_values 1
}

# --- mutual exclusion --------------------------------------------------------

@test "100 processes add 1,000 each under a semaphore: nothing is lost" {
    local segment
    new_set 1
    segment=$(shmcreate 4K)
    seq 100 | xargs -P 100 -I_ semop-tool op -u "$set" 0-1 -- shmattach -i u32@0 --times=1000 --how=plain "$segment" >told
    assert_equal "$(shmattach -g u32@0 "$segment")" 100000
    # Each found it as the one before had left it.
    assert_equal "$(sort -n told)" "$(seq 1000 1000 100000)"
    assert_values 1
}

# adding OPERATIONS...: 4 processes at once add 20,000,000 each, with what comes
# in front of the command; prints what was lost.
adding() {
    local segment
    segment=$(shmcreate 4K)
    seq 4 | xargs -P 4 -I_ "$@" shmattach -i u32@0 --times=20000000 --how=plain "$segment" >/dev/null
    echo $((80000000 - $(shmattach -g u32@0 "$segment")))
    ipcrm -m "$segment"
}

# Each adds for tens of milliseconds, far longer than to start and than a time
# slice.  On two processors they run beside each other, and nearly every one of
# the additions can meet another; on one, each slice that ends between load and
# store, which is a third of the loop at least, loses all that the others do until
# it is this one's turn again: with ten slices in all, one run in 50 would lose
# nothing, and five in a row one in 300,000,000.
@test "without the semaphore the same processes lose updates, with it none" {
    local tries lost=0
    new_set 1
    assert_equal "$(adding semop-tool op -u "$set" 0-1 --)" 0
    for ((tries = 0; tries < 5 && !lost; tries++)); do lost=$(adding env); done
    assert [ "$lost" -gt 0 ]
    # A semaphore that lets four in is none.
    new_set 4
    lost=0
    for ((tries = 0; tries < 5 && !lost; tries++)); do lost=$(adding semop-tool op -u "$set" 0-1 --); done
    assert [ "$lost" -gt 0 ]
    assert_values 4
}

# --- why semop(2) and semtimedop(2) were refused ------------------------------

@test "semop EAGAIN: by now it could proceed" {
    new_set 1
    run --separate-stderr with_fault semop=EAGAIN semop-tool op "$set" 0-1
    assert_failure 124
    assert_equal "${stderr_lines[0]}" "semop-tool: 0-1: semop: EAGAIN: the call would have blocked; the operations could proceed now"
    run --separate-stderr with_fault semtimedop=EAGAIN semop-tool op -t 1h "$set" 0-1
    assert_failure 124
    assert_equal "${stderr_lines[0]}" "semop-tool: 0-1: semtimedop: EAGAIN: the timeout expired; the operations could proceed now"
}

@test "semop ERANGE: which semaphore, its value, SEMVMX" {
    new_set 1,32767
    refused semop-tool op "$set" 0+32767
    assert_said "0+32767: semop: ERANGE: semaphore 0 is 1, and 32767 more would exceed SEMVMX, the highest value: 32767"
    assert_hint "no operation was performed; more V's than P's are nearly always a mistake"
    refused semop-tool op "$set" 0-1,1+1
    assert_said "0-1,1+1: semop: ERANGE: semaphore 1 is 32767, and 1 more would exceed SEMVMX, the highest value: 32767"
    refused semop-tool op -t 1h "$set" 0+1,0+1,0+32767
    assert_said "0+1,0+1,0+32767: semtimedop: ERANGE: semaphore 0 is 3, and 32767 more would exceed SEMVMX, the highest value: 32767"
}

@test "semop ERANGE: what one process would undo has a limit too" {
    new_set 32767
    run --separate-stderr semop-tool op "$set" 0-32767u 0+32767 0-1u
    assert_failure 1
    assert_equal "${stderr_lines[0]}" "semop-tool: 0-1u: semop: ERANGE: a semaphore or the undo value of a process would exceed SEMVMX, the highest value: 32767"
    assert_values 32767
}

@test "semop EACCES: changing needs write, waiting for zero needs read" {
    need_second_user
    new_set 1,0
    refused as_nobody semop-tool op "$set" 0-1
    assert_said "0-1: semop: EACCES: set $set belongs to root:root with mode 0600, which grants nobody (others) no access; SEM-N and SEM+N need write access"
    assert_hint "root can grant more: semop-tool set -m MODE $set"
    refused as_nobody semop-tool op "$set" 1=0
    assert_said "1=0: semop: EACCES: set $set belongs to root:root with mode 0600, which grants nobody (others) no access; SEM=0 needs read access"
    semop-tool set -m 0604 "$set"
    run as_nobody semop-tool op "$set" 1=0
    assert_success
    refused as_nobody semop-tool op -t 1h "$set" 1=0,0+1
    assert_said "1=0,0+1: semtimedop: EACCES: set $set belongs to root:root with mode 0604, which grants nobody (others) read access only; SEM-N and SEM+N need write access"
    semop-tool set -m 0602 "$set"
    run as_nobody semop-tool op "$set" 0-1 0+1
    assert_success
    run as_nobody semop-tool op "$set" 0-1 -- true
    assert_success
    refused as_nobody semop-tool op "$set" 1=0
    assert_said "1=0: semop: EACCES: set $set belongs to root:root with mode 0602, which grants nobody (others) write access only; SEM=0 needs read access"
}

@test "semop EINVAL: no such set" {
    new_set 1
    refused semop-tool op "$no_such" 0-1
    assert_said "$no_such: semctl: EINVAL: there is no semaphore set $no_such"
    assert_hint "list the sets with semop-tool show"
    refused semop-tool op 0x99 0-1
    assert_said "0x99: semget: ENOENT: no semaphore set has key 0x00000099"
    refused with_fault semop=EINVAL semop-tool op "$set" 0-1
    assert_said "0-1: semop: EINVAL: the kernel does not accept this list or this timeout"
}

@test "semop, semtimedop: what this kernel will not give, or only in a race" {
    local call option error said_then hint_then
    new_set 1,0,0
    while IFS='|' read -r error said_then hint_then; do
        for call in semop semtimedop; do
            option=()
            [[ $call == semop ]] || option=(-t 1h)
            refused with_fault "$call=$error" semop-tool op "${option[@]}" "$set" 0-1,2+1
            assert_regex "$said" "^0-1,2\+1: $call: $error: $said_then\$"
            hint=${hint/#semtimedop/semop}
            [[ $hint == "$hint_then"* ]] || fail "$hint"
        done
    done <<END
E2BIG|2 operations exceed SEMOPM, the limit for one list: $(cut -f3 /proc/sys/kernel/sem)|split the list, which lets other processes run in between, or raise the third number of kernel.sem as root: sysctl kernel.sem
EFBIG|set $set has 3 semaphores, numbered from 0, and no semaphore 2|
EIDRM|set $set was removed while this process waited|no operation was performed; list the sets with semop-tool show
ENOMEM|the kernel has no memory left for this: [0-9.]+ .iB are available|check the memory limit of the control group
ENOSYS|this kernel or sandbox has no System V IPC|check whether the kernel has CONFIG_SYSVIPC
EFAULT|the program passed a buffer outside its memory, which is a bug in the program|please report the bug
EIO|Input/output error|semop(2) does not document this error; a security module or a sandbox may have caused it
END
}

# --- run ---------------------------------------------------------------------

# runs TEXT [ARGUMENT...]: TEXT (for printf) as a file and through a pipe on a set
# of 5,0,9, with that result: $values_are, and the same for both; quietly.
runs() {
    local way
    # shellcheck disable=SC2059 # it is a format
    printf "$1" >list
    for way in 'semop-tool run "$@" list' 'semop-tool run "$@" <list' 'cat list | semop-tool run "$@"' \
        'cat list | semop-tool run "$@" -'; do
        semop-tool set "$set" --all 5,0,9
        run --separate-stderr bash -c "$way" bash "${@:2}"
        assert_equal "$way: $status $output$stderr" "$way: 0 "
        assert_equal "$way: $(values)" "$way: $values_are"
    done
}

@test "run: a list a line, from a file and from a pipe" {
    new_set 5,0,9
    values_are="4 1 0" runs '0-1\n1+1\n2-9\n' "$set"
    values_are="4 1 0" runs '0-1,1+1,2-9\n' "$set"
    values_are="4 0 9" runs '0-1' "$set"         # no newline at the end
    values_are="3 0 9" runs '0-1\n0-1' "$set"
    values_are="5 0 9" runs '' "$set"
    values_are="5 0 9" runs '\n' "$set"
    values_are="6 1 10" runs '0..2+1' "$set"
    values_are="4 0 9" runs '0-1u\n0-1\n' "$set" # undone at its end
    values_are="5 0 9" runs '1=0n\n' "$set"
}

@test "run: comments, blanks, empty lines, lines of other systems" {
    new_set 5,0,9
    values_are="4 1 9" runs '# first\n\n0-1\n   \n\t\n1+1 # take\n#0-1\n' "$set"
    values_are="4 1 9" runs '  0-1\n\t1+1\t \n' "$set"
    values_are="4 1 9" runs '0-1\r\n1+1\r\n\r\n# x\r\n' "$set"
    values_are="4 1 9" runs '0-1#x\n1+1#1: 2\n' "$set"
    values_are="4 0 9" runs '0-1 # note: once' "$set"
    values_are="5 0 9" runs '#' "$set"
}

@test "run: a comment may end in a digit" {
    new_set 5,0,9
    values_are="4 1 9" runs '0-1 # lock 1\n1+1 #2\n' "$set"
}

@test "run: SET: switches, alone or in front of a list, by id, key and ftok" {
    local a b
    touch file
    a=$(semop-tool create -k 0x4d2 --init 5 1)
    b=$(semop-tool create -k ftok:file:Q --init 5 2)
    new_set 5,0,9
    values_are="4 0 9" runs "$set:\n0-1\n"
    values_are="4 0 9" runs "$set: 0-1\n"
    values_are="4 1 9" runs "$a:\n$set:0-1\n1+1"
    semop-tool set "$a" 0=5
    printf '0-1\n0x4d2: # another\n0+3\n0x4d2:0+1\nftok:file:Q:\r\n1-1\nftok:file:Q: 1-1,0+1\r\n%s:0+1\n%s:\n2-9' "$b" "$set" >list
    run --separate-stderr semop-tool run "$set" list
    assert_success
    assert_equal "$(values "$set")|$(values "$a")|$(values "$b")" "3 1 0|9|7 3"
}

@test "run: a bad line of a file is found before anything is done, and named" {
    local text line rule name
    new_set 5,0,9
    while IFS='|' read -r text line rule; do
        # shellcheck disable=SC2059 # it is a format
        printf "$text" >list
        for name in list "standard input"; do
            if [[ $name == list ]]; then
                run --separate-stderr semop-tool run "$set" list
            else
                run --separate-stderr semop-tool run "$set" <list
            fi
            assert_equal "$text: $status $output" "$text: 2 "
            assert_equal "$text: ${#stderr_lines[@]} line" "$text: 1 line"
            [[ $stderr == "semop-tool: $name:$line: $rule"* ]] || fail "$text: $stderr"
            assert_values 5 0 9
        done
    done <<'END'
0-1\nx|2|an operation is SEM-N
0-1\n\n# x\n 0-1, 1-1\n0-1\n|4|an operation is SEM-N
0-1\n0-0|2|N is from 1 to 32767
0-1\n3-1\n|2|the set has 3 semaphores, numbered from 0
0-1\n0..3-1\n|2|the set has 3 semaphores, numbered from 0
0-1\n65536-1\n|2|a semaphore's number is from 0
0-1\n2..1-1\n|2|a range of semaphores is
0-1\n0=1\n|2|= waits for zero
0-1\n0-1\0000-1\n|2|an operation is SEM-N
0-1\n/name:\n|2|a set is an id
0-1\n:\n|2|a set is an id
0-1\n: 0-1\n|2|a set is an id
0-1\nx: 0-1\n|2|a set is an id
0-1\n5\000: 0-1\n|2|a set is an id
END
    # The last of many.
    { yes 0-1 | head -n 4; yes 2+1 | head -n 20000; echo 1-; } >list
    run --separate-stderr semop-tool run "$set" list
    assert_failure 2
    assert_regex "$stderr" "^semop-tool: list:20005: "
    assert_values 5 0 9
}

@test "run: a list longer than SEMOPM is a bad line too" {
    local most
    new_set 5,0,9
    most=$(cut -f3 /proc/sys/kernel/sem)
    { echo 0-1; seq -s, 1 "$most" | sed 's/[0-9]*/2+1/g'; } >list
    values_are="4 0 $((9 + most))"
    run semop-tool run "$set" list
    assert_success
    # shellcheck disable=SC2086 # words
    assert_values $values_are
    { echo 0-1; seq -s, 0 "$most" | sed 's/[0-9]*/2+1/g'; } >list
    run --separate-stderr semop-tool run "$set" list
    assert_failure 2
    assert_regex "$stderr" "^semop-tool: list:2: more operations than one list may have \(SEMOPM\)"
    # shellcheck disable=SC2086 # words
    assert_values $values_are
}

@test "run: a line with no set named is bad, and so is one of a set that is not there" {
    new_set 5,0,9
    printf '# x\n0-1\n%s:\n' "$set" >list
    run --separate-stderr semop-tool run list
    assert_failure 2
    assert_equal "$stderr" 'semop-tool: list:2: no set is named yet: use semop-tool run SET, or a line "SET:"'
    run --separate-stderr semop-tool run <<<"0-1"
    assert_failure 2
    assert_equal "$stderr" 'semop-tool: standard input:1: no set is named yet: use semop-tool run SET, or a line "SET:"'
    printf '0-1\n%s:\n0-1\n' "$no_such" >list
    refused semop-tool run "$set" list
    assert_said "list:2: semctl: EINVAL: there is no semaphore set $no_such"
    printf '0-1\n0x99: 0-1\n' >list
    refused semop-tool run "$set" list
    assert_said "list:2: semget: ENOENT: no semaphore set has key 0x00000099"
    refused semop-tool run "$no_such" list
    assert_said "$no_such: semctl: EINVAL: there is no semaphore set $no_such"
}

@test "run: from a pipe the lines before a bad one are done" {
    new_set 5,0,9
    run --separate-stderr bash -c "printf '0-1\n\n0-1\nx\n0-1\n' | semop-tool run $set"
    assert_failure 2
    assert_equal "${#stderr_lines[@]}" 1
    assert_regex "$stderr" "^semop-tool: standard input:4: an operation is SEM-N"
    assert_values 3 0 9
    # Also when going on: what was meant cannot be known.
    run --separate-stderr bash -c "printf '0-1\n0-1\nx\n0-1\n' | semop-tool run -k $set"
    assert_failure 2
    assert_values 1 0 9
}

@test "run: from a pipe each line is done as it comes, and waits if it must" {
    new_set 0,0
    mkfifo lines
    start semop-tool run "$set" lines
    exec {lines}>lines
    echo 0+1 >&"$lines"
    await "1 0" values
    echo 1-1,0+5 >&"$lines"
    await "1 0" waiting 1
    assert_values 1 0
    # A stop and a continue do not end the wait.
    kill -s STOP "$pid"
    await T state "$pid"
    kill -s CONT "$pid"
    await "1 0" waiting 1
    operate 1 1
    await "6 0" values
    printf 0-6 >&"$lines" # is done when the pipe ends
    exec {lines}>&-
    ends 0
    assert_values 0 0
}

@test "run: SIGINT and SIGTERM end the wait" {
    local signal
    new_set 1,0
    printf '0-1\n1-1\n0+1\n' >list
    for signal in INT TERM; do
        start semop-tool run "$set" list
        await "1 0" waiting 1
        kill -s "$signal" "$pid"
        ends "$(by "$signal")"
        assert_values 0 0
        operate 0 1
    done
}

@test "run: stops at the first refusal, and names file and line" {
    new_set 5,0,9
    printf '0-1\n# x\n1-1n\n0-1\n' >list
    run --separate-stderr semop-tool run "$set" list
    assert_failure 124
    assert_equal "${stderr_lines[0]}" "semop-tool: list:3: semop: EAGAIN: the call would block: semaphore 1 is 0, and 1-1n needs at least 1"
    assert_values 4 0 9
    printf '0-1\n2+32767\n0-1\n' >list
    run --separate-stderr bash -c "cat list | semop-tool run $set"
    assert_failure 1
    assert_equal "${stderr_lines[0]}" "semop-tool: standard input:2: semop: ERANGE: semaphore 2 is 9, and 32767 more would exceed SEMVMX, the highest value: 32767"
    assert_values 3 0 9
}

@test "run --keep-going: does the others, tells of each refusal, and the worst status is its own" {
    local way
    new_set 5,0,9
    printf '0-1\n1-1n\n0-1\n2+32767\n0-1\n' >list
    for way in "semop-tool run -k $set list" "cat list | semop-tool run --keep-going $set"; do
        semop-tool set "$set" 0=5
        run --separate-stderr bash -c "$way"
        assert_failure 124
        assert_equal "$(grep '^semop-tool' <<<"$stderr" | cut -d: -f3-5)" "2: semop: EAGAIN
4: semop: ERANGE"
        assert_values 2 0 9
    done
    printf '2+32767\n0-1\n' >list
    run --separate-stderr semop-tool run -k "$set" list
    assert_failure 1
    assert_values 1 0 9
}

@test "run: one operand is a set if it is written like one, else a file; ./5 is a file" {
    new_set 5
    echo "$set: 0-1" >list
    run semop-tool run list
    assert_success
    assert_values 4
    echo 0-1 >"./$set"
    run semop-tool run "$set" </dev/null
    assert_success
    assert_values 4
    echo "$set: 0-2" >"./$set"
    run semop-tool run "./$set"
    assert_success
    assert_values 2
    run semop-tool run -- "$set" "./$set"
    assert_success
    assert_values 0
}

@test "run: a file that cannot be read: exit 1, why" {
    new_set 5
    run --separate-stderr semop-tool run "$set" none
    assert_failure 1
    assert_equal "$stderr" "semop-tool: none: open: No such file or directory"
    mkdir folder
    run --separate-stderr semop-tool run "$set" folder
    assert_failure 1
    assert_regex "$stderr" "^semop-tool: folder: read: Is a directory"
    run --separate-stderr bash -c "semop-tool run $set <&-"
    assert_failure 1
    assert_regex "$stderr" "^semop-tool: standard input: read: "
}

@test "run: 100,000 lines, from a file and from a pipe" {
    new_set 1,0,0
    # 50,000 pairs, and now and then one that stays.
    awk 'BEGIN { for (i = 1; i <= 49990; i++) { print "0-1,1+1"; print (i % 5 ? "1-1,0+1" : "1-1,0+1,2+1") } for (i = 0; i < 20; i++) print "2+1" }' >list
    assert_equal "$(wc -l <list)" 100000
    run --separate-stderr semop-tool run "$set" list
    assert_success
    assert_equal "$output$stderr" ""
    assert_values 1 0 10018
    run bash -c "cat list | semop-tool run $set"
    assert_success
    assert_values 1 0 20036
}

@test "run --calls: each call" {
    new_set 5,0,9
    run --separate-stderr semop-tool run --calls "$set" <<<$'0-1u,1=0n\n# x\n2+3'
    assert_success
    assert_equal "$(grep -v IPC_STAT <<<"$stderr")" \
        "semop($set, [{sem_num=0, sem_op=-1, sem_flg=SEM_UNDO}, {sem_num=1, sem_op=0, sem_flg=IPC_NOWAIT}], 2) = 0
semop($set, [{sem_num=2, sem_op=3, sem_flg=0}], 1) = 0"
}
