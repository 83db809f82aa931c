# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/check/selftest.bash -- selftest: verify a lab, for its author and for our own tests
#
# selftest prints TAP, a line for each statement: the lab is complete; its session prints what the
# sheet shows; the starter fails; the solution passes; each wrong answer is caught. The statements
# are independent, so several are tested at a time; the lines come in the order of the plan.

# check_folder LAB FOLDER OPTION...: run ipclab check in a process of its own, without changing
# anyone's progress.
check_folder() {
    IPCLAB_PROGRESS=/dev/null "$BASH" "$ipclab_program" check --format=tap "${@:3}" "$1" "$2"
}

# make_folder LAB PART...: print a new work folder with these parts of the lab, each over the
# previous one, and the answers filled in.
make_folder() {
    local part folder
    folder=$(mktemp -d "$scratch/work.XXXXXX") || exit 1
    for part in "${@:2}"; do
        cp -R "$(lab_path "$1")/$part/." "$folder" || exit 1
    done
    chmod -R u+w "$folder"
    if [[ -f $folder/answers.txt ]]; then
        fill_in "$folder/answers.txt" >"$folder/answers.new" &&
            mv "$folder/answers.new" "$folder/answers.txt"
    fi
    printf '%s\n' "$folder"
}

# --- is the lab complete? Each function prints what is wrong, and returns 1 ----

# tests_of LAB: print the names of the tests in check.bats.
tests_of() {
    sed -n 's/^@test "\(.*\)" {$/\1/p' "$(lab_path "$1")/check.bats"
}

# same_text WHAT WANTED FOUND
same_text() {
    [[ $2 == "$3" ]] && return
    echo "$1:"
    diff <(echo "$2") <(echo "$3")
    return 1
}

# conf_value_rule NAME VALUE: print what lab.conf should have in place of this value; nothing if the
# value is right.
conf_value_rule() {
    case $1 in
    title | teaches | needs) ;;
    minutes) [[ $2 =~ ^[1-9][0-9]*$ ]] || echo "use a whole number of minutes" ;;
    check) [[ $2 =~ ^[0-9]+\ +[a-z0-9-]+:\ .+$ ]] || echo "use the form: 1 task: statement" ;;
    hidden | sampled) tests_of "$lab" | grep -qxF -- "$2" || echo "check.bats has no such test" ;;
    late) read_late_rule "$2" || echo "use a rule such as 10% per day, 5 days" ;;
    *) echo "unknown name; see ipclab-lab(5)" ;;
    esac
}

# conf_is_right LAB: lab.conf has what ipclab-lab(5) requires, and nothing else.
conf_is_right() {
    local lab=$1 failed=0 name value rule
    for name in title teaches minutes needs; do
        (($(grep -c "^${name}[[:space:]]*=" "$(lab_path "$1")/lab.conf") == 1)) && continue
        echo "lab.conf: $name must appear exactly once"
        failed=1
    done
    while IFS='=' read -r name value; do
        name=${name%"${name##*[![:space:]]}"} value=${value#"${value%%[![:space:]]*}"}
        [[ -n $name && $name != '#'* ]] || continue
        rule=$(conf_value_rule "$name" "$value")
        [[ -n $rule ]] || continue
        echo "lab.conf: $name = $value: $rule"
        failed=1
    done < <(sed 's/[[:space:]]*$//' "$(lab_path "$1")/lab.conf")
    for value in $(conf "$1" needs); do
        [[ $value =~ ^(root|cpus:[0-9]+|cmd:[^@]+(@.+)?)$ ]] && continue
        echo "lab.conf: needs = ... $value: use root, cpus:N or cmd:NAME@PACKAGE"
        failed=1
    done
    return "$failed"
}

# tests_are_right LAB: bash can parse check.bats, and lab.conf lists its tests in their order.
tests_are_right() {
    local errors file
    file=$(lab_path "$1")/check.bats
    if ! errors=$(sed 's/^@test .* {$/a_test() {/' "$file" | "$BASH" -n 2>&1); then
        echo "check.bats: ${errors%%$'\n'*}"
        return 1
    fi
    same_text "the checks of lab.conf are not the tests of check.bats" "$(tests_of "$1")" \
        "$(check_names "$1")"
}

# hints_are_right LAB: each task has three hints.
hints_are_right() {
    local task failed=0
    for task in $(tests_of "$1" | sed 's/:.*//' | sort -u); do
        same_text "the number of hints for $task is not 3" 3 \
            "$(grep -cx "## $task" "$(lab_path "$1")/hints")" || failed=1
    done
    return "$failed"
}

# sheet_is_right LAB: the sheet has its sections, and each heading that a message refers to.
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
        grep -qx "##* ${section#Your turn: }" "$sheet" && continue
        echo "the sheet has no section $section"
        failed=1
    done < <(grep -ohE '"(Your turn(: [^"]*)?|Questions|Walk-through|The idea)"' \
        "${sheet%README.md}check.bats" | tr -d '"' | sort -u)
    return "$failed"
}

# solution_is_right LAB: it is a whole work folder, so it has each file of the starter.
solution_is_right() {
    local directory file failed=0
    directory=$(lab_path "$1")
    while IFS= read -r file; do
        [[ -e $directory/solution/$file ]] && continue
        echo "solution/ lacks $file, which is in starter/"
        failed=1
    done < <(find "$directory/starter" -type f -printf '%P\n' | sort)
    return "$failed"
}

# wrongs_are_right LAB: there are four wrong answers, each with the test and the words that catch
# it.
wrongs_are_right() {
    local wrong name word count=0 failed=0
    for wrong in "$(lab_path "$1")"/wrong/*/; do
        name='' word='' count=$((count + 1))
        { IFS= read -r name && IFS= read -r word; } 2>/dev/null <"$wrong/expect" || :
        tests_of "$1" | grep -qxF -- "$name" && [[ -n $word ]] && continue
        echo "${wrong}expect: line 1 must name a test, and line 2 words of its message"
        failed=1
    done
    if ((count < 4)); then
        echo "there are $count wrong answers; at least 4 are required"
        failed=1
    fi
    return "$failed"
}

# --- the statements: each function prints why one does not hold, and returns 1 ---

# What a statement returns that cannot be tested behind this wall.
skipped=77

# self_complete LAB: report everything that is wrong, not only the first thing.
self_complete() {
    local part failed=0
    for part in conf_is_right tests_are_right hints_are_right sheet_is_right solution_is_right \
        wrongs_are_right; do
        "$part" "$1" || failed=1
    done
    return "$failed"
}

# self_session LAB: run the session in namespaces of its own, in a copy of the starter. Its pages show
# whole lists of objects.
self_session() {
    local folder words
    if [[ $IPCLAB_WALL != namespaces ]]; then
        echo "skipped: it needs an IPC namespace of its own"
        return "$skipped"
    fi
    folder=$(make_folder "$1" starter) && namespaces_command words || return
    # shellcheck disable=SC2016 # for that shell to expand
    cd "$folder" && LC_ALL=C.UTF-8 TZ=UTC0 "${words[@]}" \
        sh -c 'mount -t tmpfs tmpfs /dev/shm && exec "$@"' sh \
        "$BASH" "$ipclab_library/check/run-terminals" "$(lab_path "$1")/README.md"
}

# words_for_authors ARRAY: set ARRAY to the words that, before a command of the lab's author, run it in
# namespaces of its own, where they can be made.
words_for_authors() {
    local -n author_words=$1
    # shellcheck disable=SC2034 # a name of the caller's
    author_words=(env)
    [[ $IPCLAB_WALL != namespaces ]] || namespaces_command author_words
}

# self_starter LAB: the starter compiles, and its check fails, beginning with the first test. Print
# how many points it earns: a test that expects a refusal passes with a program that refuses
# everything.
self_starter() {
    local folder output words status=0
    folder=$(make_folder "$1" starter) || return
    words_for_authors words
    if [[ -f $folder/Makefile ]] &&
        ! output=$("${words[@]}" make --silent -C "$folder" 2>&1); then
        printf 'the starter does not compile:\n%s\n' "$output"
        return 1
    fi
    output=$(check_folder "$1" "$folder" 2>&1) || status=$?
    if [[ $status != 1 || $output != *"not ok 1 "* ]]; then
        printf 'the check did not fail:\n%s\n' "$output"
        return 1
    fi
    if [[ $output == *"the check itself failed"* ]]; then
        printf '%s\n' "$output"
        return 1
    fi
    sed -n '$s/^# /the starter earns /p' <<<"$output"
}

# How many times a wrong answer runs at most unless lab.conf lists the test that must catch it as
# sampled: otherwise the verdict does not depend on the schedule.
decided_times=3

# times_of LAB TEST: print how many times a wrong answer runs that TEST must catch.
times_of() {
    if ((option[times] <= decided_times)) || conf "$1" sampled | grep -qxF -- "$2"; then
        echo "${option[times]}"
    else
        echo "$decided_times"
    fi
}

# passes LAB FOLDER: all checks pass. The time limits assume an idle machine, which selftest itself
# does not leave, so it scales them.
passes() {
    local output
    output=$(IPCLAB_TIME_SCALE=${IPCLAB_TIME_SCALE:-6} check_folder "$1" "$2" 2>&1) &&
        [[ $output != *"not ok"* ]] && return
    grep -v '^ok' <<<"$output"
    return 1
}

# self_solution LAB: the solution passes. With --times, it runs a second time at the same time, to
# load the CPUs, with all its IPC calls disturbed.
self_solution() {
    local folder
    folder=$(make_folder "$1" solution) || return
    if ((option[times] == 1)); then
        passes "$1" "$folder"
        return
    fi
    IPCLAB_DISTURB=yes passes "$1" "$folder" &
    passes "$1" "$folder" && wait "$!"
}

# self_wrong LAB NAME: the test that wrong/NAME/expect names fails each time, with the words there.
self_wrong() {
    local folder name words times line failures=0 text=''
    folder=$(make_folder "$1" solution "wrong/$2") || return
    { IFS= read -r name && mapfile -t words; } <"$(lab_path "$1")/wrong/$2/expect" || return
    times=$(times_of "$1" "$name")
    while IFS= read -r line; do
        if [[ $line == 'not ok '* ]]; then
            has_words "$text" "${words[@]}" || return
            failures=$((failures + 1)) text=''
        fi
        text+=$line$'\n'
    done < <(check_folder "$1" "$folder" --instructor --only="$name" --times="$times" 2>&1)
    has_words "$text" "${words[@]}" || return
    ((failures != times)) || return 0
    printf '%s failed %d times of %d\n%s' "$name" "$failures" "$times" "$text"
    echo "the tests that fail in a check of everything:"
    check_folder "$1" "$folder" 2>&1 | sed -n 's/^not ok [0-9]* //p'
    return 1
}

# has_words TEXT WORD...: if TEXT is a failure, it contains all these words.
has_words() {
    local word
    [[ $1 == 'not ok '* ]] || return 0
    for word in "${@:2}"; do
        [[ $1 == *"$word"* ]] && continue
        printf 'the message does not contain "%s":\n%s' "$word" "$1"
        return 1
    done
}

# --- the plan, and running it ------------------------------------------------

# Of each statement: its name, and the command that tests it.
self_names=() self_commands=()

# plan LAB: plan all statements about LAB that --only selects.
plan() {
    local wrong name
    plan_one "$1" "the lab is complete" self_complete
    plan_one "$1" "the session prints what the sheet shows" self_session
    plan_one "$1" "the starter fails" self_starter
    plan_one "$1" "the solution passes" self_solution
    for wrong in "$(lab_path "$1")"/wrong/*/; do
        name=$(basename "$wrong")
        [[ $name == '*' ]] || plan_one "$1" "wrong/$name is caught" self_wrong "$name"
    done
}

# plan_one LAB STATEMENT FUNCTION [NAME]
# Sets: self_names, self_commands
plan_one() {
    [[ $2 == "${option[only]}"* ]] || return 0
    self_names+=("lab ${1%%-*}: $2") self_commands+=("$3 $1 ${4-}")
}

# print_self I: print the line of a statement, and the output of its test as comments.
# Sets: self_failures
print_self() {
    local number=$(($1 + 1)) status
    status=$(<"$scratch/$1.status")
    if [[ $status == 0 ]]; then
        echo "ok $number ${self_names[$1]}"
    elif [[ $status == "$skipped" ]]; then
        echo "ok $number ${self_names[$1]} # SKIP"
    else
        echo "not ok $number ${self_names[$1]}"
        self_failures=$((self_failures + 1))
    fi
    LC_ALL=C.UTF-8 sed 's/[^[:print:]\t]/?/g; s/^/# /' "$scratch/$1.output"
}

# begin_self I: start a test in the background. Its own process group lets end_selftest end all that
# it started.
begin_self() {
    set -m
    {
        # shellcheck disable=SC2086 # split into words; none contains blanks
        (${self_commands[$1]}) >"$scratch/$1.output" 2>&1 </dev/null
        echo "$?" >"$scratch/$1.new" && mv "$scratch/$1.new" "$scratch/$1.status"
    } &
    set +m
}

# end_selftest: end all tests and remove the files.
end_selftest() {
    local pid
    for pid in $(jobs -p); do kill -s TERM -- "-$pid" 2>/dev/null; done
    wait
    rm -rf "$scratch"
}

# run_plan: run up to --jobs tests at a time, and print each line when the lines before it are out.
run_plan() {
    local next=0 printed=0 running=0
    while ((printed < ${#self_names[@]})); do
        if ((next < ${#self_names[@]} && running < option[jobs])); then
            begin_self "$next"
            next=$((next + 1)) running=$((running + 1))
            continue
        fi
        wait -n
        running=$((running - 1))
        while [[ -f $scratch/$printed.status ]]; do
            print_self "$printed"
            printed=$((printed + 1))
        done
    done
}

# choose_lab_at OPERAND: find the lab that OPERAND names: a number, a name, a directory, or the
# lab.conf in it.
# Sets: lab; for a directory also ipclab_labs, and IPCLAB_LABS, exported
choose_lab_at() {
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
    ready_to_check selftest "${walls_for_check[@]}"
    # Without namespaces, checks would only wait for one another (await_turn).
    [[ $IPCLAB_BOX_KIND != folder ]] || option[jobs]=1
    [[ -n ${option[jobs]} ]] || option[jobs]=$(nproc)
    (($#)) || mapfile -t operands < <(all_labs)
    for operand in "${operands[@]}"; do
        choose_lab_at "$operand"
        plan "$lab"
    done
    ((${#self_names[@]})) ||
        die 2 "selftest: no statement begins with '$(printable "${option[only]}")'" \
            "hint: use the lab, the session, the starter, the solution, or wrong/NAME"
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/ipclab-selftest.XXXXXX") || exit 1
    on_exit end_selftest
    echo "1..${#self_names[@]}"
    run_plan
    ((self_failures == 0))
}
