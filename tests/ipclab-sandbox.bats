#!/usr/bin/env bats
#
# What hostile submissions do to the machine that checks them: nothing. Each is the student's program of a lab that has
# one check, in the box that bubblewrap makes and in the one that unshare makes.

load helpers/common

setup() {
    export HOME=$BATS_TEST_TMPDIR/home IPCLAB_PROGRESS=$BATS_TEST_TMPDIR/progress IPCLAB_LABS=$BATS_TEST_TMPDIR/labs
    work=$BATS_TEST_TMPDIR/work
    mkdir -p "$HOME" "$IPCLAB_LABS/90-hostile"
    make_lab
    ipclab start 90 "$work" 2>/dev/null
    cp "$helpers/hostile" "$work"
}

make_lab() {
    local lab=$IPCLAB_LABS/90-hostile
    mkdir "$lab/starter"
    echo mine >"$lab/starter/mine"
    printf '%s\n' 'title = A hostile one' 'minutes = 1' 'check = 1 run: it ends well' >"$lab/lab.conf"
    # bats takes every line that begins with @test for a test of this file.
    # shellcheck disable=SC2016 # for bats to expand
    printf '%s\n' 'load "$IPCLAB_LIB/check"' '@test "run: it ends well" {' 'student ./program' 'must_leave_nothing "Your turn"' \
        'must_exit 0 "Your turn"' '}' >"$lab/check.bats"
}

# submission LINE...: these lines are the student's program.
submission() {
    { echo '#!/usr/bin/env bash'; printf '%s\n' "$@"; } >"$work/program"
    chmod +x "$work/program"
}

# in_both_boxes COMMAND...: COMMAND with each kind of box.
in_both_boxes() {
    bwrap --ro-bind / / true || fail "bubblewrap does not work here"
    IPCLAB_SANDBOX=bwrap "$@"
    IPCLAB_SANDBOX=unshare "$@"
}

# checked: check it; it is reported as a failure, and nothing of the check stays.
checked() {
    IPCLAB_TIME_SCALE=0.3 run -1 ipclab check --all 90 "$work"
    assert_line '0 of 1 points; 1 of 1 checks fail'
    told=$output
    run ls "$TMPDIR"
    refute_line --partial ipclab-check
}

@test "a fork bomb: ends at the limit, is reported" {
    submission './hostile fork'
    in_both_boxes fork_bomb_is_reported
}

fork_bomb_is_reported() {
    checked
    matches 'hostile: [0-9]{1,3} forks: '
    matches 'observed: .*: it did not end within 3 seconds'
}

@test "a segment of 100 GiB: is refused, and so are many small ones" {
    submission './hostile segment'
    in_both_boxes checked_and_says 'hostile: a segment of 100 GiB: '
    submission './hostile segments'
    in_both_boxes checked_and_says 'hostile: segments of 1 GiB in all: '
}

# matches REGEX: what the check told.
matches() {
    [[ $told =~ $1 ]] || fail "nothing like $1 in: $told"
}

# checked_and_says TEXT: and the message has this.
checked_and_says() {
    checked
    [[ $told == *"$1"* ]] || fail "it does not say $1 but: $told"
}

@test "others of the same user: their processes do not count for the student" {
    [[ $IPCLAB_NAMESPACE == root ]] || skip "needs a second user, and only root can become one"
    submission './hostile fork'
    # More of the user nobody than a box may have.
    hold_with setpriv --reuid=65534 --regid=65534 --clear-groups bash -c \
        'for ((i = 0; i < 250; i++)); do cat <&0 & done; echo ready; cat'
    checked
    matches 'hostile: [1-9][0-9]{1,2} forks: '
    let_go
}

@test "kill -9 -1: ends only itself" {
    submission './hostile kill'
    export IPCLAB_NOBODY=65534
    hold_outside
    in_both_boxes checked
    kill -s 0 "$holder"
    let_go
}

# hold_outside: a process of the user that student code runs as, or of our own.
hold_outside() {
    if [[ $IPCLAB_NAMESPACE == root ]]; then
        hold_with setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all sh -c 'echo ready; cat'
    else
        hold_with sh -c 'echo ready; cat'
    fi
}

@test "another work folder, and the home folder: cannot be read" {
    local other=$HOME/ipclab/other
    mkdir -p "$other"
    chmod -R a+rX "$BATS_TEST_TMPDIR"
    echo "the secret of another" >"$other/note"
    submission "./hostile read '$other/note'"
    in_both_boxes checked_and_says "hostile: $other/note: No such file"
    [[ $told != *"the secret"* ]]
}

@test "the checker: cannot be overwritten, nor can the system, nor the work folder outside" {
    local path
    for path in "$IPCLAB_LABS/90-hostile/check.bats" /usr/bin/true /etc/passwd /ipclab/bin/shmcreate \
        /ipclab/lib/perturb.so "$work/mine"; do
        submission "./hostile write '$path'"
        in_both_boxes checked_and_says "hostile: $path: "
    done
    grep -q '^@test' "$IPCLAB_LABS/90-hostile/check.bats"
    assert_equal "$(<"$work/mine")" mine
}

@test "what it writes in its own folder: stays in the box" {
    submission 'echo changed >mine; echo more >more; rm -f program; exit 1'
    in_both_boxes checked
    assert [ -s "$work/program" ]
    assert [ ! -e "$work/more" ]
    assert_equal "$(<"$work/mine")" mine
}

@test "a gigabyte of files: is refused" {
    local path
    for path in /lab /tmp /dev/shm; do
        submission "./hostile disk $path"
        in_both_boxes checked_and_says "No space left"
    done
}

@test "the network: is not there" {
    # shellcheck disable=SC2016 # for the program to expand
    submission 'echo interfaces $(tail -n +3 /proc/net/dev | cut -d: -f1). >&2; exit 1'
    in_both_boxes checked_and_says "interfaces lo."
}

@test "processes of others: cannot be seen" {
    # shellcheck disable=SC2016 # for the program to expand
    submission 'for p in /proc/[0-9]*; do tr "\0" " " <$p/cmdline; done >&2; exit 1'
    in_both_boxes checked
    [[ $told == *program* ]]
    [[ $told != *check.bats* ]]
}

@test "student code is not root, and cannot become it" {
    submission 'grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status >&2; id -u >&2; exit 1'
    in_both_boxes not_root
}

not_root() {
    checked
    matches 'CapEff:.0000000000000000'
    matches 'CapBnd:.0000000000000000'
    matches 'NoNewPrivs:.1'
    [[ $IPCLAB_NAMESPACE != root ]] || matches '\| 1[0-9]{9}'
}

@test "what it prints does not reach the terminal as it is" {
    submission 'printf "\e[2J\e]0;owned\a" >&2; printf "\e[31m"; exit 1'
    in_both_boxes checked
    [[ $told != *$'\e'* ]]
}
