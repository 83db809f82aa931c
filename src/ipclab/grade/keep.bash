# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/grade/keep.bash -- the results directory of grade: what it holds, and how --resume
# continues there
#
# OUT/.graded holds the name of the lab, and below it seed and the source of the random inputs. Each
# file of OUT gets its name by rename(2), when it is complete. A full disk therefore costs only the
# checks that were not finished. A .graded that is not complete (by a crash of the machine) does not
# say where the results are from, so they do not count.

# no_room FILE: exit because grade cannot write FILE, an absolute path.
no_room() {
    local hint directory=${1%/*}
    until [[ -d $directory/ ]]; do directory=${directory%/*}; done
    printf -v hint 'hint: is the disk full? df %q' "${directory:-/}"
    [[ ! -s ${option[out]}/.graded ]] ||
        hint+="; then ipclab grade --resume continues with the same options"
    die 1 "cannot write $(printable "$1")" "$hint"
}

# replace FILE COMMAND...: store the output of COMMAND as FILE. Returns 1 if that fails; FILE is
# then as it was.
replace() {
    { "${@:2}" >"$1.new" && mv -T -- "$1.new" "$1"; } 2>/dev/null || {
        rm -f -- "$1.new"
        return 1
    }
}

# print_state LAB: print what .graded holds.
print_state() {
    printf '%s\nseed %s\n' "$1" "${option[seed]}"
}

# draw_seed: print a seed that no student can predict.
draw_seed() {
    od -A n -N 8 -t x1 /dev/urandom | tr -d ' \n'
}

# is_unused DIRECTORY: true if it holds nothing but what a full disk left of .graded.
is_unused() {
    [[ -d $1 && -z $(ls -A -I .graded -I .graded.new -- "$1") && ! -s $1/.graded ]]
}

# read_state LAB: verify that OUT holds results of an earlier run for this lab, and take its seed.
# Sets: option[seed]; whole_state ("" if .graded is not complete)
read_state() {
    local line before=$1 seed='' out state=${option[out]}/.graded
    out=$(printable "${option[out]}")
    whole_state=
    [[ -f $state ]] || is_unused "${option[out]}" || die 1 "$out holds no results to continue"
    # A line without its end counts for nothing. An older ipclab wrote only the first line.
    {
        ! read -r line || before=$line
        ! IFS= read -r line || seed=$line
    } 2>/dev/null <"$state"
    [[ $before == "$1" ]] || die 1 "$out holds results of $(printable "$before"), not of $1"
    [[ $seed == 'seed '?* ]] || return 0
    whole_state=yes seed=${seed#seed }
    [[ -z ${option[seed]} || $seed == "${option[seed]}" ]] ||
        die 1 "$out was graded with --seed=$(printable "$seed"): use the same to continue"
    option[seed]=$seed
}

# forget_results: remove results of which no .graded says where they are from.
forget_results() {
    local student
    while IFS=$'\t' read -r student _; do
        rm -f -- "${option[out]}/$student/results.json"
    done <"$scratch/plan"
}

# open_out LAB: create the directory of --out or, for --resume, verify that an earlier run for this
# lab created it.
# Sets: option[out], to an absolute path; option[seed]
open_out() {
    local folder out whole_state=yes made=
    out=$(printable "${option[out]}")
    if [[ -n ${option[resume]} ]]; then
        read_state "$1"
    else
        is_empty "${option[out]}" || die 1 "$out already exists and will not be overwritten" \
            "hint: use --resume to continue there, or --out for another directory"
    fi
    option[out]=$(realpath -m -- "${option[out]}")
    # A file of a student must not pass for a result.
    while IFS=$'\t' read -r _ _ folder _; do
        [[ ${option[out]}/ != "$folder"/* && $folder/ != "${option[out]}"/* ]] ||
            die 2 "$out overlaps with the work to grade" "hint: use --out for another directory"
    done <"$scratch/plan"
    [[ -n $whole_state ]] || forget_results
    [[ -n ${option[seed]} ]] || option[seed]=$(draw_seed)
    # Whatever the umask is, no other user changes a grade.
    umask o-w
    [[ -d ${option[out]} ]] || made=yes
    mkdir -p -- "${option[out]}" || exit 1
    replace "${option[out]}/.graded" print_state "$1" || {
        [[ -z $made ]] || rmdir -- "${option[out]}" 2>/dev/null
        no_room "${option[out]}/.graded"
    }
}

# is_graded STUDENT: true if there is a complete result of a check.
is_graded() {
    local text file=${option[out]}/$1/results.json
    [[ -f $file ]] && text=$(<"$file") && [[ $text == *$'\n}' && $text != *'"lost": true'* ]]
}

# late_by SUBMITTED: print how many seconds that is after the deadline; null without a deadline or a
# time of submission.
late_by() {
    local time=${1#file:}
    if [[ -z $deadline || $1 == - ]]; then
        echo null
    else
        echo $((time > deadline ? time - deadline : 0))
    fi
}

# What the reports say of a time that no record gives.
late_note="by the time of the file, which the student can set"

# deduct SUBMITTED LOST: print the result on standard input after deducting points for lateness.
deduct() {
    local late off=0 note=
    late=$(late_by "$1")
    [[ $late == null ]] || off=$(late_off "$late")
    [[ $late == null || $1 != file:* ]] || note=$late_note
    jq --argjson late "$late" --argjson off "$off" --argjson lost "$2" --arg note "$note" '
        .score = .score * (100 - $off) / 100
        | if $off > 0 then .output += "\n\($late) seconds late"
              + (if $note != "" then ", \($note)" else "" end)
              + ": \($off)% of the points deducted"
          else . end
        | .extra_data += {$late, $off, $note, $lost}' 2>/dev/null
}

# keep STUDENT SUBMITTED LOST: store the result on standard input, after deducting points for
# lateness. LOST is true if there was no check, so that --resume tries again. Returns 1 if the input
# is not a complete result; exits if it cannot be written.
keep() {
    local result directory=${option[out]}/$1
    result=$(deduct "$2" "$3") && [[ -n $result ]] || return 1
    if ! mkdir -p -- "$directory" 2>/dev/null ||
        ! replace "$directory/results.json" printf '%s\n' "$result"; then
        no_room "$directory/results.json"
    fi
}

# The results without a check, by reason: many students have the same, and jq takes long to start.
declare -A without=()

# keep_without LAB STUDENT SUBMITTED REASON: store a result without points, because there was no
# check.
keep_without() {
    ((${#without[@]} < 50)) || without=()
    [[ -n ${without[$4]-} ]] ||
        without[$4]=$(make_result "$1" "" "$(chosen_checks "$1" '')" 0 "$4" </dev/null |
            print_events gradescope)
    keep "$2" "$3" true < <(printf '%s\n' "${without[$4]}") ||
        die 1 "jq cannot make the result of $2"
}
