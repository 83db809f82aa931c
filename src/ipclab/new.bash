# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/new.bash -- new: create the skeleton of a lab for its author to fill in
#
# The skeleton has all files of ipclab-lab(5), for one task in the shell and one question. TODO
# marks what the author has to write; selftest fails while a TODO remains.

# next_number: print the number after the highest one in use.
next_number() {
    local last
    last=$(all_labs | sed 's/-.*//' | sort -n | tail -n 1)
    printf '%02d' $((10#${last:-0} + 1))
}

# copy_skeleton DIRECTORY NUMBER: create it, completely or not at all.
copy_skeleton() {
    local new=$1.new.$$
    cp -R -- "${IPCLAB_LIB%/lib}/skeleton" "$new" && chmod -R u+w "$new" &&
        find "$new" -type f -exec sed -i "s/@NUMBER@/$2/g" {} + && mv -T -- "$new" "$1" && return
    rm -rf "$new"
    die 1 "cannot create $(printable "$1"); see the error above"
}

do_new() { # NAME [DIR]
    local name=${1-} directory place lab
    [[ -n $name ]] || usage_error "new: missing name"
    [[ $name =~ ^([0-9][0-9]-)?[a-z][a-z0-9-]*$ ]] || usage_error \
        "new: invalid name '$(printable "$name")': use small letters, digits and -"
    [[ $name == [0-9][0-9]-* ]] || name=$(next_number)-$name
    ! lab=$(lab_named "${name%%-*}") || die 1 "the number ${name%%-*} already belongs to $lab"
    place=$(cd -- "${2:-.}" 2>/dev/null && pwd) || die 1 "$(printable "$2") is not a directory"
    directory=$place/$name
    [[ ! -e $directory && ! -L $directory ]] ||
        die 1 "$(printable "$directory") already exists and will not be overwritten"
    copy_skeleton "$directory" "${name%%-*}"
    printf '%s\n' "$directory"
    directory=$(printf '%q' "$directory")
    cat >&2 <<END_OF_TEXT
  man ipclab-lab                    read what each file is for
  grep -rn TODO $directory    list what you have to write
  ipclab selftest $directory    test the lab
END_OF_TEXT
}
