# shellcheck shell=bash
# labs/04-lifetime/tally.bash -- run tally on FIFOs that the check writes to, and let signals come at chosen moments
#
# check.bats has what is said to the student: key, task, ways and moment.

# pipe_path I: FIFO I, as this side sees it.
pipe_path() {
    echo "/proc/$IPCLAB_BOX/root/lab/.pipes/$1"
}

# start_tally N [VARIABLE=VALUE...]: N FIFOs, and tally in the background counting them. Bash starts what is in the
# background deaf to SIGINT; tally shall hear it as in a terminal.
start_tally() {
    local i end n=$1 files=()
    shift
    for ((i = 1; i <= n; i++)); do files+=(".pipes/$i"); done
    # shellcheck disable=SC2016 # for the shell in the box
    in_box sh -c 'rm -rf .pipes && mkdir .pipes && mkfifo "$@"' sh "${files[@]}"
    student_start tally env --default-signal=INT,QUIT "$@" ./tally "${files[@]}"
    # shellcheck disable=SC2034 # for messages
    student_commands[tally]="./tally ${files[*]}"
    # Only now, for tally's processes would inherit them, and their input never end. To read too, so that it never waits.
    for ((i = 1; i <= n; i++)); do
        exec {end}<>"$(pipe_path "$i")"
        pipes[i]=$end
    done
}

pipes=()

# feed I N: N lines more for the child of FIFO I.
feed() {
    local i
    for ((i = 0; i < $2; i++)); do echo line >&"${pipes[$1]}"; done
}

# finish I: the end of FIFO I.
finish() {
    local end=${pipes[$1]}
    exec {end}>&-
}

# slot I: what the segment says about FIFO I.
slot() {
    shmattach --get="u64@$((8 * ($1 - 1)))" "$key" 2>/dev/null
}

counted() {
    [[ $(slot "$1") == "$2" ]]
}

# must_count I LINES: it is in the segment that the child of FIFO I has counted LINES.
must_count() {
    # Before tally's own limit ends it.
    # shellcheck disable=SC2034 # for box_time
    local IPCLAB_LIMIT=7
    await counted_or_ended "$1" "$2" || :
    ! counted "$1" "$2" || return 0
    ! has_ended || { student_wait tally && wrong "$(shown "$command") $(how_it_ended), though no file was at its end" \
        "it waits for all its children, and they read to the end" "$task"; }
    read_back "$IPCLAB_SCRATCH/tally"
    command=${student_commands[tally]}
    segment_of "$key" >/dev/null || wrong "while tally counts there is no segment of key $key" \
        "a segment that others find by that key, from before the first child starts until the last one has ended" "$task"
    wrong "the child of FILE $1 was given $2 lines, and at offset $((8 * ($1 - 1))) of the segment there is $(slot "$1")" \
        "$2: each child keeps its number up to date in the segment" "$task"
}

has_ended() {
    ! kill -0 "${student_jobs[tally]}" 2>/dev/null
}

counted_or_ended() {
    counted "$1" "$2" || has_ended
}

# reader_of I: the process of the box that has FIFO I open.
reader_of() {
    local pid fd path
    path=$(pipe_path "$1")
    for pid in $(box_pids); do
        for fd in "/proc/$pid/fd/"*; do
            [[ ! $fd -ef $path ]] || { echo "$pid"; return 0; }
        done
    done
    return 1
}

# must_end_by SIGNAL SECTION: tally was ended by that signal.
must_end_by() {
    must_end "$2"
    ((status == 128 + $(kill -l "$1"))) || wrong "$(shown "$command") got SIG$1, and $(how_it_ended)" \
        "it cleans up and then is ended by SIG$1 itself, so that a shell sees why ($((128 + $(kill -l "$1"))))" "$2"
}

# some_lines: a small number of lines that nobody knows beforehand.
some_lines() {
    echo $(($(random_number 7) + 2))
}

# --- a signal at a chosen moment ---------------------------------------------

strike_log=/tmp/strike.log

# struck_lines: what is in the log, as this side sees it.
struck_lines() {
    cat "/proc/$IPCLAB_BOX/root$strike_log" 2>/dev/null
}

# build_strike: what lets a signal come at a chosen moment (labs/lib/strike.c), in the box.
build_strike() {
    rm -f "/proc/$IPCLAB_BOX/root$strike_log"
    [[ -e /proc/$IPCLAB_BOX/root/tmp/strike.so ]] ||
        in_box cc -shared -fPIC -w -o /tmp/strike.so -x c - <"$IPCLAB_LIB/strike.c"
}

struck() {
    [[ $(struck_lines) == *struck* ]]
}

# struck_or_waiting: the signal has come, or tally has ended; or it never will, because tally waits for its children in another way than those
# that strike.c knows.
struck_or_waiting() {
    local pid stat children
    ! struck && ! has_ended || return 0
    pid=$(student_pid tally) && read -r stat 2>/dev/null <"/proc/$pid/stat" || return 1
    # That file has no newline, so read fails even where it has read something.
    read -ra children 2>/dev/null <"/proc/$pid/task/$pid/children" || :
    [[ ${stat##*) } == S* && ${#children[@]} == 2 ]]
}

# strike SIGNAL CALL[:N] WHEN: tally gets SIGNAL then, and no later.
strike() {
    local left
    # shellcheck disable=SC2034 # for box_time
    local IPCLAB_LIMIT=5
    build_strike
    start_tally 2 "IPCLAB_STRIKE=$(kill -l "$1")@$2" IPCLAB_STRIKE_LOG="$strike_log" LD_PRELOAD=/tmp/strike.so
    await struck_or_waiting || :
    struck || student_kill tally "$1" 2>/dev/null || :
    student_wait tally
    [[ -z $timed_out ]] || wrong "SIG$1 came $3, and $(shown "$command") did not end within $(box_time) seconds" \
        "it cleans up and ends, whenever the signal comes" "$moment"
    left=$(objects | paste -sd, | sed 's/,/, /g')
    [[ -z $left ]] || wrong "SIG$1 came $3, and afterwards there still was: $left" "nothing is left behind" "$moment"
    must_leave_nothing "$moment"
    must_end_by "$1" "$moment"
}
