#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The walls that student code runs behind where no namespaces can be made: what each one holds, what
# it says that it does not hold, and that the machine's own objects and processes stay untouched. An
# ordinary user runs an installed ipclab; ipclab-sandbox.bats tests the namespaces.

load helpers/common
load helpers/lab

setup_file() {
    export tree=$TMPDIR/tree
    make -s -C "$top_builddir" install DESTDIR="$tree" >/dev/null
    chmod -R a+rX "$tree"
}

setup() {
    trace_failures
    ipclab=$(find "$tree" -path '*/bin/ipclab')
    PATH=${ipclab%/*}:$PATH
    home=$TMPDIR/home.$BATS_TEST_NUMBER
    work=$home/work
    export IPCLAB_LABS=$home/labs IPCLAB_TIME_SCALE=3
    mkdir -m 777 "$home"
    make_lab
    mkdir -m 777 "$work"
    echo secret >"$home/secret"
    chmod 666 "$home/secret"
}

make_lab() {
    local lab=$IPCLAB_LABS/90-wall
    mkdir -p "$lab"
    printf '%s\n' 'title = A wall' 'minutes = 1' 'check = 1 run: it ends well' 'check = 2 run: it has namespaces' \
        >"$lab/lab.conf"
    # Bats treats each line that begins with @test as a test of this file.
    # shellcheck disable=SC2016 # for bats to expand
    printf '%s\n' 'load "$IPCLAB_LIB/check"' '@test "run: it ends well" {' 'student ./program' \
        'must_leave_nothing "Your turn"' 'must_exit 0 "Your turn"' '}' \
        '@test "run: it has namespaces" {' 'needs_namespaces "a namespace"' '}' >"$lab/check.bats"
}

# as_user COMMAND...: as an ordinary user, if we are root.
as_user() {
    local words=()
    [[ $IPCLAB_NAMESPACE != root ]] || words=(setpriv --reuid=65533 --regid=65533 --clear-groups)
    "${words[@]}" env HOME="$home" TMPDIR="$home" "$@"
}

# submission LINE...: write these lines into the student's program.
submission() {
    { echo '#!/usr/bin/env bash'; printf '%s\n' "$@"; } >"$work/program"
    chmod +x "$work/program"
}

# nothing_is_left: ipclab has removed its directory.
nothing_is_left() {
    run ls -A "$home"
    refute_output --partial ipclab-
}

# await COMMAND...: run it until it succeeds, a minute at most.
await() {
    local end=$((SECONDS + 60))
    until "$@"; do
        ((SECONDS < end)) || fail "never: $*"
        read -r -t 0.05 <> <(:) || :
    done
}

# must_pass COMMAND... -- NN TEST: the solution of lab NN passes this one test by COMMAND ipclab check,
# which does not skip it.
must_pass() {
    local words=()
    while [[ $1 != -- ]]; do words+=("$1") && shift; done
    as_user ipclab start "$2" "$home/$2" >/dev/null 2>&1
    cp -R "$top_srcdir/labs/$2"-*/solution/. "$home/$2"
    run -0 "${words[@]}" --only="$3" "$2" "$home/$2"
    assert_line "  ok    $3"
    nothing_is_left
}

# --- landlock ------------------------------------------------------------------

@test "landlock: lab 01 can be started, checked and passed" {
    as_user ipclab start 01 "$home/01"
    run -1 as_user ipclab check --wall=landlock 01 "$home/01"
    assert_line --partial "ipclab: wall landlock: no private IPC namespace"
    assert_line --partial "2 of 14 points"
    cp "$top_srcdir/labs/01-first-segment/solution/"* "$home/01"
    fill_in_answers "$home/01/answers.txt"
    run -0 as_user ipclab check --wall=landlock 01 "$home/01"
    assert_line "14 of 14 points: all checks pass"
    nothing_is_left
}

@test "landlock: the best where no namespaces can be made; a test that needs them is skipped" {
    mkdir "$home/bin"
    ln -s "$(type -P false)" "$home/bin/unshare"
    submission 'exit 0'
    run -0 as_user env PATH="$home/bin:$PATH" ipclab check 90 "$work"
    assert_line --partial "ipclab: wall landlock: "
    assert_line "  skip  run: it has namespaces (2 points)"
    assert_line --partial "needs a namespace, and there are no namespaces behind the wall landlock"
    assert_line "1 of 1 points: all checks pass"
    run as_user env PATH="$home/bin:$PATH" ipclab doctor
    assert_line --regexp '^missing +namespaces '
    assert_line --regexp '^ok +wall landlock '
}

@test "landlock: no file of the user, and none of the check's" {
    submission "cat '$home/secret'" "ls '$home'" "echo x >>'$home/secret'" "cat '$IPCLAB_LABS/90-wall/check.bats'" \
        'echo x >../new' 'echo x >../given/new' ': </dev/tty' 'echo it may >mine' 'cat mine >&2' 'exit 1'
    run -1 as_user ipclab check --wall=landlock 90 "$work"
    assert_line --partial "it may"
    assert_equal "$(grep -c 'Permission denied$' <<<"$output")" 7
    assert_equal "$(<"$home/secret")" secret
}

@test "landlock: no network, and no other process" {
    # shellcheck disable=SC2016 # for the program to expand
    submission 'cat "/proc/$PPID/environ"' '(: >/dev/tcp/127.0.0.1/9)' 'kill -s CONT "$PPID"' 'kill -s CONT -- -1' 'exit 1'
    run -1 as_user ipclab check --wall=landlock 90 "$work"
    assert_line --regexp 'environ: Permission denied$'
    assert_line --partial "socket: Permission denied"
    assert_equal "$(grep -c 'kill: .*Operation not permitted$' <<<"$output")" 2
}

@test "landlock: what the program leaves is named and removed, and nothing of the machine" {
    local own
    own=$(as_user shmcreate 4K)
    as_user shmcreate -n /machine 4K
    submission 'shmcreate 4K' 'semop-tool create 1' 'shmcreate -n /left 4K' 'setsid sleep 1000.25 &' 'exit 0'
    run -1 as_user ipclab check --wall=landlock 90 "$work"
    assert_line --regexp 'this still exists: shm [0-9]+, sem [0-9]+, /dev/shm/left$'
    run ids
    assert_output "$own"
    run set_ids
    assert_output ""
    run shm_files
    assert_output machine
    run pgrep -f 'sleep 1000[.]25'
    assert_failure
    nothing_is_left
}

@test "landlock: what a living process outside uses during the check is its own" {
    local checked held
    submission 'shmcreate 4K >/dev/null' ': >/dev/shm/begun' 'until [[ -e /dev/shm/go ]]; do read -r -t 0.05 <> <(:); done'
    as_user ipclab check --wall=landlock 90 "$work" >"$home/out" 2>&1 3>&- &
    checked=$!
    await test -e /dev/shm/begun
    held=$(as_user shmcreate 4K)
    hold_with as_user shmattach --hold "$held"
    : >/dev/shm/go
    wait "$checked" || :
    run cat "$home/out"
    assert_line --regexp 'this still exists: shm [0-9]+, /dev/shm/begun$'
    run ids
    assert_output "$held"
    let_go
    rm -f /dev/shm/go
}

# an_end SIGNAL: a check that gets SIGNAL in the middle of a test leaves nothing.
an_end() {
    local checked
    submission 'shmcreate 4K >/dev/null' 'setsid sleep 1000.5 &' ': >/dev/shm/begun' 'sleep 1000.5'
    as_user ipclab check --wall=landlock 90 "$work" >/dev/null 2>&1 3>&- &
    checked=$!
    await test -e /dev/shm/begun
    pkill -"$1" -P "$checked" -f ipclab || kill -s "$1" "$checked"
    wait "$checked" || :
    await nobody_sleeps
    await no_objects
    await no_directory
}

nobody_sleeps() {
    ! pgrep -f 'sleep 1000[.]5' >/dev/null
}

no_objects() {
    [[ -z $(ids)$(shm_files) ]]
}

no_directory() {
    ! compgen -G "$home/ipclab-check.*" >/dev/null
}

@test "landlock: SIGTERM and SIGKILL leave no process, no object and no directory" {
    an_end TERM
    an_end KILL
}

# A file system on a disk gives the number of a removed file to the next one; the lab needs two files with
# one key.
@test "landlock: lab 03 needs no work folder in memory" {
    must_pass as_user ipclab check --wall=landlock -- 03 "client: sends nothing to the server of another file"
}

# Yama, which few machines that run this have, lets no other process see what it waits for.
@test "landlock: a program lets the check look into it under Yama" {
    run -0 "${traced[@]}" -f -e trace=prctl "$(find "$tree" -name enter-box)" --folder 0 - / PATH="$PATH" -- true
    assert_line --partial "prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY"
}

@test "landlock: a fork bomb ends" {
    cp "$helpers/hostile" "$work"
    submission './hostile fork'
    IPCLAB_TIME_SCALE=0.3 run -1 as_user ipclab check --wall=landlock --all 90 "$work"
    assert_output --partial "hostile: "
    run pgrep -x hostile
    assert_failure
}

@test "landlock: folders of labs within the system are left out of the rules" {
    local hidden root=$BATS_TEST_TMPDIR/usr
    mkdir -p "$root"/{bin,share/doc,share/ipclab/{labs/01,more},lib}
    ln -s /etc "$root/share/link"
    # shellcheck source=../src/ipclab/sandbox/folder.bash
    source "$top_srcdir/src/ipclab/sandbox/folder.bash"
    hidden=("$root/share/ipclab/labs")
    run bash -c "$(declare -f allow_around); hidden=('${hidden[0]}'); allow_around '$root' | tr '\\0' '\\n' | sort"
    assert_output "x$root/bin
x$root/lib
x$root/share/doc
x$root/share/ipclab/more"
}

# --- none, container, and the choice ---------------------------------------------

@test "none: it says what it does not hold, and grade refuses it" {
    submission 'shmcreate 4K >/dev/null' 'exit 0'
    run -1 as_user ipclab check --wall=none 90 "$work"
    assert_line "ipclab: wall none: nothing but a folder, and objects are the machine's own; run only your own code"
    assert_line --partial "this still exists: shm "
    run ids
    assert_output ""
    run -1 as_user ipclab grade --wall=none 90 "$work"
    assert_line "ipclab: grade: the wall none does not confine what students hand in"
    refute_line --partial "0 of"
}

# as_docker COMMAND...: as root with the capabilities that Docker leaves by default.
as_docker() {
    HOME=$home TMPDIR=$home setpriv --inh-caps=-all --bounding-set="-all,+chown,+dac_override,+fowner,+fsetid,+kill,\
+setgid,+setuid,+setpcap,+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap" -- "$@"
}

@test "container: lab 01 passes with Docker's capabilities, as a user of its own" {
    need_second_user
    submission 'id -u >&2' "cat '$home/root-only'" 'exit 1'
    echo secret >"$home/root-only"
    chmod 600 "$home/root-only"
    run -1 as_docker ipclab check --wall=container 90 "$work"
    assert_output --regexp '\| 1[0-9]{9}'
    assert_output --partial "Permission denied"
    as_docker ipclab start 01 "$home/01"
    cp "$top_srcdir/labs/01-first-segment/solution/"* "$home/01"
    fill_in_answers "$home/01/answers.txt"
    run -0 as_docker ipclab check --wall=container 01 "$home/01"
    assert_line "14 of 14 points: all checks pass"
    run ids
    assert_output ""
    nothing_is_left
}

# Docker's root may neither attach another user's segment nor see where a process of that user sleeps.
@test "container: the check itself reaches what the student's programs made" {
    need_second_user
    local words=(as_docker ipclab check --wall=container)
    must_pass "${words[@]}" -- 03 "client: sends a request and prints the reply"
    must_pass "${words[@]}" -- 10 "buffer: a process that has to wait sleeps"
    must_pass "${words[@]}" -- 11 "consumer: sleeps until there is an item, without the mutex"
}

@test "container: grade takes it when told so, and not by itself" {
    need_second_user
    mkdir -p "$home/class/ann"
    submission 'exit 0'
    cp "$work/program" "$home/class/ann"
    mkdir "$home/bin"
    ln -s "$(type -P false)" "$home/bin/unshare"
    run -1 as_docker env PATH="$home/bin:$PATH" ipclab grade --out="$home/out" 90 "$home/class/ann"
    assert_line --partial "ipclab: grade: cannot have the wall namespaces here: "
    run -0 as_docker ipclab grade --wall=container --out="$home/out" 90 "$home/class/ann"
    run cat "$home/out/grades.csv"
    assert_line --regexp '^"ann",1,1,'
}

@test "a wall that cannot be had, or that does not exist, is refused with the reason" {
    mkdir "$home/bin"
    ln -s "$(type -P false)" "$home/bin/unshare"
    submission 'exit 0'
    run -1 as_user env PATH="$home/bin:$PATH" ipclab check --wall=namespaces 90 "$work"
    assert_line --partial "ipclab: cannot have the wall namespaces here"
    run -1 as_user ipclab check --wall=container 90 "$work"
    assert_line "ipclab: cannot have the wall container here: only root can give student code a user of its own"
    run -2 as_user env IPCLAB_WALL=moat ipclab check 90 "$work"
    assert_line "ipclab: IPCLAB_WALL=moat: use namespaces, landlock, container or none"
    run -2 as_user ipclab check --wall=moat 90 "$work"
}

# --- machines that lack a part ------------------------------------------------------

# as_root COMMAND...: as root, who keeps nothing in the home folder of root.
as_root() {
    need_second_user
    env HOME="$home" TMPDIR="$home" IPCLAB_PROGRESS="$home/progress" "$@"
}

# in_chroot BIND COMMAND...: in a chroot whose tree is that of the machine. BIND is : for a folder, or mount --bind for a mount
# point.
in_chroot() {
    # shellcheck disable=SC2016 # for that bash to expand
    as_root unshare --mount --pid --fork --kill-child --mount-proc bash -c '
        mkdir -p "$1" && $2 "$1" "$1" && cd "$1" || exit
        for path in /*; do
            if [[ -L $path ]]; then cp -P "$path" .; elif [[ -d $path ]]; then mkdir -p ".$path" && mount --rbind "$path" ".$path"; fi
        done
        chroot . "${@:3}"' bash "$home/jail" "$@"
}

@test "a chroot at a mount point: check has namespaces, and student code sees the box and not the tree outside" {
    submission 'ls / >&2' 'exit 1'
    run -1 in_chroot "mount --bind" ipclab check --all 90 "$work"
    assert_line --regexp '\| ipclab$'
    refute_line --regexp '\| (root|home)$'
    assert_line "2 of 3 points; 1 of 2 checks fail"
    run -0 in_chroot "mount --bind" ipclab shell <<<'shmcreate 4K >/dev/null; ls /dev/shm; ipcs -m | tail -n 2'
    assert_line --regexp '^0x0{8} [0-9]+ +root '
    run ids
    assert_output ""
}

@test "a chroot that is no mount point: check and shell run behind a lesser wall, and doctor says why" {
    submission 'exit 0'
    run -0 in_chroot : ipclab check 90 "$work"
    assert_line --regexp '^ipclab: wall (landlock|none): '
    assert_line "1 of 1 points: all checks pass"
    run in_chroot : ipclab doctor
    assert_line --regexp '^missing +namespaces .*: ipclab runs in a chroot, where the kernel refuses user namespaces'
    assert_line --partial "run mount --bind DIRECTORY DIRECTORY, and enter it again by chroot DIRECTORY"
    run -3 in_chroot : ipclab shell <<<'exit 3'
    assert_line --partial "no private IPC namespace"
}

@test "root without NET_ADMIN, which bubblewrap needs: check and shell have namespaces" {
    submission 'exit 0'
    local less=(setpriv --bounding-set -net_admin --inh-caps -net_admin)
    run -0 as_root "${less[@]}" ipclab check 90 "$work"
    assert_line "3 of 3 points: all checks pass"
    run -0 as_root "${less[@]}" ipclab shell <<<'shmcreate 4K'
    run ids
    assert_output ""
}

# It could make a user namespace, in which student code would be root, without a limit on processes.
@test "root without SYS_ADMIN: student code is another user, behind a lesser wall" {
    submission 'id -u >&2' 'exit 1'
    run -1 as_root setpriv --bounding-set -sys_admin --inh-caps -sys_admin ipclab check --all 90 "$work"
    assert_line --regexp '^ipclab: wall (landlock|none): '
    assert_line --regexp '\| [1-9][0-9]*$'
}

# AppArmor has profiles under which unshare(1) may make namespaces, and what it runs has no capabilities.
@test "namespaces without capabilities in them are no wall: doctor, check and shell agree" {
    mkdir "$home/bin"
    # shellcheck disable=SC2016 # for that bash to expand
    printf '%s\n' '#!/usr/bin/env bash' 'words=()' 'while [[ $1 == -* ]]; do words+=("$1") && shift; done' \
        "exec '$(type -P unshare)' \"\${words[@]}\" setpriv --bounding-set=-all --inh-caps=-all -- \"\$@\"" >"$home/bin/unshare"
    chmod +x "$home/bin/unshare"
    run -0 as_user env PATH="$home/bin:$PATH" unshare --user --map-root-user --ipc true
    submission 'exit 0'
    run as_user env PATH="$home/bin:$PATH" ipclab doctor
    assert_line --regexp '^missing +namespaces '
    run -0 as_user env PATH="$home/bin:$PATH" ipclab check 90 "$work"
    assert_line --regexp '^ipclab: wall (landlock|none): '
    assert_line "1 of 1 points: all checks pass"
    run -3 as_user env PATH="$home/bin:$PATH" ipclab shell <<<'exit 3'
    assert_line --partial "no private IPC namespace"
}

# --- shell -----------------------------------------------------------------------

@test "shell: without namespaces it names what it left, and removes nothing" {
    local own
    own=$(as_user shmcreate 4K)
    run -3 as_user ipclab shell --wall=none < <(echo 'shmcreate 8K >/dev/null; exit 3')
    assert_line "ipclab: no private IPC namespace: the objects that you make and remove in this shell are the machine's own"
    mapfile -t left < <(ids | grep -vx "$own")
    assert_equal "${#left[@]}" 1
    assert_line "  ipcrm -m ${left[0]}"
    refute_line "  ipcrm -m $own"
    nothing_is_left
}
