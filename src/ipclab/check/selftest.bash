# shellcheck shell=bash
# src/ipclab/check/selftest.bash -- selftest: is a lab as it must be? For those who write one, and for our own tests
#
# TAP, a line for each: it is complete; its session comes as printed; the starter fails; the solution passes; each wrong
# answer is caught. They are independent of one another, so several run at a time; they are told in their order.

# check_folder LAB FOLDER OPTION...: in a program of its own; nobody's progress is changed.
check_folder() {
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

# conf_is_right LAB: lab.conf has what ipclab-lab(5) asks for, and nothing else.
conf_is_right() {
    local failed=0 name value
    # conf_error NAME WHAT
    conf_error() {
        echo "lab.conf: $1: $2"
        failed=1
    }
    for name in title teaches minutes needs; do
        (($(grep -c "^${name}[[:space:]]*=" "$(lab_path "$1")/lab.conf") == 1)) || conf_error "$name" "it is to be there once"
    done
    while IFS='=' read -r name value; do
        name=${name%"${name##*[![:space:]]}"} value=${value#"${value%%[![:space:]]*}"}
        case $name in
        title | teaches | needs | '' | '#'*) ;;
        minutes) [[ $value =~ ^[1-9][0-9]*$ ]] || conf_error "$name = $value" "a whole number of minutes" ;;
        check) [[ $value =~ ^[0-9]+\ +[a-z0-9-]+:\ .+$ ]] || conf_error "$name = $value" "like: 1 task: statement" ;;
        hidden) tests_of "$1" | grep -qxF -- "$value" || conf_error "$name = $value" "there is no such test in check.bats" ;;
        late) read_late_rule "$value" || conf_error "$name = $value" "a rule is like: 10% per day, 5 days" ;;
        *) conf_error "$name" "there is no such name; see ipclab-lab(5)" ;;
        esac
    done < <(sed 's/[[:space:]]*$//' "$(lab_path "$1")/lab.conf")
    for value in $(conf "$1" needs); do
        [[ $value =~ ^(root|cpus:[0-9]+|cmd:[^@]+(@.+)?)$ ]] || conf_error "needs = ... $value" "root, cpus:N or cmd:NAME@PACKAGE"
    done
    return "$failed"
}

# tests_are_right LAB: bash can read check.bats, and lab.conf has its tests in their order.
tests_are_right() {
    local said
    said=$(sed 's/^@test .* {$/a_test() {/' "$(lab_path "$1")/check.bats" | "$BASH" -n 2>&1) ||
        { echo "check.bats: ${said%%$'\n'*}" && return 1; }
    same_text "the checks of lab.conf are not the tests of check.bats" "$(tests_of "$1")" \
        "$(check_names "$1")"
}

# hints_are_right LAB: three for each task.
hints_are_right() {
    local task failed=0
    for task in $(tests_of "$1" | sed 's/:.*//' | sort -u); do
        same_text "the hints for $task, which are to be three" 3 "$(grep -cx "## $task" "$(lab_path "$1")/hints")" || failed=1
    done
    return "$failed"
}

# sheet_is_right LAB: it has its sections, and what messages tell to read again is a heading of it.
sheet_is_right() {
    local sheet section failed=0
    sheet=$(lab_path "$1")/README.md
    same_text "the sections of the sheet" "What you will be able to do
The idea
Walk-through
Your turn
Questions
Further reading" "$(sed -n 's/^## //p' "$sheet")" || failed=1
    while IFS= read -r section; do
        grep -qx "##* ${section#Your turn: }" "$sheet" || { echo "the sheet has no section $section" && failed=1; }
    done < <(grep -ohE '"(Your turn(: [^"]*)?|Questions|Walk-through|The idea)"' "${sheet%README.md}check.bats" |
        tr -d '"' | sort -u)
    return "$failed"
}

# solution_is_right LAB: it is a whole work folder: each file of the starter is in it, too.
solution_is_right() {
    local directory file failed=0
    directory=$(lab_path "$1")
    while IFS= read -r file; do
        [[ -e $directory/solution/$file ]] || { echo "solution/$file is not there, and starter/$file is" && failed=1; }
    done < <(find "$directory/starter" -type f -printf '%P\n' | sort)
    return "$failed"
}

# wrongs_are_right LAB: there are four wrong answers, and each says which test catches it, and by what words.
wrongs_are_right() {
    local wrong name word count=0 failed=0
    for wrong in "$(lab_path "$1")"/wrong/*/; do
        name='' word='' count=$((count + 1))
        { IFS= read -r name && IFS= read -r word; } 2>/dev/null <"$wrong/expect" || :
        if ! tests_of "$1" | grep -qxF -- "$name" || [[ -z $word ]]; then
            echo "${wrong}expect: its first line is to be the name of a test, the next one words of what that says"
            failed=1
        fi
    done
    ((count >= 4)) || { echo "there are $count wrong answers, and at least 4 are wanted" && failed=1; }
    return "$failed"
}

# self_complete LAB: all that is wrong is told, not only the first of it.
self_complete() {
    local part failed=0
    for part in conf_is_right tests_are_right hints_are_right sheet_is_right solution_is_right \
        wrongs_are_right; do
        "$part" "$1" || failed=1
    done
    return "$failed"
}

# self_session LAB: in namespaces of its own, in a copy of the starter.
self_session() {
    local folder words
    folder=$(self_folder "$1" starter) && namespaces_command words || return
    # shellcheck disable=SC2016 # for that shell to expand
    cd "$folder" && LC_ALL=C.UTF-8 TZ=UTC0 "${words[@]}" sh -c 'mount -t tmpfs tmpfs /dev/shm && exec "$@"' sh \
        "$BASH" "$ipclab_library/check/run-terminals" "$(lab_path "$1")/README.md"
}

# self_starter LAB: it compiles, it is not finished, and the check says so; of the first thing, too. A remark says how many
# points it has: a test of what must be refused passes with a program that refuses everything.
self_starter() {
    local folder said words status=0
    folder=$(self_folder "$1" starter) && namespaces_command words || return
    if [[ -f $folder/Makefile ]]; then
        said=$("${words[@]}" make --silent -C "$folder" 2>&1) || { printf 'it does not compile:\n%s\n' "$said" && return 1; }
    fi
    said=$(check_folder "$1" "$folder" 2>&1) || status=$?
    [[ $status == 1 && $said == *"not ok 1 "* ]] || { printf 'the check did not fail:\n%s\n' "$said" && return 1; }
    [[ $said != *"the check itself failed"* ]] || { printf '%s\n' "$said" && return 1; }
    sed -n '$s/^# /it has /p' <<<"$said"
}

# passes LAB FOLDER TIMES: so often in a row. The limits are bounds of failure for a machine that is nobody else's, and this
# loads it itself.
passes() {
    local said
    said=$(IPCLAB_TIME_SCALE=${IPCLAB_TIME_SCALE:-6} check_folder "$1" "$2" --times="$3" 2>&1) && [[ $said != *"not ok"* ]] && return
    grep -v '^ok' <<<"$said"
    return 1
}

# self_solution LAB: as often as wanted; if that is more than once, half of them with all of its IPC calls disturbed, and both
# halves at the same time, so that one loads the CPUs for the other.
self_solution() {
    local folder
    folder=$(self_folder "$1" solution) || return
    if ((option[times] == 1)); then
        passes "$1" "$folder" 1
        return
    fi
    IPCLAB_DISTURB=yes passes "$1" "$folder" "$((option[times] / 2))" &
    passes "$1" "$folder" "$(((option[times] + 1) / 2))" && wait "$!"
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
    done < <(check_folder "$1" "$folder" --instructor --only="$name" --times="${option[times]}" 2>&1)
    has_words || return
    ((failures == option[times])) || {
        printf '%s failed %d times of %d\n%s' "$name" "$failures" "${option[times]}" "$text"
        echo "what fails when all is checked:"
        check_folder "$1" "$folder" 2>&1 | sed -n 's/^not ok [0-9]* //p'
        return 1
    }
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
    plan_one "$1" "it has all that a lab has" self_complete
    plan_one "$1" "the session comes as printed" self_session
    plan_one "$1" "the starter fails" self_starter
    plan_one "$1" "the solution passes" self_solution
    for wrong in "$(lab_path "$1")"/wrong/*/; do
        name=$(basename "$wrong")
        [[ $name == '*' ]] || plan_one "$1" "wrong/$name is caught" self_wrong "$name"
    done
}

# plan_one LAB STATEMENT FUNCTION [NAME]
plan_one() {
    [[ $2 == "${option[only]}"* ]] || return 0
    self_names+=("lab ${1%%-*}: $2") self_commands+=("$3 $1 ${4-}")
}

# print_self I: its line, and what it said: why it failed, or a remark.
print_self() {
    local number=$(($1 + 1))
    if [[ $(<"$scratch/$1.status") == 0 ]]; then
        echo "ok $number ${self_names[$1]}"
    else
        echo "not ok $number ${self_names[$1]}"
        self_failures=$((self_failures + 1))
    fi
    LC_ALL=C.UTF-8 sed 's/[^[:print:]\t]/?/g; s/^/# /' "$scratch/$1.said"
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
        if ((next < ${#self_names[@]} && running < option[jobs])); then
            begin_self "$next"
            next=$((next + 1)) running=$((running + 1))
            continue
        fi
        wait -n
        running=$((running - 1))
        while [[ -f $scratch/$told.status ]]; do
            print_self "$told"
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
    [[ -n ${option[jobs]} ]] || option[jobs]=$(nproc)
    ready_to_check
    (($#)) || mapfile -t operands < <(all_labs)
    for operand in "${operands[@]}"; do
        lab_at "$operand"
        plan "$lab"
    done
    ((${#self_names[@]})) || die 2 "selftest: nothing that is tried begins with $(printable "${option[only]}")" \
        "hint: it has, the session, the starter, the solution, wrong/NAME"
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/ipclab-selftest.XXXXXX") || exit 1
    on_exit end_selftest
    echo "1..${#self_names[@]}"
    run_all
    ((self_failures == 0))
}
