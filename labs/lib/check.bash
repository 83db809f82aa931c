# shellcheck shell=bash
# labs/lib/check.bash -- what every check.bats begins with: load "$IPCLAB_LIB/check"
#
# A check.bats is a list of statements about the student's program. A statement that does not hold ends its test with a
# message of three parts: what was observed, what was expected, and what part of the sheet to read again.
#
#   @test "get: the note comes back as it was" {
#       student ./note put "milk  and bread"
#       must_exit 0 "Your turn: put"
#       student ./note get
#       must_print "milk  and bread" "Your turn: get"
#   }
#
# The last operand, SECTION, is a heading of the sheet. The name of a test begins with its task, which hints and
# lab.conf know it by.

bats_require_minimum_version 1.5.0

# bats notes before each command where it is, in case it fails: half of the CPU time of a check. Here that is found out when
# one has failed.
set +T
if [[ $(type -t bats_error_trap) == function && $(type -t bats_capture_stack_trace) == function ]]; then
    eval "noted_$(declare -f bats_error_trap)"
    bats_error_trap() {
        local failed=$?
        bats_capture_stack_trace
        (exit "$failed") || noted_bats_error_trap
    }
fi

# shellcheck source-path=SCRIPTDIR
source "${BASH_SOURCE[0]%/*}/box.bash"

# --- saying what is wrong ----------------------------------------------------

# shown TEXT: TEXT as it can be printed on a terminal: in quotes, one line, not too long.
shown() {
    local text=${1//$'\n'/\\n} LC_ALL=C.UTF-8
    text=${text//[^[:print:]]/?}
    ((${#text} <= 200)) || text="${text:0:200}..."
    printf "'%s'" "$text"
}

# shown_lines TEXT: the first ten lines of TEXT, each with a mark before it.
shown_lines() {
    local line LC_ALL=C.UTF-8
    head -n 10 <<<"$1" | while IFS= read -r line; do printf '  | %s\n' "${line//[^[:print:]]/?}"; done
}

# wrong OBSERVED EXPECTED SECTION: the message of a statement that does not hold; fails.
wrong() {
    echo "observed: $1"
    if [[ -n $timed_out && -n $stuck ]]; then
        echo "  who waited for whom (semop-tool waiters --deadlock):"
        shown_lines "$stuck"
    fi
    echo "expected: $2"
    if [[ -n $stderr ]]; then
        echo "  standard error of $(shown "$command") was:"
        shown_lines "$stderr"
    fi
    echo "read again: \"$3\" in the sheet"
    return 1
}

# --- about the program that ran last -----------------------------------------

# must_end SECTION: within the time limit.
must_end() {
    [[ -z $timed_out ]] || wrong "$(shown "$command"): $timed_out" "it ends" "$1"
}

# how_it_ended: "exited with N", or what ended it.
how_it_ended() {
    if ((status > 128)) && kill -l "$((status - 128))" >/dev/null 2>&1; then
        echo "was ended by SIG$(kill -l "$((status - 128))")"
    elif ((status == 127)); then
        echo "exited with 127: there is no such program, or one that it calls"
    else
        echo "exited with $status"
    fi
}

# must_exit STATUS SECTION: with this status; "nonzero" for any but 0 that is not a signal's.
must_exit() {
    must_end "$2"
    if [[ $1 == nonzero ]]; then
        ((status > 0 && status < 126)) ||
            wrong "$(shown "$command") $(how_it_ended)" "an exit status that tells of a failure, 1 for instance" "$2"
    else
        ((status == $1)) || wrong "$(shown "$command") $(how_it_ended)" "exit status $1" "$2"
    fi
}

# must_print TEXT SECTION: exactly this on standard output (newlines at the end do not count).
must_print() {
    must_end "$2"
    [[ $output == "$1" ]] || wrong "$(shown "$command") printed $(shown "$output")" "$(shown "$1")" "$2"
}

# must_print_like REGEX WHAT SECTION: a line that fits; WHAT says in words what that is.
must_print_like() {
    must_end "$3"
    grep -Eq -- "$1" <<<"$output" || wrong "$(shown "$command") printed $(shown "$output")" "$2" "$3"
}

# must_complain SECTION: something on standard error, and nothing on standard output.
must_complain() {
    must_end "$1"
    [[ -n $stderr ]] || wrong "$(shown "$command") said nothing on standard error" "a message there that says why" "$1"
    [[ -z $output ]] || wrong "$(shown "$command") printed $(shown "$output") on standard output" \
        "nothing there: messages go to standard error" "$1"
}

# --- about what is there -----------------------------------------------------

# objects: "shm 5", "sem 7", ... of all System V objects in the namespace, and "/dev/shm/NAME" of POSIX ones.
objects() {
    local kind id path files=()
    for kind in shm sem msg; do
        {
            read -r _ # the heading
            while read -r _ id _; do echo "$kind $id"; done
        } <"/proc/sysvipc/$kind"
    done
    # Seen from here, for entering the box takes five programs; and every test asks.
    files=("/proc/$IPCLAB_BOX/root/dev/shm"/{.[!.],}*)
    for path in "${files[@]}"; do
        [[ ! -e $path && ! -L $path ]] || echo "/dev/shm/${path##*/}"
    done
}

# must_leave_nothing SECTION: no object and no process of the student's.
must_leave_nothing() {
    local left
    left=$(objects | paste -sd, | sed 's/,/, /g')
    [[ -z $left ]] || wrong "after $(shown "$command") there still was: $left" "nothing is left behind" "$1"
    left=$(box_pids | xargs -r ps -o pid=,comm= -p 2>/dev/null | xargs)
    [[ -z $left ]] || wrong "after $(shown "$command") there still ran: $left" "no process is left behind" "$1"
}

# segment_of KEY: the id of the segment with this key (as 0x4d2); fails if there is none.
segment_of() {
    awk -v key="$(($1))" 'NR > 1 && ($1 < 0 ? $1 + 4294967296 : $1) == key { print $2; found = 1 }
        END { exit !found }' /proc/sysvipc/shm
}

# segment_field ID FIELD: what /proc/sysvipc/shm has there: perms size cpid lpid nattch uid ...
segment_field() {
    awk -v id="$1" -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) column = i }
        NR > 1 && $2 == id { print $column }' /proc/sysvipc/shm
}

# --- building, and questions -------------------------------------------------

# must_build SECTION: make, in the box, ends well and without a warning.  To be said in the first test; the others find
# the programs there.
must_build() {
    student make --silent
    must_exit 0 "$1"
    ! grep -q 'warning:' <<<"$stderr" || wrong "the compiler warned" "it compiles without warnings" "$1"
}

# answer NAME: what answers.txt has behind "NAME:", without blanks around it, in small letters.
answer() {
    # It may be a FIFO.
    in_box timeout 2 head -c 65536 answers.txt 2>/dev/null | tr -d '\0\r' |
        sed -n "s/^$1:[[:space:]]*//p" | head -n 1 | sed 's/[[:space:]]*$//' | tr '[:upper:]' '[:lower:]'
}

# in_short ANSWER: as it can be compared: small letters, no blanks behind commas, no article, no "bytes", no dot at the end,
# SIGSEGV as segv, and 0x10 as 16.
in_short() {
    local short=${1,,}
    short=$(sed -E 's/[[:space:]]*,[[:space:]]*/,/g; s/^(the|an?) //; s/^sig([a-z])/\1/; s/\.$//; s/ bytes?$//' <<<"$short")
    [[ ! $short =~ ^0x[0-9a-f]{1,15}$ ]] || short=$((short))
    printf '%s\n' "$short"
}

# must_answer NAME VALUE HOW SECTION: that this is it.  HOW says how to find the answer, and does not give it away.
must_answer() {
    local given
    given=$(answer "$1")
    [[ -n $given ]] || wrong "answers.txt has no answer behind '$1:'" "a line '$1: your answer'" "$4"
    [[ $(in_short "$given") == "$(in_short "$2")" ]] ||
        wrong "answers.txt says $(shown "$1: $given"), which is not so, or not in the form asked for" "$3" "$4"
}

# --- hidden inputs -----------------------------------------------------------

# seeded TEXT BOUND: the number below BOUND that comes of it.
seeded() {
    local digits
    digits=$(sha256sum <<<"$1") && echo $((16#${digits:0:7} % $2))
}

# next_seed: another text each time, and not only by newlines at its end. It counts in a file: a subshell can keep nothing in
# a variable.
next_seed() {
    echo next >>"$IPCLAB_SCRATCH/seeds"
    echo "$IPCLAB_SEED" && cat "$IPCLAB_SCRATCH/seeds"
}

# When a class is graded (IPCLAB_SEED), everybody gets the same random inputs, and gets them again the next time. $RANDOM,
# too, but in a subshell, where bash seeds it anew.
[[ -z ${IPCLAB_SEED-} ]] || RANDOM=$(seeded "$IPCLAB_SEED ${BATS_TEST_NUMBER-}" 32768)

# random_word: eight small letters that nobody knows beforehand.
random_word() {
    if [[ -z ${IPCLAB_SEED-} ]]; then
        head -c 512 /dev/urandom | tr -dc '[:lower:]' | head -c 8
    else
        next_seed | sha256sum | tr 0-9a-f a-p | head -c 8
    fi
}

# random_number BOUND: 0 to BOUND-1, which is 1 << 28 at most; also in a subshell.
random_number() {
    if [[ -z ${IPCLAB_SEED-} ]]; then
        echo $(((RANDOM * 32768 + RANDOM) % $1))
    else
        seeded "$(next_seed)" "$1"
    fi
}

# --- around each test --------------------------------------------------------

# Each test begins with nothing there: the programs of the last one are ended, its objects removed.  A check.bats with
# a teardown of its own calls this one.
clean_up() {
    local kind id
    end_students
    await no_students
    objects | while read -r kind id; do
        case $kind in
        shm) ipcrm -m "$id" ;;
        sem) ipcrm -s "$id" ;;
        msg) ipcrm -q "$id" ;;
        *) in_box rm -rf "$kind" ;;
        esac
    done
}

no_students() {
    [[ -z $(box_pids) ]]
}

teardown() {
    clean_up
}
