# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/grade/package.bash -- package: make an autograder of a lab: a zip file for Gradescope
#
# The zip file contains this ipclab, in the layout of a source tree, and the lab without its
# solution, hints and wrong answers. Gradescope runs setup.sh (autograder-setup) once, and
# run_autograder (autograder-run) for each submission.

# copy_ipclab DIRECTORY: copy ipclab and the programs it needs.
copy_ipclab() {
    local program
    mkdir -p "$1/bin" "$1/src" "$1/labs" || return
    for program in shmcreate shmattach shmstat shmctl-tool semop-tool shmsync; do
        cp -- "$IPCLAB_TOOLS/$program" "$1/bin" || return
    done
    cp -- "$ipclab_program" "$1/bin" && cp -R -- "$ipclab_library" "$1/src/ipclab" &&
        cp -R -- "$IPCLAB_LIB" "$1/labs/lib" && cp -- "$IPCLAB_PERTURB_SO" "$1/labs/lib/perturb.so" &&
        cp -- "$IPCLAB_ENTER_BOX" "$1/labs/lib/enter-box"
}

# copy_lab LAB DIRECTORY: copy what the check needs, but nothing that gives the solution away.
copy_lab() {
    cp -R -- "$(lab_path "$1")" "$2/$1" && rm -rf "$2/$1"/{solution,wrong,hints}
}

# lab_packages LAB: print COMMAND PACKAGE for each tool that setup.sh has to install.
lab_packages() {
    local need
    doctor_rows | awk '$3 == "yes" { print $1, $2 }'
    printf '%s\n' "parallel parallel" "bwrap bubblewrap"
    for need in $(conf "$1" needs); do
        [[ $need == cmd:* ]] || continue
        need=${need#cmd:}
        printf '%s %s\n' "${need%@*}" "${need#*@}"
    done
}

# grade_options LAB: print the options that run_autograder gives to grade, one per line.
grade_options() {
    local rule=${option[late]:-$(conf "$1" late)}
    printf '%s\n' "--limit=${option[limit]:-600}"
    # Gradescope grades each student by a run of its own, and all must get the same inputs.
    printf '%s\n' "--seed=${option[seed]:-$(draw_seed)}"
    [[ -z $rule ]] || printf '%s\n' "--late=$rule"
}

# fill_package LAB: create in $scratch all files of the package.
fill_package() {
    copy_ipclab "$scratch/ipclab" && copy_lab "$1" "$scratch/ipclab/labs" &&
        echo "$1" >"$scratch/lab" && grade_options "$1" >"$scratch/options" &&
        lab_packages "$1" | sort -u >"$scratch/packages" &&
        cp -- "$ipclab_library/grade/autograder-setup" "$scratch/setup.sh" &&
        cp -- "$ipclab_library/grade/autograder-run" "$scratch/run_autograder" &&
        chmod -R u+rwX,go+rX "$scratch" && chmod 755 "$scratch"/{setup.sh,run_autograder}
}

do_package() { # NN [FILE]
    local lab file
    [[ -n ${1-} ]] || usage_error "package: missing lab number"
    choose_lab "$1"
    [[ -n ${option[gradescope]} ]] || usage_error "package: missing option --gradescope"
    [[ -z ${option[late]} ]] || read_late_rule "${option[late]}" ||
        usage_error "invalid late rule '$(printable "${option[late]}")': $late_rule"
    require_tools zip
    file=${2:-ipclab-${lab%%-*}.zip}
    [[ $file == *.zip ]] ||
        usage_error "package: invalid file '$(printable "$file")': use a name that ends in .zip"
    [[ ! -e $file ]] || die 1 "$(printable "$file") already exists and will not be overwritten"
    file=$(realpath -m -- "$file")
    open_scratch
    if ! { fill_package "$lab" && (cd "$scratch" && zip -q -r -X "$file" .); }; then
        rm -f -- "$file"
        die 1 "cannot create $(printable "$file"); see the error above"
    fi
    printf '%s\n' "$file"
}
