# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/progress.bash -- the user's progress, in one small file
#
# Each line holds LAB, KEY and VALUE, separated by tabs. The keys are: folder (the work folder),
# points (the best score so far), passed (the date), failing (the first task that failed in the last
# check), and hint.TASK (how many hints were shown). rename(2) replaces the file as a whole, so a
# crash or a full disk leaves the old file. Lines with unknown keys, from a later version, remain.

# What root does in the work folder of another user is recorded in that user's file (sudo ipclab
# check), and by a process that has only that user's rights, for the file and the directories above
# it are theirs, and may be links to others.
progress_user=()
progress_file=${IPCLAB_PROGRESS:-${XDG_STATE_HOME:-$HOME/.local/state}/ipclab/progress}

# progress_of_owner FOLDER: from now on, keep the progress of the owner of FOLDER if we are root.
# Sets: progress_file, progress_user
progress_of_owner() {
    local uid gid home
    uid=$(stat -c %u -- "$1") || return 0
    ((EUID == 0 && uid != 0)) && [[ -z ${IPCLAB_PROGRESS-} ]] || return 0
    IFS=: read -r _ _ _ gid _ home _ < <(getent passwd "$uid") || return 0
    [[ $home == /?* ]] || return 0
    progress_file=$home/.local/state/ipclab/progress
    progress_user=(setpriv --reuid="$uid" --regid="$gid" --clear-groups --inh-caps=-all
        --no-new-privs setsid --wait "$BASH")
}

# progress_get LAB KEY, progress_set LAB KEY VALUE: read_progress and write_progress, with the rights
# of the owner of the file.
progress_get() { progress_as_owner read_progress "$@"; }
progress_set() { progress_as_owner write_progress "$@"; }

progress_as_owner() { # FUNCTION ARGUMENT...
    if ((${#progress_user[@]} == 0)); then
        "$@"
    else
        # shellcheck disable=SC2016 # for that bash to expand
        (cd / && "${progress_user[@]}" -c "$(declare -f "$1")"'
            progress_file=$1; "${@:2}"' bash "$progress_file" "$@" </dev/null)
    fi
}

# read_progress LAB KEY: print the value, or nothing if the key is not set.
read_progress() {
    [[ ! -f $progress_file ]] || awk -F '\t' -v lab="$1" -v key="$2" '
        $1 == lab && $2 == key { print substr($0, length($1 $2) + 3); exit }' "$progress_file"
}

# write_progress LAB KEY VALUE: store VALUE, or delete the key if VALUE is empty. A failure only
# causes a warning, because the check itself is worth more than the record of it.
write_progress() {
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
