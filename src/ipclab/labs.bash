# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/labs.bash -- find the labs, decide which one the user means, and read its lab.conf

# all_labs: print the name of each lab, NN-name, one per line.
all_labs() {
    local place directory
    for place in "${ipclab_labs[@]}"; do
        for directory in "$place"/[0-9][0-9]-*/; do
            directory=${directory%/}
            [[ ! -f $directory/lab.conf ]] || printf '%s\n' "${directory##*/}"
        done
    done | sort -u
}

# lab_path LAB: print the directory of LAB, from the first place in the search order that has it.
lab_path() {
    local place
    for place in "${ipclab_labs[@]}"; do
        [[ ! -f $place/$1/lab.conf ]] || { printf '%s\n' "$place/$1" && return; }
    done
    return 1
}

# lab_named OPERAND: print the lab with this number ("1", "01") or name ("01-first-segment",
# "first-segment"). Returns 1 if no lab has it.
lab_named() {
    local lab
    while read -r lab; do
        [[ $1 == "$lab" || $1 == "${lab#*-}" ]] && echo "$lab" && return
        [[ $1 =~ ^[0-9]{1,2}$ && $((10#$1)) == $((10#${lab%%-*})) ]] && echo "$lab" && return
    done < <(all_labs)
    return 1
}

# work_folder_here: print the work folder that contains the current directory. The file .ipclab,
# which start creates, marks a work folder. Returns 1 outside all work folders.
work_folder_here() {
    local folder=$PWD
    until [[ -f $folder/.ipclab ]]; do
        [[ -n $folder ]] || return 1
        folder=${folder%/*}
    done
    echo "$folder"
}

# lab_of FOLDER: print the lab that the file .ipclab of a work folder names.
lab_of() {
    local name
    [[ -f $1/.ipclab ]] && read -r name <"$1/.ipclab" && lab_named "$name"
}

# choose_lab [OPERAND]: find the lab that OPERAND names, or else that of the current work folder.
# Exits if there is none.
# Sets: lab
choose_lab() {
    local here
    if [[ -n ${1-} ]]; then
        lab=$(lab_named "$1") || die 1 "no lab is called $(printable "$1")" "hint: ipclab list"
    elif here=$(work_folder_here); then
        lab=$(lab_of "$here") ||
            die 1 "$(printable "$here/.ipclab") names an unknown lab" "hint: ipclab list"
    else
        die 2 "missing lab number, and this is not a work folder" \
            "hint: give a number from ipclab list, or change to a work folder"
    fi
}

# conf LAB NAME: print the value of each line NAME = VALUE in lab.conf.
conf() {
    sed -n "s/^$2[[:space:]]*=[[:space:]]*//p" "$(lab_path "$1")/lab.conf" |
        sed 's/[[:space:]]*$//'
}

# total_points LAB: print the sum of the points of all checks.
total_points() {
    conf "$1" check | awk '{ sum += $1 } END { print sum + 0 }'
}

# check_names LAB: print the names of the checks, as lab.conf lists them.
check_names() {
    conf "$1" check | sed 's/^[0-9]* *//'
}

# lab_tasks LAB: print the tasks, in the order of the checks.
lab_tasks() {
    check_names "$1" | sed 's/:.*//' | uniq
}

# lab_hint LAB TASK N: print the Nth hint for TASK.
lab_hint() {
    awk -v head="## $2" -v want="$3" '
        /^## / { inside = ($0 == head && ++seen == want); next }
        inside { print }' "$(lab_path "$1")/hints" | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}
