# shellcheck shell=bash
# labs/04-lifetime/tally.bash -- run tally on FIFOs that the check writes to, and send signals at chosen moments
#
# check.bats sets the variables key, task, ways and moment; the last three are headings of the sheet.

# FIFO I is $given_dir/pipe.I, which tally knows by its name in the box, $pipe.I.
pipe=$given_there/pipe

# start_tally N [VARIABLE=VALUE...]: create N FIFOs, and start tally in the background to count them. Bash makes
# background commands ignore SIGINT; tally must react to it as in a terminal.
start_tally() {
    local i end n=$1 files=()
    shift
    for ((i = 1; i <= n; i++)); do
        files+=("$pipe.$i")
        give "pipe.$i" 644
    done
    student_start tally env --default-signal=INT,QUIT "$@" ./tally "${files[@]}"
    # shellcheck disable=SC2034 # for messages
    student_commands[tally]="./tally ${files[*]}"
    # Open the FIFOs only now: the processes of tally would inherit them, and so never reach the end of
    # their input. Open
    # them for reading as well, so that the open never waits.
    for ((i = 1; i <= n; i++)); do
        exec {end}<>"$given_dir/pipe.$i"
        pipes[i]=$end
    done
}

pipes=()

# feed I N: write N more lines to FIFO I.
feed() {
    local i
    for ((i = 0; i < $2; i++)); do echo line >&"${pipes[$1]}"; done
}

# finish I: close FIFO I, so that its child reads the end.
finish() {
    local end=${pipes[$1]}
    exec {end}>&-
}

# slot I: print the number that the segment contains for FIFO I.
slot() {
    shmattach --get="u64@$((8 * ($1 - 1)))" "$key" 2>/dev/null
}

counted() {
    [[ $(slot "$1") == "$2" ]]
}

# must_count I LINES: wait until the segment says that the child of FIFO I has counted LINES.
must_count() {
    # Shorter than the limit after which tally is killed.
    # shellcheck disable=SC2034 # for box_time
    local IPCLAB_LIMIT=7
    await counted_or_ended "$1" "$2" || :
    ! counted "$1" "$2" || return 0
    ! has_ended || { student_wait tally && fail "$(quoted "$command") $(how_it_ended) before any FILE was at its end" \
        "it waits for all its children, and they read to the end" "$task"; }
    read_back "$IPCLAB_SCRATCH/tally"
    command=${student_commands[tally]}
    segment_of "$key" >/dev/null || fail "no segment has key $key while tally counts" \
        "a segment with that key, from before the first child starts until the last one has ended" "$task"
    fail "FILE $1 has $2 lines so far, and the number at offset $((8 * ($1 - 1))) of the segment is $(slot "$1")" \
        "$2: each child keeps its number in the segment up to date" "$task"
}

has_ended() {
    ! kill -0 "${student_jobs[tally]}" 2>/dev/null
}

counted_or_ended() {
    counted "$1" "$2" || has_ended
}

# reader_of I: print the PID of the process in the box that has FIFO I open.
reader_of() {
    local pids
    mapfile -t pids < <(box_pids)
    # shellcheck disable=SC2016 # for the bash beside the box, which alone may list the descriptors
    beside bash -c 'path=$1
        for pid in "${@:2}"; do
            for fd in "/proc/$pid/fd/"*; do [[ ! $fd -ef $path ]] || { echo "$pid"; exit 0; }; done
        done
        exit 1' bash "$given_dir/pipe.$1" "${pids[@]}"
}

# must_end_by SIGNAL SECTION: fail unless SIGNAL ended tally.
must_end_by() {
    must_end "$2"
    ((status == 128 + $(kill -l "$1"))) || fail "$(quoted "$command") got SIG$1, and $(how_it_ended)" \
        "it cleans up, and then SIG$1 itself ends it, so that a shell sees the reason ($((128 + $(kill -l "$1"))))" "$2"
}

# some_lines: print a small number of lines that a student cannot know in advance.
some_lines() {
    echo $(($(random_number 7) + 2))
}

# --- a signal at a chosen moment ---------------------------------------------

inject_library=$given_there/inject-signal.so
inject_log=$given_there/inject-signal.log
injected='' inject_input=

# build_injector: builds labs/lib/inject-signal.c, which sends a signal at a chosen moment, and makes the FIFO that it
# writes its log to.
build_injector() {
    [[ -z $inject_input ]] || exec {inject_input}<&-
    give inject-signal.log 622
    exec {inject_input}<>"$given_dir/inject-signal.log"
    injected=
    [[ -e $given_dir/inject-signal.so ]] ||
        cc -shared -fPIC -w -o "$given_dir/inject-signal.so" "$IPCLAB_LIB/inject-signal.c" -ldl
}

# read_injection_log: adds the new lines of the log to $injected.
read_injection_log() {
    local line=
    while IFS= read -r -t 0.01 line <&"$inject_input"; do injected+=$line$'\n'; done
    # It may time out in the middle of a line.
    injected+=$line
}

# must_have_loaded: tally has loaded inject-signal.so, as a statically linked program would not.
must_have_loaded() {
    read_injection_log
    [[ $injected == *loaded* ]] ||
        fail "the check cannot send $(quoted "$command") a signal at a chosen moment: it did not load the \
check's library" \
            "a program that is not statically linked (-static) and that has the loader of the system" "$moment"
}

signal_sent() {
    read_injection_log
    [[ $injected == *sent* ]]
}

# signal_sent_or_waiting: whether the signal has come, or never will: tally has ended, or it waits for
# its children in a way
# that inject-signal.c does not know.
signal_sent_or_waiting() {
    local pid stat children
    ! signal_sent && ! has_ended || return 0
    pid=$(student_pid tally) && read -r stat 2>/dev/null <"/proc/$pid/stat" || return 1
    # That file has no newline, so read fails even if it has read something.
    read -ra children 2>/dev/null <"/proc/$pid/task/$pid/children" || :
    [[ ${stat##*) } == S* && ${#children[@]} == 2 ]]
}

# inject SIGNAL CALL[:N] WHEN: send SIGNAL to tally right at CALL; tally must end by it and clean up. WHEN describes the
# moment.
inject() {
    local left
    # shellcheck disable=SC2034 # for box_time
    local IPCLAB_LIMIT=5
    build_injector
    start_tally 2 "IPCLAB_INJECT=$(kill -l "$1")@$2" IPCLAB_INJECT_LOG="$inject_log" LD_PRELOAD="$inject_library"
    await signal_sent_or_waiting || :
    signal_sent || student_kill tally "$1" 2>/dev/null || :
    student_wait tally
    must_have_loaded
    [[ -z $timed_out ]] || fail "SIG$1 came $3, and $(quoted "$command") did not end within $(box_time) seconds" \
        "it cleans up and ends, whenever the signal comes" "$moment"
    left=$(objects | paste -sd, | sed 's/,/, /g')
    [[ -z $left ]] || fail "SIG$1 came $3, and tally left these objects: $left" "it leaves nothing behind" "$moment"
    must_leave_nothing "$moment"
    must_end_by "$1" "$moment"
}
