# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/message.bash -- messages in the format of all programs of ipclab, and cleaning up

# die STATUS MESSAGE [HINT]: print the message and the hint on standard error, and exit.
die() {
    local text="ipclab: $2"${3:+$'\n'$3}
    if [[ -t 2 ]]; then wrap 2 <<<"$text"; else printf '%s\n' "$text" >&2; fi
    exit "$1"
}

# read_columns FD: how wide the terminal is that the descriptor FD is.
# Sets: columns (0 if it is none)
read_columns() {
    columns=
    [[ ! -t $1 ]] || { read -r _ columns < <(stty size 2>/dev/null <&3); } 3<&"$1"
    columns=${columns:-0}
}

# wrap FD: print standard input on the descriptor FD. On a terminal, lines end between words, and go
# on below their second column, if they have one. A line with two commands is for copying, so it
# stays one line.
wrap() {
    local columns
    read_columns "$1"
    ((columns)) || { cat >&"$1" && return; }
    awk -v most="$columns" '
        / (&&|[|]) / { print; next }
        {
            indent = match($0, /[^ ]   *[^ ]/) ? RSTART + RLENGTH - 2 : match($0, /[^ ]/) - 1
            if (indent > most / 2) indent = 0
            while (length($0) > most) {
                for (at = most + 1; at > indent + 1 && substr($0, at, 1) != " "; at--) { }
                if (at <= indent + 1) break
                print substr($0, 1, at - 1)
                $0 = (indent ? sprintf("%" indent "s", "") : "") substr($0, at + 1)
            }
            print
        }' >&"$1"
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
