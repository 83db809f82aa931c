# shellcheck shell=bash
# src/ipclab/grade/similar.bash -- similar: whose work is alike, whatever things are called in it
#
# sim_c (Debian's similarity-tester) compares the tokens of C, in which every name is as every other; it does the same for the
# scripts. What was handed out counts for nobody: the starter's lines are left out first.

# their_text FOLDER GIVEN: what a student has written: all texts but the answers and what builds, without the lines of GIVEN.
their_text() {
    find "$1" -type f ! -name answers.txt ! -name 'Makefile*' ! -name '.*' -size -1024k -print0 | LC_ALL=C sort -z |
        xargs -0 -r grep -I -h -v -x -F -f "$2" --
}

# alike LEAST: of the texts in $scratch, called by the number of their student's line in the plan: a line for each pair of
# which one is to that part found in the other, the most alike first.
alike() {
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
    local lab folder number=0
    [[ -n ${1-} ]] || usage_error "similar: which lab?"
    choose_lab "$1"
    shift
    whose_work similar "$@"
    command -v sim_c >/dev/null || die 1 "sim_c was not found: it is in the Debian package similarity-tester" "hint: ipclab doctor"
    open_scratch
    make_plan "$@"
    # No line at all would leave out every line.
    { find "$(lab_path "$lab")/starter" -type f -exec cat {} + && echo; } >"$scratch/given"
    mkdir "$scratch/text"
    while IFS=$'\t' read -r _ _ folder; do
        number=$((number + 1))
        [[ $folder == - ]] || their_text "$folder" "$scratch/given" >"$scratch/text/$number"
    done <"$scratch/plan"
    alike "${option[least]}" >"$scratch/pairs"
    cat "$scratch/pairs"
    [[ -s $scratch/pairs ]] || echo "no two are alike to ${option[least]}%" >&2
}
