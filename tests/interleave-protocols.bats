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
    cd "$BATS_FILE_TMPDIR" || return
}

# judge VERDICT SWITCHES REASON ARGUMENT...: interleave says so of these programs. VERDICT is holds or
# refuted, SWITCHES the least number that a failure has, REASON a part of the line above.
judge() {
    local verdict=$1 switches=$2 reason=$3 last pattern TIMEFORMAT='%U %S' spent
    shift 3
    # What the programs print to standard error goes into files of interleave's own.
    spent=$({ time timeout 300 interleave --time 250s "$@" >said 2>&1; } 2>&1) || :
    last=$(tail -n 1 said)
    pattern="^holds: all schedules \([0-9,]+\)$"
    [[ $verdict == holds ]] || pattern="^refuted: schedule [0-9,]+, $switches switch(es)?$"
    [[ -z ${PROTOCOLS-} ]] || awk -v spent="$spent" -v what="$*" -v last="$last" \
        'BEGIN { split(spent, part, " "); printf "%s | %s | %.2f\n", what, last, part[1] + part[2] }' >>"$PROTOCOLS"
    [[ $last =~ $pattern ]] || fail "$*: $verdict, $switches: $last"
    [[ $(tail -n 2 said) == *"$reason"* ]] || fail "$*: $reason: $(tail -n 2 said)"
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
counted         holds   -
no-mutex        refuted 1 exits with 1
careless        refuted 1 exits with 1
at-once         holds   -
one-by-one      refuted 1 deadlock: 1 waits in semop 0-1, 2 waits in semop 0-1
library         holds   -
upgrade         refuted 0 deadlock
END
}

# All left first: one takes its fork and is stopped; the next one waits for that fork, holding its own,
# and the last one for that.
@test "philosophers" {
    judge_each philosophers <<'END'
left-first      refuted 1 deadlock: 1 waits in semop 1-1, 2 waits in semop 2-1, 3 waits in semop 0-1
right-first     holds   -
waiter          holds   -
at-once         holds   -
by-state        holds   -
END
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
