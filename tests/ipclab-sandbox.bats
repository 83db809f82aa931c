#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A hostile submission does no harm to the machine that checks it. Each one is the program of a lab
# with one check, and runs in the sandbox of bubblewrap and in that of unshare.

load helpers/common

setup() {
    trace_failures
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
    # Bats treats each line that begins with @test as a test of this file.
    # shellcheck disable=SC2016 # for bats to expand
    printf '%s\n' 'load "$IPCLAB_LIB/check"' '@test "run: it ends well" {' 'student ./program' 'must_leave_nothing "Your turn"' \
        'must_exit 0 "Your turn"' '}' >"$lab/check.bats"
}

# submission LINE...: write these lines into the student's program.
submission() {
    { echo '#!/usr/bin/env bash'; printf '%s\n' "$@"; } >"$work/program"
    chmod +x "$work/program"
}

# in_both_sandboxes COMMAND...: run COMMAND with each kind of sandbox.
in_both_sandboxes() {
    bwrap --ro-bind / / true || fail "bubblewrap does not work here"
    IPCLAB_SANDBOX=bwrap "$@"
    IPCLAB_SANDBOX=unshare "$@"
}

# checked: run the check; it reports a failure and leaves nothing behind.
# Sets: told (its output)
checked() {
    IPCLAB_TIME_SCALE=0.3 run -1 ipclab check --all 90 "$work"
    assert_line '0 of 1 points; 1 of 1 checks fail'
    told=$output
    run ls "$TMPDIR"
    refute_line --partial ipclab-check
}

# memory_is_bounded PARENT: and the cgroup that bounds it, below PARENT, is gone afterwards.
# The kernel reclaims what it can before it kills, so this takes a while.
memory_is_bounded() {
    IPCLAB_CHECK_MEMORY=$((256 << 20)) IPCLAB_TIME_SCALE=6 run -1 ipclab check --all 90 "$work"
    assert_line --regexp 'hostile: [4-8] of 8 killed'
    told=$output
    matches 'hostile: cgroup .*/(ipclab\.[0-9]+)'
    run ! test -e "$1/${BASH_REMATCH[1]}"
}

@test "a fork bomb ends at the limit and is reported" {
    submission './hostile fork'
    in_both_sandboxes fork_bomb_is_reported
}

fork_bomb_is_reported() {
    checked
    matches 'hostile: [0-9]{1,3} forks: '
    matches 'observed: .*: it did not end within 3 seconds'
}

@test "the kernel refuses a segment of 100 GiB, and many small ones" {
    submission './hostile segment'
    in_both_sandboxes checked_and_says 'hostile: a segment of 100 GiB: '
    submission './hostile segments'
    in_both_sandboxes checked_and_says 'hostile: segments of 1 GiB in all: '
}

@test "the memory of all processes together is bounded" {
    local parent=/sys/fs/cgroup
    [[ -d $parent/memory ]] && parent=$parent/memory || grep -qsw memory "$parent/cgroup.subtree_control" ||
        skip "no cgroup with a memory controller can be made here"
    [[ -w $parent/cgroup.procs ]] || skip "needs root, who alone can make a cgroup"
    submission './hostile memory'
    in_both_sandboxes memory_is_bounded "$parent"
}

# matches REGEX: the output of the check matches.
matches() {
    [[ $told =~ $1 ]] || fail "nothing like $1 in: $told"
}

# checked_and_says TEXT: run the check; its message contains TEXT.
checked_and_says() {
    checked
    [[ $told == *"$1"* ]] || fail "it does not say $1 but: $told"
}

@test "processes of the same user outside do not count towards the limit" {
    [[ $IPCLAB_NAMESPACE == root ]] || skip "needs a second user, and only root can become one"
    submission './hostile fork'
    # More processes of the user 65534 than a sandbox may have.
    hold_with setpriv --reuid=65534 --regid=65534 --clear-groups bash -c \
        'for ((i = 0; i < 250; i++)); do cat <&0 & done; echo ready; cat'
    checked
    matches 'hostile: [1-9][0-9]{1,2} forks: '
    let_go
}

@test "kill -9 -1 ends only the submission" {
    submission './hostile kill'
    export IPCLAB_NOBODY=65534
    hold_outside
    in_both_sandboxes checked
    kill -s 0 "$holder"
    let_go
}

# hold_outside: start a process of the user that student code runs as, or of our own.
hold_outside() {
    if [[ $IPCLAB_NAMESPACE == root ]]; then
        hold_with setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all sh -c 'echo ready; cat'
    else
        hold_with sh -c 'echo ready; cat'
    fi
}

@test "student code cannot read other work folders and the home folder" {
    local other=$HOME/ipclab-work/other
    mkdir -p "$other"
    chmod -R a+rX "$BATS_TEST_TMPDIR"
    echo "the secret of another" >"$other/note"
    submission "./hostile read '$other/note'"
    in_both_sandboxes checked_and_says "hostile: $other/note: No such file"
    [[ $told != *"the secret"* ]]
}

@test "student code cannot overwrite the check, the system, or the work folder outside" {
    local path
    for path in "$IPCLAB_LABS/90-hostile/check.bats" /usr/bin/true /etc/passwd /ipclab/bin/shmcreate \
        /ipclab/lib/perturb.so "$work/mine"; do
        submission "./hostile write '$path'"
        in_both_sandboxes checked_and_says "hostile: $path: "
    done
    grep -q '^@test' "$IPCLAB_LABS/90-hostile/check.bats"
    assert_equal "$(<"$work/mine")" mine
}

@test "files written to the work folder stay in the sandbox" {
    submission 'echo changed >mine; echo more >more; rm -f program; exit 1'
    in_both_sandboxes checked
    assert [ -s "$work/program" ]
    assert [ ! -e "$work/more" ]
    assert_equal "$(<"$work/mine")" mine
}

@test "a gigabyte of files is refused" {
    local path
    for path in /lab /tmp /dev/shm; do
        submission "./hostile disk $path"
        in_both_sandboxes checked_and_says "No space left"
    done
}

@test "student code has no network" {
    # shellcheck disable=SC2016 # for the program to expand
    submission 'echo interfaces $(tail -n +3 /proc/net/dev | cut -d: -f1). >&2; exit 1'
    in_both_sandboxes checked_and_says "interfaces lo."
}

@test "student code cannot see other processes" {
    # shellcheck disable=SC2016 # for the program to expand
    submission 'for p in /proc/[0-9]*; do tr "\0" " " <$p/cmdline; done >&2; exit 1'
    in_both_sandboxes checked
    [[ $told == *program* ]]
    [[ $told != *check.bats* ]]
}

@test "student code is not root, and cannot become root" {
    submission 'grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status >&2; id -u >&2; exit 1'
    in_both_sandboxes not_root
}

not_root() {
    checked
    matches 'CapEff:.0000000000000000'
    matches 'CapBnd:.0000000000000000'
    matches 'NoNewPrivs:.1'
    [[ $IPCLAB_NAMESPACE != root ]] || matches '\| 1[0-9]{9}'
}

@test "control characters of student code do not reach the terminal" {
    submission 'printf "\e[2J\e]0;owned\a" >&2; printf "\e[31m"; exit 1'
    in_both_sandboxes checked
    [[ $told != *$'\e'* ]]
}

# --- the terminal, and what else is open ---------------------------------------

@test "student code cannot type on the terminal of the user" {
    submission './hostile type "touch it; "'
    in_both_sandboxes nothing_is_typed
}

# on_terminal COMMAND: run COMMAND, for the shell, on a terminal of its own.
# Sets: told
on_terminal() {
    told=$(script --quiet --return --command "$1" /dev/null </dev/null)
}

# What was typed is read by who comes next, here by read.
# shellcheck disable=SC2016 # for that shell to expand
nothing_is_typed() {
    export work
    SHELL=$BASH on_terminal 'ipclab check --all 90 "$work"; stty -icanon; read -r -t 0.1 -n 1 typed; echo "typed: $typed."'
    matches '/dev/tty: No such '
    matches 'hostile: typed 0 characters'
    matches '1 of 1 checks fail'
    matches 'typed: \.'
}

@test "student code has a session of its own, and descriptors 0, 1 and 2" {
    submission 'exec ./hostile descriptors'
    in_both_sandboxes only_the_streams
}

only_the_streams() {
    checked
    matches 'hostile: session ([0-9]+), process ([0-9]+)'
    assert_equal "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
    [[ $told != *"hostile: descriptor"* ]] || fail "$told"
}

# --- the kernel's settings, the labs, and limits that a namespace would lift -----

@test "student code cannot change a setting of the kernel" {
    local name
    for name in kernel/shmall kernel/shmmax kernel/shmmni kernel/sem kernel/msgmax kernel/shm_rmid_forced; do
        submission "./hostile write /proc/sys/$name"
        in_both_sandboxes checked_and_says "hostile: /proc/sys/$name: "
    done
    submission 'grep " /proc/sys " /proc/self/mountinfo | tail -n 1 >&2; exit 1'
    in_both_sandboxes checked_and_says " /proc/sys ro,"
}

@test "student code cannot read the labs, wherever below the system they are" {
    [[ -d /opt && $top_builddir$TMPDIR != */opt/* ]] || skip "needs a /opt that nothing here is in"
    # Isolate gave this file mounts of its own.
    mount -t tmpfs -o mode=755 tmpfs /opt
    mkdir -p /opt/other/share/ipclab/labs/91-x/solution /opt/mine
    cp -R "$IPCLAB_LABS/90-hostile" /opt/mine
    echo secret | tee /opt/other/share/ipclab/labs/91-x/solution/note >/opt/mine/90-hostile/note
    submission 'find /opt >&2; exit 1'
    IPCLAB_LABS=/opt/mine in_both_sandboxes no_labs_in_opt
    umount /opt
}

@test "student code cannot read the work of others in its class, wherever below the system that is" {
    [[ -d /opt && $top_builddir$TMPDIR != */opt/* ]] || skip "needs a /opt that nothing here is in"
    mount -t tmpfs -o mode=755 tmpfs /opt
    mkdir -p /opt/class
    submission 'find /opt >&2; exit 1'
    cp -R "$work" /opt/class/ann
    cp -R "$work" /opt/class/bob
    run -0 ipclab grade --out="$BATS_TEST_TMPDIR/out" 90 /opt/class/ann /opt/class/bob
    run cat "$BATS_TEST_TMPDIR/out/ann/results.json"
    assert_output --partial /opt/class
    refute_output --partial bob
    umount /opt
}

no_labs_in_opt() {
    checked_and_says /opt/other/share/ipclab/labs
    matches '/opt/mine'
    [[ $told != *90-* && $told != *91-* ]] || fail "$told"
}

@test "student code cannot make a user namespace" {
    submission './hostile namespace'
    in_both_sandboxes checked_and_says 'hostile: unshare: '
    submission './hostile clone'
    in_both_sandboxes checked_and_says 'hostile: clone: '
}

@test "the number of files is bounded" {
    local path
    for path in /lab /tmp /dev/shm; do
        submission "./hostile files $path"
        in_both_sandboxes checked_and_says "No space left"
    done
}

# --- what the check opens --------------------------------------------------------

@test "student code cannot replace what the check opens" {
    # shellcheck disable=SC2016 # for bats to expand
    printf '%s\n' 'load "$IPCLAB_LIB/check"' '@test "run: it ends well" {' 'give a.at 622' 'student ./program' \
        '[[ -p $given_dir/a.at && ! -L $given_dir/a.at && $(ls "$given_dir") == a.at ]] || echo "it is CHANGED"' \
        'must_exit 0 "Your turn"' '}' >"$IPCLAB_LABS/90-hostile/check.bats"
    submission 'cd /ipclab' 'ln -sf /etc/passwd given/a.at' 'rm -f given/a.at' ': >given/new' 'mv -f given taken' \
        'rmdir given' 'mv given/a.at /tmp' 'chmod 777 given given/a.at' 'exit 1'
    in_both_sandboxes nothing_is_changed
}

nothing_is_changed() {
    checked
    [[ $told != *CHANGED* ]] || fail "$told"
    # Each of the eight was refused, by a mount that is read-only for everybody.
    assert_equal "$(grep -c 'Read-only file system' <<<"$told")" 8
}

@test "no check opens a path that student code can change" {
    # Lab 11 and must_leave_nothing name files of /dev/shm, and follow no link there.
    run grep -rhE '^[^#]*IPCLAB_BOX.*/(root|cwd)' "$top_srcdir/labs" "$top_srcdir/src/ipclab"
    assert_equal "$(grep -vc '/root/dev/shm' <<<"$output")" 0
    assert_output --partial /root/dev/shm
}

@test "lab 11: the check follows no link that student code has made in /dev/shm" {
    local shm=$BATS_TEST_TMPDIR/shm secret=$BATS_TEST_TMPDIR/secret before
    mkdir "$shm"
    cc -D_GNU_SOURCE -pthread -o "$BATS_TEST_TMPDIR/other" "$top_srcdir/labs/11-posix/other.c" -lrt
    head -c 4096 /dev/zero >"$secret"
    before=$(sha256sum "$secret")
    for name in b sem.b.empty sem.b.full sem.b.mutex; do ln -s "$secret" "$shm/$name"; done
    run -1 "$BATS_TEST_TMPDIR/other" "$shm" /b put stolen
    assert_output --partial "Too many levels of symbolic links"
    assert_equal "$(sha256sum "$secret")" "$before"
    # Nor does it wait for the other end of a FIFO.
    rm "$shm/b" && mkfifo "$shm/b"
    run -1 timeout 10 "$BATS_TEST_TMPDIR/other" "$shm" /b slots
    assert_output "$shm/b is not a file"
}

# --- programs that the check's libraries do not reach -----------------------------

# static_work LAB [PART]: make $work a solution of LAB, with PART of it over it, that is linked statically.
static_work() {
    printf '#include <stdio.h>\nint main(void) { puts(""); }\n' >"$BATS_TEST_TMPDIR/x.c"
    cc -static -o "$BATS_TEST_TMPDIR/x" "$BATS_TEST_TMPDIR/x.c" || skip "needs the C library as an archive, to link with -static"
    work=$BATS_TEST_TMPDIR/static
    mkdir "$work"
    cp -R "$top_srcdir/labs/$1/solution/." "$work"
    [[ -z ${2-} ]] || cp -R "$top_srcdir/labs/$1/$2/." "$work"
    chmod -R u+w "$work"
    sed -i 's/^CFLAGS = /&-static /' "$work/Makefile"
}

@test "stepper: a statically linked program is refused, with the reason" {
    static_work 07-producer-consumer wrong/looks-first
    in_both_sandboxes is_refused_as_static 07 "setup: two at the same moment" "the check cannot stop './setup "
}

@test "perturb: a statically linked program is refused, with the reason" {
    static_work 07-producer-consumer
    in_both_sandboxes is_refused_as_static 07 "together: every item once" "the check cannot disturb './"
}

@test "inject-signal, fatal: a statically linked program is refused, with the reason" {
    static_work 04-lifetime
    in_both_sandboxes is_refused_as_static 04 "moment: a signal as soon as the segment exists" \
        "the check cannot send './tally "
    rm -r "$work"
    static_work 10-condition
    is_refused_as_static 10 "robust: a process is killed at any step" "the check cannot disturb './buffer put "
}

is_refused_as_static() { # LAB TEST MESSAGE
    run -1 ipclab check --only="$2" "$1" "$work"
    assert_output --partial "$3"
    assert_output --partial "is not statically linked"
}

@test "a limit on memory that is no number is refused" {
    IPCLAB_CHECK_MEMORY=1x run -2 ipclab check 90 "$work"
    assert_output "ipclab: IPCLAB_CHECK_MEMORY=1x: use a number of bytes, or unlimited"
}
