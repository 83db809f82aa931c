#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031 # each test runs in a shell of its own, and student sets variables only for that test
#
# Lab 05: is no addition lost while other programs add to the same number?
#
# The evidence is the number itself: the check sets it to a start value, adds to it in the agreed way while the student's
# processes add, and knows what the sum must be.

load "$IPCLAB_LIB/check"

counting="Your turn: counter"
atomically="Your turn: atomic"
excluded="Your turn: semaphore"

# new_number: set $segment to a new segment, $start to the number in it, and $mutex to a new set whose semaphore 0 is 1.
new_number() {
    [[ -z $(objects) ]] || clean_up
    start=$((RANDOM * 1000 + RANDOM))
    segment=$(in_box shmcreate 4096)
    shmattach --set="u64@0=$start" "$segment"
    mutex=$(in_box semop-tool create --init=1,0 2)
}

number() {
    shmattach --get=u64@0 "$segment"
}

# must_be_there MORE WHAT SECTION: fail unless the number in the segment is $start + MORE, and the student printed it.
must_be_there() {
    local now
    must_exit 0 "$3"
    now=$(number)
    ((now == start + $1)) || fail "the number was $start, $2, and it is now $now: $((start + $1 - now)) too few" \
        "$((start + $1))" "$3"
    must_print "$now" "$3"
}

# must_keep SECTION: fail unless the segment, the set and the values of its semaphores are as before, and nothing else is left.
must_keep() {
    local now pids
    now=$(objects | paste -sd,)
    [[ $now == "shm $segment,sem $mutex" ]] || fail "after $(quoted "$command") these IPC objects exist: ${now:-none}" \
        "shm $segment,sem $mutex: counter neither removes objects of others nor leaves any of its own" "$1"
    now=$(semop-tool show --raw --noheadings -o VALUE "$mutex" | paste -sd,)
    [[ $now == "1,0" ]] || fail "after $(quoted "$command") the values of the set are $now" "1,0, as before" "$1"
    pids=$(box_pids | xargs)
    [[ -z $pids ]] || fail "after $(quoted "$command") its processes $pids were still running" \
        "the parent waits for all of its children" "$1"
}

# processes N: N of the student's processes are running.
processes() {
    (($(box_pids | wc -l) == $1))
}

has_grown() {
    (($(number) > start))
}

# have_worked: the processes in the box have used 0.4 seconds of CPU time in all. A condition that does not hold by then never
# will.
have_worked() {
    local pid each ticks=0
    for pid in $(box_pids); do
        each=$(ticks_of "$pid") || continue
        ticks=$((ticks + each))
    done
    ((ticks > 40))
}

# seen COMMAND...: wait until COMMAND succeeds; fail if counter ends, or its processes have worked, and it still fails.
seen() {
    await seen_or_worked "$@" && "$@"
}

seen_or_worked() {
    "$@" || [[ ! -d /proc/${student_jobs[counter]} ]] || have_worked
}

@test "counter: each way adds to the number in the segment, with one process and with several" {
    must_build "$counting"
    new_number
    student ./counter plain "$segment" 1 1000
    must_be_there 1000 "one process added 1 to it 1000 times" "$counting"
    must_keep "$counting"
    student ./counter atomic "$segment" 3 1000
    must_be_there 4000 "four processes in all added 1 to it 1000 times each" "$counting"
    must_keep "$counting"
    student ./counter semaphore "$segment" 2 500 "$mutex"
    must_be_there 5000 "four processes added 1 to it 1000 times each, and two 500 times" "$counting"
    must_keep "$counting"
}

@test "counter: a wrong command line" {
    local arguments
    new_number
    for arguments in "" "atomic $segment 8" "nohow $segment 8 1" "atomic $segment 0 1" "semaphore $segment 8 1"; do
        # shellcheck disable=SC2086 # words
        student ./counter $arguments
        must_exit 2 "$counting"
        must_complain "$counting"
    done
    (($(number) == start)) || fail "the command lines were wrong, but the number changed" \
        "counter leaves the number as it is" "$counting"
}

@test "counter: the exit status reports that a child failed" {
    new_number
    ipcrm -s "$mutex"
    student ./counter semaphore "$segment" 2 10 "$mutex"
    must_exit 1 "$counting"
    must_complain "$counting"
    ipcrm -m "$segment"
    student ./counter atomic "$segment" 2 10
    must_exit 1 "$counting"
    must_complain "$counting"
}

# at_work HOW PROCS SECTION [SET]: run counter with so many additions that it does not end. Fail unless all of its processes
# run at the same time, and the number grows while they run.
at_work() {
    new_number
    student_start counter ./counter "$1" "$segment" "$2" 1000000000000 ${4:+"$mutex"}
    seen processes $(($2 + 1)) || fail "processes of counter that are running at the same time: $(box_pids | wc -l)" \
        "$(($2 + 1)): $2 children, each of which adds 1 to the number in the segment 10^12 times, and their parent" "$3"
    seen has_grown || fail "$2 processes have been adding for 0.4 seconds of CPU time, and the number is still $start" \
        "each of them adds 1 at a time to the number in the segment, and other programs see it grow" "$3"
    end_students
}

@test "atomic: eight processes add 1 at a time to the number in the segment" {
    at_work atomic 8 "$atomically"
}

eight_atomic() {
    # shellcheck disable=SC2034 # for box_time: this is much work, and other processes may be using the CPUs
    local IPCLAB_LIMIT=60
    student ./counter atomic "$segment" 8 500000
    must_be_there 4000000 "8 processes added 1 to it 500000 times each (counter atomic)" "$atomically"
}

@test "atomic: eight processes lose no addition" {
    local seed
    for seed in $(rounds 3); do
        new_number
        disturbed "$seed:tick" eight_atomic
        must_keep "$atomically"
    done
}

@test "atomic: on one CPU, where processes only interleave, no addition is lost" {
    new_number
    on_one_cpu disturbed "$RANDOM:tick" eight_atomic
}

@test "atomic: no addition is lost while another program adds, too" {
    local others
    new_number
    student_start counter ./counter atomic "$segment" 4 1000000
    shmattach --increment=u64@0 --times=1000000 --how=atomic "$segment" >/dev/null 3>&- &
    others=$!
    student_wait counter
    wait "$others"
    must_exit 0 "$atomically"
    (($(number) == start + 5000000)) || fail "4 processes of counter atomic and 1 of shmattach --how=atomic added 1 to \
$start 1000000 times each, and the number is now $(number)" "$((start + 5000000))" "$atomically"
}

@test "semaphore: eight processes add 1 at a time to the number in the segment" {
    at_work semaphore 8 "$excluded" yes
}

eight_excluded() {
    # shellcheck disable=SC2034 # as above
    local IPCLAB_LIMIT=60
    student ./counter semaphore "$segment" 8 "$1" "$mutex"
    must_be_there "$((8 * $1))" "8 processes added 1 to it $1 times each (counter semaphore)" "$excluded"
}

@test "semaphore: eight processes lose no addition" {
    local seed
    for seed in $(rounds 3); do
        new_number
        disturbed "$seed" eight_excluded 40
        must_keep "$excluded"
    done
    new_number
    on_one_cpu disturbed "$RANDOM:tick" eight_excluded 200
    must_keep "$excluded"
}

# waiting N: N processes are blocked on the mutex.
waiting() {
    (($(waiting_pids | wc -l) == $1))
}

@test "semaphore: while another process holds the mutex, all children wait, and none adds" {
    new_number
    semop-tool op "$mutex" 0-1
    student_start counter ./counter semaphore "$segment" 8 100 "$mutex"
    seen waiting 8 || fail "semaphore 0 of the set is 0, and $(waiting_pids | wc -l) of 8 \
processes are blocked on it; the number grew by $(($(number) - start))" \
        "all 8 sleep in semop, and use no CPU time, until another process adds 1 to the semaphore" "$excluded"
    (($(number) == start)) || fail "semaphore 0 of the set is 0, and the number grew by $(($(number) - start))" \
        "no child adds while another process holds the mutex" "$excluded"
    semop-tool op "$mutex" 0+1
    student_wait counter
    must_be_there 800 "8 processes added 1 to it 100 times each after the mutex became free" "$excluded"
    must_keep "$excluded"
}

@test "semaphore: no addition is lost while another program adds under the mutex" {
    local expected=800
    new_number
    perturbation=$RANDOM student_start counter ./counter semaphore "$segment" 8 100 "$mutex"
    while ((expected < 10000000)); do
        semop-tool op "$mutex" 0-1 -- shmattach --increment=u64@0 --times=2000000 "$segment" >/dev/null
        expected=$((expected + 2000000))
    done
    student_wait counter
    must_exit 0 "$excluded"
    (($(number) == start + expected)) || fail "8 processes of counter semaphore added 1 to $start 100 times each, other \
processes that held the mutex added $((expected - 800)), and the number is now $(number)" "$((start + expected))" "$excluded"
    must_keep "$excluded"
}

# --- questions ---------------------------------------------------------------

# must_measure NAME LEAST MOST WHAT: fail unless the answer is a whole or decimal number from LEAST to MOST. WHAT describes it.
must_measure() {
    local given
    given=$(answer "$1")
    [[ $given =~ ^[0-9]+(\.[0-9]+)?$ ]] ||
        fail "answers.txt says $(quoted "$1: $given")" "a number, without a unit" "Questions"
    awk -v given="$given" -v least="$2" -v most="$3" 'BEGIN { exit !(given >= least && given <= most) }' ||
        fail "answers.txt says $(quoted "$1: $given")" "$4" "Questions"
}

# measure N COMMAND...: set $each to the nanoseconds per addition of COMMAND, which performs N of them.
measure() {
    local since=$EPOCHREALTIME
    student "${@:2}"
    must_exit 0 "Questions"
    each=$(((${EPOCHREALTIME/./} - ${since/./}) * 1000 / $1))
}

@test "questions: what is lost" {
    must_measure lost 1 79999998 "80000000 minus the number that counter prints: on nearly every machine some additions are \
lost, but not all"
    must_answer least 2 "the smallest value that is possible; think of a process that loads at the very beginning, and stores \
when the other one has one addition left" "Questions"
    must_answer steps "load add store" "the three words, in the order of the machine" "Questions"
}

@test "questions: what does not help" {
    must_answer one-cpu yes "what you see if you try it often enough, or work it out: the scheduler can take the CPU from a \
process between any two steps" "Questions"
    must_answer volatile yes "what you see if you try it: the compiler must load and store each time, but in separate steps" \
        "Questions"
}

# The check compares with a measurement of its own, and accepts more than an order of magnitude in both directions: other
# processes may have used the CPUs during either measurement.
@test "questions: what it costs" {
    # shellcheck disable=SC2034 # for enter_box: not disturbed, even if the rest of the check is
    local each perturbation=
    new_number
    measure 4000000 ./counter atomic "$segment" 8 500000
    must_measure atomic-ns "$((each / 100)).5" "$((each * 30 + 30))" \
        "about $each, as the check has just measured; time it, and divide by the number of all additions"
    measure 16000 ./counter semaphore "$segment" 8 2000 "$mutex"
    must_measure semaphore-ns "$((each / 100)).5" "$((each * 30 + 30))" \
        "about $each, as the check has just measured; time it, and divide by the number of all additions"
    awk -v atomic="$(answer atomic-ns)" -v semaphore="$(answer semaphore-ns)" 'BEGIN { exit !(semaphore > atomic) }' ||
        fail "answers.txt says that an addition with semop takes no longer than an atomic addition" \
            "the opposite: two system calls for each addition take longer than one instruction" "Questions"
}
