# shellcheck shell=bash
# src/ipclab/progress.bash -- what is remembered of each lab: one small file
#
# Lines of LAB, KEY and VALUE with tabs between.  Keys: folder (where it was started), points (the best so far), passed
# (the day), failing (the task of the first check that failed last), hint.TASK (how many were shown).  It is replaced as a
# whole, by rename(2), so that a crash or a full disk leaves the old one; lines that this version does not know stay.

progress_file=${IPCLAB_PROGRESS:-${XDG_STATE_HOME:-$HOME/.local/state}/ipclab/progress}

# progress_get LAB KEY: its value; nothing if there is none.
progress_get() {
    [[ ! -f $progress_file ]] ||
        awk -F '\t' -v lab="$1" -v key="$2" '$1 == lab && $2 == key { print substr($0, length($1 $2) + 3); exit }' \
            "$progress_file"
}

# progress_set LAB KEY VALUE: keep it, or, if VALUE is empty, forget it.  Says so if it cannot, and goes on: progress is not
# worth the student's evening.
progress_set() {
    local value=${3//[$'\t\n']/ } new=$progress_file.$$
    # rename(2) would put a file in the place of a device, /dev/null for instance.
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
    echo "ipclab: $progress_file cannot be written: progress is not kept" >&2
}
