# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/packages.bash -- the line that installs what is missing, with nothing in it that apt
# would refuse, because apt then installs none of the others either

# apt_can_tell: true if apt has lists of packages. Before the first apt-get update it knows no
# source, and calls every package unknown.
apt_can_tell() {
    apt-cache policy 2>/dev/null | grep -q '^ *-*[0-9][0-9]* [a-z+]*:'
}

# print_install_line PACKAGE...: print the command that installs them, and name those that apt does
# not know.
print_install_line() {
    local package there sudo='' known=() unknown=()
    ((EUID == 0)) || sudo='sudo '
    if apt_can_tell; then
        # One question for all: in Docker's images apt keeps no cache, and takes seconds for each.
        there=$(apt-cache show "$@" 2>/dev/null | sed -n 's/^Package: //p')
        for package; do
            if [[ $'\n'$there$'\n' == *$'\n'"$package"$'\n'* ]]; then
                known+=("$package")
            else
                unknown+=("$package")
            fi
        done
    else
        known=("$@")
    fi
    ((${#known[@]} == 0)) ||
        echo "To install the missing packages on Debian: ${sudo}apt-get install ${known[*]}"
    ((${#unknown[@]} == 0)) ||
        echo "This system has no package of this name: ${unknown[*]}"
}
