#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# ipclab grade: grade a class, some of whose work is hostile, and recover from interruptions.

load helpers/common
load helpers/class

setup_file() {
    export IPCLAB_LABS=$BATS_FILE_TMPDIR/labs
    make_lab
    make_tiny_lab
}

setup() {
    trace_failures
    export HOME=$BATS_TEST_TMPDIR/home
    class=$BATS_TEST_TMPDIR/class
    mkdir -p "$HOME" "$class"
    cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
    ! mountpoint -q "$BATS_TEST_TMPDIR/full" || umount "$BATS_TEST_TMPDIR/full"
    clean_up
}

# graded [ARG...]: run ipclab grade, and verify that it removes its temporary files.
graded() {
    run ipclab grade 90 "$@"
    [[ -z $(compgen -G "$TMPDIR/ipclab-*") ]] || fail "left: $(ls "$TMPDIR")"
}

# result STUDENT FILTER: apply a jq filter to the student's result.
result() {
    jq -r "$2" "grades-90/$1/results.json"
}

@test "with a umask of 000, others cannot write to the results" {
    say ann
    (umask 000 && ipclab grade 92 --deadline='2026-11-20 23:59 +05:45' class/ann)
    run find grades-92 -perm /002
    assert_output ""
    run grep -c '^"ann",' grades-92/grades.csv
    assert_output 1
}

# --- the command line --------------------------------------------------------

@test "command line: an error is named, exit status 2, nothing is done" {
    add one "" starter
    run -2 ipclab grade
    assert_line "ipclab: grade: missing lab number"
    run -2 ipclab grade 90
    assert_line "ipclab: grade: missing folders or --csv"
    run -2 ipclab grade 90 --csv=roster.csv class/one
    assert_line "ipclab: grade: use either folders or --csv"
    run -2 ipclab grade 90 --csv=roster.csv
    assert_line "ipclab: cannot read roster.csv"
    run -2 ipclab grade 90 class/none
    assert_line "ipclab: class/none is not a folder; nothing was graded"
    run -2 ipclab grade 90 class/one class/one/
    assert_line "ipclab: student one appears twice; each student needs a different name"
    run -2 ipclab grade 90 --limit=0 class/one
    run -2 ipclab grade 90 --late='10% per day' class/one
    assert_line "ipclab: --late needs --deadline"
    run -2 ipclab grade 90 --late='10 points per day' --deadline=@0 class/one
    assert_line "ipclab: invalid late rule '10 points per day': use a rule such as '10% per day, 5 days'"
    run -2 ipclab grade 90 --deadline=tomorrow class/one
    assert_line --partial "ipclab: invalid time 'tomorrow': use a time such as 2026-11-20 23:59"
    run -1 ipclab grade 90 --resume class/one
    assert_line "ipclab: grades-90 holds no results to continue"
    mkdir class/one/within
    run -2 ipclab grade 90 --out=class/one/within class/one
    assert_line --partial "class/one/within overlaps with the work to grade"
    rmdir class/one/within
    run ls -A
    assert_output "class
class.truth
home"
}

@test "command line: --help fits a terminal and ends in an example" {
    run ipclab grade --help
    assert_success
    ((${#lines[@]} <= 24))
    assert_regex "${lines[-1]}" '^Example: '
    local line
    for line in "${lines[@]}"; do ((${#line} <= 80)) || fail "too long: $line"; done
}

@test "a roster: an error is named with its line, and nothing is graded" {
    local line
    add one "" starter
    bad_roster $'name,folder\none,class/one' "the first line must name the columns student and folder"
    bad_roster $'student,folder\n"one,class/one' "line 2: a quote is not closed"
    bad_roster $'student,folder\none,class/one\n../one,class/one' ", line 3: invalid student '../one': "
    bad_roster $'student,folder\n.hidden,class/one' ", line 2: invalid student '.hidden': "
    bad_roster $'student,folder\n,class/one' ", line 2: invalid student '': "
    bad_roster $'student,folder,submitted\none,class/one,yesterday' ", line 2: invalid time: "
    bad_roster $'student,folder\none,class/one\none,class/one' "student one appears twice"
    bad_roster 'student,folder' "there are no students to grade"
    assert [ ! -e grades-90 ]
}

# bad_roster TEXT MESSAGE
bad_roster() {
    printf '%s\n' "$1" >roster.csv
    run -2 ipclab grade 90 --csv=roster.csv
    assert_output --partial "$2"
}

# --- a class -----------------------------------------------------------------

# the_class: create 31 submissions whose failures are known.
the_class() {
    local i
    for i in {01..08}; do add "solution$i" "" solution; done
    for i in {1..4}; do add "starter$i" "1 2 3 5" starter; done
    for i in {1..2}; do
        add "creates$i" 4 solution wrong/creates-on-get
        add "first$i" 5 solution wrong/first-listed
        add "everybody$i" 2 solution wrong/for-everybody
        add "file$i" "1 2 3 4" solution wrong/in-a-file
        add "leftover$i" 3 solution wrong/leftover
        add "removes$i" 5 solution wrong/removes-all
    done
    add_hostile bomb "3 4" './hostile fork'
    add_hostile huge 3 './hostile segment >\&2'
    add_hostile killer "3 4" './hostile kill; sleep 1000'
    add_hostile endless "3 4" 'yes'
    add_hostile reader 3 "./hostile read '$class/solution01/secret' >\&2"
    add_hostile writer 3 "for f in '$PWD/grades-90/solution01/results.json' '$IPCLAB_LABS/90-class/check.bats'; do ./hostile write \\\$f; done"
    add_hostile daemon 4 'setsid sleep 1000 >/dev/null 2>\&1 \& ( unset BASH_ENV; exec ./real get ); exit'
    cp "$IPCLAB_LABS/90-class/solution/note" "$class/daemon/real"
    echo "the secret of another" >"$class/solution01/secret"
    chmod -R a+rX "$BATS_TEST_TMPDIR"
    echo '{"score": 7, "tests": []}' | tee "$class/writer/results.json" >"$class/writer/results.json.new"
    sort -o "$class.truth" "$class.truth"
}

# steady DIRECTORY: print all that a second run must reproduce: the results without the execution
# time, and without what hostile programs print.
steady() {
    local result
    for result in "$1"/*/results.json; do
        basename "${result%/*}"
        case $result in
        */bomb/* | */killer/* | */endless/* | */daemon/*) jq '.tests[] |= del(.output) | del(.execution_time)' "$result" ;;
        *) jq 'del(.execution_time)' "$result" ;;
        esac
    done
}

@test "31 submissions, 7 of them hostile: the known failures; the reverse order with --sshlogin gives the same" {
    the_class
    export IPCLAB_TIME_SCALE=0.5
    mapfile -t folders < <(printf '%s\n' "$class"/*)
    assert_equal "${#folders[@]}" 31
    graded --seed=one "${folders[@]}"
    assert_success
    assert_line "lab 90: 31 graded: 8 passed, 23 failed a check, 0 could not be judged"
    same "$(who_failed grades-90/grades.csv)" "$(<"$class.truth")"
    assert_line "    8  5. rm: leaves other segments alone: first1 first2 removes1 removes2 starter1 and 3 more"
    grep -q '^@test' "$IPCLAB_LABS/90-class/check.bats"
    run grep -rl "the secret" grades-90
    assert_output ""

    mv grades-90 first
    mapfile -t folders < <(printf '%s\n' "$class"/* | tac)
    graded --seed=one --sshlogin=: "${folders[@]}"
    assert_success
    same "$(steady grades-90)" "$(steady first)"
    same "$(sort grades-90/grades.csv)" "$(sort first/grades.csv)"
    same "$(tail -n +2 grades-90/grades.csv | cut -d, -f 1)" "$(tail -n +2 first/grades.csv | cut -d, -f 1 | tac)"
}

# same GOT WANTED: fail with their differences.
same() {
    [[ $1 == "$2" ]] || fail "$(diff <(echo "$2") <(echo "$1"))"
}

# await COMMAND...: run it until it succeeds.
await() {
    local tries
    for ((tries = 0; tries < 1200; tries++)); do
        ! "$@" || return 0
        sleep 0.05
    done
    fail "never: $*"
}

sleeps() { pgrep -fx "sleep 1000.$$" >/dev/null; }
no_sleeper() { ! sleeps; }

@test "--resume: continues after SIGKILL, and checks nothing twice" {
    local pid before
    add a1 "" solution
    add a2 "1 2 3 5" starter
    add b1 "1 2 3 5" starter
    add c1 4 solution wrong/creates-on-get
    # No other test sleeps for this number.
    printf '%s\n' '#!/bin/sh' "exec sleep 1000.$$" >"$class/b1/note"
    ipclab grade 90 --jobs=1 "$class"/* 3>&- &
    pid=$!
    await sleeps
    kill -s KILL "$pid"
    wait "$pid" 2>/dev/null || :
    # The checks end with grade.
    await no_sleeper
    rm -rf "$TMPDIR"/ipclab-*
    run ls grades-90
    assert_output "a1
a2"
    before=$(stat -c '%n %i %y' grades-90/*/results.json)
    cp "$IPCLAB_LABS/90-class/starter/note" "$class/b1"
    run -1 ipclab grade 90 "$class"/*
    assert_line "ipclab: grades-90 already exists and will not be overwritten"
    run -1 ipclab grade 01 --out=grades-90 --resume "$class"/*
    assert_line --partial "holds results of 90-class, not of 01-first-segment"
    graded --resume "$class"/*
    assert_success
    assert_equal "$(stat -c '%n %i %y' grades-90/a?/results.json)" "$before"
    same "$(who_failed grades-90/grades.csv)" "$(<"$class.truth")"
}

@test "interrupted: the checks end, and only results remain" {
    local pid
    add b1 "" starter
    printf '%s\n' '#!/bin/sh' "exec sleep 1000.$$" >"$class/b1/note"
    for signal in INT TERM; do
        rm -rf grades-90
        env --default-signal ipclab grade 90 "$class"/* 3>&- &
        pid=$!
        await sleeps
        kill -s "$signal" "$pid"
        status=0
        wait "$pid" || status=$?
        ((status > 128)) || fail "it ended with $status"
        await no_sleeper
        [[ -z $(compgen -G "$TMPDIR/ipclab-grade*") ]]
    done
}

# --- results without a check -------------------------------------------------

@test "no result of its own: no work, an empty folder, a check that takes too long or crashes" {
    add good "" solution
    mkdir "$class/empty"
    printf '%s\n' $'\xef\xbb\xbf"student", FOLDER ,"e-mail"\r' 'good,class/good,a@b\r' 'empty,class/empty,' 'gone,class/gone' \
        '"none, with ""quotes"" and żółty",,' | sed 's/\\r$/\r/' >roster.csv
    graded --csv=roster.csv
    assert_success
    assert_line "lab 90: 4 graded: 1 passed, 1 failed a check, 2 could not be judged"
    assert_line "not judged: gone none, with \"quotes\" and żółty"
    assert_equal "$(cut -d, -f 1-3 grades-90/grades.csv | sed 1d | tr '\n' ' ')" \
        '"good",7,7 "empty",0,7 "gone",0,7 "none, with ""quotes"" and żółty",0 '
    assert_equal "$(result gone '.score, .output')" "0
0 of 7 points: this student has not submitted work"

    rm -rf grades-90
    printf '%s\n' '#!/bin/sh' "exec sleep 1000.$$" >"$class/good/note"
    graded --limit=1 class/good
    assert_success
    assert_equal "$(result good '.score, .output, .tests[0].output')" "0
0 of 7 points: the check reached its time limit of 1 s
not judged: the check reached its time limit of 1 s"
    assert [ "$(result good '.execution_time < 30')" = true ]
    await no_sleeper

    rm -rf grades-90
    cp -R "$IPCLAB_LABS/90-class" "$IPCLAB_LABS/91-crash"
    # Kill all processes in the check's namespaces except the first.
    sed -i '/^@test "get/a kill -s KILL -1' "$IPCLAB_LABS/91-crash/check.bats"
    run ipclab grade 91 --out=grades-90 "$class/empty"
    rm -rf "$IPCLAB_LABS/91-crash"
    assert_success
    assert_equal "$(result empty .score)" 0
    assert_regex "$(result empty .output)" '^0 of 7 points: the check ended early'
}

@test "an endless read: answers.txt as a FIFO costs two seconds" {
    cp -R "$IPCLAB_LABS/90-class" "$IPCLAB_LABS/92-answers"
    # shellcheck disable=SC2016 # for the check to expand
    printf '%s\n' 'load "$IPCLAB_LIB/check"' '@test "questions: the page" {' \
        'must_answer page 1 "look it up" Questions' '}' >"$IPCLAB_LABS/92-answers/check.bats"
    printf '%s\n' 'title = One question' 'minutes = 1' 'check = 1 questions: the page' >"$IPCLAB_LABS/92-answers/lab.conf"
    mkdir "$class/fifo"
    mkfifo "$class/fifo/answers.txt"
    run ipclab grade 92 --out=grades-90 "$class/fifo"
    rm -rf "$IPCLAB_LABS/92-answers"
    assert_success
    assert_equal "$(result fifo '.tests[0].status, .extra_data.broken == ""')" "failed
true"
}

# --- hostile submissions -----------------------------------------------------

# good NAME KEY [LINE]: create a submission that gets both points; the results call it KEY.
good() {
    say "$1" "${3-}"
    printf '%s 2\n' "$2" >>"$class.truth"
}

# refused NAME KEY REASON: the submission NAME, which exists, is not judged.
refused() {
    [[ -e $class/$1 || -L $class/$1 ]] || fail "no submission: $1"
    printf '%s 0\n' "$2" >>"$class.truth"
    printf '%s: %s\n' "$2" "$3" >>"$class.reasons"
}

# odd_names: submissions whose names attack the grader, the shell, parallel, a terminal or a reader.
odd_names() {
    local long
    good grades.csv %67rades.csv
    good "   " "%20 %20"
    good ann ann
    good $'byte\xff' byte%FF
    # Files in place of folders: their names are in the reports, and cost no check.
    for name in Summary.TXT ANN $'csi\u009b31m' $'byte\xfe' byte%FF $'\u202etxt' "'=a"; do echo >"$class/$name"; done
    refused Summary.TXT %53ummary.TXT "the submission is not a folder: regular file"
    refused ANN ANN "the submission is not a folder: regular file"
    refused $'csi\u009b31m' csi%C2%9B31m "the submission is not a folder: regular file"
    refused $'byte\xfe' byte%FE "the submission is not a folder: regular file"
    refused $'\u202etxt' %E2%80%AEtxt "the submission is not a folder: regular file"
    refused "'=a" "'=a" "the submission is not a folder: regular file"
    refused byte%FF byte%25FF "the submission is not a folder: regular file"
    # shellcheck disable=SC2016 # not for us to expand
    good '=a\b$(touch owned){= system("touch owned") =}{1}' '=a\b$(touch owned){= system("touch owned") =}{1}'
    for name in -rf .graded $'tab\there' $'new\nline\n'; do say "$name"; done
    printf -v long '%0255d' 0
    say "$long"
    refused -rf %2Drf "the name of the submission is invalid: "
    refused .graded %2Egraded "the name of the submission is invalid: "
    refused $'tab\there' tab%09here "the name of the submission is invalid: "
    refused $'new\nline\n' new%0Aline%0A "the name of the submission is invalid: "
    refused "$long" "${long:0:45}%~$(printf %s "$long" | sha256sum | head -c 16)" "the name of the submission is invalid: "
}

# odd_shapes: submissions that are no folders of ordinary files.
odd_shapes() {
    local link="the submission is a symbolic link, which can lead to the work of another student"
    ln -s ann "$class/bob" && refused bob bob "$link"
    ln -s /etc "$class/etc" && refused etc etc "$link"
    ln -s gone "$class/dangling" && refused dangling dangling "$link"
    ln -s loop "$class/loop" && refused loop loop "$link"
    echo >"$class/file" && refused file file "the submission is not a folder: regular file"
    mkfifo "$class/fifo" && refused fifo fifo "the submission is not a folder: fifo"
    (cd "$class" && perl -MSocket -e 'socket S, PF_UNIX, SOCK_STREAM, 0; bind S, sockaddr_un("socket") or die') &&
        refused socket socket "the submission is not a folder: socket"
    say copier && ln -s ../ann/note "$class/copier/nöte" &&
        refused copier copier "the file nöte is a symbolic link that leaves the folder"
    say around && ln -s .. "$class/around/up" && ln -s up/ann/note "$class/around/a" &&
        refused around around "the file "
    say deep && (cd "$class/deep" && perl -e 'mkdir("d"), chdir("d") for 1 .. 3000') &&
        refused deep deep "the submission has more than 64 levels of folders"
    say many && (cd "$class/many" && seq 10001 | xargs touch) && refused many many "the submission has more than 10000 files"
    say sparse && truncate -s 10G "$class/sparse/big" && refused sparse sparse "the files take more than 64 MiB"
    mkdir "$class/empty" && printf '%s\n' "empty 1" >>"$class.truth"
    good leaver leaver "./own; echo >'/dev/shm/a b'; echo >'/dev/shm/a
b'; setsid sleep 1000.$$ >/dev/null 2>&1 &"
    ln -s /bin/true "$class/leaver/own"
}

# outside: print what is in the directory of the test, except results.
outside() {
    find . -mindepth 1 -maxdepth 3 -path ./grades-92 -prune -o -printf '%p %y %s %T@\n' | sort
}

@test "31 hostile submissions: a row for each, the good ones keep their score, nothing else changes" {
    local before student reason
    odd_names
    odd_shapes
    before=$(outside)
    run -0 ipclab grade 92 --seed=one "$class"/{*,.graded}
    assert_line "lab 92: $(wc -l <"$class.truth") graded: 6 passed, 1 failed a check, 24 could not be judged"
    assert_equal "$(printf '%s' "$output" | tr -d '\n' | LC_ALL=C.UTF-8 sed 's/[[:print:]]//g')" ""
    same "$(outside)" "$before"
    no_sleeper
    [[ ! -e owned && -z $(compgen -G "$TMPDIR/ipclab-*") ]]
    same "$(sed -E '1d; s/^"//; s/^.([^=]?=)/\1/; s/""/"/g' grades-92/grades.csv | sed -E 's/^(.*)",([0-9]),2,,0,.*/\1 \2/' | LC_ALL=C sort)" \
        "$(LC_ALL=C sort "$class.truth")"
    while IFS= read -r student; do
        reason=${student#*: } student=${student%%: *}
        [[ $(jq -r .extra_data.broken "grades-92/$student/results.json") == "$reason"* ]] ||
            fail "$student: $(jq -r .extra_data.broken "grades-92/$student/results.json")"
    done <"$class.reasons"
    assert_equal "$(grep -c "^\"'=a.b" grades-92/grades.csv) $(grep -c "^\"''=a\"" grades-92/grades.csv)" "1 1"
    refute_output --partial "$class"
    assert_equal "$(grep -rlF "$class" grades-92)" ""
}

@test "a folder that the instructor cannot read is refused by name" {
    need_second_user
    # Another user cannot reach what is below the directory of the test.
    local place=$TMPDIR/place
    mkdir -p "$place/within"
    mkdir -m 700 "$place/locked"
    install -m 600 /dev/null "$place/within/secret"
    cp "$top_srcdir"/src/ipclab/grade/{names,refuse}.bash "$place"
    # shellcheck disable=SC2016 # for that bash to expand
    run -0 as_nobody bash -c 'source "$1/names.bash"; source "$1/refuse.bash"
        for folder in "$2"/locked "$2"/within; do why_refused "$folder"; echo "$refused"; done' - "$place" "$place"
    assert_output "the folder is not readable
the file secret is not readable"
    rm -r "$place"
}

@test "no path of the instructor's machine in results.json" {
    say big
    head -c 40M /dev/zero >"$class/big/zeros"
    cp -R "$IPCLAB_LABS/92-tiny" "$IPCLAB_LABS/93-broken"
    echo 'no_such_command' >>"$IPCLAB_LABS/93-broken/check.bats"
    run -0 ipclab grade 92 "$class/big"
    assert_regex "$(jq -r .output grades-92/big/results.json)" '0 of 2 points: the check could not start: ipclab: cannot copy \.\.\.: '
    run -0 ipclab grade 93 "$class/big"
    rm -rf "$IPCLAB_LABS/93-broken"
    run grep -rF -e "$BATS_FILE_TMPDIR" -e "$TMPDIR" -e "$top_srcdir" -e "$class" grades-92/big grades-93/big
    assert_output ""
}

# --- a full disk -------------------------------------------------------------

# full PAGES: mount an empty file system that holds this many pages as ./full.
full() {
    mkdir -p full
    mount -t tmpfs -o "size=$(($1 * $(getconf PAGESIZE)))" tmpfs full
}

@test "a full disk: a message of ours, and --resume continues where it ended" {
    local seed before
    say a
    say b
    full 1
    echo >full/filler
    run -1 ipclab grade 92 --out=full/out "$class"/*
    assert_output "ipclab: cannot write $PWD/full/out/.graded
hint: is the disk full? df $PWD/full"
    assert_equal "$(ls full)" filler
    mkdir full/out
    run -1 ipclab grade 92 --out=full/out "$class"/*
    run -1 env TMPDIR="$PWD/full" ipclab grade 92 --out=out "$class"/*
    assert_line --regexp '^ipclab: cannot write .*/full/ipclab-grade\.[^/]*/plan$'
    refute_output --partial "write error"
    # .graded and one result fit.
    umount full
    full 2
    run -1 ipclab grade 92 --jobs=1 --out=full/out "$class"/*
    assert_output "ipclab: cannot write $PWD/full/out/b/results.json
hint: is the disk full? df $PWD/full/out/b; then ipclab grade --resume continues with the same options"
    seed=$(sed -n 's/^seed //p' full/out/.graded) before=$(stat -c '%i %y' full/out/a/results.json)
    mount -o remount,size=1m full
    run -1 ipclab grade 92 --out=full/out "$class"/*
    assert_line "hint: use --resume to continue there, or --out for another directory"
    run -1 ipclab grade 92 --out=full/out --resume --seed=mine "$class"/*
    assert_line "ipclab: full/out was graded with --seed=$seed: use the same to continue"
    run -0 ipclab grade 92 --out=full/out --resume "$class"/*
    assert_line "lab 92: 2 graded: 2 passed, 0 failed a check, 0 could not be judged"
    assert_line "$PWD/full/out/.graded has the seed of the random inputs: --seed=$seed"
    assert_equal "$(stat -c '%i %y' full/out/a/results.json)" "$before"
    # A crash of the machine left .graded, or a result, without its end.
    printf '{\n  "score": 2' >full/out/a/results.json
    run -0 ipclab grade 92 --out=full/out --resume "$class"/*
    assert_equal "$(jq .score full/out/a/results.json)" 2
    printf '92-t' >full/out/.graded
    echo '{"score": 9}' >full/out/b/results.json
    run -0 ipclab grade 92 --out=full/out --resume "$class"/*
    assert_equal "$(jq .score full/out/b/results.json)" 2
    [[ $(sed -n 's/^seed //p' full/out/.graded) != "$seed" ]]
    umount full
}

@test "hidden inputs: a new seed for each run, the same for the whole class, and --seed repeats them" {
    local lab=$IPCLAB_LABS/94-random
    cp -R "$IPCLAB_LABS/92-tiny" "$lab"
    # shellcheck disable=SC2016 # for the check to expand
    sed -i 's/must_print .*/fail "$(random_word)" it Say/' "$lab/check.bats"
    say a
    say b
    run -0 ipclab grade 94 --out=one "$class"/*
    run -0 ipclab grade 94 --out=two "$class/a"
    run -0 ipclab grade 94 --out=three --seed="$(sed -n 's/^seed //p' one/.graded)" "$class/a"
    rm -rf "$lab"
    assert_equal "$(drawn one/a)" "$(drawn one/b)"
    [[ $(drawn one/a) != "$(drawn two/a)" ]]
    assert_equal "$(drawn three/a)" "$(drawn one/a)"
}

# drawn FOLDER: print the random word of its result.
drawn() {
    jq -r '.tests[0].output | split("\n")[0]' "$1/results.json"
}

# --- the grader itself -------------------------------------------------------

@test "memory: ipclab and parallel use the same for 300 students as for 30" {
    local small large
    add one "1 2 3 5" starter
    ipclab check --format=gradescope 90 class/one >"$BATS_TEST_TMPDIR/said" || :
    # In place of the check, which would take minutes, print a result, and record how much memory
    # the parents have used so far.
    mkdir bin
    # shellcheck disable=SC2016 # for that shell to expand
    printf '%s\n' '#!/bin/sh' "cat '$BATS_TEST_TMPDIR/said'" 'for pid in $PPID $(ps -o ppid= -p $PPID); do' \
        "sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/\$pid/status; done >>'$BATS_TEST_TMPDIR/memory'" >bin/ipclab
    chmod +x bin/ipclab
    small=$(memory_of 30)
    large=$(memory_of 300)
    echo "KiB: $small for 30, $large for 300"
    ((large > 0 && large - small < 2048))
}

# memory_of COUNT: print the peak memory of parallel or ipclab, in KiB, for this many students.
memory_of() {
    local i
    rm -rf memory grades-90
    { echo student,folder; for ((i = 0; i < $1; i++)); do echo "student$i,class/one"; done; } >roster.csv
    PATH=$PWD/bin:$PATH "$top_builddir/bin/ipclab" grade 90 --csv=roster.csv >/dev/null 2>&1 || return
    [[ $(wc -l <grades-90/grades.csv) == $(($1 + 1)) ]] && sort -n memory | tail -n 1
}
