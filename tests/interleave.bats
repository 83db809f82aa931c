#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The options of interleave: what must hold, faults on purpose, limits, and what it prints at the end.
# Each program is small enough for all its schedules to be counted by hand.

load helpers/common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    programs
}

setup() {
    trace_failures
    cd "$BATS_FILE_TMPDIR" || return
}

# program NAME: compiles the C on standard input, so that loads and stores are steps. NUMBERS is a
# segment, and down() and up() change semaphore 0 or 1 of a set, which come to be when first used.
program() {
    {
        printf '#include <%s.h>\n' errno signal stdint stdio stdlib string sys/ipc sys/sem sys/shm sys/wait unistd
        cat <<'END'
#define NUMBERS ((int *)shmat(shmget(0x4d2, 16, IPC_CREAT | 0600), NULL, 0))
static int set(void) { return semget(0x4d2, 2, IPC_CREAT | 0600); }
static int change(int number, int by, int flags)
{
    struct sembuf one = {(unsigned short)number, (short)by, (short)flags};
    return semop(set(), &one, 1);
}
END
        cat
    } >"$1.c"
    interleave cc -O1 -Wall -o "$1" "$1.c"
}

programs() {
    program add <<<'int main(void) { int *n = NUMBERS; (*n)++; return 0; }'
    program add-locked <<<'int main(int c, char **v) { int flags = c > 1 ? SEM_UNDO : 0; (void)v; int *n = NUMBERS;
        if (change(0, -1, flags)) return 1; (*n)++; return change(0, 1, flags) ? 1 : 0; }'
    program two <<<'int main(int c, char **v) { int first = atoi(v[1]); (void)c;
        change(first, -1, 0); change(!first, -1, 0); change(!first, 1, 0); change(first, 1, 0); return 0; }'
    program spin <<<'int main(void) { volatile int *n = NUMBERS; while (!n[1]); return 0; }'
    program count-down <<<'int main(void) { volatile int *n = NUMBERS; for (int i = 0; i < 1000 && !n[1]; i++); return 0; }'
    program set-flag <<<'int main(void) { NUMBERS[1] = 1; return 0; }'
    program endless <<<'int main(void) { volatile int *n = NUMBERS; for (;;) n[2]++; }'
    program wait-plain <<<'int main(void) { return change(0, -1, 0) && errno != EIDRM ? 1 : 0; }'
    program wait-again <<<'int main(void) { while (change(0, -1, 0)) if (errno != EINTR) return 1; return 0; }'
    program post <<<'int main(void) { return change(0, 1, 0) ? 1 : 0; }'
    program careless <<<'int main(void) { int *n = NUMBERS; *n = 1; return 0; }'
    program careful <<<'int main(void) { int id = shmget(0x4d2, 16, IPC_CREAT | 0600);
        int *n = id < 0 ? (void *)-1 : shmat(id, NULL, 0); if (n == (void *)-1) return 1; *n = 1; return 0; }'
    program clean-up <<<'static volatile sig_atomic_t caught; static void on(int s) { (void)s; caught = 1; }
        int main(int c, char **v) { (void)v; int id; if (c < 2) signal(SIGTERM, on);
        id = shmget(IPC_PRIVATE, 16, IPC_CREAT | 0600); int *n = shmat(id, NULL, 0); *n = 1;
        shmctl(id, IPC_RMID, NULL); return 0; }'
    program exits <<<'int main(int c, char **v) { (void)c; return atoi(v[1]); }'
    program copy-line <<<'int main(void) { char line[9] = ""; int *n = NUMBERS;
        if (fgets(line, sizeof line, stdin)) *n = atoi(line); return 0; }'
}

# explore STATUS ARGUMENT...: interleave ends with STATUS. A machine that others use gets more time.
explore() {
    run "-$1" interleave --time=60s "${@:2}"
}

two_sems='semop-tool create --key=0x4d2 --init=1,1 2 >/dev/null'

# --- verdicts ---------------------------------------------------------------------

@test "a lost update is found with one switch, and with none it is not" {
    explore 1 --finally='0x4d2 i32@0 == 2' ./add ::: ./add
    assert_line 'finally 0x4d2 i32@0 == 2: not so'
    assert_line --regexp '^refuted: schedule [0-9]+, 1 switch$'
    explore 3 --switches=0 --finally='0x4d2 i32@0 == 2' ./add ::: ./add
    assert_line 'no failure in 2 schedules, which are all of at most 0 switches (limit: --switches)'
}

@test "with a semaphore nothing is lost: all schedules" {
    explore 0 --before="$two_sems" --finally='0x4d2 i32@0 == 2' ./add-locked ::: ./add-locked
    assert_line --regexp '^holds: all schedules \([0-9]+\)$'
    refute_output --partial race
}

@test "--always: after each step, from when the object exists" {
    explore 0 --always='0x4d2 i32@0 <= 2' ./add ::: ./add
    explore 1 --always='0x4d2 i32@0 <= 1' ./add ::: ./add
    assert_line 'always 0x4d2 i32@0 <= 1: not so'
    assert_line --regexp '0 switches$'
    explore 1 --before="$two_sems" --always='0x4d2 sem@0 == 1' ./add-locked
    assert_line 'always 0x4d2 sem@0 == 1: not so'
}

@test "--possible: some schedule comes to it, none does, or it is not known" {
    explore 0 --possible='0x4d2 i32@0 == 2' ./add ::: ./add
    explore 1 --possible='0x4d2 i32@0 == 3' ./add ::: ./add
    assert_line 'possible 0x4d2 i32@0 == 3: no schedule comes to it'
    explore 3 --switches=0 --possible='0x4d2 i32@0 == 3' ./add ::: ./add
    assert_line 'possible 0x4d2 i32@0 == 3: no schedule has come to it so far'
}

@test "--outcomes: the ends, each once, with and without reduction" {
    local reduction
    for reduction in '' --no-reduction; do
        # shellcheck disable=SC2086 # a word or none
        explore 0 --outcomes $reduction ./add ::: ./set-flag
        assert_equal "$(grep '^segment' <<<"$output" | sort)" 'segment 0 @0=1 @4=1'
    done
    explore 0 --outcomes ./add ::: ./add
    assert_equal "$(grep '^segment' <<<"$output" | sort)" $'segment 0 @0=1\nsegment 0 @0=2'
}

@test "a deadlock of two semaphores: one switch" {
    explore 1 --before="$two_sems" ./two 0 ::: ./two 1
    assert_line --partial deadlock
    assert_line --regexp '^refuted: schedule [0-9]+, 1 switch$'
    explore 0 --before="$two_sems" ./two 0 ::: ./two 0
}

@test "a livelock is proved by memory that comes back; a loop that ends is none" {
    explore 1 ./spin
    assert_line --regexp '^livelock: the last [0-9]+ steps go round for ever$'
    explore 0 ./count-down
    explore 0 ./spin ::: ./set-flag
}

@test "a run that has no end is a limit, not a failure" {
    explore 3 --steps=500 ./endless
    assert_line --partial '(limit: --steps)'
    refute_output --partial refuted
}

@test "exit statuses: 0, and what --exit expects" {
    explore 0 ./exits 0
    explore 1 ./exits 3
    assert_line 'program 1 exits with 3'
    explore 0 --exit=2:3 ./exits 0 ::: ./exits 3
    explore 1 --exit=2:3 ./exits 0 ::: ./exits 0
}

@test "--after reads what the programs printed, and its failure is one" {
    # shellcheck disable=SC2016 # for that sh to expand
    explore 0 --after='test -e "$INTERLEAVE_OUTPUT/1.out"' ./exits 0
    explore 1 --after='exit 7' ./exits 0
    assert_line --partial -- '--after: exit 7 ends with 7'
}

@test "--before runs once, and each run begins with what it made" {
    rm -f ran
    explore 0 --before="echo x >>ran; shmcreate --key=0x4d2 16 >/dev/null; shmattach --set=i32@0=40 0x4d2" \
        --outcomes ./add ::: ./add
    assert_equal "$(wc -l <ran)" 1
    assert_equal "$(grep '^segment' <<<"$output" | sort)" $'segment 0 @0=41\nsegment 0 @0=42'
    explore 0 --before='shmcreate --name=/object 16 >/dev/null; shmattach --set=i32@0=7 /object' --always='/object i32@0 == 7' \
        ./add ::: ./add
    explore 1 --before='exit 3' ./add
}

@test "--input: each run reads its file from the beginning" {
    echo 7 >seven
    echo 8 >eight
    explore 0 --input=seven --outcomes ./copy-line ::: ./copy-line
    assert_line 'segment 0 @0=7'
    explore 0 --input=1:seven --input=2:eight --outcomes ./copy-line ::: ./copy-line
    assert_equal "$(grep '^segment' <<<"$output" | sort)" $'segment 0 @0=7\nsegment 0 @0=8'
    explore 1 --input=none ./copy-line
    assert_line --partial 'none: No such file'
}

@test "--clean: what is left is an error" {
    explore 1 --clean ./add
    assert_line 'left: segment 0'
    explore 0 --clean ./clean-up
}

@test "--races: named with both lines, an error with the option and a note without" {
    explore 0 ./add ::: ./add
    assert_line --regexp '^note: race: program [12] \(add.c:[0-9]+\) (loads|stores), program [12] \(add.c:[0-9]+\) (loads|stores); nothing orders them'
    explore 1 --races ./add ::: ./add
    explore 0 --races --before="$two_sems" ./add-locked ::: ./add-locked
}

# --- faults on purpose -------------------------------------------------------------

@test "--crash: a process that dies with the semaphore blocks the other, unless it undoes" {
    explore 1 --crash --before="$two_sems" ./add-locked ::: ./add-locked
    assert_line --partial KILLED
    assert_line --partial deadlock
    explore 0 --crash --before="$two_sems" ./add-locked undo ::: ./add-locked undo
    explore 1 --crash=2 --before="$two_sems" ./add-locked undo ::: ./add-locked undo ::: ./add-locked
}

@test "--eintr: a wait that takes EINTR for an error, and one that waits again" {
    explore 1 --eintr ./wait-plain ::: ./post
    assert_line --partial EINTR
    assert_line 'program 1 exits with 1'
    explore 0 --eintr ./wait-again ::: ./post
}

@test "--signal: comes at each step; a handler lets the program clean up" {
    explore 0 --signal=TERM --clean ./clean-up
    explore 1 --signal=TERM --clean ./clean-up default
    assert_line --partial SIGTERM
    explore 1 --signal=15 --clean ./clean-up default
}

@test "--fail: each call fails once, with each error; a program that ignores that is killed" {
    explore 1 --fail ./careless
    assert_line --regexp 'fails with (ENOSPC|ENOMEM)'
    assert_line 'program 1 is killed by SIGSEGV'
    explore 0 --fail ./careful
}

# --- limits, usage -----------------------------------------------------------------

@test "--runs and --time end a search, and that is said" {
    explore 3 --runs=2 ./add ::: ./add
    assert_line --partial 'no failure in 2 schedules'
    assert_line --partial '(limit: --runs)'
    run -3 interleave --time=0.01 ./add ::: ./add ::: ./add ::: ./add
    assert_line --partial '(limit: --time)'
}

@test "--save and replay: the same end, or what is different now" {
    explore 1 --save=trace --finally='0x4d2 i32@0 == 2' ./add ::: ./add
    run -1 interleave replay trace
    assert_line 'finally 0x4d2 i32@0 == 2: not so'
    explore 1 --fail --save=trace-fail ./careless
    run -1 interleave replay trace-fail
    assert_line 'program 1 is killed by SIGSEGV'
    sed 's/== 2/<= 2/' trace >other
    run -0 interleave replay other
    assert_line --partial 'it ends otherwise now'
    echo nonsense >broken
    run -2 interleave replay broken
    run -2 interleave replay none
}

@test "usage: what is wrong is named, exit status 2, nothing is run" {
    local words
    for words in '' ':::' './add :::' '--always=0x4d2 ./add' '--switches=x ./add' '--exit=1 ./add' '--signal=NONE ./add' \
        '--time=x ./add' '--steps=0 ./add' '--crash=0 ./add' '--input=17:f ./add'; do
        # shellcheck disable=SC2086 # words
        run -2 interleave $words
        assert_output --regexp '^interleave: '
    done
    explore 1 ./not-there
    assert_line --partial 'not found'
}

@test "nothing is left: no process, no folder, no object, by signals too" {
    explore 3 --runs=1 ./add ::: ./add
    interleave --steps=19999 --time=100s ./endless ::: ./endless >out 2>&1 3>&- &
    local pid=$!
    until pgrep -P "$pid" >/dev/null; do kill -0 "$pid"; done
    kill -TERM "$pid"
    wait "$pid" || :
    run find "$TMPDIR" -maxdepth 1 -name 'interleave.*'
    assert_output ""
    assert_equal "$(ipcs -m | grep -c 0x)" 0
    run -1 pgrep -P "$pid"
}
