#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# ipclab on a real terminal: tmux provides one, types, and reads the screen.

load helpers/common
load helpers/lab

setup() {
    command -v tmux >/dev/null || skip "tmux is not installed"
    trace_failures
    export HOME="$BATS_TEST_TMPDIR/home" TERM=xterm-256color
    mkdir -p "$HOME"
    ipclab start 01 2>/dev/null
    cd "$HOME/ipclab-work/01-first-segment" || return
    tmux=(tmux -f /dev/null -S "$BATS_TEST_TMPDIR/tmux")
}

teardown() {
    "${tmux[@]}" kill-server 2>/dev/null || :
    clean_up
}

# terminal NAME COMMAND...: run COMMAND in a terminal of 100 columns and 40 lines. When COMMAND
# ends, the terminal prints its status and stays, because tmux may lose what comes just before its
# end.
terminal() {
    local name=$1
    shift
    # shellcheck disable=SC2016 # for that bash to expand
    "${tmux[@]}" new-session -d -s "$name" -x 100 -y 40 \
        bash -c 'trap : INT; "$@"; echo "[it ended: $?]"; exec sleep infinity' bash "$@" 3>&-
}

# screen NAME: print the screen.
screen() {
    "${tmux[@]}" capture-pane -p -t "$1"
}

# await_screen NAME REGEX: wait until a line of the screen matches.
await_screen() {
    local tries
    for ((tries = 0; tries < 1200; tries++)); do
        ! screen "$1" 2>/dev/null | grep -Eq -- "$2" || return 0
        sleep 0.05
    done
    screen "$1"
    fail "there is no $2 on the screen"
}

# type_in NAME KEY...: press these keys, in the notation of tmux send-keys.
type_in() {
    "${tmux[@]}" send-keys -t "$1" "${@:2}"
}

@test "read: shows the sheet, a page at a time" {
    terminal reader env PAGER=less ipclab read
    await_screen reader 'Lab 01: A first segment'
    await_screen reader 'What you will be able to do'
    type_in reader G
    await_screen reader 'Kerrisk'
    type_in reader q
    await_screen reader 'it ended: 0'
}

@test "read: uses lowdown and the command in PAGER" {
    mkdir "$HOME/bin"
    # shellcheck disable=SC2016 # for that sh to expand
    printf '#!/bin/sh\necho "this is lowdown $1"\n' >"$HOME/bin/lowdown"
    chmod +x "$HOME/bin/lowdown"
    terminal reader env PATH="$HOME/bin:$PATH" PAGER='sed s/this/THAT/' ipclab read
    await_screen reader 'THAT is lowdown -Tterm'
}

@test "check: colours on a terminal, none with NO_COLOR" {
    terminal colours ipclab check
    await_screen colours 'points;'
    "${tmux[@]}" capture-pane -e -p -t colours | grep -q $'\e\[31m'
    terminal none env NO_COLOR=1 ipclab check
    await_screen none 'points;'
    run "${tmux[@]}" capture-pane -e -p -t none
    refute_output --partial $'\e[31m'
}

@test "check: no colours where TERM is dumb" {
    terminal dumb env TERM=dumb ipclab check
    await_screen dumb 'points;'
    run "${tmux[@]}" capture-pane -e -p -t dumb
    assert_output --partial FAIL
    refute_output --partial $'\e['
}

# narrow COMMAND...: run COMMAND on a terminal of 60 columns; no line is longer, but examples.
# A shell that is no Bash would take the functions that bats exports out of the environment.
# Sets: shown
narrow() {
    local words long
    printf -v words '%q ' "$@"
    shown=$(SHELL=$BASH script -qec "stty cols 60; $words" /dev/null </dev/null | tr -d '\r')
    long=$(grep -E '.{61}' <<<"$shown" | grep -v '^Example: ') || return 0
    fail "$1: $long"
}

@test "60 columns: help, lists, messages and the last line of check end between words; in a pipe, lines are whole" {
    local command
    shmcreate --key=0x4d2 4K
    for command in 'shmstat --help' 'semop-tool --help' 'semop-tool create --help' 'shmstat --limits' \
        'shmcreate -x --key=0x4d2 1M' 'ipclab --help' 'ipclab grade --help' 'ipclab list' 'ipclab check --wall=moat'; do
        # shellcheck disable=SC2086 # words
        narrow $command
    done
    # The last one, in two lines.
    [[ $shown == *"use namespaces,"*$'\n'*" or none"* ]]
    NO_COLOR=1 narrow ipclab check --only=questions
    [[ $shown == *$' checks fail\n(--all explains every failure)\n'* ]]
    run shmcreate -x --key=0x4d2 1M
    assert_line --regexp '^shmcreate: .{60}'
    run shmstat --help
    assert_line --regexp '^.{75}'
}

@test "read: without a locale, the bullets are bullets; on a dumb terminal, no page and no escapes" {
    command -v lowdown >/dev/null || skip "lowdown is not installed"
    command -v less >/dev/null || skip "less is not installed"
    # tmux draws bytes above 127 only for a client with UTF-8, so less writes to it alone.
    "${tmux[@]}" -u start-server
    terminal reader env -u LANG -u LC_ALL -u LC_CTYPE -u LESSCHARSET PAGER=less ipclab read
    await_screen reader 'Lab 01: A first segment'
    type_in reader G
    await_screen reader 'Kerrisk'
    run screen reader
    refute_output --regexp '<[0-9A-F][0-9A-F]>'
    type_in reader q
    await_screen reader 'it ended: 0'
    terminal dumb env TERM=dumb ipclab read
    await_screen dumb 'Kerrisk'
    await_screen dumb 'it ended: 0'
    run "${tmux[@]}" capture-pane -e -p -t dumb
    refute_output --partial $'\e['
}

@test "check --watch: checks again when a file is saved, until Ctrl-C" {
    command -v inotifywait >/dev/null || skip "inotifywait is not installed; Debian's package inotify-tools contains it"
    terminal watcher ipclab check --watch
    await_screen watcher '2 of 14 points'
    await_screen watcher 'Waiting until you save a file'
    cp "$top_srcdir/labs/01-first-segment/solution/note" note
    await_screen watcher '12 of 14 points|11 of 14 points'
    await_screen watcher 'Waiting until you save a file'
    # Save as editors do, by renaming a new file.
    cp "$top_srcdir/labs/01-first-segment/solution/answers.txt" answers.new
    fill_in_answers answers.new
    mv answers.new answers.txt
    await_screen watcher '14 of 14 points: all checks pass'
    await_screen watcher 'Waiting until you save a file'
    type_in watcher C-c
    await_screen watcher 'it ended: 130'
    run ls "$TMPDIR"
    refute_output --partial ipclab-check
}

@test "shell: names the lab; its objects vanish at the end; --join joins it" {
    terminal one ipclab shell
    await_screen one '^\(ipclab 01\) .*01-first-segment\$'
    type_in one 'shmcreate --key=0x1ab01 4K' Enter
    await_screen one '^[0-9]+$'

    terminal two env -C / ipclab shell --join
    await_screen two '^\(ipclab 01\) .*01-first-segment\$'
    type_in two 'shmstat' Enter
    await_screen two '^0x0001ab01 '
    # Both shells see the other's objects, and Ctrl-C ends the right process.
    type_in two 'shmattach --hold 0x1ab01' Enter
    await_screen two '^pid [0-9]+'
    type_in one 'shmstat --processes' Enter
    await_screen one 'shmattach --hold 0x1ab01'
    type_in two C-c
    type_in two 'echo sti""ll here' Enter
    await_screen two '^still here'

    # The segment never existed outside.
    [[ -z $(ids) ]]
    type_in one exit Enter
    await_screen one 'it ended: 0'
    await_screen two 'the first shell has ended'
    await_screen two 'it ended: 137'
    run -1 ipclab shell --join
    assert_line "ipclab: no ipclab shell is running"
}

@test "shell: Ctrl-C, Ctrl-\\ and Ctrl-Z reach what runs in its first terminal" {
    terminal one ipclab shell
    await_screen one '^\(ipclab 01\) '
    type_in one 'sh -c "echo ready; exec cat"' Enter
    await_screen one '^ready'
    type_in one C-c
    type_in one 'echo "status $?"' Enter
    await_screen one '^status 130'
    type_in one 'clear; sh -c "echo again; exec cat"' Enter
    await_screen one '^again'
    type_in one "C-\\"
    type_in one 'echo "status $?"' Enter
    await_screen one '^status 131'
    type_in one 'clear; sh -c "echo waits; exec cat"' Enter
    await_screen one '^waits'
    type_in one C-z
    await_screen one 'Stopped'
    type_in one 'kill %1; fg; exit' Enter
    await_screen one 'it ended: '
}
