# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# labs/lib/check.bash -- what every check.bats begins with: load "$IPCLAB_LIB/check"
#
# A check.bats is a list of statements about the student's program. A statement that does not hold
# ends its test with a message of three parts: what the check observed, what it expected, and which
# part of the sheet to read again.
#
#   @test "get: the note comes back as it was" {
#       student ./note put "milk  and bread"
#       must_exit 0 "Your turn: put"
#       student ./note get
#       must_print "milk  and bread" "Your turn: get"
#   }
#
# The last operand, SECTION, is a heading of the sheet. The name of a test begins with its task;
# hints and lab.conf refer to the task by that word.

bats_require_minimum_version 1.5.0

# A check.bats with a setup of its own calls trace_failures there.
# shellcheck source-path=SCRIPTDIR
source "${BASH_SOURCE[0]%/*}/box.bash"
source "${BASH_SOURCE[0]%/*}/tracing.bash"

# --- reporting a failure -----------------------------------------------------

# quoted TEXT: prints TEXT in quotes, on one line, without control characters, at most 200 long.
quoted() {
    local text=${1//$'\n'/\\n} LC_ALL=C.UTF-8
    text=${text//[^[:print:]]/?}
    ((${#text} <= 200)) || text="${text:0:200}..."
    printf "'%s'" "$text"
}

# quoted_lines TEXT: prints the first ten lines of TEXT, each with a mark before it.
quoted_lines() {
    local line LC_ALL=C.UTF-8
    head -n 10 <<<"$1" | while IFS= read -r line; do printf '  | %s\n' "${line//[^[:print:]]/?}"; done
}

# fail OBSERVED EXPECTED SECTION: prints the message of a statement that does not hold, and fails.
fail() {
    echo "observed: $1"
    if [[ -n $timed_out && -n $stuck ]]; then
        echo "  which process waited for which (semop-tool waiters --deadlock):"
        quoted_lines "$stuck"
    fi
    echo "expected: $2"
    if [[ -n $stderr ]]; then
        echo "  standard error of $(quoted "$command") was:"
        quoted_lines "$stderr"
    fi
    echo "read again: \"$3\" in the sheet"
    return 1
}

# --- about the program that ran last -----------------------------------------

# must_end SECTION: it ended within the time limit, and the check could disturb it if it was to.
must_end() {
    [[ -z $timed_out ]] || fail "$(quoted "$command"): $timed_out" "it ends" "$1"
    [[ -z $unheard ]] ||
        fail "the check cannot disturb $(quoted "$command"): it did not load the check's library" \
            "a program that is not statically linked (-static) and that has the loader of the system" "$1"
}

# how_it_ended: prints "exited with N", or the signal that ended the program.
how_it_ended() {
    if ((status > 128)) && kill -l "$((status - 128))" >/dev/null 2>&1; then
        echo "was killed by SIG$(kill -l "$((status - 128))")"
    elif ((status == 127)); then
        echo "exited with 127: the program, or one that it runs, does not exist"
    else
        echo "exited with $status"
    fi
}

# must_exit STATUS SECTION: it exited with STATUS; "nonzero" stands for any status from 1 to 125.
must_exit() {
    must_end "$2"
    if [[ $1 == nonzero ]]; then
        ((status > 0 && status < 126)) ||
            fail "$(quoted "$command") $(how_it_ended)" "an exit status that reports a failure, for example 1" "$2"
    else
        ((status == $1)) || fail "$(quoted "$command") $(how_it_ended)" "exit status $1" "$2"
    fi
}

# must_print TEXT SECTION: it printed exactly TEXT on standard output (newlines at the end do not
# count).
must_print() {
    must_end "$2"
    [[ $output == "$1" ]] || fail "$(quoted "$command") printed $(quoted "$output")" "$(quoted "$1")" "$2"
}

# must_print_like REGEX WHAT SECTION: it printed a line that matches REGEX; WHAT describes that line.
must_print_like() {
    must_end "$3"
    grep -Eq -- "$1" <<<"$output" || fail "$(quoted "$command") printed $(quoted "$output")" "$2" "$3"
}

# must_complain SECTION: it wrote to standard error, and nothing to standard output.
must_complain() {
    must_end "$1"
    [[ -n $stderr ]] || fail "$(quoted "$command") wrote nothing to standard error" \
        "a message there that says why it failed" "$1"
    [[ -z $output ]] || fail "$(quoted "$command") printed $(quoted "$output") on standard output" \
        "nothing there: messages go to standard error" "$1"
}

# --- about IPC objects and processes -----------------------------------------

# must_be_free KEY...: no object that others made has one of these keys, which the sheet prescribes.
# For setup, where a lab uses the same keys in each test.
must_be_free() {
    local key
    for key; do
        is_free_key "$key" || fail "an object of this machine has the key $key, so your program cannot make its own" \
            "no object with that key; remove yours by ipcrm -M $key, or -S, or -Q" "The idea"
    done
}

# must_leave_nothing SECTION: the student's programs have left no object and no process behind.
must_leave_nothing() {
    local left
    left=$(objects | paste -sd, | sed 's/,/, /g')
    [[ -z $left ]] || fail "after $(quoted "$command") this still exists: ${left:0:1000}" "nothing is left behind" "$1"
    left=$(box_pids | xargs -r ps -o pid=,comm= -p 2>/dev/null | xargs)
    [[ -z $left ]] || fail "after $(quoted "$command") this still runs: $left" "no process is left behind" "$1"
}

# segment_of KEY: prints the id of the segment with this key (as 0x4d2); fails if none has it.
segment_of() {
    awk -v key="$(($1))" 'NR > 1 && ($1 < 0 ? $1 + 4294967296 : $1) == key { print $2; found = 1 }
        END { exit !found }' /proc/sysvipc/shm
}

# segment_field ID FIELD: prints that field of the segment in /proc/sysvipc/shm: perms, size, cpid,
# lpid, nattch, uid ...
segment_field() {
    awk -v id="$1" -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) column = i }
        NR > 1 && $2 == id { print $column }' /proc/sysvipc/shm
}

# --- building, and questions -------------------------------------------------

# must_build SECTION: make succeeds in the box, and the compiler prints no warning. For the first
# test of a check.bats: the others use the programs that it builds. The compiler has three times the
# time, for how long it takes on a busy machine is no matter of the student's.
must_build() {
    local thousandths limit
    thousandths "${IPCLAB_LIMIT:-10}"
    printf -v limit '%d.%03d' "$((thousandths * 3 / 1000))" "$((thousandths * 3 % 1000))"
    IPCLAB_LIMIT=$limit student make --silent
    must_exit 0 "$1"
    ! grep -q 'warning:' <<<"$stderr" || fail "the compiler warned" "it compiles without warnings" "$1"
}

# answer NAME: prints the answer after "NAME:" in answers.txt, trimmed and in lower case.
answer() {
    # timeout: answers.txt may be a FIFO.
    in_box timeout 2 head -c 65536 answers.txt 2>/dev/null | tr -d '\0\r' |
        sed -n "s/^$1:[[:space:]]*//p" | head -n 1 | sed 's/[[:space:]]*$//' | tr '[:upper:]' '[:lower:]'
}

# normalised ANSWER: prints it in the form in which answers are compared: lower case, no blanks
# around commas, no article, no "bytes", no full stop, SIGSEGV as segv, and 0x10 as 16.
normalised() {
    local short=${1,,}
    short=$(sed -E 's/[[:space:]]*,[[:space:]]*/,/g; s/^(the|an?) //; s/^sig([a-z])/\1/; s/\.$//; s/ bytes?$//' \
        <<<"$short")
    [[ ! $short =~ ^0x[0-9a-f]{1,15}$ ]] || short=$((short))
    printf '%s\n' "$short"
}

# must_answer NAME VALUE HOW SECTION: the answer is VALUE. HOW says how to find the answer, without
# giving it away.
must_answer() {
    local given
    given=$(answer "$1")
    [[ -n $given ]] || fail "answers.txt has no answer after '$1:'" "a line '$1: your answer'" "$4"
    [[ $(normalised "$given") == "$(normalised "$2")" ]] ||
        fail "answers.txt says $(quoted "$1: $given"), which is wrong, or not in the requested form" "$3" "$4"
}

# --- hidden inputs -----------------------------------------------------------

# seeded TEXT BOUND: prints a number below BOUND that depends only on TEXT.
seeded() {
    local digits
    digits=$(sha256sum <<<"$1") && echo $((16#${digits:0:7} % $2))
}

# next_seed: prints a text that differs at every call, and not only in trailing newlines. The count
# is in a file, because a subshell cannot keep it in a variable.
next_seed() {
    echo next >>"$IPCLAB_SCRATCH/seeds"
    echo "$IPCLAB_SEED" && cat "$IPCLAB_SCRATCH/seeds"
}

# When a class is graded (IPCLAB_SEED), every student gets the same random inputs, in every run. That
# holds for $RANDOM too, except in a subshell, where bash seeds it again.
[[ -z ${IPCLAB_SEED-} ]] || RANDOM=$(seeded "$IPCLAB_SEED ${BATS_TEST_NUMBER-}" 32768)

# random_word: prints eight lower-case letters that the student cannot predict.
random_word() {
    local letters=abcdefghijklmnopqrstuvwxyz i
    if [[ -z ${IPCLAB_SEED-} ]]; then
        for ((i = 0; i < 8; i++)); do printf '%s' "${letters:RANDOM % 26:1}"; done
    else
        next_seed | sha256sum | tr 0-9a-f a-p | head -c 8
    fi
}

# random_number BOUND: prints a number from 0 to BOUND-1; BOUND is at most 1 << 28. Works in a
# subshell, too.
random_number() {
    if [[ -z ${IPCLAB_SEED-} ]]; then
        echo $(((RANDOM * 32768 + RANDOM) % $1))
    else
        seeded "$(next_seed)" "$1"
    fi
}

# --- what not every wall has ----------------------------------------------------

# needs_namespaces WHY: skips the test where the box has no namespaces of its own; WHY says what of them
# it needs.
needs_namespaces() {
    [[ ${IPCLAB_BOX_KIND:-namespaces} == namespaces ]] || skip "needs $1, and there are no namespaces behind the \
wall $IPCLAB_WALL"
}

# --- around each test --------------------------------------------------------

# Each test begins with no programs and no objects of the one before. A check.bats with a teardown of
# its own calls this function.
clean_up() {
    end_students
    await no_students
    remove_objects
}

teardown() {
    clean_up
}
