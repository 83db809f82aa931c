#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The manual is a test: what the pages print is run, and what they tell of options,
# columns and each other is compared with the programs.  And run-session,
# which runs printed sessions, is tested itself.

load helpers/common

run_session=$top_srcdir/src/ipclab/check/run-session

# pages: every page of ours; programs: every program, as src/local.mk has them.
pages() {
    printf '%s\n' "$top_srcdir"/man/*.[1-8]
}

programs() {
    sed -n -e 's|^bin_PROGRAMS += bin/||p' -e 's|^bin_SCRIPTS = bin/||p' "$top_srcdir/src/local.mk"
}

# each_page FUNCTION: FUNCTION PAGE for every page; fails after the last if any did.
each_page() {
    local page failed=0
    for page in $(pages); do
        "$1" "$page" || { echo "not good: man/${page##*/}"; failed=1; }
    done
    return "$failed"
}

# same_lines WHAT FROM-THE-PAGE FROM-THE-PROGRAM: the same set, else tells who lacks what.
same_lines() {
    local difference
    difference=$(diff <(sort -u <<<"$2") <(sort -u <<<"$3") | sed -n 's/^</only in the page:/p; s/^>/not in the page:/p')
    [[ -z $difference ]] || { printf '%s: %s\n' "$1" "$difference"; return 1; }
}

# rendered PAGE: as on a terminal, without the overstriking.
rendered() {
    mandoc -T utf8 "$1" | sed 's/.\x08//g'
}

# section PAGE NAME: the source of one section.
section() {
    awk -v name="$2" '/^\.Sh / { inside = ($0 == ".Sh " name); next } inside' "$1"
}

# --- the pages themselves ----------------------------------------------------

# Whether another page is installed on this machine says nothing about ours.
lint_is_silent() {
    ! mandoc -T lint -W style "$1" 2>&1 | grep -v -e 'referenced manual not found' -e 'outdated mandoc\.db'
}

@test "pages: mandoc has nothing to say about them" {
    each_page lint_is_silent
}

fits_a_terminal() {
    local line wide=0 LC_ALL=C.UTF-8
    while IFS= read -r line; do
        ((${#line} <= 78)) || { echo "${#line} columns: $line"; wide=1; }
    done < <(rendered "$1")
    return "$wide"
}

@test "pages: no line is longer than 78 columns" {
    each_page fits_a_terminal
}

# keeps_its_columns RENDERER: standard input, a page as RENDERER prints it, fits a terminal
# of 80 columns, and no cell of a table has shrunk to a column of one word per line.
keeps_its_columns() {
    local line number=0 indent=0 above=0 broken=0 LC_ALL=C.UTF-8
    while IFS= read -r line; do
        ((++number))
        ((${#line} <= 80)) || { echo "$1, line $number has ${#line} columns: $line"; broken=1; }
        indent=0
        [[ ! $line =~ ^(\ {17,})[^\ ]+$ ]] || indent=${#BASH_REMATCH[1]}
        ((indent == 0 || indent != above)) || { echo "$1, line $number is part of a column of single words: $line"; broken=1; }
        above=$indent
    done
    ((number)) || { echo "$1 printed nothing"; broken=1; }
    return "$broken"
}

mandoc_keeps_its_columns() {
    keeps_its_columns mandoc < <(rendered "$1")
}

# The line length is what man(1) requests for 80 columns; -K, because pages contain characters of UTF-8.
groff_keeps_its_columns() {
    keeps_its_columns groff < <(groff -K utf8 -t -mdoc -T utf8 -rLL=78n -P -cbu "$1")
}

@test "pages: mandoc keeps every table in its columns on a terminal of 80" {
    each_page mandoc_keeps_its_columns
}

@test "pages: groff keeps every table in its columns on a terminal of 80" {
    command -v groff >/dev/null || skip "groff is not installed; Debian's package groff-base contains it"
    each_page groff_keeps_its_columns
}

has_its_sections() {
    local name
    for name in NAME DESCRIPTION ENVIRONMENT "EXIT STATUS" EXAMPLES "SEE ALSO" STANDARDS RESTRICTIONS BUGS; do
        [[ -n $(section "$1" "$name") ]] || { echo "there is no $name"; return 1; }
    done
}

@test "pages: each has its sections" {
    each_page has_its_sections
}

# --- the pages and each other ------------------------------------------------

@test "pages: one for every program, and no others but ipclab(7) and ipclab-lab(5)" {
    same_lines pages "$(pages | sed 's|.*/||')" "$(programs | sed 's/$/.1/'; echo ipclab.7; echo ipclab-lab.5)"
}

@test "pages: all of them are installed" {
    same_lines man/local.mk "$(pages | sed 's|.*/||')" \
        "$(sed -n 's|^dist_man_MANS += man/||p' "$top_srcdir/man/local.mk")"
}

# references PAGE: "name section" of each page that it refers to.
references() {
    grep '^\.' "$1" | grep -oE '\<Xr [^ ]+ [0-9]+' | sed 's/^Xr //'
}

references_resolve() {
    local name number failed=0
    while read -r name number; do
        [[ $ours == *" $name "* ]] || continue
        [[ -f $top_srcdir/man/$name.$number ]] || { echo "there is no $name($number)"; failed=1; }
    done < <(references "$1")
    return "$failed"
}

@test "pages: what they say of each other exists" {
    local ours
    ours=" $(programs | xargs) $(pages | sed 's|.*/||; s|\.[0-9]$||' | xargs) "
    each_page references_resolve
}

refers_to_neighbours() {
    local neighbour page=${1##*/}
    for neighbour in "ipcs 1" "ipcrm 1" "lsipc 1" "sysvipc 7" "ipclab 7"; do
        [[ $neighbour == "${page/./ }" ]] ||
            section "$1" "SEE ALSO" | grep -q "^\.Xr $neighbour" || { echo "SEE ALSO lacks $neighbour"; return 1; }
    done
}

@test "pages: each sends the reader to ipclab(7) and to the tools of the system" {
    each_page refers_to_neighbours
}

@test "ipclab(7) names every program" {
    local program
    for program in $(programs); do
        grep -q "^\.Xr $program 1" <(section "$top_srcdir/man/ipclab.7" DESCRIPTION) || fail "it lacks $program"
        grep -q "^\.Xr $program 1" <(section "$top_srcdir/man/ipclab.7" "SEE ALSO") || fail "SEE ALSO lacks $program"
    done
}

# --- the pages and the programs ----------------------------------------------

# Options as "-k, --key=" or "--huge[=": letter, name, and whether they take a value.
only_options() {
    grep -oE -e '(-[A-Za-z], )?--[a-z][a-z-]*(\[?=)?'
}

# The words that begin a line of --help; "lock, unlock" are two.
subcommands_of() {
    "$1" --help | awk '/^  [a-z]/ { i = 0; do { word = $++i; print word } while (word ~ /,$/) }' | tr -d ,
}

# options_of_help PROGRAM: with those of its subcommands, where they have a help of their own.
options_of_help() {
    local subcommand
    {
        "$1" --help
        if "$1" --help | grep -q 'SUBCOMMAND --help'; then
            for subcommand in $(subcommands_of "$1"); do "$1" "$subcommand" --help; done
        fi
    } | sed '/^Example:/d' | only_options
}

options_of_page() {
    sed -n '/^\.It Fl/ { s/^\.It //; s/ Ns\>//g; s/Fl -/--/g; s/Fl /-/g; s/ ,/,/g; s/ *O[op] /[/g; s/ = */=/g; p }' \
        "$top_srcdir/man/$1.1" | only_options
}

@test "options: what --help has is in the page, and the other way round" {
    local program help failed=0
    for program in $(programs); do
        help=$(options_of_help "$program") || fail "$program has no options"
        same_lines "$program" "$(options_of_page "$program")" "$help" || failed=1
    done
    return "$failed"
}

# columns_of_page PAGE HEADING: the columns that are described below HEADING, one a line.
columns_of_page() {
    awk -v heading=".Ss $2" '/^\.S[hs] / { inside = ($0 == heading) } inside && /^\.It Cm/' "$top_srcdir/man/$1" |
        grep -oE '\<[A-Z]{2,}\>'
}

@test "columns of shmstat: what -o help lists is in the page, and the other way round" {
    same_lines columns "$(columns_of_page shmstat.1 Columns)" "$(shmstat -o help | cut -d ' ' -f 1)"
}

@test "columns: -o help describes each, in a line that fits a terminal" {
    run shmstat -o help
    assert_success
    assert_line --regexp '^NATTCH +number of attaches'
    for line in "${lines[@]}"; do
        assert_regex "$line" '^[A-Z]+ +[^ ]'
        assert [ "${#line}" -le 80 ]
    done
}

@test "subcommands of shmctl-tool: what --help has is in the page, and the other way round" {
    local help page
    help=$(subcommands_of shmctl-tool)
    page=$(sed -n 's/^\.It Cm \([a-z]*\)$/\1/p' "$top_srcdir/man/shmctl-tool.1")
    same_lines subcommands "$page" "$help"
}

# --- what is printed is run --------------------------------------------------

# examples PAGE: the session that its EXAMPLES print, with mdoc's escapes undone.
# An escape that is not known here would be compared as it stands: so it fails.
examples() {
    section "$1" EXAMPLES | sed -n '/^\.Bd -literal/,/^\.Ed/ { /^\.[BE]d/d; p; }' |
        sed -e 's/\\&//g' -e 's/\\-/-/g' -e "s/\\\\(aq/'/g" -e 's/\\(dq/"/g' -e 's/\\(ga/`/g' -e 's/\\e/\\/g'
}

# come_as_printed [BEFORE]: run the session on standard input in an IPC namespace where
# nobody has been, and in the locale and the time zone that the pages mean; what it
# makes it has to remove.  BEFORE, a command, is run first.  The session of ipclab(1) checks and
# grades, which takes more than run-session's 60 where others use the machine, too.
come_as_printed() {
    # shellcheck disable=SC2016 # for that bash to expand
    SESSION_TIMEOUT=300 LC_ALL=C.UTF-8 TZ=UTC0 unshare --ipc "$BASH" -c "$(declare -f age_ids); ${1-}"'
        "$1" || exit
        left=$(tail -qn +2 /proc/sysvipc/{shm,sem,msg}; ls -A /dev/shm)
        [[ -z $left ]] || { printf "objects were left:\n%s\n" "$left"; exit 1; }' bash "$run_session"
}

examples_come_as_printed() {
    examples "$1" >"$BATS_TEST_TMPDIR/session"
    come_as_printed <"$BATS_TEST_TMPDIR/session"
}

@test "EXAMPLES: what is printed is what comes" {
    each_page examples_come_as_printed
}

# Its reader's machine is one where many have been.
@test "README.md: what is printed is what comes" {
    # Without a fence the whole file would be taken for a session.
    # shellcheck disable=SC2016 # no expansion: Markdown
    grep -q '^```console' "$top_srcdir/README.md" || fail "there is no session in it"
    come_as_printed "${IPCLAB_AGED:+age_ids}" <"$top_srcdir/README.md"
}

# --- run-session -------------------------------------------------------------

# session LINE...: run-session on these lines.
session() {
    printf '%s\n' "$@" >"$BATS_TEST_TMPDIR/session"
    run "$run_session" "$BATS_TEST_TMPDIR/session" <<<"this is not for the commands"
}

@test "run-session: one shell, both streams, blanks at the end do not count" {
    # shellcheck disable=SC2016 # for the session to expand
    session '$ x=5' '$ echo "$x"; echo "  two " >&2' 5 '  two' '$ false' '$ echo $?' 1 '$ printf end' end
    assert_success
    assert_output ""
}

@test "run-session: the directory is empty and goes, standard input is empty" {
    # shellcheck disable=SC2016 # for the session to expand
    session '$ ls -A; cat' '$ echo "$PWD" >"$BATS_TEST_TMPDIR/where"; touch file; ls' file
    assert_success
    assert [ ! -e "$(<"$BATS_TEST_TMPDIR/where")" ]
}

@test "run-session: columns may have another width, and words may not" {
    session '$ printf "    PID COMMAND\n4000001 sh\n"' '  PID COMMAND' '4000001 sh'
    assert_success
    session '$ printf "PID COMMAND\n  7 sh\n"' ' PID  COMMAND' '...  sh'
    assert_success
    session '$ printf "PID    COMMAND\n"' 'PID ... COMMAND'
    assert_success
    session '$ printf "PIDCOMMAND\n"' 'PID  COMMAND'
    assert_failure 1
    session '$ printf "PID COMMAND\n"' 'PIDCOMMAND'
    assert_failure 1
}

@test "run-session: a command goes on behind >, and output may begin with it too" {
    # shellcheck disable=SC2016 # for the session to expand
    session '$ for i in 1 2; do' '> echo $i' '>' '> done' 1 2 '$ echo "a' '> b" | sed p' a a b b \
        '$ echo head; echo "> quoted"' head '> quoted'
    assert_success
}

@test "run-session: ... stands for what varies, and nothing else does" {
    session '$ echo "pid 4711: 0x7f00 r-s"' 'pid ...: 0x... r-s'
    assert_success
    session '$ echo "PID  USER PROT"' 'PID ... USER ... PROT ...' '$ echo "PID 4711 USER"' 'PID ... USER'
    assert_success
    session '$ echo "PIDUSER"' 'PID ... USER'
    assert_failure 1
    session '$ seq 9' ... 3 ... 7 ...
    assert_success
    session '$ seq 3' ... 1 2 3 ...
    assert_success
    session '$ echo "a*b[c]?(d)\e"' 'a*b[c]?(d)\...'
    assert_success
    session '$ echo "axb"' 'a*b...'
    assert_failure 1
    session '$ echo "pid 4711 r-x"' 'pid ... r-s'
    assert_failure 1
    session '$ seq 9' ... 7 ... 3 ...
    assert_failure 1
    session '$ seq 3' 1 ... 2
    assert_failure 1
}

@test "run-session: prints what differs, and continues" {
    session '$ echo good' good '$ echo two' three '$ echo more' '$ true' less
    assert_failure 1
    assert_output '$ echo two
  expected:
    three
  printed:
    two
$ echo more
  expected:
  printed:
    more
$ true
  expected:
    less
  printed:'
}

@test "run-session: a session that ends before its end" {
    session '$ echo one' one '$ exit 0' '$ echo never' never
    assert_failure 1
    assert_output '$ exit 0
  expected:
  printed:
  this command ended the session'
}

@test "run-session: a command that hangs is named" {
    mkfifo "$BATS_TEST_TMPDIR/fifo"
    # shellcheck disable=SC2016 # for the session to expand
    SESSION_TIMEOUT=0.2 session '$ cat "$BATS_TEST_TMPDIR/fifo"' '$ echo never' never
    assert_failure 1
    # shellcheck disable=SC2016 # as the session has it
    assert_output '$ cat "$BATS_TEST_TMPDIR/fifo"
  expected:
  printed:
  this command did not end within 0.2 seconds'
}

@test "run-session: interrupted, it takes its processes and its directory with it" {
    local runner where
    mkfifo "$BATS_TEST_TMPDIR/ready" "$BATS_TEST_TMPDIR/held"
    # shellcheck disable=SC2016 # for the session to expand
    printf '%s\n' '$ sleep 1000 >"$BATS_TEST_TMPDIR/held" &' '$ echo "$PWD" >"$BATS_TEST_TMPDIR/ready"; sleep 1000' |
        "$run_session" 3>&- &
    runner=$!
    # The sleep in the background has the fifo open, and it ends when that does.
    exec {held}<"$BATS_TEST_TMPDIR/held"
    read -r where <"$BATS_TEST_TMPDIR/ready"
    kill -s TERM "$runner"
    run timeout 30 cat <&"$held"
    assert_success
    local status=0
    wait "$runner" || status=$?
    assert_equal "$status" 1
    assert [ ! -e "$where" ]
}

@test "run-session: in Markdown, only what stands in console fences" {
    # shellcheck disable=SC2016 # Markdown, and for the session to expand
    session prose '$ not this' '```console' '$ x=7' '```' prose '```sh' '$ nor this' '```' '```console' '$ echo $x' 7 '```'
    assert_success
    # shellcheck disable=SC2016
    session '```console' '$ echo 1' 2 '```'
    assert_failure 1
    assert_line '$ echo 1'
}

@test "run-session: what is no session is refused, not passed" {
    session 'only prose'
    assert_failure 2
    session '# a comment' '$ true'
    assert_failure 2
    # shellcheck disable=SC2016 # Markdown
    session '```console' '$ true'
    assert_failure 2
    : >"$BATS_TEST_TMPDIR/empty"
    run "$run_session" "$BATS_TEST_TMPDIR/empty"
    assert_failure 2
    run "$run_session" "$BATS_TEST_TMPDIR/there is none"
    assert_failure 2
}
