#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# semop-tool waiters: who is blocked on which semaphore by which operation, what
# of it cannot be seen, whether it is a deadlock (--deadlock), and the picture of
# it (--graph).  How single operations behave is for semop-tool.bats.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own

load helpers/common

setup() {
    trace_failures
    cd "$BATS_TEST_TMPDIR" || return
    started=()
}

# Whoever still waits is thrown out with the sets.
teardown() {
    local pid id
    rm -f "$BATS_TEST_TMPDIR/going"
    for id in $(set_ids); do ipcrm -s "$id" || :; done
    for pid in "${started[@]}"; do wait "$pid" || :; done
    clean_up
}

# --- sets, and tasks that wait on them ---------------------------------------

# new_set VALUE,... [OPTION...]: $set is a new set with these values.
new_set() {
    local values
    IFS=, read -ra values <<<"$1"
    set=$(semop-tool create "${@:2}" --init "$1" "${#values[@]}")
}

# start COMMAND...: in the background; $last is its PID.
start() {
    in_place "$@" </dev/null >"out.${#started[@]}" 2>"err.${#started[@]}" 3>&- &
    last=$!
    started+=("$last")
}

# In a process of this shell: becomes the COMMAND.  What keeps a holder is not
# handed on, for then the holder would stay until both let it go.
in_place() {
    local input
    for input in "${hold_inputs[@]}"; do exec {input}>&-; done
    [[ $(type -t "$1") != function ]] || { "$@"; exit; }
    exec "$@"
}

# start_op OPS...: semop-tool op on $set.
start_op() {
    start semop-tool op "$set" "$@"
}

# start_named NAME OPS...: the same by a process that calls itself NAME.
start_named() {
    # shellcheck disable=SC2016 # for bash
    start bash -c 'exec -a "$0" semop-tool op "$@"' "$1" "$set" "${@:2}"
}

# Counts in the kernel how many wait on set ARGV[0], until there are ARGV[1].  A
# task that is counted sleeps, or is on the way to it with no step left that
# could fail: whoever reads its state in /proc is made to wait for that.
count_waiting() {
    perl -e '
        use IPC::SysV qw(GETALL GETNCNT GETZCNT);
        my ($id, $wanted) = @ARGV;
        my $count;
        for (1 .. 3000) {
            my $values = "";
            semctl($id, 0, GETALL, $values) or die "GETALL: $!\n";
            $count = 0;
            $count += semctl($id, $_, GETNCNT, 0) + semctl($id, $_, GETZCNT, 0) for 0 .. length($values) / 2 - 1;
            exit 0 if $count == $wanted;
            select undef, undef, undef, 0.01;
        }
        die "$count wait on set $id, not $wanted\n"' "$@"
}
export -f count_waiting

# await COUNT: until so many tasks are blocked on $set.
await() {
    count_waiting "$set" "$1" || fail "who waits: $(ipcs -s -i "$set")"
}

# ends PID: it ends, and well.
ends() {
    wait "$1" || fail "process $1 ended with $?: $(cat err.* 2>/dev/null)"
}

# --- what is told ------------------------------------------------------------

# cells LIST [ARGUMENT...]: the cells of these columns as words, no heading.
cells() {
    semop-tool waiters -n -r -o "$@"
}

# told FILTER [ARGUMENT...]: what jq makes of each task in --json.
told() {
    semop-tool waiters --json "${@:2}" | jq -r ".waiters[] | $1"
}

# waiters ARGUMENT...: it works, and says nothing on standard error.
waiters() {
    run --separate-stderr semop-tool waiters "$@"
    assert_success
    assert_equal "$stderr" ""
}

# --- the list ----------------------------------------------------------------

# need_dot: skips where nothing can draw a graph.
need_dot() {
    command -v dot >/dev/null || skip "dot is not installed; Debian's package graphviz contains it"
}

@test "nobody waits: a heading, an empty array, no deadlock, an empty picture" {
    waiters
    assert_output "PID TID USER SET OPS STUCK VALUE LPID LSTATE COMMAND"
    waiters -n
    assert_output ""
    waiters --json
    assert_equal "$(jq -c . <<<"$output")" '{"waiters":[]}'
    new_set 1
    waiters "$set"
    assert_output "PID TID USER SET OPS STUCK VALUE LPID LSTATE COMMAND"
    waiters --deadlock
    assert_output --partial "No deadlock (0 blocked tasks)"
    waiters --graph
    need_dot
    run dot -Tsvg <<<"$output"
    assert_success
}

@test "blocked in semop and in semtimedop: every column" {
    local pid pids=()
    new_set 0,1
    hold_with semop-tool op "$set" 1-1 -- sh -c 'echo ready; cat'
    start "$helpers/waiter" "$set" 1-1
    start "$helpers/waiter" --timed "$set" 1-1
    await 2
    # One is blocked in another call than the other, or this test is not about two.
    if [[ -r /proc/$last/syscall && $(uname -m) == *64* ]]; then
        pids=("${started[@]/%//syscall}")
        run sort -u <(cut -d' ' -f1 "${pids[@]/#//proc/}")
        assert_equal "${#lines[@]}" 2
    fi
    for pid in "${started[@]}"; do
        run told "select(.pid == $pid) | \"\(.tid) \(.user) \(.set) \(.ops) \(.stuck) \(.value) \(.lpid) \(.lstate)\""
        assert_output "$pid $(id -un) $set 1-1 1-1 0 $holder alive"
        run told "select(.pid == $pid) | .command" -o PID,COMMAND
        assert_output "$(tr '\0' ' ' <"/proc/$pid/cmdline" | sed 's/ $//')"
        run told "select(.pid == $pid) | .lcommand" -o PID,LCOMMAND
        assert_output "semop-tool op $set 1-1 -- sh -c echo ready; cat"
    done
}

@test "semop-tool's own waiters: op, op --timeout, run" {
    new_set 0
    start_op 0-1
    start semop-tool op --timeout 1h "$set" 0-2
    start semop-tool run "$set" <(echo 0-3)
    await 3
    run cells OPS
    assert_output $'0-1\n0-2\n0-3'
    run cells PID
    assert_output "$(printf '%s\n' "${started[@]}")"
}

@test "threads: each is a line, with the operation that is its own" {
    local tids
    new_set 0,0,3,1
    start "$helpers/waiter" --spare "$set" 0-1 3-1,1-4 2=0 0+1,0-2
    await 4
    run cells PID
    assert_output "$(printf '%s\n' "$last" "$last" "$last" "$last")"
    run cells OPS,STUCK
    assert_equal "$(sort <<<"$output")" "$(sort <<<$'0-1 0-1\n3-1,1-4 1-4\n2=0 2=0\n0+1,0-2 0-2')"
    # The fifth thread waits for no semaphore.
    tids=$(cells TID | sort -n)
    assert_equal "$(wc -l <<<"$tids")" 4
    assert_equal "$(find "/proc/$last/task" -mindepth 1 -maxdepth 1 -printf '%f\n' | grep -cxF "$tids")" 4
    assert_equal "$(told .tid | sort -un)" "$tids"
}

@test "threads: the others are known though the first has ended" {
    new_set 0,1
    start "$helpers/waiter" --leader-exits "$set" '1-1 0-1'
    await 1
    run cells PID,USER,OPS
    assert_output "$last $(id -un) 0-1"
    run cells TID
    refute_output "$last"
    # It is also still alive for those who wait for what it took.
    start_op 1-1
    await 2
    run cells STUCK,LPID,LSTATE
    assert_line "1-1 ${started[0]} alive"
    run semop-tool waiters --deadlock
    refute_line --regexp "which process ${started[0]} .* gone"
}

# stuck OPS STUCK VALUE: somebody blocked with OPS on $set is stuck there.
stuck() {
    start_op "$1"
    await 1
    run cells OPS,STUCK,VALUE
    assert_output "$1 $2 $3"
    kill "$last"
    wait "$last" || :
    await 0
}

@test "a list of several operations: the one that cannot proceed need not be the first" {
    new_set 2,0,1,5
    stuck 0-1,1-1,2-1 1-1 0
    stuck 0-1,2-1,3-5,1=0,0-1,0-1 0-1 2
    stuck 3=0,1-1 3=0 5
    stuck 0-2,0+1,0-2 0-2 2
    stuck 1+3,1-3,1+1,1=0 1=0 0
    stuck 0-1u,3-6u,1+1 3-6u 5
    stuck 0-1n,1-1 1-1 0
    assert_equal "$(semop-tool show -n -r -o VALUE "$set" | xargs)" "2 0 1 5"
}

@test "a list of several operations: it moves on to another as values change" {
    new_set 0,0
    start_op 0-1,1-1
    await 1
    run cells STUCK
    assert_output 0-1
    semop-tool op "$set" 0+1
    run cells STUCK,VALUE
    assert_output "1-1 0"
    semop-tool set "$set" 0=0
    run cells STUCK,VALUE
    assert_output "0-1 0"
    semop-tool op "$set" 0+1,1+1
    ends "$last"
    run cells PID
    assert_output ""
}

@test "a list as long as a list may be" {
    local list
    new_set 0
    list=$(seq 1 31 | sed 's/.*/0+&,0-&,/' | tr -d '\n')
    start_op "${list}0-1"
    await 1
    assert_equal "$(told .ops)" "${list}0-1"
    assert_equal "$(told .stuck)" 0-1
    semop-tool op "$set" 0+1
    ends "$last"

    # One without semop-tool's own check of it.
    list=$(yes 0+1,0-1, | head -n 249 | tr -d '\n')
    start "$helpers/waiter" "$set" "${list}0+1,0-2"
    await 1
    assert_equal "$(told .stuck)" 0-2
    assert_equal "$(told '.ops[:40]')" "${list::40}"
}

@test "waiting for zero" {
    new_set 2,0
    start_op 0=0
    await 1
    run cells OPS,STUCK,VALUE
    assert_output "0=0 0=0 2"
    semop-tool op "$set" 0-2
    ends "$last"
}

@test "the last operator: known, gone, and not the one who only tried" {
    new_set 1
    hold_with semop-tool op "$set" 0-1 -- sh -c 'echo ready; cat'
    run -124 semop-tool op -n "$set" 0-1
    start_op 0-1
    await 1
    run cells LPID,LSTATE,LCOMMAND
    assert_output "$holder alive $(tr '\0 ' '__' <"/proc/$holder/cmdline" | sed 's/_$//; s/_/\\x20/g')"
    let_go
    ends "$last"

    # Who is gone has no command, and its number nobody else's.
    new_set 0
    start_op 0-1
    await 1
    run cells LSTATE,LCOMMAND "$set"
    assert_output "gone -"
    run told '.lpid, .lcommand' -o LPID,LCOMMAND
    assert_line --index 0 --regexp '^[1-9][0-9]*$'
    assert_line --index 1 null
}

@test "five hundred at once: none is missing, none twice" {
    new_set 0
    start "$helpers/waiter" --fork 500 "$set" 0-1
    await 500
    waiters
    assert_equal "${#lines[@]}" 501
    waiters -n -r -o PID
    assert_equal "$(sort -n <<<"$output")" "$(pgrep -P "$last" | sort -n)"
    waiters -n -r -o OPS
    assert_equal "$(sort -u <<<"$output")" 0-1
    waiters --deadlock
    assert_output --partial "500 blocked tasks"
    semop-tool op "$set" 0+250 0+250
    ends "$last"
    waiters -n
    assert_output ""
}

# traced_to_file COMMAND...: its system calls are in the file trace, descriptors
# with their paths.
traced_to_file() {
    "${traced[@]}" -y -o trace "$@" >/dev/null 2>&1
}

# A process that is not blocked costs at most six system calls, and each is looked
# at.  Counted are those that name it: of processes that are not ours there may be
# more or fewer at any time.
six_calls() {
    local most
    hold_with "$helpers/holder" --fork 200
    traced_to_file "$@"
    pgrep -P "$holder" >pids
    assert_equal "$(wc -l <pids)" 200
    # In "PID/...", or in the path that a descriptor leads to.
    sed -nE 's,.*(</proc/|")([0-9]+)/.*,\2,p' trace | grep -xFf pids | sort | uniq -c >calls
    assert_equal "$(wc -l <calls)" 200
    most=$(awk '$1 > most { most = $1 } END { print most }' calls)
    assert [ "$most" -le 6 ]
    let_go
}

@test "at most six system calls for each process that is not blocked" {
    new_set 0
    start_op 0-1
    await 1
    six_calls semop-tool waiters
}

@test "at most six system calls also for those that may not be looked into" {
    need_second_user
    cd "$TMPDIR" || return
    install -o nobody -d trace.d
    # shellcheck disable=SC2317,SC2329 # it takes the place of the one above
    traced_to_file() {
        as_nobody "${traced[@]}" -y -o trace.d/trace "$@" >/dev/null 2>&1
        cp trace.d/trace trace
    }
    six_calls semop-tool waiters
    rm -r trace.d
}

# --- which sets --------------------------------------------------------------

@test "SET: an id, a key, ftok:; only these; all without" {
    local ids=() key pids=() names at
    touch here
    for key in 0x4d2 0 "ftok:$PWD/here:7" 77; do
        ids+=("$(semop-tool create -k "$key" --init 0 1)")
        set=${ids[-1]}
        start_op 0-1
        pids+=("$last")
        await 1
    done
    waiters -n -r -o PID
    assert_equal "$(sort -n <<<"$output")" "$(printf '%s\n' "${pids[@]}" | sort -n)"
    names=(0x4d2 "${ids[1]}" ftok:here:7 0x4d)
    for at in 0 1 2 3; do
        waiters -n -r -o PID,SET "${names[at]}"
        assert_output "${pids[at]} ${ids[at]}"
    done
    waiters -n -r -o PID "${ids[3]}" "${names[2]}"
    assert_equal "$(sort -n <<<"$output")" "$(printf '%s\n' "${pids[@]:2}" | sort -n)"
    # Named twice is not waited for twice.
    waiters -n -r -o PID "${ids[0]}" 0x4d2
    assert_output "${pids[0]}"
}

@test "SET: one that is not there is told, the others are shown" {
    new_set 0
    start_op 0-1
    await 1
    run --separate-stderr semop-tool waiters -n -r -o PID 2000000000 "$set"
    assert_failure 1
    assert_output "$last"
    assert_equal "${stderr_lines[0]%%:*}" semop-tool
    [[ $stderr == *2000000000* ]] || fail "$stderr"
    # None of those named: not the others instead.
    run --separate-stderr semop-tool waiters -n 2000000000
    assert_failure 1
    assert_output ""
}

@test "another IPC namespace's waiters are not ours, though their set has the same id" {
    new_set 0
    start_op 0-2
    await 1
    # shellcheck disable=SC2016 # for that bash
    hold_with unshare --ipc bash -c '
        echo "$1" >/proc/sys/kernel/sem_next_id # where that is not allowed, the ids are small
        while set=$(semop-tool create --init 0 1) && ((set != $1)); do
            ((set < $1)) || exit 1
            ipcrm -s "$set"
        done
        semop-tool op "$set" 0-1 </dev/null &
        count_waiting "$set" 1 && echo "ready $!" && read -r
        ipcrm -s "$set"
        wait' - "$set" 2>/dev/null
    [[ $hold_line == ready* ]] || fail "$hold_line"
    waiters -n -r -o PID,OPS
    assert_output "$last 0-2"
    waiters -n -r -o PID,OPS "$set"
    assert_output "$last 0-2"
    waiters --graph
    refute_output --partial "${hold_line#ready }"
    # Nor when all that can be read of it is the kernel's function that it sleeps in.
    run --separate-stderr "${traced[@]}" -o trace -P "${hold_line#ready }/syscall" -e trace=openat \
        -e inject=openat:error=EACCES semop-tool waiters -n -r -o PID,OPS
    assert_output "$last 0-2"
}

# --- what cannot be seen -----------------------------------------------------

# nobody_says ARGUMENT...: what semop-tool waiters tells the user nobody. The status is 4 where --deadlock cannot know.
nobody_says() {
    run --separate-stderr as_nobody semop-tool waiters "$@"
    if [[ $* == *--deadlock* ]]; then assert_failure 4; else assert_success; fi
}

@test "another user's waiter is seen by root" {
    need_second_user
    new_set 0 --mode 666
    start as_nobody semop-tool op "$set" 0-1
    await 1
    waiters -n -r -o USER,OPS,STUCK,LSTATE
    assert_output "nobody 0-1 0-1 gone"
}

@test "what may not be seen is counted: all of it, some of it" {
    need_second_user
    new_set 0 --mode 666
    start_op 0-1
    await 1
    nobody_says -n "$set"
    assert_output ""
    [[ $stderr == "semop-tool: 1 waiting, 1 not visible to you"* ]] || fail "$stderr"
    start as_nobody semop-tool op "$set" 0-3
    start_op 0=0 0-4
    await 3
    nobody_says -n -r -o USER,OPS
    assert_output "nobody 0-3"
    [[ $stderr == "semop-tool: 3 waiting, 2 not visible to you"* ]] || fail "$stderr"
    nobody_says --deadlock
    assert_output "Not known: no deadlock among the waiters that could be read, but 2 could not."
    [[ $stderr == "semop-tool: 3 waiting, 2 not visible to you"* ]] || fail "$stderr"
    # With all on view nothing is said.
    waiters
}

@test "what may not be seen is counted: in a set that may not be read, that it cannot be" {
    need_second_user
    new_set 0
    start_op 0-1
    await 1
    nobody_says -n
    assert_output ""
    assert_equal "$stderr" "semop-tool: you may not read some of the sets: their waiters cannot be counted"
    run --separate-stderr as_nobody semop-tool waiters -n "$set"
    assert_output ""
    [[ -n $stderr ]] || fail "not a word about set $set"
}

@test "what may not be seen is counted: by root in another PID namespace, with no advice to be root" {
    need_second_user
    new_set 0
    start_op 0-1
    await 1
    run --separate-stderr unshare --pid --fork --mount-proc semop-tool waiters -n
    assert_success
    assert_output ""
    assert_equal "$stderr" "semop-tool: 1 waiting, 1 not visible to you: in another PID namespace, or out of reach of ptrace(2)"
}

# The unknown, in a table and in JSON.
@test "waiters whose memory may not be read: the kernel's counts tell where they wait, or a question mark stands" {
    new_set 0,1
    start_op 0-1
    await 1
    local blind=("${traced[@]}" -o trace -e trace=process_vm_readv -e inject=process_vm_readv:error=EPERM)
    run --separate-stderr "${blind[@]}" semop-tool waiters -n -r -o PID,SET,OPS,STUCK,VALUE
    assert_success
    assert_equal "$stderr" ""
    assert_output "$last $set ? 0-? 0"
    run --separate-stderr "${blind[@]}" semop-tool waiters --deadlock
    assert_success
    assert_line --partial "for semaphore 0 of set $set"
    # Either of the two may be the one that waits for zero.
    start_op 1=0
    await 2
    run --separate-stderr "${blind[@]}" semop-tool waiters -n -r -o SET,OPS,STUCK,VALUE,LPID,LSTATE
    assert_output "$set ? ? - - ?"$'\n'"$set ? ? - - ?"
    run --separate-stderr "${blind[@]}" semop-tool waiters --json -o SET,OPS,STUCK,VALUE,LPID
    assert_equal "$(jq -c '.waiters[0]' <<<"$output")" \
        "{\"set\":$set,\"ops\":\"?\",\"stuck\":\"?\",\"value\":null,\"lpid\":null}"
    run --separate-stderr "${blind[@]}" semop-tool waiters --deadlock
    assert_failure 4
    assert_output "Not known: no deadlock among the waiters that could be read, but 2 could not."
}

# As it is for an ordinary user under Yama's restriction, /proc/PID/syscall is closed, and wchan is not.
@test "waiters of which only the kernel's function is known: in one set, or anywhere" {
    local first
    new_set 0
    start_op 0-1
    first=$last
    await 1
    # Reading syscall waits until the task sleeps; wchan does not, and has nothing before.
    cat "/proc/$last/syscall" >/dev/null
    [[ $(<"/proc/$last/wchan") == *semtimedop* ]] || skip "this kernel does not name functions (CONFIG_KALLSYMS)"
    local blind=("${traced[@]}" -o trace -P "$first/syscall" -e trace=openat -e inject=openat:error=EACCES)
    run --separate-stderr "${blind[@]}" semop-tool waiters -n -o PID,SET,OPS,STUCK,COMMAND
    assert_success
    assert_equal "$stderr" ""
    assert_equal "$(xargs <<<"$output")" "$first $set ? 0-? semop-tool op $set 0-1"
    # Of one set that is named: the only place where it can wait is there, or is not.
    local idle
    idle=$(semop-tool create --init 1 1)
    run --separate-stderr "${blind[@]}" semop-tool waiters -n -r -o PID,SET,STUCK "$set"
    assert_success
    assert_equal "$output $stderr" "$first $set 0-? "
    run --separate-stderr "${blind[@]}" semop-tool waiters -n -r -o PID,SET,STUCK "$idle"
    assert_success
    assert_equal "$output $stderr" " "
    semop-tool rm "$idle"
    # Two waiters in two sets.
    local set=$set other
    other=$(semop-tool create --init 1 1)
    start semop-tool op "$other" 0=0
    until [[ $(semop-tool waiters -n -r -o SET | sort -u | wc -l) == 2 ]]; do :; done
    cat "/proc/$last/syscall" >/dev/null
    blind+=(-P "$last/syscall")
    run --separate-stderr "${blind[@]}" semop-tool waiters --json -o SET,STUCK,VALUE
    assert_equal "$(jq -c '.waiters[]' <<<"$output" | sort -u)" '{"set":null,"stuck":"?","value":null}'
    run --separate-stderr "${blind[@]}" semop-tool waiters -n "$other"
    assert_output ""
    assert_regex "$stderr" "^semop-tool: 1 waiting, 1 not visible to you: "
}

# --- while things change -----------------------------------------------------

# quiet_rounds COUNT COMMAND...: so often it works, and says nothing on standard error.
quiet_rounds() {
    local round
    for ((round = 0; round < $1; round++)); do
        run --separate-stderr "${@:2}"
        ((status == 0)) || fail "round $round: status $status: $output $stderr"
        [[ -z $stderr ]] || fail "round $round: $stderr"
    done
}

@test "processes that come and go during the scan are no error" {
    new_set 0
    start_op 0-1
    await 1
    # Until the file is gone: processes of all kinds, of which none lives long.
    touch going
    # shellcheck disable=SC2016 # for that bash
    start nice -n 19 bash -c 'while [[ -e going ]]; do
        (:) & /bin/true & semop-tool op -t 0.001 "$0" 0-2 & semop-tool op -n "$0" 0-2 & wait
    done' "$set"
    quiet_rounds 40 semop-tool waiters -n -r -o PID
    assert_line "${started[0]}"
    quiet_rounds 10 semop-tool waiters --graph
    rm going
    ends "$last"
}

# endless OPS...: over and over, as fast as it can; nice, for we share the machine.
endless() {
    start nice -n 19 semop-tool op --repeat 1000000000 "$set" "$@"
}

# Two hand each other the turn, four fight for two.
busy() {
    new_set 1,0,1,1
    endless 0-1 1+1
    endless 1-1 0+1
    for _ in 1 2 3 4; do endless 2-1 2+1 3-1 3+1; done
}

@test "tasks that block and go on during the scan: nobody is said to be hidden" {
    need_all_on_view
    busy
    quiet_rounds 50 semop-tool waiters -n
}

# Where others' processes may not be looked into, they may be in the way.
need_all_on_view() {
    [[ $(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null || echo 0) == 0 || $EUID == 0 ]] ||
        skip "needs to look into its own processes, and kernel.yama.ptrace_scope forbids that"
}

@test "--watch: shows each come and go" {
    local before blocks line watcher
    new_set 0
    exec {blocks}< <(exec semop-tool waiters --watch=0.02 --count=5000 -r -o PID,OPS "$set" 3>&-)
    watcher=$!
    # A heading right after a heading is a block of nobody.
    read -ru "$blocks" line
    assert_equal "$line" "PID OPS"
    start_op 0-1
    while read -ru "$blocks" line && [[ $line == "PID OPS" ]]; do :; done
    assert_equal "$line" "$last 0-1"
    semop-tool op "$set" 0+1
    ends "$last"
    while before=$line && read -ru "$blocks" line && [[ $before$line != "PID OPSPID OPS" ]]; do :; done
    assert_equal "$before$line" "PID OPSPID OPS"
    kill "$watcher"
    exec {blocks}<&-
}

@test "--watch --count: so many blocks" {
    new_set 0
    start_op 0-1
    await 1
    waiters --watch=0.01 --count=3 -r -o PID
    assert_equal "$(grep -cx PID <<<"$output")" 3
    assert_equal "$(grep -cx "$last" <<<"$output")" 3
    waiters --watch=0.01 --count=2 --json -o PID
    assert_equal "$(jq -c '.waiters[].pid' <<<"$output" | xargs)" "$last $last"
}

@test "--watch --deadlock: the status is that of the worst round" {
    ring 2
    run -3 semop-tool waiters --deadlock --watch=0.01 --count=3
    assert_equal "$(grep -c '^Deadlock' <<<"$output")" 3
}

# --- how it is told ----------------------------------------------------------

@test "--json: numbers are numbers, all else are strings" {
    new_set 0,1
    start_op 1-1,0-1
    await 1
    waiters --json -o PID,TID,USER,COMMAND,SET,OPS,STUCK,VALUE,LPID,LSTATE,LCOMMAND
    assert_equal "$(jq -r '.waiters[0] | to_entries[] | "\(.key) \(.value | type)"' <<<"$output" | xargs)" \
        "pid number tid number user string command string set number ops string stuck string value number lpid number lstate string lcommand null"
    assert_equal "$(jq '.waiters | length' <<<"$output")" 1
}

@test "-o, -o +, --raw, --export, -n" {
    new_set 0
    start_op 0-1
    await 1
    waiters -o pid,ops
    assert_equal "$(sed 's/  */ /g; s/^ //' <<<"$output")" $'PID OPS\n'"$last 0-1"
    waiters -n -r -o +LCOMMAND
    assert_equal "$(wc -w <<<"$output")" 11
    assert_output --regexp " -$"
    waiters -e -o PID,OPS,STUCK
    assert_output "PID=\"$last\" OPS=\"0-1\" STUCK=\"0-1\""
    waiters -r
    assert_line --index 0 "PID TID USER SET OPS STUCK VALUE LPID LSTATE COMMAND"
}

@test "--help names every option, -o help every column; both fit 80 columns" {
    local word
    run --separate-stderr semop-tool waiters --help
    assert_success
    assert_equal "$stderr" ""
    assert [ "$(wc -L <<<"$output")" -le 80 ]
    for word in --deadlock --graph --watch --count --json --calls "-o help"; do
        assert_output --partial "$word"
    done
    run --separate-stderr semop-tool waiters -o help
    assert_success
    assert_equal "$stderr" ""
    assert [ "$(wc -L <<<"$output")" -le 80 ]
    for word in PID TID USER COMMAND SET OPS STUCK VALUE LPID LSTATE LCOMMAND; do
        assert_line --regexp "^$word "
    done
}

@test "bad command lines: nothing is done, exit 2" {
    local row
    for row in '--deadlock --graph' '--deadlock --json' '--graph -r' '-o NOTHING' '--count 3' '--watch=x' /name x \
        '--nothing' '-o' '--deadlock=1'; do
        # shellcheck disable=SC2086 # words are wanted
        run --separate-stderr semop-tool waiters $row
        assert_failure 2
        assert_output ""
        [[ $stderr == semop-tool:* ]] || fail "$row: $stderr"
    done
}

@test "hostile names of processes: one line each, and nothing a terminal obeys" {
    # shellcheck disable=SC1003 # it is meant to end so
    local name names=(
        'quote"inside' 'back\slash' $'new\nline' $'escape\e[31mred' '<b>&amp;</b>' 'ends in \' '\N\G\l' '{a|b}' $'tab\there'
        $'bad\xff\xfebytes' 'quote at the 64th byte and then some more words xxxxxxxxxxxxxxxx"""""""""""""""""' '; rm -rf /' 'ünïcödé'
    )
    new_set 0
    for name in "${names[@]}"; do start_named "$name" 0-1; done
    await "${#names[@]}"
    waiters -n
    assert_equal "${#lines[@]}" "${#names[@]}"
    refute_output --regexp $'[\001-\011\013-\037]'
    waiters --json
    assert_equal "$(jq '.waiters | length' <<<"$output")" "${#names[@]}"
    waiters --deadlock
    refute_output --regexp $'[\001-\011\013-\037]'
    waiters --graph
    need_dot
    run --separate-stderr dot -Tsvg <<<"$output"
    assert_success
    assert_equal "$stderr" ""
    assert_equal "$(grep -c '<title>p' <<<"$output")" $((${#names[@]} + 1 + ${#names[@]}))
    assert_output --partial '>quote&quot;inside op'
    assert_output --partial '>back\\slash op'
    assert_output --partial '>new\012line op'
    assert_output --partial '>\\N\\G\\l op'
    assert_output --partial '>{a|b} op'
    assert_output --partial '&lt;b&gt;&amp;amp;&lt;/b&gt; op'
}

# --- clients that nobody here wrote ------------------------------------------

# A set of one semaphore with a key, for those who take no ids.
set_with_key() {
    set=$(semop-tool create -k 0x1abc --init "$1" 1)
}

# The neighbours' counts of $set: "NCOUNT ZCOUNT PID" of semaphore 0.
ipcs_says() {
    ipcs -s -i "$set" | awk '$1 == "0" && NF == 5 { print $3, $4, $5 }'
}

lsipc_says() {
    lsipc -s -i "$set" | awk '/^SEMNUM/ { found = 1; next } found && $1 == "0" { print $3, $4, $5 }'
}

# neighbours_agree NCOUNT ZCOUNT: and with what we tell of the last operator.
neighbours_agree() {
    local pid
    pid=$(told .lpid | sort -u)
    assert_equal "$(ipcs_says)" "$1 $2 $pid"
    assert_equal "$(lsipc_says)" "$1 $2 $pid"
    assert_equal "$(semop-tool show -n -r -o NCNT,ZCNT,LPID "$set")" "$1 $2 $pid"
    assert_equal "$(told 'select(.stuck | test("=") | not) | .pid' | wc -l)" "$1"
    assert_equal "$(told 'select(.stuck | test("=")) | .pid' | wc -l)" "$2"
    assert_equal "$(told .set | sort -u)" "$(lsipc -s --json | jq -r '.semaphores[] | select(.key == "0x00001abc") | .id')"
}

# shellcheck disable=SC2016 # for perl
perl_client='use IPC::SysV qw(SEM_UNDO); use IPC::Semaphore;
    my $set = IPC::Semaphore->new(0x1abc, 0, 0) or die "semget: $!";
    $set->op(eval $ARGV[0]) or die "semop: $!";'

@test "perl's IPC::Semaphore: its waiters are seen as ipcs and lsipc count them" {
    set_with_key 1
    start perl -e "$perl_client" '0, -2, 0'
    start perl -e "$perl_client" '0, 0, 0, 0, 3, 0'
    start perl -e "$perl_client" '0, -1, SEM_UNDO, 0, -1, SEM_UNDO'
    await 3
    run cells PID,OPS,STUCK,VALUE
    assert_line "${started[0]} 0-2 0-2 1"
    assert_line "${started[1]} 0=0,0+3 0=0 1"
    assert_line "${started[2]} 0-1u,0-1u 0-1u 1"
    neighbours_agree 2 1
    run told "select(.pid == ${started[0]}) | .command"
    assert_output --partial 'perl -e use IPC::SysV'
    # Zero lets the second go on, whose 3 is enough for the first; the third waits on.
    semop-tool op "$set" 0-1
    ends "${started[1]}"
    semop-tool op "$set" 0+1
    ends "${started[0]}"
    ends "${started[2]}"
}

python_client='import sys, sysv_ipc
semaphore = sysv_ipc.Semaphore(0x1abc)
getattr(semaphore, sys.argv[1])(*[eval(word) for word in sys.argv[2:]])'

@test "python's sysv_ipc: its waiters are seen as ipcs and lsipc count them" {
    local python=/usr/bin/python3
    "$python" -c 'import sysv_ipc' 2>/dev/null || skip "needs python's sysv_ipc (Debian package python3-sysv-ipc)"
    set_with_key 1
    start "$python" -c "$python_client" acquire None 2
    start "$python" -c "$python_client" Z
    start "$python" -c "$python_client" acquire 3600 3
    await 3
    run cells PID,OPS,STUCK,VALUE
    assert_line "${started[0]} 0-2 0-2 1"
    assert_line "${started[1]} 0=0 0=0 1"
    assert_line "${started[2]} 0-3 0-3 1"
    neighbours_agree 2 1
    # And it is python that lets them go on.
    "$python" -c "$python_client" acquire
    ends "${started[1]}"
    "$python" -c "$python_client" release 5
    ends "${started[0]}"
    ends "${started[2]}"
}

@test "python's threads" {
    local python=/usr/bin/python3
    "$python" -c 'import sysv_ipc' 2>/dev/null || skip "needs python's sysv_ipc (Debian package python3-sysv-ipc)"
    set_with_key 0
    start "$python" -c 'import sysv_ipc, threading
for n in range(5): threading.Thread(target=sysv_ipc.Semaphore(0x1abc).acquire, args=(None, n + 1)).start()'
    await 5
    assert_equal "$(cells PID | sort -u)" "$last"
    assert_equal "$(cells TID | sort -u | wc -l)" 5
    assert_equal "$(cells OPS | sort | xargs)" "0-1 0-2 0-3 0-4 0-5"
    neighbours_agree 5 0
    semop-tool op "$set" 0+15
    ends "$last"
}

# --- deadlock ----------------------------------------------------------------

# ring N: N processes in a ring.  Each takes its semaphore, waits at the gate
# (semaphore N) until all are there, and then for the semaphore of the next.
ring() {
    local i ones
    ones=$(printf '1,%.0s' $(seq "$1"))
    new_set "${ones}0"
    ring=()
    for ((i = 0; i < $1; i++)); do
        start_op $i-1 "$1-1" $(((i + 1) % $1))-1
        ring+=("$last")
    done
    await "$1"
    # One operation wakes them all, and they are no longer counted when it returns.
    semop-tool op "$set" "$1+$1"
    await "$1"
}

# sentences: "WHO WHOM" of each sentence that says who waits for whom.
sentences() {
    sed -nE -e 's/^  process ([0-9]+) \(.*\) waits for its child ([0-9]+) to end[;.]$/\1 \2/p' \
        -e 's/^  process ([0-9]+) \(.*\) waits for semaphore [0-9]+ of set [0-9]+, which process ([0-9]+) [a-z ]+[;.]$/\1 \2/p' \
        <<<"$output"
}

# assert_circle PID...: those that are said to wait are these, each once, and
# each for the one in the next sentence, the last for the first.
assert_circle() {
    assert_equal "$(sentences | cut -d' ' -f1 | sort -n)" "$(printf '%s\n' "$@" | sort -n)"
    assert_equal "$(sentences | cut -d' ' -f2)" "$(sentences | cut -d' ' -f1 | sed -n '2,$p; 1h; ${g;p;}' | uniq)"
}

# deadlock: there is one, told in one piece, and without a word of anything else.
deadlock() {
    run --separate-stderr semop-tool waiters --deadlock "$@"
    assert_failure 3
    assert_equal "$stderr" ""
    assert_line --index 0 "Deadlock:"
    assert_line --partial "none of them can continue"
    refute_output --partial "No deadlock"
}

# no_deadlock: there is none.
no_deadlock() {
    run --separate-stderr semop-tool waiters --deadlock
    assert_success
    assert_equal "$stderr" ""
    assert_line --partial "No deadlock ("
    refute_line "Deadlock:"
}

@test "--deadlock: two processes in a ring" {
    ring 2
    deadlock
    assert_circle "${ring[@]}"
    assert_line --partial "process ${ring[0]} (semop-tool op $set 0-1 2-1 1-1) waits for semaphore 1 of set $set, which process ${ring[1]} "
    deadlock "$set"
    # One of them gives up, and the other goes on: no deadlock is left.
    kill "${ring[1]}"
    wait "${ring[1]}" || :
    semop-tool op "$set" 1+1
    ends "${ring[0]}"
    no_deadlock
}

@test "--deadlock: five processes in a ring" {
    ring 5
    deadlock
    assert_circle "${ring[@]}"
}

@test "--deadlock: those that only wait for a ring are not in it" {
    ring 3
    start_op 0-1
    start_op 1-1
    await 5
    deadlock
    assert_circle "${ring[@]}"
}

@test "--deadlock: two rings are two deadlocks; only that of the sets named" {
    local first second
    ring 2
    first=$set first_ring=("${ring[@]}")
    ring 3
    second=$set
    run -3 semop-tool waiters --deadlock
    assert_equal "$(grep -c '^Deadlock:' <<<"$output")" 2
    assert_equal "$(sentences | cut -d' ' -f1 | sort -n)" "$(printf '%s\n' "${first_ring[@]}" "${ring[@]}" | sort -n)"
    deadlock "$second"
    assert_circle "${ring[@]}"
    deadlock "$first"
    assert_circle "${first_ring[@]}"
}

@test "--deadlock: across two sets" {
    local a b gate
    new_set 1
    a=$set
    new_set 1
    b=$set
    new_set 0
    gate=$set
    printf '%s\n' "$a:0-1" "$gate:0-1" "$b:0-1" >one
    printf '%s\n' "$b:0-1" "$gate:0-1" "$a:0-1" >two
    start semop-tool run one
    start semop-tool run two
    await 2
    semop-tool op "$gate" 0+2
    set=$a
    await 1
    set=$b
    await 1
    deadlock
    assert_circle "${started[@]}"
    assert_line --partial "of set $a,"
    assert_line --partial "of set $b,"
}

# nested TAKE WAIT: semop-tool op holds TAKE while a command of it, behind the
# gate (semaphore 2), wants WAIT.
nested() {
    # shellcheck disable=SC2016 # for sh
    start semop-tool op "$set" "$1" -- \
        sh -c 'semop-tool op "$IPCLAB_SET" 2-1; semop-tool op "$IPCLAB_SET" "$1" -- true; exit $?' sh "$2"
}

@test "--deadlock: semop-tool op -- COMMAND inside another, both ways round: the parents belong to it" {
    local inner pids
    new_set 1,1,0
    nested 0-1 1-1
    nested 1-1 0-1
    await 2
    semop-tool op "$set" 2+2
    await 2
    deadlock
    # Every link of it: the two that took, their shells, the two that wait.
    mapfile -t inner < <(cells PID)
    mapfile -t pids < <(pgrep -P "${started[0]},${started[1]}")
    assert_circle "${started[@]}" "${pids[@]}" "${inner[@]}"
    assert_line --partial "process ${started[0]} (semop-tool op $set 0-1 -- sh -c"
    assert_line --partial "waits for its child"
    # What it says is so: when one of the inner ones is ended, all go on.
    kill "${inner[0]}"
    wait "${started[0]}" "${started[1]}" || :
    no_deadlock
    assert_equal "$(semop-tool show -n -r -o VALUE "$set" | xargs)" "1 1 0"
}

@test "--deadlock: a command that wants what its own parent holds" {
    new_set 1
    start semop-tool op "$set" 0-1 -- semop-tool op "$set" 0-1 -- true
    await 1
    deadlock
    assert_circle "$last" "$(cells PID)"
}

@test "--deadlock: a parent that does not wait for the child is not in it" {
    new_set 1
    # It has a child that waits for what it took, and reads meanwhile.
    # shellcheck disable=SC2016 # for perl
    hold_with perl -e '
        use IPC::SysV;
        $| = 1;
        semop($ARGV[0], pack("s!3", 0, -1, 0)) or die;
        my $pid = fork;
        if (!$pid) { close STDIN; exec "semop-tool", "op", $ARGV[0], "0-1" }
        print "ready $pid\n";
        <STDIN>;
        semop($ARGV[0], pack("s!3", 0, 1, 0)) or die;
        wait' "$set"
    await 1
    no_deadlock
    let_go
}

@test "--deadlock: a process of several threads that are all blocked" {
    new_set 1,1,0,0
    start "$helpers/waiter" "$set" 3-1 '0-1 2-1 1-1'
    start_op 1-1 2-1 0-1
    await 3
    semop-tool op "$set" 2+2
    await 3
    deadlock
    assert_circle "${started[@]}"
}

@test "--deadlock: a process with a thread that can still run may yet let go: possible, exit 0" {
    new_set 1,1,0
    start "$helpers/waiter" --spare "$set" '0-1 2-1 1-1'
    start_op 1-1 2-1 0-1
    await 2
    semop-tool op "$set" 2+2
    await 2
    no_deadlock
    assert_line "Possible deadlock:"
    assert_circle "${started[@]}"
    assert_line --partial "may still release"
    # So it may: by that thread, or by anybody.
    semop-tool op "$set" 0+1
    ends "${started[1]}"
}

@test "--deadlock: one who waits only so long breaks the circle himself: possible, exit 0" {
    new_set 1,1,0
    start "$helpers/waiter" --timed "$set" '0-1 2-1 1-1'
    start_op 1-1 2-1 0-1
    await 2
    semop-tool op "$set" 2+2
    await 2
    no_deadlock
    assert_line "Possible deadlock:"
}

# --- no deadlock -------------------------------------------------------------

@test "no false alarm: twenty processes want one mutex" {
    local i
    new_set 1
    hold_with semop-tool op "$set" 0-1 -- sh -c 'echo ready; cat'
    for ((i = 0; i < 20; i++)); do start_op 0-1 0+1; done
    await 20
    no_deadlock
    refute_output --partial Abandoned
    assert_output --partial "20 blocked tasks"
    let_go
    for i in "${started[@]}"; do ends "$i"; done
}

@test "no false alarm: while they fight for it as fast as they can" {
    busy
    quiet_rounds 60 semop-tool waiters --deadlock
}

@test "no false alarm: a bounded buffer, its producer waits for the consumer" {
    # 0: empty places, 1: full places, 2: mutex, 3: what the consumer does meanwhile
    new_set 2,0,1,0
    start_op 1-1 2-1 2+1 0+1 3-1
    await 1
    start_op --repeat 4 0-1 2-1 2+1 1+1
    await 2
    no_deadlock
    run cells PID,STUCK
    assert_line "$last 0-1"
    semop-tool op "$set" 0+1 3+1
    ends "${started[0]}"
    ends "${started[1]}"
}

@test "no false alarm: a bounded buffer, its consumers wait for the producer" {
    local pid
    new_set 2,0,1,0
    start_op --repeat 2 1-1 2-1 2+1 0+1
    start_op --repeat 2 1-1 2-1 2+1 0+1
    await 2
    start_op 0-1 2-1 2+1 1+1 0-1 2-1 2+1 1+1 3-1
    await 3
    no_deadlock
    run cells STUCK
    assert_equal "$(sort <<<"$output" | xargs | sed 's/1-1 1-1/1-1/')" "1-1 3-1"
    semop-tool op "$set" 1+2 3+1
    for pid in "${started[@]}"; do ends "$pid"; done
}

@test "no false alarm: producers and consumers at full speed" {
    new_set 2,0,1
    for _ in 1 2; do
        endless 0-1 2-1 2+1 1+1
        endless 1-1 2-1 2+1 0+1
    done
    quiet_rounds 50 semop-tool waiters --deadlock
}

@test "no false alarm: a barrier by waiting for zero" {
    local i
    new_set 6
    for ((i = 0; i < 5; i++)); do start_op 0-1 0=0; done
    await 5
    no_deadlock
    refute_output --partial Abandoned
    run cells STUCK,VALUE
    assert_equal "$(sort -u <<<"$output")" "0=0 1"
    start_op 0-1 0=0
    for i in "${started[@]}"; do ends "$i"; done
}

@test "no false alarm: two barriers, each with those who have been at the other" {
    new_set 2,2
    start_op 0-1 1=0
    start_op 1-1 0=0
    await 2
    no_deadlock
    refute_output --partial "Possible"
    # Whom they wait for is a third, whom no record names.
    semop-tool op "$set" 0-1 1-1
    ends "${started[0]}"
    ends "${started[1]}"
}

@test "no false alarm: two who hand each other the turn" {
    new_set 0,0,0
    start_op 0-1 1+1
    start_op 1-1 2-1 0+1
    await 2
    no_deadlock
    semop-tool op "$set" 1+1
    await 2
    no_deadlock
    semop-tool op "$set" 2+1
    ends "${started[0]}"
    ends "${started[1]}"
}

# --- abandoned ---------------------------------------------------------------

# killed_holder OPTION...: somebody took semaphore 0 of $set and was ended by SIGKILL.
killed_holder() {
    hold_with semop-tool op "$@" "$set" 0-1 -- sh -c 'echo ready; cat'
    killed=$holder
    start_op 0-1
    await 1
    kill -KILL "$killed"
    wait "$killed" || :
}

@test "--deadlock: abandoned by SIGKILL: named, with the command that frees it" {
    local remedy
    new_set 1
    killed_holder
    no_deadlock
    assert_line "Abandoned:"
    assert_line --partial "process $last (semop-tool op $set 0-1) waits for semaphore 0 of set $set, which process $killed "
    assert_line --partial "that process is gone"
    remedy=$(sed -n 's/^ *If no other process will release it: //p' <<<"$output")
    assert_equal "$remedy" "semop-tool op $set 0+1"
    bash -euc "$remedy"
    ends "$last"
    no_deadlock
    refute_output --partial Abandoned
}

@test "--deadlock: abandoned, and more than one is needed" {
    local remedy
    new_set 3
    hold_with semop-tool op "$set" 0-3 -- sh -c 'echo ready; cat'
    start_op 0-3
    await 1
    kill -KILL "$holder"
    wait "$holder" || :
    run semop-tool waiters --deadlock
    remedy=$(sed -n 's/^ *If no other process will release it: //p' <<<"$output")
    assert_equal "$remedy" "semop-tool op $set 0+3"
    bash -euc "$remedy"
    ends "$last"
}

@test "--deadlock: with SEM_UNDO the kernel gives back, and nothing is abandoned" {
    new_set 1
    killed_holder --undo
    ends "$last"
    no_deadlock
    refute_output --partial Abandoned
    # The same for one whom what was given back is not enough.
    new_set 1
    hold_with semop-tool op --undo "$set" 0-1 -- sh -c 'echo ready; cat'
    start_op 0-2
    await 1
    kill -KILL "$holder"
    wait "$holder" || :
    no_deadlock
    refute_output --partial Abandoned
}

@test "--deadlock: nobody is said to have taken what was only created at zero" {
    new_set 0
    start_op 0-1
    await 1
    no_deadlock
    refute_output --partial took
}

# --- where the kernel's records mislead --------------------------------------

# The kernel notes who operated on a semaphore last, not who holds it nor who
# will give.  In the first case, nothing that it notes tells the deadlock of a
# ring of two from this: semaphore 0 counts goods that a third process makes.
@test "--deadlock can be wrong: the last one who took is not the one who will give" {
    # 0: one item in stock, 1: a lock, 2: a gate
    new_set 1,1,0
    start_op 0-1 2-1 1-1 1+1 # uses up the item; then wants the lock for a moment
    start_op 1-1 2-1 0-1 1+1 # has the lock, and wants an item
    await 2
    semop-tool op "$set" 2+2
    await 2
    deadlock
    assert_circle "${started[@]}"
    # It is none: the producer makes the next item, and all go on.
    semop-tool op "$set" 0+1
    ends "${started[0]}"
    ends "${started[1]}"
    assert_equal "$(semop-tool show -n -r -o VALUE "$set" | xargs)" "0 1 0"
}

@test "--deadlock can be wrong: somebody who only looked hides the one who took" {
    ring 2
    deadlock
    # Waiting for zero is an operation too, and this one need not wait.
    semop-tool op "$set" 0=0
    no_deadlock
    assert_line "Abandoned:"
    # Yet as before neither can go on.
    await 2
}

@test "--deadlock can be wrong: the threads of one process are one to the kernel" {
    new_set 1,1,0
    start "$helpers/waiter" "$set" '0-1 2-1 1-1' '1-1 2-1 0-1'
    await 2
    semop-tool op "$set" 2+2
    await 2
    no_deadlock
}

# --- the picture -------------------------------------------------------------

# picture: the graph of all waiters in DOT, and drawn from it picture.svg.
picture() {
    need_dot
    waiters --graph "$@"
    dot -Tsvg -o picture.svg <<<"$output" 2>dot.err || fail "dot: $(cat dot.err)"
    assert_equal "$(cat dot.err)" ""
    # A line for each node and each edge: what it is, its title, its shape, its colour.
    perl -0777 -ne '
        while (/<g id="\w+" class="(node|edge)">\n<title>(.*?)<\/title>(.*?)<\/g>/sg) {
            my ($kind, $title, $rest) = ($1, $2, $3);
            my ($shape, $colour) = $rest =~ /<(polygon|ellipse|path)[^>]* stroke="([^"]*)"/;
            my $dashed = $rest =~ /stroke-dasharray/ ? " dashed" : "";
            $title =~ s/&#45;/-/g; $title =~ s/&gt;/>/g;
            print "$kind $title: $shape $colour$dashed\n";
        }' picture.svg >drawn
}

@test "--graph: a ring drawn by dot: shapes, and the circle in red" {
    ring 2
    start_op 0-1
    await 3
    picture
    run cat drawn
    assert_line "node p${ring[0]}: polygon black"
    assert_line "node p${ring[1]}: polygon black"
    assert_line "node p$last: polygon black"
    assert_line "node semaphore 0 of set $set: ellipse black"
    assert_line "node semaphore 1 of set $set: ellipse black"
    assert_line "edge p${ring[0]}->semaphore 1 of set $set: path red"
    assert_line "edge semaphore 1 of set $set->p${ring[1]}: path red"
    assert_line "edge p${ring[1]}->semaphore 0 of set $set: path red"
    assert_line "edge semaphore 0 of set $set->p${ring[0]}: path red"
    # The third waits for the circle and is not in it.
    assert_line "edge p$last->semaphore 0 of set $set: path black"
    assert_equal "${#lines[@]}" 10
}

@test "--graph: each thread of a process has an arrow, and its name" {
    local tid
    new_set 0
    start "$helpers/waiter" "$set" 0-1 0-1
    await 2
    picture
    tid=$(cells TID | grep -vx "$last")
    assert_equal "$(grep -c "^edge p$last->semaphore 0 of set $set: path black" drawn)" 2
    run cat picture.svg
    assert_output --partial ">thread $tid</text>"
    refute_output --partial ">thread $last</text>"
}

@test "--graph: the parents that wait for a child are in the circle" {
    new_set 1
    start semop-tool op "$set" 0-1 -- semop-tool op "$set" 0-1 -- true
    await 1
    picture
    run cat drawn
    assert_line "edge p$last->p$(cells PID): path red dashed"
    assert_line "edge semaphore 0 of set $set->p$last: path red"
    assert_equal "${#lines[@]}" 6
}

@test "--graph: no circle, no red; a waiter for zero points to nobody, the dead are dashed" {
    new_set 1,2
    killed_holder
    start_op 1=0
    await 2
    picture
    run cat drawn
    refute_output --partial red
    assert_line "node p$killed: polygon black dashed"
    assert_line "edge semaphore 0 of set $set->p$killed: path black"
    assert_line "edge p$last->semaphore 1 of set $set: path black"
    refute_output --partial "semaphore 1 of set $set->"
    assert_equal "$(grep -c 'gone' picture.svg)" 1
    refute_line --partial "gone (gone)"
    run ! grep -F 'gone (gone)' picture.svg
}

@test "--graph: only the sets that are named" {
    local first
    ring 2
    first=$set
    ring 2
    picture "$first"
    run grep -c "^node semaphore . of set $first:" drawn
    assert_output 2
    run grep "set $set" drawn
    assert_output ""
}
