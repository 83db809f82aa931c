# shellcheck shell=bash
# src/ipclab/message.bash -- messages, in the manner of all programs of ipclab

# die STATUS MESSAGE [HINT]: one message, maybe a hint, and the end.
die() {
    printf 'ipclab: %s\n' "$2" >&2
    [[ -z ${3-} ]] || printf '%s\n' "$3" >&2
    exit "$1"
}

# safe TEXT: TEXT with nothing in it that a terminal would act on.
safe() {
    local LC_ALL=C.UTF-8
    printf '%s' "${1//[^[:print:]]/?}"
}

# literally TEXT: the regular expression that matches just that.
literally() {
    sed 's/[][\\.*^$+?(){}|/]/\\&/g' <<<"$1"
}
