#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# ipclab grade --sshlogin with two machines: two sshd, each in a PID namespace of its own, in a network namespace that
# has nothing but a loopback interface.

load helpers/common
load helpers/class

# That of a user; here, PATH begins with the programs that bats keeps for itself.
path=/usr/local/bin:/usr/bin:/bin

setup_file() {
    export IPCLAB_LABS=$BATS_FILE_TMPDIR/labs
    make_tiny_lab
}

setup() {
    local tool
    need_second_user
    for tool in parallel rsync ssh ssh-keygen ip; do
        command -v "$tool" >/dev/null || skip "$tool is not installed"
    done
    sshd=$(PATH=$PATH:/usr/sbin:/sbin type -P sshd) || skip "sshd is not installed; Debian's package openssh-server contains it"
    unshare --net ip link set lo up || skip "no network namespace can be made"
    trace_failures
    export HOME=$BATS_TEST_TMPDIR/home
    class=$BATS_TEST_TMPDIR/class
    mkdir -p "$HOME" "$class" "$BATS_TEST_TMPDIR/bin"
    cd "$BATS_TEST_TMPDIR" || return
    say anna
    say bert 'echo no'
    say carl
    say dora 'exit 3'
    ssh-keygen -q -t ed25519 -N '' -f key
    configure_machine one 127.0.0.2 "$top_builddir/bin:$path"
    configure_machine two 127.0.0.3 "$top_builddir/bin:$path"
    # ssh and sshd read root's home from here.
    sed "s|^root:.*|root:x:0:0:root:$HOME:/bin/bash|" /etc/passwd >passwd
    printf '%s\n' 'UserKnownHostsFile /dev/null' 'StrictHostKeyChecking no' 'LogLevel ERROR' "IdentityFile $PWD/key" \
        'Host one' 'HostName 127.0.0.2' 'Host two' 'HostName 127.0.0.3' >ssh_config
    printf '%s\n' '#!/bin/sh' "exec $(type -P ssh) -F '$PWD/ssh_config' \"\$@\"" >bin/ssh
    chmod +x bin/ssh
}

# configure_machine NAME ADDRESS PATH: the configuration of a sshd, whose commands find ipclab in PATH.
configure_machine() {
    printf '%s\n' "ListenAddress $2" "HostKey $PWD/key" "AuthorizedKeysFile $PWD/key.pub" 'PidFile none' 'UsePAM no' \
        'StrictModes no' 'PermitRootLogin yes' 'MaxStartups 100' "Subsystem sftp internal-sftp" \
        "SetEnv \"PATH=$3\" \"IPCLAB_LABS=$IPCLAB_LABS\" \"TMPDIR=$TMPDIR\"" >"$1.conf"
}

# with_machines COMMAND...: run it where both machines run; in it, $one and $two are their PIDs.
with_machines() {
    # shellcheck disable=SC2016 # for that bash to expand
    PATH=$PWD/bin:$PATH unshare --net --mount --pid --fork --kill-child --mount-proc bash -c '
        sshd=$1
        shift
        ip link set lo up
        mount --bind passwd /etc/passwd
        mount -t tmpfs -o mode=755 tmpfs /run && mkdir /run/sshd
        for machine in one two; do
            unshare --pid --fork --kill-child --mount-proc "$sshd" -D -e -f "$PWD/$machine.conf" 2>"$machine.log" 3>&- &
            declare -x $machine=$!
        done
        for machine in one two; do
            until ssh "$machine" true 2>/dev/null; do [[ -e /proc/${!machine} ]] || { cat "$machine.log"; exit 99; }; done
        done
        "$@"' bash "$sshd" "$@"
}

# judged DIRECTORY: each result, without what differs from run to run.
judged() {
    local result
    for result in "$1"/*/results.json; do
        basename "${result%/*}"
        jq -S 'del(.execution_time)' "$result"
    done
}

@test "grade --sshlogin: two machines judge as this one does" {
    run -0 ipclab grade 92 --seed=one --out=here class/*
    run with_machines ipclab grade 92 --seed=one --out=there --sshlogin=1/one,1/two class/*
    assert_success
    assert_line --regexp '4 graded: 2 passed, 2 failed a check, 0 could not be judged'
    assert_equal "$(judged there)" "$(judged here)"
    assert_equal "$(cut -d, -f 1-3 there/grades.csv)" "$(cut -d, -f 1-3 here/grades.csv)"
    # Both had a part in it, and neither keeps the work of a student.
    grep -q 'Accepted publickey' one.log
    grep -q 'Accepted publickey' two.log
    run find "$HOME" -name note
    assert_output ""
    [[ -z $(compgen -G "$TMPDIR/ipclab-*") ]]
}

@test "grade --sshlogin: a machine that dies in the middle loses nothing" {
    mkdir of-two
    mkfifo begun
    # On this machine, a check begins and never ends.
    printf '%s\n' '#!/bin/bash' "[[ \$1 == check ]] || exec '$top_builddir/bin/ipclab' \"\$@\"" \
        "echo begun >'$PWD/begun'" 'exec sleep infinity' >of-two/ipclab
    chmod +x of-two/ipclab
    configure_machine two 127.0.0.3 "$PWD/of-two:$path"
    # shellcheck disable=SC2016 # for that bash to expand
    run -0 with_machines bash -c '{ read -r _ <begun; kill -KILL "$two"; } & exec "$@"' bash \
        ipclab grade 92 --seed=one --out=there --sshlogin=1/one,1/two class/*
    assert_line --regexp '4 graded: 2 passed, 2 failed a check, 0 could not be judged'
    assert_line "ipclab: two does not answer; the other machines do its checks"
    run -0 ipclab grade 92 --seed=one --out=here class/*
    assert_equal "$(judged there)" "$(judged here)"
}
