# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/grade/similar.bash -- similar: find pairs of students whose work is alike, even if
# names differ
#
# sim_c (Debian's similarity-tester) compares the tokens of C, and treats all names as equal; it
# does the same for scripts. The lines of the starter, which all students have, are left out first.

# student_text FOLDER GIVEN: print all texts of a student, except the answers and Makefiles, without
# the lines of GIVEN.
student_text() {
    find "$1" -type f ! -name answers.txt ! -name 'Makefile*' ! -name '.*' -size -1024k -print0 |
        LC_ALL=C sort -z | xargs -0 -r grep -I -h -v -x -F -f "$2" --
}

# similar_pairs LEAST: print a line for each pair of texts of which one contains at least LEAST
# percent of the other, the most similar pair first. The name of a text in $scratch/text is the
# number of its student's line in the plan.
similar_pairs() {
    find "$scratch/text" -type f -size +0 | sort -V >"$scratch/texts"
    [[ -s $scratch/texts ]] || return 0
    sim_c -p -e -T -i -r 12 -t "$1" <"$scratch/texts" | awk -F '\t' '
        NR == FNR { student[NR] = $1; next }
        split($0, word, " ") && word[2] == "consists" {
            sub(/.*\//, "", word[1]); sub(/.*\//, "", word[7])
            printf "%3d%%  %s  %s\n", word[4], student[word[1]], student[word[7]]
        }' "$scratch/plan" - | LC_ALL=C sort -k1,1nr -k2
}

do_similar() { # NN [DIR...]
    local lab student folder reason number=0
    [[ -n ${1-} ]] || usage_error "similar: missing lab number"
    choose_lab "$1"
    shift
    require_students similar "$@"
    command -v sim_c >/dev/null ||
        die 1 "sim_c is not installed: its Debian package is similarity-tester" \
            "hint: ipclab doctor"
    open_scratch
    make_plan "$@"
    # An empty line at the end, because grep -f would match every line with an empty file.
    { find "$(lab_path "$lab")/starter" -type f -exec cat {} + && echo; } >"$scratch/given"
    mkdir "$scratch/text"
    while IFS=$'\t' read -r student _ folder reason; do
        number=$((number + 1))
        if [[ $folder == - ]]; then
            echo "ipclab: not compared: $student: $reason" >&2
        else
            student_text "$folder" "$scratch/given" >"$scratch/text/$number"
        fi
    done <"$scratch/plan"
    similar_pairs "${option[least]}" >"$scratch/pairs"
    cat "$scratch/pairs"
    [[ -s $scratch/pairs ]] || echo "no pair is ${option[least]}% alike" >&2
}
