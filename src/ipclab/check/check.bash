# shellcheck shell=bash
# src/ipclab/check/check.bash -- check: run the lab's check.bats behind namespaces, and report what
# it finds
#
# run-check prints TAP; result.jq makes one JSON result of it, test by test; a filter of formats/
# prints that. Both jq start together with the check, so they cost no time of their own.

# What end_check has to end and to remove.
scratch='' namespaces_pid='' watcher_pid=''

# end_run: what one run has started and made goes.  unshare(1) blocks the gentler signals while it
# waits; by its end (--kill-child) all that runs in the namespaces ends.
end_run() {
    [[ -z $namespaces_pid ]] || kill -s KILL "$namespaces_pid" 2>/dev/null
    namespaces_pid=
    [[ -z $scratch ]] || rmdir "$scratch" 2>/dev/null
    scratch=
}

# end_check: on every way out.
end_check() {
    end_run
    [[ -z $watcher_pid ]] || kill "$watcher_pid" 2>/dev/null
    watcher_pid=
}

# require_tools NAME...: they are there, or say which is not.
require_tools() {
    local tool
    for tool; do
        command -v "$tool" >/dev/null ||
            die 1 "$tool was not found" "hint: ipclab doctor says how to install it"
    done
}

# ready_to_check: all that a check needs is there, and so are the numbers that the environment may
# have right.
ready_to_check() {
    [[ ${IPCLAB_TIME_SCALE:-1} =~ ^[0-9]{1,4}(\.[0-9]{1,3})?$ ]] ||
        die 2 "IPCLAB_TIME_SCALE=$(printable "$IPCLAB_TIME_SCALE"): a factor is like 3 or 1.5"
    [[ ${IPCLAB_ROUNDS:-100} =~ ^[0-9]{1,4}$ ]] ||
        die 2 "IPCLAB_ROUNDS=$(printable "$IPCLAB_ROUNDS"): it is a whole number of percent"
    require_tools bats jq unshare nsenter setpriv prlimit tar
    can_make_namespaces ||
        die 1 "no private namespaces can be made here, and student code must not run without" \
            "hint: ipclab doctor"
}

# tests_pattern LAB: the regular expression of what --only means: the test of this name, or, if
# there is none, all whose names begin so; empty for all tests.
tests_pattern() {
    [[ -n ${option[only]} ]] || return 0
    printf '^%s' "$(regex_escape "${option[only]}")"
    ! check_names "$1" | grep -qxF -- "${option[only]}" || printf '$'
}

# chosen_checks LAB PATTERN: "POINTS NAME" of each test that fits.
chosen_checks() {
    local points name
    while read -r points name; do
        [[ ! $name =~ $2 ]] || printf '%s %s\n' "$points" "$name"
    done < <(conf "$1" check)
}

# --- a result, and how it is printed -----------------------------------------

# make_result LAB FOLDER CHECKS BEGAN [BROKEN]: TAP on standard input becomes events; see result.jq.
make_result() {
    exec jq -nRc --unbuffered --arg lab "$1" --arg title "$(conf "$1" title)" --arg folder "$2" \
        --arg checks "$3" --arg hidden "$(conf "$1" hidden)" --argjson times "${option[times]}" \
        --arg limit "${option[limit]}" --arg instructor "${option[instructor]}" \
        --argjson began "$4" --arg broken "${5-}" -f "$ipclab_library/check/result.jq"
}

# print_events FORMAT: events on standard input become what the user sees.
print_events() {
    local coloured=
    [[ ! -t 1 || -n ${NO_COLOR-} ]] || coloured=yes
    exec jq -r --unbuffered --arg all "${option[all]}" --arg coloured "$coloured" \
        -f "$ipclab_library/check/formats/$1.jq"
}

# --- a check -----------------------------------------------------------------

# start_check LAB FOLDER: start it.
# Sets: tap (the descriptor that its TAP can be read from), namespaces_pid, scratch; and exports
# what run-check needs.
start_check() {
    local words
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/ipclab-check.XXXXXX" 2>/dev/null) ||
        die 1 "no directory can be made in ${TMPDIR:-/tmp}" \
            "hint: is the disk full? df ${TMPDIR:-/tmp}"
    namespaces_command words
    export IPCLAB_SCRATCH=$scratch IPCLAB_ONLY IPCLAB_TIMES=${option[times]} IPCLAB_LAB IPCLAB_UID
    export LC_ALL=C.UTF-8
    IPCLAB_LAB=$(lab_path "$1")
    IPCLAB_UID=$(student_uid)
    # Who can be nobody else has a user namespace for each check, for that has its own count of
    # processes.
    ((EUID != 0 || IPCLAB_UID != 0)) || words+=(--user --map-root-user)
    ((IPCLAB_UID != 0)) || export IPCLAB_OWN_USER_NAMESPACE=yes
    # By SIGKILL, which unshare(1) heeds; that it is over is seen by the time it took.
    [[ -z ${option[limit]} ]] ||
        words=(timeout --foreground --signal=KILL "${option[limit]}" setpriv --pdeathsig KILL
            "${words[@]}")
    # Even SIGKILL to ipclab itself is to end it (--pdeathsig).  A shell without job control starts
    # what is in the background deaf to SIGINT, and some labs are about that.
    exec {tap}< <(exec env --default-signal setpriv --pdeathsig KILL "${words[@]}" \
        "$BASH" "$ipclab_library/check/run-check" "$2" 3>&- 2>&1)
    namespaces_pid=$!
}

# run_check LAB FOLDER CHECKS: one check, printed as it comes.
# Sets: result, the last of the events: all of it.
run_check() {
    local began=${EPOCHREALTIME/[^0-9]/.} shown_folder='' tap printer printer_pid events event
    # The reader need not be told of the folder that they are in.
    [[ $(pwd -P)/ == "$2"/* ]] || shown_folder=$(printable "$2")
    start_check "$1" "$2"
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

# keep_progress LAB POINTS FAILING: what list and hint will ask for; of a whole check only.
keep_progress() {
    local best
    [[ -z ${option[only]} && ${option[times]} == 1 ]] || return 0
    best=$(progress_get "$1" points)
    (($2 <= ${best:-0})) || progress_set "$1" points "$2"
    [[ -n $3 || -n $(progress_get "$1" passed) ]] ||
        progress_set "$1" passed "$(date +%Y-%m-%d)"
    [[ $3 == "$(progress_get "$1" failing)" ]] || progress_set "$1" failing "$3"
}

# check_once LAB FOLDER: one check; fails unless all passes.
check_once() {
    local checks result event passed points failing broken
    IPCLAB_ONLY=$(tests_pattern "$1")
    checks=$(chosen_checks "$1" "$IPCLAB_ONLY")
    [[ -n $checks ]] || usage_error \
        "check: no test of lab ${1%%-*} begins with $(printable "${option[only]}")"
    run_check "$1" "$2" "$checks"
    { read -r event && read -r passed && read -r points && read -r failing && read -r broken; } \
        < <(jq -r '.event, .passed, .points, .failing, .broken' <<<"$result") ||
        die 1 "jq could not read the result of the check"
    [[ $event == result || ${option[format]} == gradescope ]] || die 1 "$broken"
    keep_progress "$1" "$points" "$failing"
    [[ $passed == true ]]
}

# watch LAB FOLDER: check, and again whenever something in it has been saved; until interrupted.
watch() {
    command -v inotifywait >/dev/null ||
        die 1 "inotifywait was not found: it is in the Debian package inotify-tools" \
            "hint: ipclab doctor"
    while :; do
        [[ ! -t 1 ]] || printf '\e[H\e[2J\e[3J'
        # Begun before the check, so that what is saved during it is not missed.
        coproc inotifywait --quiet --recursive --event close_write,move,create,delete -- "$2" 2>&1
        watcher_pid=$COPROC_PID
        check_once "$1" "$2" || :
        echo "waiting for a file to be saved; Ctrl-C ends"
        wait "$watcher_pid" || die 1 "$(printable "$2") cannot be watched"
        watcher_pid=
    done
}

do_check() { # [NN] [DIR]
    local lab folder
    # One operand that is no lab's is a work folder.
    if [[ $# == 1 && -d $1 && -f $1/.ipclab ]] && ! lab_named "$1" >/dev/null; then
        set -- "$(lab_of "$1")" "$1"
    fi
    choose_lab "${1-}"
    folder=${2:-$(work_folder "$lab")}
    [[ -d $folder ]] ||
        die 1 "$(printable "$folder") is not there" "hint: ipclab start ${lab%%-*}"
    [[ -z ${option[watch]} || ${option[format]} == text ]] ||
        usage_error "check: --watch tells as text only"
    ready_to_check
    on_exit end_check
    folder=$(cd -- "$folder" && pwd -P) || exit 1
    if [[ -n ${option[watch]} ]]; then
        watch "$lab" "$folder"
    else
        check_once "$lab" "$folder"
    fi
}
