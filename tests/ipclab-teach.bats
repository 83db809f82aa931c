#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The other tools of instructors: results.json, late work, hidden checks, package, similar, new.

load helpers/common
load helpers/class

setup_file() {
    export IPCLAB_LABS=$BATS_FILE_TMPDIR/labs
    make_lab
    printf 'hidden = %s\n' 'put: the segment is private and has 4096 bytes' >>"$IPCLAB_LABS/90-class/lab.conf"
}

setup() {
    trace_failures
    export HOME=$BATS_TEST_TMPDIR/home
    class=$BATS_TEST_TMPDIR/class
    mkdir -p "$HOME" "$class"
    cd "$BATS_TEST_TMPDIR" || return
}

# documented FILE: FILE conforms to Gradescope's documentation of results.json.
documented() {
    jq -e '
        def visibility: . == "visible" or . == "hidden" or . == "after_due_date" or . == "after_published";
        def format: . == "text" or . == "html" or . == "simple_format" or . == "md" or . == "ansi";
        def optional($name; kind): (has($name) | not) or (.[$name] | kind);
        def only($names): (keys - $names) == [];
        only(["score", "execution_time", "output", "output_format", "test_output_format", "test_name_format", "visibility",
            "stdout_visibility", "extra_data", "tests", "leaderboard"])
        and (.score | type == "number") and optional("execution_time"; type == "number")
        and optional("output"; type == "string") and optional("output_format"; format)
        and optional("visibility"; visibility) and optional("stdout_visibility"; visibility)
        and optional("extra_data"; type == "object")
        and optional("tests"; all(.[];
            only(["score", "max_score", "status", "name", "name_format", "number", "output", "output_format", "tags",
                "visibility", "extra_data"])
            and (.score | type == "number") and (.max_score | type == "number") and .score <= .max_score
            and (.status == "passed" or .status == "failed") and (.name | type == "string")
            and (.number | type == "string") and (.output | type == "string") and (.output_format | format)
            and (.visibility | visibility) and (.tags | type == "array" and all(.[]; type == "string"))))' "$1" >/dev/null ||
        fail "not as documented: $(cat "$1")"
}

# --- results.json ------------------------------------------------------------

@test "results.json: as Gradescope documents it, with the points of the terminal" {
    add starter "" starter
    run -0 ipclab grade 90 class/starter
    documented grades-90/starter/results.json
    run jq -c '.score, (.tests | map(.score) | add), (.tests | map(.max_score) | add), (.execution_time > 0),
        (.tests[0] | .status, .visibility, .output_format, .tags, .number)' grades-90/starter/results.json
    assert_output '1
1
7
true
"failed"
"visible"
"text"
["put"]
"1"'
    ipclab check --format=gradescope 90 class/starter >one.json || :
    documented one.json
    # Try escape sequences, and bytes that are not UTF-8.
    printf '%s\n' '#!/bin/sh' "printf '\\033[31m\\377\"\\\\\\001\\t' >&2" 'exit 1' >class/starter/note
    run -1 ipclab check --format=gradescope --limit=1 90 class/starter
    printf '%s\n' "$output" >one.json
    documented one.json
    refute_output --partial $'\e'
}

# --- hidden checks -----------------------------------------------------------

@test "a hidden check: all see its name, only the instructor its explanation" {
    local said="this check is hidden, so its explanation is not shown"
    add one "" solution wrong/for-everybody
    for format in text tap json junit; do
        run -1 ipclab check --all --only='put: the segment' --format=$format 90 class/one
        assert_output --partial "put: the segment is private and has 4096 bytes"
        assert_output --partial "$said"
        refute_output --partial "only its owner may read"
        run -1 ipclab check --all --only='put: the segment' --instructor --format=$format 90 class/one
        refute_output --partial "$said"
        assert_output --partial "only its owner may read"
    done
    run -0 ipclab grade 90 class/one
    documented grades-90/one/results.json
    run jq -r '.score, (.tests | length), (.tests[] | select(.number == "2" or .number == "2.1") | .visibility, .name,
        .max_score, (.output | contains("only its owner")))' grades-90/one/results.json
    assert_output "6
6
visible
put: the segment is private and has 4096 bytes
1
false
hidden
put: the segment is private and has 4096 bytes (for the instructor)
0
true"
    assert_equal "$(sed -n 2p grades-90/grades.csv)" '"one",6,7,,0,"2","","",1,0,2,1,2'
}

# --- late work ---------------------------------------------------------------

# late RULE SECONDS...: print the percentage deducted for each.
late() {
    local seconds rule=$1
    shift
    (
        source "$top_srcdir/src/ipclab/grade/late.bash"
        read_late_rule "$rule" || exit
        for seconds; do late_off "$seconds"; done | xargs
    )
}

@test "late work: the rule, at its edges" {
    local day=86400
    run late '10% per day, 5 days' -1 0 1 $((day - 1)) $day $((day + 1)) $((2 * day)) $((5 * day)) $((5 * day + 1)) 999999999
    assert_output "0 0 10 10 10 20 20 50 100 100"
    run late '30% per day' 1 $((2 * day)) $((2 * day + 1)) $((3 * day)) $((3 * day + 1)) 99999999
    assert_output "30 60 90 90 100 100"
    run late '5%per hour, 2 hours' 3600 3601 7200 7201
    assert_output "5 10 10 100"
    run late '50% per week,1 day' 1 $day $((day + 1))
    assert_output "50 50 100"
    run late '0% per day, 2 days' 1 $((2 * day)) $((2 * day + 1))
    assert_output "0 0 100"
    run late '100% per day' 0 1
    assert_output "0 100"
    run late '09% per day, 08 days' $((8 * day)) $((8 * day + 1))
    assert_output "72 100"
    for rule in '' '10%' '101% per day' '-1% per day' '1.5% per day' '10% per minute' '10% per day, days' '10% per day, -1 days' \
        '10% per day, 5 days, more' '10% each day'; do
        run late "$rule" 1
        assert_failure
        assert_output ""
    done
}

@test "late work: by the roster, by the newest file; time zones; work in time loses nothing" {
    local deadline='2026-03-01 12:00:00+01:00' who
    for who in early sharp second day zone; do add "$who" "" solution wrong/leftover; done
    add file "" solution
    find class/file -exec touch -d '2026-03-02 11:00:00Z' {} +
    printf '%s\n' student,submitted,folder 'early,2026-02-28 09:00,class/early' 'sharp,2026-03-01T11:00:00Z,class/sharp' \
        'second,@1772362801,class/second' 'day,2026-03-02T12:00:00.9+01:00,class/day' \
        'zone,2026-03-01 13:00:01 +02:00,class/zone' 'file,,class/file' >roster.csv
    # The rule of lab.conf, and one given instead.
    sed -i '/^late/d' "$IPCLAB_LABS/90-class/lab.conf"
    echo 'late = 10% per day, 1 day' >>"$IPCLAB_LABS/90-class/lab.conf"
    TZ=UTC0 run -0 ipclab grade 90 --csv=roster.csv --deadline="$deadline"
    run cut -d, -f 1-5 grades-90/grades.csv
    assert_output '"student","score","max_score","seconds_late","percent_off"
"early",5,7,0,0
"sharp",5,7,0,0
"second",4.5,7,1,10
"day",4.5,7,86400,10
"zone",4.5,7,1,10
"file",6.3,7,86400,10'
    documented grades-90/day/results.json
    assert_equal "$(jq -r '.score, (.tests | map(.score) | add), .output' grades-90/day/results.json)" "4.5
5
5 of 7 points
86400 seconds late: 10% of the points deducted"
    # The reports say which time is not from a record.
    assert_equal "$(cut -d, -f 8- grades-90/grades.csv | cut -d '"' -f 2 | sed 1d | xargs -d '\n' printf '<%s>')" \
        "<><><><><><by the time of the file, which the student can set>"
    grep -qx 'lateness by the time of the file, which the student can set: file' grades-90/summary.txt
    assert_equal "$(jq -r .output grades-90/file/results.json)" "7 of 7 points
86400 seconds late, by the time of the file, which the student can set: 10% of the points deducted"
    sed -i '/^[dfz]/d; /^early/d' roster.csv
    run -0 ipclab grade 90 --csv=roster.csv --deadline="$deadline" --late='100% per hour' --out=all
    assert_equal "$(cut -d, -f 2 all/grades.csv | xargs)" "score 5 0"
    run -0 ipclab grade 90 --csv=roster.csv --out=none
    assert_equal "$(cut -d, -f 2,4 none/grades.csv | xargs)" "score,seconds_late 5, 5,"
    sed -i '/^late/d' "$IPCLAB_LABS/90-class/lab.conf"
}

# --- package -----------------------------------------------------------------

# need_zip: skips where no zip file can be made or read.
need_zip() {
    command -v zip >/dev/null || skip "zip is not installed"
    command -v unzip >/dev/null || skip "unzip is not installed"
}

# unpacked: create the zip file of lab 90 and unpack it as Gradescope does.
unpacked() {
    need_zip
    ipclab package 90 --gradescope --limit=60 --late='10% per day, 5 days' it.zip
    mkdir -p autograder/{source,results,submission}
    unzip -q it.zip -d autograder/source
    chmod -R a+rX "$BATS_TEST_TMPDIR"
}

# autograde COMMAND...: run it as Gradescope does.
autograde() {
    rm -f autograder/results/*
    run -0 "$top_srcdir/tests/helpers/autograder" "$PWD/autograder" "$@"
}

# no_score REASON COMMAND...: run it as Gradescope does. The grader fails, and tells the instructor
# alone: there is no results.json, and the reason is printed.
no_score() {
    echo '{"score": 7}' >autograder/results/results.json
    run -1 "$top_srcdir/tests/helpers/autograder" "$PWD/autograder" "${@:2}"
    assert_line --regexp "^run_autograder: the grader failed, so there is no score: .*$1"
    [[ $2 == *setup.sh || ${3-} == *setup.sh ]] || [[ ! -e autograder/results/results.json ]]
}

@test "package: an error is named; setup.sh and run_autograder at the top, no solution" {
    need_zip
    run -2 ipclab package 90
    assert_line "ipclab: package: missing option --gradescope"
    run -2 ipclab package 90 --gradescope file
    assert_line "ipclab: package: invalid file 'file': use a name that ends in .zip"
    run -2 ipclab package 90 --gradescope --late=soon
    touch there.zip
    run -1 ipclab package 90 --gradescope there.zip
    assert_line "ipclab: there.zip already exists and will not be overwritten"
    run -0 ipclab package 90 --gradescope
    assert_output "$PWD/ipclab-90.zip"
    run unzip -Z -1 ipclab-90.zip
    assert_line setup.sh
    assert_line run_autograder
    refute_output --partial solution
    refute_output --partial wrong
    [[ -z $(compgen -G "$TMPDIR/ipclab-*") ]]
}

@test "package: run_autograder grades as another user, without a solution, and knows the deadline" {
    unpacked
    cp "$IPCLAB_LABS/90-class/solution/note" autograder/submission
    # shellcheck disable=SC2016 # for the program to expand
    sed -i '1a ls -R /autograder >\&2; id -u >\&2; [[ $1 != get ]] || { echo seen >\&2; exit 1; }' autograder/submission/note
    printf '%s\n' '{"created_at": "2026-03-02T12:00:01.365935-07:00", "assignment": {"due_date": "2026-03-01T12:00:00.0-07:00"},
        "users": [{"name": "A"}]}' >autograder/submission_metadata.json
    unset IPCLAB_LABS
    # shellcheck disable=SC2016 # for that bash to expand
    autograde bash -c '/autograder/source/setup.sh && cp /autograder/source/run_autograder /autograder && /autograder/run_autograder'
    documented autograder/results/results.json
    run jq -r '.score, (.tests | length), .extra_data.late, .extra_data.off, .tests[2].output' autograder/results/results.json
    assert_line --index 0 4
    assert_line --index 1 5
    assert_line --index 2 86401
    assert_line --index 3 20
    assert_output --partial "seen"
    assert_output --partial "cannot access '/autograder'"
    [[ $IPCLAB_NAMESPACE != root ]] || assert_output --regexp '\| 1[0-9]{9}'
}

@test "package: work that takes too long gets 0; a failure of the grader is no score" {
    unpacked
    sed -i 's/--limit=60/--limit=1/' autograder/source/options
    printf '%s\n' '#!/bin/sh' 'exec sleep 1000' >autograder/submission/note
    chmod +x autograder/submission/note
    autograde bash -c '/autograder/source/setup.sh && /autograder/source/run_autograder'
    documented autograder/results/results.json
    assert_equal "$(jq -r '.score, .output' autograder/results/results.json)" "0
0 of 7 points: the check reached its time limit of 1 s"

    sed -i 's/--limit=1/--limit=60/' autograder/source/options
    rm autograder/source/ipclab/labs/90-class/check.bats
    no_score 'the check could not start' /autograder/source/run_autograder
    no_score 'the check could not start' /autograder/source/setup.sh
    assert_line "setup.sh: this package cannot grade in this image; the reason is above"

    rm autograder/source/ipclab/src/ipclab/grade/grade.bash
    no_score 'grade.bash: No such file' /autograder/source/run_autograder
}

@test "package: with Docker's rights, it grades behind the wall of the container, or gives no score" {
    need_second_user
    unpacked
    cp "$IPCLAB_LABS/90-class/solution/note" autograder/submission
    if ipclab grade --help | grep -q -e --wall; then
        autograde "$helpers/in-docker" bash -c '/autograder/source/setup.sh && /autograder/source/run_autograder'
        documented autograder/results/results.json
        assert_equal "$(jq .score autograder/results/results.json)" 7
    else
        no_score 'cannot create private namespaces' "$helpers/in-docker" /autograder/source/setup.sh
        assert_line "setup.sh: this package cannot grade in this image; the reason is above"
        no_score 'cannot create private namespaces' "$helpers/in-docker" /autograder/source/run_autograder
    fi
}

# --- similar -----------------------------------------------------------------

@test "similar: finds pairs that differ in names, and ignores the starter" {
    local lab=$top_srcdir/labs/06-semaphores
    command -v sim_c >/dev/null || skip "sim_c is not installed; Debian 12's package similarity-tester contains it"
    mkdir -p class/{anna,bert,carl,dora,none}
    cp "$lab"/solution/*.[ch] class/anna
    cp "$lab"/starter/*.[ch] class/carl
    cp "$lab"/starter/*.[ch] class/dora
    chmod -R u+w class
    # Change all names except those of C and its library, the layout and the comments.
    sed -E 's/\bpool\b/basin/g; s/\bset\b/group/g; s/\bid\b/handle/g; s/^    /\t/; s|/\*.*\*/||' class/anna/pool.c >class/bert/basin.c
    sed -E 's/\bkey\b/lock/g; s/\bid\b/number/g' class/anna/set.c >class/bert/group.c
    cp class/anna/barrier.c class/bert
    run -0 --separate-stderr ipclab similar 06 class/*
    assert_regex "$output" '^ *[0-9]+%  anna  bert$'
    run -0 ipclab similar 06 class/carl class/dora
    assert_output "no pair is 80% alike"
    printf 'student,folder\nx,class/anna\ny z,class/bert\n' >roster.csv
    run -0 --separate-stderr ipclab similar 06 --csv=roster.csv --least=50
    assert_regex "$output" '^ *[0-9]+%  x  y z$'
    run -2 ipclab similar 06 --least=0 class/*
    run -2 ipclab similar 06
    [[ -z $(compgen -G "$TMPDIR/ipclab-*") ]]
}

# without_sim_c: a PATH that has every program of ours and of the system but sim_c and dolos.
without_sim_c() {
    local directory program
    mkdir bin
    for directory in /bin /usr/bin; do
        for program in "$directory"/*; do
            case ${program##*/} in sim_c | dolos) ;; *) ln -sf "$program" bin ;; esac
        done
    done
    PATH=$top_builddir/bin:$PWD/bin
}

@test "similar: takes Dolos where there is no sim_c, and needs one of the two" {
    mkdir -p class/{anna,bert,carl}
    printf 'int anna;\n' >class/anna/own.c
    printf 'int bert;\n' >class/bert/own.c
    printf 'int carl;\n' >class/carl/own.c
    without_sim_c
    run -1 ipclab similar 06 class/*
    assert_line --partial "neither sim_c (in Debian 12, the package similarity-tester) nor dolos is installed"

    # shellcheck disable=SC2016 # for that bash to expand; as Dolos 2 does: it makes its directory, and writes pairs.csv there.
    printf '%s\n' '#!/bin/bash' 'set -e' '[[ "$1 $2 $3 $4 $5 $6" == "run -f csv -l c -o" && ! -e $7 ]]' \
        'mkdir "$7"' 'echo "Writing results to directory: $7"' \
        'echo id,leftFileId,leftFilePath,rightFileId,rightFilePath,similarity,totalOverlap,longestFragment >"$7/pairs.csv"' \
        'grep -q "int anna" "$8" && grep -q "int carl" "${10}"' \
        'echo "0,1,$8,0,$9,0.79,5,3" >>"$7/pairs.csv"' 'echo "1,2,$9,0,${10},0.916,5,3" >>"$7/pairs.csv"' >bin/dolos
    chmod +x bin/dolos
    run -0 ipclab similar 06 class/*
    assert_output " 91%  bert  carl"
    run -0 ipclab similar 06 --least=79 class/*
    assert_output " 91%  bert  carl
 79%  anna  bert"
    printf '%s\n' '#!/bin/sh' 'echo no tree-sitter here' 'exit 1' >bin/dolos
    run -1 ipclab similar 06 class/*
    assert_line "no tree-sitter here"
    assert_line --partial "dolos could not compare the work"
    [[ -z $(compgen -G "$TMPDIR/ipclab-*") ]]
}

# --- new ---------------------------------------------------------------------

@test "new: creates a skeleton whose selftest fails until it is filled in" {
    local lab
    run -2 ipclab new
    run -2 ipclab new 'Message Queues'
    run -1 ipclab new 01-again
    assert_line "ipclab: the number 01 already belongs to 01-first-segment"
    mkdir mine
    run -0 --separate-stderr ipclab new 95-notes mine
    assert_output "$PWD/mine/95-notes" || fail "$output"
    lab=mine/95-notes
    run -1 ipclab new 95-notes mine
    assert_line --partial "already exists and will not be overwritten"
    # The next number; and all files of the format exist.
    run -0 --separate-stderr ipclab new another mine
    assert_output "$PWD/mine/91-another"
    for file in README.md lab.conf hints check.bats starter/answers.txt solution/answers.txt; do assert [ -s "$lab/$file" ]; done
    run grep -rl '@NUMBER@' mine
    assert_output ""
    run -1 ipclab selftest "$lab"
    assert_line "not ok 1 lab 95: the lab is complete"
    assert_line "not ok 2 lab 95: the session prints what the sheet shows"
    assert_line "not ok 4 lab 95: the solution passes"
    refute_line --regexp '^ok .*wrong/'

    fill_in_the_lab "$lab"
    run -0 ipclab selftest "$lab"
    refute_line --partial "not ok"
    run grep -rl TODO "$lab"
    assert_output ""
}

# fill_in_the_lab DIRECTORY: write what its author has to write.
fill_in_the_lab() {
    local wrong
    sed -i -e 's/TODO: it does what the sheet says/it makes a segment/; /hidden/d; s/TODO[: ]*/this /' "$1"/{lab.conf,hints,README.md} \
        "$1"/starter/* "$1"/solution/*
    sed -i 's/^this $/.../; /^\$ shmcreate/,/^```/{/^this/d}' "$1/README.md"
    # shellcheck disable=SC2016 # for the check to expand
    sed -i -e 's/TODO: it does what the sheet says/it makes a segment/; s/TODO[: ]*/this /' -e \
        's/^    fail .*/    [[ $(objects) == shm* ]] || fail "no segment" "a segment" "Your turn: make"/' "$1/check.bats"
    printf '%s\n' '#!/bin/sh' 'exec shmcreate 4096' >"$1/solution/program"
    for wrong in "$1"/wrong/*; do
        printf '%s\n' 'make: it makes a segment' 'no segment' >"$wrong/expect"
        printf '%s\n' '#!/bin/sh' "true ${wrong##*/TODO-}" >"$wrong/program"
        mv "$wrong" "$1/wrong/makes-none-${wrong##*-}"
    done
}
