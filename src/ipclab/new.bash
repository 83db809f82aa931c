# shellcheck shell=bash
# src/ipclab/new.bash -- new: the skeleton of a lab, for its author to fill in
#
# It has all files of ipclab-lab(5), for one task in the shell and one question. What is to be written is marked by TODO, and
# as long as any is left, its selftest fails.

# next_number: the first that no lab has.
next_number() {
    local last
    last=$(all_labs | sed 's/-.*//' | sort -n | tail -n 1)
    printf '%02d' $((10#${last:-0} + 1))
}

do_new() { # NAME [DIR]
    local name=${1-} directory place lab
    [[ -n $name ]] || usage_error "new: what is it called?"
    [[ $name =~ ^([0-9][0-9]-)?[a-z][a-z0-9-]*$ ]] ||
        usage_error "new: $(printable "$name"): a lab's name is small letters, digits and -, such as message-queues or 13-message-queues"
    [[ $name == [0-9][0-9]-* ]] || name=$(next_number)-$name
    ! lab=$(lab_named "${name%%-*}") || die 1 "$(printable "${name%%-*}") is the number of $lab"
    place=$(cd -- "${2:-.}" 2>/dev/null && pwd) || die 1 "$(printable "$2") is not a directory"
    directory=$place/$name
    [[ ! -e $directory && ! -L $directory ]] || die 1 "$(printable "$directory") is there already, and nothing of it is overwritten"
    if ! {
        cp -R -- "${IPCLAB_LIB%/lib}/skeleton" "$directory.new.$$" && chmod -R u+w "$directory.new.$$" &&
            find "$directory.new.$$" -type f -exec sed -i "s/@NUMBER@/${name%%-*}/g" {} + &&
            mv -T -- "$directory.new.$$" "$directory"
    }; then
        rm -rf "$directory.new.$$"
        die 1 "$(printable "$directory") could not be made; it said why above"
    fi
    printf '%s\n' "$directory"
    cat >&2 <<END_OF_TEXT
  man ipclab-lab                    what each of its files is
  grep -rn TODO $(printf '%q' "$directory")
  ipclab selftest $(printf '%q' "$directory")    what is still missing
END_OF_TEXT
}
