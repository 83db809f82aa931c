# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/doctor.bash -- doctor: report what this machine lacks for which lab, and how to install
# it

# doctor_rows: of each tool its command, the Debian package that contains it, whether checks need
# it, and what uses it.
doctor_rows() {
    cat <<'ROWS'
bats        bats          yes every check
unshare     util-linux    yes every check, and ipclab shell
setsid      util-linux    yes every check
nsenter     util-linux    no  ipclab shell --join, and lab 12
setpriv     util-linux    yes every check
tar         tar           yes every check
ps          procps        yes every check
jq          jq            yes every check
taskset     util-linux    yes checks of races
cc          gcc           yes labs in C
make        make          yes labs in C
bwrap       bubblewrap    no  the stronger sandbox (by default, unshare)
inotifywait inotify-tools no  ipclab check --watch
lowdown     lowdown       no  ipclab read, formatted (by default, as plain text)
less        less          no  ipclab read, a page at a time
parallel    parallel      no  ipclab grade
rsync       rsync         no  ipclab grade --sshlogin, to copy work to other machines
sim_c|dolos similarity-tester no ipclab similar (one of the two; dolos is npm's @dodona/dolos)
zip         zip           no  ipclab package
ROWS
}

# What doctor has found: the packages to install, and whether a check cannot run without them.
missing_packages=() lacks_required=''

# doctor_line STATE WHAT WHY [PACKAGE]: print one row; PACKAGE is to be installed.
# Sets: missing_packages
doctor_line() {
    printf '%-8s %-12s %s\n' "$1" "$2" "$3"
    [[ -z ${4-} || " ${missing_packages[*]} " == *" $4 "* ]] || missing_packages+=("$4")
}

# doctor_tools
# Sets: lacks_required
doctor_tools() {
    local name package needed why
    while read -r name package needed why; do
        if command -v "${name%|*}" >/dev/null || command -v "${name#*|}" >/dev/null; then
            doctor_line ok "$name" "$why"
        else
            doctor_line missing "$name" "$why" "$package"
            [[ $needed == no ]] || lacks_required=yes
        fi
    done < <(doctor_rows)
}

# doctor_namespaces: report the wall behind which student code will run.
# Sets: lacks_required
doctor_namespaces() {
    local what="every check, and ipclab shell" wall
    if ! best_wall; then
        doctor_line missing "any wall" "$what: $(why_not_wall none)"
        lacks_required=yes
    elif [[ $wall == namespaces ]]; then
        doctor_line ok namespaces "$what"
    else
        read_situation
        doctor_line missing namespaces "$what, and ipclab grade: $situation_sentence"
        situation_hints | sed 's/^/         /'
        [[ $wall == landlock ]] || doctor_line missing landlock "$what: $(why_not_wall landlock)"
        doctor_line ok "wall $wall" "$what, instead; ${wall_lacks[$wall]}"
    fi
}

# print_apparmor_profile: print the profile with the path of this ipclab, quoted as
# apparmor.d(5) requires, with a backslash before what would be a pattern.
print_apparmor_profile() {
    local path
    path=$(printf '%s\n' "$ipclab_program" | sed 's/[][*?{}^"\\]/\\&/g')
    path=$path awk '{
        if ((at = index($0, "@ipclab@")))
            $0 = substr($0, 1, at - 1) ENVIRON["path"] substr($0, at + 8)
        print
    }' "$ipclab_library/sandbox/apparmor-profile"
}

# doctor_need LAB NEED: one word of needs in lab.conf.
# Sets: lacks_required
doctor_need() {
    local what="lab ${1%%-*}" name
    case $2 in
    root)
        if ((EUID == 0)); then
            doctor_line ok root "$what"
        else
            doctor_line missing root "$what skips the checks that need a second user"
        fi
        ;;
    cpus:*)
        if (($(nproc) >= ${2#*:})); then
            doctor_line ok "$2" "$what"
        else
            doctor_line missing "$2" "$what shows less on this machine, which has $(nproc)"
        fi
        ;;
    cmd:*)
        name=${2#cmd:}
        if command -v "${name%@*}" >/dev/null; then
            doctor_line ok "${name%@*}" "$what"
        else
            doctor_line missing "${name%@*}" "$what" "${name#*@}"
            lacks_required=yes
        fi
        ;;
    esac
}

do_doctor() {
    local lab need
    if [[ -n ${option[apparmor]} ]]; then
        print_apparmor_profile
        return
    fi
    doctor_tools
    doctor_namespaces
    while read -r lab; do
        for need in $(conf "$lab" needs); do doctor_need "$lab" "$need"; done
    done < <(all_labs)
    ((${#missing_packages[@]} == 0)) || print_install_line "${missing_packages[@]}"
    [[ -z $lacks_required ]]
}
