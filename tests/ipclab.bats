#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# ipclab: test every subcommand, from the build and from an installed tree, as root and as an
# ordinary user, when interrupted, and on a full disk. ipclab-sandbox.bats tests hostile work,
# ipclab selftest the labs.

load helpers/common
load helpers/lab

setup() {
    trace_failures
    export HOME="$BATS_TEST_TMPDIR/a home, żółty"
    mkdir -p "$HOME"
    cd "$HOME" || return
}

work="ipclab-work/01-first-segment"

# solve FOLDER: copy the solution of lab 01 there.
solve() {
    cp "$top_srcdir/labs/01-first-segment/solution/"* "$1"
    chmod u+w "$1"/*
    fill_in_answers "$1/answers.txt"
}

# --- the command line --------------------------------------------------------

@test "command line: an error is named, exit status 2, nothing is done" {
    run -2 ipclab
    assert_line "ipclab: missing subcommand"
    run -2 ipclab frobnicate
    assert_line "ipclab: unknown subcommand frobnicate"
    run -2 ipclab start
    assert_line "ipclab: start: missing lab number"
    run -2 ipclab start 01 "$HOME/x" more
    assert_line "ipclab: start: too many operands: more"
    run -2 ipclab list --watch
    assert_line "ipclab: list: unknown option --watch"
    run -2 ipclab check --format=yaml 01
    assert_line "ipclab: check: invalid --format 'yaml': use text, tap, junit, json or gradescope"
    run -2 ipclab check --all=yes 01
    assert_line "ipclab: check: option --all takes no value"
    run -2 ipclab check --format
    assert_line "ipclab: check: option --format needs a value"
    run -2 ipclab check
    assert_line "ipclab: missing lab number, and this is not a work folder"
    run -1 ipclab start 77
    assert_line "ipclab: no lab is called 77"
    run -2 ipclab $'\e[31m'
    refute_output --partial $'\e'
    run ls -A
    assert_output ""
}

@test "command line: --help fits a terminal and ends in an example" {
    run ipclab --help
    assert_success
    ((${#lines[@]} <= 24))
    assert_regex "${lines[-1]}" '^Example: '
    local line
    for line in "${lines[@]}"; do ((${#line} <= 80)) || fail "too long: $line"; done
    run ipclab --version
    assert_output "ipclab $IPCLAB_VERSION"
    run ipclab check --help
    assert_line --partial "Usage: ipclab"
}

@test "command line: a lab by number, by name, by the current folder" {
    ipclab start 1
    for lab in 1 01 01-first-segment first-segment; do
        run ipclab read "$lab"
        assert_line "# Lab 01: A first segment"
    done
    mkdir "$work/deeper"
    cd "$work/deeper"
    run ipclab read
    assert_line "# Lab 01: A first segment"
}

# --- list, start, reset ------------------------------------------------------

@test "list: the status of each lab" {
    run ipclab list
    assert_line --regexp '^01  new +0/14 +45  A first segment$'
    ipclab start 01
    run ipclab list
    assert_line --regexp '^01  started +0/14 '
    solve "$work"
    ipclab check 01
    run ipclab list
    assert_line --regexp '^01  passed +14/14 '
    run bash -c 'ipclab list --json | jq -r ".[0] | .lab, .status, .points, .of, .minutes"'
    assert_output "01-first-segment
passed
14
14
45"
}

@test "start: copies the starter, prints its path, never overwrites" {
    run --separate-stderr ipclab start 01
    assert_success
    assert_output "$HOME/$work"
    run diff -r --exclude=.ipclab "$top_srcdir/labs/01-first-segment/starter" "$work"
    assert_success
    echo mine >"$work/note"
    run -1 ipclab start 01
    assert_line "ipclab: $HOME/$work already exists and will not be overwritten"
    assert_equal "$(<"$work/note")" mine
}

@test "start: copies to a given folder, which may exist if it is empty, but not to a file" {
    mkdir -p "my work"
    ipclab start 01 "my work"
    assert [ -x "my work/note" ]
    touch file
    run -1 ipclab start 01 file
    run -1 ipclab start 01 file/below
    assert_line --partial "cannot create "
    # ipclab remembers where it is.
    run -1 ipclab check 01
    assert_line "hint: ipclab hint 01"
}

@test "start: IPCLAB_WORK names another directory; a folder of a former version is still found" {
    IPCLAB_WORK="$HOME/else where" run --separate-stderr -0 ipclab start 01
    assert_output "$HOME/else where/01-first-segment"
    IPCLAB_WORK=there run --separate-stderr -0 ipclab start 02
    assert_output "$HOME/there/02-mapping"

    mkdir -p ipclab/03-shared-struct ipclab/04-lifetime
    cp -R "$top_srcdir"/labs/04-lifetime/starter/. ipclab/04-lifetime
    echo 04-lifetime >ipclab/04-lifetime/.ipclab
    run -1 ipclab start 04
    assert_line "ipclab: $HOME/ipclab/04-lifetime already exists and will not be overwritten"
    run --separate-stderr -0 ipclab reset 04
    assert_regex "$output" "^$HOME/ipclab/04-lifetime\."
    # A folder without .ipclab is not a work folder.
    run -1 ipclab reset 03
    assert_line --partial "ipclab: there is no folder $HOME/ipclab-work/03-"
}

# make_tree DIRECTORY: what a source tree of ipclab is known by.
make_tree() {
    mkdir -p "$1/labs"
    cp "$top_srcdir/configure.ac" "$1"
}

@test "start: refuses a folder in a source tree, by every way into it" {
    make_tree ipclab
    run -1 ipclab start 01 ipclab/01-first-segment
    assert_line "ipclab: $HOME/ipclab/01-first-segment is in $HOME/ipclab, a source tree of ipclab: git clean or a new clone would remove your work"
    assert_line "hint: name a folder elsewhere: ipclab start 01 DIR, or set IPCLAB_WORK"
    run -1 ipclab start 01 ipclab/deep/er/work
    run -1 env -C ipclab IPCLAB_WORK=. ipclab start 01
    ln -s ipclab/labs link
    run -1 ipclab start 01 link/work
    assert_line --partial "is in $HOME/ipclab, a source tree"
    run ls -A ipclab
    assert_output "configure.ac
labs"
    # A work folder that a former version put there is found all the same.
    cp -R "$top_srcdir/labs/01-first-segment/starter" ipclab/01-first-segment
    chmod -R u+w ipclab/01-first-segment
    echo 01-first-segment >ipclab/01-first-segment/.ipclab
    run -0 ipclab check --only='get: without' 01
    # Another project's tree is the user's own affair.
    mkdir -p other/labs && echo 'AC_INIT([other], [1.0])' >other/configure.ac
    run -0 ipclab start 02 other/work
}

# on_vfat COMMAND...: run it in a mount namespace where ./stick is a vfat.
on_vfat() {
    # shellcheck disable=SC2016 # for that bash to expand
    unshare --mount bash -c 'mount -t vfat -o loop,umask=0 image stick 2>/dev/null && "$@"' bash "$@"
}

# need_vfat: make the image that on_vfat mounts. Skips where that cannot be done.
need_vfat() {
    local path=$PATH:/usr/sbin:/sbin
    PATH=$path command -v mkfs.vfat >/dev/null || skip "mkfs.vfat is not installed; Debian's package dosfstools contains it"
    mkdir stick
    truncate -s 4M image
    PATH=$path mkfs.vfat image >/dev/null
    on_vfat true || skip "needs a loop device and a kernel with vfat"
}

@test "start: refuses a file system without FIFOs, and one where no program runs" {
    need_second_user
    mkdir noexec
    # shellcheck disable=SC2016 # for that bash to expand
    run -0 unshare --mount bash -c 'mount -t tmpfs -o noexec tmpfs noexec
        ipclab start 01 noexec/work; ipclab start 01 noexec/a/work; ls -A noexec'
    assert_output "ipclab: $HOME/noexec/work: the file system there (tmpfs) has no programs that can run, and the labs need them
hint: name a folder on a file system of Linux: ipclab start 01 DIR, or set IPCLAB_WORK
ipclab: $HOME/noexec/a/work: the file system there (tmpfs) has no programs that can run, and the labs need them
hint: name a folder on a file system of Linux: ipclab start 01 DIR, or set IPCLAB_WORK"
    # What cannot be written to is refused for that, and not for its file system.
    mkdir -m 555 closed
    # This user may read all, for the build tree may lie in /root.
    run -1 setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=+dac_read_search \
        --ambient-caps=+dac_read_search env IPCLAB_PROGRESS=/dev/null ipclab start 01 /proc/work
    assert_line --partial "cannot create /proc/work"
}

@test "start: refuses vfat by its name" {
    need_second_user
    need_vfat
    # shellcheck disable=SC2016 # for that bash to expand
    run -0 on_vfat bash -c 'ipclab start 01 stick/work; ls -A stick'
    assert_output "ipclab: $HOME/stick/work: the file system there (msdos) has no FIFOs, and the labs need them
hint: name a folder on a file system of Linux: ipclab start 01 DIR, or set IPCLAB_WORK"
}

@test "start: refuses a folder where mkfifo is not permitted, as on a drive of Windows" {
    mkdir bin
    printf '%s\n' '#!/bin/sh' 'echo "mkfifo: cannot create fifo: Operation not permitted" >&2' 'exit 1' >bin/mkfifo
    chmod +x bin/mkfifo
    run -1 env PATH="$PWD/bin:$PATH" ipclab start 01
    assert_line --regexp "^ipclab: $HOME/$work: the file system there \(.*\) has no FIFOs, and the labs need them$"
    run ls -A
    assert_output bin
}

@test "reset: begins again, and keeps the previous work" {
    ipclab start 01
    echo mine >"$work/note"
    cd "$work"
    run --separate-stderr ipclab reset
    assert_success
    assert_regex "$output" "^$HOME/$work\.[0-9-]+$"
    assert_equal "$(<"$output/note")" mine
    assert grep -q "is not written yet" "$HOME/$work/note"
    rm -rf "$HOME/ipclab-work"
    cd "$HOME"
    run -1 ipclab reset 01
    assert_line "ipclab: there is no folder $HOME/$work"
}

# --- check -------------------------------------------------------------------

@test "check: explains the first failure and counts the rest; --all explains each" {
    ipclab start 01
    run -1 ipclab check 01
    assert_line --index 0 "Lab 01: A first segment"
    assert_line --index 1 "in $(realpath "$HOME/$work")"
    assert_line "2 of 14 points; 10 of 12 checks fail (--all explains every failure)"
    assert_equal "$(grep -c 'observed:' <<<"$output")" 1
    assert_equal "$(grep -c '^  FAIL' <<<"$output")" 10
    run -1 ipclab check --all 01
    assert_equal "$(grep -c 'observed:' <<<"$output")" 10
    refute_output --partial "in test file"
}

@test "check: a solution passes, from its folder and with operands; without colours" {
    ipclab start 01
    solve "$work"
    run -0 ipclab check 01
    assert_line "14 of 14 points: all checks pass"
    refute_output --partial $'\e'
    run -0 ipclab check --only='rm: the segment' 01 "$HOME/$work"
    run -0 ipclab check --only='rm: the segment' "$HOME/$work"
    cd "$work"
    run -0 ipclab check --only='rm: the segment'
    refute_line --regexp '^in '
    run -1 ipclab check 01 /nonexistent
    assert_line "ipclab: there is no folder /nonexistent"
}

@test "check: accepts an answer in another spelling" {
    ipclab start 01
    solve "$work"
    sed -i -e "s/^page: .*/page: $(printf '0x%X' "$(getconf PAGESIZE)") bytes/" -e 's/^same-id: .*/same-id: No./' \
        -e 's/^shmat-takes: .*/shmat-takes: The id/' "$work/answers.txt"
    run -0 ipclab check --only=questions 01
    sed -i 's/^same-id: .*/same-id: Yes, 1/' "$work/answers.txt"
    run -1 ipclab check --only=questions 01
    assert_output --partial "answers.txt says 'same-id: yes, 1', which is wrong, or not in the requested form"
}

@test "check: the formats for other programs" {
    ipclab start 01
    run -1 ipclab check --format=tap 01
    assert_line --index 0 "1..12"
    assert_line "not ok 1 put: creates the segment with the agreed key"
    assert_line "ok 7 get: without a note it complains and exits with 1"
    assert_line --regexp '^# observed: '

    run -1 ipclab check --format=json 01
    run jq -r '.lab, .points, .of, .passed, (.tests | length), .tests[0].state, (.tests[0].text | length > 20)' <<<"$output"
    assert_output "01-first-segment
2
14
false
12
failed
true"

    run -1 ipclab check --format gradescope 01
    run jq -r '.score, ([.tests[].max_score] | add), .tests[6].status, .tests[6].score' <<<"$output"
    assert_output "2
14
passed
1"

    run -1 ipclab check --format=junit 01
    assert_line '<testsuite name="01-first-segment" tests="12" failures="10" skipped="0">'
    run perl -0777 -e 'local $_ = <STDIN>; s/<\?.*?\?>//; 1 while s{<(\w+)[^<>]*?(/>|>[^<>]*</\1>)}{}; print /[<>]/ ? "bad" : "good"' <<<"$output"
    assert_output good
}

@test "check: a check.bats that Bats cannot read is a failure of the grader, not of the student" {
    # What Bats 1.11 prints. (Bats 1.8 prints no plan where the file is missing.)
    run -0 jq -nRr --arg lab 90-one --arg title One --arg folder "" --arg checks "7 get: it works" --arg hidden "" \
        --argjson times 1 --arg limit "" --arg instructor "" --argjson began 0 --arg broken "" --arg conceal "" \
        "$(cat "$top_srcdir/src/ipclab/check/result.jq") | select(.event != \"start\") | .event, .grader_failed, .broken" \
        <<<$'1..1\nnot ok 1 bats-gather-tests\n# check.bats: line 3: syntax error'
    assert_output "not-begun
true
the check could not start: # check.bats: line 3: syntax error"
}

@test "check: --only runs a test, or all with a prefix, without recording progress; --times" {
    ipclab start 01
    run -0 ipclab check --format=tap --only='get: without' 01
    assert_output "1..1
ok 1 get: without a note it complains and exits with 1
# 1 of 1 points"
    run -1 ipclab check --format=tap --only=get 01
    assert_line "1..2"
    run -2 ipclab check --only=nothing 01
    assert_line "ipclab: check: no test of lab 01 begins with 'nothing'"
    run -2 ipclab check --only= 01
    run -2 ipclab check --times=0 01
    assert_line "ipclab: check: invalid --times '0': use 1 to 9999"
    run -2 env IPCLAB_TIME_SCALE=slow ipclab check 01
    assert_line "ipclab: IPCLAB_TIME_SCALE=slow: use a factor such as 3 or 1.5"
    run -2 env IPCLAB_ROUNDS=1.5 ipclab check 01
    assert_line --partial "ipclab: IPCLAB_ROUNDS=1.5: "
    run -2 env IPCLAB_MEMORY=4G ipclab check 01
    assert_line "ipclab: IPCLAB_MEMORY=4G: use a number of bytes, or unlimited"

    solve "$work"
    run -0 env -C "$work" ipclab check --times=2 --only=rm
    assert_output "Lab 01: A first segment
round 1 of 2
round 2 of 2
8 of 8 points: all checks pass"
    # Fail in the second round.
    sed -i '2i if [[ ${1-} == rm ]] && ! mkdir /tmp/once; then exit 1; fi' "$work/note"
    run -1 ipclab check --times=2 --format=tap --only='rm: the segment is gone' 01
    assert_line "ok 1 rm: the segment is gone"
    assert_line "not ok 2 rm: the segment is gone"
    run ipclab list
    assert_line --regexp '^01 +started +0/14'
}

@test "check: leaves nothing behind, even if interrupted" {
    local pid status=0
    ipclab start 01
    mkfifo "$HOME/told"
    # The first line on its standard output says that the check has begun.
    # No other test sleeps for this number.
    printf '%s\n' '#!/bin/sh' "exec sleep 1000.$$" >"$work/note"
    for signal in INT TERM HUP KILL; do
        env --default-signal ipclab check 01 >"$HOME/told" 2>&1 3>&- &
        pid=$!
        exec {told}<"$HOME/told"
        read -r _ <&"$told"
        await_sleeper
        kill -s "$signal" "$pid"
        wait "$pid" || status=$?
        ((status > 128)) || fail "it ended with $status after SIG$signal"
        # The pipe ends when the last process of the check ends.
        run timeout 30 cat <&"$told"
        ((status != 124)) || fail "something still runs after SIG$signal"
        exec {told}<&-
        [[ $signal == KILL ]] || [[ -z $(compgen -G "$TMPDIR/ipclab-check.*") ]]
        rmdir "$TMPDIR"/ipclab-check.* 2>/dev/null || :
    done
    [[ -z $(ids) ]]
}

# await_sleeper: wait until the check runs the student's program.
await_sleeper() {
    local tries
    for ((tries = 0; tries < 600; tries++)); do
        ! pgrep -fx "sleep 1000.$$" >/dev/null || return 0
        sleep 0.05
    done
    fail "the check does not begin"
}

@test "grade: reports that it cannot create namespaces" {
    mkdir "$HOME/bin" "$HOME/class"
    ln -s "$(type -P false)" "$HOME/bin/unshare"
    run -1 env PATH="$HOME/bin:$PATH" ipclab grade 01 "$HOME/class"
    assert_line --partial "ipclab: grade: cannot have the wall namespaces here"
    run env PATH="$HOME/bin:$PATH" ipclab doctor
    assert_line --regexp '^missing  namespaces '
}

@test "check: works for a user who is not root" {
    need_second_user
    local ipclab home=$TMPDIR/nobody
    mkdir -m 777 "$home" && mkdir -p "$TMPDIR/tree"
    make -s -C "$top_builddir" install DESTDIR="$TMPDIR/tree" >/dev/null
    chmod -R a+rX "$TMPDIR/tree"
    ipclab=$(find "$TMPDIR/tree" -path '*/bin/ipclab')
    as_user() { setpriv --reuid=65533 --regid=65533 --clear-groups env HOME="$home" TMPDIR="$home" "$@"; }
    run -0 as_user "$ipclab" start 01
    run -1 as_user "$ipclab" check 01
    assert_line --partial "2 of 14 points"
    run ls -A "$home"
    refute_output --partial ipclab-check
    printf '%s\n' '#!/bin/sh' 'unshare --user true && echo got one >&2' 'exit 1' >"$home/$work/note"
    run -1 as_user "$ipclab" check --all 01
    assert_output --partial "unshare failed"
    refute_output --partial "got one"
}

@test "check: from an installed tree that was moved" {
    local ipclab
    make -s -C "$top_builddir" install DESTDIR="$HOME/tree" >/dev/null
    ipclab=$(find "$HOME/tree" -path '*/bin/ipclab')
    PATH=/usr/local/bin:/usr/bin:/bin run -0 "$ipclab" list
    assert_line --partial "A first segment"
    PATH=/usr/local/bin:/usr/bin:/bin run -0 "$ipclab" start 01
    solve "$work"
    PATH=/usr/local/bin:/usr/bin:/bin run -0 "$ipclab" check 01
    assert_line "14 of 14 points: all checks pass"
}

# --- hint, solution, progress ------------------------------------------------

@test "hint: prints one after another, for the first task that fails" {
    ipclab start 01
    run -0 ipclab hint 01
    assert_line --index 0 "put, hint 1 of 3:"
    run -0 ipclab hint 01
    assert_line --index 0 "put, hint 2 of 3:"
    run -0 ipclab hint 01
    run -0 ipclab hint 01
    assert_line --index 0 "put, hint 3 of 3:"
    solve "$work"
    cp "$top_srcdir/labs/01-first-segment/starter/answers.txt" "$work"
    ipclab check 01 || :
    run -0 ipclab hint 01
    assert_line --index 0 "questions, hint 1 of 3:"
    solve "$work"
    ipclab check 01
    run -1 ipclab hint 01
    assert_line --partial "all checks passed, so no hint is left to give"
}

@test "solution: only after passing, or with --instructor" {
    ipclab start 01
    run -1 ipclab solution 01
    assert_line "ipclab: you have not passed lab 01 yet; after that, you can compare its solution"
    run -0 ipclab solution --instructor 01
    assert_line "==> note <=="
    assert_line "page: $(getconf PAGESIZE)"
    assert_line --regexp '^key: 0x[0-9a-f]+$'
    solve "$work"
    ipclab check 01
    run -0 ipclab solution 01
    assert_line "==> note <=="
}

@test "progress: keeps lines of a later version, and ignores an invalid line" {
    mkdir -p .local/state/ipclab
    printf 'zz-future\tsomething\tof later\nrubbish\n' >.local/state/ipclab/progress
    ipclab start 01
    run cat .local/state/ipclab/progress
    assert_line $'zz-future\tsomething\tof later'
    assert_line $'01-first-segment\tfolder\t'"$HOME/$work"
    run ls -A .local/state/ipclab
    assert_output progress
}

# as_sudo COMMAND...: run it as root of a machine where the user 65533 has the home folder $owner_home.
as_sudo() {
    printf '%s\n' "$(</etc/passwd)" "student:x:65533:65533::$owner_home:/bin/sh" >passwd
    # shellcheck disable=SC2016 # for that bash to expand
    unshare --mount bash -c 'mount --bind passwd /etc/passwd && "$@"' bash "$@"
}

@test "progress: of root in the work folder of another user is that user's, and no link of theirs is followed" {
    need_second_user
    owner_home="$TMPDIR/of user"
    local work="$owner_home/work" state="$owner_home/.local/state"
    mkdir "$owner_home"
    IPCLAB_PROGRESS=/dev/null ipclab start 01 "$work"
    chown -R 65533:65533 "$owner_home"
    run -1 as_sudo ipclab check 01 "$work"
    assert_output --partial "2 of 14 points"
    assert_equal "$(stat -c %u:%g "$state" "$state/ipclab/progress" | sort -u)" 65533:65533
    assert grep -qx $'01-first-segment\tpoints\t2' "$state/ipclab/progress"
    assert [ ! -e .local ]

    mkdir mine
    rm -r "$state/ipclab"
    ln -s "$PWD/mine" "$state/ipclab"
    run -1 as_sudo ipclab check 01 "$work"
    assert_line --partial "cannot write $state/ipclab/progress: your progress is not recorded"
    run ls -A mine
    assert_output ""
}

# --- doctor ------------------------------------------------------------------

@test "doctor: reports what is missing and how to install it" {
    run -0 ipclab doctor
    assert_line --regexp '^ok +bats '
    local tool
    mkdir "$HOME/few"
    for tool in bash sh readlink sed awk cat basename ls env id dirname nproc unshare true; do
        ln -s "$(type -P "$tool")" "$HOME/few/$tool"
    done
    run -1 env PATH="$HOME/few" "$(type -P ipclab)" doctor
    assert_line --regexp '^missing +bats +every check'
    assert_line --regexp '^To install the missing packages on Debian: (sudo )?apt-get install .*bats.*inotify-tools'
}

@test "doctor: names a package that apt does not know apart, so that the line can be pasted" {
    local tool
    mkdir few
    for tool in bash env readlink dirname sed awk cat tr sort uniq head nproc id grep; do ln -s "$(type -P "$tool")" few/; done
    # shellcheck disable=SC2016 # for that sh to expand
    printf '%s\n' '#!/bin/sh' 'case $1 in' 'policy) cat lists ;;' 'show) echo "$*" >>asked
        for name; do case $name in show | similarity-tester) ;; *) echo "Package: $name" ;; esac; done ;;' 'esac' >few/apt-cache
    chmod +x few/apt-cache
    echo ' 500 http://deb.example.org/debian trixie/main amd64 Packages' >lists
    run -1 env PATH="$PWD/few" "$(type -P ipclab)" doctor
    assert_line --regexp '^missing +sim_c\|dolos '
    assert_line --regexp '^To install the missing packages on Debian: (sudo )?apt-get install bats .* zip'
    refute_line --regexp '^To install .* similarity-tester'
    assert_line "This system has no package of this name: similarity-tester"
    # One question for all packages: apt may take seconds for each.
    assert_equal "$(wc -l <asked)" 1
    # Before the first apt-get update nothing is known, and all may exist.
    : >lists
    run -1 env PATH="$PWD/few" "$(type -P ipclab)" doctor
    assert_line --regexp '^To install .* similarity-tester'
    refute_line --partial "This system has no package"
}

# --- a full disk -------------------------------------------------------------

# on_small_disk COMMAND...: run it in a mount namespace where $HOME/disk is a tmpfs of 64 KiB.
on_small_disk() {
    mkdir -p "$HOME/disk"
    # shellcheck disable=SC2016 # for that bash to expand
    unshare --mount bash -c 'mount -t tmpfs -o size=64k,mode=777 tmpfs "$HOME/disk" && cd "$HOME/disk" && "$@"' bash "$@"
}

@test "a full disk: start reports it and leaves nothing incomplete" {
    # shellcheck disable=SC2016 # for that bash to expand
    run -0 on_small_disk bash -c 'head -c 1M /dev/zero >filler 2>/dev/null
        ipclab start 01 "$PWD/work" && exit 1; ls -A'
    assert_line --partial "No space left"
    assert_line --partial "cannot create "
    assert_equal "${lines[-1]}" filler
}

@test "a full disk: reset and check lose nothing, and warn that progress is not recorded" {
    export IPCLAB_PROGRESS=$HOME/disk/progress TMPDIR=/tmp
    # shellcheck disable=SC2016 # for that bash to expand
    run -0 on_small_disk bash -c 'ipclab start 01 "$PWD/work" || exit
        echo mine >work/mine
        head -c 1M /dev/zero >filler 2>/dev/null
        ipclab reset 01; cat work/mine; cat "$PWD"/work*/mine
        ipclab check 01 "$PWD/work" | tail -n 2; cat work/mine'
    assert_line --partial "No space left"
    assert_line "mine"
    assert_line --partial "your progress is not recorded"
    assert_line "hint: ipclab hint 01"
    assert_equal "${lines[-1]}" mine
}

# --- selftest ----------------------------------------------------------------

# own_lab: copy lab 01 to a lab 42 outside the source tree.
own_lab() {
    own=$HOME/labs/42-own
    mkdir -p "${own%/*}"
    cp -R "$top_srcdir/labs/01-first-segment" "$own"
    chmod -R u+w "$own"
}

@test "selftest: a lab from elsewhere, by its directory or by IPCLAB_LABS" {
    own_lab
    run -0 ipclab selftest --only='the lab' "$own"
    assert_output "1..1
ok 1 lab 42: the lab is complete"
    run -1 ipclab selftest --only='the lab' 42
    assert_output --partial "ipclab: no lab is called 42"
    export IPCLAB_LABS="/nonexistent:${own%/*}"
    run -0 ipclab selftest --only='the solution' --jobs=1 --times=2 42
    assert_line "ok 1 lab 42: the solution passes"
    run ipclab list
    assert_line --regexp '^01 .*A first segment$'
    assert_line --regexp '^42 .*A first segment$'
    run -2 ipclab selftest --only=nothing 42
    assert_line "ipclab: selftest: no statement begins with 'nothing'"
}

@test "selftest: reports each statement that does not hold" {
    own_lab
    sed -i 's/questions: what an id is/questions: what it is/' "$own/lab.conf"
    cp "$own/solution/"* "$own/starter"
    echo "words that nobody says" >>"$own/wrong/echoed/expect"
    cp "$own/solution/note" "$own/wrong/leftover"
    run -1 ipclab selftest "$own"
    assert_line "not ok 1 lab 42: the lab is complete"
    assert_line "# < questions: what an id is"
    assert_line "not ok 3 lab 42: the starter fails"
    assert_line "ok 4 lab 42: the solution passes"
    assert_line "not ok 6 lab 42: wrong/echoed is caught"
    assert_line '# the message does not contain "words that nobody says":'
    assert_line "not ok 10 lab 42: wrong/leftover is caught"
    assert_line "# put: a shorter note leaves nothing of a longer one failed 0 times of 1"
}

@test "selftest: --times repeats a test that is not sampled three times at most" {
    own_lab
    cp "$own/solution/note" "$own/wrong/leftover"
    run -1 ipclab selftest --times=5 --only=wrong/leftover "$own"
    assert_line "# put: a shorter note leaves nothing of a longer one failed 0 times of 3"
    echo 'sampled = put: a shorter note leaves nothing of a longer one' >>"$own/lab.conf"
    run -1 ipclab selftest --times=5 --only=wrong/leftover "$own"
    assert_line "# put: a shorter note leaves nothing of a longer one failed 0 times of 5"
}

# While a timer ran on during the yield, each of many processes on one CPU woke up to its next tick, and yielded again.
@test "selftest: disturbed programs get their work done, however many share a CPU" {
    local cpus
    cpus=$(taskset --cpu-list --pid $$)
    cpus=${cpus##*: }
    # shellcheck disable=SC2016 # the inner shell expands $i
    IPCLAB_PERTURB=7:tick LD_PRELOAD=$top_builddir/labs/lib/perturb.so run -0 \
        taskset --cpu-list "${cpus%%[-,]*}" timeout --signal=KILL 300 sh -c '
            for each in $(seq 64); do
                (i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; echo done) &
            done
            wait'
    assert_equal "${#lines[@]}" 64
}

@test "selftest: reports each error in lab.conf and check.bats" {
    own_lab
    sed -i -e '/^title/d' -e 's/^minutes.*/minutes = long/' -e 's/^needs.*/needs = gcc/' "$own/lab.conf"
    printf '%s\n' 'hidden = put: nothing' 'sampled = put: less' 'late = never' 'colour = red' >>"$own/lab.conf"
    echo 'if' >>"$own/check.bats"
    rm "$own/solution/answers.txt"
    run -1 ipclab selftest --only='the lab' "$own"
    assert_line "# lab.conf: title must appear exactly once"
    assert_line "# lab.conf: minutes = long: use a whole number of minutes"
    assert_line "# lab.conf: needs = ... gcc: use root, cpus:N or cmd:NAME@PACKAGE"
    assert_line "# lab.conf: hidden = put: nothing: check.bats has no such test"
    assert_line "# lab.conf: sampled = put: less: check.bats has no such test"
    assert_line "# lab.conf: late = never: use a rule such as 10% per day, 5 days"
    assert_line "# lab.conf: colour = red: unknown name; see ipclab-lab(5)"
    assert_line --regexp '^# check.bats: .*line [0-9]+: syntax error'
    assert_line "# solution/ lacks answers.txt, which is in starter/"
}

@test "selftest: a starter that does not compile; the points of a starter" {
    own_lab
    run -0 ipclab selftest --only='the starter' "$own"
    assert_line "# the starter earns 2 of 14 points"
    printf '%s\n' 'note.o: note.c' >"$own/starter/Makefile"
    run -1 ipclab selftest --only='the starter' "$own"
    assert_line "# the starter does not compile:"
}

@test "check: random inputs differ, but are the same for a whole class" {
    own_lab
    # shellcheck disable=SC2016 # for bats to expand
    printf '%s\n' 'load "$IPCLAB_LIB/check"' '@test "put: random" {' \
        'fail "$(random_number 1000000) $(random_number 1000000) $(random_word) $(random_word)" it Questions' '}' >"$own/check.bats"
    sed -i '/^check/d' "$own/lab.conf"
    echo "check = 1 put: random" >>"$own/lab.conf"
    export IPCLAB_SEED
    mkdir work
    for IPCLAB_SEED in '' one one two; do
        run -1 env IPCLAB_LABS="${own%/*}" ipclab check --format=tap 42 work
        read -r _ _ numbers <<<"$(grep observed: <<<"$output")"
        assert_equal "$(tr ' ' '\n' <<<"$numbers" | sort -u | wc -l)" 4
        drawn+=("$numbers")
    done
    assert_equal "${drawn[1]}" "${drawn[2]}"
    assert_equal "$(printf '%s\n' "${drawn[@]}" | sort -u | wc -l)" 3
}

@test "selftest: a session that prints something else than the sheet shows" {
    own_lab
    printf '%s\n' '```console' '$ echo one' 'two' '```' >"$own/README.md"
    run -1 ipclab selftest --only='the session' "$own"
    assert_line "not ok 1 lab 42: the session prints what the sheet shows"
    assert_line --regexp '^#.*one'
}
