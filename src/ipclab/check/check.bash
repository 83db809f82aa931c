# shellcheck shell=bash
# src/ipclab/check/check.bash -- check: run the lab's check.bats behind the walls, and take its results as they come
#
# What the check said, a test each, in the order of lab.conf:
#   result_names[i], result_points[i], result_states[i] (passed, failed, skipped, missing), result_texts[i] (why),
#   result_hidden[i] (not empty where students are not told why)

declare -a result_names=() result_points=() result_states=() result_texts=() result_hidden=()
scratch='' wall_pid=''

# end_check: on every way out: nothing of it stays.  unshare(1) blocks the gentler signals while it waits; by its end
# (--kill-child) all that runs behind the wall ends.
end_check() {
    [[ -z $wall_pid ]] || kill -s KILL "$wall_pid" 2>/dev/null
    wall_pid=
    [[ -z $scratch ]] || rmdir "$scratch" 2>/dev/null
    scratch=
}

# ready_to_check: the tools are there, or say which is not; and so are the numbers that the environment may have.
ready_to_check() {
    local tool
    [[ ${IPCLAB_TIME_SCALE:-1} =~ ^[0-9]{1,4}(\.[0-9]{1,3})?$ ]] ||
        die 2 "IPCLAB_TIME_SCALE=$(safe "$IPCLAB_TIME_SCALE"): a factor is like 3 or 1.5"
    [[ ${IPCLAB_ROUNDS:-100} =~ ^[0-9]{1,4}$ ]] || die 2 "IPCLAB_ROUNDS=$(safe "$IPCLAB_ROUNDS"): it is a whole number of percent"
    for tool in bats unshare nsenter setpriv prlimit tar; do
        command -v "$tool" >/dev/null || die 1 "$tool was not found" "hint: ipclab doctor says how to install it"
    done
    can_wall || die 1 "no private namespaces can be made here, and student code must not run without" \
        "hint: ipclab doctor"
}

# wanted_tests LAB: the regular expression of what $opt_only means: the test of this name, or, if there is none, all whose
# names begin so; empty for all tests.
wanted_tests() {
    [[ -n $opt_only ]] || return 0
    printf '^%s' "$(literally "$opt_only")"
    ! check_names "$1" | grep -qxF -- "$opt_only" || printf '$'
}

# expect_results LAB: set the results to missing: of the tests that fit $IPCLAB_ONLY, $opt_times times.
expect_results() {
    local time points name hidden
    result_names=() result_points=() result_states=() result_texts=() result_hidden=()
    hidden=$'\n'$(conf "$1" hidden)$'\n'
    for ((time = 0; time < opt_times; time++)); do
        while read -r points name; do
            [[ $name =~ $IPCLAB_ONLY ]] || continue
            result_points+=("$points") result_names+=("$name") result_states+=(missing) result_texts+=('')
            result_hidden+=('')
            [[ $hidden != *$'\n'"$name"$'\n'* ]] || result_hidden[-1]=yes
        done < <(conf "$1" check)
    done
    ((${#result_names[@]})) || wrong_use "check: no test of lab ${1%%-*} begins with $(safe "$opt_only")"
}

# start_check LAB FOLDER: start it: $tap is where its TAP can be read.
start_check() {
    local wall
    IPCLAB_ONLY=$(wanted_tests "$1")
    expect_results "$1"
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/ipclab-check.XXXXXX" 2>/dev/null) ||
        die 1 "no directory can be made in ${TMPDIR:-/tmp}" "hint: is the disk full? df ${TMPDIR:-/tmp}"
    outer_wall
    export IPCLAB_SCRATCH=$scratch IPCLAB_ONLY IPCLAB_TIMES=$opt_times LC_ALL=C.UTF-8 IPCLAB_LAB IPCLAB_UID
    IPCLAB_LAB=$(lab_path "$1")
    IPCLAB_UID=$(student_uid)
    # Who can be nobody else has a user namespace for each check, for that has its own count of processes.
    ((EUID != 0 || IPCLAB_UID != 0)) || wall+=(--user --map-root-user)
    ((IPCLAB_UID != 0)) || export IPCLAB_OWN_USER_NAMESPACE=yes
    # By SIGKILL, which unshare(1) heeds; that it is over is seen by the time it took.
    [[ -z $opt_limit ]] || wall=(timeout --foreground --signal=KILL "$opt_limit" setpriv --pdeathsig KILL "${wall[@]}")
    began=${EPOCHREALTIME//[^0-9]/}
    # Even SIGKILL to ipclab itself is to end it (--pdeathsig).  A shell without job control starts what is in the background deaf to SIGINT, and some labs are about that.
    exec {tap}< <(exec env --default-signal setpriv --pdeathsig KILL "${wall[@]}" \
        "$BASH" "$ipclab_library/check/run-check" "$2" 3>&- 2>&1)
    wall_pid=$!
}

# take_results CALLBACK: read $tap to its end; CALLBACK I after each test is complete.
take_results() {
    local line current='' callback=$1
    stray=() planned=
    while IFS= read -r line <&"$tap"; do
        if [[ $line =~ ^(not\ )?ok\ ([0-9]+)\  ]]; then
            [[ -z $current ]] || "$callback" "$current"
            current=$((BASH_REMATCH[2] - 1))
            result_states[current]=passed
            [[ -z ${BASH_REMATCH[1]} ]] || result_states[current]=failed
            [[ $line != *' # skip'* ]] || result_states[current]=skipped result_texts[current]=${line#* # skip}
        elif [[ $line == '# '* && -n $current ]]; then
            result_texts[current]+=${line:2}$'\n'
        elif [[ $line == 1..* ]]; then
            planned=yes
        else
            stray+=("$line")
        fi
    done
    [[ -z $current ]] || "$callback" "$current"
    exec {tap}<&-
    wait "$wall_pid" 2>/dev/null
    wall_pid=
    took=$((${EPOCHREALTIME//[^0-9]/} - began)) over_limit=
    # shellcheck disable=SC2034 # for the format
    [[ -z $opt_limit ]] || ((took < opt_limit * 1000000)) || over_limit=yes
}

# is_hidden I: of this check, students are told no more than its name and whether it failed.
is_hidden() {
    [[ -n ${result_hidden[$1]} ]]
}

# explanation I: why test I failed, without what only bats says: where in our files that was. If it says nothing else, the
# check itself is at fault, and that is all there is to go by.
explanation() {
    local text
    if is_hidden "$1" && [[ -z $opt_instructor ]]; then
        echo "this check is hidden: what it tries, and what it saw, is not shown"
        return
    fi
    text=$(sed -e '/^(from function /d; /^ from function /d; /^(in test file /d; /^ in test file /d; /^  `.*failed/d' \
        <<<"${result_texts[$1]}" | sed '/^$/d')
    [[ -n $text ]] || text="the check itself failed:"$'\n'"${result_texts[$1]%$'\n'}"
    case ${result_states[$1]} in
    missing) text="observed: the check ended before this test"$'\n'"${stray[*]-}" ;;
    esac
    local LC_ALL=C.UTF-8 line
    while IFS= read -r line; do printf '%s\n' "${line//[^[:print:]]/?}"; done <<<"$text"
}

# is_failure I
is_failure() {
    [[ ${result_states[$1]} == failed || ${result_states[$1]} == missing ]]
}

# sum_up: set got and of (points; what is skipped counts for neither), failures, and first (its index, or empty).
sum_up() {
    local i
    got=0 of=0 failures=0 first=
    for i in "${!result_names[@]}"; do
        case ${result_states[i]} in
        passed) got=$((got + result_points[i])) of=$((of + result_points[i])) ;;
        skipped) ;;
        *)
            of=$((of + result_points[i])) failures=$((failures + 1))
            : "${first:=$i}"
            ;;
        esac
    done
}

# keep_results LAB: what list and hint will ask for; of a whole check only.
keep_results() {
    local best failing=
    [[ -z $opt_only && $opt_times == 1 ]] || return 0
    best=$(recall "$1" points)
    ((got <= ${best:-0})) || remember "$1" points "$got"
    if ((failures == 0)); then
        [[ -n $(recall "$1" passed) ]] || remember "$1" passed "$(date +%Y-%m-%d)"
    else
        failing=${result_names[first]%%:*}
    fi
    [[ $failing == "$(recall "$1" failing)" ]] || remember "$1" failing "$failing"
}

# check_once LAB FOLDER: one check, told in $opt_format; fails unless all passes.
check_once() {
    start_check "$1" "$2"
    "tell_${opt_format}_head" "$1" "$2"
    take_results "tell_${opt_format}_test"
    end_check
    find_broken
    [[ -n $planned || $opt_format == gradescope ]] || die 1 "$broken"
    sum_up
    keep_results "$1"
    "tell_${opt_format}_end" "$1"
    ((failures == 0))
}

# watch LAB FOLDER: check, and again whenever something in it has been saved; until interrupted.
watch() {
    command -v inotifywait >/dev/null ||
        die 1 "inotifywait was not found: it is in the Debian package inotify-tools" "hint: ipclab doctor"
    while :; do
        [[ ! -t 1 ]] || printf '\e[H\e[2J\e[3J'
        # Begun before the check, so that what is saved during it is not missed.
        coproc inotifywait --quiet --recursive --event close_write,move,create,delete -- "$2" 2>&1
        watcher=$COPROC_PID
        check_once "$1" "$2" || :
        echo "waiting for a file to be saved; Ctrl-C ends"
        wait "$watcher" || die 1 "$(safe "$2") cannot be watched"
        watcher=
    done
}
watcher=

do_check() { # [NN] [DIR]
    local lab folder
    # One operand that is no lab's is a work folder.
    if [[ $# == 1 && -d $1 && -f $1/.ipclab ]] && ! lab_named "$1" >/dev/null; then
        set -- "$(lab_of "$1")" "$1"
    fi
    choose_lab "${1-}"
    folder=${2:-$(work_folder "$lab")}
    [[ -d $folder ]] || die 1 "$(safe "$folder") is not there" "hint: ipclab start ${lab%%-*}"
    [[ -z $opt_watch || $opt_format == text ]] || wrong_use "check: --watch tells as text only"
    ready_to_check
    trap 'end_check; [[ -z $watcher ]] || kill "$watcher" 2>/dev/null' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
    folder=$(cd -- "$folder" && pwd -P) || exit 1
    if [[ -n $opt_watch ]]; then watch "$lab" "$folder"; else check_once "$lab" "$folder"; fi
}
