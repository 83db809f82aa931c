# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/grade/similar.bash -- similar: find pairs of students whose work is alike, even if
# names differ
#
# sim_c (in Debian 12, the package similarity-tester) compares the tokens of C, and treats all names
# as equal; it does the same for scripts. Dolos (npm's @dodona/dolos) compares the syntax trees of C
# or bash. The lines of the starter, which all students have, are left out first.

# student_text FOLDER GIVEN: print all texts of a student, except the answers and Makefiles, without
# the lines of GIVEN.
student_text() {
    find "$1" -type f ! -name answers.txt ! -name 'Makefile*' ! -name '.*' -size -1024k -print0 |
        LC_ALL=C sort -z | xargs -0 -r grep -I -h -v -x -F -f "$2" --
}

# pairs_of_sim_c LEAST: compare the files that $scratch/texts lists. Print, for each pair of which one
# contains at least LEAST percent of the other: the percentage and the numbers of the two students,
# separated by tabs.
pairs_of_sim_c() {
    sim_c -p -e -T -i -r 12 -t "$1" <"$scratch/texts" | awk '$2 == "consists" {
        sub(/.*\//, "", $1); sub(/.*\//, "", $7)
        print $4 + 0 "\t" $1 "\t" $7 }'
}

# pairs_of_dolos LEAST LANGUAGE: the same with Dolos, whose percentage is of both texts together.
# pairs.csv has a heading; its columns 3, 5 and 6 are the two files and their similarity, 0 to 1.
# None of our paths contains a comma or a quote, unless the directory of temporary files does.
pairs_of_dolos() {
    local -a texts
    mapfile -t texts <"$scratch/texts"
    ((${#texts[@]} > 1)) || return 0
    if ! dolos run -f csv -l "$2" -o "$scratch/dolos" "${texts[@]}" >"$scratch/dolos.out" 2>&1 ||
        [[ ! -f $scratch/dolos/pairs.csv ]]; then
        cat "$scratch/dolos.out" >&2
        die 1 "dolos could not compare the work; see its messages above"
    fi
    awk -F , -v least="$1" 'NR > 1 && 100 * $6 >= least {
        sub(/.*\//, "", $3); sub(/.*\//, "", $5)
        printf "%d\t%s\t%s\n", 100 * $6, $3, $5 }' "$scratch/dolos/pairs.csv"
}

# similar_pairs LAB LEAST: print a line for each pair of texts that are alike by at least LEAST
# percent, the most similar pair first. The name of a text in $scratch/text is the number of its
# student's line in the plan.
similar_pairs() {
    local language=bash
    find "$scratch/text" -type f -size +0 | sort -V >"$scratch/texts"
    [[ -s $scratch/texts ]] || return 0
    [[ -z $(find "$(lab_path "$1")/solution" -name '*.c') ]] || language=c
    if command -v sim_c >/dev/null; then
        pairs_of_sim_c "$2"
    else
        pairs_of_dolos "$2" "$language"
    fi >"$scratch/numbers" || return
    awk -F '\t' '
        NR == FNR { student[NR] = $1; next }
        { printf "%3d%%  %s  %s\n", $1, student[$2], student[$3] }' "$scratch/plan" "$scratch/numbers" |
        LC_ALL=C sort -k1,1nr -k2
}

do_similar() { # NN [DIR...]
    local lab student folder reason number=0
    [[ -n ${1-} ]] || usage_error "similar: missing lab number"
    choose_lab "$1"
    shift
    require_students similar "$@"
    command -v sim_c >/dev/null || command -v dolos >/dev/null ||
        die 1 "neither sim_c (in Debian 12, the package similarity-tester) nor dolos is installed" \
            "hint: npm install -g @dodona/dolos"
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
    similar_pairs "$lab" "${option[least]}" >"$scratch/pairs" || exit 1
    cat "$scratch/pairs"
    [[ -s $scratch/pairs ]] || echo "no pair is ${option[least]}% alike" >&2
}
