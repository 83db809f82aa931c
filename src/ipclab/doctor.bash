# shellcheck shell=bash
# src/ipclab/doctor.bash -- doctor: what this machine lacks for which lab, and the command to install it

# What is asked for: a command, the Debian package that has it, whether nothing can be checked without it, and what for.
doctor_rows() {
    cat <<'ROWS'
bats        bats          yes every check
unshare     util-linux    yes every check, and ipclab shell
nsenter     util-linux    yes every check
setpriv     util-linux    yes every check
prlimit     util-linux    yes every check
tar         tar           yes every check
ps          procps        yes every check
jq          jq            yes every check
taskset     util-linux    yes checks of races
cc          gcc           yes labs in C
make        make          yes labs in C
bwrap       bubblewrap    no  the stronger sandbox (unshare is used without)
inotifywait inotify-tools no  ipclab check --watch
lowdown     lowdown       no  ipclab read, made up for the terminal (plain without)
less        less          no  ipclab read, a page at a time
parallel    parallel      no  ipclab grade
rsync       rsync         no  ipclab grade --sshlogin, to other machines
sim_c       similarity-tester no ipclab similar
zip         zip           no  ipclab package
ROWS
}

missing_packages=() must_have=''

# doctor_line OK WHAT WHY [PACKAGE]
doctor_line() {
    printf '%-8s %-12s %s\n' "$1" "$2" "$3"
    [[ -z ${4-} || " ${missing_packages[*]} " == *" $4 "* ]] || missing_packages+=("$4")
}

doctor_tools() {
    local name package needed why
    while read -r name package needed why; do
        if command -v "$name" >/dev/null; then
            doctor_line ok "$name" "$why"
        else
            doctor_line missing "$name" "$why" "$package"
            [[ $needed == no ]] || must_have=yes
        fi
    done < <(doctor_rows)
}

doctor_namespaces() {
    if can_make_namespaces; then
        doctor_line ok namespaces "every check, and ipclab shell"
    else
        doctor_line missing namespaces "every check, and ipclab shell: run as root, or allow user namespaces" \
            ""
        echo "         (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)"
        must_have=yes
    fi
}

# doctor_lab LAB: what its lab.conf needs besides.
doctor_lab() {
    local need name
    for need in $(conf "$1" needs); do
        case $need in
        root)
            if ((EUID == 0)); then
                doctor_line ok root "lab ${1%%-*}"
            else
                doctor_line missing root "lab ${1%%-*}: some checks need a second user and are skipped without"
            fi
            ;;
        cpus:*)
            if (($(nproc) >= ${need#*:})); then
                doctor_line ok "$need" "lab ${1%%-*}"
            else
                doctor_line missing "$need" "lab ${1%%-*}: this machine has $(nproc); it works, but shows less"
            fi
            ;;
        cmd:*)
            name=${need#cmd:}
            if command -v "${name%@*}" >/dev/null; then
                doctor_line ok "${name%@*}" "lab ${1%%-*}"
            else
                doctor_line missing "${name%@*}" "lab ${1%%-*}" "${name#*@}"
                must_have=yes
            fi
            ;;
        esac
    done
}

do_doctor() {
    local lab sudo=''
    doctor_tools
    doctor_namespaces
    while read -r lab; do doctor_lab "$lab"; done < <(all_labs)
    if ((${#missing_packages[@]})); then
        ((EUID == 0)) || sudo='sudo '
        echo "to install what is missing, on Debian: ${sudo}apt-get install ${missing_packages[*]}"
    fi
    [[ -z $must_have ]]
}
