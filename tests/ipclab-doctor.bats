#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Why a machine refuses namespaces, and what ipclab advises: each situation by itself, from a tree of
# files, and those that this machine can make.

load helpers/common

all=000001ffffffffff docker=00000000a80425fb

setup() {
    trace_failures
    export HOME=$BATS_TEST_TMPDIR/home
    mkdir "$HOME"
    cd "$BATS_TEST_TMPDIR" || return
}

# machine [UID [CAPABILITIES [SECCOMP]]]: make the tree of a machine, as an ordinary one.
machine() {
    rm -rf tree
    mkdir -p tree/proc/{self,1/root,sys/user,sys/kernel} tree/run
    ln -s ../1/root tree/proc/self/root
    printf '%s\n' "Uid:	${1-1000}	${1-1000}	0	0" "CapEff:	${2-0000000000000000}" "Seccomp:	${3-0}" \
        >tree/proc/self/status
    echo "21 1 8:1 / / rw - ext4 /dev/sda1 rw" >tree/proc/self/mountinfo
    echo 15000 >tree/proc/sys/user/max_user_namespaces
}

# is NAME [VARIABLE=VALUE...]: the situation of the tree is NAME. Nothing else of this machine counts.
is() {
    # shellcheck disable=SC2016 # for that bash to expand
    run -0 env -u container -u CODESPACES -u REMOTE_CONTAINERS -u DEVCONTAINER -u KUBERNETES_SERVICE_HOST \
        IPCLAB_SYSTEM="$PWD/tree" "${@:2}" bash -uc 'source "$1" && situation' bash \
        "$top_srcdir/src/ipclab/sandbox/situation.bash"
    assert_output "$1"
}

@test "situation: each by itself" {
    machine && is unknown
    machine 0 $all && is unknown
    machine 0 $docker 2 && is capabilities
    machine 0 $docker 2 && touch tree/.dockerenv && is container
    machine 0 $docker 2 && touch tree/run/.containerenv && is container
    machine 1000 "" 2 && touch tree/.dockerenv && is container
    machine 0 $docker 2 && is container container=podman
    machine 0 $docker 2 && is container KUBERNETES_SERVICE_HOST=10.0.0.1
    machine 0 $docker 2 && touch tree/.dockerenv && is codespaces CODESPACES=true
    machine 1000 "" 2 && touch tree/.dockerenv && is devcontainer REMOTE_CONTAINERS=true
    machine 0 00000000a82425fb && touch tree/.dockerenv && is no_net_admin
    machine 1000 "" 2 && is seccomp
    # A container with all rights is none of these.
    machine && touch tree/.dockerenv && is unknown CODESPACES=true REMOTE_CONTAINERS=true
    machine && touch tree/.dockerenv && echo 0 >tree/proc/sys/user/max_user_namespaces && is max_user_namespaces
    machine && echo 1 >tree/proc/sys/kernel/apparmor_restrict_unprivileged_userns && is apparmor
    machine && echo 0 >tree/proc/sys/kernel/apparmor_restrict_unprivileged_userns && is unknown
    machine && echo 0 >tree/proc/sys/kernel/unprivileged_userns_clone && is userns_clone
    machine && echo 1 >tree/proc/sys/kernel/unprivileged_userns_clone && is unknown
    machine && echo 0 >tree/proc/sys/user/max_user_namespaces && is max_user_namespaces
    # A chroot: "/" is not among the mount points, or is not the root directory of process 1.
    machine && echo "33 21 0:5 / /proc rw - proc proc rw" >tree/proc/self/mountinfo && is chroot
    machine && rm tree/proc/self/root && mkdir tree/proc/self/root && is chroot
    # None of the settings stops root.
    machine 0 $all && echo 0 | tee tree/proc/sys/kernel/unprivileged_userns_clone \
        tree/proc/sys/user/max_user_namespaces >/dev/null &&
        echo 1 >tree/proc/sys/kernel/apparmor_restrict_unprivileged_userns && is unknown
    # Without /proc nothing is known.
    rm -rf tree/proc && is unknown
}

@test "situation: each has a sentence, a remedy with root's rights and one without, a line each" {
    local name
    # shellcheck source=/dev/null
    source "$top_srcdir/src/ipclab/sandbox/situation.bash"
    for name in "${situations[@]}" unknown; do
        unset situation_sentence situation_remedy situation_otherwise
        situation_text "$name"
        for text in "$situation_sentence" "$situation_remedy" "$situation_otherwise"; do
            [[ -n $text && $text != *$'\n'* ]] || fail "$name: '$text'"
        done
        [[ $(situation_hints | wc -l) == 2 ]]
    done
}

# installed: install ipclab where the user of no-namespaces can run it.
# Sets: ipclab
installed() {
    make -s -C "$top_builddir" install DESTDIR="$TMPDIR/tree" >/dev/null
    chmod -R a+rX "$TMPDIR/tree"
    chmod 777 "$HOME" && chmod a+rx "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR"
    ipclab=$(find "$TMPDIR/tree" -path '*/bin/ipclab')
}

@test "doctor and shell, really: an ordinary user, user.max_user_namespaces=0" {
    need_second_user
    installed
    run "$top_srcdir/tests/helpers/no-namespaces" env HOME="$HOME" "$ipclab" doctor
    assert_line --regexp '^missing +namespaces .*this machine allows no user namespaces \(user.max_user_namespaces = 0\)$'
    assert_line --partial "hint: with root's rights: sudo sysctl user.max_user_namespaces="
    run -1 "$top_srcdir/tests/helpers/no-namespaces" env HOME="$HOME" "$ipclab" shell --wall=namespaces
    assert_line "ipclab: cannot have the wall namespaces here: this machine allows no user namespaces (user.max_user_namespaces = 0)"
}

@test "doctor, really: root with Docker's capabilities is told how to start the container" {
    need_second_user
    run "$helpers/in-docker" ipclab doctor
    assert_line --regexp '^missing +namespaces .*: (root lacks CAP_SYS_ADMIN here|this container may not)'
    assert_line --partial "docker run --privileged"
    refute_output --partial "as root,"
    run "$helpers/in-docker" env CODESPACES=true ipclab doctor
    assert_line --partial '"runArgs": ["--privileged"]'
}

@test "situation, really: a chroot that is no mount point, and one that is" {
    need_second_user
    local made=$TMPDIR/jail
    # shellcheck disable=SC2016 # for that bash to expand
    run -0 unshare --mount --pid --fork --mount-proc bash -c '
        mkdir -p "$1"/{dev,inner,usr,proc,src} && cd "$1"
        for name in bin lib lib64 sbin; do [[ ! -e /$name ]] || ln -s "usr/$name" "$name"; done
        jail() { chroot "$1" bash -c "source /src/situation.bash; situation"; }
        mount --bind /usr usr && mount --rbind /proc proc && mount --bind "$2" src && mount --rbind /dev dev
        jail .
        mount --rbind . inner && jail inner' bash "$made" "$top_srcdir/src/ipclab/sandbox"
    assert_output "chroot
chroot"
}

@test "doctor --apparmor: the profile of this ipclab, its path quoted" {
    mkdir "$BATS_TEST_TMPDIR/odd [tree]*"
    ln -s "$top_builddir/bin/ipclab" "$BATS_TEST_TMPDIR/link"
    run -0 ./link doctor --apparmor
    assert_line "profile ipclab \"$(readlink -f "$top_builddir/bin/ipclab")\" flags=(unconfined) {"
    assert_line "    userns,"
    # shellcheck disable=SC2016 # for that bash to expand
    run -0 bash -c 'source "$1/doctor.bash"; ipclab_library=$1 ipclab_program="/odd [tree]*\"{x}/@ipclab@ \\"; print_apparmor_profile' \
        bash "$top_srcdir/src/ipclab"
    assert_line 'profile ipclab "/odd \[tree\]\*\"\{x\}/@ipclab@ \\" flags=(unconfined) {'
    run -2 ipclab check --apparmor
}

@test "ipclab(1): its devcontainer.json is JSON, and its Dockerfile runs what there is" {
    local page=$top_srcdir/man/ipclab.1
    run -0 jq -r .remoteUser < <(sed -n '/^{$/,/^}$/p' "$page")
    assert_output student
    run -0 sed -n '/^FROM /,/^CMD /p' "$page"
    assert_line "RUN useradd --create-home --shell /bin/bash student"
    assert_line "USER student"
    assert_line --partial "./bootstrap all && make -C build install"
}
