# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# src/ipclab/sandbox/situation.bash -- why this machine refuses namespaces, and what helps
#
#   $ source situation.bash; read_situation; echo "$situation_sentence"; situation_hints
#   this machine allows no user namespaces (user.max_user_namespaces = 0)
#   hint: with root's rights: sudo sysctl user.max_user_namespaces=10000
#   hint: without them: ask who administers this machine for that
#
# It needs nothing but bash, for bootstrap, the demo and the tests source it, too.
# IPCLAB_SYSTEM, for tests, is the directory whose proc, run and .dockerenv are read in place of
# those of /.

# Numbers of capabilities: linux/capability.h.
cap_net_admin=12 cap_sys_admin=21

# status_field NAME: print the value of NAME in /proc/self/status, proc_pid_status(5).
status_field() {
    local name value
    while IFS=$':\t' read -r name value; do
        [[ $name != "$1" ]] || printf '%s\n' "${value//$'\t'/ }"
    done 2>/dev/null <"${IPCLAB_SYSTEM-}/proc/self/status"
}

# has_capability NUMBER: true if it is effective for us.
has_capability() {
    local mask
    mask=$(status_field CapEff)
    [[ $mask =~ ^[0-9a-f]+$ ]] && ((0x$mask >> $1 & 1))
}

# is_user_0: true if our effective user ID is 0, in whatever user namespace.
is_user_0() {
    local real effective
    read -r real effective _ < <(status_field Uid)
    [[ -n $real && $effective == 0 ]]
}

# sysctl_is NAME VALUE: NAME is a path below /proc/sys.
sysctl_is() {
    local value=
    read -r value 2>/dev/null <"${IPCLAB_SYSTEM-}/proc/sys/$1"
    [[ $value == "$2" ]]
}

# --- the situations: fits_NAME is true in the situation NAME -------------------

# The kernel refuses user namespaces in a chroot (user_namespaces(7), EPERM), and unshare(1) cannot
# change the propagation of a root that is no mount point. proc_pid_mountinfo(5) lists "/" only if
# it is one. The root of process 1 can be read by root alone, so others do not see a chroot at a
# mount point.
fits_chroot() {
    local point root='' proc=${IPCLAB_SYSTEM-}/proc
    while read -r _ _ _ _ point _; do
        [[ $point != / ]] || root=yes
    done 2>/dev/null <"$proc/self/mountinfo"
    [[ -r $proc/self/mountinfo && -z $root ]] ||
        [[ -d $proc/1/root/ && ! $proc/1/root/ -ef $proc/self/root/ ]]
}

# is_confined: true if we lack rights as in a container that got no more than Docker gives: root has
# no CAP_SYS_ADMIN, or there is a filter, of which we know its effect only (seccomp(2), mode 2).
is_confined() {
    [[ $(status_field Seccomp) == 2 ]] || { is_user_0 && ! has_capability $cap_sys_admin; }
}

fits_codespaces() {
    [[ ${CODESPACES-} == true ]] && is_confined
}

# Visual Studio Code sets these in the terminals of a dev container.
fits_devcontainer() {
    [[ -n ${REMOTE_CONTAINERS-}${DEVCONTAINER-} ]] && is_confined
}

# Docker and Podman create these files; Podman and systemd-nspawn set container; Kubernetes sets
# the third.
in_container() {
    [[ -e ${IPCLAB_SYSTEM-}/.dockerenv || -e ${IPCLAB_SYSTEM-}/run/.containerenv ||
        -n ${container-}${KUBERNETES_SERVICE_HOST-} ]]
}

# A container that gives SYS_ADMIN alone: the sandbox has no network, and bubblewrap brings up its
# loopback interface there, for which it needs NET_ADMIN.
fits_no_net_admin() {
    is_user_0 && has_capability $cap_sys_admin && ! has_capability $cap_net_admin
}

fits_container() {
    in_container && is_confined
}

# The same without a sign of Docker's or Podman's.
fits_capabilities() {
    is_user_0 && ! has_capability $cap_sys_admin
}

# Ubuntu, from 23.10 on: a program without a profile gets no capabilities in a user namespace.
fits_apparmor() {
    ! is_user_0 && sysctl_is kernel/apparmor_restrict_unprivileged_userns 1
}

# A patch of Debian's and Arch's kernels.
fits_userns_clone() {
    ! is_user_0 && sysctl_is kernel/unprivileged_userns_clone 0
}

# namespaces(7)
fits_max_user_namespaces() {
    ! is_user_0 && sysctl_is user/max_user_namespaces 0
}

fits_seccomp() {
    is_confined
}

# In this order, for the first that fits is the one nearest to the user.
situations=(chroot codespaces devcontainer no_net_admin container capabilities apparmor userns_clone
    max_user_namespaces seccomp)

# --- the advice -----------------------------------------------------------------

# The profile gives ipclab alone what the setting takes from all.
apparmor_remedy='ipclab doctor --apparmor | sudo tee /etc/apparmor.d/ipclab >/dev/null'
apparmor_remedy+=' && sudo apparmor_parser --replace /etc/apparmor.d/ipclab'

# situation_text NAME: say what refuses the namespaces; the command or the line of configuration for
# those who have root's rights where it counts; and what is left to others.
# Sets: situation_sentence, situation_remedy, situation_otherwise
situation_text() {
    local run='docker run --privileged (or --cap-add SYS_ADMIN --cap-add NET_ADMIN'
    run+=' --security-opt seccomp=unconfined --security-opt apparmor=unconfined)'
    situation_otherwise="ask who administers this machine for that"
    case $1 in
    chroot)
        situation_sentence="ipclab runs in a chroot, where the kernel refuses user namespaces, and unshare(1) needs"
        situation_sentence+=" a root directory that is a mount point"
        situation_remedy="leave it, run mount --bind DIRECTORY DIRECTORY, and enter it again by chroot DIRECTORY"
        situation_otherwise="work outside of the chroot"
        ;;
    codespaces | devcontainer)
        situation_sentence="this ${1/codespaces/codespace} may not create namespaces, as a container of Docker's"
        situation_sentence=${situation_sentence/devcontainer/dev container}
        situation_remedy='add "runArgs": ["--privileged"] to .devcontainer/devcontainer.json, and rebuild it'
        situation_otherwise="ask the owner of the repository for that"
        ;;
    no_net_admin)
        situation_sentence="root has CAP_SYS_ADMIN here but not CAP_NET_ADMIN, so bubblewrap cannot set up a"
        situation_sentence+=" network (loopback: Failed RTM_NEWADDR)"
        situation_remedy="start the container with --cap-add NET_ADMIN, too"
        situation_otherwise="export IPCLAB_SANDBOX=unshare"
        ;;
    container)
        situation_sentence="this container may not create namespaces: Docker and Podman take CAP_SYS_ADMIN away"
        situation_sentence+=" and filter unshare(2)"
        situation_remedy="start it by $run"
        situation_otherwise="ask who starts the container for that"
        ;;
    capabilities)
        situation_sentence="root lacks CAP_SYS_ADMIN here, as in a container, and so may not create namespaces"
        situation_remedy="in a container, start it by $run"
        situation_otherwise="ask who starts the container for that"
        ;;
    apparmor)
        situation_sentence="AppArmor, as Ubuntu sets it, lets no program without a profile use user namespaces"
        situation_sentence+=" (kernel.apparmor_restrict_unprivileged_userns = 1)"
        situation_remedy=$apparmor_remedy
        ;;
    userns_clone)
        situation_sentence="this kernel lets only root create user namespaces (kernel.unprivileged_userns_clone = 0)"
        situation_remedy="sudo sysctl kernel.unprivileged_userns_clone=1"
        ;;
    max_user_namespaces)
        situation_sentence="this machine allows no user namespaces (user.max_user_namespaces = 0)"
        situation_remedy="sudo sysctl user.max_user_namespaces=10000"
        ;;
    seccomp)
        situation_sentence="a seccomp filter, as containers have it, refuses to create namespaces"
        situation_remedy="in a container, start it with --security-opt seccomp=unconfined"
        situation_otherwise="ask who starts the container for that"
        ;;
    *)
        situation_sentence="the kernel refuses them: $(unshare --user --map-root-user --mount true 2>&1)"
        situation_remedy="run ipclab as root"
        ;;
    esac
}

# situation: print the name of the situation; unknown if none fits.
situation() {
    local name
    for name in "${situations[@]}"; do
        "fits_$name" && echo "$name" && return
    done
    echo unknown
}

# read_situation
# Sets: as situation_text
read_situation() {
    situation_text "$(situation)"
}

# situation_hints: print what helps. A shell that knows other walls than namespaces (best_wall) says
# which of them is left.
# Uses: situation_remedy, situation_otherwise
situation_hints() {
    local wall=
    printf 'hint: with root'"'"'s rights: %s\nhint: without them: %s\n' "$situation_remedy" \
        "$situation_otherwise"
    [[ $(type -t best_wall) != function ]] || best_wall || :
    [[ -z $wall || $wall == namespaces ]] ||
        printf 'hint: without namespaces, ipclab check and ipclab shell use the wall "%s"\n' "$wall"
}
