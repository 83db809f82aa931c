# shellcheck shell=bash
# src/ipclab/work.bash -- start and reset: work folders

# work_folder LAB: where it is: here, or where it was started, or where it would be.
work_folder() {
    local here folder
    if here=$(work_folder_here) && [[ $(lab_of "$here") == "$1" ]]; then
        echo "$here"
    else
        folder=$(progress_get "$1" folder)
        echo "${folder:-$HOME/ipclab/$1}"
    fi
}

# is_empty FOLDER: it is not there, or nothing is in it.
is_empty() {
    [[ ! -e $1 && ! -L $1 ]] || [[ -d $1 && -z $(ls -A -- "$1") ]]
}

# hand_out LAB FOLDER: copy its starter there, all of it or nothing: it is completed beside and then renamed.
hand_out() {
    local new=${2%/}.new.$$
    if ! {
        mkdir -p "$(dirname -- "$2")" && cp -R "$(lab_path "$1")/starter" "$new" && chmod -R u+w "$new" &&
            echo "$1" >"$new/.ipclab"
    }; then
        rm -rf "$new"
        die 1 "$(printable "$2") could not be made; it said why above"
    fi
    [[ ! -d $2 ]] || rmdir -- "$2"
    mv -T -- "$new" "$2" || { rm -rf "$new"; exit 1; }
}

do_start() { # NN [DIR]
    local lab folder
    [[ -n ${1-} ]] || usage_error "start: which lab?"
    choose_lab "$1"
    folder=${2:-$HOME/ipclab/$lab}
    [[ $folder == /* ]] || folder=$PWD/$folder
    is_empty "$folder" || die 1 "$(printable "$folder") is there already, and nothing of it is overwritten" \
        "hint: go on in it, or begin again with ipclab reset ${lab%%-*}"
    hand_out "$lab" "$folder"
    progress_set "$lab" folder "$folder"
    printf '%s\n' "$folder"
    cat >&2 <<END_OF_TEXT
Lab ${lab%%-*}: $(conf "$lab" title), about $(conf "$lab" minutes) minutes.
  cd $(printf '%q' "$folder")
  ipclab read      the sheet
  ipclab shell     a terminal where nothing can go wrong
  ipclab check     how far you are
END_OF_TEXT
}

do_reset() { # [NN]
    local lab folder kept
    choose_lab "${1-}"
    folder=$(work_folder "$lab")
    [[ -d $folder ]] || die 1 "$(printable "$folder") is not there" "hint: ipclab start ${lab%%-*}"
    kept=$folder.$(date +%Y-%m-%d-%H%M%S)
    [[ ! -e $kept ]] || kept+=.$$
    # A copy and then the new one would lose work on a full disk; a rename cannot.
    mv -T -- "$folder" "$kept" || die 1 "$(printable "$folder") could not be moved to $(printable "$kept")"
    (hand_out "$lab" "$folder") || { mv -T -- "$kept" "$folder"; exit 1; }
    printf '%s\n' "$kept"
    echo "what you had is there; $(printable "$folder") is as at the beginning" >&2
}
