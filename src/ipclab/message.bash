# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/message.bash -- messages in the format of all programs of ipclab, and cleaning up

# die STATUS MESSAGE [HINT]: print the message and the hint on standard error, and exit.
die() {
    printf 'ipclab: %s\n' "$2" >&2
    [[ -z ${3-} ]] || printf '%s\n' "$3" >&2
    exit "$1"
}

# printable TEXT: print TEXT with a ? in place of each character that a terminal could act on.
printable() {
    local LC_ALL=C.UTF-8
    printf '%s' "${1//[^[:print:]]/?}"
}

# screen_here: true if standard output is a terminal that can do more than print line after line.
screen_here() {
    [[ -t 1 && -n ${TERM-} && $TERM != dumb ]]
}

# regex_escape TEXT: print the regular expression that matches TEXT literally.
regex_escape() {
    sed 's/[][\\.*^$+?(){}|/]/\\&/g' <<<"$1"
}

# on_exit FUNCTION: call FUNCTION when the shell exits, also after SIGINT, SIGTERM or SIGHUP.
on_exit() {
    # shellcheck disable=SC2064 # expand the name now
    trap "$1" EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
}
