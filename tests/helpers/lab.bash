# shellcheck shell=bash
# tests/helpers/lab.bash -- what must be true of every lab; one tests/lab-NN.bats says it of each
#
# make check tries the solution once, with few rounds; make check-labs also each wrong answer, LAB_TIMES=20 times, and all
# rounds (IPCLAB_ROUNDS=100).

: "${LAB_TIMES:=1}" "${IPCLAB_ROUNDS:=20}"
export IPCLAB_ROUNDS

# lab_directory NN
lab_directory() {
    local found=("$top_srcdir/labs/$1"-*)
    printf '%s\n' "${found[0]}"
}

# work_folder NN PART...: a work folder of these parts of the lab, one over the other, with the answers filled in.
work_folder() {
    local lab part work=$BATS_TEST_TMPDIR/work
    lab=$(lab_directory "$1")
    rm -rf "$work" && mkdir "$work"
    for part in "${@:2}"; do
        cp -R "$lab/$part/." "$work"
    done
    chmod -R u+w "$work"
    fill_in_answers "$work/answers.txt"
    printf '%s\n' "$work"
}

# fill_in_answers FILE: $(command) in it is replaced by what that prints, in an IPC namespace of nobody else's.
fill_in_answers() {
    [[ ! -f $1 ]] || printf '%s\n' "$(unshare --ipc "$BASH" -c "cat <<ANSWERS
$(<"$1")
ANSWERS")" >"$1"
}

# walk_through NN: the sheet's session comes as it is printed, in a copy of the starter.
walk_through() {
    local work
    work=$(work_folder "$1" starter)
    cd "$work" && LC_ALL=C.UTF-8 TZ=UTC0 unshare --ipc \
        "$top_srcdir/tests/helpers/run-terminals" "$(lab_directory "$1")/README.md"
}

# starter_fails NN: it is not finished, and the check says so of more than one thing.
starter_fails() {
    local work
    work=$(work_folder "$1" starter)
    run -1 ipclab check --format=tap "$1" "$work"
    assert_line --regexp '^not ok 1 '
}

# solution_passes NN: LAB_TIMES times, every second time with its IPC calls disturbed; and once more in five, from the
# second on, with every CPU loaded.
solution_passes() {
    local work time disturb
    work=$(work_folder "$1" solution)
    for ((time = 0; time < LAB_TIMES; time++)); do
        disturb=
        ((time % 2 == 0)) || disturb=$time
        ((time % 5 != 1)) || load_cpus
        run env IPCLAB_DISTURB="$disturb" ipclab check --format=tap "$1" "$work"
        unload_cpus
        assert_success
        refute_line --partial 'not ok'
    done
}

# load_cpus: a process for each that never sleeps; unload_cpus ends them.
loads=()
load_cpus() {
    local cpu
    for ((cpu = $(nproc); cpu > 0; cpu--)); do
        (exec 3>&-; while :; do :; done) &
        loads+=("$!")
    done
}

unload_cpus() {
    ((${#loads[@]} == 0)) || kill "${loads[@]}"
    wait "${loads[@]}" 2>/dev/null || :
    loads=()
}

# wrong_answers_fail NN: each, LAB_TIMES times, with its words; and there are enough of them.
wrong_answers_fail() {
    local wrong work words time count=0
    for wrong in "$(lab_directory "$1")"/wrong/*/; do
        wrong=${wrong%/}
        work=$(work_folder "$1" solution "wrong/${wrong##*/}")
        for ((time = 0; time < LAB_TIMES; time++)); do
            run ipclab check --format=tap "$1" "$work"
            ((status == 1)) || fail "wrong/${wrong##*/}: the check took it: status $status"
            while IFS= read -r words; do
                assert_output --partial "$words"
            done <"$wrong/expect"
        done
        count=$((count + 1))
    done
    ((count >= 4)) || fail "there are only $count wrong answers"
}

# tests_of NN: the names of the tests, as check.bats has them.
tests_of() {
    sed -n 's/^@test "\(.*\)" {$/\1/p' "$(lab_directory "$1")/check.bats"
}

# is_complete NN: lab.conf names the tests in their order, each task has its three hints, the sheet has its sections,
# and what messages refer to is a heading.
is_complete() {
    local lab task section
    lab=$(lab_directory "$1")
    assert_equal "$(sed -n 's/^check *= *[0-9]* //p' "$lab/lab.conf")" "$(tests_of "$1")"
    for task in $(tests_of "$1" | sed 's/:.*//' | sort -u); do
        assert_equal "$task: $(grep -cx "## $task" "$lab/hints")" "$task: 3"
    done
    assert_equal "$(sed -n 's/^## //p' "$lab/README.md")" "What you will be able to do
The idea
Walk-through
Your turn
Questions
Further reading"
    while IFS= read -r section; do
        grep -qx "##* ${section#Your turn: }" "$lab/README.md" || fail "the sheet has no section $section"
    done < <(grep -oE '"(Your turn(: [^"]*)?|Questions|Walk-through|The idea)"' "$lab/check.bats" | tr -d '"' | sort -u)
}
