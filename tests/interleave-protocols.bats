#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What interleave says of small protocols of which the verdict is known, tests/fixtures/interleave/, and
# of small random programs, of which tests/helpers/interleavings goes through every order.
#
#   GENERATED=1000 make check TESTS=tests/interleave-protocols.bats    more programs
#   PROTOCOLS=FILE    a table of what each took, as lines of FILE

load helpers/common

setup_file() {
    local source
    cd "$BATS_FILE_TMPDIR" || return
    for source in "$top_srcdir"/tests/fixtures/interleave/*.c; do
        interleave cc -O1 -Wall -Wextra -o "$(basename "$source" .c)" "$source" || return
    done
}

setup() {
    trace_failures
    PATH=$top_srcdir/tests/helpers:$PATH
    cd "$BATS_FILE_TMPDIR" || return
}

teardown() {
    ((${#busy[@]} == 0)) || { kill "${busy[@]}" && wait "${busy[@]}"; } || :
}
busy=()

# parts REASON: each on a line. "deadlock: 1 waits in semop 0-1, 2 waits in lock" are three, in the words
# that interleave has for them.
parts() {
    sed -E 's/^(deadlock): /\1\n/; s/, ([0-9]+ waits)/\n\1/g' <<<"$1" |
        sed -E 's/^([0-9]+) waits in semop ([0-9]+)-1/program \1 waits for 1 of semaphore \2/
            s/^([0-9]+) waits in /program \1 waits: /'
}

# judge VERDICT SWITCHES REASON ARGUMENT...: interleave says so of these programs. VERDICT is holds or
# refuted, SWITCHES the least number that a failure has, REASON a part of the line above.
judge() {
    local verdict=$1 switches=$2 reason=$3 last pattern TIMEFORMAT='%U %S' spent
    shift 3
    # What the programs print to standard error goes into files of interleave's own.
    spent=$({ time timeout 300 interleave --json --time 250s "$@" >said 2>complaint; } 2>&1) || :
    last=$(jq -r '"\(.verdict), \(.switches) switches, all \(.all), \(.schedules) schedules: \(.reason); \(.waiters | join("; "))"' said) ||
        fail "$*: $(cat said complaint)"
    pattern="^holds, [0-9]+ switches, all true,"
    [[ $verdict == holds ]] || pattern="^refuted, $switches switches,"
    [[ -z ${PROTOCOLS-} ]] || awk -v spent="$spent" -v what="$*" -v last="$last" \
        'BEGIN { split(spent, part, " "); printf "%s | %s | %.2f\n", what, last, part[1] + part[2] }' >>"$PROTOCOLS"
    [[ $last =~ $pattern ]] || fail "$*: $verdict, $switches: $last"
    while read -r pattern; do
        [[ $last == *"$pattern"* ]] || fail "$*: $pattern: $last"
    done < <(parts "$reason")
    [[ ! -s complaint ]] || fail "$*: $(cat complaint)"
}

# judge_each PROGRAM: each line of standard input is VARIANT[,OPTION...] VERDICT SWITCHES REASON.
judge_each() {
    local program=$1 variant verdict switches reason words
    while read -r variant verdict switches reason; do
        IFS=, read -ra words <<<"$variant"
        judge "$verdict" "$switches" "$reason" "${words[@]:1}" "./$program" "${words[0]}"
    done
}

# judge_both CLAIM PROGRAM: the same, of two processes that are programs of their own, PROGRAM VARIANT 0
# and PROGRAM VARIANT 1; CLAIM holds at the end.
judge_both() {
    local claim=$1 program=$2 variant verdict switches reason
    while read -r variant verdict switches reason; do
        judge "$verdict" "$switches" "$reason" --finally "$claim" \
            "./$program" "$variant" 0 ::: "./$program" "$variant" 1
    done
}

# --- protocols: VARIANT, VERDICT, SWITCHES, REASON ----------------------------

@test "mutual exclusion: right, or lost in as few switches as can be" {
    judge_both '0x100 i32@0 == 2' mutual <<'END'
none              refuted 1 finally
atomic            holds   -
test-and-set      holds   -
test-then-set     refuted 2 finally
ticket            holds   -
ticket-torn       refuted 1 livelock
dekker            holds   -
peterson          holds   -
peterson-swapped  refuted 2 finally
peterson-selfish  refuted 1 finally
peterson-polite   refuted 1 livelock
END
}

@test "two make one object: found twice, made ready twice, used before it has its value" {
    judge_both '0x100 i32@0 == 0' create <<'END'
segment         refuted 1 program 1 exits with 1
segment-again   holds   -
END
    judge_both '0x100 i32@4 == 2' create <<<'ready refuted 1 finally'
    judge_both '0x100 sem@0 == 2' create <<'END'
set-window      refuted 1 finally
set             holds   -
END
}

@test "the bounded buffer and its usual mistakes" {
    judge_each buffer <<'END'
right           holds   -
put-swapped     refuted 0 deadlock: 1 waits in semop 0-1, 2 waits in semop 2-1
get-swapped     refuted 0 deadlock: 1 waits in semop 2-1, 2 waits in semop 1-1
no-mutex        refuted 1 exits with 1
wide-mutex      refuted 1 exits with 1
shut-mutex      refuted 0 deadlock
early-signal    refuted 1 exits with 1
roomy           refuted 0 exits with 1
no-give-back    refuted 0 deadlock
peek            refuted 1 deadlock
END
}

@test "readers and writers" {
    judge_each readers <<'END'
no-mutex        refuted 1 exits with 1
careless        refuted 1 exits with 1
at-once         holds   -
one-by-one      refuted 1 deadlock: 1 waits in semop 0-1, 2 waits in semop 0-1
library         holds   -
upgrade         refuted 0 deadlock
END
}

@test "readers who count themselves" {
    judge holds - "" ./readers counted
}

# All left first: one takes its fork and is stopped; the next one waits for that fork, holding its own,
# and the last one for that.
@test "philosophers" {
    judge_each philosophers <<'END'
left-first      refuted 1 deadlock: 1 waits in semop 1-1, 2 waits in semop 2-1, 3 waits in semop 0-1
right-first     holds   -
waiter          holds   -
at-once         holds   -
END
}

# They go round in step for ever, which no schedule with few switches does.
@test "philosophers who put the fork back: not said to hold" {
    run interleave --time 2s ./philosophers back-off
    assert [ "$status" -eq 1 -o "$status" -eq 3 ]
    refute_output --partial "holds"
}

@test "philosophers who look at their neighbours" {
    judge holds - "" ./philosophers by-state
}

@test "a barrier used twice; a condition that comes too early, or that another one has taken" {
    judge_each meet <<'END'
one-gate        refuted 1 exits with 1
two-gates       holds   -
event           holds   -
late-lock       refuted 1 deadlock: 1 waits in cond_wait
bare-signal     refuted 1 deadlock: 1 waits in cond_wait
if              refuted 1 exits with 1
while           holds   -
END
    judge refuted 0 "exits with 1" --spurious ./meet if 1
    judge holds - "" --spurious ./meet while 1
}

@test "what a process holds while it waits, and when it is killed" {
    judge_each held <<'END'
sets                  refuted 1 deadlock: 1 waits in semop 0-1, 2 waits in semop 0-1
sets-ordered          holds   -
mutexes               refuted 1 deadlock: 1 waits in lock, 2 waits in lock
undo,--crash          holds   -
no-undo,--crash       refuted 0 deadlock
not-robust,--crash    refuted 0 deadlock
repair,--crash        holds   -
no-repair,--crash     refuted 0 exits with 1
inconsistent,--crash  refuted 0 exits with 1
END
}

@test "a deadlock that each crash would break is one" {
    judge refuted 1 "deadlock: 1 waits in semop 0-1, 2 waits in semop 0-1" --crash ./held sets-undo
}

# --- without a reduction ------------------------------------------------------

# no_reduction SWITCHES ARGUMENT...: the same, up to that many switches, when every order is run.
no_reduction() {
    local switches=$1 with without
    shift
    with=$(interleave --time 250s --switches "$switches" "$@" 2>&1 | tail -n 2) || :
    without=$(interleave --time 250s --switches "$switches" --no-reduction "$@" 2>&1 | tail -n 2) || :
    assert_regex "$with" "switch(es)?( |$)"
    # How many schedules there were is what may differ.
    assert_equal "$(sed -E 's/(schedule|in) [0-9,]+/\1/' <<<"$with")" \
        "$(sed -E 's/(schedule|in) [0-9,]+/\1/' <<<"$without")"
}

@test "the verdict is the same when nothing is left out" {
    no_reduction 2 --finally '0x100 i32@0 == 2' ./mutual none 0 ::: ./mutual none 1
    no_reduction 2 --finally '0x100 i32@0 == 2' ./mutual atomic 0 ::: ./mutual atomic 1
    no_reduction 2 --finally '0x100 i32@0 == 2' ./mutual peterson-swapped 0 ::: ./mutual peterson-swapped 1
    no_reduction 1 --finally '0x100 sem@0 == 2' ./create set-window 0 ::: ./create set-window 1
    no_reduction 1 ./buffer right
    no_reduction 1 ./buffer peek
    no_reduction 1 ./readers one-by-one
    no_reduction 0 ./philosophers left-first
    no_reduction 1 ./meet late-lock
    no_reduction 0 --crash ./held no-undo
}

# --- what a process leaves ----------------------------------------------------

# program NAME: compiles the C on standard input, after protocol.h.
program() {
    { echo '#include "protocol.h"' && cat; } >"$1.c"
    interleave cc -O1 -Wall -I "$top_srcdir/tests/fixtures/interleave" -o "$1" "$1.c"
}

@test "a child that has ended in another way is another state" {
    program status <<'END'
int main(void)
{
    volatile int *word = segment();
    int status;
    if (fork() == 0) {
        const int first = word[0], second = word[0], third = word[0];
        _exit(first * 4 + second * 2 + third);
    }
    word[0] = 1;
    word[0] = 0;
    word[0] = 1;
    wait(&status);
    word[1] = WEXITSTATUS(status);
}
END
    run interleave --outcomes ./status
    assert_success
    assert_equal "$(grep -c '^segment' <<<"$output")" 8
}

@test "what a program that has ended wrote is part of the state" {
    program writes <<'END'
int main(int argc, char *argv[])
{
    volatile int *word = segment();
    (void)argv;
    if (argc > 1) {
        word[0] = 1;
        word[0] = 0;
        word[0] = 1;
    } else {
        const int first = word[0], second = word[0], third = word[0];
        printf("%d\n", first * 4 + second * 2 + third);
    }
}
END
    local number least=(0 1 4 1 3 4 3 0)
    for number in "${!least[@]}"; do
        # shellcheck disable=SC2016 # for the shell of --after
        judge refuted "${least[number]}" --after --after '! grep -q '"$number"' $INTERLEAVE_OUTPUT/1.out' \
            ./writes ::: ./writes 1
    done
}

# --- loops --------------------------------------------------------------------

@test "a loop that counts is not taken for one that waits" {
    program tries <<'END'
int main(int argc, char *argv[])
{
    volatile int *word = segment();
    if (argc == 1) {
        word[0] = 1;
        return 0;
    }
    int left = atoi(argv[1]);
    while (left > 0 && !word[0])
        left--;
    word[1] = left > 0 ? 1 : 2; /* 2: it gave up */
}
END
    local tries
    for tries in 2 5 12; do
        run interleave --outcomes ./tries "$tries" ::: ./tries
        assert_success
        assert_line "segment 0 @0=1 @4=1"
        assert_line "segment 0 @0=1 @4=2"
    done
    # So many are not all tried, and interleave says so.
    run interleave --outcomes ./tries 1000 ::: ./tries
    assert_failure 3
    # It reads one word often, which is no failure.
    run interleave ./tries 1000
    assert_success
}

# --- every order --------------------------------------------------------------

@test "the enumerator finds the ends that can be worked out by hand" {
    run interleavings --ends 00 'r=a a=r' 'a=2'
    assert_success
    assert_output "zeros: 1 switches
a=2: 0 switches"
    run interleavings --ends 11 'P0 P1 V1 V0' 'P1 P0 V0 V1'
    assert_success
    assert_output "1 waits 2 waits: 1 switches
0=1 1=1: 0 switches"
}

@test "generated programs: the same ends as by every order" {
    run interleavings --count "${GENERATED:-50}" --unreduced 10 --switches 5 ./abstract
    assert_success
    assert_line --index -1 --partial "agreed in ${GENERATED:-50} of ${GENERATED:-50} programs"
    [[ -z ${PROTOCOLS-} ]] || echo "${lines[-1]}" >>"$PROTOCOLS"
}

# --- again --------------------------------------------------------------------

# replays TIMES OPTION... -- ARGUMENT...: what interleave has found comes again, so often.
replays() {
    local times=$1 i first
    shift
    interleave --save trace "$@" >first 2>&1 || :
    first=$(tail -n 2 first | head -n 1) # the reason
    assert [ -n "$first" ]
    for ((i = 0; i < times; i++)); do
        run interleave replay trace
        assert_failure 1
        assert_line "$first"
    done
}

@test "each failure replays" {
    replays 1 --finally '0x100 i32@0 == 2' ./mutual peterson-swapped 0 ::: ./mutual peterson-swapped 1
    replays 1 --finally '0x100 i32@0 == 2' ./mutual peterson-polite 0 ::: ./mutual peterson-polite 1
    replays 1 ./create segment ::: ./create segment
    local variant
    for variant in put-swapped no-mutex early-signal roomy peek; do replays 1 ./buffer "$variant"; done
    for variant in no-mutex one-by-one upgrade; do replays 1 ./readers "$variant"; done
    replays 1 ./philosophers left-first
    for variant in one-gate late-lock if; do replays 1 ./meet "$variant"; done
    replays 1 --spurious ./meet if 1
    for variant in no-undo not-robust no-repair; do replays 1 --crash ./held "$variant"; done
}

@test "a trace replays each time while other processes keep each CPU busy" {
    local i
    for ((i = 0; i < $(nproc); i++)); do
        while :; do :; done 3>&- &
        busy+=($!)
    done
    replays 100 --finally '0x100 i32@0 == 2' ./mutual test-then-set 0 ::: ./mutual test-then-set 1
    replays 20 ./philosophers left-first
}
