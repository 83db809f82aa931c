# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/grade/refuse.bash -- which submissions grade refuses to check, and why
#
# The reasons go into results.json, which the student reads, so they name no path outside the
# submission. Finding them never takes longer than reading most_files names.

# What a submission may have at most; the sandbox holds a copy of it in memory.
most_levels=64 most_files=10000 most_mebibytes=64

# The directories that the sandbox has too: a link to them does not lead to another student.
shared_with_sandbox='^/(usr|bin|sbin|lib|lib32|lib64|libx32|etc|opt|nix|dev|proc)(/|$)'

# why_refused PATH: find the reason why grade does not check the submission PATH, an absolute path
# without links above its last component.
# Sets: refused ("" if grade checks it)
why_refused() {
    local links=()
    refused=
    if [[ -L $1 ]]; then
        refused="the submission is a symbolic link, which can lead to the work of another student"
    elif [[ ! -d $1 ]]; then
        refused="the submission is not a folder: $(LC_ALL=C stat -c %F -- "$1" 2>/dev/null)"
    elif [[ ! -r $1 || ! -x $1 ]]; then
        refused="the folder is not readable"
    else
        measure "$1" && follow_links "$1"
    fi
}

# files_in FOLDER: print KIND/BYTES/LEVEL/NAME of each file, ended by NUL. KIND is the letter of
# find(1), or u for a file that we cannot read. The sandbox gets no copy of a version control's
# files.
files_in() {
    find "$1" -mindepth 1 -maxdepth $((most_levels + 1)) -type d \
        \( -name .git -o -name .hg -o -name .svn -o -name .bzr -o -name CVS \) -prune \
        -o \( ! -type l \( ! -readable -o -type d ! -executable \) -printf 'u/%s/%d/%P\0' \) \
        -o -printf '%y/%s/%d/%P\0' 2>/dev/null
}

# measure FOLDER: true if its files are ordinary, readable, and not too many.
# Sets: links (the symbolic links), refused
measure() {
    local kind bytes level name files=0 sum=0
    while [[ -z $refused ]] && IFS=/ read -r -d '' kind bytes level name; do
        files=$((files + 1))
        case $kind in
        u) refuse_file "$name" "is not readable" ;;
        b | c) refuse_file "$name" "is a device" ;;
        l) links+=("$1/$name") ;;
        f) sum=$((sum + bytes)) ;;
        esac
        if ((level > most_levels)); then
            refused="the submission has more than $most_levels levels of folders"
        elif ((files > most_files)); then
            refused="the submission has more than $most_files files"
        elif ((bytes > most_mebibytes << 20 || sum > most_mebibytes << 20)); then
            refused="the files take more than $most_mebibytes MiB"
        fi
    done < <(files_in "$1")
    [[ -z $refused ]]
}

# refuse_file NAME RULE
# Sets: refused
refuse_file() {
    local escaped
    escape "$1"
    ((${#escaped} <= 100)) || escaped=${escaped:0:100}...
    refused="the file $escaped $2"
}

# follow_links FOLDER: true if each of $links leads to a place in FOLDER or in the sandbox's system.
# The sandbox has no work of another student, so a link to it would only be broken there; refusing
# it by name shows the instructor what was tried.
# Sets: refused
follow_links() {
    local i targets
    ((${#links[@]})) || return 0
    mapfile -d '' -t targets < <(printf '%s\0' "${links[@]}" |
        xargs -0 realpath -m -z -- 2>/dev/null)
    for i in "${!links[@]}"; do
        leads_out "$1" "${targets[i]-}" || continue
        refuse_file "${links[i]#"$1/"}" "is a symbolic link that leaves the folder"
        return 1
    done
}

# leads_out FOLDER TARGET: true if TARGET, an absolute path, is neither in FOLDER nor in the system.
leads_out() {
    [[ $2 != "$1" && $2 != "$1"/* ]] && [[ $2 == "${1%/*}"/* || ! $2 =~ $shared_with_sandbox ]]
}
