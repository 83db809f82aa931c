#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# shmsync: objects in a segment, made, taken, given, watched and destroyed, on
# both kinds of segment.  The header is for shmsync-header.bats, who waits for
# whom for shmsync-waiters.bats.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own

load helpers/common

setup() {
    trace_failures
    cd "$BATS_TEST_TMPDIR" || return
    started=()
    serial=0
}

teardown() {
    local pid
    for pid in "${started[@]}"; do kill -KILL "$pid" 2>/dev/null || :; done
    for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || :; done
    clean_up
}

# new KIND OBJECT...: $seg is a new segment of this kind with these objects, and
# $data where its data area is.
new() {
    serial=$((serial + 1))
    if [[ $1 == posix ]]; then
        seg=$(shmcreate --name "/sync.$serial" 4K)
    else
        seg=$(shmcreate 4K)
    fi
    data=$(shmsync init "$seg" "${@:2}")
}

kinds=(sysv posix)

# start COMMAND...: in the background; $last is its PID.
start() {
    "$@" </dev/null >"out.${#started[@]}" 2>"err.${#started[@]}" 3>&- &
    last=$!
    started+=("$last")
}

# owners_are_known KIND: can shmsync know that the owner of a lock in a segment of this KIND is gone?
owners_are_known() {
    [[ $1 == sysv ]] || ! is_contained
}

# cell COLUMN NAME: of shmsync stat.
cell() {
    shmsync stat -n -r -o "$1" "$seg" "$2" 2>/dev/null
}

# await COLUMN NAME VALUE: until the cell is so.  What the others do takes them no
# time: so many tries without it are a mistake.
await() {
    local tries
    for ((tries = 0; tries < 3000; tries++)); do
        [[ $(cell "$1" "$2") != "$3" ]] || return 0
    done
    fail "$2: $1 is $(cell "$1" "$2"), not $3"
}

# ends PID [STATUS]: it ends, and so.
ends() {
    local status=0
    wait "$1" || status=$?
    assert_equal "$status" "${2-0}"
}

# holder NAME [OPTION...]: a lock on $seg that stays until fifo NAME.gate is
# written to; comes back when it is held.  $last is the shmsync.
holder() {
    mkfifo "$1.gate" "$1.ready"
    start shmsync lock "${@:2}" "$seg" "$1" -- sh -c "echo >$1.ready; read x <$1.gate"
    read -r _ <"$1.ready"
}

let_holder_go() {
    echo >"$1.gate"
    rm "$1.gate" "$1.ready"
}

# After the holder was killed: what it ran has ended with it, and nobody reads its gate.
forget_holder() {
    rm "$1.gate" "$1.ready"
}

# --- the command line --------------------------------------------------------

@test "a command line that is wrong: one line, exit 2, nothing done" {
    local line
    new sysv mutex:m cond:c sem:s=1
    while IFS='|' read -r line expected; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr shmsync ${line//SEG/$seg}
        assert_equal "$status:$line" "2:$line"
        assert_equal "$output" ""
        assert_equal "$(wc -l <<<"$stderr")" 1
        [[ $stderr == "shmsync: $expected"* ]] || fail "$line: $stderr"
    done <<'END'
|missing operand SUBCOMMAND
nothing|nothing: no such subcommand
init|missing operand SEGMENT
init 5x mutex:m|5x: 
init SEG mutexm|mutexm: an object is
init SEG mutex:|mutex:: a name is
init SEG sem:t|sem:t: a semaphore is
lock SEG|missing operand MUTEX
lock SEG m|missing COMMAND after --
lock SEG m true|true: unexpected operand; put COMMAND after --
lock SEG m --|missing COMMAND after --
lock --try -t 1 SEG m -- true|--try: mutually exclusive with --timeout
lock --recover --not-recover SEG m -- true|--recover: mutually exclusive
lock -t 1x SEG m -- true|1x: 
lock SEG ../m -- true|../m: a name is
wait SEG c m|--until: missing
wait SEG c|missing operand MUTEX
wait SEG c m --until=u32|u32: a condition is
wait SEG c m --until=u32@0=1|u32@0=1: a condition is
wait SEG c m --until=u32@0>-1|u32@0>-1: the value is out
wait SEG c m --until=u32@1>1|u32@1>1: the offset must be a multiple
wait SEG c m --until=u32@2048>1|u32@2048>1: outside the data area
signal SEG|missing operand COND
signal SEG c m --set=u32@2048=1|u32@2048=1: outside the data area
signal SEG c -t 1|--timeout: needs MUTEX
signal SEG c m x|x: unexpected operand
down SEG|missing operand SEM
down --try -t 1 SEG s|--try: mutually exclusive with --timeout
post SEG s s|s: unexpected operand
post SEG s --nothing|--nothing: no such option
destroy SEG|missing operand NAME
stat|missing operand SEGMENT
stat SEG -o NOTHING|NOTHING: 
waiters --deadlock --graph|--graph: use --deadlock or --graph
waiters --json --deadlock|--json: 
waiters --set=/x|/x: a set is
END
    assert_equal "$(shmsync stat -n -r -o NAME,STATE "$seg" 2>/dev/null)" $'m unlocked\nc idle\ns value\\x201'
}

@test "--help of each subcommand: 24 lines of 80 columns at most, an example at the end" {
    local subcommand
    for subcommand in '' init lock rdlock wrlock wait signal broadcast post down arrive stat waiters destroy; do
        # shellcheck disable=SC2086 # none is no word
        run shmsync $subcommand --help
        assert_success
        ((${#lines[@]} <= 24)) || fail "$subcommand: ${#lines[@]} lines"
        assert_equal "$(awk 'length > 80' <<<"$output")" ""
        assert_regex "${lines[-1]}" "^Example: .*shmsync ${subcommand:-lock}"
    done
}

# --- what is asked of what is not there --------------------------------------

@test "what is not there, or of another kind, is said in one line" {
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m cond:c
        run shmsync lock "$seg" other -- echo never
        assert_failure 125
        assert_output "shmsync: $seg: no object other; use shmsync stat to list the objects"
        run shmsync lock "$seg" c -- echo never
        assert_failure 125
        assert_output "shmsync: $seg: c is a cond; this needs a mutex"
        run shmsync post "$seg" m
        assert_failure 1
        run shmsync stat "$seg" m other
        assert_failure 1
        assert_line --partial "mutex"
        run shmsync init "$seg" cond:m rwlock:r
        assert_failure 1
        assert_line "shmsync: $seg: cond:m: this name is taken; use shmsync stat to list the objects"
        assert_equal "$(cell KIND r)" rwlock
    done
}

@test "read permission is enough to look, and not to lock" {
    need_second_user
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m
        shmctl-tool set -m 644 "$seg"
        run as_nobody shmsync stat -n -r -o NAME,STATE "$seg"
        assert_success
        assert_line "m unlocked"
        run as_nobody shmsync lock "$seg" m -- echo never
        assert_failure 125
        assert_line --partial EACCES
    done
}

# --- init --------------------------------------------------------------------

@test "init: prints the data area's offset; it is shmattach's; stat --data is the same" {
    for kind in "${kinds[@]}"; do
        new "$kind"
        assert_equal "$data" 2048
        shmsync init "$seg" mutex:m cond:c >/dev/null
        shmsync signal "$seg" c m --set u32@4=77 --set str@8=word
        assert_equal "$(shmattach --get "u32@$((data + 4))" "$seg")" 77
        assert_equal "$(shmattach --get "str@$((data + 8))" "$seg")" word
        assert_equal "$(shmsync stat --data "$seg")" 2048
    done
}

@test "init --calls: every attribute is set before, and what is returned is shown" {
    new sysv
    run shmsync init --calls "$seg" mutex:m,robust,errorcheck,prio=inherit cond:c,clock=monotonic barrier:b=3 sem:s=4
    assert_success
    for line in "pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) = 0" \
        "pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK) = 0" \
        "pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) = 0" \
        "pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT) = 0" "pthread_mutex_init(&m, &attr) = 0" \
        "pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) = 0" "pthread_cond_init(&c, &attr) = 0" \
        "pthread_barrier_init(&b, &attr, 3) = 0" "sem_init(&s, 1, 4) = 0"; do
        assert_line "$line"
    done
    assert_equal "$(cell ATTRS m)" robust,errorcheck,prio=inherit
}

# --- mutexes -----------------------------------------------------------------

@test "lock: while COMMAND runs it is held by us, then it is free; its status is passed on" {
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m mutex:p,prio=inherit mutex:r,recursive mutex:e,errorcheck,robust
        for name in m p r e; do
            # shellcheck disable=SC2016 # for sh
            run shmsync lock "$seg" "$name" -- sh -c 'shmsync stat -n -r -o STATE,OWNER,OSTATE "$1" "$2"; echo $PPID' \
                sh "$seg" "$name"
            assert_success
            assert_line "locked ${lines[-1]} alive"
            assert_equal "$(cell STATE "$name")" unlocked
        done
        run shmsync lock "$seg" m -- sh -c 'exit 7'
        assert_failure 7
        run -127 shmsync lock "$seg" m -- ./nothing
        # shellcheck disable=SC2016 # for sh
        run shmsync lock "$seg" m -- sh -c 'echo $IPCLAB_SEGMENT $IPCLAB_DATA'
        assert_output "$seg 2048"
        assert_equal "$(cell STATE m)" unlocked
    done
}

@test "lock: held by another: --try and --timeout say by whom, exit 124" {
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m
        holder m
        run --separate-stderr shmsync lock --try "$seg" m -- echo never
        assert_failure 124
        assert_equal "$output" ""
        assert_regex "$stderr" "^shmsync: $seg: m: pthread_mutex_trylock: EBUSY: task $last \(shmsync lock"
        run --separate-stderr shmsync lock --timeout=20ms --calls "$seg" m -- echo never
        assert_failure 124
        assert_regex "$stderr" "pthread_mutex_clocklock\(&m, CLOCK_MONOTONIC, \{.*\}\) = 110 ETIMEDOUT"
        assert_equal "$(cell STATE,OWNER m)" "locked $last"
        start shmsync lock "$seg" m -- echo mine
        await WAITERS m 1
        let_holder_go m
        ends "${started[0]}"
        ends "$last"
        assert_equal "$(cat out.1)" mine
        started=()
    done
}

@test "lock: 100 processes, 1000 plain increments each: none is lost" {
    local count=100 each=1000 i
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m
        started=()
        for ((i = 0; i < count; i++)); do
            start shmsync lock "$seg" m -- shmattach --increment "u64@$data" --how=plain --times=$each "$seg"
        done
        for pid in "${started[@]}"; do ends "$pid"; done
        assert_equal "$(shmattach --get "u64@$data" "$seg")" $((count * each))
    done
    started=()
}

@test "lock: the owner is killed: robust, the next one is told who, and recovers" {
    for kind in "${kinds[@]}"; do
        for attributes in robust robust,prio=inherit robust,errorcheck; do
            new "$kind" "mutex:m,$attributes"
            holder m
            start shmsync lock --calls "$seg" m -- sh -c "echo mine; echo \$IPCLAB_OWNER_DIED"
            await WAITERS m 1
            kill -KILL "${started[0]}"
            ends "$last"
            assert_equal "$(cat out.1)" "mine"$'\n'"${started[0]}"
            run cat err.1
            assert_line --partial "= 130 EOWNERDEAD (Owner died)"
            assert_line "shmsync: $seg: m: its owner, task ${started[0]}, died while holding it (EOWNERDEAD): what it protects may be half updated"
            assert_line "pthread_mutex_consistent(&m) = 0"
            assert_equal "$(cell STATE m)" unlocked
            forget_holder m
            ends "${started[0]}" 137
            started=()
        done
    done
}

@test "lock: the owner is killed: stat names the dead; --not-recover; then nobody gets it" {
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m,robust
        holder m
        kill -KILL "$last"
        ends "$last" 137
        forget_holder m
        assert_equal "$(shmsync stat -n -r -o STATE,OWNER,OSTATE "$seg" m 2>/dev/null)" "owner\\x20died $last gone"
        run shmsync lock --not-recover "$seg" m -- echo never
        assert_failure 125
        refute_line never
        run shmsync lock "$seg" m -- echo never
        assert_failure 125
        assert_line --partial "ENOTRECOVERABLE: its owner died and the next owner left it inconsistent"
        assert_equal "$(cell STATE m)" "not\\x20recoverable"
        shmsync destroy "$seg" m
        shmsync init "$seg" mutex:m >/dev/null
        shmsync lock "$seg" m -- true
        started=()
    done
}

@test "lock: the owner is killed: not robust, it blocks for ever, and a timeout says why" {
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m
        holder m
        kill -KILL "$last"
        ends "$last" 137
        forget_holder m
        run shmsync lock --timeout=20ms "$seg" m -- echo never
        assert_failure 124
        if owners_are_known "$kind"; then
            assert_line --partial "task $last held it and no longer exists: a mutex that is not robust stays locked forever"
            assert_line "hint: replace it with a robust mutex: shmsync destroy --force SEGMENT m; shmsync init SEGMENT mutex:m,robust"
            assert_equal "$(cell STATE,OSTATE m)" "locked gone"
        else
            assert_line --partial "task $last holds it, and it is not known here whether that lives (in another PID namespace)"
            assert_equal "$(cell STATE,OSTATE m)" "locked ?"
        fi
        run shmsync destroy "$seg" m
        assert_failure 1
        started=()
        start shmsync lock "$seg" m -- echo never
        await WAITERS m 1
        shmsync destroy --force "$seg" m
        ends "$last" 125
        assert_regex "$(cat err.0)" "m: was destroyed during the wait"
        ! owners_are_known "$kind" || assert_regex "$(cat err.0)" "m: its owner, task [0-9]+, is gone, .*: this waits for ever"
        started=()
    done
}

@test "lock: a signal while COMMAND runs goes to COMMAND, and the mutex is given back" {
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m
        for signal in TERM HUP INT; do
            mkfifo ready
            # A shell's background job ignores SIGINT; this one does not.
            start env --default-signal=INT shmsync lock "$seg" m -- sh -c "trap 'exit 5' $signal; echo >ready; while :; do sleep 1; done"
            read -r _ <ready
            rm ready
            kill -s "$signal" "$last"
            ends "$last" 5
            assert_equal "$(cell STATE m)" unlocked
        done
    done
}

@test "lock: a signal while it waits ends it, and nothing is held" {
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m mutex:n,robust mutex:p,prio=inherit
        for name in m n p; do
            holder "$name"
            held=$last
            for signal in TERM INT; do
                start env --default-signal=INT shmsync lock "$seg" "$name" -- echo never
                await WAITERS "$name" 1
                kill -s "$signal" "$last"
                ends "$last" $((128 + $(kill -l "$signal")))
                assert_equal "$(cell STATE,OWNER "$name")" "locked $held"
            done
            let_holder_go "$name"
            ends "$held"
            assert_equal "$(cell STATE "$name")" unlocked
        done
        started=()
    done
}

# All whose default action ends a process, but for SIGKILL and those that a fault of our own causes;
# SIGXFSZ is ignored.
deadly=(HUP INT QUIT TERM USR1 USR2 ALRM ABRT PIPE XCPU VTALRM PROF IO PWR SYS STKFLT RTMIN RTMAX)

@test "lock, wrlock: every signal that ends a process is survived until the lock is given back" {
    local signal verb name
    ulimit -c 0
    new sysv mutex:m rwlock:w
    mkfifo ready gate
    for signal in "${deadly[@]}"; do
        while read -r verb name; do
            start env --default-signal shmsync "$verb" "$seg" "$name" -- sh -c 'echo >ready; read x <gate'
            read -r _ <ready
            kill -s "$signal" "$last"
            # this one is not passed on to COMMAND
            [[ $signal != PIPE ]] || echo >gate
            ends "$last" $((128 + $(kill -l "$signal")))
            assert_equal "$signal: $(cell STATE "$name")" "$signal: unlocked"
        done <<<$'lock m\nwrlock w'
    done
}

@test "lock, wrlock: every signal that ends a process ends the wait, and nothing is held" {
    local signal verb name
    ulimit -c 0
    new sysv mutex:m rwlock:w
    while read -r verb name; do
        mkfifo "$name.gate" "$name.ready"
        start shmsync "$verb" "$seg" "$name" -- sh -c "echo >$name.ready; read x <$name.gate"
        read -r _ <"$name.ready"
        for signal in "${deadly[@]}"; do
            start env --default-signal shmsync "$verb" "$seg" "$name" -- echo never
            await WAITERS "$name" 1
            kill -s "$signal" "$last"
            ends "$last" $((128 + $(kill -l "$signal")))
        done
        echo >"$name.gate"
        await STATE "$name" unlocked
    done <<<$'lock m\nwrlock w'
}

@test "lock: an alarm set before the program begins ends it in time, and so does one that COMMAND has" {
    new sysv mutex:m
    holder m
    run perl -e 'use Time::HiRes "ualarm"; ualarm 50000; exec "shmsync", "lock", $ARGV[0], "m", "--", "true"' "$seg"
    assert_failure $((128 + $(kill -l ALRM)))
    let_holder_go m
    ends "$last"
    run perl -e 'use Time::HiRes "ualarm"; ualarm 50000; exec "shmsync", "lock", $ARGV[0], "m", "--", "sleep", "infinity"' "$seg"
    assert_failure $((128 + $(kill -l ALRM)))
    assert_equal "$(cell STATE m)" unlocked
}

# gone PID: until that process has ended; its parent may not have waited for it.
gone() {
    local tries
    for ((tries = 0; tries < 3000; tries++)); do
        grep -qs '^State:.[^ZX]' "/proc/$1/status" || return 0
    done
    fail "$1 goes on"
}

@test "lock, rdlock, wrlock, wait: SIGKILL of shmsync ends COMMAND, which has the lock no more" {
    local words pid
    new sysv mutex:m,robust rwlock:w rwlock:x cond:c
    mkfifo ready never
    while read -r words; do
        # shellcheck disable=SC2086,SC2016 # words; for sh
        start shmsync ${words//SEG/$seg} -- sh -c 'echo $$ >ready; exec cat never'
        read -r pid <ready
        kill -KILL "$last"
        ends "$last" 137
        gone "$pid"
    done <<'END'
lock SEG m
rdlock SEG w
wrlock SEG x
wait SEG c m --until=u8@0==0
END
}

# Three at a time, so that it is wanted, and each is ended after so many steps of
# ours, no matter how far it has come: whoever has got it gives it back.
@test "lock: signals in the very moment of locking leave nothing locked" {
    new sysv mutex:m
    perl -e '
        for my $i (1 .. 150) {
            my @pids = map { my $pid = fork; $pid or exec "shmsync", "lock", $ARGV[0], "m", "--", "true"; $pid } 1 .. 3;
            for (1 .. $i * 1000) { }
            kill $i % 3 ? "TERM" : "ALRM" => @pids;
            waitpid $_, 0 for @pids;
        }' "$seg"
    assert_equal "$(cell STATE m)" unlocked
    shmsync lock --try "$seg" m -- true
}

# --- rwlocks -----------------------------------------------------------------

@test "rdlock and wrlock: readers together, a writer alone" {
    for kind in "${kinds[@]}"; do
        new "$kind" rwlock:r
        run shmsync rdlock "$seg" r -- shmsync rdlock "$seg" r -- shmsync stat -n -r -o STATE "$seg" r
        assert_success
        assert_line "2\\x20readers"
        run shmsync rdlock "$seg" r -- shmsync wrlock --try "$seg" r -- echo never
        assert_failure 124
        run shmsync wrlock "$seg" r -- shmsync rdlock -t 20ms "$seg" r -- echo never
        assert_failure 124
        assert_line --partial ETIMEDOUT
        run shmsync wrlock "$seg" r -- shmsync stat -n -r -o STATE,OSTATE "$seg" r
        assert_line "write-locked alive"
        run shmsync wrlock "$seg" r -- sh -c 'exit 7'
        assert_failure 7
        assert_equal "$(cell STATE r)" unlocked
    done
}

@test "rdlock, wrlock: left by a dead reader, by a dead writer: stat and the next one say so" {
    local verb other
    for verb in rdlock wrlock; do
        new sysv rwlock:w
        mkfifo ready never
        start shmsync "$verb" "$seg" w -- sh -c 'echo >ready; exec cat never'
        read -r _ <ready
        run shmsync wrlock --timeout=20ms "$seg" w -- echo never
        assert_failure 124
        assert_line --partial "ETIMEDOUT: the timeout expired"
        refute_line --partial destroy
        kill -KILL "$last"
        ends "$last" 137
        for other in --try --timeout=20ms; do
            run shmsync wrlock "$other" "$seg" w -- echo never
            assert_failure 124
            assert_line --partial "a process held it and no longer exists: no other process has the segment mapped"
            assert_line "hint: create it again: shmsync destroy --force SEGMENT w; shmsync init SEGMENT rwlock:w"
        done
        [[ $verb == wrlock ]] || assert_equal "$(cell STATE,OWNER,OSTATE w)" "1\\x20reader - gone"
        # one who lives and has it mapped may be the one
        hold "$seg"
        run shmsync wrlock --try "$seg" w -- echo never
        assert_failure 124
        refute_line --partial destroy
        [[ $verb == wrlock ]] || assert_equal "$(cell STATE,OWNER,OSTATE w)" "1\\x20reader - -"
        let_go
        rm ready never
    done
}

@test "rdlock: a signal while it waits ends it; what waited goes on when the writer ends" {
    new sysv rwlock:r
    mkfifo gate ready
    start shmsync wrlock "$seg" r -- sh -c 'echo >ready; read x <gate'
    read -r _ <ready
    start shmsync rdlock "$seg" r -- echo never
    reader=$last
    start shmsync rdlock "$seg" r -- echo read
    await WAITERS r 2
    kill -TERM "$reader"
    ends "$reader" 143
    echo >gate
    ends "$last"
    ends "${started[0]}"
    assert_equal "$(cat out.1)" ""
    assert_equal "$(cat out.2)" read
    assert_equal "$(cell STATE r)" unlocked
}

# --- semaphores and barriers -------------------------------------------------

@test "post and down: take, wait, give; --try and --timeout; SEM_VALUE_MAX" {
    for kind in "${kinds[@]}"; do
        new "$kind" sem:s=1 sem:full=2147483647
        shmsync down "$seg" s
        run shmsync down --try "$seg" s
        assert_failure 124
        assert_line --partial "sem_trywait: EAGAIN"
        run shmsync down --timeout=20ms "$seg" s
        assert_failure 124
        assert_line --partial "sem_clockwait: ETIMEDOUT"
        started=()
        start shmsync down "$seg" s
        await WAITERS s 1
        shmsync post "$seg" s
        ends "$last"
        assert_equal "$(cell STATE s)" "value\\x200"
        run shmsync post "$seg" full
        assert_failure 1
        assert_line --partial "sem_post: EOVERFLOW: its value is already SEM_VALUE_MAX"
        started=()
    done
}

@test "arrive: nobody goes on before all are there, and it can be used again" {
    for kind in "${kinds[@]}"; do
        new "$kind" barrier:b=3
        for _ in 1 2; do
            started=()
            start shmsync arrive "$seg" b
            start shmsync arrive "$seg" b
            await STATE b "2\\x20of\\x203\\x20arrived"
            await WAITERS b 2
            shmsync arrive "$seg" b
            for pid in "${started[@]}"; do ends "$pid"; done
            assert_equal "$(cell STATE b)" "0\\x20of\\x203\\x20arrived"
        done
        started=()
    done
}

# --- condition variables -----------------------------------------------------

@test "wait: goes on at once if EXPR holds; each comparison" {
    local expr
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m cond:c
        shmsync signal "$seg" c m --set i32@0=-5 --set f64@8=1.5 --set str@16=word
        for expr in 'i32@0 == -5' 'i32@0!=5' 'i32@0<-4' 'i32@0 <= -5' 'i32@0 > -6' 'i32@0>=-5' 'u32@0 > 5' \
            'f64@8 > 1.4' 'f64@8 < 1e9' 'str@16 == word' 'str@16 != words' 'str@16 < x'; do
            run shmsync wait "$seg" c m --until="$expr" -- echo held
            assert_success
            assert_output held
        done
        for expr in 'i32@0 != -5' 'i32@0 == 5' 'i32@0 < -5' 'i32@0 > -5' 'f64@8 == 1' 'str@16 == wor' 'str@16 == words'; do
            run shmsync wait --timeout=5ms "$seg" c m --until="$expr" -- echo held
            assert_failure 124
            refute_line held
        done
        assert_equal "$(cell STATE m)" unlocked
    done
}

@test "wait: woken by signal, with the mutex held while COMMAND runs" {
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m cond:c
        started=()
        start shmsync wait --calls "$seg" c m --until='u32@0 == 2' -- shmsync stat -n -r -o STATE,OWNER "$seg" m
        await WAITERS c 1
        assert_equal "$(cell STATE m)" unlocked
        shmsync signal "$seg" c m --set u32@0=1
        await WAITERS c 1
        shmsync signal "$seg" c m --set u32@0=2
        ends "$last"
        assert_equal "$(cat out.0)" "locked $last"
        run cat err.0
        assert_line "pthread_cond_wait(&c, &m) = 0"
        assert_equal "$(cell STATE m)" unlocked
        assert_equal "$(cell STATE c)" idle
        started=()
    done
}

@test "wait: broadcast wakes all, signal one" {
    local i
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m cond:c
        started=()
        for i in 1 2 3 4 5; do start shmsync wait --once "$seg" c m -- echo woken; done
        await WAITERS c 5
        shmsync signal "$seg" c m
        await WAITERS c 4
        shmsync broadcast "$seg" c m
        for pid in "${started[@]}"; do ends "$pid"; done
        assert_equal "$(cat out.*)" "$(printf 'woken\n%.0s' 1 2 3 4 5)"
        started=()
    done
}

@test "wait --once: a wake-up that was not meant is taken for one that was, and that is said" {
    new sysv mutex:m cond:c
    start shmsync wait --once "$seg" c m --until='u32@0 > 0' -- echo went on
    await WAITERS c 1
    shmsync signal "$seg" c
    ends "$last"
    assert_equal "$(cat out.0)" "went on"
    assert_equal "$(cat err.0)" "shmsync: $seg: c: woken, but u32@0 > 0 is false: a spurious wake-up, or another process was faster"
    start shmsync wait "$seg" c m --until='u32@0 > 0' -- echo went on
    await WAITERS c 1
    shmsync signal "$seg" c
    shmsync signal "$seg" c m --set u32@0=1
    ends "$last"
    assert_equal "$(cat err.1)" ""
}

@test "wait: a timeout leaves the mutex released, and nobody counted" {
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m cond:c cond:d,clock=monotonic
        for cond in c d; do
            run shmsync wait --timeout=20ms "$seg" "$cond" m --until='u8@0 == 1' -- echo never
            assert_failure 124
            assert_line --partial "ETIMEDOUT"
            assert_equal "$(cell STATE m) $(cell STATE "$cond")" "unlocked idle"
        done
        holder m
        run shmsync wait --timeout=20ms "$seg" c m --until='u8@0 == 1'
        assert_failure 124
        let_holder_go m
        ends "$last"
        started=()
    done
}

@test "wait: a signal ends it, the mutex is free and nobody stays counted" {
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m cond:c
        for signal in TERM INT; do
            started=()
            start env --default-signal=INT shmsync wait "$seg" c m --until='u8@0 == 1' -- echo never
            await WAITERS c 1
            kill -s "$signal" "$last"
            ends "$last" $((128 + $(kill -l "$signal")))
            assert_equal "$(cell STATE m) $(cell STATE c)" "unlocked idle"
        done
        started=()
    done
}

@test "wait: one who is killed doesn't stop the others" {
    for kind in "${kinds[@]}"; do
        for wake in signal broadcast; do
            new "$kind" mutex:m cond:c
            started=()
            for _ in 1 2 3; do start shmsync wait "$seg" c m --until='u32@0 > 0' -- echo woken; done
            await WAITERS c 3
            kill -KILL "${started[0]}"
            ends "${started[0]}" 137
            await WAITERS c 2
            run shmsync "$wake" "$seg" c m --set u32@0=1
            assert_success
            assert_line --partial "a waiter that was killed stays counted"
            ends "${started[1]}"
            ends "${started[2]}"
            assert_equal "$(cell STATE m)" unlocked
        done
        # What glibc does not survive is said, and can be made anew.
        run shmsync destroy "$seg" c
        assert_failure 1
        assert_line --partial "counts waiters"
        shmsync destroy --force "$seg" c
        shmsync init "$seg" cond:c >/dev/null
        shmsync signal "$seg" c m --set u32@0=0
        started=()
        start shmsync wait "$seg" c m --until='u32@0 > 0'
        await WAITERS c 1
        shmsync signal "$seg" c m --set u32@0=1
        ends "$last"
        started=()
    done
}

# has_old_conditions: succeeds where glibc waits for a waiter that was killed. The groups of
# waiters, for which it waited, are gone from pthread_cond_t since 2.41.
has_old_conditions() {
    grep -q '^#define HAVE_PTHREAD_COND_T___DATA___G_REFS 1' "$top_builddir/config.h"
}

need_old_conditions() {
    has_old_conditions ||
        skip "since glibc 2.41, no wake-up waits for a waiter that was killed"
}

# wait_after_a_killed_one: makes condition c, on which a waiter was killed and woken, and starts another waiter.
wait_after_a_killed_one() {
    new sysv mutex:m cond:c
    start shmsync wait "$seg" c m --until='u32@0 > 0'
    await WAITERS c 1
    kill -KILL "$last"
    ends "$last" 137
    shmsync broadcast "$seg" c m
    start shmsync wait "$seg" c m --until='u32@0 > 0'
    await WAITERS c 1
}

@test "signal: with glibc 2.41, a second wake-up does not wait for a waiter that was killed" {
    ! has_old_conditions || skip "needs glibc 2.41 or newer"
    wait_after_a_killed_one
    shmsync broadcast "$seg" c m --set u32@0=1
    ends "$last"
}

@test "signal: a condition variable that glibc will never come back from is told, not waited for" {
    need_old_conditions
    wait_after_a_killed_one
    run shmsync broadcast "$seg" c m --set u32@0=1
    assert_failure 1
    assert_line --partial "stuck: the C library waits for a waiter that was killed"
    assert_line "hint: create it again: shmsync destroy --force $seg c; shmsync init $seg cond:c"
    assert_equal "$(cell STATE m)" unlocked
    # It has given up in good order: a waiter can still leave by a timeout.
    run shmsync wait --timeout=20ms "$seg" c m --until='u32@0 > 1'
    assert_failure 124
    assert_line --partial "ETIMEDOUT"
}

# spoil: leaves the lock inside $seg's condition variable c held for good, by a broadcast that is
# killed while it waits for a waiter that was killed.  $last is a waiter.
spoil() {
    new "$1" mutex:m cond:c
    started=()
    start shmsync wait "$seg" c m --until='u32@0 > 0'
    await WAITERS c 1
    kill -KILL "$last"
    ends "$last" 137
    shmsync broadcast "$seg" c m 2>/dev/null
    start shmsync wait "$seg" c m --until='u32@0 > 0' -- echo never
    local waiter=$last
    await WAITERS c 1
    start shmsync broadcast "$seg" c
    await WAITERS c 2
    kill -KILL "$last"
    ends "$last" 137
    last=$waiter
}

@test "wait: a condition variable that was left locked: --timeout and a signal end the wait, and it is told" {
    need_old_conditions
    local start
    for kind in "${kinds[@]}"; do
        spoil "$kind"
        start=$SECONDS
        run shmsync wait --timeout=100ms "$seg" c m --until='u32@0 > 0' -- echo never
        assert_failure 124
        assert_line "shmsync: $seg: c: stuck: a process was killed or gave up while it held the lock inside it, and no waiter can leave"
        assert_line "hint: create it again: shmsync destroy --force $seg c; shmsync init $seg cond:c"
        kill -s TERM "$last"
        ends "$last" 143
        assert_regex "$(cat err.1)" ": c: stuck: "
        ((SECONDS - start < 20)) || fail "it took $((SECONDS - start)) s"
        # nobody left the mutex locked, and what the hint says is the way out
        assert_equal "$(cell STATE m)" unlocked
        shmsync destroy --force "$seg" c
        shmsync init "$seg" cond:c >/dev/null
        run shmsync wait --timeout=20ms "$seg" c m --until='u32@0 > 0'
        assert_failure 124
        assert_line --partial ETIMEDOUT
    done
}

@test "wait: the mutex's owner dies meanwhile: it is taken over, and that is said" {
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m,robust cond:c
        shmsync signal "$seg" c m --set u32@0=1
        holder m
        kill -KILL "$last"
        ends "$last" 137
        forget_holder m
        run shmsync wait "$seg" c m --until='u32@0 == 1' -- echo held
        assert_success
        assert_line held
        assert_line --partial "died while holding it (EOWNERDEAD)"
        assert_equal "$(cell STATE m)" unlocked
        started=()
    done
}

# --- stat, destroy -----------------------------------------------------------

@test "stat --json: numbers are numbers, what is not known is null" {
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m sem:s=3
        run shmsync stat --json -o NAME,KIND,STATE,OWNER,WAITERS,OFFSET,SOURCE "$seg"
        assert_success
        assert_equal "$(jq -c '.objects[]' <<<"$output")" \
            '{"name":"m","kind":"mutex","state":"unlocked","owner":null,"waiters":0,"offset":1088,"source":"glibc"}
{"name":"s","kind":"sem","state":"value 3","owner":null,"waiters":0,"offset":1152,"source":"POSIX"}'
    done
}

@test "destroy: what is held or waited for is refused, and the others go" {
    for kind in "${kinds[@]}"; do
        new "$kind" mutex:m cond:c sem:s=0 rwlock:r barrier:b=2 mutex:free
        started=()
        holder m
        start shmsync down "$seg" s
        start shmsync arrive "$seg" b
        await WAITERS s 1
        await WAITERS b 1
        run shmsync destroy "$seg" m
        assert_failure 1
        assert_output "shmsync: $seg: m: is held; use --force to destroy it"
        run shmsync destroy "$seg" s
        assert_failure 1
        assert_output --partial "has waiters"
        run shmsync destroy "$seg" b
        assert_failure 1
        run shmsync rdlock "$seg" r -- shmsync destroy "$seg" r
        assert_failure 1
        shmsync destroy "$seg" free c r
        assert_equal "$(shmsync stat -n -r -o NAME "$seg" 2>/dev/null | xargs)" "m s b"
        shmsync post "$seg" s
        shmsync arrive "$seg" b
        let_holder_go m
        for pid in "${started[@]}"; do ends "$pid"; done
        shmsync destroy "$seg" m s b
        started=()
    done
}
