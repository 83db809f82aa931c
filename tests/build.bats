#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The build and its scripts, from outside: what is installed and removed, how the
# programs are linked, what bootstrap and configure say when something is
# missing, and that tests/helpers/isolate notices what a test leaves.

load helpers/common

# make_value NAME: what the build's makefile holds under NAME.
make_value() {
    # shellcheck disable=SC2016 # for make to expand
    make -s -C "$top_builddir" --eval='show-value:;@echo $($(value))' show-value value="$1"
}

# --- install and uninstall ---------------------------------------------------

@test "install: programs, pages and completions go where they belong; uninstall removes every one" {
    local root=$BATS_TEST_TMPDIR/root bindir mandir completiondir program
    bindir=$(make_value bindir)
    mandir=$(make_value mandir)
    completiondir=$(make_value bashcompletiondir)

    run make -C "$top_builddir" install DESTDIR="$root"
    assert_success
    for program in $(make_value bin_PROGRAMS); do
        program=${program##*/}
        assert [ -x "$root$bindir/$program" ]
        assert [ -s "$root$mandir/man1/$program.1" ]
        assert [ -s "$root$completiondir/$program" ]
    done
    assert [ -x "$root$bindir/ipclab" ]
    assert [ -s "$root$mandir/man7/ipclab.7" ]
    assert [ -s "$root$mandir/man5/ipclab-lab.5" ]
    assert [ -s "$root$completiondir/ipclab" ]
    assert [ -s "$root$(make_value pkglibdir)/interleave/tsan/libtsan.so" ]

    # Nothing else: the library and the test helpers are not for others.
    run find "$root" ! -type d ! -path "$root$bindir/sh*" ! -path "$root$bindir/sem*" ! -path "$root$mandir/*" \
        ! -path "$root$completiondir/sh*" ! -path "$root$completiondir/sem*" ! -path "$root$completiondir/ipclab" \
        ! -path "$root$bindir/ipclab" ! -path "$root$(make_value pkgdatadir)/*" ! -path "$root$(make_value pkglibdir)/perturb.so" \
        ! -path "$root$(make_value pkglibdir)/enter-box" ! -path "$root$bindir/interleave" \
        ! -path "$root$completiondir/interleave" ! -path "$root$(make_value pkglibdir)/interleave/*"
    assert_output ""

    run make -C "$top_builddir" uninstall DESTDIR="$root"
    assert_success
    run find "$root" ! -type d
    assert_output ""
}

# --- completion --------------------------------------------------------------

# complete_line WORD...: what the completion offers for the last word, one a line.
complete_line() {
    # As bash does it: = is a word of its own.
    # shellcheck disable=SC2016 # for that bash to expand
    bash --norc -c '
        source "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        _ipclab "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        ((${#COMPREPLY[@]} == 0)) || printf "%s\n" "${COMPREPLY[@]}"
    ' bash "$top_srcdir/src/completion/ipclab.bash" "$@"
}

@test "completion: is registered for every program" {
    run bash --norc -c 'source "$1" && complete -p' bash "$top_srcdir/src/completion/ipclab.bash"
    assert_success
    for program in $(make_value bin_PROGRAMS); do
        assert_line "complete -F _ipclab ${program##*/}"
    done
}

@test "completion: options are those of --help" {
    for program in $(make_value bin_PROGRAMS); do
        program=${program##*/}
        run complete_line "$program" --
        assert_success
        assert_line --help
        assert_line --version
        assert_line --calls
        run complete_line "$program" --vers
        assert_output --version
    done
}

@test "completion: shmctl-tool has subcommands" {
    run complete_line shmctl-tool ""
    assert_output "stat
set
lock
unlock
resize
rm"
    run complete_line shmctl-tool s
    assert_output "stat
set"
    run complete_line shmctl-tool --calls un
    assert_output unlock
}

@test "completion: ipclab has subcommands, options and labs" {
    run complete_line ipclab ch
    assert_output check
    run complete_line ipclab check --f
    assert_output --format=
    run complete_line ipclab check --format = j
    assert_output "junit
json"
    run complete_line ipclab start ""
    assert_line 01
}

@test "completion: operands are the ids of segments" {
    local id
    id=$(shmcreate 4K)
    for line in shmattach "shmattach --read" shmstat "shmctl-tool rm"; do
        # shellcheck disable=SC2086 # words
        run complete_line $line ""
        assert_output "$id"
    done
    run complete_line shmcreate ""
    assert_output ""
    shmctl-tool rm "$id"
}

@test "completion: operands are the names of objects, too, but not those that a shell would take apart" {
    shmcreate -n /demo 4K
    shmcreate -n '/a b' 4K
    shmcreate -n '/x;y' 4K
    shmcreate 4K
    for line in shmattach shmstat "shmctl-tool rm"; do
        # shellcheck disable=SC2086 # words
        run complete_line $line /
        assert_output /demo
    done
    run complete_line shmctl-tool resize ""
    assert_output /demo
}

@test "completion: --input is followed by a file, --user by a user" {
    cd "$BATS_TEST_TMPDIR"
    touch some-file
    for line in "--input so" "-i so" "--input = so"; do
        # shellcheck disable=SC2086 # words
        run complete_line shmcreate $line
        assert_output some-file
    done
    run complete_line shmcreate --input =
    assert_output some-file
    run complete_line shmstat --user roo
    assert_line root
}

@test "completion: the values that --help shows" {
    run complete_line shmattach --how = ""
    assert_output "plain
atomic"
    run complete_line shmstat --time-format = f
    assert_output full
}

@test "completion: after -- comes a command" {
    run complete_line shmattach 5 -- shmst
    assert_line shmstat
}

# --- how the programs are linked ---------------------------------------------

@test "hardening: position independent, all relocations read-only, stack protector" {
    local cflags program
    cflags=" $(make_value CC) $(make_value CFLAGS) $(make_value LDFLAGS) "
    case $cflags in
    *-pie*|*-static*|*-fno-stack-protector*|*norelro*|*lazy*) skip "the user's flags say otherwise:$cflags" ;;
    esac
    for program in $(make_value bin_PROGRAMS); do
        run readelf --wide --file-header --program-headers --dynamic "$top_builddir/$program"
        assert_success
        assert_line --regexp 'Type: +DYN'
        assert_line --regexp 'FLAGS_1.* PIE'
        assert_line --regexp 'FLAGS.* (BIND_NOW|NOW)'
        assert_line --regexp '^ *GNU_RELRO'
        refute_line --regexp 'GNU_STACK.* RWE'
        run readelf --wide --symbols "$top_builddir/$program"
        assert_line --partial __stack_chk_fail
    done
}

@test "hardening: the library's calls of libc are fortified" {
    [[ $SANITIZERS != yes ]] || skip "AddressSanitizer checks the plain functions"
    grep -q '^#define IPCLAB_FORTIFY' "$top_builddir/config.h" || skip "the user's flags say otherwise"
    [[ " $(make_value CFLAGS) " != *" -O0 "* ]] || skip "nothing is optimised"
    for program in $(make_value bin_PROGRAMS); do
        run readelf --wide --symbols "$top_builddir/$program"
        assert_line --regexp 'UND __[a-z]*printf_chk'
    done
}

@test "linking: only a program that draws tables loads libsmartcols" {
    run readelf --dynamic "$top_builddir/bin/shmstat"
    assert_line --partial 'libsmartcols.so'
    run readelf --dynamic "$top_builddir/bin/shmattach"
    refute_line --partial 'libsmartcols.so'
}

# --- what is said when something is missing ----------------------------------

# A machine with next to nothing: PATH is one directory, of the tools that every
# Debian has and an apt-get that notes that it was called.
bare_machine() {
    bare=$BATS_TEST_TMPDIR/bare
    mkdir "$bare"
    for tool in sh bash cat find grep id sed sort tr "$@"; do
        ln -s "$(type -P "$tool")" "$bare/$tool"
    done
    printf '#!/bin/sh\necho "$@" >>"%s"\n' "$BATS_TEST_TMPDIR/apt-get-was-called" >"$bare/apt-get"
    chmod +x "$bare/apt-get"
}

@test "bootstrap --no-install: names what is missing and the command, installs nothing" {
    bare_machine
    run env PATH="$bare" "$top_srcdir/bootstrap" --no-install check
    assert_failure 1
    assert_line "make was not found: it is in the Debian package make"
    assert_line "jq was not found: it is in the Debian package jq"
    assert_line --regexp '^to install: .*apt-get .*install .* libsmartcols-dev'
    refute_line --partial hyperfine
    assert [ ! -e "$BATS_TEST_TMPDIR/apt-get-was-called" ]
}

@test "bootstrap --no-install: stops where nothing is missing, too" {
    bare_machine
    mkdir "$BATS_TEST_TMPDIR/copy"
    # One that needs nothing.
    sed '/^# groups /,/^END/ { /^END/!d }' "$top_srcdir/bootstrap" >"$BATS_TEST_TMPDIR/copy/bootstrap"
    run env PATH="$bare" sh "$BATS_TEST_TMPDIR/copy/bootstrap" --no-install check
    assert_success
    assert_output "nothing is missing"
}

@test "bootstrap --no-install: without targets, only what a build needs" {
    bare_machine
    run env PATH="$bare" "$top_srcdir/bootstrap" --no-install
    assert_failure 1
    assert_line --partial "libsmartcols-dev"
    refute_line --partial "bats"
}

@test "bootstrap demo: says first what will not work here" {
    bare_machine unshare mount
    run "$helpers/in-docker" env PATH="$bare" "$top_srcdir/bootstrap" --no-install demo
    assert_failure 1
    assert_line --index 0 --regexp '^bootstrap: no private namespaces can be made here: .*(container|CAP_SYS_ADMIN)'
    assert_line --index 1 --partial "hint: with root's rights: "
    assert_line --index 3 "bootstrap: the demo shows what needs none, among the objects of this machine"
    assert_line "make was not found: it is in the Debian package make"
    run env PATH="$bare" "$top_srcdir/bootstrap" --no-install demo
    refute_output --partial namespaces
}

@test "bootstrap: installs what is missing, and says so if it is missing still" {
    bare_machine env
    # Its apt-get does nothing, so all is missing still.
    ln -s "$(type -P true)" "$bare/sudo"
    ln -s "$(type -P true)" "$bare/apt-cache"
    run env PATH="$bare" "$top_srcdir/bootstrap"
    assert_failure 1
    assert_line --partial "although the packages were installed"
    if ((EUID == 0)); then
        run cat "$BATS_TEST_TMPDIR/apt-get-was-called"
        assert_line --regexp 'update'
        assert_line --regexp 'install .*--no-install-recommends .*libsmartcols-dev'
    fi
}

# small_tree ROW...: a copy of bootstrap whose table of needs is ROWs, in a tree that is configured;
# and beside the bare machine's apt-get an apt-cache that knows every package but similarity-tester,
# and counts what it is asked.
# What the machine's make is asked for it prints.
small_tree() {
    bare_machine env nproc touch
    tree=$BATS_TEST_TMPDIR/tree
    mkdir -p "$tree/build" "$tree/build-aux" "$tree/sub"
    touch "$tree"/{configure.ac,Makefile.am,sub/local.mk,Makefile.in,build-aux/tap-driver.sh}
    printf '%s\n' "$@" >"$BATS_TEST_TMPDIR/rows"
    sed -e "/^# groups /r $BATS_TEST_TMPDIR/rows" -e '/^# groups /,/^END/ { /^END/!d }' "$top_srcdir/bootstrap" >"$tree/bootstrap"
    touch "$tree/configure"
    touch "$tree"/build/{config.status,Makefile} # made after it
    # shellcheck disable=SC2016,SC1010 # for that sh to expand
    printf '%s\n' '#!/bin/sh' 'case $1 in' "policy) echo ' 500 http://deb.example.org/debian trixie/main amd64 Packages' ;;" \
        "show) echo \"\$*\" >>'$BATS_TEST_TMPDIR/apt-cache-was-asked'" \
        '    for name; do case $name in show | similarity-tester) ;; *) echo "Package: $name" ;; esac; done ;;' 'esac' >"$bare/apt-cache"
    # shellcheck disable=SC2016
    printf '%s\n' '#!/bin/sh' 'echo "make was asked for $*"' >"$bare/make"
    printf '%s\n' '#!/bin/sh' 'exec "$@"' >"$bare/sudo"
    chmod +x "$bare"/{apt-cache,make,sudo}
}
similar_row='check cmd:sim_c|dolos similarity-tester - - -'
zip_row='check cmd:zip zip zip zip zip'
jq_row='check cmd:jq jq jq jq jq'

@test "bootstrap: installs what exists, names what does not and its cost, and goes on" {
    small_tree "$similar_row" "$zip_row"
    run env PATH="$bare" sh "$tree/bootstrap" check
    assert_success
    assert_line --partial "sim_c or dolos was not found, and apt knows no package similarity-tester here; without it, ipclab similar does not run"
    assert_line --regexp '^make was asked for -C build -j[0-9]+ check$'
    run cat "$BATS_TEST_TMPDIR/apt-get-was-called"
    assert_line --regexp 'install .* zip$'
    refute_line --partial similarity-tester

    # Where nothing can be had, apt-get is not asked again.
    rm "$BATS_TEST_TMPDIR/apt-get-was-called"
    ln -s "$(type -P true)" "$bare/zip"
    run env PATH="$bare" sh "$tree/bootstrap" check
    assert_success
    assert [ ! -e "$BATS_TEST_TMPDIR/apt-get-was-called" ]
    # Either of the two is enough.
    ln -s "$(type -P true)" "$bare/dolos"
    run env PATH="$bare" sh "$tree/bootstrap" --no-install check
    assert_output "nothing is missing"
}

@test "bootstrap: stops where something is missing that it cannot go without" {
    small_tree "$similar_row" "$jq_row"
    run env PATH="$bare" sh "$tree/bootstrap" check
    assert_failure 1
    assert_line "jq was not found: it is in the Debian package jq"
    refute_line --partial "make was asked"
    # The line to paste has no package that apt would refuse, and all others with it.
    run env PATH="$bare" sh "$tree/bootstrap" --no-install check
    assert_failure 1
    assert_line --regexp '^to install: .* install .* jq$'
    run env PATH="$bare" sh "$tree/bootstrap" --missing check
    assert_failure 1
}

@test "bootstrap --missing: only what check can go without is told, and no failure" {
    small_tree "$similar_row" "$zip_row"
    run env PATH="$bare" sh "$tree/bootstrap" --missing check
    assert_success
    assert_line --partial "sim_c or dolos was not found"
    assert_line "zip was not found: it is in the Debian package zip; without it, ipclab package does not run, and make check skips its tests"
    # One question for all: in Docker's images apt takes seconds for each.
    assert_equal "$(cat "$BATS_TEST_TMPDIR/apt-cache-was-asked")" "show similarity-tester zip"
    # It can be installed, so somebody who asks how is told that not all is there.
    run env PATH="$bare" sh "$tree/bootstrap" --no-install check
    assert_failure 1
    assert_line --regexp '^to install: .* zip$'
    ln -s "$(type -P true)" "$bare/zip"
    run env PATH="$bare" sh "$tree/bootstrap" --no-install check
    assert_success
    assert_line "nothing else is missing"
}

@test "bootstrap: knows four package managers" {
    bare_machine
    rm "$bare/apt-get"
    for manager in dnf:libsmartcols-devel pacman:util-linux-libs apk:util-linux-dev; do
        ln -s "$(type -P false)" "$bare/${manager%:*}"
        run env PATH="$bare" "$top_srcdir/bootstrap" --no-install
        assert_failure 1
        assert_line --regexp "^to install: .*${manager%:*} .* ${manager#*:}"
        rm "$bare/${manager%:*}"
    done
}

@test "bootstrap: no package manager at all" {
    bare_machine
    rm "$bare/apt-get"
    run env PATH="$bare" "$top_srcdir/bootstrap"
    assert_failure 1
    assert_line "make was not found: it is in the Debian package make"
    refute_line --partial "to install"
}

@test "bootstrap: --help, and an option that it does not have" {
    run "$top_srcdir/bootstrap" --help
    assert_success
    assert_line --partial "Usage: ./bootstrap"
    run "$top_srcdir/bootstrap" --nonsense
    assert_failure 2
    assert_output --partial "--nonsense"
}

@test "tests/machines/debian: --demo runs the demo there; the exit status is bootstrap's" {
    ((EUID == 0)) || skip "only root can make a system"
    [[ -d /etc/apt/apt.conf.d ]] || skip "needs apt"
    local cache=$BATS_TEST_TMPDIR/cache fakes=$BATS_TEST_TMPDIR/fakes
    mkdir -p "$fakes" "$cache/sid/etc/apt/apt.conf.d" "$cache/sid/root"
    ln -s "$(type -P true)" "$fakes/debootstrap"
    # In place of the mount namespace: say what would run in it, and fail.
    # shellcheck disable=SC2016 # for that bash to expand
    printf '%s\n' '#!/bin/bash' 'echo "there: ${*: -2}"' 'exit 3' >"$fakes/unshare"
    chmod +x "$fakes/unshare"
    run env PATH="$fakes:$PATH" "$top_srcdir/tests/machines/debian" --cache="$cache" --demo sid
    assert_failure 3
    assert_line "there: ./bootstrap demo"
    assert_line --regexp '^debian sid: demo: exit status 3, in [0-9]+ seconds$'
    run env PATH="$fakes:$PATH" "$top_srcdir/tests/machines/debian" --cache="$cache" sid TESTS=
    assert_failure 3
    assert_line "there: check TESTS="
    assert [ -x "$cache/sid/root/ipclab/bootstrap" ]
    run "$top_srcdir/tests/machines/debian" --nothing sid
    assert_failure 2
    assert_line "debian: unknown option '--nothing'; see --help"
}

# configure_elsewhere ARG...: configure, in a directory of its own, with small_tree's bootstrap if there is one.  A source
# tree that is itself configured refuses that, so it's shown without its results.
configure_elsewhere() {
    local file
    mkdir "$BATS_TEST_TMPDIR/source" "$BATS_TEST_TMPDIR/build"
    for file in "$top_srcdir"/*; do
        case ${file##*/} in
        config.status | config.h | config.log | Makefile | build) ;;
        bootstrap) ln -s "${tree-$top_srcdir}/bootstrap" "$BATS_TEST_TMPDIR/source/" ;;
        *) ln -s "$file" "$BATS_TEST_TMPDIR/source/" ;;
        esac
    done
    cd "$BATS_TEST_TMPDIR/build" && ../source/configure "$@"
}

@test "configure: without libsmartcols it says which package has it" {
    run configure_elsewhere PKG_CONFIG_LIBDIR=/nonexistent PKG_CONFIG_PATH= SMARTCOLS_CFLAGS= SMARTCOLS_LIBS=
    assert_failure
    assert_line --partial "libsmartcols (2.36 or newer) was not found: install the Debian package libsmartcols-dev"
    assert_line --partial "./bootstrap"
}

@test "configure: ends with a summary" {
    run configure_elsewhere --enable-werror
    assert_success
    assert_line --regexp "^ipclab $IPCLAB_VERSION$"
    assert_line --regexp '^  hardening +.*RELRO'
    assert_line --regexp '^  warnings +are errors'
}

@test "configure: says what make check goes without" {
    small_tree 'check cmd:no-such-tool - - - -'
    run configure_elsewhere
    assert_success
    assert_line '  make check       needs more: ./bootstrap check installs what this system has'
    rm -r "$BATS_TEST_TMPDIR"/{source,build}
    sed -i "s/'cmd:sim_c|dolos')/cmd:no-such-tool)/" "$tree/bootstrap"
    run configure_elsewhere
    assert_success
    assert_line '  make check       ready, without no-such-tool'
}

# --- the net under the tests -------------------------------------------------

# gone PID: no such process, or only a zombie that waits to be collected.
gone() {
    [[ ! -e /proc/$1 || $(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) == [ZX]* ]]
}

# try_isolate LINE...: isolate on a file of one test with these lines.
try_isolate() {
    {
        echo '@test "the test" {'
        printf '%s\n' "$@"
        echo '}'
    } >"$BATS_TEST_TMPDIR/tried.bats"
    run "$top_srcdir/tests/helpers/isolate" "$BATS_TEST_TMPDIR/tried.bats"
}

@test "isolate: a test that passes, one that fails" {
    try_isolate true
    assert_success
    assert_output "1..1
ok 1 the test"
    try_isolate false
    assert_failure 1
    assert_line "not ok 1 the test"
    refute_line --partial "Bail out!"
}

@test "isolate: a test sees an IPC namespace with nothing in it" {
    ipcmk -M 4096 >"$BATS_TEST_TMPDIR/made"
    # shellcheck disable=SC2016 # for the test to expand
    try_isolate '[[ $(wc -l </proc/sysvipc/shm) -eq 1 ]]' \
        "[[ \$(readlink /proc/self/ns/ipc) != '$(readlink /proc/self/ns/ipc)' ]]"
    assert_success
    ipcrm -m "$(grep -o '[0-9]*$' "$BATS_TEST_TMPDIR/made")"
}

@test "isolate: an object left in the namespace" {
    try_isolate 'ipcmk -M 4096'
    assert_failure 1
    assert_line "ok 1 the test"
    assert_line --regexp '^Bail out! objects were left: shm [0-9]+$'
    try_isolate 'ipcmk -S 1'
    assert_line --regexp '^Bail out! objects were left: sem [0-9]+$'
    try_isolate 'ipcmk -Q'
    assert_line --regexp '^Bail out! objects were left: msg [0-9]+$'
}

@test "isolate: an object left outside of it" {
    try_isolate "nsenter --ipc=/proc/$$/ns/ipc ipcmk -M 4096"
    assert_failure 1
    assert_line --regexp '^Bail out! objects were left outside the namespace: shm [0-9]+ \(made by process [0-9]+\)$'
    [[ ${lines[-1]} =~ shm\ ([0-9]+) ]]
    ipcrm -m "${BASH_REMATCH[1]}"
}

@test "isolate: a process left running is named and ended" {
    # shellcheck disable=SC2016 # for the test to expand
    try_isolate 'sleep 1000 3>&- &' "echo \$! >'$BATS_TEST_TMPDIR/pid'"
    assert_failure 1
    assert_line --regexp '^Bail out! processes were left running: [0-9]+ \(sleep\)$'
    gone "$(<"$BATS_TEST_TMPDIR/pid")"
}

@test "isolate: SIGINT reaches what a test starts, even if make was started deaf to it" {
    # SIGINT is the lowest bit but one of the mask of ignored signals.
    # shellcheck disable=SC2016 # for the test to expand
    ( trap '' INT; try_isolate '[[ $(awk "/^SigIgn/ { print \$2 }" /proc/self/status) =~ [014589cd]$ ]]'
        assert_success )
}

@test "isolate: interrupted, it takes its processes with it" {
    local isolate pid
    mkfifo "$BATS_TEST_TMPDIR/ready"
    printf '@test "waits" { echo $$ >"%s"; sleep 1000; }\n' "$BATS_TEST_TMPDIR/ready" >"$BATS_TEST_TMPDIR/tried.bats"
    "$top_srcdir/tests/helpers/isolate" "$BATS_TEST_TMPDIR/tried.bats" >"$BATS_TEST_TMPDIR/out" 3>&- &
    isolate=$!
    read -r pid <"$BATS_TEST_TMPDIR/ready"
    kill -s TERM "$isolate"
    # Not by run, for only this shell can wait for its child.
    local status=0
    wait "$isolate" || status=$?
    assert_equal "$status" 1
    gone "$pid"
    run cat "$BATS_TEST_TMPDIR/out"
    assert_line "Bail out! interrupted"
}

@test "isolate: where no namespace can be made, it skips the file and says why" {
    mkdir "$BATS_TEST_TMPDIR/bin"
    ln -s "$(type -P false)" "$BATS_TEST_TMPDIR/bin/unshare"
    PATH=$BATS_TEST_TMPDIR/bin:$PATH top_builddir=/none try_isolate true
    assert_success
    assert_output --regexp '^1\.\.0 # SKIP no private IPC namespace can be made: .+$'
    assert_equal "${#lines[@]}" 1
    # An unshare(1) whose child may not mount.
    try_isolate_as() { run "$@" "$top_srcdir/tests/helpers/isolate" "$BATS_TEST_TMPDIR/tried.bats"; }
    try_isolate_as "$helpers/in-docker"
    assert_success
    assert_output --regexp '^1\.\.0 # SKIP no private IPC namespace can be made: .*(container|CAP_SYS_ADMIN)'
}

@test "isolate: in a chroot that is no mount point; the machine sees no mount of it" {
    need_second_user
    try_isolate 'true'
    # shellcheck disable=SC2016 # for that bash to expand
    run unshare --mount --propagation shared bash -c '
        mkdir "$1" "$1"/{proc,dev,tmp,usr,etc,source,build,tried} && cd "$1" || exit
        for name in bin lib lib64 sbin; do [[ ! -e /$name ]] || ln -s "usr/$name" "$name"; done
        for name in usr etc proc dev; do mount --rbind "/$name" "$name"; done
        mount --bind "$2" source && mount --bind "$3" build && mount --bind "$4" tried
        ! chroot . unshare --mount true 2>/dev/null || echo "it is a mount point"
        wc -l </proc/self/mountinfo
        chroot . env TMPDIR=/tmp top_srcdir=/source top_builddir=/build /source/tests/helpers/isolate /tried/tried.bats
        wc -l </proc/self/mountinfo' bash "$TMPDIR/jail" "$top_srcdir" "$top_builddir" "$BATS_TEST_TMPDIR"
    assert_line "ok 1 the test"
    assert_equal "${#lines[@]}" 4
    assert_equal "${lines[0]}" "${lines[3]}"
}
