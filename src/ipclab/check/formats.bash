# shellcheck shell=bash
# src/ipclab/check/formats.bash -- how a check is told: three functions for each format, of the head, a test, and the end
#
# The test's function gets its index in the results of check.bash. Text and TAP are told as they come; the others at the
# end.

# --- for the reader ----------------------------------------------------------

# paint COLOUR TEXT: in that colour, if $coloured.
paint() {
    if [[ -n $coloured ]]; then printf '\e[%sm%s\e[m' "$1" "$2"; else printf '%s' "$2"; fi
}

tell_text_head() {
    printf 'Lab %s: %s\n' "${1%%-*}" "$(conf "$1" title)"
    [[ $(pwd -P)/ == "$2"/* ]] || printf 'in %s\n' "$(safe "$2")"
    explained='' coloured=''
    [[ ! -t 1 || -n ${NO_COLOR-} ]] || coloured=yes
}

# tell_text_test I: of many times, what passes is a line each time.
tell_text_test() {
    local word=ok colour=32
    if ((opt_times > 1)); then
        tell_text_time "$1"
        [[ ${result_states[$1]} != passed ]] || return 0
    fi
    case ${result_states[$1]} in
    skipped) word=skip colour=33 ;;
    failed | missing) word=FAIL colour=31 ;;
    esac
    printf '  %s%*s  %s\n' "$(paint "$colour" "$word")" $((4 - ${#word})) '' "${result_names[$1]-}"
    if is_failure "$1" && [[ -z $explained || -n $opt_all ]]; then
        explanation "$1" | sed 's/^/          /'
        explained=yes
    fi
    [[ ${result_states[$1]} != skipped ]] || explanation "$1" | sed 's/^/          /'
}

# tell_text_time I: when I is the first of its time, which that is.
tell_text_time() {
    local each=$((${#result_names[@]} / opt_times))
    (($1 % each)) || printf 'time %d of %d\n' "$(($1 / each + 1))" "$opt_times"
}

tell_text_end() {
    local i
    for i in "${!result_names[@]}"; do
        [[ ${result_states[i]} != missing ]] || tell_text_test "$i"
    done
    printf '%d of %d points' "$got" "$of"
    if ((failures == 0)); then
        printf ': all checks pass\n'
    else
        printf '; %d of %d checks fail' "$failures" "${#result_names[@]}"
        ((failures == 1)) || [[ -n $opt_all ]] || printf ', the first is explained (--all: each)'
        printf '\nhint: ipclab hint %s\n' "${1%%-*}"
    fi
}

# --- for programs ------------------------------------------------------------

tell_tap_head() {
    echo "1..${#result_names[@]}"
}

tell_tap_test() {
    case ${result_states[$1]} in
    passed) echo "ok $(($1 + 1)) ${result_names[$1]}" ;;
    skipped) echo "ok $(($1 + 1)) ${result_names[$1]} # skip" ;;
    *)
        echo "not ok $(($1 + 1)) ${result_names[$1]}"
        explanation "$1" | sed 's/^/# /'
        ;;
    esac
}

tell_tap_end() {
    local i
    for i in "${!result_names[@]}"; do
        [[ ${result_states[i]} != missing ]] || tell_tap_test "$i"
    done
    echo "# $got of $of points"
}

# json_string TEXT: with its quotes.
json_string() {
    local text=${1//\\/\\\\} LC_ALL=C.UTF-8
    text=${text//\"/\\\"} text=${text//$'\n'/\\n} text=${text//$'\t'/\\t}
    printf '"%s"' "${text//[^[:print:]]/?}"
}

# json_each FORMAT: one object for each test, with commas between; FORMAT I prints one.
json_each() {
    local i comma=
    for i in "${!result_names[@]}"; do
        printf '%s\n    ' "$comma"
        "$1" "$i"
        comma=,
    done
}

json_test() {
    printf '{"name": %s, "state": "%s", "points": %d, "of": %d, "text": %s}' "$(json_string "${result_names[$1]}")" \
        "${result_states[$1]}" "$([[ ${result_states[$1]} == passed ]] && echo "${result_points[$1]}" || echo 0)" \
        "${result_points[$1]}" "$(json_string "$(is_failure "$1" && explanation "$1")")"
}

tell_json_head() { :; }
tell_json_test() { :; }
tell_json_end() {
    printf '{"lab": %s, "points": %d, "of": %d, "passed": %s, "tests": [' "$(json_string "$1")" "$got" "$of" \
        "$( ((failures == 0)) && echo true || echo false)"
    json_each json_test
    printf '\n]}\n'
}

# xml TEXT: escaped for text and attributes.
xml() {
    local text=${1//&/&amp;}
    text=${text//</&lt;} text=${text//>/&gt;} text=${text//\"/&quot;}
    printf '%s' "$text"
}

junit_test() {
    printf '  <testcase classname="%s" name="%s">' "$1" "$(xml "${result_names[$2]}")"
    case ${result_states[$2]} in
    passed) ;;
    skipped) printf '<skipped/>' ;;
    *) printf '<failure message="the check failed">%s</failure>' "$(xml "$(explanation "$2")")" ;;
    esac
    printf '</testcase>\n'
}

tell_junit_head() { :; }
tell_junit_test() { :; }
tell_junit_end() {
    local i skipped=0
    for i in "${result_states[@]}"; do [[ $i != skipped ]] || skipped=$((skipped + 1)); done
    printf '<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="%s" tests="%d" failures="%d" skipped="%d">\n' \
        "$1" "${#result_names[@]}" "$failures" "$skipped"
    for i in "${!result_names[@]}"; do junit_test "$1" "$i"; done
    printf '</testsuite>\n'
}
