# shellcheck shell=bash
# src/ipclab/check/gradescope.bash -- results.json, as https://gradescope-autograders.readthedocs.io/en/latest/specs/ has it
#
# One line, whatever happened: a check that did not come to its end gives no points, and says why ($broken).

# How much of what a check says is passed on, in letters.
gradescope_most=8192

# gradescope_entry I NUMBER STATUS SCORE OF VISIBILITY NAME OUTPUT: one of tests[].
gradescope_entry() {
    local name=${result_names[$1]} output=$8
    ((${#output} <= gradescope_most)) || output=${output:0:gradescope_most}...
    printf '{"name": %s, "number": "%s", "status": "%s", "score": %d, "max_score": %d, "visibility": "%s", ' \
        "$(json_string "$7")" "$2" "$3" "$4" "$5" "$6"
    printf '"output": %s, "output_format": "text", "tags": [%s]}' "$(json_string "$output")" "$(json_string "${name%%:*}")"
}

# gradescope_test I: its entry; where the check is hidden, one more for the instructor, with what the student is not told.
gradescope_test() {
    local number=$(($1 + 1)) name=${result_names[$1]} points=${result_points[$1]}
    if [[ -n $broken ]]; then
        gradescope_entry "$1" "$number" failed 0 "$points" visible "$name" "not judged: $broken"
    elif [[ ${result_states[$1]} == passed ]]; then
        gradescope_entry "$1" "$number" passed "$points" "$points" visible "$name" ""
    elif [[ ${result_states[$1]} == skipped ]]; then
        # It counts for neither side, as on the terminal.
        gradescope_entry "$1" "$number" passed 0 0 visible "$name" "skipped:${result_texts[$1]}"
    else
        gradescope_entry "$1" "$number" failed 0 "$points" visible "$name" "$(explanation "$1")"
        is_hidden "$1" || return 0
        # shellcheck disable=SC2034 # for explanation
        local opt_instructor=yes
        printf ', '
        gradescope_entry "$1" "$number.1" failed 0 0 hidden "$name (for the instructor)" "$(explanation "$1")"
    fi
}

# gradescope_said: the sentence above the tests.
gradescope_said() {
    if [[ -n $broken ]]; then
        printf '0 of %d points: %s' "$of" "$broken"
    else
        printf '%d of %d points' "$got" "$of"
    fi
}

# find_broken: set $broken to why this check did not come to its end; empty if it did.
find_broken() {
    broken=
    if [[ -n $over_limit ]]; then
        broken="the check took longer than $opt_limit seconds, and was ended"
    elif [[ -z $planned ]]; then
        broken="the check could not begin: $(safe "${stray[*]-}")"
    elif [[ " ${result_states[*]} " == *' missing '* ]]; then
        broken="the check ended before its end: $(safe "${stray[*]-}")"
    fi
}

tell_gradescope_head() { :; }
tell_gradescope_test() { :; }

# tell_gradescope_end LAB
tell_gradescope_end() {
    local i separator=''
    printf '{"score": %d, "execution_time": %d.%03d, "output": %s, "output_format": "text", ' \
        "$([[ -n $broken ]] && echo 0 || echo "$got")" $((took / 1000000)) $((took / 1000 % 1000)) \
        "$(json_string "$(gradescope_said)")"
    printf '"visibility": "visible", "stdout_visibility": "hidden", "tests": ['
    for i in "${!result_names[@]}"; do
        printf '%s' "$separator"
        gradescope_test "$i"
        separator=', '
    done
    printf '], "extra_data": {"lab": %s, "of": %d, "broken": %s}}\n' "$(json_string "$1")" "$of" "$(json_string "$broken")"
}
