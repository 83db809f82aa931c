# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/work.bash -- start and reset: create work folders

# work_folder LAB: print the path of its work folder: the current one if it belongs to LAB, or else
# the one that start created, or else the default, or the default of former versions if it is there.
work_folder() {
    local here folder
    if here=$(work_folder_here) && [[ $(lab_of "$here") == "$1" ]]; then
        echo "$here"
    else
        folder=$(progress_get "$1" folder)
        [[ -n $folder ]] || folder=$(former_folder "$1") || folder=$(default_folder "$1")
        printf '%s\n' "$folder"
    fi
}

# is_empty FOLDER: true if FOLDER is an empty directory or does not exist.
is_empty() {
    [[ ! -e $1 && ! -L $1 ]] || [[ -d $1 && -z $(ls -A -- "$1") ]]
}

# copy_starter LAB FOLDER: copy the starter to FOLDER, completely or not at all: the copy gets its
# name only when it is complete.
copy_starter() {
    local new=${2%/}.new.$$
    if ! {
        mkdir -p "$(dirname -- "$2")" && cp -R "$(lab_path "$1")/starter" "$new" &&
            chmod -R u+w "$new" && echo "$1" >"$new/.ipclab"
    }; then
        rm -rf "$new"
        die 1 "cannot create $(printable "$2"); see the error above"
    fi
    [[ ! -d $2 ]] || rmdir -- "$2"
    mv -T -- "$new" "$2" || {
        rm -rf "$new"
        exit 1
    }
}

do_start() { # NN [DIR]
    local lab folder
    [[ -n ${1-} ]] || usage_error "start: missing lab number"
    choose_lab "$1"
    folder=${2-}
    [[ -n $folder ]] || folder=$(former_folder "$lab") || folder=$(default_folder "$lab")
    [[ $folder == /* ]] || folder=$PWD/$folder
    is_empty "$folder" ||
        die 1 "$(printable "$folder") already exists and will not be overwritten" \
            "hint: continue in it, or begin again with ipclab reset ${lab%%-*}"
    refuse_place "$lab" "$folder"
    copy_starter "$lab" "$folder"
    progress_set "$lab" folder "$folder"
    printf '%s\n' "$folder"
    cat >&2 <<END_OF_TEXT
Lab ${lab%%-*}: $(conf "$lab" title), about $(conf "$lab" minutes) minutes.
  cd $(printf '%q' "$folder")
  ipclab read      read the sheet
  ipclab shell     start a shell where you cannot break anything
  ipclab check     check your work
END_OF_TEXT
}

do_reset() { # [NN]
    local lab folder kept
    choose_lab "${1-}"
    folder=$(work_folder "$lab")
    [[ -d $folder ]] ||
        die 1 "there is no folder $(printable "$folder")" "hint: ipclab start ${lab%%-*}"
    kept=$folder.$(date +%Y-%m-%d-%H%M%S)
    [[ ! -e $kept ]] || kept+=.$$
    # Copying could lose work on a full disk; renaming cannot.
    mv -T -- "$folder" "$kept" ||
        die 1 "cannot move $(printable "$folder") to $(printable "$kept")"
    (copy_starter "$lab" "$folder") || {
        mv -T -- "$kept" "$folder"
        exit 1
    }
    printf '%s\n' "$kept"
    echo "ipclab: your work is in that folder; $(printable "$folder") holds the starting files" >&2
}
