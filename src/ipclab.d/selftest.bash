# shellcheck shell=bash
# src/ipclab.d/selftest.bash -- selftest: is a lab as it must be? For those who write one, and for our own tests
#
# TAP, a line for each: it is complete; its session comes as printed; the starter fails; the solution passes; each wrong
# answer is caught. They are independent of one another, so several run at a time; they are told in their order.

# run_check LAB FOLDER OPTION...: in a program of its own; nobody's progress is changed.
run_check() {
    IPCLAB_PROGRESS=/dev/null "$BASH" "$ipclab_program" check --format=tap "${@:3}" "$1" "$2"
}

# self_folder LAB PART...: print a work folder of these parts of the lab, one over the other, with the answers filled in.
self_folder() {
    local part folder
    folder=$(mktemp -d "$scratch/work.XXXXXX") || exit 1
    for part in "${@:2}"; do
        cp -R "$(lab_path "$1")/$part/." "$folder" || exit 1
    done
    chmod -R u+w "$folder"
    if [[ -f $folder/answers.txt ]]; then
        fill_in "$folder/answers.txt" >"$folder/answers.new" && mv "$folder/answers.new" "$folder/answers.txt"
    fi
    printf '%s\n' "$folder"
}

# --- what is tried: each prints why it is not so, and fails ------------------

# tests_of LAB: the names of the tests, as check.bats has them.
tests_of() {
    sed -n 's/^@test "\(.*\)" {$/\1/p' "$(lab_path "$1")/check.bats"
}

# same_text WHAT WANTED FOUND
same_text() {
    [[ $2 == "$3" ]] || { echo "$1:" && diff <(echo "$2") <(echo "$3"); false; }
}

# sections_exist SHEET CHECK: what messages tell to read again is a heading of the sheet.
sections_exist() {
    local section failed=0
    while IFS= read -r section; do
        grep -qx "##* ${section#Your turn: }" "$1" || { echo "the sheet has no section $section" && failed=1; }
    done < <(grep -ohE '"(Your turn(: [^"]*)?|Questions|Walk-through|The idea)"' "$2" | tr -d '"' | sort -u)
    return "$failed"
}

# expects_are_right LAB: each wrong answer says which test catches it, and by what words.
expects_are_right() {
    local wrong name word failed=0
    for wrong in "$(lab_path "$1")"/wrong/*/; do
        name='' word=''
        { IFS= read -r name && IFS= read -r word; } 2>/dev/null <"$wrong/expect" || :
        if ! tests_of "$1" | grep -qxF -- "$name" || [[ -z $word ]]; then
            echo "${wrong}expect: its first line is to be the name of a test, the next one words of what that says"
            failed=1
        fi
    done
    return "$failed"
}

# self_complete LAB: lab.conf has the tests in their order, each task its three hints, the sheet its sections; and there
# are four wrong answers.
self_complete() {
    local directory task wrong
    directory=$(lab_path "$1")
    same_text "the checks of lab.conf are not the tests of check.bats" "$(tests_of "$1")" \
        "$(conf "$1" check | sed 's/^[0-9]* *//')" || return
    for task in $(tests_of "$1" | sed 's/:.*//' | sort -u); do
        same_text "the hints for $task, which are to be three" 3 "$(grep -cx "## $task" "$directory/hints")" || return
    done
    same_text "the sections of the sheet" "What you will be able to do
The idea
Walk-through
Your turn
Questions
Further reading" "$(sed -n 's/^## //p' "$directory/README.md")" || return
    sections_exist "$directory/README.md" "$directory/check.bats" || return
    wrong=("$directory"/wrong/*/)
    ((${#wrong[@]} >= 4)) || { echo "there are ${#wrong[@]} wrong answers, and at least 4 are wanted" && return 1; }
    expects_are_right "$1"
}

# self_session LAB: in namespaces of its own, in a copy of the starter.
self_session() {
    local folder wall
    folder=$(self_folder "$1" starter) && outer_wall || return
    # shellcheck disable=SC2016 # for that shell to expand
    cd "$folder" && LC_ALL=C.UTF-8 TZ=UTC0 "${wall[@]}" sh -c 'mount -t tmpfs tmpfs /dev/shm && exec "$@"' sh \
        "$BASH" "$ipclab_library/run-terminals" "$(lab_path "$1")/README.md"
}

# self_starter LAB: it is not finished, and the check says so; of the first thing, too.
self_starter() {
    local folder said
    folder=$(self_folder "$1" starter) || return
    said=$(run_check "$1" "$folder" 2>&1)
    [[ $? == 1 && $said == *"not ok 1 "* ]] || { printf 'the check did not fail:\n%s\n' "$said" && return 1; }
}

# passes LAB FOLDER TIMES: so often in a row.
passes() {
    local said
    said=$(run_check "$1" "$2" --times="$3" 2>&1) && [[ $said != *"not ok"* ]] && return
    grep -v '^ok' <<<"$said"
    return 1
}

# self_solution LAB: as often as wanted as it is; and, if that is more than once, half as often with all of its IPC calls
# disturbed, at the same time, so that one loads the CPUs for the other.
self_solution() {
    local folder
    folder=$(self_folder "$1" solution) || return
    ((opt_times > 1)) || { passes "$1" "$folder" 1 && return; }
    IPCLAB_DISTURB=yes passes "$1" "$folder" "$((opt_times / 2))" &
    passes "$1" "$folder" "$opt_times" && wait "$!"
}

# self_wrong LAB NAME: the test that its expect names fails as often as wanted, each time with its words.
self_wrong() {
    local folder name words line failures=0 text=''
    folder=$(self_folder "$1" solution "wrong/$2") || return
    { IFS= read -r name && mapfile -t words; } <"$(lab_path "$1")/wrong/$2/expect" || return
    while IFS= read -r line; do
        if [[ $line == 'not ok '* ]]; then
            has_words || return
            failures=$((failures + 1)) text=''
        fi
        text+=$line$'\n'
    done < <(run_check "$1" "$folder" --only="$name" --times="$opt_times" 2>&1)
    has_words || return
    ((failures == opt_times)) ||
        { printf '%s failed %d times of %d\n%s' "$name" "$failures" "$opt_times" "$text" && return 1; }
}

# has_words: $text, what a failure said, has all of $words in it.
has_words() {
    local word
    [[ $text == 'not ok '* ]] || return 0
    for word in "${words[@]}"; do
        [[ $text == *"$word"* ]] || { printf 'it does not say "%s", but:\n%s' "$word" "$text" && return 1; }
    done
}

# --- one after the other, and several at a time ------------------------------

self_names=() self_commands=()

# plan LAB: what is to be tried of it.
plan() {
    local wrong name
    plan_one "$1" "it has all that a lab has" complete
    plan_one "$1" "the session comes as printed" session
    plan_one "$1" "the starter fails" starter
    plan_one "$1" "the solution passes" solution
    for wrong in "$(lab_path "$1")"/wrong/*/; do
        name=$(basename "$wrong")
        [[ $name == '*' ]] || plan_one "$1" "wrong/$name is caught" wrong "$name"
    done
}

# plan_one LAB STATEMENT FUNCTION [NAME]
plan_one() {
    [[ $2 == "$opt_only"* ]] || return 0
    self_names+=("lab ${1%%-*}: $2") self_commands+=("self_$3 $1 ${4-}")
}

# tell_self I: its line, and what it said if it failed.
tell_self() {
    local number=$(($1 + 1))
    if [[ $(<"$scratch/$1.status") == 0 ]]; then
        echo "ok $number ${self_names[$1]}"
    else
        echo "not ok $number ${self_names[$1]}"
        LC_ALL=C.UTF-8 sed 's/[^[:print:]\t]/?/g; s/^/# /' "$scratch/$1.said"
        self_failures=$((self_failures + 1))
    fi
}

# begin_self I: in the background, in a process group of its own, for the end of all that it started.
begin_self() {
    set -m
    {
        # shellcheck disable=SC2086 # words, none of which has blanks
        (${self_commands[$1]}) >"$scratch/$1.said" 2>&1 </dev/null
        echo "$?" >"$scratch/$1.new" && mv "$scratch/$1.new" "$scratch/$1.status"
    } &
    set +m
}

# end_selftest: on every way out.
end_selftest() {
    local pid
    for pid in $(jobs -p); do kill -s TERM -- "-$pid" 2>/dev/null; done
    wait
    rm -rf "$scratch"
}

run_all() {
    local next=0 told=0 running=0
    while ((told < ${#self_names[@]})); do
        if ((next < ${#self_names[@]} && running < opt_jobs)); then
            begin_self "$next"
            next=$((next + 1)) running=$((running + 1))
            continue
        fi
        wait -n
        running=$((running - 1))
        while [[ -f $scratch/$told.status ]]; do
            tell_self "$told"
            told=$((told + 1))
        done
    done
}

# lab_at OPERAND: the lab that it names: a number, a name, or a directory, or the lab.conf in it; sets $lab.
lab_at() {
    local directory=${1%/lab.conf}
    if [[ $directory == */* && -f $directory/lab.conf ]]; then
        directory=$(cd -- "$directory" && pwd -P) || exit 1
        ipclab_labs=("${directory%/*}" "${ipclab_labs[@]}")
        export IPCLAB_LABS=${directory%/*}:${IPCLAB_LABS-}
        lab=${directory##*/}
    else
        choose_lab "$1"
    fi
}

do_selftest() { # [LAB...]
    local lab operand self_failures=0
    : "${opt_jobs:=$(nproc)}"
    ready_to_check
    (($#)) || mapfile -t operands < <(all_labs)
    for operand in "${operands[@]}"; do
        lab_at "$operand"
        plan "$lab"
    done
    ((${#self_names[@]})) || wrong_use "selftest: nothing that is tried begins with $(safe "$opt_only")"
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/ipclab-selftest.XXXXXX") || exit 1
    trap end_selftest EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
    echo "1..${#self_names[@]}"
    run_all
    ((self_failures == 0))
}
