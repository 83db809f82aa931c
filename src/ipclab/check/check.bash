# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/check/check.bash -- check: run the lab's check.bats behind a wall, and print the
# results
#
# run-check prints TAP, result.jq turns it into one JSON result, test by test, and a filter from
# formats/ prints the result. Both jq processes start together with the check, which takes longer to
# start than they do.

# What end_check ends and removes.
scratch='' namespaces_pid='' watcher_pid=''

# end_run: end the processes of one run, and remove its directory.
end_run() {
    [[ -z $namespaces_pid ]] || "end_$IPCLAB_BOX_KIND"
    namespaces_pid=
    [[ -z $scratch ]] || rmdir "$scratch" 2>/dev/null
    scratch=
    remove_cgroup
}

# unshare(1) blocks SIGTERM while it waits, so kill it; its --kill-child then ends all processes in
# the namespaces.
end_namespaces() {
    kill -s KILL "$namespaces_pid" 2>/dev/null
}

# enter-box --keep ends the processes, and then clear-folder removes what they left.
end_folder() {
    kill -s TERM "$namespaces_pid" 2>/dev/null
    wait "$namespaces_pid" 2>/dev/null
}

# end_check: clean up, however ipclab exits.
end_check() {
    end_run
    [[ -z $watcher_pid ]] || kill "$watcher_pid" 2>/dev/null
    watcher_pid=
}

# require_tools NAME...: exit with a message if one of these commands is not installed.
require_tools() {
    local tool
    for tool; do
        command -v "$tool" >/dev/null ||
            die 1 "$tool is not installed" "hint: ipclab doctor prints how to install it"
    done
}

# ready_to_check SUBCOMMAND NAME...: exit with a message if a check cannot run here. NAME are the
# walls from which it chooses.
ready_to_check() {
    [[ ${IPCLAB_TIME_SCALE:-1} =~ ^[0-9]{1,4}(\.[0-9]{1,3})?$ ]] ||
        die 2 "IPCLAB_TIME_SCALE=$(printable "$IPCLAB_TIME_SCALE"): use a factor such as 3 or 1.5"
    [[ ${IPCLAB_ROUNDS:-100} =~ ^[0-9]{1,4}$ ]] ||
        die 2 "IPCLAB_ROUNDS=$(printable "$IPCLAB_ROUNDS"): use a whole percentage"
    [[ ${IPCLAB_MEMORY:-unlimited} =~ ^([0-9]{1,15}|unlimited)$ ]] ||
        die 2 "IPCLAB_MEMORY=$(printable "$IPCLAB_MEMORY"): use a number of bytes, or unlimited"
    [[ $check_memory =~ ^([0-9]{1,15}|unlimited)$ ]] ||
        die 2 "IPCLAB_CHECK_MEMORY=$(printable "$check_memory"): use a number of bytes, or unlimited"
    require_tools bats jq unshare setsid setpriv tar
    choose_wall "$@"
    export IPCLAB_WALL IPCLAB_BOX_KIND
    tell_wall
}

# tests_pattern LAB: print the regular expression of --only: the test with this name or, if there is
# none, all tests whose names begin with it. Print nothing for all tests.
tests_pattern() {
    [[ -n ${option[only]} ]] || return 0
    printf '^%s' "$(regex_escape "${option[only]}")"
    ! check_names "$1" | grep -qxF -- "${option[only]}" || printf '$'
}

# chosen_checks LAB PATTERN: print POINTS NAME for each check whose name matches.
chosen_checks() {
    local points name
    while read -r points name; do
        [[ ! $name =~ $2 ]] || printf '%s %s\n' "$points" "$name"
    done < <(conf "$1" check)
}

# --- making and printing a result ---------------------------------------------

# make_result LAB FOLDER CHECKS BEGAN [BROKEN]: turn TAP into events; result.jq explains all this.
make_result() {
    exec jq -nRc --unbuffered --arg lab "$1" --arg title "$(conf "$1" title)" --arg folder "$2" \
        --arg checks "$3" --arg hidden "$(conf "$1" hidden)" --argjson times "${option[times]}" \
        --arg limit "${option[limit]}" --arg instructor "${option[instructor]}" \
        --argjson began "$4" --arg broken "${5-}" --arg conceal "${conceal-}" \
        -f "$ipclab_library/check/result.jq"
}

# print_events FORMAT: print the events on standard input in this format.
print_events() {
    local coloured='' columns
    read_columns 1
    ! screen_here || [[ -n ${NO_COLOR-} ]] || coloured=yes
    exec jq -r --unbuffered --arg all "${option[all]}" --arg coloured "$coloured" \
        --argjson columns "$columns" -f "$ipclab_library/check/formats/$1.jq"
}

# --- a check -----------------------------------------------------------------

# words_for_namespaces ARRAY: set ARRAY to the words that, before run-check, run it in namespaces.
words_for_namespaces() {
    local -n check_words=$1
    namespaces_command check_words
    # If root has no other user ID to give, a user namespace still counts its processes separately.
    ((EUID != 0 || IPCLAB_UID != 0)) || [[ $namespaces_user == yes ]] ||
        check_words+=(--user --map-root-user)
    ((IPCLAB_UID != 0)) || export IPCLAB_OWN_USER_NAMESPACE=yes
    # Only SIGKILL ends unshare(1). result.jq recognises the limit by the time that has passed.
    [[ -z ${option[limit]} ]] ||
        check_words=(timeout --foreground --signal=KILL "${option[limit]}" setpriv --pdeathsig KILL
            "${check_words[@]}")
    check_words=(setpriv --pdeathsig KILL setsid "${check_words[@]}")
}

# words_for_folder ARRAY: set ARRAY to the words that, before run-check, hold its processes together.
# SIGTERM, also when ipclab is killed, lets clear-folder do its work.
words_for_folder() {
    # shellcheck disable=SC2178 # a name of the caller's
    local -n check_words=$1
    check_words=("$IPCLAB_ENTER_BOX" --keep)
    [[ -z ${option[limit]} ]] ||
        check_words=(timeout --foreground "${option[limit]}" setpriv --pdeathsig TERM "${check_words[@]}")
    check_words=(setpriv --pdeathsig TERM setsid "${check_words[@]}")
}

# await_turn: without an IPC namespace, two checks would see the objects of each other, and some labs
# prescribe keys. So they run one after the other.
# Sets: turn (a descriptor, which the processes of the check inherit)
await_turn() {
    turn=
    [[ $IPCLAB_BOX_KIND == folder ]] || return 0
    exec {turn}</dev/shm
    flock --nonblock "$turn" || flock --timeout 600 "$turn" ||
        die 1 "another check has been running for 10 minutes" "hint: try again when it has ended"
}

# start_check LAB FOLDER: start run-check, without a terminal: in a session of its own, and with an
# empty standard input. Student code that reached the terminal could type commands for the user
# (TIOCSTI, ioctl_tty(2)).
# Sets: tap (the descriptor of its output), namespaces_pid, scratch; exported: what run-check reads
start_check() {
    local words last=()
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/ipclab-check.XXXXXX" 2>/dev/null) ||
        die 1 "cannot create a directory in ${TMPDIR:-/tmp}" \
            "hint: is the disk full? df ${TMPDIR:-/tmp}"
    export IPCLAB_SCRATCH=$scratch IPCLAB_ONLY IPCLAB_TIMES=${option[times]} IPCLAB_LAB IPCLAB_UID
    export LC_ALL=C.UTF-8
    export IPCLAB_HIDE IPCLAB_LANDLOCK=
    IPCLAB_HIDE=$(IFS=: && echo "${ipclab_labs[*]}:${IPCLAB_CLASS-}")
    IPCLAB_LAB=$(lab_path "$1")
    IPCLAB_UID=$(student_uid)
    # A user namespace that maps root alone has no other user.
    [[ $IPCLAB_BOX_KIND != namespaces || $namespaces_user == no ]] || IPCLAB_UID=0
    # A container's kernel may have Landlock, too; then the solutions are out of reach.
    [[ $IPCLAB_BOX_KIND != folder || $IPCLAB_WALL == none ]] || ! can_wall landlock ||
        IPCLAB_LANDLOCK=yes
    [[ $IPCLAB_BOX_KIND != folder ]] || last=(-- "$ipclab_library/sandbox/clear-folder")
    "words_for_$IPCLAB_BOX_KIND" words
    # The first of the words ends the check even if ipclab itself is killed. A shell without job
    # control starts background processes with SIGINT ignored; the signals must have their default,
    # because some labs are about signals.
    make_cgroup
    exec {tap}< <(join_cgroup; exec env --default-signal "${words[@]}" \
        "$BASH" "$ipclab_library/check/run-check" "$2" "${last[@]}" 3>&- 2>&1 </dev/null)
    namespaces_pid=$!
    [[ -z $turn ]] || exec {turn}<&-
}

# paths_of_ours LAB FOLDER: print the paths that a message of the check may hold. They mean nothing
# to the student who reads results.json, and could name the instructor or another student.
paths_of_ours() {
    # shellcheck disable=SC2153 # ipclab sets IPCLAB_LIB, run-check reads IPCLAB_LAB
    printf '%s\n' "$2" "$scratch" "$(lab_path "$1")" "$ipclab_library" "$IPCLAB_LIB" \
        "$IPCLAB_TOOLS"
}

# run_check LAB FOLDER CHECKS: run one check, and print each test as soon as it is complete.
# Sets: result (the last event, which holds the whole result)
run_check() {
    local began shown_folder='' conceal='' event turn
    local tap printer printer_pid events
    await_turn
    began=${EPOCHREALTIME/[^0-9]/.}
    # Print the folder only if the user is not in it.
    [[ $(pwd -P)/ == "$2"/* ]] || shown_folder=$(printable "$2")
    start_check "$1" "$2"
    [[ ${option[format]} != gradescope ]] || conceal=$(paths_of_ours "$1" "$2")
    exec {printer}> >(print_events "${option[format]}")
    printer_pid=$!
    exec {events}< <(make_result "$1" "$shown_folder" "$3" "$began" <&"$tap")
    result=
    while IFS= read -r event <&"$events"; do
        printf '%s\n' "$event" >&"$printer"
        result=$event
    done
    exec {events}<&- {tap}<&- {printer}>&-
    wait "$namespaces_pid" 2>/dev/null
    namespaces_pid=
    wait "$printer_pid"
    end_run
}

# keep_progress LAB POINTS FAILING: record, for list and hint, the result of a check of everything.
keep_progress() {
    local best
    [[ -z ${option[only]} && ${option[times]} == 1 ]] || return 0
    best=$(progress_get "$1" points)
    (($2 <= ${best:-0})) || progress_set "$1" points "$2"
    [[ -n $3 || -n $(progress_get "$1" passed) ]] ||
        progress_set "$1" passed "$(date +%Y-%m-%d)"
    [[ $3 == "$(progress_get "$1" failing)" ]] || progress_set "$1" failing "$3"
}

# check_once LAB FOLDER: run one check. Returns 1 unless all tests pass.
check_once() {
    local checks result event passed points failing broken
    IPCLAB_ONLY=$(tests_pattern "$1")
    checks=$(chosen_checks "$1" "$IPCLAB_ONLY")
    [[ -n $checks ]] || usage_error \
        "check: no test of lab ${1%%-*} begins with '$(printable "${option[only]}")'"
    run_check "$1" "$2" "$checks"
    { read -r event && read -r passed && read -r points && read -r failing && read -r broken; } \
        < <(jq -r '.event, .passed, .points, .failing, .broken' <<<"$result") ||
        die 1 "jq cannot read the result of the check"
    [[ $event == result || ${option[format]} == gradescope ]] || die 1 "$broken"
    keep_progress "$1" "$points" "$failing"
    [[ $passed == true ]]
}

# watch LAB FOLDER: check, and check again each time a file in FOLDER changes, until interrupted.
watch() {
    command -v inotifywait >/dev/null ||
        die 1 "inotifywait is not installed: its Debian package is inotify-tools" \
            "hint: ipclab doctor"
    while :; do
        ! screen_here || printf '\e[H\e[2J\e[3J'
        # Start before the check, so as not to miss a file saved during it.
        coproc inotifywait --quiet --recursive --event close_write,move,create,delete -- "$2" 2>&1
        watcher_pid=$COPROC_PID
        check_once "$1" "$2" || :
        echo "Waiting until you save a file. Press Ctrl-C to stop."
        wait "$watcher_pid" || die 1 "cannot watch $(printable "$2")"
        watcher_pid=
    done
}

do_check() { # [NN] [DIR]
    local lab folder
    # A single operand that names no lab may be a work folder.
    if [[ $# == 1 && -d $1 && -f $1/.ipclab ]] && ! lab_named "$1" >/dev/null; then
        set -- "$(lab_of "$1")" "$1"
    fi
    choose_lab "${1-}"
    folder=${2:-$(work_folder "$lab")}
    [[ -d $folder ]] ||
        die 1 "there is no folder $(printable "$folder")" "hint: ipclab start ${lab%%-*}"
    [[ -z ${option[watch]} || ${option[format]} == text ]] ||
        usage_error "check: --watch prints only the format text"
    ready_to_check check "${walls_for_check[@]}"
    on_exit end_check
    folder=$(cd -- "$folder" && pwd -P) || exit 1
    progress_of_owner "$folder"
    if [[ -n ${option[watch]} ]]; then
        watch "$lab" "$folder"
    else
        check_once "$lab" "$folder"
    fi
}
