# shellcheck shell=bash
# src/ipclab/message.bash -- messages, in the manner of all programs of ipclab, and the way out

# die STATUS MESSAGE [HINT]: one message, maybe a hint, and the end.
die() {
    printf 'ipclab: %s\n' "$2" >&2
    [[ -z ${3-} ]] || printf '%s\n' "$3" >&2
    exit "$1"
}

# printable TEXT: TEXT with nothing in it that a terminal would act on.
printable() {
    local LC_ALL=C.UTF-8
    printf '%s' "${1//[^[:print:]]/?}"
}

# regex_escape TEXT: the regular expression that matches just that.
regex_escape() {
    sed 's/[][\\.*^$+?(){}|/]/\\&/g' <<<"$1"
}

# on_exit FUNCTION: run it on every way out; a signal's is an exit, too.
on_exit() {
    # shellcheck disable=SC2064 # the name is to be known now
    trap "$1" EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
}
