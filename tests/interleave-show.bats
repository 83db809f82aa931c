#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# interleave: how it shows a schedule, as a table, as JSON, as a diagram, and step by step.  What it
# finds is for other files.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own

load helpers/common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    cat >add.c <<'END'
#include <sys/shm.h>

int main(void)
{
    int id = shmget(0x4d2, 4096, IPC_CREAT | 0600);
    int *count = shmat(id, 0, 0);
    (*count)++;
    shmdt(count);
    return 0;
}
END
    cat >take.c <<'END'
#include <stdlib.h>
#include <sys/sem.h>

static int set;

static void change(int number, int by)
{
    struct sembuf operation = {number, by, 0};
    semop(set, &operation, 1);
}

static void P(int number)
{
    change(number, -1);
}

int main(int argc, char *argv[])
{
    set = semget(0x4d3, 8, 0600);
    const int first = atoi(argv[1]), second = atoi(argv[argc - 1]);
    P(first);
    P(second);
    change(second, 1);
    change(first, 1);
    return 0;
}
END
    cat >ones.c <<'END'
#include <sys/sem.h>

int main(void)
{
    unsigned short ones[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    return semctl(semget(0x4d3, 8, IPC_CREAT | 0600), 0, SETALL, ones);
}
END
    cc -o ones ones.c
    local program
    for program in add take; do interleave cc -g -O1 -o "$program" "$program.c"; done
}

setup() {
    trace_failures
    cd "$BATS_FILE_TMPDIR" || return
}

# several N: the words "./add ::: ./add ..." for N programs.
several() {
    local i
    programs=(./add)
    for ((i = 1; i < $1; i++)); do programs+=(::: ./add); done
}

# on_terminal COLUMNS COMMAND: COMMAND's output on a terminal so wide; a command of the shell.
on_terminal() {
    TERM=xterm SHELL=/bin/sh script -qec "stty cols $1; $2" /dev/null </dev/null | tr -d '\r'
}

# assert_narrow: no line of $output is longer than 80 columns, and none ends in a blank.
assert_narrow() {
    refute_line --regexp '.{81}'
    refute_line --regexp ' $'
}

# --- the table ---------------------------------------------------------------

@test "table: two columns with the line of source and, right of it, what it did" {
    run -1 interleave --finally '0x4d2 u32@0 == 2' ./add ::: ./add
    assert_output - <<'END'
    1: ./add               2: ./add
  3 begins, shmget, shmat
  4 7 (*count)++  load 0
  7                        begins, shmget, shmat
  8                        7 (*count)++  load 0
  9                        7 (*count)++  0 > 1
 11                        shmdt, exits
 12 7 (*count)++  1 > 1
 14 shmdt, exits
finally 0x4d2 u32@0 == 2: not so
refuted: schedule 6, 1 switch
END
}

@test "table: a deadlock says who waits for what, a line each; a call in P() is shown where P() is called" {
    run -1 interleave --before ./ones ./take 0 1 ::: ./take 1 0
    assert_line --regexp '^ +1: \./take 0 1 +2: \./take 1 0$'
    assert_line --regexp '^  3 21 P\(first\)   0-1  1 > 0$'
    assert_line --regexp '^  7 +22 P\(second\)  waits: 0-1$'
    assert_line --regexp '^  8 22 P\(second\)  waits: 1-1$'
    assert_line "deadlock: none of those that are left can go on"
    assert_line --regexp '^  program 1 waits for 1 of semaphore 1 of set [0-9]+, which program 2 took last$'
    assert_line --regexp '^  program 2 waits for 1 of semaphore 0 of set [0-9]+, which program 1 took last$'
    assert_narrow
}

@test "table: three and four columns fit into 80, more programs are a list" {
    several 3
    run -1 interleave --finally '0x4d2 u32@0 == 0' "${programs[@]}"
    assert_line --regexp '^    1: \./add +2: \./add +3: \./add$'
    assert_line '  5 7 (*count)++  0 > 1'
    assert_narrow
    several 4
    run -1 interleave --finally '0x4d2 u32@0 == 0' "${programs[@]}"
    assert_line --regexp '^ 11                    7 \(\*c.*\.\.\.  load 1$'
    assert_line --regexp '^ 26  {57}7 \(\*count\)\+\+  3>4$'
    assert_narrow
    several 5
    run -1 interleave --finally '0x4d2 u32@0 == 0' "${programs[@]}"
    assert_line --regexp '^    5: \./add$'
    assert_line ' 33  5: 7 (*count)++  4 > 5'
    assert_narrow
}

@test "table: of a long title, the beginning and the end are there" {
    run -1 interleave --always '0x4d3 sem@0 == 1' --before ./ones "$PWD/take" 0 1 ::: "$PWD/take" 0 2 ::: ./take 0 3
    assert_line --regexp '^    1: /.*\.\.\..* 0 1 +2: /.*\.\.\..* 0 2 +3: \./take 0 3$'
    assert_narrow
}

@test "table: a wider terminal cuts less" {
    run on_terminal 160 "NO_COLOR=1 interleave --finally '0x4d2 u32@0 == 0' ./add ::: ./add ::: ./add ::: ./add"
    assert_line --regexp '^ 25 +7 \(\*count\)\+\+  load 3$'
    refute_output --partial ...
}

@test "table: colours only on a terminal that has them, and never with NO_COLOR" {
    local command="interleave --finally '0x4d2 u32@0 == 2' ./add"
    run on_terminal 80 "$command"
    assert_output --partial $'\e[36m0 > 1\e[m'
    assert_output --partial $'\e[31mfinally 0x4d2 u32@0 == 2: not so\e[m'
    run on_terminal 80 "NO_COLOR=1 $command"
    assert_output --partial '0 > 1'
    refute_output --partial $'\e'
    run on_terminal 80 "TERM=dumb $command"
    refute_output --partial $'\e'
    run -1 interleave --finally '0x4d2 u32@0 == 2' ./add
    refute_output --partial $'\e'
}

@test "table: text of sources and arguments is made safe" {
    sed $'s|(\\*count)++;|(*count)++; /* \e[2J\t\xff */|' add.c >"hostile.c"
    interleave cc -g -O1 -o hostile hostile.c
    run -1 interleave --finally '0x4d2 u32@0 == 2' ./hostile $'\e]0;x\a'
    assert_line '    1: ./hostile \033]0;x\007'
    assert_line '  4 7 (*count)++; /* \033[2J\011\377 */  load 0'
}

@test "table: a call in a library is shown where the program called it; without debug information, the function" {
    cat >lib.c <<'END'
#include <sys/sem.h>
int lib_take(int set);
int lib_take(int set)
{
    struct sembuf operation = {0, -1, 0};
    return semop(set, &operation, 1);
}
END
    cat >user.c <<'END'
#include <sys/sem.h>
int lib_take(int set);
int main(void)
{
    int set = semget(0x4d3, 8, 0600);
    lib_take(set);
    return lib_take(set);
}
END
    cc -O1 -fno-optimize-sibling-calls -shared -fPIC -o libtake.so lib.c
    cc -g -O1 -fno-optimize-sibling-calls -o user user.c ./libtake.so
    run -1 interleave --before ./ones ./user
    assert_line '  3 6 lib_take(set)         0-1  1 > 0'
    assert_line '  4 7 return lib_take(set)  waits for 1 of semaphore 0'
    cc -O1 -fno-optimize-sibling-calls -o bare user.c ./libtake.so
    run -1 interleave --before ./ones ./bare
    assert_line --regexp '^  3 (lib_take|main)\(\)\+0x[0-9a-f]+  0-1  1 > 0$'
}

@test "table: a process that a program forks has a column when it does something" {
    cat >parent.c <<'END'
#include <sys/shm.h>
#include <unistd.h>
int main(void)
{
    int *count = shmat(shmget(0x4d2, 4096, IPC_CREAT | 0600), 0, 0);
    if (fork() == 0)
        *count = 5;
    return 0;
}
END
    interleave cc -g -O1 -o parent parent.c
    run -1 interleave --always '0x4d2 u32@0 == 0' ./parent
    assert_line --regexp '^    1: \./parent +2: child of 1$'
    assert_line --regexp '^ +[0-9]+ {5,}7 \*count = 5  0 > 5$'
    run -1 interleave --finally '0x4d2 u32@0 == 3' --always '0x4d2 u32@0 == 0' --exit 1:3 ./parent
    refute_output --partial "child"
}

@test "table: what was done to a process, and how one ends" {
    run -1 interleave --crash --finally '0x4d2 u32@0 == 1' ./add
    assert_line --regexp '^ +[0-9]+ .*KILLED$'
    printf '%s\n' '#include <stdlib.h>' '#include <sys/shm.h>' \
        'int main(void) { shmget(0x4d2, 1, IPC_CREAT | 0600);' 'abort(); }' >abort.c
    interleave cc -g -o abort abort.c
    run -1 interleave ./abort
    assert_line --regexp '^ +[0-9]+ .*SIGABRT$'
}

@test "table: rounds of the same steps are there once, and a call that the source names is not said twice" {
    cat >poll.c <<'END'
#include <sched.h>
#include <sys/shm.h>
int main(void)
{
    volatile int *go = shmat(shmget(0x4d2, 4096, IPC_CREAT | 0600), 0, 0);
    while (!*go)
        sched_yield();
    return 0;
}
END
    interleave cc -g -O1 -o poll poll.c
    run -1 interleave ./poll
    assert_line '  4 6 while (!*go)   load 0'
    assert_line '  5 7 sched_yield()'
    assert_line --regexp '^    \.\.\. the same 2 steps [0-9]+ more times$'
    assert [ "${#lines[@]}" -lt 10 ]
    # Each step that is told was taken.
    run -1 interleave --json ./poll
    assert_equal "$(of '[.steps[] | select(.did == "load ")] | length')" 0
}

# --- JSON, and the diagram ---------------------------------------------------

# of FILTER: what jq prints of $output.
of() {
    jq -r "$1" <<<"$output"
}

@test "--json: verdict, figures, race, and each step with its place and the step that it builds on" {
    run -1 interleave --json --finally '0x4d2 u32@0 == 2' ./add ::: ./add
    assert_equal "$(of '[.verdict, .reason, .switches, .schedules, .all, .limit] | tostring')" \
        '["refuted","finally 0x4d2 u32@0 == 2: not so",1,6,false,null]'
    assert_equal "$(of '.states > 0')" true
    assert_equal "$(of .race)" "program 1 (add.c:7) stores, program 2 (add.c:7) loads"
    assert_equal "$(of '.programs | join(" ")')" "./add ./add"
    assert_equal "$(of '.steps | length')" 14
    assert_equal "$(of '.steps[3] | tostring')" \
        '{"step":4,"program":1,"file":"add.c","line":7,"source":"(*count)++","did":"load 0","changed":null,"mark":null,"after":null}'
    run -1 interleave -J --finally '0x4d2 u32@0 == 0' ./add ::: ./add
    assert_equal "$(of '.steps[] | select(.did == "load 1") | .after')" 5
}

@test "--json: a deadlock has its waiters, what holds has no steps, a limit is named, text is made safe" {
    run -1 interleave --json --before ./ones ./take 0 1 ::: ./take 1 0
    assert_equal "$(of '.waiters | length')" 2
    assert_equal "$(of '[.steps[] | select(.mark == "waits") | .did] | join("; ")')" \
        "waits for 1 of semaphore 0; waits for 1 of semaphore 1"
    run -0 interleave --json ./add $'\e"\\'
    assert_equal "$(of '[.verdict, .all, .schedules, .steps, .programs] | tostring')" \
        '["holds",true,1,[],["./add \\033\"\\\\"]]'
    run -3 interleave --json --runs 1 --before ./ones ./take 0 1 ::: ./take 0 1
    assert_equal "$(of '[.verdict, .all, .limit] | tostring')" '["open",false,"--runs"]'
    run -1 --separate-stderr interleave --json /nonexistent
    assert_equal "$(of .verdict)" refused
}

@test "--svg: a life line for each program, a row for each step, an arrow from what a step builds on" {
    sed $'s|(\\*count)++;|(*count)++; /* <\\&"\e> */|' add.c >hostile.c
    interleave cc -g -O1 -o hostile hostile.c
    run -1 interleave --svg=picture.svg --finally '0x4d2 u32@0 == 0' ./hostile '<&"' ::: ./hostile
    run xml_text picture.svg
    assert_line '1: ./hostile <&"'
    assert_line '2: ./hostile'
    assert_line '7 (*count)++; /* <&"\033> */  load 1'
    assert_line 'finally 0x4d2 u32@0 == 0: not so'
    # The second program loads what the first one stored.
    assert_equal "$(grep -c 'marker-end=' picture.svg)" 1
    refute [ "$(grep -ci 'script\|href' picture.svg)" -gt 0 ]
    run -1 --separate-stderr interleave --svg=/nonexistent/x --finally '0x4d2 u32@0 == 0' ./add
    assert_equal "$stderr" "interleave: /nonexistent/x: write: No such file or directory"
}

# xml_text FILE: the text of each element; fails where FILE is no XML.
xml_text() {
    if command -v xmllint >/dev/null; then
        xmllint --xpath '//*[local-name()="text"]/text()' --noent "$1" | perl -pe 's/&lt;/</g; s/&gt;/>/g; s/&amp;/&/g'
    else
        python3 -c 'import sys, xml.etree.ElementTree as t
for e in t.parse(sys.argv[1]).iter(): print(e.text or "")' "$1"
    fi
}

# --- again, and by hand ------------------------------------------------------

# by_hand COMMAND... <<<COMMANDS: interleave, which reads commands from a pipe; sets output.
by_hand() {
    run --separate-stderr interleave "$@"
}

# save_lost_update: the file lost has the schedule of the lost update.
save_lost_update() {
    run -1 interleave --save=lost --finally '0x4d2 u32@0 == 2' ./add ::: ./add
}

@test "replay: the same table, and the step where it differs" {
    save_lost_update
    local shown=$output
    run -1 interleave replay lost
    assert_equal "$output" "${shown%$'\n'refuted*}"
    # Another value at a step.
    sed 's/^did load 0$/did load 3/' lost >other
    run -1 --separate-stderr interleave replay other
    assert_equal "$stderr" 'interleave: step 4 differs: it was "load 3", and now it is "load 0"'
    # A process that has ended cannot go on.
    sed '/^did/d; s/^steps.*/steps 0 0 0 0 0 0 0 0 1/' lost >other
    run -0 --separate-stderr interleave replay other
    assert_equal "$stderr" "interleave: other: it ends otherwise now: step 8 differs: program 1 cannot take it"
    run -1 interleave replay --json lost
    assert_equal "$(of '.steps | length')" 14
    sed 's/^steps/stops/' lost >other
    run -2 interleave replay other
    assert_output "interleave: other: a line is neither a word, nor the steps, nor what one of them did"
}

@test "--step: a number takes a step, u undoes it, r does it again, s shows what is shared" {
    by_hand --step ./add ::: ./add < <(printf '%s\n' 1 1 1 1 1 s u s r s t q)
    assert_equal "$status" 0
    assert_line '  5  1: 7 (*count)++  0 > 1'
    # Before and after the store.
    assert_equal "$(grep '^segment 0:' <<<"$output")" $'segment 0: 1\nsegment 0: 0\nsegment 0: 1'
    assert_line '  5 7 (*count)++  0 > 1'
    by_hand --step --before ./ones ./take 0 1 ::: ./take 1 0 < <(printf '%s\n' 1 1 1 2 2 2 2 1 2 s q)
    assert_equal "$status" 1
    assert_line '  3  1: 21 P(first)  0-1  1 > 0'
    assert_line '  2: 22 P(second)  waits for 1 of semaphore 0'
    assert_line "deadlock: none of those that are left can go on"
    assert_line "the run has ended: u undoes a step"
    assert_line --regexp '^set [0-9]+: 0 0 1 1 1 1 1 1$'
}

@test "--step: ? says whether it can still go wrong, and in how many steps" {
    # Program 2 loads after program 1 has stored: nothing can be lost any more.
    by_hand --step --finally '0x4d2 u32@0 == 2' ./add ::: ./add < <(printf '%s\n' 1 1 1 1 '?' 1 2 2 2 '?' q)
    assert_line 'yes: in 10 more steps, with 1 switch: finally 0x4d2 u32@0 == 2: not so'
    assert_line --regexp '^no: it goes right in all schedules from here \([0-9]+\)$'
}

@test "--step: w saves the steps, replay --step goes through them, another choice leaves them" {
    by_hand --step --finally '0x4d2 u32@0 == 2' ./add ::: ./add < <(printf '%s\n' 1 1 1 1 2 'w some' 9 x q)
    assert_line "it cannot go on now"
    assert_line --partial "u  undo"
    run -0 grep '^steps' some
    assert_output "steps 0 0 0 0 1"
    by_hand replay --step some < <(printf '%s\n' '' '' r r 1 r q)
    assert_line '  4  1: 7 (*count)++  load 0'
    assert_line '  5  1: 7 (*count)++  0 > 1'
    assert_line "there is nothing to do again"
    run -2 interleave replay /nonexistent
    assert_output "interleave: /nonexistent: No such file or directory"
}

@test "--predict: asks what comes next, reveals it, and counts the right answers" {
    save_lost_update
    # Enter takes the next step of the file; the answers are to the two loads.
    by_hand replay --predict lost < <(printf '%s\n' '' '' '' '' 0 '' '' '' '' 1 q)
    assert_line --regexp '^which value does program 1 load\? right$'
    assert_line --regexp '^which value does program 2 load\? no: 0$'
    assert_line "1 of 2 answers right"
    by_hand --predict --before ./ones ./take 0 1 ::: ./take 1 0 < <(printf '%s\n' 1 1 1 '1 2' q)
    assert_line --regexp '^which programs can go on now\? right$'
}

@test "--step on a terminal: a key acts at once, and the terminal is as it was on every way out" {
    run python3 - <<'END'
import fcntl, os, pty, select, signal, termios

def session(keys, end):
    """Types KEYS, each when it is asked for, then does END."""
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for fd in range(3):
            os.dup2(slave, fd)
        os.execvp("interleave", ["interleave", "--step", "./add", ":::", "./add"])
    shown = b""
    def prompts(count):
        nonlocal shown
        while shown.count(b"\r\n> ") < count:
            assert select.select([master], [], [], 60)[0], shown
            shown += os.read(master, 4096)
    prompts(1)
    assert not termios.tcgetattr(slave)[3] & termios.ICANON
    for number, key in enumerate(keys):
        os.write(master, key)
        prompts(number + 2)
    end(master, pid)
    status = os.waitpid(pid, 0)[1]
    print(os.waitstatus_to_exitcode(status), termios.tcgetattr(slave) == before, b"shmget\r\n" in shown)

session([b"1", b"1"], lambda master, pid: os.write(master, b"q"))
session([b"1"], lambda master, pid: os.write(master, b"\x04"))
session([], lambda master, pid: os.write(master, b"\x03"))
session([], lambda master, pid: os.kill(pid, signal.SIGTERM))
END
    assert_output - <<'END'
0 True True
0 True True
137 True False
137 True False
END
}
