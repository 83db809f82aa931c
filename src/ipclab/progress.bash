# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/progress.bash -- the user's progress, in one small file
#
# Each line holds LAB, KEY and VALUE, separated by tabs. The keys are: folder (the work folder),
# points (the best score so far), passed (the date), failing (the first task that failed in the last
# check), and hint.TASK (how many hints were shown). rename(2) replaces the file as a whole, so a
# crash or a full disk leaves the old file. Lines with unknown keys, from a later version, remain.

progress_file=${IPCLAB_PROGRESS:-${XDG_STATE_HOME:-$HOME/.local/state}/ipclab/progress}

# progress_get LAB KEY: print the value, or nothing if the key is not set.
progress_get() {
    [[ ! -f $progress_file ]] || awk -F '\t' -v lab="$1" -v key="$2" '
        $1 == lab && $2 == key { print substr($0, length($1 $2) + 3); exit }' "$progress_file"
}

# progress_set LAB KEY VALUE: store VALUE, or delete the key if VALUE is empty. A failure only
# causes a warning, because the check itself is worth more than the record of it.
progress_set() {
    local value=${3//[$'\t\n']/ } new=$progress_file.$$
    # rename(2) would replace a device, such as /dev/null, with a file.
    [[ ! -e $progress_file || -f $progress_file ]] || return 0
    {
        mkdir -p "${progress_file%/*}" &&
            {
                [[ ! -f $progress_file ]] ||
                    awk -F '\t' -v lab="$1" -v key="$2" '!($1 == lab && $2 == key)' "$progress_file"
            } >"$new" &&
            { [[ -z $value ]] || printf '%s\t%s\t%s\n' "$1" "$2" "$value" >>"$new"; } &&
            mv -f "$new" "$progress_file"
    } 2>/dev/null && return
    rm -f "$new"
    echo "ipclab: cannot write $progress_file: your progress is not recorded" >&2
}
