# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/place.bash -- where a work folder lies by default, and where start creates none

# default_folder LAB: print the work folder that start creates by default.
default_folder() {
    local place=${IPCLAB_WORK:-$HOME/ipclab-work}
    [[ $place == /* ]] || place=$PWD/$place
    printf '%s\n' "${place%/}/$1"
}

# former_folder LAB: print the work folder that start created by default before version 0.2, if it is
# still there. ~/ipclab is where many keep the source of ipclab, so only .ipclab tells. Returns 1 if
# there is none.
former_folder() {
    local folder=$HOME/ipclab/$1
    [[ -z ${IPCLAB_WORK-} && -f $folder/.ipclab ]] && printf '%s\n' "$folder"
}

# source_tree_around FOLDER: print the source tree of ipclab that contains FOLDER, which need not
# exist. Returns 1 if there is none.
source_tree_around() {
    local folder
    folder=$(realpath -m -- "$1") || return 1
    until grep -qsF 'AC_INIT([ipclab]' "$folder/configure.ac" && [[ -d $folder/labs ]]; do
        [[ -n $folder ]] || return 1
        folder=${folder%/*}
    done
    printf '%s\n' "$folder"
}

# existing_part FOLDER: print the nearest directory above FOLDER, or FOLDER itself, that exists.
existing_part() {
    local folder=$1
    until [[ -d $folder || $folder != */* ]]; do folder=${folder%/*}; done
    printf '%s\n' "${folder:-/}"
}

# lacking_in DIRECTORY: print what the labs need that the file system of DIRECTORY does not have:
# FIFOs, and programs that can run. What fails for another reason, as on a full disk, tells nothing
# about the file system. Print nothing if all is there.
lacking_in() {
    local probe error
    probe=$(mktemp -d -- "$1/.ipclab-probe.XXXXXX" 2>/dev/null) || return 0
    error=$(LC_ALL=C mkfifo -- "$probe/fifo" 2>&1)
    case $error in
    *'Operation not permitted'* | *'not supported'* | *'not implemented'*) echo "no FIFOs" ;;
    *)
        if printf '#!/bin/sh\n' 2>/dev/null >"$probe/program" && chmod +x -- "$probe/program" 2>/dev/null &&
            ! "$probe/program" 2>/dev/null; then
            echo "no programs that can run"
        fi
        ;;
    esac
    rm -rf -- "$probe"
}

# refuse_place LAB FOLDER: exit with a message if a work folder must not, or cannot, be at FOLDER.
refuse_place() {
    local tree part lacks kind risk="git clean or a new clone would remove your work"
    if tree=$(source_tree_around "$2"); then
        die 1 "$(printable "$2") is in $(printable "$tree"), a source tree of ipclab: $risk" \
            "hint: name a folder elsewhere: ipclab start ${1%%-*} DIR, or set IPCLAB_WORK"
    fi
    part=$(existing_part "$2")
    lacks=$(lacking_in "$part")
    kind=$(stat -f -c %T -- "$part")
    [[ -z $lacks ]] ||
        die 1 "$(printable "$2"): the file system there ($kind) has $lacks, and the labs need them" \
            "hint: name a folder on a file system of Linux: ipclab start ${1%%-*} DIR, or set IPCLAB_WORK"
}
