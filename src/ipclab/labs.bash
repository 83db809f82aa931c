# shellcheck shell=bash
# src/ipclab/labs.bash -- which labs there are, which is meant, and what its lab.conf says

# all_labs: the name of each, NN-name, a line each.
all_labs() {
    local place directory
    for place in "${ipclab_labs[@]}"; do
        for directory in "$place"/[0-9][0-9]-*/; do
            directory=${directory%/}
            [[ ! -f $directory/lab.conf ]] || printf '%s\n' "${directory##*/}"
        done
    done | sort -u
}

# lab_path LAB: its directory: the first place of the search that has it.
lab_path() {
    local place
    for place in "${ipclab_labs[@]}"; do
        [[ ! -f $place/$1/lab.conf ]] || { printf '%s\n' "$place/$1" && return; }
    done
    return 1
}

# lab_named OPERAND: the lab of this number ("1", "01") or name ("01-first-segment", "first-segment"); fails if none.
lab_named() {
    local lab
    while read -r lab; do
        [[ $1 == "$lab" || $1 == "${lab#*-}" ]] && echo "$lab" && return
        [[ $1 =~ ^[0-9]{1,2}$ && $((10#$1)) == $((10#${lab%%-*})) ]] && echo "$lab" && return
    done < <(all_labs)
    return 1
}

# work_folder_here: the work folder that the current folder is in, by the mark that start leaves; fails if in none.
work_folder_here() {
    local folder=$PWD
    until [[ -f $folder/.ipclab ]]; do
        [[ -n $folder ]] || return 1
        folder=${folder%/*}
    done
    echo "$folder"
}

# lab_of FOLDER: the lab that its mark names.
lab_of() {
    local name
    [[ -f $1/.ipclab ]] && read -r name <"$1/.ipclab" && lab_named "$name"
}

# choose_lab [OPERAND]: set $lab to the one that is meant: the operand's, or that of the current folder.
choose_lab() {
    local here
    if [[ -n ${1-} ]]; then
        lab=$(lab_named "$1") || die 1 "$(printable "$1"): there is no such lab" "hint: ipclab list"
    elif here=$(work_folder_here); then
        lab=$(lab_of "$here") || die 1 "$(printable "$here/.ipclab") names a lab that is not there" "hint: ipclab list"
    else
        die 2 "which lab? This is not a work folder" "hint: give its number, as ipclab list has it, or go to its folder"
    fi
}

# conf LAB NAME: what its lab.conf has behind NAME =; one line for each.
conf() {
    sed -n "s/^$2[[:space:]]*=[[:space:]]*//p" "$(lab_path "$1")/lab.conf" | sed 's/[[:space:]]*$//'
}

# total_points LAB
total_points() {
    conf "$1" check | awk '{ sum += $1 } END { print sum + 0 }'
}

# check_names LAB: the names of its tests, as lab.conf has them.
check_names() {
    conf "$1" check | sed 's/^[0-9]* *//'
}

# lab_tasks LAB: the tasks, in the order of the check.
lab_tasks() {
    check_names "$1" | sed 's/:.*//' | uniq
}

# lab_hint LAB TASK N: its Nth hint.
lab_hint() {
    awk -v head="## $2" -v want="$3" '
        /^## / { inside = ($0 == head && ++seen == want); next }
        inside { print }' "$(lab_path "$1")/hints" | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}
