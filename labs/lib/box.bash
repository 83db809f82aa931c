# shellcheck shell=bash
# labs/lib/box.bash -- run the student's programs in the box, and find out what they did
#
# The box is made by ipclab before check.bats starts: namespaces of its own (PIDs, mounts, network), the system
# read-only, a copy of the work folder as /lab, no other folder of the user's. The check itself runs outside of it, in
# the same IPC namespace: it sees what the student's programs make, and they cannot reach it.
#
# From ipclab: IPCLAB_BOX (the PID of the box's init), IPCLAB_UID (who they run as), IPCLAB_SCRATCH (a directory of the
# check's own), IPCLAB_TIME_SCALE, IPCLAB_ROUNDS (see rounds).
#
# What the last program did is left in variables, as bats' own run does:
#   status      its exit status; 124 if it was ended by the time limit
#   output      its standard output, without the newlines at its end
#   stderr      its standard error, the same
#   command     what was run, for messages
#   timed_out   not empty if the time limit ended it; then $stuck says who waited for whom

# shellcheck disable=SC2034 # some of it is only for the tests
status=0 output='' stderr='' command='' timed_out='' stuck=''

# The student's limits. They are far above what any of the labs needs.
box_limits=(--nproc=200 --as="${IPCLAB_MEMORY:-4294967296}" --fsize=33554432 --nofile=256 --core=0)

# thousandths NUMBER: set $thousandths to how many it has; a decimal number, as "1.5".
thousandths() {
    local whole=${1%%.*} part
    part=${1#"$whole"}
    part=${part#.}000
    thousandths=$((10#${whole:-0} * 1000 + 10#${part:0:3}))
}

# box_time: how many seconds a program of the student's may take, 10 on a machine of usual speed.  A failure bound:
# nothing is concluded from how long a program really took.
box_time() {
    local thousandths limit
    thousandths "${IPCLAB_LIMIT:-10}"
    limit=$thousandths
    thousandths "${IPCLAB_TIME_SCALE:-1}"
    limit=$((limit * thousandths / 1000))
    if ((limit % 1000)); then
        printf '%d.%03d\n' "$((limit / 1000))" "$((limit % 1000))"
    else
        echo "$((limit / 1000))"
    fi
}

# enter_box: set $boxed to the words in front of a command that make it run as the student, in /lab.
enter_box() {
    local identity=()
    [[ $IPCLAB_UID == 0 ]] || identity=(--reuid="$IPCLAB_UID" --regid="$IPCLAB_UID" --clear-groups)
    boxed=(nsenter --target "$IPCLAB_BOX" --mount --pid --net --uts --
        setpriv "${identity[@]}" --no-new-privs --inh-caps=-all --bounding-set=-all --
        prlimit "${box_limits[@]}" --cpu="${IPCLAB_CPU:-60}" --
        env -i -C /lab PATH=/ipclab/bin:/usr/local/bin:/usr/bin:/bin HOME=/lab TERM=dumb LC_ALL=C.UTF-8 TMPDIR=/tmp
        ${ASAN_OPTIONS:+"ASAN_OPTIONS=$ASAN_OPTIONS"}
        ${perturbation:+"IPCLAB_PERTURB=$perturbation" LD_PRELOAD=/ipclab/lib/perturb.so})
}

# in_box COMMAND...: run it so, with its standard streams as they are and no time limit.
in_box() {
    local boxed
    enter_box
    "${boxed[@]}" "$@" 3>&- {pause_pipe}<&-
}

# in_box_limited COMMAND...: the same, ended by timeout(1), by SIGKILL if need be.
in_box_limited() {
    local boxed
    enter_box
    exec timeout --kill-after=2 "$(box_time)" "${boxed[@]}" "$@" 3>&- {pause_pipe}<&-
}

# box_pids: the PIDs, as this side sees them, of all that runs in the box but its init.
box_pids() {
    local directory
    for directory in /proc/[0-9]*; do
        [[ ${directory#/proc/} == "$IPCLAB_BOX" || ! $directory/ns/pid -ef /proc/$IPCLAB_BOX/ns/pid ]] ||
            echo "${directory#/proc/}"
    done
}

# read_back STEM: set output and stderr from STEM.out and STEM.err, 64 KiB of each at most, without NUL bytes.
# shellcheck disable=SC2034
read_back() {
    output='' stderr=''
    [[ ! -s $1.out ]] || output=$(head -c 65536 "$1.out" | tr -d '\0')
    [[ ! -s $1.err ]] || stderr=$(head -c 65536 "$1.err" | tr -d '\0')
}

# student COMMAND [ARG...]: run it in the box to its end, under the time limit; standard input is passed on, so give it
# with <<< or it is that of the test (empty).  Never fails itself: ask $status, or say must_exit.
student() {
    local stem=$IPCLAB_SCRATCH/last since=$EPOCHREALTIME
    command="$*" status=0 timed_out='' stuck=''
    (in_box_limited "$@") >"$stem.out" 2>"$stem.err" || status=$?
    read_back "$stem"
    note_time_out "$since"
}

# note_time_out SINCE: if the limit ended it that began then ($EPOCHREALTIME), say so, keep what semop-tool knows of who
# still waits, and end what is left of it.
note_time_out() {
    [[ $status == 124 || $status == 137 ]] || return 0
    awk -v now="$EPOCHREALTIME" -v since="$1" -v limit="$(box_time)" 'BEGIN { exit now - since < limit }' || return 0
    timed_out="it did not end within $(box_time) seconds"
    stuck=$(semop-tool waiters --deadlock 2>/dev/null) || :
    end_students
}

# --- in the background -------------------------------------------------------

declare -gA student_jobs=() student_commands=() student_since=()

# close_inputs: those of the programs that run already, in the shell of another one: whoever held one open would keep
# tell_end from being the end of it.
close_inputs() {
    local name
    for name in "${!input_@}"; do eval "exec {$name}>&-"; done
}

# student_start NAME COMMAND [ARG...]: run it in the box in the background, under the time limit.  Its standard input is
# a pipe: tell NAME TEXT writes a line to it, tell_end NAME closes it.  Output so far: student_output NAME.
student_start() {
    local name=$1 stem=$IPCLAB_SCRATCH/$1
    shift
    rm -f "$stem.in" && mkfifo "$stem.in"
    : >"$stem.out"
    # In a shell of its own, which tells nobody of a program that is killed.
    {
        close_inputs
        (in_box_limited "$@") <"$stem.in" >"$stem.out" 2>"$stem.err"
    } 2>/dev/null &
    student_jobs[$name]=$!
    student_since[$name]=$EPOCHREALTIME
    student_commands[$name]="$*"
    # This waits until that shell has opened its end: what is told before would be told to nobody (SIGPIPE). Only a writer
    # is kept, so that the end of it is the end of the student's input.
    eval "exec {input_$name}>\"\$stem.in\""
}

# tell NAME TEXT: a line to the standard input of the one that student_start began. If it has ended, nobody is told, and
# SIGPIPE ends the subshell.
tell() {
    local input=input_$1
    (printf '%s\n' "$2" >&"${!input}") 2>/dev/null || :
}

# tell_end NAME: the end of its standard input.
tell_end() {
    eval "exec {input_$1}>&-"
}

# student_output NAME: what it has written so far.
student_output() {
    head -c 65536 "$IPCLAB_SCRATCH/$1.out" | tr -d '\0'
}

# student_wait NAME: until it ends; sets status, output, stderr and the others as student does.
# shellcheck disable=SC2034
student_wait() {
    command=${student_commands[$1]} status=0 timed_out='' stuck=''
    wait "${student_jobs[$1]}" || status=$?
    read_back "$IPCLAB_SCRATCH/$1"
    note_time_out "${student_since[$1]}"
    unset "student_jobs[$1]"
}

# student_pid NAME: the PID of its program, as this side and semop-tool see it: the first in the box below timeout(1).
student_pid() {
    local pid=${student_jobs[$1]} child
    until [[ /proc/$pid/ns/pid -ef /proc/$IPCLAB_BOX/ns/pid ]]; do
        # That file has no newline, so read fails even where it has read something; and where there is none, is not run.
        child=
        read -r child _ 2>/dev/null <"/proc/$pid/task/$pid/children" || [[ -n $child ]] || return 1
        pid=$child
    done
    echo "$pid"
}

# student_kill NAME [SIGNAL]: send it that (KILL without); to the program alone, not to its children.
student_kill() {
    kill -s "${2-KILL}" "$(student_pid "$1")"
}

# end_students: kill all that still runs in the box.
end_students() {
    local pids
    mapfile -t pids < <(box_pids)
    ((${#pids[@]} == 0)) || kill -s KILL "${pids[@]}" 2>/dev/null || :
}

# await COMMAND...: try it again and again until it succeeds; fails when the time limit is over.  The handshake with
# programs that have no other way to say that they are ready: await it, never sleep and hope.
await() {
    local end limit pause=1
    limit=$(box_time)
    end=$((SECONDS + ${limit%.*} + 1))
    until "$@"; do
        ((SECONDS < end)) || return 1
        pause "$pause"
        ((pause > 7)) || pause=$((pause + (pause + 1) / 2))
    done
}

# pause N: N hundredths of a second, N below 10, without a process for it: nobody ever writes to that pipe.
exec {pause_pipe}<> <(:)
pause() {
    read -r -t "0.0$1" -u "$pause_pipe" || :
}

# is_blocked NAME: its program waits in semop(2), as the kernel says; for await.
is_blocked() {
    local pid
    pid=$(student_pid "$1") && semop-tool waiters --raw --noheadings -o PID 2>/dev/null | grep -qx "$pid"
}

# cpu_ticks NAME: the CPU time that its program has used, in clock ticks (100 a second).
cpu_ticks() {
    local pid
    pid=$(student_pid "$1") && ticks_of "$pid"
}

# ticks_of PID: the same of a process; fails if there is none.
ticks_of() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # shellcheck disable=SC2086 # words; the name in parentheses may hold blanks, so it goes first
    set -- ${stat##*) }
    echo $((${12} + ${13}))
}

# --- disturbance -------------------------------------------------------------

# What the student's programs are disturbed by, as IPCLAB_PERTURB of perturb.c has it; IPCLAB_DISTURB is for ipclab selftest,
# which disturbs the whole check, each time otherwise.
perturbation=${IPCLAB_DISTURB:+$RANDOM}

# rounds N: the numbers 1..N, fewer where IPCLAB_ROUNDS says so (a percentage).
rounds() {
    local count=$((($1 * ${IPCLAB_ROUNDS:-100} + 99) / 100))
    seq "$count"
}

# disturbed SEED[:tick] COMMAND...: COMMAND, a function of the test, where everything that runs in the box is slowed at
# random around its IPC calls (labs/lib/perturb.c).
disturbed() {
    local perturbation=$1
    shift
    "$@"
}

# on_one_cpu COMMAND...: everything that it starts shares one CPU, so that they are only ever interleaved.
on_one_cpu() {
    local all
    all=$(taskset --cpu-list --pid "$BASHPID" | sed 's/.*: //')
    taskset --cpu-list --pid "${all%%[-,]*}" "$BASHPID" >/dev/null
    "$@"
    taskset --cpu-list --pid "$all" "$BASHPID" >/dev/null
}
