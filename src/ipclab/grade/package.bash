# shellcheck shell=bash
# src/ipclab/grade/package.bash -- package: a lab for an autograder elsewhere: Gradescope's zip file
#
# It carries ipclab as it is here, in the layout of a source tree, and the lab without its solution and wrong answers;
# setup.sh (autograder-setup) makes it ready once, run_autograder (autograder-run) grades a submission.

# carry_ipclab DIRECTORY: the programs and what belongs to them.
carry_ipclab() {
    mkdir -p "$1/bin" "$1/src" "$1/labs" &&
        cp -- "$ipclab_program" "$IPCLAB_TOOLS"/{shmcreate,shmattach,shmstat,shmctl-tool,semop-tool,shmsync} "$1/bin" &&
        cp -R -- "$ipclab_library" "$1/src/ipclab" &&
        cp -R -- "$IPCLAB_LIB" "$1/labs/lib" &&
        cp -- "$IPCLAB_PERTURB_SO" "$1/labs/lib/perturb.so"
}

# carry_lab LAB DIRECTORY: what its check needs, and not what would give it away.
carry_lab() {
    cp -R -- "$(lab_path "$1")" "$2/$1" && rm -rf "$2/$1"/{solution,wrong,hints}
}

# lab_packages LAB: "COMMAND PACKAGE" of what setup.sh is to install.
lab_packages() {
    local need
    doctor_rows | awk '$3 == "yes" { print $1, $2 }'
    printf '%s\n' "parallel parallel" "bwrap bubblewrap"
    for need in $(conf "$1" needs); do
        [[ $need != cmd:* ]] || { need=${need#cmd:} && printf '%s %s\n' "${need%@*}" "${need#*@}"; }
    done
}

# grade_options LAB: a line for each option of grade, as run_autograder gives them.
grade_options() {
    local rule=${option[late]:-$(conf "$1" late)}
    printf '%s\n' "--limit=${option[limit]:-600}"
    [[ -z ${option[seed]} ]] || printf '%s\n' "--seed=${option[seed]}"
    [[ -z $rule ]] || printf '%s\n' "--late=$rule"
}

do_package() { # NN [FILE]
    local lab file
    [[ -n ${1-} ]] || usage_error "package: which lab?"
    choose_lab "$1"
    [[ -n ${option[gradescope]} ]] || usage_error "package: for what? --gradescope is what there is"
    [[ -z ${option[late]} ]] || read_late_rule "${option[late]}" ||
        usage_error "$(printable "${option[late]}"): a rule for late work is like '10% per day, 5 days'"
    require_tools zip
    file=${2:-ipclab-${lab%%-*}.zip}
    [[ $file == *.zip ]] || usage_error "package: $(printable "$file"): the name must end in .zip"
    [[ ! -e $file ]] || die 1 "$(printable "$file") is there already, and is not overwritten"
    file=$(realpath -m -- "$file")
    open_scratch
    {
        carry_ipclab "$scratch/ipclab" && carry_lab "$lab" "$scratch/ipclab/labs" &&
            echo "$lab" >"$scratch/lab" && grade_options "$lab" >"$scratch/options" &&
            lab_packages "$lab" | sort -u >"$scratch/packages" &&
            cp -- "$ipclab_library/grade/autograder-setup" "$scratch/setup.sh" &&
            cp -- "$ipclab_library/grade/autograder-run" "$scratch/run_autograder" &&
            chmod -R u+rwX,go+rX "$scratch" && chmod 755 "$scratch/setup.sh" "$scratch/run_autograder" &&
            (cd "$scratch" && zip -q -r -X "$file" .)
    } || { rm -f -- "$file"; die 1 "$(printable "$file") could not be made; it said why above"; }
    printf '%s\n' "$file"
}
