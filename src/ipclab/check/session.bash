# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/check/session.bash -- compare what a session printed with what the page shows, for
# run-session and run-terminals

# give_up MESSAGE: report that $file holds no session, and exit.
give_up() {
    printf '%s: %s: %s\n' "${0##*/}" "$file" "$1" >&2
    exit 2
}

# line_fits SHOWN PRINTED: true if one line fits; "..." in SHOWN stands for anything.
line_fits() {
    local pattern=$1 special
    [[ $1 == *...* ]] || {
        [[ $1 == "$2" ]]
        return
    }
    for special in \\ "[" "*" "?" "("; do
        pattern=${pattern//"$special"/"\\$special"}
    done
    pattern=${pattern// ... /@( | * )}
    pattern=${pattern/% .../@(| *)}
    pattern=${pattern//.../*}
    # shellcheck disable=SC2053 # a pattern on purpose
    [[ $2 == $pattern ]]
}

# words_of TEXT: print TEXT with one blank between words. A column is as wide as its widest cell: PIDs
# have 1 to 7 digits and ids 1 to 10, so on another machine other blanks come.
words_of() {
    printf '%s' "$1" | sed 's/[[:space:]][[:space:]]*/ /g; s/^ //; s/ $//'
}

# text_fits SHOWN PRINTED: true if all lines fit. If a line does not, let the last line "..." above
# it stand for one line more, and try again from there.
text_fits() {
    local shown printed s=0 p=0 gap=-1 resume=0
    mapfile -t shown < <(words_of "$1")
    mapfile -t printed < <(words_of "$2")
    while ((p < ${#printed[@]})); do
        if ((s < ${#shown[@]})) && [[ ${shown[s]} == ... ]]; then
            gap=$s resume=$p s=$((s + 1))
        elif ((s < ${#shown[@]})) && line_fits "${shown[s]}" "${printed[p]}"; then
            s=$((s + 1)) p=$((p + 1))
        elif ((gap >= 0)); then
            resume=$((resume + 1)) p=$resume s=$((gap + 1))
        else
            return 1
        fi
    done
    while ((s < ${#shown[@]})) && [[ ${shown[s]} == ... ]]; do s=$((s + 1)); done
    ((s == ${#shown[@]}))
}

# indented TEXT: print TEXT, indented, with a newline at its end.
indented() {
    [[ -z $1 ]] || printf '%s\n' "${1%$'\n'}" | sed 's/^/    /'
}

# print_difference COMMAND SHOWN PRINTED [REASON]
print_difference() {
    printf '$ %s\n' "${1//$'\n'/$'\n> '}"
    printf '  expected:\n'
    indented "$2"
    printf '  printed:\n'
    indented "$3"
    [[ -z ${4-} ]] || printf '  %s\n' "$4"
}
