# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# labs/lib/box.bash -- run the student's programs in the box, and collect what they did
#
# ipclab makes the box before check.bats starts: it has namespaces of its own (PIDs, mounts, network),
# the system read-only, a copy of the work folder as /lab, and no other folder of the user's. The
# check itself runs outside the box, in the same IPC namespace: it sees the objects that the student's
# programs make, and they cannot reach it. Where no namespaces can be made, the box is a folder, and
# the kernel's Landlock, at best, keeps the programs in it. What differs between the two kinds is in
# box-namespaces.bash and box-folder.bash, which IPCLAB_BOX_KIND names. A check.bats names
# a path of the box by $lab_there, $tmp_there or $given_there.
#
# ipclab sets IPCLAB_BOX (the PID of the box's init), IPCLAB_UID (the user that the programs run as),
# IPCLAB_SCRATCH (a directory of the check's own), IPCLAB_TIME_SCALE and IPCLAB_ROUNDS (see rounds).
#
# What the check gives to the programs (FIFOs, libraries, programs of its own) lies in $given_dir, which
# they see as $given_there and cannot change. The check never opens a path that they can change,
# such as /proc/$IPCLAB_BOX/root/lab/FILE, because they could put a link there that leads out of the
# box; in_box reads such a file.
#
# The functions leave what the last program did in variables, as bats' own run does:
#   status      its exit status; 124 if the time limit ended it
#   output      its standard output, without trailing newlines
#   stderr      its standard error, likewise
#   command     its command line, for messages
#   unheard     not empty if it ended well but was not disturbed as it should have been, because it did
#               not load perturb.so
#   timed_out   not empty if the time limit ended it; $stuck then says which process waited for which

# shellcheck disable=SC2034 # some of it is only for the tests
status=0 output='' stderr='' command='' timed_out='' stuck='' unheard=''

given_dir=$IPCLAB_SCRATCH/given

# shellcheck source-path=SCRIPTDIR source=box-namespaces.bash
source "${BASH_SOURCE[0]%/*}/box-${IPCLAB_BOX_KIND:-namespaces}.bash"

# set_box_limits: sets the limits of the student's programs, far above the needs of any lab, for this
# shell and what it starts. ulimit counts bytes in units of 1024, and IPCLAB_MEMORY is in bytes.
# IPCLAB_TASKS says how many processes and threads the user had before the check, if those count, too;
# the user may have a stricter limit already. When memory runs out, the kernel ends these programs
# first (proc_pid_oom_score_adj(5)).
set_box_limits() {
    echo 1000 2>/dev/null >/proc/self/oom_score_adj || :
    local memory=${IPCLAB_MEMORY:-4294967296}
    [[ $memory == unlimited ]] || memory=$((memory / 1024))
    ulimit -u $((${IPCLAB_TASKS:-0} + 200)) 2>/dev/null || [[ -n ${IPCLAB_TASKS-} ]] || return
    ulimit -v "$memory" -f 32768 -n 256 -c 0 -t "${IPCLAB_CPU:-60}"
}

# thousandths NUMBER: sets $thousandths to 1000 times NUMBER, a decimal number such as "1.5".
thousandths() {
    local whole=${1%%.*} part
    part=${1#"$whole"}
    part=${part#.}000
    thousandths=$((10#${whole:-0} * 1000 + 10#${part:0:3}))
}

# box_time: prints how many seconds a program of the student's may run, 10 on a machine of usual
# speed. A bound for failures only: no check draws a conclusion from how long a program took.
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

# The library that the programs load in place of perturb.so, as they see it, and its settings
# (NAME=VALUE). A test that needs one declares both local.
library='' library_settings=()

# enter_box: sets $boxed to the words that, before a command, run it as the student, in $lab_there, in a
# session of its own and with no descriptor but 0, 1 and 2 (enter-box.c).
# shellcheck disable=SC2154 # box-KIND.bash sets them
enter_box() {
    local preload=${library:-${perturbation:+$perturb_there}}
    boxed=("${box_door[@]}" PATH="$tools_there:/usr/local/bin:/usr/bin:/bin"
        HOME="$lab_there" TERM=dumb LC_ALL=C.UTF-8 TMPDIR="$tmp_there"
        ${ASAN_OPTIONS:+"ASAN_OPTIONS=$ASAN_OPTIONS"}
        ${perturbation:+"IPCLAB_PERTURB=$perturbation"}
        "${library_settings[@]}" ${preload:+"LD_PRELOAD=$preload"}
        ${listening:+"IPCLAB_REPORT=$given_there/$listening"} --)
}

# in_box COMMAND...: runs it as the student, in the box, with the present standard streams and no
# time limit.
in_box() {
    local boxed
    enter_box
    (set_box_limits && exec "${boxed[@]}" "$@")
}

# beside COMMAND...: runs a command of the check's own, outside the box, with the rights to the student's
# objects and processes that the student has.
# shellcheck disable=SC2154 # box-KIND.bash sets it
beside() {
    "${beside_box[@]}" "$@"
}

# look_where PID: sets $where to the name of the kernel's function in which the process sleeps; to
# nothing if it has ended, or if the kernel does not say (proc_pid_wchan(5)).
look_where() {
    where=
    if ((${#beside_box[@]})); then
        where=$(beside cat "/proc/$1/wchan" 2>/dev/null) || :
    else
        # Most checks come this way, many times, so it starts no process.
        read -r -d '' where 2>/dev/null <"/proc/$1/wchan" || :
    fi
}

# in_box_limited COMMAND...: the same under the time limit, in place of this shell. timeout(1) ends
# only enter-box, for what it runs has a session of its own; note_time_out ends that.
in_box_limited() {
    local boxed
    enter_box
    set_box_limits || exit
    exec timeout "$(box_time)" "${boxed[@]}" "$@" 3>&- {pause_pipe}<&-
}

# give NAME MODE: makes a FIFO that the programs see as $given_there/NAME, in place of an old one.
# MODE is 644 if they read from it, 622 if they write to it.
give() {
    rm -f "$given_dir/$1"
    mkfifo -m "$2" "$given_dir/$1"
}

# read_text FILE: sets $text to the first 64 KiB of FILE, without NUL bytes and trailing newlines. It
# starts no process: the checks call it after each program.
read_text() {
    local piece left=65536 LC_ALL=C
    text=
    # read stops at a NUL byte, and fails at the end of the file.
    while ((left > 0)) && { IFS= read -r -d '' -n "$left" piece || [[ -n $piece ]]; }; do
        text+=$piece
        left=$((left - ${#piece} - 1))
    done 2>/dev/null <"$1"
    while [[ $text == *$'\n' ]]; do text=${text%$'\n'}; done
}

# read_back STEM: sets output and stderr from STEM.out and STEM.err.
# shellcheck disable=SC2034
read_back() {
    local text
    read_text "$1.out" && output=$text
    read_text "$1.err" && stderr=$text
}

# student COMMAND [ARG...]: runs it in the box to its end, under the time limit. It passes on its
# standard input: give it with <<<, or the program gets that of the test (empty). Never fails itself:
# look at $status, or call must_exit.
student() {
    local stem=$IPCLAB_SCRATCH/last since=$EPOCHREALTIME listening='' ear=''
    listen "$BASHPID"
    command="$*" status=0 timed_out='' stuck=''
    (in_box_limited "$@") >"$stem.out" 2>"$stem.err" || status=$?
    read_back "$stem"
    note_time_out "$since"
    note_silence "$ear"
}

# listen NAME: if the programs are to load a library of the check, opens the FIFO in which the next one
# reports that it has.
# Sets: listening (the name of the FIFO), ear (the descriptor); both empty otherwise
listen() {
    listening='' ear=''
    [[ -n $library$perturbation ]] || return 0
    listening=loaded.$1
    [[ -p $given_dir/$listening ]] || give "$listening" 622
    exec {ear}<>"$given_dir/$listening"
}

# note_silence EAR: sets $unheard if the program ended well and reported nothing in that FIFO; closes it.
note_silence() {
    local ear=$1
    unheard=
    [[ -n $ear ]] || return 0
    # The library has written the line before its main began, so it is there or never comes.
    if read -r -t 0 -u "$ear"; then
        read -r -u "$ear"
    elif ((status == 0)); then
        unheard=yes
    fi
    exec {ear}<&-
}

# note_time_out SINCE: if the time limit ended the program that began at SINCE ($EPOCHREALTIME), sets
# $timed_out, records which processes still wait in $stuck, and kills the rest.
note_time_out() {
    [[ $status == 124 || $status == 137 ]] || return 0
    awk -v now="$EPOCHREALTIME" -v since="$1" -v limit="$(box_time)" 'BEGIN { exit now - since < limit }' || return 0
    timed_out="it did not end within $(box_time) seconds"
    stuck=$(semop-tool waiters --deadlock 2>/dev/null) || :
    end_students
}

# --- in the background -------------------------------------------------------

declare -gA student_jobs=() student_commands=() student_since=() student_inputs=() student_ears=()

# close_inputs: closes the inputs of the other programs, in the shell that starts a new one. If that
# shell kept one open, end_input could not end that input.
close_inputs() {
    local input
    for input in "${student_inputs[@]}"; do exec {input}>&-; done
}

# student_start NAME COMMAND [ARG...]: runs it in the box in the background, under the time limit. Its
# standard input is a FIFO: send_line NAME TEXT writes a line to it, end_input NAME closes it.
# student_output NAME prints its output so far.
student_start() {
    local name=$1 stem=$IPCLAB_SCRATCH/$1 input listening='' ear=''
    shift
    listen "of-$name"
    student_ears[$name]=$ear
    rm -f "$stem.in" && mkfifo "$stem.in"
    : >"$stem.out"
    # In a shell of its own, so that bash prints nothing when the program is killed.
    {
        close_inputs
        (in_box_limited "$@") <"$stem.in" >"$stem.out" 2>"$stem.err"
    } 2>/dev/null &
    student_jobs[$name]=$!
    student_since[$name]=$EPOCHREALTIME
    student_commands[$name]="$*"
    # This waits until that shell has opened its end: a line written before that would raise SIGPIPE.
    # The check keeps only a writer, so that closing it ends the student's input.
    exec {input}>"$stem.in"
    student_inputs[$name]=$input
}

# send_line NAME TEXT: writes a line to the standard input of a program that student_start began. If
# that program has ended, SIGPIPE ends only the subshell.
send_line() {
    (printf '%s\n' "$2" >&"${student_inputs[$1]}") 2>/dev/null || :
}

# end_input NAME: closes its standard input; a second call does nothing.
end_input() {
    local input=${student_inputs[$1]-}
    [[ -n $input ]] || return 0
    exec {input}>&-
    unset "student_inputs[$1]"
}

# student_output NAME: prints its standard output so far.
student_output() {
    local text
    read_text "$IPCLAB_SCRATCH/$1.out"
    [[ -z $text ]] || printf '%s\n' "$text"
}

# student_wait NAME: waits until it ends; sets status, output, stderr and the others as student does.
# shellcheck disable=SC2034
student_wait() {
    command=${student_commands[$1]} status=0 timed_out='' stuck=''
    wait "${student_jobs[$1]}" || status=$?
    read_back "$IPCLAB_SCRATCH/$1"
    note_time_out "${student_since[$1]}"
    note_silence "${student_ears[$1]}"
    unset "student_jobs[$1]"
}

# student_pid NAME: prints the PID of its program, as seen from outside and by semop-tool: the first
# process in the box below timeout(1).
student_pid() {
    local pid=${student_jobs[$1]} child
    until is_boxed "$pid"; do
        # The file has no newline, so read fails even when it has read a PID; without the file it does not run.
        child=
        read -r child _ 2>/dev/null <"/proc/$pid/task/$pid/children" || [[ -n $child ]] || return 1
        pid=$child
    done
    echo "$pid"
}

# student_kill NAME [SIGNAL]: sends SIGNAL (default KILL) to the program alone, not to its children.
student_kill() {
    kill -s "${2-KILL}" "$(student_pid "$1")"
}

# end_students: kills every process in the box.
end_students() {
    local pids
    mapfile -t pids < <(box_pids)
    ((${#pids[@]} == 0)) || kill -s KILL "${pids[@]}" 2>/dev/null || :
}

no_students() {
    [[ -z $(box_pids) ]]
}

# objects: prints "shm 5", "sem 7", ... for each System V object of the student and of the check, and
# "/dev/shm/NAME" for each POSIX one.
objects() {
    sysv_objects
    posix_objects
}

# remove_objects: removes all that objects prints.
remove_objects() {
    local object named=
    while IFS= read -r object; do
        case $object in
        "shm "*) ipcrm -m "${object#* }" ;;
        "sem "*) ipcrm -s "${object#* }" ;;
        "msg "*) ipcrm -q "${object#* }" ;;
        *) named=yes ;;
        esac
    done < <(objects)
    [[ -z $named ]] || remove_posix_objects
}

# await COMMAND...: runs it repeatedly until it succeeds; fails when the time limit has passed. This is
# the handshake with programs that have no other way to say that they are ready; never sleep instead.
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

# pause N: waits N hundredths of a second (N below 10) without starting a process: nothing ever writes
# to that pipe.
exec {pause_pipe}<> <(:)
pause() {
    read -r -t "0.0$1" -u "$pause_pipe" || :
}

# is_blocked NAME: the kernel shows its program waiting in semop(2). For await.
is_blocked() {
    local pid
    pid=$(student_pid "$1") && waiting_pids | grep -qx "$pid"
}

# cpu_ticks NAME: prints the CPU time that its program has used, in clock ticks (100 a second).
cpu_ticks() {
    local pid
    pid=$(student_pid "$1") && ticks_of "$pid"
}

# ticks_of PID: prints the CPU time of a process; fails if the process does not exist.
ticks_of() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # shellcheck disable=SC2086 # words; cut first after the name, which may contain blanks
    set -- ${stat##*) }
    echo $((${12} + ${13}))
}

# --- disturbance -------------------------------------------------------------

# The value of IPCLAB_PERTURB (see perturb.c) for the student's programs. ipclab selftest sets
# IPCLAB_DISTURB to disturb the whole check, differently each time.
perturbation=${IPCLAB_DISTURB:+$RANDOM}

# rounds N: prints the numbers 1..N, or that percentage of them that IPCLAB_ROUNDS says.
rounds() {
    local count=$((($1 * ${IPCLAB_ROUNDS:-100} + 99) / 100))
    seq "$count"
}

# disturbed SEED[:tick] COMMAND...: runs COMMAND, a function of the test, while perturb.c delays every
# program in the box at random around its IPC calls.
disturbed() {
    local perturbation=$1
    shift
    "$@"
}

# on_one_cpu COMMAND...: runs it on one CPU with all that it starts, so that its processes only
# interleave.
on_one_cpu() {
    local all
    all=$(taskset --cpu-list --pid "$BASHPID" | sed 's/.*: //')
    taskset --cpu-list --pid "${all%%[-,]*}" "$BASHPID" >/dev/null
    "$@"
    taskset --cpu-list --pid "$all" "$BASHPID" >/dev/null
}
