# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# tests/helpers/common.bash -- what every .bats file begins with: load helpers/common
#
# A process that a test leaves in the background must close file descriptor 3
# (`holder 5 3>&- &`): bats waits for the last copy of it, so a holder that keeps
# it open hangs the whole file.  And it must be ended by the test that started
# it: tests/helpers/isolate fails a file that leaves one.

bats_require_minimum_version 1.5.0

# make says where things are; by hand, a build in build/ is assumed.
: "${top_srcdir:=$(cd "$BATS_TEST_DIRNAME/.." && pwd)}"
: "${top_builddir:=$top_srcdir/build}"
[[ :$PATH: == *":$top_builddir/bin:"* ]] || PATH=$top_builddir/bin:$PATH
: "${SANITIZERS:=no}"
: "${IPCLAB_VERSION:=$(sed -n 's/^#define PACKAGE_VERSION "\(.*\)"/\1/p' "$top_builddir/config.h")}"
export top_srcdir top_builddir PATH SANITIZERS IPCLAB_VERSION

if [[ -z ${IPCLAB_NAMESPACE-} ]]; then
    echo "these tests make and remove IPC objects: run them as" \
        "tests/helpers/isolate ${BATS_TEST_FILENAME-FILE.bats}" >&2
    exit 1
fi

# load_library NAME: sources a library of bats from where isolate looks for it.  bats_load_library
# does the same, but the libraries' own load.bash starts dirname(1) for each of its files, sixteen
# processes a test.
load_library() {
    local directory directories file
    IFS=: read -ra directories <<<"$BATS_LIB_PATH"
    for directory in "${directories[@]}"; do
        [[ -f $directory/$1/load.bash ]] || continue
        for file in "$directory/$1"/src/*.bash; do
            # shellcheck source=/dev/null
            source "$file"
        done
        return
    done
    echo "$1 was not found in BATS_LIB_PATH" >&2
    return 1
}
load_library bats-support
load_library bats-assert
# shellcheck source=../../labs/lib/tracing.bash
source "$top_srcdir/labs/lib/tracing.bash"

fault_library=$top_builddir/tests/helpers/fault.so
# shellcheck disable=SC2034 # for the tests
helpers=$top_builddir/tests/helpers

# age_ids: the next object of each kind gets an id of ten digits, and those after it go on from where
# they were (ipc_idr_alloc() in ipc/util.c).  The index, the lower 15 bits, is 0 or the next free one.
age_ids() {
    local kind
    for kind in shm sem msg; do echo $((65535 << 15)) >"/proc/sys/kernel/${kind}_next_id"; done
}

# bats reads this file once for each test: tests/helpers/aged.
[[ -z ${IPCLAB_AGED-} ]] || age_ids

# --- what is there -----------------------------------------------------------

# read_ids KIND: sets found_ids to the id of each object in this namespace, as the kernel lists them.
# KIND is shm, sem or msg.  It starts no process: it runs after every test.
read_ids() {
    local id
    found_ids=()
    {
        read -r _ # the heading
        while read -r _ id _; do found_ids+=("$id"); done
    } <"/proc/sysvipc/$1"
}

# ids, set_ids: print the id of each segment, of each set.
ids() { print_ids shm; }
set_ids() { print_ids sem; }

print_ids() { # KIND
    local found_ids
    read_ids "$1"
    ((${#found_ids[@]} == 0)) || printf '%s\n' "${found_ids[@]}"
}

# shm_files: the name of each file in /dev/shm, which is this test file's own.
shm_files() {
    find /dev/shm -mindepth 1 -maxdepth 1 -printf '%f\n' | sort
}

# kernel_says ID COLUMN: what /proc/sysvipc/shm has in that column: key shmid
# perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap.
kernel_says() {
    awk -v id="$1" -v name="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) column = i }
        NR > 1 && $2 == id { print $column }' /proc/sysvipc/shm
}

# is_contained: succeed if processes outside of our PID namespace can have our objects, too.
# include/linux/proc_ns.h: the number of the first PID namespace, which sees the processes of all others.
is_contained() {
    [[ $(readlink /proc/self/ns/pid) != "pid:[4026531836]" ]]
}

# --- holders: attached, ready, and there until told to go --------------------

holders=()

# hold OPERAND...: shmattach --hold in the background.  Comes back when it is
# attached; $holder is its PID, $hold_line the first line it printed.
hold() {
    hold_with shmattach --hold "$@"
}

# hold_with COMMAND...: the same for any COMMAND that prints a line when it is
# ready and stays until its standard input ends (tests/helpers/holder).
hold_with() {
    local input out=$BATS_TEST_TMPDIR/hold.$((${#holders[@]} + 1))
    mkfifo "$out" "$out.in"
    (
        # A holder that had another one's input open would keep that one there.
        for input in "${hold_inputs[@]}"; do exec {input}>&-; done
        if [[ $(type -t "$1") == function ]]; then "$@"; else exec "$@"; fi
    ) <"$out.in" >"$out" 3>&- &
    holder=$!
    holders+=("$holder")
    # Kept open in this shell, so that the holder's input ends when we close it
    # or are gone.
    exec {hold_input}>"$out.in"
    hold_inputs[$holder]=$hold_input
    # shellcheck disable=SC2034 # for the tests
    IFS= read -r hold_line <"$out" || fail "not ready: $*"
}

declare -gA hold_inputs=()

# let_go [PID]: end a holder (the last one) and wait for it; its exit status.
let_go() {
    local pid=${1-$holder} input status=0
    input=${hold_inputs[$pid]-}
    [[ -z $input ]] || exec {input}>&-
    unset "hold_inputs[$pid]"
    wait "$pid" || status=$?
    return "$status"
}

# --- other users, other namespaces, faults -----------------------------------

# need_second_user: skips what only root can arrange.
need_second_user() {
    [[ $IPCLAB_NAMESPACE == root ]] || skip "needs a second user, and only root can become one"
}

# as_nobody COMMAND...: as the user nobody, who may not reach the build tree, so
# programs of ours are copied to where everybody may.
as_nobody() {
    need_second_user
    if [[ ! -d $TMPDIR/bin ]]; then
        mkdir -m 755 "$TMPDIR/bin"
        # By hand one may have built only those that the test is about.
        cp "$top_builddir"/bin/{shmcreate,shmattach,shmstat,shmctl-tool,semop-tool,shmsync} "$TMPDIR/bin" \
            2>/dev/null || :
    fi
    PATH=$TMPDIR/bin:$PATH setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all -- "$@"
}

# "${traced[@]}" ARGUMENT... COMMAND...: under strace, where the programs' own leak detector cannot work.
# shellcheck disable=SC2034 # for the tests
traced=(env "ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0" strace -qq)

# with_fault LIST COMMAND...: the calls in LIST fail (helpers/fault.c).
with_fault() {
    IPCLAB_FAULT=$1 LD_PRELOAD=$fault_library "${@:2}"
}

# --- after each test ---------------------------------------------------------

# What a test made goes with it.  Tests about leaks count for themselves; a file
# with a teardown of its own calls this one.
clean_up() {
    local pid found_ids doomed=() files=(/dev/shm/{,.[!.]}*)
    for pid in "${!hold_inputs[@]}"; do let_go "$pid" || :; done
    read_ids shm
    doomed+=("${found_ids[@]/#/--shmem-id=}")
    read_ids sem
    doomed+=("${found_ids[@]/#/--semaphore-id=}")
    ((${#doomed[@]} == 0)) || ipcrm "${doomed[@]}" || :
    # Never the machine's own.
    if [[ -e ${files[0]} || -e ${files[1]} ]] && [[ $(stat -c %d /dev/shm) == "${IPCLAB_SHM_DEVICE-}" ]]; then
        find /dev/shm -mindepth 1 -delete
    fi
}

teardown() {
    clean_up
}
