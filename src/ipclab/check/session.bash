# shellcheck shell=bash
# src/ipclab/check/session.bash -- what run-session and run-terminals share: does what came fit what
# is printed?

# give_up MESSAGE: $file is no session.
give_up() {
    printf '%s: %s: %s\n' "${0##*/}" "$file" "$1" >&2
    exit 2
}

# line_fits PRINTED CAME
line_fits() {
    local pattern=$1 special
    [[ $1 == *...* ]] || { [[ $1 == "$2" ]]; return; }
    for special in \\ "[" "*" "?" "("; do
        pattern=${pattern//"$special"/"\\$special"}
    done
    pattern=${pattern// ... /@( | * )}
    pattern=${pattern/% .../@(| *)}
    pattern=${pattern//.../*}
    # shellcheck disable=SC2053 # a pattern on purpose
    [[ $2 == $pattern ]]
}

# text_fits PRINTED CAME: line by line.  When a line does not fit, the last "..."
# above it takes one line more, and all is tried again from there.
text_fits() {
    local printed came p=0 c=0 gap=-1 resume=0
    mapfile -t printed < <(printf '%s' "$1" | sed 's/[[:space:]]*$//')
    mapfile -t came < <(printf '%s' "$2" | sed 's/[[:space:]]*$//')
    while ((c < ${#came[@]})); do
        if ((p < ${#printed[@]})) && [[ ${printed[p]} == ... ]]; then
            gap=$p resume=$c p=$((p + 1))
        elif ((p < ${#printed[@]})) && line_fits "${printed[p]}" "${came[c]}"; then
            p=$((p + 1)) c=$((c + 1))
        elif ((gap >= 0)); then
            resume=$((resume + 1)) c=$resume p=$((gap + 1))
        else
            return 1
        fi
    done
    while ((p < ${#printed[@]})) && [[ ${printed[p]} == ... ]]; do p=$((p + 1)); done
    ((p == ${#printed[@]}))
}

# indented TEXT: below a heading, whether it ends in a newline or not.
indented() {
    [[ -z $1 ]] || printf '%s\n' "${1%$'\n'}" | sed 's/^/    /'
}

# print_difference COMMAND PRINTED CAME [REASON]
print_difference() {
    printf '$ %s\n' "${1//$'\n'/$'\n> '}"
    printf '  printed:\n'
    indented "$2"
    printf '  came:\n'
    indented "$3"
    [[ -z ${4-} ]] || printf '  %s\n' "$4"
}
